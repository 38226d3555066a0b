/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "plan/plan_beside.h"

#include <stdlib.h>
#include <string.h>

#include "plan/plan_inside.h"

/* ---- numbers of a guest ------------------------------------------------------------ */

static int fill(const vnuma__several *s, const vnuma__member *m,
                const vnuma_plan_options *options, unsigned int num_equal,
                vnuma_config *full_r)
{
    if (num_equal)
        return vnuma__config_fill_equal(m->guest->config, num_equal, full_r);
    return vnuma__config_fill(m->guest->config, s->topology, options, full_r);
}

int vnuma__find_shapes(vnuma__several *s, const vnuma__member *m,
                       vnuma__joint_guest *guest)
{
    bool is_auto = m->guest->config->vnuma_auto;
    unsigned int most =
        is_auto ? vnuma__most_equal(m->guest->config, s->topology) : 1;
    unsigned int i;
    int rc = 0;

    guest->shapes = calloc(most, sizeof(*guest->shapes));
    if (!guest->shapes)
        return VNUMA_ERROR_NOMEM;
    for (i = 0; i < most && !rc; i++) {
        vnuma_config full;

        vnuma__config_init(&full);
        rc = fill(s, m, s->options, is_auto ? i + 1 : 0, &full);
        if (!rc &&
            vnuma__problem_init(s->problem, &full, s->topology, s->options))
            vnuma__shape_take(s->problem, is_auto && i + 1 < most,
                              &guest->shapes[guest->num_shapes++]);
        vnuma__config_dispose(&full);
    }
    return rc;
}

/* ---- one guest next to the others --------------------------------------- */

void vnuma__spot_add(vnuma__several *s, const vnuma__spot *place)
{
    unsigned int p;

    for (p = 0; p < s->num_pnodes; p++) {
        s->sum.memkb[p] += place->memkb[p];
        s->sum.num_vcpus[p] += place->num_vcpus[p];
    }
}

void vnuma__spot_drop(vnuma__several *s, vnuma__spot *place)
{
    unsigned int p;

    for (p = 0; p < s->num_pnodes; p++) {
        s->sum.memkb[p] -= place->memkb[p];
        s->sum.num_vcpus[p] -= place->num_vcpus[p];
    }
    memset(place, 0, sizeof(*place));
}

/* The caller's options, with what the placed guests take; owns only taken. */
typedef struct {
    vnuma_plan_options options;
    vnuma_plan_taken *taken;
} beside;

static int look_beside(const vnuma__several *s, beside *b)
{
    unsigned int num = 0, p;

    memset(b, 0, sizeof(*b));
    if (s->options)
        b->options = *s->options;
    b->taken =
        calloc(b->options.num_taken + s->num_pnodes + 1, sizeof(*b->taken));
    if (!b->taken)
        return VNUMA_ERROR_NOMEM;
    for (; num < b->options.num_taken; num++)
        b->taken[num] = b->options.taken[num];
    for (p = 0; p < s->num_pnodes; p++)
        if (s->sum.memkb[p])
            b->taken[num++] = (vnuma_plan_taken){
                .pnode = s->topology->pnodes[p].pnode,
                .memkb = s->sum.memkb[p],
                .num_vcpus = s->sum.num_vcpus[p],
            };
    b->options.taken = b->taken;
    b->options.num_taken = num;
    return 0;
}

static unsigned int index_of(const vnuma__several *s, uint32_t pnode)
{
    return (unsigned int)(vnuma_topology_find(s->topology, pnode) -
                          s->topology->pnodes);
}

void vnuma__spot_take(const vnuma__several *s, const vnuma_plan *plan,
                      vnuma__spot *place)
{
    unsigned int i, p;

    memset(place, 0, sizeof(*place));
    place->is_there = true;
    place->num_vnodes = plan->num_vnodes;
    for (i = 0; i < plan->num_vnodes; i++) {
        p = index_of(s, plan->vnodes[i].pnode);
        place->pnode[i] = (uint8_t)p;
        place->num_vcpus[p] += vnuma_bitmap_count(&plan->vnodes[i].vcpus);
    }
    for (i = 0; i < plan->num_pnodes; i++)
        place->memkb[index_of(s, plan->pnodes[i].pnode)] =
            plan->pnodes[i].guest_memkb + plan->pnodes[i].build_memkb;
}

int vnuma__plan_beside(vnuma__several *s, vnuma__member *m)
{
    vnuma_plan_guest *guest = m->guest;
    vnuma_config full;
    beside b;
    int rc;

    vnuma__plan_guest_dispose(guest);
    vnuma__config_init(&full);
    rc = look_beside(s, &b);
    if (rc)
        return rc;
    rc = fill(s, m, &b.options, 0, &full);
    if (!rc)
        rc = vnuma__plan_build(&full, s->topology, &b.options,
                                   &guest->plan, &guest->diags);
    vnuma__config_dispose(&full);
    free(b.taken);
    guest->rc = rc;
    return rc == VNUMA_ERROR_NOFIT ? 0 : rc;
}

int vnuma__plan_there(vnuma__several *s, vnuma__member *m,
                      const vnuma__spot *at)
{
    unsigned int num_equal = m->guest->config->vnuma_auto ? at->num_vnodes : 0;
    vnuma_plan *plan = &m->guest->plan;
    vnuma_config full, pinned;
    unsigned int v;
    beside b;
    int rc;

    vnuma__plan_guest_dispose(m->guest);
    vnuma__config_init(&full);
    vnuma__config_init(&pinned);
    rc = look_beside(s, &b);
    if (rc)
        return rc;
    rc = fill(s, m, &b.options, num_equal, &full);
    if (!rc)
        rc = fill(s, m, &b.options, num_equal, &pinned);
    for (v = 0; !rc && v < at->num_vnodes; v++)
        pinned.vnodes[v].pnode.value = s->topology->pnodes[at->pnode[v]].pnode;
    if (!rc)
        rc = vnuma__plan_build(&pinned, s->topology, &b.options, plan,
                                   &m->guest->diags);
    if (!rc) {
        plan->optimal = false;
        plan->distance_bound = 0;
        for (v = 0; v < plan->num_reasons; v++)
            free(plan->reasons[v]);
        plan->num_reasons = 0;
        rc = vnuma__plan_explain(plan, &full, s->topology);
    }
    vnuma__config_dispose(&full);
    vnuma__config_dispose(&pinned);
    free(b.taken);
    m->guest->rc = rc;
    return rc == VNUMA_ERROR_NOFIT ? 0 : rc;
}
