/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The running dom0 as a backend of dom0_change.h: libxl for its memory target,
 * vcpus and affinity, libxc for its limit, xenstore for its maximum.
 */
#include "config.h"

#include "xen/dom0/dom0_change.h"

#include <errno.h>
#include <inttypes.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xenstore.h>

#include "vnuma_dom0.h"
#include "xen/host/handle.h"

#define DOM0 0
#ifndef RECORD_DIR /* a test has another */
#define RECORD_DIR "/run/xl-vnuma"
#endif
#define STATIC_MAX "/local/domain/0/memory/static-max"
#define LEAST_FREE_MEMKB (UINT64_C(128) << 10) /* what floor() leaves free */

/* ---- reading ------------------------------------------------------------ */

static int read_static_max(struct xs_handle *xs, uint64_t *memkb_r)
{
    char *text = xs_read(xs, XBT_NULL, STATIC_MAX, NULL), *end;
    bool is_number;

    if (!text)
        return -1;
    *memkb_r = strtoull(text, &end, 10);
    is_number = end > text && !*end;
    free(text);
    if (!is_number)
        errno = EINVAL;
    return is_number ? 0 : -1;
}

/* Whether xenstore wants the vcpu online, which is the default. */
static bool is_wanted(struct xs_handle *xs, unsigned int vcpu)
{
    char path[64], *text;
    bool is_off;

    snprintf(path, sizeof(path), "/local/domain/0/cpu/%u/availability", vcpu);
    text = xs_read(xs, XBT_NULL, path, NULL);
    is_off = text && !strcmp(text, "offline");
    free(text);
    return !is_off;
}

static int take_vcpus(struct xs_handle *xs, const libxl_vcpuinfo *infos,
                      int num, vnuma_xen_dom0 *now)
{
    vnuma_xen_dom0_settings *s = &now->settings;
    int i;

    s->vcpus = calloc(num, sizeof(*s->vcpus));
    now->pcpus = calloc(num, sizeof(*now->pcpus));
    if (!s->vcpus || !now->pcpus)
        return -1;
    s->num_vcpus = num;
    for (i = 0; i < num; i++) {
        now->pcpus[i] = infos[i].cpu;
        s->vcpus[i].online = is_wanted(xs, i);
        if ((infos[i].online && vnuma_bitmap_set(&now->online, i)) ||
            vnuma__take_bitmap(&infos[i].cpumap, &s->vcpus[i].hard) ||
            vnuma__take_bitmap(&infos[i].cpumap_soft, &s->vcpus[i].soft)) {
            errno = ENOMEM;
            return -1;
        }
    }
    return 0;
}

/* libxl writes the target and static-max into xenstore if they are missing. */
static int read_values(vnuma_xen *xen, struct xs_handle *xs,
                       vnuma_xen_dom0 *now)
{
    libxl_vcpuinfo *infos = NULL;
    int num = 0, num_pcpus = 0, r = -1;
    xc_domaininfo_t info;

    errno = 0;
    if (!libxl_get_memory_target(xen->ctx, DOM0,
                                 &now->settings.target_memkb) &&
        !read_static_max(xs, &now->settings.static_max_memkb) &&
        xc_domain_getinfolist(xen->xch, DOM0, 1, &info) == 1 &&
        info.domain == DOM0)
        infos = libxl_list_vcpu(xen->ctx, DOM0, &num, &num_pcpus);
    if (infos) {
        now->memkb = info.tot_pages * (XC_PAGE_SIZE / 1024);
        now->settings.max_memkb = info.max_pages * (XC_PAGE_SIZE / 1024);
        r = num ? take_vcpus(xs, infos, num, now) : -1;
        libxl_vcpuinfo_list_free(infos, num);
    }
    if (r && !errno)
        errno = EIO;
    return r;
}

static int read_dom0(void *dom0, vnuma_xen_dom0 *now_r)
{
    struct xs_handle *xs = xs_open(0);
    int r, saved_errno;

    vnuma_xen_dom0_init(now_r);
    if (!xs)
        return -1;
    r = read_values(dom0, xs, now_r);
    saved_errno = errno;
    xs_close(xs);
    if (r)
        vnuma_xen_dom0_dispose(now_r);
    errno = saved_errno;
    return r;
}

/* ---- writing ------------------------------------------------------------ */

static int set_max(void *dom0, uint64_t memkb)
{
    vnuma_xen *xen = dom0;

    return xc_domain_setmaxmem(xen->xch, DOM0, memkb) ? -1 : 0;
}

static int set_static_max(void *dom0, uint64_t memkb)
{
    struct xs_handle *xs = xs_open(0);
    char text[32];
    bool done;

    (void)dom0;
    if (!xs)
        return -1;
    snprintf(text, sizeof(text), "%" PRIu64, memkb);
    done = xs_write(xs, XBT_NULL, STATIC_MAX, text, strlen(text));
    xs_close(xs);
    return done ? 0 : -1;
}

static int libxl_failed(int r)
{
    if (r)
        errno = r == ERROR_INVAL ? EINVAL : EIO;
    return r ? -1 : 0;
}

static int set_target(void *dom0, uint64_t memkb)
{
    vnuma_xen *xen = dom0;

    return libxl_failed(libxl_set_memory_target(xen->ctx, DOM0, memkb, 0, 0));
}

static int make_map(vnuma_xen *xen, const vnuma_bitmap *from,
                    libxl_bitmap *to_r)
{
    uint32_t bit;

    if (libxl_cpu_bitmap_alloc(xen->ctx, to_r, 0)) {
        errno = ENOMEM;
        return -1;
    }
    VNUMA_BITMAP_FOREACH(bit, from)
        if (bit < to_r->size * 8)
            libxl_bitmap_set(to_r, bit);
    return 0;
}

static int set_affinity(void *dom0, unsigned int vcpu,
                        const vnuma_xen_dom0_vcpu *wanted)
{
    vnuma_xen *xen = dom0;
    libxl_bitmap hard, soft;
    int r;

    libxl_bitmap_init(&hard);
    libxl_bitmap_init(&soft);
    r = make_map(xen, &wanted->hard, &hard);
    if (!r)
        r = make_map(xen, &wanted->soft, &soft);
    if (!r)
        r = libxl_failed(
            libxl_set_vcpuaffinity(xen->ctx, DOM0, vcpu, &hard, &soft));
    libxl_bitmap_dispose(&hard);
    libxl_bitmap_dispose(&soft);
    return r;
}

/*
 * When xenstore sets a vcpu online again, dom0's kernel makes it present and
 * leaves it to user space, here us, to start it.
 */
static void bring_up(unsigned int vcpu)
{
    char path[64];
    FILE *f;

    snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", vcpu);
    f = fopen(path, "r+e");
    if (!f)
        return; /* not present yet, or cannot be offline */
    if (fgetc(f) == '0') {
        rewind(f);
        fputc('1', f);
    }
    fclose(f);
}

static int set_online(void *dom0, const vnuma_xen_dom0_settings *wanted)
{
    vnuma_xen *xen = dom0;
    libxl_bitmap map;
    unsigned int i;
    int r;

    libxl_bitmap_init(&map);
    if (libxl_cpu_bitmap_alloc(xen->ctx, &map, wanted->num_vcpus)) {
        errno = ENOMEM;
        return -1;
    }
    for (i = 0; i < wanted->num_vcpus; i++)
        if (wanted->vcpus[i].online)
            libxl_bitmap_set(&map, i);
    r = libxl_failed(libxl_set_vcpuonline(xen->ctx, DOM0, &map, NULL));
    libxl_bitmap_dispose(&map);
    return r;
}

static int pause_ms(void *dom0, unsigned int ms)
{
    struct timespec time = { ms / 1000, ms % 1000 * 1000000L };
    vnuma_xen_dom0 now = { 0 };
    unsigned int i;

    nanosleep(&time, NULL);
    if (read_dom0(dom0, &now))
        return -1;
    for (i = 0; i < now.settings.num_vcpus; i++)
        if (now.settings.vcpus[i].online && !vnuma_bitmap_test(&now.online, i))
            bring_up(i);
    vnuma_xen_dom0_dispose(&now);
    return 0;
}

static const vnuma__dom0_ops ops = {
    .read = read_dom0,
    .set_max = set_max,
    .set_static_max = set_static_max,
    .set_target = set_target,
    .set_affinity = set_affinity,
    .set_online = set_online,
    .pause = pause_ms,
};

/* ---- the public functions ----------------------------------------------- */

int vnuma_xen_dom0_get(struct vnuma_xen *xen, vnuma_xen_dom0 *dom0_r,
                       vnuma_diags *diags)
{
    vnuma__dom0_record record = { .is_changing = false };
    int rc = 0;

    if (read_dom0(xen, dom0_r))
        return vnuma__xen_failed(xen, diags, "asking for dom0's state");
    if (!vnuma__dom0_record_read(RECORD_DIR, &record)) {
        dom0_r->is_changed = true;
        dom0_r->is_interrupted = record.is_changing;
        rc = vnuma__dom0_settings_copy(&record.original, &dom0_r->original);
    }
    vnuma__dom0_record_dispose(&record);
    if (rc)
        vnuma_xen_dom0_dispose(dom0_r);
    return rc;
}

/* 0, with errno: that is not known. */
static uint64_t available_memkb(void)
{
    uint64_t memkb = 0;
    int saved_errno;
    char line[128];
    FILE *f = fopen("/proc/meminfo", "re");

    while (f && fgets(line, sizeof(line), f))
        if (sscanf(line, "MemAvailable: %" SCNu64, &memkb) == 1)
            break;
    saved_errno = errno;
    if (f)
        fclose(f);
    errno = saved_errno;
    return memkb;
}

static uint64_t floor_of(uint64_t memkb, uint64_t available)
{
    uint64_t needed = memkb + LEAST_FREE_MEMKB;

    needed = needed > available ? needed - available : 0;
    return needed > VNUMA_DOM0_FLOOR_MEMKB ? needed : VNUMA_DOM0_FLOOR_MEMKB;
}

uint64_t vnuma_xen_dom0_floor(uint64_t memkb)
{
    return floor_of(memkb, available_memkb());
}

/* What dom0 needs as it is, when it is to have less. */
static int find_floor(uint64_t memkb, uint64_t *floor_memkb_r,
                      vnuma_diags *diags)
{
    uint64_t available = available_memkb();

    if (!available)
        return vnuma__fail(diags, VNUMA_ERROR_IO, "dom0-floor",
                           "what dom0 needs is not known: /proc/meminfo: %s",
                           strerror(errno));
    *floor_memkb_r = floor_of(memkb, available);
    return 0;
}

/* Adds libxl's own message, if it logged one. */
static int explain(vnuma_xen *xen, int rc, vnuma_diags *diags)
{
    if (rc == VNUMA_ERROR_XEN && xen->log.last[0])
        vnuma__related(diags, VNUMA__NOWHERE, "%s", xen->log.last);
    xen->log.last[0] = '\0';
    return rc;
}

int vnuma_xen_dom0_begin(struct vnuma_xen *xen,
                         vnuma_xen_dom0_change **change_r, vnuma_diags *diags)
{
    return explain(
        xen, vnuma__dom0_begin(change_r, &ops, xen, RECORD_DIR, diags), diags);
}

static int find_pcpus(vnuma_xen *xen, const vnuma_bitmap *pnodes,
                      vnuma_bitmap *pcpus_r, vnuma_bitmap *all_r,
                      vnuma_diags *diags)
{
    vnuma_topology *topology = NULL;
    uint32_t pcpu, pnode;
    unsigned int i;
    int rc = vnuma_xen_get_topology(xen, &topology, diags);

    for (i = 0; !rc && i < topology->num_pnodes; i++)
        VNUMA_BITMAP_FOREACH(pcpu, &topology->pnodes[i].pcpus) {
            rc = rc ? rc : vnuma_bitmap_set(all_r, pcpu);
            if (!rc && (!vnuma_bitmap_count(pnodes) ||
                        vnuma_bitmap_test(pnodes, topology->pnodes[i].pnode)))
                rc = vnuma_bitmap_set(pcpus_r, pcpu);
        }
    VNUMA_BITMAP_FOREACH(pnode, pnodes) {
        if (rc || vnuma_topology_find(topology, pnode))
            continue;
        rc = vnuma__fail(diags, VNUMA_ERROR_NOFIT, "dom0-nodes",
                         "the host has no node %" PRIu32, pnode);
    }
    if (!rc && !vnuma_bitmap_count(pcpus_r))
        rc = vnuma__fail(diags, VNUMA_ERROR_NOFIT, "dom0-nodes",
                         "these nodes have no CPUs");
    vnuma_topology_free(topology);
    return rc;
}

int vnuma_xen_dom0_apply(vnuma_xen_dom0_change *change,
                         const vnuma_xen_dom0_request *request,
                         vnuma_diags *diags)
{
    vnuma_xen_dom0_settings wanted = { .num_vcpus = 0 };
    vnuma_bitmap pcpus = { 0 }, all = { 0 };
    uint64_t floor_memkb = request->floor_memkb;
    vnuma_xen *xen = change->dom0;
    vnuma_xen_dom0 now = { 0 };
    int rc = find_pcpus(xen, &request->pnodes, &pcpus, &all, diags);

    if (!rc && read_dom0(xen, &now))
        rc = vnuma__xen_failed(xen, diags, "asking for dom0's state");
    if (!rc)
        rc = vnuma__dom0_settings_copy(&change->wanted, &wanted);
    /* The floor does not matter when dom0 grows. */
    if (!rc && !floor_memkb && request->memkb && request->memkb < now.memkb)
        rc = find_floor(now.memkb, &floor_memkb, diags);
    if (!rc)
        rc = vnuma__dom0_merge(&wanted, request, &pcpus, &all, floor_memkb,
                               diags);
    if (!rc)
        rc = vnuma__dom0_apply(change, &wanted, request, diags);
    vnuma__dom0_settings_dispose(&wanted);
    vnuma_xen_dom0_dispose(&now);
    vnuma_bitmap_dispose(&all);
    vnuma_bitmap_dispose(&pcpus);
    return explain(xen, rc, diags);
}

int vnuma_xen_dom0_rollback(vnuma_xen_dom0_change *change,
                            const vnuma_xen_dom0_request *request,
                            vnuma_diags *diags)
{
    vnuma_xen *xen = change->dom0;

    return explain(xen, vnuma__dom0_rollback(change, request, diags), diags);
}

/* How long dom0 may take to get back after a failed change. */
#define ROLLBACK_MS 30000u

int vnuma_xen_dom0_set(struct vnuma_xen *xen,
                       const vnuma_xen_dom0_request *request,
                       vnuma_diags *diags)
{
    vnuma_xen_dom0_request back = { .timeout_ms = ROLLBACK_MS };
    vnuma_xen_dom0_change *change;
    int rc;

    rc = vnuma_xen_dom0_begin(xen, &change, diags);
    if (rc)
        return rc;
    rc = vnuma_xen_dom0_apply(change, request, diags);
    return explain(xen, vnuma__dom0_end(change, rc, &back, diags), diags);
}

int vnuma_xen_dom0_reset(struct vnuma_xen *xen,
                         const vnuma_xen_dom0_request *request,
                         vnuma_diags *diags)
{
    vnuma_xen_dom0_change *change;
    int rc, rc_end;

    rc = vnuma_xen_dom0_begin(xen, &change, diags);
    if (rc)
        return rc;
    rc = vnuma__dom0_apply(change, &change->record.original, request, diags);
    explain(xen, rc, diags);
    /* A timeout is not a failure: the values are set as they were. */
    if (rc && errno != EAGAIN && errno != EINTR) {
        vnuma__dom0_rollback(change, request, diags);
        return rc;
    }
    rc_end = vnuma_xen_dom0_commit(change, diags);
    return rc ? rc : rc_end;
}
