/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A toolstack on libxenctrl and libxenguest, without libxl's builder, with
 * exact vNUMA: creates an HVM guest, starts its device model and lets it run.
 *
 *   cc -o toolstack-libxc toolstack-libxc.c $(pkg-config --cflags --libs \
 *       libvnuma-xen xencontrol xenguest xenforeignmemory xenstore)
 *   toolstack-libxc GUEST.cfg HVMLOADER BIOS [QEMU [ARGS...]]
 *
 * libvnuma reads name=, memory=, vcpus= and vnuma= of the file.  Three calls
 * are what vNUMA adds to such a toolstack: vnuma_xen_hooks_register(),
 * vnuma_xen_plan_to_image() and vnuma_xen_settle_plan().
 */
#define _GNU_SOURCE
#include "toolstack.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xenctrl.h>
#include <xenforeignmemory.h>
#include <xenguest.h>
#include <xenstore.h>
#include <xen/hvm/hvm_info_table.h>
#include <xen/hvm/params.h>

#define MMIO_START UINT64_C(0xf0000000)
#define HIGHMEM_START (UINT64_C(1) << 32)
#define DEVICE_MODEL_SECONDS 30

typedef struct {
    toolstack t; /* first: the hooks are given its address */
    xc_interface *xch;
    struct xs_handle *xs;
    uint32_t domid;
    uint64_t memkb;
    unsigned int num_vcpus;
    struct xc_dom_image *dom;
} program;

static int failed(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    return -1;
}

/* ---- the domain --------------------------------------------------------- */

static int create_domain(program *p)
{
    struct xen_domctl_createdomain create = {
        .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
        .max_vcpus = p->num_vcpus,
        .max_evtchn_port = 1023,
        .max_grant_frames = -1,
        .max_maptrack_frames = -1,
        .grant_opts = XEN_DOMCTL_GRANT_version(1),
        .arch.emulation_flags = XEN_X86_EMU_ALL & ~XEN_X86_EMU_VPCI,
    };
    int fd = open("/dev/urandom", O_RDONLY);
    ssize_t len = read(fd, create.handle, sizeof(create.handle));

    close(fd);
    if (len != sizeof(create.handle) ||
        xc_domain_create(p->xch, &p->domid, &create))
        return failed("creating the domain");

    /*
     * What a guest needs in addition to its memory: paging pool, special
     * pages.
     */
    if (xc_domain_max_vcpus(p->xch, p->domid, p->num_vcpus) ||
        xc_domain_setmaxmem(p->xch, p->domid, p->memkb + 2048) ||
        xc_set_paging_mempool_size(p->xch, p->domid,
                                   (UINT64_C(1) << 20) * p->num_vcpus +
                                       (p->memkb >> 10) * 8192 +
                                       (UINT64_C(4) << 20)) ||
        xc_hvm_param_set(p->xch, p->domid, HVM_PARAM_TIMER_MODE, 1) ||
        xc_domain_set_tsc_info(p->xch, p->domid, 2, 0, 0, 0))
        return failed("setting the domain's limits");
    return 0;
}

static int read_file(struct xc_dom_image *dom, const char *path,
                     struct xc_hvm_firmware_module *module)
{
    size_t size = 0;

    module->data = xc_dom_malloc_filemap(dom, path, &size, 16 << 20);
    module->length = size;
    return module->data ? 0 : failed(path);
}

/* No video RAM here: all of memory= is RAM. */
static void set_memory_map(program *p)
{
    struct xc_dom_image *dom = p->dom;
    uint64_t bytes = p->memkb << 10;

    dom->mmio_start = MMIO_START;
    dom->mmio_size = HIGHMEM_START - MMIO_START;
    dom->lowmem_end = bytes < MMIO_START ? bytes : MMIO_START;
    dom->highmem_end =
        bytes > MMIO_START ? HIGHMEM_START + bytes - MMIO_START : 0;
    dom->target_pages = bytes >> XC_PAGE_SHIFT;
}

static int tell_memory_map(program *p)
{
    struct e820entry map[2] = {
        { .addr = 1 << 20, .size = p->dom->lowmem_end - (1 << 20), .type = 1 },
        { .addr = HIGHMEM_START,
          .size = p->dom->highmem_end - HIGHMEM_START,
          .type = 1 },
    };

    return xc_domain_set_memory_map(p->xch, p->domid, map,
                                    p->dom->highmem_end ? 2 : 1);
}

static int build(program *p, const char *hvmloader, const char *bios)
{
    struct xc_dom_image *dom;

    xc_dom_loginit(p->xch);
    p->dom = dom = xc_dom_allocate(p->xch, NULL, NULL);
    if (!dom)
        return failed("allocating the image");
    dom->container_type = XC_DOM_HVM_CONTAINER;
    dom->device_model = true;
    dom->max_vcpus = p->num_vcpus;
    dom->console_evtchn = xc_evtchn_alloc_unbound(p->xch, p->domid, 0);
    dom->xenstore_evtchn = xc_evtchn_alloc_unbound(p->xch, p->domid, 0);
    set_memory_map(p);

    if (xc_dom_kernel_file(dom, hvmloader))
        return failed(hvmloader);
    if (read_file(dom, bios, &dom->system_firmware_module))
        return -1;
    if (xc_dom_boot_xen_init(dom, p->xch, p->domid) ||
        xc_dom_parse_image(dom) || tell_memory_map(p))
        return failed("preparing the image");

    if (vnuma_xen_plan_to_image(p->t.plan, dom, &p->t.diags)) {
        print_diags(&p->t.diags);
        return -1;
    }

    if (xc_dom_mem_init(dom, p->memkb >> 10) || xc_dom_boot_mem_init(dom) ||
        xc_dom_build_image(dom) || xc_dom_boot_image(dom) ||
        xc_dom_gnttab_init(dom))
        return failed("building the guest");
    return 0;
}

/* What hvmloader reads of its guest, in a page that libxenguest has begun. */
static int set_hvm_info(program *p)
{
    xenforeignmemory_handle *fmem = xenforeignmemory_open(NULL, 0);
    xen_pfn_t pfn = HVM_INFO_PFN;
    struct hvm_info_table *info;
    uint8_t *page = NULL, sum = 0;
    unsigned int i;

    if (fmem)
        page = xenforeignmemory_map(fmem, p->domid, PROT_READ | PROT_WRITE, 1,
                                    &pfn, NULL);
    if (!page)
        return failed("mapping the hvm_info page");
    info = (struct hvm_info_table *)(page + HVM_INFO_OFFSET);
    info->apic_mode = 1;
    info->nr_vcpus = p->num_vcpus;
    memset(info->vcpu_online, 0, sizeof(info->vcpu_online));
    for (i = 0; i < p->num_vcpus; i++)
        info->vcpu_online[i / 8] |= 1 << (i % 8);
    info->checksum = 0;
    for (i = 0; i < info->length; i++)
        sum += ((uint8_t *)info)[i];
    info->checksum = -sum;
    xenforeignmemory_unmap(fmem, page, 1);
    xenforeignmemory_close(fmem);
    return 0;
}

/* ---- xenstore ----------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static int
store(program *p, const char *key, const char *format, ...)
{
    char path[256], value[256];
    va_list args;

    va_start(args, format);
    vsnprintf(value, sizeof(value), format, args);
    va_end(args);
    snprintf(path, sizeof(path), "/local/domain/%u/%s", p->domid, key);
    return xs_write(p->xs, XBT_NULL, path, value, strlen(value)) ? 0 : -1;
}

static int introduce(program *p)
{
    struct xs_permissions permissions[2] = {
        { .id = 0, .perms = XS_PERM_NONE },
        { .id = p->domid, .perms = XS_PERM_READ },
    };
    char path[64];

    snprintf(path, sizeof(path), "/local/domain/%u", p->domid);
    if (!xs_mkdir(p->xs, XBT_NULL, path) ||
        !xs_set_permissions(p->xs, XBT_NULL, path, permissions, 2) ||
        store(p, "name", "%s", vnuma_config_name(p->t.config)) ||
        store(p, "domid", "%u", p->domid) ||
        store(p, "memory/static-max", "%" PRIu64, p->memkb) ||
        store(p, "memory/target", "%" PRIu64, p->memkb) ||
        store(p, "hvmloader/bios", "seabios") ||
        store(p, "hvmloader/allow-memory-relocate", "0") ||
        store(p, "console/type", "xenconsoled") ||
        store(p, "console/output", "pty") ||
        store(p, "console/limit", "1048576") ||
        store(p, "console/ring-ref", "%" PRIu64,
              (uint64_t)p->dom->console_pfn) ||
        store(p, "console/port", "%u", p->dom->console_evtchn) ||
        !xs_introduce_domain(p->xs, p->domid, p->dom->xenstore_pfn,
                             p->dom->xenstore_evtchn))
        return failed("introducing the domain to xenstore");
    return 0;
}

/* ---- the device model --------------------------------------------------- */

static void exec_device_model(program *p, char **argv, int argc)
{
    char domid[16], memory[24], smp[48];
    const char *fixed[] = {
        argv[0],       "-xen-domid",
        domid,         "-no-shutdown",
        "-nodefaults", "-no-user-config",
        "-display",    "none",
        "-vga",        "none",
        "-machine",    "xenfv,suppress-vmdesc=on",
        "-m",          memory,
        "-smp",        smp,
    };
    size_t num_fixed = sizeof(fixed) / sizeof(fixed[0]);
    const char **args = calloc(num_fixed + argc, sizeof(*args));

    if (!args)
        _exit(127);
    snprintf(domid, sizeof(domid), "%u", p->domid);
    snprintf(memory, sizeof(memory), "%" PRIu64, p->memkb >> 10);
    snprintf(smp, sizeof(smp), "%u", p->num_vcpus);
    memcpy(args, fixed, sizeof(fixed));
    memcpy(args + num_fixed, argv + 1, (argc - 1) * sizeof(*args));
    setsid();
    execv(args[0], (char *const *)args);
    _exit(127);
}

static int start_device_model(program *p, char **argv, int argc)
{
    unsigned int i, len;
    char path[64], *state;
    pid_t pid;

    snprintf(path, sizeof(path), "/local/domain/0/device-model/%u/state",
             p->domid);
    pid = fork();
    if (!pid)
        exec_device_model(p, argv, argc);
    if (pid < 0 || store(p, "image/device-model-pid", "%d", (int)pid))
        return failed("starting the device model");
    for (i = 0; i < 10 * DEVICE_MODEL_SECONDS; i++) {
        state = xs_read(p->xs, XBT_NULL, path, &len);
        if (state && !strcmp(state, "running")) {
            free(state);
            return 0;
        }
        free(state);
        usleep(100000);
    }
    fprintf(stderr, "the device model does not say that it runs\n");
    return -1;
}

/* ---- all of it ---------------------------------------------------------- */

static int run(program *p, int argc, char **argv)
{
    unsigned int i;
    int rc;

    for (i = 0; i < vnuma_plan_num_vnodes(p->t.plan); i++) {
        const vnuma_plan_vnode *vnode = vnuma_plan_vnode_at(p->t.plan, i);

        p->memkb += vnode->memkb;
        p->num_vcpus += vnuma_bitmap_count(&vnode->vcpus);
    }
    rc = create_domain(p);
    if (!rc)
        rc = build(p, argv[2], argv[3]);
    if (!rc)
        rc = set_hvm_info(p);
    if (!rc)
        rc = introduce(p);
    if (!rc && argc > 4)
        rc = start_device_model(p, argv + 4, argc - 4);
    if (!rc) {
        rc = vnuma_xen_settle_plan(p->t.xen, p->domid, p->t.plan, &p->t.built,
                                   &p->t.diags);
        print_diags(&p->t.diags);
    }
    if (!rc && argc > 4 && xc_domain_unpause(p->xch, p->domid))
        rc = failed("letting the guest run");
    if (!rc)
        printf("%s: domain %u, %" PRIu64 " pages on their nodes\n",
               vnuma_config_name(p->t.config), p->domid, p->t.built.num_pages);
    return rc;
}

int main(int argc, char **argv)
{
    vnuma_xen_hooks hooks = {
        .failed = build_failed,
        .populated = build_populated,
        .membind = build_membind,
    };
    program p;
    int rc;

    if (argc < 4) {
        fprintf(stderr, "usage: toolstack-libxc GUEST.cfg HVMLOADER BIOS "
                        "[QEMU [ARGS...]]\n");
        return 2;
    }
    memset(&p, 0, sizeof(p));
    p.domid = INVALID_DOMID;
    toolstack_init(&p.t);
    hooks.user = &p;

    p.xch = xc_interface_open(NULL, NULL, 0);
    p.xs = xs_open(0);
    rc = p.xch && p.xs ? 0 : failed("connecting to Xen");
    if (!rc)
        rc = toolstack_read(&p.t, argv[1]);
    if (!rc)
        rc = vnuma_xen_hooks_register(&hooks);
    if (!rc)
        rc = run(&p, argc, argv);
    if (rc && p.domid != (uint32_t)INVALID_DOMID)
        xc_domain_destroy(p.xch, p.domid);

    if (p.dom)
        xc_dom_release(p.dom);
    if (p.xs)
        xs_close(p.xs);
    if (p.xch)
        xc_interface_close(p.xch);
    toolstack_dispose(&p.t);
    return rc ? 1 : 0;
}
