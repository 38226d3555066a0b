/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A change of dom0 as a transaction: recorded, applied value by value, waited
 * for, and either committed or rolled back.  If the program is killed between
 * two steps, the next change continues from the record.
 *
 * Limits are raised before the target and lowered after dom0 is below them, so
 * that Xen and libxl accept every state in between.
 */
#include "config.h"

#include "xen/dom0/dom0_change.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/store.h"

#define POLL_MS 100u
#define MIB(memkb) ((memkb) >> 10)

static int dom0_failed(const vnuma_xen_dom0_change *c, const char *what)
{
    return vnuma__fail(c->diags, VNUMA_ERROR_XEN, "xen-refused",
                       "dom0: %s: %s", what, strerror(errno));
}

static int record_failed(const vnuma_xen_dom0_change *c, int rc,
                         const char *what)
{
    if (rc == VNUMA_ERROR_NOMEM)
        return rc;
    if (rc == VNUMA_ERROR_IO)
        return vnuma__fail(c->diags, rc, "dom0-record", "%s %s/dom0: %s", what,
                           c->dir, strerror(errno));
    vnuma__error(c->diags, "dom0-record", VNUMA__NOWHERE,
                 "%s %s/dom0: this is not a record of xl-vnuma", what, c->dir);
    vnuma__hint(c->diags,
                "remove the file; dom0's old settings are then lost");
    return VNUMA_ERROR_IO;
}

static int read_now(vnuma_xen_dom0_change *c, vnuma_xen_dom0 *now)
{
    vnuma_xen_dom0_dispose(now);
    return c->ops->read(c->dom0, now) ? dom0_failed(c, "asking for its state")
                                      : 0;
}

/* ---- begin and end ------------------------------------------------------ */

static int take_lock(vnuma_xen_dom0_change *c)
{
    c->lock_fd = vnuma__store_lock(c->dir, 0);
    if (c->lock_fd >= 0)
        return 0;
    if (errno != EWOULDBLOCK)
        return vnuma__fail(c->diags, VNUMA_ERROR_IO, "dom0-record", "%s: %s",
                           c->dir, strerror(errno));
    errno = EBUSY;
    return vnuma__fail(c->diags, VNUMA_ERROR_XEN, "dom0-busy",
                       "another change of dom0 is under way");
}

static void end_change(vnuma_xen_dom0_change *c)
{
    int saved_errno = errno;

    if (c->lock_fd >= 0)
        close(c->lock_fd);
    vnuma__dom0_record_dispose(&c->record);
    vnuma__dom0_settings_dispose(&c->wanted);
    free(c);
    errno = saved_errno;
}

/*
 * The change starts from the record if there is one, else from dom0's present
 * state.
 */
static int find_base(vnuma_xen_dom0_change *c)
{
    vnuma__dom0_record *record = &c->record;
    vnuma_xen_dom0 now = { 0 };
    int rc = read_now(c, &now);

    if (rc)
        goto out;
    rc = vnuma__dom0_record_read(c->dir, record);
    if (rc == VNUMA_ERROR_IO && errno == ENOENT)
        rc = vnuma__dom0_settings_copy(&now.settings, &record->original);
    else if (rc)
        rc = record_failed(c, rc, "reading");
    if (rc)
        goto out;
    c->was_interrupted = record->is_changing;
    if (record->is_changing) {
        vnuma__note(c->diags, "dom0-interrupted", VNUMA__NOWHERE,
                    "a change of dom0 was interrupted; this one begins from "
                    "what was before it");
    } else {
        rc = vnuma__dom0_settings_copy(&now.settings, &record->previous);
    }
    if (!rc)
        rc = vnuma__dom0_settings_copy(&record->previous, &c->wanted);
    if (rc)
        goto out;
    record->is_changing = true;
    rc = vnuma__dom0_record_write(c->dir, record);
    if (rc)
        rc = record_failed(c, rc, "writing");

out:
    vnuma_xen_dom0_dispose(&now);
    return rc;
}

int vnuma__dom0_begin(vnuma_xen_dom0_change **change_r,
                      const vnuma__dom0_ops *ops, void *dom0, const char *dir,
                      vnuma_diags *diags)
{
    vnuma_xen_dom0_change *change = calloc(1, sizeof(*change));
    int rc;

    if (!change)
        return VNUMA_ERROR_NOMEM;
    change->ops = ops;
    change->dom0 = dom0;
    change->dir = dir;
    change->diags = diags;
    rc = take_lock(change);
    if (!rc)
        rc = find_base(change);
    if (rc)
        end_change(change);
    else
        *change_r = change;
    return rc;
}

/* When dom0 is as it was at first, the record is not needed any more. */
static int close_record(vnuma_xen_dom0_change *c,
                        const vnuma_xen_dom0_settings *now)
{
    int rc;

    c->record.is_changing = false;
    if (vnuma__dom0_settings_equal(now, &c->record.original))
        rc = vnuma__store_remove(c->dir, VNUMA__DOM0_RECORD);
    else
        rc = vnuma__dom0_record_write(c->dir, &c->record);
    return rc ? record_failed(c, rc, "writing") : 0;
}

int vnuma_xen_dom0_commit(vnuma_xen_dom0_change *change, vnuma_diags *diags)
{
    int rc;

    change->diags = diags;
    rc = close_record(change, &change->wanted);
    end_change(change);
    return rc;
}

/* ---- steps -------------------------------------------------------------- */

static bool is_due(uint64_t now, uint64_t wanted, bool raise)
{
    return raise ? wanted > now : wanted < now;
}

static int set_limits(vnuma_xen_dom0_change *c, const vnuma_xen_dom0 *now,
                      const vnuma_xen_dom0_settings *wanted, bool raise)
{
    const vnuma_xen_dom0_settings *s = &now->settings;

    if (is_due(s->max_memkb, wanted->max_memkb, raise) &&
        c->ops->set_max(c->dom0, wanted->max_memkb))
        return dom0_failed(c, "setting its limit");
    if (is_due(s->static_max_memkb, wanted->static_max_memkb, raise) &&
        c->ops->set_static_max(c->dom0, wanted->static_max_memkb))
        return dom0_failed(c, "setting its maximum");
    return 0;
}

static bool same_online(const vnuma_xen_dom0_settings *a,
                        const vnuma_xen_dom0_settings *b)
{
    unsigned int i;

    for (i = 0; i < a->num_vcpus && i < b->num_vcpus; i++)
        if (a->vcpus[i].online != b->vcpus[i].online)
            return false;
    return true;
}

static int set_vcpus(vnuma_xen_dom0_change *c, const vnuma_xen_dom0 *now,
                     const vnuma_xen_dom0_settings *wanted)
{
    const vnuma_xen_dom0_settings *s = &now->settings;
    unsigned int i;

    for (i = 0; i < wanted->num_vcpus && i < s->num_vcpus; i++)
        if (!vnuma__dom0_same_affinity(&wanted->vcpus[i], &s->vcpus[i]) &&
            c->ops->set_affinity(c->dom0, i, &wanted->vcpus[i]))
            return dom0_failed(c, "setting its vcpus' affinity");
    if (!same_online(s, wanted) && c->ops->set_online(c->dom0, wanted))
        return dom0_failed(c, "setting its number of vcpus");
    return 0;
}

static bool is_there(const vnuma_xen_dom0_change *c, const vnuma_xen_dom0 *now,
                     const vnuma_xen_dom0_settings *wanted)
{
    unsigned int i;

    for (i = 0; c->awaits_vcpus && i < wanted->num_vcpus; i++)
        if (wanted->vcpus[i].online != vnuma_bitmap_test(&now->online, i))
            return false;
    return !c->awaits_memory || now->memkb == wanted->target_memkb;
}

static int too_slow(const vnuma_xen_dom0_change *c, const vnuma_xen_dom0 *now,
                    const vnuma_xen_dom0_settings *wanted)
{
    vnuma__error(c->diags, "dom0-slow", VNUMA__NOWHERE,
                 "after %u s dom0 has %" PRIu64 " of %" PRIu64
                 " MiB and %u vcpus",
                 c->how->timeout_ms / 1000, MIB(now->memkb),
                 MIB(wanted->target_memkb), vnuma_bitmap_count(&now->online));
    if (now->memkb < wanted->target_memkb)
        vnuma__hint(c->diags, "the host may not have as much free memory");
    else if (now->memkb > wanted->target_memkb)
        vnuma__hint(c->diags, "its kernel may have no more to give, or need "
                              "longer: --timeout");
    else
        vnuma__hint(c->diags, "its kernel has not taken its vcpus on or off "
                              "line");
    errno = EAGAIN;
    return VNUMA_ERROR_XEN;
}

/* is_late: dom0 has not followed in time, or is not waited for. */
static int wait_for(vnuma_xen_dom0_change *c, vnuma_xen_dom0 *now,
                    const vnuma_xen_dom0_settings *wanted)
{
    unsigned int waited = 0;
    int rc;

    if (!c->how->timeout_ms)
        return 0;
    for (;;) {
        rc = read_now(c, now);
        if (rc || is_there(c, now, wanted))
            return rc;
        if (c->how->progress &&
            c->how->progress(c->how->user, now->memkb, wanted->target_memkb)) {
            vnuma__error(c->diags, "dom0-stopped", VNUMA__NOWHERE,
                         "stopped while dom0 had %" PRIu64 " of %" PRIu64
                         " MiB",
                         MIB(now->memkb), MIB(wanted->target_memkb));
            errno = EINTR;
            c->is_late = true;
            return VNUMA_ERROR_XEN;
        }
        c->is_late = waited >= c->how->timeout_ms;
        if (c->is_late)
            return too_slow(c, now, wanted);
        if (c->ops->pause(c->dom0, POLL_MS))
            return dom0_failed(c, "waiting for it");
        waited += POLL_MS;
    }
}

/* Applies the differences between the present state and @wanted. */
static int move_to(vnuma_xen_dom0_change *c,
                   const vnuma_xen_dom0_settings *wanted)
{
    vnuma_xen_dom0 now = { 0 };
    int rc, lowered, saved_errno;

    c->is_late = false;
    rc = read_now(c, &now);
    if (rc)
        goto out;
    /* Memory that dom0 did not have before is awaited only if this sets it. */
    c->awaits_memory = c->was_interrupted ||
                       now.settings.target_memkb != wanted->target_memkb;
    c->awaits_vcpus =
        c->was_interrupted || !same_online(&now.settings, wanted);
    rc = set_limits(c, &now, wanted, true);
    if (!rc)
        rc = set_vcpus(c, &now, wanted);
    if (!rc && wanted->target_memkb != now.settings.target_memkb &&
        c->ops->set_target(c->dom0, wanted->target_memkb))
        rc = dom0_failed(c, "setting its memory target");
    if (rc)
        goto out;
    rc = wait_for(c, &now, wanted);
    /* Even when dom0 is too slow: all values must be those of @wanted. */
    saved_errno = errno;
    lowered = set_limits(c, &now, wanted, false);
    if (!lowered)
        errno = saved_errno;
    c->is_late &= !lowered;
    rc = rc ? rc : lowered;

out:
    vnuma_xen_dom0_dispose(&now);
    return rc;
}

int vnuma__dom0_apply(vnuma_xen_dom0_change *change,
                      const vnuma_xen_dom0_settings *wanted,
                      const vnuma_xen_dom0_request *how, vnuma_diags *diags)
{
    int rc;

    change->diags = diags;
    change->how = how;
    rc = vnuma__dom0_settings_copy(wanted, &change->wanted);
    return rc ? rc : move_to(change, &change->wanted);
}

int vnuma__dom0_rollback(vnuma_xen_dom0_change *change,
                         const vnuma_xen_dom0_request *how, vnuma_diags *diags)
{
    const vnuma_xen_dom0_settings *before = &change->record.previous;
    int rc, closed = 0;

    change->diags = diags;
    change->how = how;
    rc = move_to(change, before);
    /* The values are right; only dom0's memory may not have arrived. */
    if (!rc || change->is_late)
        closed = close_record(change, before);
    rc = rc ? rc : closed;
    end_change(change);
    return rc;
}

int vnuma__dom0_end(vnuma_xen_dom0_change *change, int rc,
                    const vnuma_xen_dom0_request *back, vnuma_diags *diags)
{
    int rc_back, saved_errno;

    change->diags = diags;
    if (!rc)
        rc = close_record(change, &change->wanted);
    if (!rc) {
        end_change(change);
        return 0;
    }
    saved_errno = errno;
    rc_back = vnuma__dom0_rollback(change, back, diags);
    /* VNUMA_ERROR_IO: dom0 is, only the record does not say so. */
    if ((!rc_back || rc_back == VNUMA_ERROR_IO) && rc != VNUMA_ERROR_NOFIT)
        vnuma__note(diags, "dom0-as-before", VNUMA__NOWHERE,
                    "dom0 is as it was before");
    errno = saved_errno;
    return rc;
}

/* ---- applying a request to settings ------------------------------------- */

static int merge_memory(vnuma_xen_dom0_settings *s,
                        const vnuma_xen_dom0_request *request,
                        uint64_t floor_memkb, vnuma_diags *diags)
{
    if (request->max_memkb)
        s->static_max_memkb = s->max_memkb = request->max_memkb;
    if (request->memkb)
        s->target_memkb = request->memkb;
    if (request->memkb && request->memkb < floor_memkb) {
        vnuma__error(diags, "dom0-floor", VNUMA__NOWHERE,
                     "%" PRIu64 " MiB would starve dom0: it needs %" PRIu64
                     " MiB as it is",
                     MIB(request->memkb), MIB(floor_memkb + 1023));
        vnuma__hint(diags, "--min-mem %" PRIu64 " allows it anyway",
                    MIB(request->memkb));
        return VNUMA_ERROR_NOFIT;
    }
    if ((request->memkb || request->max_memkb) &&
        s->target_memkb > s->static_max_memkb) {
        vnuma__error(diags, "dom0-max", VNUMA__NOWHERE,
                     "%" PRIu64 " MiB are more than dom0's maximum of "
                     "%" PRIu64 " MiB",
                     MIB(s->target_memkb), MIB(s->static_max_memkb));
        vnuma__hint(diags, request->max_memkb ? "give a smaller --mem with it"
                                              : "raise it with --max");
        return VNUMA_ERROR_NOFIT;
    }
    return 0;
}

static int merge_online(vnuma_xen_dom0_settings *s,
                        const vnuma_xen_dom0_request *request,
                        vnuma_diags *diags)
{
    unsigned int i;

    if (!request->num_vcpus)
        return 0;
    if (request->num_vcpus > s->num_vcpus) {
        vnuma__error(diags, "dom0-vcpus", VNUMA__NOWHERE,
                     "dom0 was started with %u vcpus, not %u", s->num_vcpus,
                     request->num_vcpus);
        vnuma__hint(diags, "dom0_max_vcpus= on Xen's command line gives it "
                           "more");
        return VNUMA_ERROR_NOFIT;
    }
    for (i = 0; i < s->num_vcpus; i++)
        s->vcpus[i].online = i < request->num_vcpus;
    return 0;
}

/* With a pin, online vcpu i gets the i-th of the pcpus for itself. */
static int merge_affinity(vnuma_xen_dom0_settings *s,
                          const vnuma_xen_dom0_request *request,
                          const vnuma_bitmap *pcpus, const vnuma_bitmap *all,
                          vnuma_diags *diags)
{
    bool prefers = request->relaxed && !request->pin;
    uint32_t pcpu = vnuma_bitmap_next(pcpus, 0);
    unsigned int i;
    int rc = 0;

    for (i = 0; i < s->num_vcpus && !rc; i++) {
        vnuma_xen_dom0_vcpu *vcpu = &s->vcpus[i];

        rc = vnuma_bitmap_copy(prefers ? all : pcpus, &vcpu->hard);
        if (!rc)
            rc = vnuma_bitmap_copy(prefers ? pcpus : all, &vcpu->soft);
        if (rc || !request->pin || !vcpu->online)
            continue;
        if (pcpu == VNUMA_BITMAP_NONE) {
            vnuma__error(diags, "dom0-pin", VNUMA__NOWHERE,
                         "there are %u pcpus to pin to, and more vcpus",
                         vnuma_bitmap_count(pcpus));
            vnuma__hint(diags, "give fewer --vcpus or more --nodes");
            return VNUMA_ERROR_NOFIT;
        }
        vnuma_bitmap_dispose(&vcpu->hard);
        rc = vnuma_bitmap_set(&vcpu->hard, pcpu);
        pcpu = vnuma_bitmap_next(pcpus, pcpu + 1);
    }
    return rc;
}

int vnuma__dom0_merge(vnuma_xen_dom0_settings *settings,
                      const vnuma_xen_dom0_request *request,
                      const vnuma_bitmap *pcpus, const vnuma_bitmap *all,
                      uint64_t floor_memkb, vnuma_diags *diags)
{
    int rc = merge_memory(settings, request, floor_memkb, diags);

    if (!rc)
        rc = merge_online(settings, request, diags);
    if (!rc && (vnuma_bitmap_count(&request->pnodes) || request->pin))
        rc = merge_affinity(settings, request, pcpus, all, diags);
    return rc;
}
