/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A libxl and a Xen that are made up, for what libvirtd has loaded: a host of
 * two equal pnodes, guests of two cells, and which step of a start fails.
 */
#ifndef VNUMA_TEST_VIRT_CASE_H
#define VNUMA_TEST_VIRT_CASE_H

#include <errno.h>
#include <fcntl.h>
#include <libxl_utils.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <xenctrl.h>

#include "base/diag.h"
#include "heap.h"
#include "inside.h"
#include "libvirt/virt.h"
#include "record-case.h"
#include "record/kept.h"
#include "tap.h"
#include "xen/host/flights.h"
#include "xen/host/handle.h"

#define MIB UINT64_C(1024) /* in KiB */

#define PLAIN_DOMID 99u /* of a guest without vnodes */

/* KEPT: libxl fails and keeps the domain. */
typedef enum { NOTHING, OPEN, PREPARE, CREATE, KEPT, REFUSAL, SETTLE } step;

static struct {
    pthread_mutex_t lock;
    uint64_t free_memkb[2], least_memkb;
    step fails;
    uint32_t last_domid;
    unsigned int num_created, num_destroyed, num_settled;
    uint32_t pnodes[2]; /* of the guest that was created last */
    char membinds[64];
    bool is_known; /* as a domain is made, the ledger has its guest's UUID */
    /* The memory step: 0 or an ERROR_ of libxl.  NULL: takes a moment. */
    int (*build)(uint32_t domid, const libxl_domain_config *d_config);
} xen = { .lock = PTHREAD_MUTEX_INITIALIZER };

static inside_guests guests = { .tasks = VNUMA__TASKS_INIT };

/* ---- in place of libvnuma-xen ------------------------------------------- */

static int fail_at(step which, vnuma_diags *diags)
{
    return xen.fails == which
               ? vnuma__fail(diags, VNUMA_ERROR_XEN, "xen-refused",
                             "step %d fails", which)
               : 0;
}

int vnuma_xen_open(vnuma_xen **xen_r, vnuma_diags *diags)
{
    *xen_r = NULL;
    return fail_at(OPEN, diags);
}

void vnuma_xen_close(vnuma_xen *handle)
{
    (void)handle;
}

int vnuma_xen_get_topology(vnuma_xen *handle, vnuma_topology **topology_r,
                           vnuma_diags *diags)
{
    vnuma_source source = { 0 };
    char text[512];
    int rc;

    (void)handle;
    pthread_mutex_lock(&xen.lock);
    snprintf(text, sizeof(text),
             "{\"nodes\": [{\"node\": 0, \"memkb\": 4194304, "
             "\"free_memkb\": %" PRIu64 ", \"cpus\": [0,1,2,3], "
             "\"distances\": [10,21]}, {\"node\": 1, \"memkb\": 4194304, "
             "\"free_memkb\": %" PRIu64 ", \"cpus\": [4,5,6,7], "
             "\"distances\": [21,10]}]}",
             xen.free_memkb[0], xen.free_memkb[1]);
    pthread_mutex_unlock(&xen.lock);
    rc = vnuma_source_set(&source, "host", text, strlen(text));
    if (!rc)
        rc = vnuma_topology_parse(&source, topology_r, diags);
    vnuma_source_dispose(&source);
    return rc;
}

void vnuma__flights_ask(vnuma_xen *handle, vnuma__flight *flights,
                        unsigned int num_flights)
{
    (void)handle;
    (void)flights;
    (void)num_flights;
}

int vnuma_xen_prepare(libxl_ctx *ctx, libxl_domain_config *d_config, bool pin,
                      vnuma_diags *diags)
{
    (void)ctx;
    (void)d_config;
    (void)pin;
    return fail_at(PREPARE, diags);
}

int vnuma_xen_settle(libxl_ctx *ctx, uint32_t domid,
                     const libxl_domain_config *d_config,
                     const vnuma_xen_built *built, vnuma_diags *diags)
{
    (void)ctx;
    (void)domid;
    (void)d_config;
    (void)built;
    __atomic_add_fetch(&xen.num_settled, 1, __ATOMIC_SEQ_CST);
    return fail_at(SETTLE, diags);
}

/* Only xl is told of tables. */
int vnuma__tables_store(libxl_ctx *ctx, uint32_t domid, const char *text,
                        vnuma_diags *diags)
{
    (void)ctx;
    (void)domid;
    (void)diags;
    return text ? VNUMA_ERROR_XEN : 0;
}

int vnuma_xen_hooks_register(const vnuma_xen_hooks *hooks)
{
    (void)hooks;
    return 0;
}

/* The record of every guest: it was on pnodes 0 and 1. */
int vnuma_xen_record_of(libxl_ctx *ctx, uint32_t domid,
                        const libxl_domain_config *d_config, char **text_r,
                        vnuma_diags *diags)
{
    vnuma_record record;

    (void)ctx;
    (void)d_config;
    *text_r = NULL;
    if (xen.fails == OPEN)
        return fail_at(OPEN, diags);
    if (domid == PLAIN_DOMID)
        return 0;
    make_guest(&record, 0, 1);
    *text_r = vnuma_record_format(&record);
    vnuma__record_dispose(&record);
    return *text_r ? 0 : VNUMA_ERROR_NOMEM;
}

int vnuma_xen_prepare_restore(libxl_ctx *ctx, libxl_domain_config *d_config,
                              const char *record, uint64_t *target_memkb_r,
                              vnuma_diags *diags)
{
    (void)ctx;
    (void)record;
    *target_memkb_r = d_config->b_info.max_memkb;
    return fail_at(PREPARE, diags);
}

int vnuma_xen_destroy(vnuma_xen *handle, uint32_t domid,
                      const uint8_t uuid[16], vnuma_diags *diags)
{
    (void)handle;
    (void)domid;
    (void)uuid;
    (void)diags;
    if (xen.fails == KEPT)
        __atomic_add_fetch(&xen.num_destroyed, 1, __ATOMIC_SEQ_CST);
    return 0;
}

#undef libxl_domain_destroy
int libxl_domain_destroy(libxl_ctx *ctx, uint32_t domid,
                         const libxl_asyncop_how *ao_how)
{
    (void)ctx;
    (void)domid;
    (void)ao_how;
    __atomic_add_fetch(&xen.num_destroyed, 1, __ATOMIC_SEQ_CST);
    return 0;
}

/* ---- in place of libxl -------------------------------------------------- */

/* As Xen makes it: what is found if all of this is killed. */
static bool ledger_has(const uint8_t uuid[16])
{
    vnuma__ledger l = VNUMA__LEDGER(VNUMA__LEDGER_DIR);
    libxl_uuid wanted;
    char text[VNUMA__UUID_TEXT];
    bool has = false;
    unsigned int i;

    memcpy(libxl_uuid_bytearray(&wanted), uuid, 16);
    snprintf(text, sizeof(text), LIBXL_UUID_FMT, LIBXL_UUID_BYTES(wanted));
    if (!vnuma__ledger_lock(&l))
        for (i = 0; i < l.num_others; i++)
            has |= !strcmp(l.others[i].uuid, text);
    vnuma__ledger_end(&l);
    return has;
}

static int fake_domain_create(xc_interface *xch, uint32_t *domid,
                              struct xen_domctl_createdomain *config)
{
    (void)xch;
    if (!xen.build)
        xen.is_known = ledger_has(config->handle);
    *domid = __atomic_add_fetch(&xen.last_domid, 1, __ATOMIC_SEQ_CST);
    /* As Xen's, they come again. */
    *domid = PLAIN_DOMID + 1 + *domid % 32000;
    return 0;
}

static int fake_getvnuma(xc_interface *xch, uint32_t domid, uint32_t *vnodes,
                         uint32_t *ranges, uint32_t *vcpus,
                         xen_vmemrange_t *range, unsigned int *distance,
                         unsigned int *vcpu_to_vnode)
{
    (void)xch;
    (void)domid;
    (void)vnodes;
    (void)ranges;
    (void)vcpus;
    (void)range;
    (void)distance;
    (void)vcpu_to_vnode;
    errno = ENOBUFS;
    return -1;
}

static int fake_set_affinity(xc_interface *xch, uint32_t domid,
                             xc_nodemap_t nodemap)
{
    (void)xch;
    (void)domid;
    (void)nodemap;
    errno = EPERM;
    return xen.fails == REFUSAL ? -1 : 0;
}

void *inside_find_next(const char *name)
{
    if (!strcmp(name, "xc_domain_create"))
        return (void *)fake_domain_create;
    if (!strcmp(name, "xc_domain_getvnuma"))
        return (void *)fake_getvnuma;
    return (void *)fake_set_affinity;
}

/* What libxl does of interest here: it may be in any thread. */
static void take_memory(const libxl_domain_config *d_config)
{
    int v;

    pthread_mutex_lock(&xen.lock);
    for (v = 0; v < d_config->b_info.num_vnuma_nodes; v++) {
        const libxl_vnode_info *info = &d_config->b_info.vnuma_nodes[v];

        xen.pnodes[v & 1] = info->pnode;
        xen.free_memkb[info->pnode & 1] -= info->memkb;
        if (xen.free_memkb[info->pnode & 1] < xen.least_memkb)
            xen.least_memkb = xen.free_memkb[info->pnode & 1];
    }
    pthread_mutex_unlock(&xen.lock);
}

static int fake_create_new(libxl_ctx *ctx, libxl_domain_config *d_config,
                           uint32_t *domid, const libxl_asyncop_how *ao_how,
                           const libxl_asyncprogress_how *aop_console_how)
{
    struct xen_domctl_createdomain create = { .flags = 0 };
    const vnuma__task *task;
    vnuma_xen_built built = { .num_pages = 1 };

    (void)ctx;
    (void)ao_how;
    (void)aop_console_how;
    __atomic_add_fetch(&xen.num_created, 1, __ATOMIC_SEQ_CST);
    memcpy(create.handle, libxl_uuid_bytearray(&d_config->c_info.uuid), 16);
    if (xc_domain_create(NULL, domid, &create) || xen.fails == CREATE)
        return ERROR_NOMEM;
    xc_domain_node_setaffinity(NULL, *domid, NULL);
    task = vnuma__task_find(&guests.tasks, *domid);
    /* Two at once must not be taken for each other. */
    if (task && task->config != d_config)
        abort();
    pthread_mutex_lock(&xen.lock);
    if (task)
        snprintf(xen.membinds, sizeof(xen.membinds), "%s",
                 task->membinds ? task->membinds : "");
    pthread_mutex_unlock(&xen.lock);
    if (xen.build && xen.build(*domid, d_config))
        return ERROR_NOMEM;
    if (!xen.build)
        usleep(1000);
    inside_populated(*domid, &built);
    take_memory(d_config);
    return xen.fails == KEPT ? ERROR_NOMEM : 0;
}

#define STREAM "LibxlFmt and what follows"

/* Writes "libxl's stream"; what it asks Xen first refuses guests otherwise. */
static int fake_suspend(libxl_ctx *ctx, uint32_t domid, int fd, int flags,
                        const libxl_asyncop_how *ao_how)
{
    uint32_t num = 0;

    (void)ctx;
    (void)flags;
    (void)ao_how;
    if (domid != PLAIN_DOMID &&
        (xc_domain_getvnuma(NULL, domid, &num, &num, &num, NULL, NULL, NULL) !=
             -1 ||
         errno != EOPNOTSUPP))
        return ERROR_FAIL;
    return write(fd, STREAM, sizeof(STREAM)) == sizeof(STREAM) ? 0
                                                               : ERROR_FAIL;
}

/* Reads it, and reports memory as libxl-save-helper does. */
static int fake_create_restore(libxl_ctx *ctx, libxl_domain_config *d_config,
                               uint32_t *domid, int restore_fd,
                               int send_back_fd,
                               const libxl_domain_restore_params *params,
                               const libxl_asyncop_how *ao_how,
                               const libxl_asyncprogress_how *aop_console_how)
{
    vnuma_xen_built built = { .num_pages = 1 };
    const vnuma__task *task;
    char text[sizeof(STREAM)];

    (void)send_back_fd;
    (void)params;
    if (read(restore_fd, text, sizeof(text)) != sizeof(text) ||
        strcmp(text, STREAM) != 0)
        return ERROR_INVAL;
    if (fake_create_new(ctx, d_config, domid, ao_how, aop_console_how))
        return ERROR_NOMEM;
    task = vnuma__task_find(&guests.tasks, *domid);
    if (task && xen.fails != REFUSAL)
        inside_write_built(task->built_fd, &built);
    return 0;
}

/* ---- guests ------------------------------------------------------------- */

typedef struct {
    libxl_domain_config d_config;
    libxl_vnode_info vnodes[2];
    uint8_t maps[2];
    uint32_t distances[2][2];
    char name[16];
} virt_case;

/* As libvirt does: cell n is on node n, distances are 10 and 20. */
static void make_cells(virt_case *c, unsigned int number, uint64_t memkb)
{
    libxl_domain_build_info *b_info = &c->d_config.b_info;
    int v;

    memset(c, 0, sizeof(*c));
    libxl_domain_config_init(&c->d_config);
    libxl_domain_build_info_init_type(b_info, LIBXL_DOMAIN_TYPE_PVH);
    snprintf(c->name, sizeof(c->name), "vm%u", number);
    c->d_config.c_info.name = c->name;
    memset(libxl_uuid_bytearray(&c->d_config.c_info.uuid), (int)number + 1,
           16);
    b_info->max_vcpus = 2;
    b_info->max_memkb = b_info->target_memkb = 2 * memkb;
    b_info->num_vnuma_nodes = 2;
    b_info->vnuma_nodes = c->vnodes;
    for (v = 0; v < 2; v++) {
        libxl_vnode_info_init(&c->vnodes[v]);
        c->vnodes[v].memkb = memkb;
        c->vnodes[v].pnode = (uint32_t)v;
        c->vnodes[v].vcpus = (libxl_bitmap){ 1, &c->maps[v] };
        c->maps[v] = (uint8_t)(1 << v);
        c->vnodes[v].distances = c->distances[v];
        c->vnodes[v].num_distances = 2;
        c->distances[v][v] = 10;
        c->distances[v][!v] = 20;
    }
}

static void host_has(uint64_t free0_mib, uint64_t free1_mib)
{
    xen.free_memkb[0] = free0_mib * MIB;
    xen.free_memkb[1] = free1_mib * MIB;
    xen.least_memkb = UINT64_MAX;
    xen.fails = NOTHING;
    xen.num_created = xen.num_destroyed = xen.num_settled = 0;
}

/* ---- what is left, and what was said ------------------------------------ */

static bool folder_is_empty(const char *path)
{
    return rmdir(path) ? errno == ENOENT : !mkdir(path, 0755);
}

#define CHECK_NOTHING_IN_HAND()                                               \
    do {                                                                      \
        CHECK(!guests.tasks.first);                                           \
        CHECK(folder_is_empty(VNUMA__LEDGER_DIR));                            \
    } while (0)

static char said_file[] = "said";

/* What goes to stderr goes to a file; each call begins it anew. */
static void listen_anew(void)
{
    int fd = open(said_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    fflush(stderr);
    dup2(fd, STDERR_FILENO);
    close(fd);
}

#endif
