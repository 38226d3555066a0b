/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A dom0 in memory, which outlives the process that changes it, and what "set"
 * and "reset" do to it.
 */
#ifndef DOM0_CASE_H
#define DOM0_CASE_H

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/store.h"
#include "heap.h"
#include "tap.h"
#include "xen/dom0/dom0_change.h"

#define NUM_VCPUS 4u
#define HOST_MEMKB (UINT64_C(4096) << 10)

/* Shared with children; pcpus are bits. */
typedef struct {
    uint64_t memkb, target, static_max, max;
    uint64_t hard[NUM_VCPUS], soft[NUM_VCPUS];
    bool wanted[NUM_VCPUS], online[NUM_VCPUS];
    unsigned int calls;
    unsigned int die_at;    /* the call that ends the process; 0: none */
    unsigned int fail_at;   /* the call that fails; 0: none */
    unsigned int fail_more; /* and so many after it */
    int fail_errno;         /* of that call; 0: EIO */
    uint64_t speed_memkb;   /* that it moves in a pause */
    bool is_stuck;          /* its vcpus do not go on or off line */
} memory_dom0;

static memory_dom0 *dom0;
static char dir[] = "/tmp/test-dom0.XXXXXX";

static inline int enter(memory_dom0 *d)
{
    d->calls++;
    if (d->calls == d->die_at)
        _exit(9);
    errno = d->fail_errno ? d->fail_errno : EIO;
    return d->fail_at && d->calls - d->fail_at <= d->fail_more ? -1 : 0;
}

/* A test's own memory is always there. */
static inline void add_bit(unsigned int bit, vnuma_bitmap *to)
{
    unsigned int fail = heap_fail;

    heap_fail = 0;
    if (vnuma_bitmap_set(to, bit))
        abort();
    heap_fail = fail;
}

static inline void set_bits(uint64_t bits, vnuma_bitmap *to)
{
    unsigned int i;

    for (i = 0; i < 64; i++)
        if (bits >> i & 1)
            add_bit(i, to);
}

static inline uint64_t get_bits(const vnuma_bitmap *from)
{
    return from->num_words ? from->words[0] : 0;
}

static inline int read_dom0(void *user, vnuma_xen_dom0 *now_r)
{
    memory_dom0 *d = user;
    unsigned int fail = heap_fail, i;
    vnuma_xen_dom0 now;

    if (enter(d))
        return -1;
    heap_fail = 0;
    vnuma_xen_dom0_init(&now);
    now.memkb = d->memkb;
    now.settings.target_memkb = d->target;
    now.settings.static_max_memkb = d->static_max;
    now.settings.max_memkb = d->max;
    now.settings.num_vcpus = NUM_VCPUS;
    now.settings.vcpus = calloc(NUM_VCPUS, sizeof(*now.settings.vcpus));
    for (i = 0; i < NUM_VCPUS; i++) {
        now.settings.vcpus[i].online = d->wanted[i];
        set_bits(d->hard[i], &now.settings.vcpus[i].hard);
        set_bits(d->soft[i], &now.settings.vcpus[i].soft);
        if (d->online[i] && vnuma_bitmap_set(&now.online, i))
            abort();
    }
    heap_fail = fail;
    *now_r = now;
    return 0;
}

static inline int set_max(void *user, uint64_t memkb)
{
    memory_dom0 *d = user;

    if (enter(d))
        return -1;
    d->max = memkb;
    return 0;
}

static inline int set_static_max(void *user, uint64_t memkb)
{
    memory_dom0 *d = user;

    if (enter(d))
        return -1;
    d->static_max = memkb;
    return 0;
}

/* As libxl: not above the maximum, not below 128 MiB. */
static inline int set_target(void *user, uint64_t memkb)
{
    memory_dom0 *d = user;

    if (enter(d))
        return -1;
    if (memkb > d->static_max || memkb < 128u << 10) {
        errno = EINVAL;
        return -1;
    }
    d->target = memkb;
    return 0;
}

static inline int set_affinity(void *user, unsigned int vcpu,
                               const vnuma_xen_dom0_vcpu *wanted)
{
    memory_dom0 *d = user;

    if (enter(d))
        return -1;
    d->hard[vcpu] = get_bits(&wanted->hard);
    d->soft[vcpu] = get_bits(&wanted->soft);
    return 0;
}

static inline int set_online(void *user, const vnuma_xen_dom0_settings *wanted)
{
    memory_dom0 *d = user;
    unsigned int i;

    if (enter(d))
        return -1;
    for (i = 0; i < NUM_VCPUS && i < wanted->num_vcpus; i++)
        d->wanted[i] = wanted->vcpus[i].online;
    return 0;
}

static inline int pause_ms(void *user, unsigned int ms)
{
    memory_dom0 *d = user;
    uint64_t most = d->max < HOST_MEMKB ? d->max : HOST_MEMKB;
    uint64_t to = d->target < most ? d->target : most;

    (void)ms;
    if (enter(d))
        return -1;
    if (d->memkb > to)
        d->memkb -=
            d->memkb - to < d->speed_memkb ? d->memkb - to : d->speed_memkb;
    else
        d->memkb +=
            to - d->memkb < d->speed_memkb ? to - d->memkb : d->speed_memkb;
    if (!d->is_stuck)
        memcpy(d->online, d->wanted, sizeof(d->online));
    return 0;
}

static const vnuma__dom0_ops ops = {
    read_dom0,    set_max,    set_static_max, set_target,
    set_affinity, set_online, pause_ms,
};

static inline void boot(void)
{
    unsigned int i;

    memset(dom0, 0, sizeof(*dom0));
    dom0->memkb = dom0->target = dom0->static_max = 1536u << 10;
    dom0->max = dom0->static_max;
    dom0->speed_memkb = 200u << 10;
    for (i = 0; i < NUM_VCPUS; i++) {
        dom0->hard[i] = dom0->soft[i] = 0xff;
        dom0->wanted[i] = dom0->online[i] = true;
    }
    vnuma__store_remove(dir, VNUMA__DOM0_RECORD);
}

static inline bool is_as_booted(void)
{
    unsigned int i;

    if (dom0->memkb != 1536u << 10 || dom0->target != 1536u << 10 ||
        dom0->static_max != 1536u << 10 || dom0->max != 1536u << 10)
        return false;
    for (i = 0; i < NUM_VCPUS; i++)
        if (dom0->hard[i] != 0xff || dom0->soft[i] != 0xff ||
            !dom0->wanted[i] || !dom0->online[i])
            return false;
    return true;
}

static inline bool has_record(void)
{
    vnuma__dom0_record record = { .is_changing = false };
    int rc;

    rc = vnuma__dom0_record_read(dir, &record);
    vnuma__dom0_record_dispose(&record);
    return !rc;
}

static const vnuma_xen_dom0_request patience = { .timeout_ms = 5000 };
static const vnuma_xen_dom0_request *how = &patience; /* set and reset wait */

/* What "set" does; with everything at once. */
static inline int set_all(vnuma_diags *diags)
{
    vnuma_xen_dom0_request request = {
        .memkb = 1000u << 10,
        .max_memkb = 1200u << 10,
        .num_vcpus = 2,
        .pin = true,
    };
    vnuma_xen_dom0_settings wanted = { .num_vcpus = 0 };
    vnuma_xen_dom0_change *change;
    vnuma_bitmap all;
    int rc;

    rc = vnuma__dom0_begin(&change, &ops, dom0, dir, diags);
    if (rc)
        return rc;
    vnuma_bitmap_init(&all);
    set_bits(0xff, &all);
    add_bit(100, &all); /* more than there is room for without memory */
    rc = vnuma__dom0_settings_copy(&change->wanted, &wanted);
    if (!rc)
        rc = vnuma__dom0_merge(&wanted, &request, &all, &all, 0, diags);
    if (!rc)
        rc = vnuma__dom0_apply(change, &wanted, how, diags);
    rc = vnuma__dom0_end(change, rc, how, diags);
    vnuma__dom0_settings_dispose(&wanted);
    vnuma_bitmap_dispose(&all);
    return rc;
}

static inline int reset(vnuma_diags *diags)
{
    vnuma_xen_dom0_settings wanted = { .num_vcpus = 0 };
    vnuma_xen_dom0_change *change;
    int rc;

    rc = vnuma__dom0_begin(&change, &ops, dom0, dir, diags);
    if (rc)
        return rc;
    rc = vnuma__dom0_settings_copy(&change->record.original, &wanted);
    if (!rc)
        rc = vnuma__dom0_apply(change, &wanted, how, diags);
    if (!rc)
        rc = vnuma_xen_dom0_commit(change, diags);
    else
        vnuma__dom0_rollback(change, how, diags);
    vnuma__dom0_settings_dispose(&wanted);
    return rc;
}

static inline int quietly(int (*change)(vnuma_diags *diags))
{
    vnuma_diags diags;
    int rc;

    vnuma_diags_init(&diags);
    rc = change(&diags);
    vnuma_diags_dispose(&diags);
    return rc;
}

static inline bool is_all_set(void)
{
    return dom0->memkb == 1000u << 10 && dom0->target == 1000u << 10 &&
           dom0->static_max == 1200u << 10 && dom0->max == 1200u << 10 &&
           dom0->hard[0] == 1 && dom0->hard[1] == 2 && dom0->online[1] &&
           !dom0->online[2] && !dom0->online[3];
}

static inline int dom0_run(const tap_case *cases, unsigned int num)
{
    char path[64];
    int code;

    dom0 = mmap(NULL, sizeof(*dom0), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (dom0 == MAP_FAILED || !mkdtemp(dir))
        return EXIT_FAILURE;
    code = tap_run(cases, num);
    vnuma__store_remove(dir, VNUMA__DOM0_RECORD);
    snprintf(path, sizeof(path), "%s/dom0.new", dir);
    unlink(path);
    rmdir(dir);
    return code;
}

#endif
