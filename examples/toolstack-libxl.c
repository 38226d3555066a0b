/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A toolstack on libxl, with exact vNUMA: creates a PVH or HVM guest and lets
 * it run.
 *
 *   cc -o toolstack-libxl toolstack-libxl.c \
 *       $(pkg-config --cflags --libs libvnuma-xen xentoollog)
 *   toolstack-libxl GUEST.cfg KERNEL RAMDISK CMDLINE
 *
 * libvnuma reads name=, type=, memory=, vcpus= and vnuma= of the file, checks
 * them and chooses the pnode of each vnode.  Everything else is as in any
 * toolstack.
 */
#include "toolstack.h"

typedef struct {
    toolstack t; /* first: the hooks are given its address */
    libxl_ctx *ctx;
    libxl_domain_config d_config;
} program;

/* Video RAM comes after the hooks and wants its room on vnode 0's pnode. */
static uint64_t later_memkb(void *user, uint32_t domid)
{
    const program *p = user;

    (void)domid;
    return p->d_config.b_info.video_memkb == LIBXL_MEMKB_DEFAULT
               ? 0
               : p->d_config.b_info.video_memkb;
}

static int describe_guest(program *p, char **argv)
{
    libxl_domain_create_info *c_info = &p->d_config.c_info;
    libxl_domain_build_info *b_info = &p->d_config.b_info;

    c_info->type = vnuma_config_type(p->t.config) == VNUMA_GUEST_PVH
                       ? LIBXL_DOMAIN_TYPE_PVH
                       : LIBXL_DOMAIN_TYPE_HVM;
    c_info->name = strdup(vnuma_config_name(p->t.config));
    libxl_uuid_generate(&c_info->uuid);

    libxl_domain_build_info_init_type(b_info, c_info->type);
    b_info->kernel = strdup(argv[2]);
    b_info->ramdisk = strdup(argv[3]);
    b_info->cmdline = strdup(argv[4]);
    if (c_info->type == LIBXL_DOMAIN_TYPE_HVM)
        b_info->u.hvm.vga.kind = LIBXL_VGA_INTERFACE_TYPE_NONE;

    /* memory, vcpus and vnodes */
    return vnuma_xen_plan_to_build_info(p->t.plan, b_info);
}

static int create(program *p)
{
    uint32_t domid = INVALID_DOMID;
    int rc;

    vnuma_diags_dispose(&p->t.diags);
    rc = vnuma_xen_prepare(p->ctx, &p->d_config, false, &p->t.diags);
    print_diags(&p->t.diags);
    if (rc)
        return rc;
    if (libxl_domain_create_new(p->ctx, &p->d_config, &domid, NULL, NULL))
        return -1; /* libxl has removed it */
    vnuma_diags_dispose(&p->t.diags);
    rc = vnuma_xen_settle(p->ctx, domid, &p->d_config, &p->t.built,
                          &p->t.diags);
    print_diags(&p->t.diags);
    if (!rc)
        rc = libxl_domain_unpause(p->ctx, domid, NULL);
    if (rc) {
        libxl_domain_destroy(p->ctx, domid, NULL);
        return rc;
    }
    printf("%s: domain %u, %llu pages on their nodes\n",
           vnuma_config_name(p->t.config), domid,
           (unsigned long long)p->t.built.num_pages);
    return 0;
}

int main(int argc, char **argv)
{
    program p;
    vnuma_xen_hooks hooks = {
        .failed = build_failed,
        .populated = build_populated,
        .membind = build_membind,
        .later_memkb = later_memkb,
        .user = &p,
    };
    xentoollog_logger *logger;
    int rc;

    if (argc != 5) {
        fprintf(stderr,
                "usage: toolstack-libxl GUEST.cfg KERNEL RAMDISK CMDLINE\n");
        return 2;
    }
    memset(&p, 0, sizeof(p));
    toolstack_init(&p.t);
    libxl_domain_config_init(&p.d_config);
    logger =
        (xentoollog_logger *)xtl_createlogger_stdiostream(stderr, XTL_WARN, 0);

    rc = toolstack_read(&p.t, argv[1]);
    if (!rc)
        rc = vnuma_xen_hooks_register(&hooks);
    if (!rc)
        rc = libxl_ctx_alloc(&p.ctx, LIBXL_VERSION, 0, logger);
    if (!rc)
        rc = describe_guest(&p, argv);
    if (!rc)
        rc = create(&p);

    if (p.ctx)
        libxl_ctx_free(p.ctx);
    libxl_domain_config_dispose(&p.d_config);
    toolstack_dispose(&p.t);
    xtl_logger_destroy(logger);
    return rc ? 1 : 0;
}
