/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inside of an xl and of a libxl-save-helper that have our object loaded
 * (xl-vnuma/hooks), on a libxl, a libxc and a libvnuma-xen that are made up:
 * what is done to guest 7.  Each of their functions may fail.
 */
#ifndef VNUMA_TEST_XL_CASE_H
#define VNUMA_TEST_XL_CASE_H

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libxl_utils.h>
#include <libxlutil.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xenctrl.h>
#include <xenguest.h>

#include "base/diag.h"
#include "hooks/hooks.h"
#include "hooks/message.h"
#include "hooks/process.h"
#include "record/savefile.h"
#include "tap.h"
#include "vnuma_xen.h"
#include "xen/build/built.h"

#define DOMID 7u
#define RECORD "a record"
#define UUID "11111111-1111-1111-1111-111111111111"
#define PNODE 3u /* of the guest's first vnode */

static struct {
    unsigned int num_calls, fail_call; /* so far; that fails, from 1 */
    const char *fail;   /* or the function that does; "": none */
    const char *failed; /* the last one that has */
    int refill_rc;      /* what is wrong with a guest that comes back */
    unsigned int num_populated, num_named;
    char written[512]; /* to a saved guest */
    size_t num_written;
    vnuma_xen_hooks hooks; /* that are registered */
    int far_fd;            /* xl-vnuma's end of the socket */
} it;

static bool fails(const char *name)
{
    if (++it.num_calls != it.fail_call && strcmp(name, it.fail))
        return false;
    it.failed = name;
    errno = EPERM;
    return true;
}

/* What xl-vnuma hears meanwhile, a line each. */
static const char *heard(void)
{
    static char text[8192];
    size_t at = 0;
    ssize_t len;

    while (at < sizeof(text) - MESSAGE_MAX &&
           (len = recv(it.far_fd, text + at, MESSAGE_MAX, MSG_DONTWAIT)) > 0) {
        at += (size_t)len;
        if (text[at - 1] != '\n')
            text[at++] = '\n';
    }
    text[at] = '\0';
    return text;
}

/* ---- libvnuma-xen ------------------------------------------------------- */

static int answer(const char *name, vnuma_diags *diags)
{
    return fails(name)
               ? vnuma__fail(diags, VNUMA_ERROR_XEN, "xen-refused", "%s", name)
               : 0;
}

int vnuma_xen_hooks_register(const vnuma_xen_hooks *hooks)
{
    const char *refused = getenv("REFUSED");

    it.hooks = *hooks;
    return refused && !strcmp(refused, "register") ? VNUMA_ERROR_XEN : 0;
}

bool inside_other_release(char *release_r, size_t size)
{
    const char *refused = getenv("REFUSED");

    snprintf(release_r, size, "9.9");
    return refused && !strcmp(refused, "release");
}

vnuma__tables_fn *vnuma__find_tables;

int vnuma_xen_compare(const vnuma_source *source, const struct XLU_Config *xlu,
                      vnuma_diags *diags)
{
    (void)source, (void)xlu;
    return answer("compare", diags);
}

int vnuma_xen_prepare(libxl_ctx *ctx, libxl_domain_config *d_config, bool pin,
                      vnuma_diags *diags)
{
    (void)ctx, (void)d_config, (void)pin;
    return answer("prepare", diags);
}

char *vnuma_xen_describe_build_info(const libxl_domain_build_info *b_info)
{
    (void)b_info;
    return fails("describe") ? NULL : strdup("a plan");
}

int vnuma_xen_settle(libxl_ctx *ctx, uint32_t domid,
                     const libxl_domain_config *d_config,
                     const vnuma_xen_built *built, vnuma_diags *diags)
{
    (void)ctx, (void)domid, (void)d_config, (void)built;
    return answer("settle", diags);
}

int vnuma__tables_store(libxl_ctx *ctx, uint32_t domid, const char *text,
                        vnuma_diags *diags)
{
    (void)ctx, (void)domid, (void)text;
    return answer("tables", diags);
}

int vnuma_xen_record_of(libxl_ctx *ctx, uint32_t domid,
                        const libxl_domain_config *d_config, char **text_r,
                        vnuma_diags *diags)
{
    libxl_domain_config asked;

    /* Asking comes through our object once more. */
    libxl_domain_config_init(&asked);
    if (!d_config &&
        libxl_retrieve_domain_configuration(ctx, domid, &asked, NULL))
        return vnuma__fail(diags, VNUMA_ERROR_XEN, "xen-refused", "asking");
    libxl_domain_config_dispose(&asked);
    if (answer("record", diags))
        return VNUMA_ERROR_XEN;
    *text_r = strdup(RECORD);
    return *text_r ? 0 : VNUMA_ERROR_NOMEM;
}

int vnuma_xen_prepare_restore(libxl_ctx *ctx, libxl_domain_config *d_config,
                              const char *record, uint64_t *target_memkb_r,
                              vnuma_diags *diags)
{
    (void)ctx, (void)record;
    *target_memkb_r = d_config->b_info.target_memkb;
    return answer("prepare_restore", diags);
}

#undef libxl_set_memory_target
int libxl_set_memory_target(libxl_ctx *ctx, uint32_t domid, int64_t memkb,
                            int relative, int enforce)
{
    (void)ctx, (void)domid, (void)memkb, (void)relative, (void)enforce;
    return fails("target") ? ERROR_FAIL : 0;
}

/* What a process of libxl-save-helper has built. */
static vnuma_xen_extent_set sets[] = { { .pnode = PNODE, .num_4k = 5 } };
static const vnuma_xen_built built = { sets, 1, 5, 1 };
static const vnuma_xen_hooks *refill_hooks;

int vnuma_xen_refill_begin(struct xc_interface_core *xch, uint32_t domid,
                           const char *record, uint64_t target_memkb,
                           const vnuma_xen_hooks *hooks,
                           vnuma_xen_refill **refill_r, vnuma_diags *diags)
{
    (void)xch, (void)domid, (void)record, (void)target_memkb;
    refill_hooks = hooks;
    *refill_r = (vnuma_xen_refill *)&it;
    return answer("begin", diags) ? it.refill_rc : 0;
}

int vnuma_xen_refill_name(vnuma_xen_refill *refill, const uint64_t *gfns,
                          uint64_t num_gfns, vnuma_diags *diags)
{
    (void)refill, (void)gfns;
    it.num_named += (unsigned int)num_gfns;
    return answer("name", diags) ? it.refill_rc : 0;
}

int vnuma_xen_refill_end(vnuma_xen_refill *refill, bool is_good,
                         vnuma_diags *diags)
{
    (void)refill;
    if (answer("end", diags))
        return it.refill_rc;
    if (is_good) {
        refill_hooks->progress(NULL, DOMID, PNODE, 1, 5);
        refill_hooks->populated(NULL, DOMID, &built);
    }
    return 0;
}

/* ---- what our functions hide -------------------------------------------- */

static int next_ctx_alloc(libxl_ctx **ctx, int version, unsigned flags,
                          xentoollog_logger *logger)
{
    (void)version, (void)flags, (void)logger;
    *ctx = (libxl_ctx *)&it;
    return 0;
}

static int next_readdata(XLU_Config *cfg, const char *data, int length)
{
    (void)cfg;
    it.num_written = (size_t)length;
    snprintf(it.written, sizeof(it.written), "%.*s", length, data);
    return fails("readdata") ? EINVAL : 0;
}

static int next_xc_create(xc_interface *xch, uint32_t *domid,
                          struct xen_domctl_createdomain *config)
{
    (void)xch, (void)config;
    *domid = DOMID;
    return fails("xc_create") ? -1 : 0;
}

static int next_populate(xc_interface *xch, uint32_t domid,
                         unsigned long num_extents, unsigned int order,
                         unsigned int mem_flags, xen_pfn_t *extents)
{
    (void)xch, (void)domid, (void)order, (void)extents, (void)mem_flags;
    it.num_populated += (unsigned int)num_extents;
    return fails("populate") ? -1 : (int)num_extents;
}

static int next_populate_exact(xc_interface *xch, uint32_t domid,
                               unsigned long num_extents, unsigned int order,
                               unsigned int mem_flags, xen_pfn_t *extents)
{
    return next_populate(xch, domid, num_extents, order, mem_flags, extents) <
                   0
               ? -1
               : 0;
}

static int next_getvnuma(xc_interface *xch, uint32_t domid, uint32_t *vnodes,
                         uint32_t *ranges, uint32_t *vcpus,
                         xen_vmemrange_t *range, unsigned int *distance,
                         unsigned int *vcpu_to_vnode)
{
    (void)xch, (void)domid, (void)ranges, (void)vcpus, (void)range;
    (void)distance, (void)vcpu_to_vnode;
    *vnodes = 2;
    return 0;
}

static int next_hvm_param_set(xc_interface *xch, uint32_t domid,
                              uint32_t param, uint64_t value)
{
    (void)xch, (void)domid, (void)param, (void)value;
    return fails("param") ? -1 : 0;
}

static int next_setcontext(xc_interface *xch, uint32_t domid, uint8_t *context,
                           uint32_t size)
{
    (void)xch, (void)domid, (void)context, (void)size;
    return fails("context") ? -1 : 0;
}

static int next_setaffinity(xc_interface *xch, uint32_t domid,
                            xc_nodemap_t nodemap)
{
    (void)xch, (void)domid, (void)nodemap;
    return fails("affinity") ? -1 : 0;
}

/* Makes a domain, and ignores refusals as libxl does. */
static int make_domain(const libxl_domain_config *d_config, uint32_t *domid_r)
{
    struct xen_domctl_createdomain config = { .ssidref = 0 };

    memcpy(config.handle, libxl_uuid_bytearray_const(&d_config->c_info.uuid),
           sizeof(config.handle));
    if (xc_domain_create(NULL, domid_r, &config))
        return ERROR_FAIL;
    xc_hvm_param_set(NULL, DOMID, 1, 1);
    xc_domain_hvm_setcontext(NULL, DOMID, NULL, 0);
    xc_domain_node_setaffinity(NULL, DOMID, NULL);
    return 0;
}

static int next_create_new(libxl_ctx *ctx, libxl_domain_config *d_config,
                           uint32_t *domid, const libxl_asyncop_how *ao_how,
                           const libxl_asyncprogress_how *console_how)
{
    xen_pfn_t pages[2] = { 0, 1 };

    (void)ctx, (void)ao_how, (void)console_how;
    if (fails("create_new") || make_domain(d_config, domid))
        return ERROR_FAIL;
    if (!d_config->b_info.num_vnuma_nodes)
        return 0;
    it.hooks.populated(NULL, DOMID, &built);
    it.hooks.progress(NULL, DOMID, PNODE, 1, 5);
    return xc_domain_populate_physmap(NULL, DOMID, 2, 0, 0, pages) != 2 ||
                   xc_domain_populate_physmap_exact(NULL, DOMID, 2, 0, 0,
                                                    pages)
               ? ERROR_FAIL
               : 0;
}

static int next_retrieve(libxl_ctx *ctx, uint32_t domid,
                         libxl_domain_config *d_config,
                         const libxl_asyncop_how *ao_how)
{
    (void)ctx, (void)domid, (void)d_config, (void)ao_how;
    return fails("retrieve") ? ERROR_FAIL : 0;
}

static char *next_to_json(libxl_ctx *ctx, libxl_domain_config *config)
{
    (void)ctx, (void)config;
    return fails("json") ? NULL : strdup("{}");
}

static int next_destroy(libxl_ctx *ctx, uint32_t domid,
                        const libxl_asyncop_how *ao_how)
{
    (void)ctx, (void)domid, (void)ao_how;
    return fails("destroy") ? ERROR_FAIL : 0;
}

static int next_suspend(libxl_ctx *ctx, uint32_t domid, int fd, int flags,
                        const libxl_asyncop_how *ao_how)
{
    uint32_t vnodes = 0, ranges, vcpus;
    bool is_ours = process.leaving && process.leaving->leaving_record;

    (void)ctx, (void)domid, (void)fd, (void)flags, (void)ao_how;
    /* As libxl asks whether there are any, and as others ask. */
    if (!xc_domain_getvnuma(NULL, DOMID, &vnodes, &ranges, &vcpus, NULL, NULL,
                            NULL) == is_ours)
        return ERROR_INVAL;
    return fails("suspend") ? ERROR_FAIL : 0;
}

static int next_write(libxl_ctx *ctx, int fd, const void *data, ssize_t size,
                      const char *filename, const char *what)
{
    (void)ctx, (void)fd, (void)filename, (void)what;
    if (it.num_written + (size_t)size <= sizeof(it.written))
        memcpy(it.written + it.num_written, data, (size_t)size);
    it.num_written += (size_t)size;
    return fails("write") ? EIO : 0;
}

static const char *stream = ""; /* what comes, of any length */

static int next_read(libxl_ctx *ctx, int fd, void *data, ssize_t size,
                     const char *filename, const char *what)
{
    (void)ctx, (void)fd, (void)filename, (void)what;
    memcpy(data, stream, (size_t)size);
    return fails("read") ? EIO : 0;
}

static int next_execvp(const char *file, char *const *args)
{
    const char *fd = getenv(ENV_BUILT_FD);

    (void)file, (void)args;
    if (fails("exec"))
        return -1;
    if (fd && !inside_write_built(atoi(fd), &built))
        _exit(2);
    _exit(fd && getenv(ENV_RESTORE_RECORD) && getenv(ENV_MESSAGE_FD) ? 0 : 1);
}

/* Whether the program that fills the guest's memory was ours. */
static bool run_helper(const char *how)
{
    char *args[] = { (char *)"libxl-save-helper", (char *)how, NULL };
    int status;
    pid_t pid = fork();

    if (!pid) {
        execvp(args[0], args);
        _exit(3);
    }
    return waitpid(pid, &status, 0) == pid && !status;
}

static int next_create_restore(libxl_ctx *ctx, libxl_domain_config *d_config,
                               uint32_t *domid, int restore_fd,
                               int send_back_fd,
                               const libxl_domain_restore_params *params,
                               const libxl_asyncop_how *ao_how,
                               const libxl_asyncprogress_how *console_how)
{
    (void)ctx, (void)restore_fd, (void)send_back_fd, (void)params;
    (void)ao_how, (void)console_how;
    if (fails("create_restore") || make_domain(d_config, domid))
        return ERROR_FAIL;
    run_helper("--restore-domain");
    return 0;
}

/* Newer releases have one more at the end. */
#ifdef XC_RESTORE_MEMFLAGS
#define MORE_FLAGS , unsigned int memflags
#define MORE_NONE , 0
#else
#define MORE_FLAGS
#define MORE_NONE
#endif

static int next_xc_restore(xc_interface *xch, int io_fd, uint32_t dom,
                           unsigned int store_evtchn, unsigned long *store_mfn,
                           uint32_t store_domid, unsigned int console_evtchn,
                           unsigned long *console_mfn, uint32_t console_domid,
                           xc_stream_type_t stream_type,
                           struct restore_callbacks *callbacks,
                           int send_back_fd MORE_FLAGS)
{
    xen_pfn_t pages[] = { 0, 1 };

    (void)io_fd, (void)store_evtchn, (void)store_mfn, (void)store_domid;
    (void)console_evtchn, (void)console_mfn, (void)console_domid;
    (void)stream_type, (void)callbacks, (void)send_back_fd;
    return xc_domain_populate_physmap_exact(xch, dom, 2, 0, 0, pages) ||
                   fails("xc_restore")
               ? -1
               : 0;
}

/* In place of two next.c. */
void *inside_find_next(const char *name)
{
    static const struct {
        const char *name;
        void *next;
    } all[] = {
        { "libxl_ctx_alloc", (void *)next_ctx_alloc },
        { "xlu_cfg_readdata", (void *)next_readdata },
        { "xc_domain_create", (void *)next_xc_create },
        { "xc_domain_getvnuma", (void *)next_getvnuma },
        { "xc_domain_populate_physmap", (void *)next_populate },
        { "xc_domain_populate_physmap_exact", (void *)next_populate_exact },
        { "xc_hvm_param_set", (void *)next_hvm_param_set },
        { "xc_domain_hvm_setcontext", (void *)next_setcontext },
        { "xc_domain_node_setaffinity", (void *)next_setaffinity },
        { "libxl_domain_create_new", (void *)next_create_new },
        { "libxl_retrieve_domain_configuration", (void *)next_retrieve },
        { "libxl_domain_config_to_json", (void *)next_to_json },
        { "libxl_domain_suspend", (void *)next_suspend },
        { "libxl_domain_destroy", (void *)next_destroy },
        { "libxl_write_exactly", (void *)next_write },
        { "libxl_read_exactly", (void *)next_read },
        { "libxl_domain_create_restore", (void *)next_create_restore },
        { "xc_domain_restore", (void *)next_xc_restore },
        { "execvp", (void *)next_execvp },
    };
    unsigned int i;

    for (i = 0; i < sizeof(all) / sizeof(*all); i++)
        if (!strcmp(all[i].name, name))
            return all[i].next;
    abort();
}

/* ---- a case ------------------------------------------------------------- */

static bool make_config(libxl_domain_config *d_config)
{
    libxl_domain_build_info *b_info = &d_config->b_info;

    libxl_domain_config_init(d_config);
    libxl_domain_build_info_init_type(b_info, LIBXL_DOMAIN_TYPE_HVM);
    memset(libxl_uuid_bytearray(&d_config->c_info.uuid), 0x11, 16);
    b_info->max_memkb = 2048;
    b_info->target_memkb = 1024;
    b_info->video_memkb = 64;
    b_info->vnuma_nodes = calloc(1, sizeof(*b_info->vnuma_nodes));
    if (!b_info->vnuma_nodes)
        return false;
    b_info->num_vnuma_nodes = 1;
    b_info->vnuma_nodes[0].pnode = PNODE;
    return true;
}

static int report_fd; /* our object's end; it closes its own */

static void begin(void)
{
    if (process.report_fd >= 0)
        close(process.report_fd);
    process.report_fd = fcntl(report_fd, F_DUPFD_CLOEXEC, 0);
    it.num_calls = it.fail_call = 0;
    it.fail = "";
    it.refill_rc = VNUMA_ERROR_XEN;
    it.num_written = it.num_named = it.num_populated = 0;
    heard();
}

/* A header of one byte of optional data, and that as the configuration. */
static int write_guest(void)
{
    static const uint8_t header[VNUMA__SAVE_HEADER_LEN] =
        "Xen saved domain, xl format\n \0 \r"
        "\x04\x03\x02\x01\x03\0\0\0\0\0\0\0\x01\0\0";

    return libxl_write_exactly(NULL, 1, header, sizeof(header), "f", "") ||
                   libxl_write_exactly(NULL, 1, "c", 1, "f", "")
               ? ERROR_FAIL
               : libxl_domain_suspend(NULL, DOMID, 1, 0, NULL);
}

/* In place of main(): our object is loaded into a program named "xl". */
static int run_as_xl(const tap_case *cases, unsigned int num_cases, int argc,
                     char **argv)
{
    char fd_text[16], *args[] = { (char *)"xl", (char *)"Create", NULL };
    const char *far_end = getenv("FAR_FD");
    int ends[2];

    if (far_end) {
        it.far_fd = atoi(far_end);
        report_fd = fcntl(process.report_fd, F_DUPFD_CLOEXEC, 0);
        return argc == 2 && !strcmp(argv[1], "create")
                   ? tap_run(cases, num_cases)
                   : 99;
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends))
        return 99;
    snprintf(fd_text, sizeof(fd_text), "%d", ends[0]);
    setenv("FAR_FD", fd_text, 1);
    snprintf(fd_text, sizeof(fd_text), "%d", ends[1]);
    setenv(ENV_MESSAGE_FD, fd_text, 1);
    execv("/proc/self/exe", args);
    return 99;
}

#endif
