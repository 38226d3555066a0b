/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What "plan -o" writes, on invented hosts for invented guests with
 * affinities, pools, policies and vnuma="auto": check finds no error in it on
 * the same host, and it is planned again to the same placement.
 */
#include "config.h"

#include <stdarg.h>

#include "draw.h"
#include "plan-case.h"

#define NUM_CASES TAP_FEWER(4000u)

static char text[8192];
static size_t len;

static void add(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void add(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    len += (size_t)vsnprintf(text + len, sizeof(text) - len, fmt, ap);
    va_end(ap);
}

typedef struct {
    unsigned int num_pnodes, per_pnode; /* pcpus */
    bool has_cpus[8];
} host;

static void invent_pcpus(const host *h)
{
    unsigned int p, i;

    add("],\"cpus\":[");
    for (p = i = 0; p < h->num_pnodes * h->per_pnode; p++)
        if (h->has_cpus[p / h->per_pnode])
            add("%s{\"cpu\":%u,\"core\":%u,\"socket\":%u,\"node\":%u,"
                "\"load\":%u}",
                i++ ? "," : "", p, p / 2, p / h->per_pnode / 2,
                p / h->per_pnode, draw(2) ? 0 : draw(3000));
    add("]");
}

static host invent_host(void)
{
    host h = { 1 + draw(6), 2 + 2 * draw(3), { true } };
    bool has_distances = draw(8);
    unsigned int p, q, i;

    len = 0;
    add("{\"nodes\":[");
    for (p = 0; p < h.num_pnodes; p++) {
        h.has_cpus[p] = !p || draw(5);
        add("%s{\"node\":%u,\"memkb\":%u,\"free_memkb\":%u,\"cpus\":[",
            p ? "," : "", p, draw(8) ? 4194304 : 0, 1024 * draw(2000));
        for (i = 0; h.has_cpus[p] && i < h.per_pnode; i++)
            add("%s%u", i ? "," : "", p * h.per_pnode + i);
        add("],\"distances\":[");
        for (q = 0; q < h.num_pnodes; q++)
            if (has_distances)
                add("%s%u", q ? "," : "", p == q           ? 10
                                          : p / 2 == q / 2 ? 12
                                                           : 32);
            else
                add("%snull", q ? "," : "");
        add("]}");
    }
    invent_pcpus(&h);
    add("}");
    return h;
}

static void invent_affinity(const host *h, const char *key,
                            unsigned int num_vcpus)
{
    unsigned int i, num = draw(2) ? 1 : num_vcpus, pcpu;

    add("%s=[", key);
    for (i = 0; i < num; i++) {
        pcpu = draw(h->num_pnodes * h->per_pnode);
        if (i)
            add(",");
        switch (draw(4)) {
        case 0:
            add("\"node:%u\"", draw(h->num_pnodes));
            break;
        case 1:
            add("\"all,^node:%u\"", draw(h->num_pnodes));
            break;
        case 2:
            add("\"all,^%u\"", pcpu);
            break;
        default:
            add("\"0-%u\"", pcpu);
        }
    }
    add("]\n");
}

static void invent_guest(const host *h)
{
    unsigned int num = 1 + draw(4), num_vcpus = 1 + draw(6), v;
    unsigned int mib = 20 + draw(draw(2) ? 400 : 3000);

    len = 0;
    add("type=\"%s\"\nmemory=%u\nvcpus=%u\n", draw(2) ? "hvm" : "pvh", mib,
        num_vcpus);
    if (!draw(3))
        invent_affinity(h, "cpus", num_vcpus);
    if (!draw(3))
        invent_affinity(h, "cpus_soft", num_vcpus);
    if (!draw(5))
        add("pool=\"Pool-node%u\"\n", draw(h->num_pnodes));
    if (!draw(4))
        add("xl_vnuma_policy=\"%s\"\n",
            draw(2) ? "preferred" : "interleave=0");
    if (!draw(3)) {
        add("vnuma=\"auto\"\n");
        return;
    }
    add("vnuma=[");
    for (v = 0; v < num; v++)
        if (draw(4))
            add("%s[\"pnode=auto\"]", v ? "," : "");
        else
            add("%s[\"pnode=%u\"]", v ? "," : "", draw(h->num_pnodes));
    add("]\n");
}

/* True: it was planned. */
static bool try_case(void)
{
    plan_case c, again;
    char *written;
    host h;

    memset(&c, 0, sizeof(c));
    h = invent_host();
    CHECK_INT(vnuma_source_set(&c.host_source, "host", text, strlen(text)), 0);
    CHECK_INT(vnuma__topology_parse(&c.host_source, &c.topology, &c.diags), 0);
    invent_guest(&h);
    case_guest(&c, text);
    if (vnuma_check(&c.config, &c.topology, VNUMA_CHECK_NOT_FIT, &c.diags) ||
        vnuma__plan_build(&c.config, &c.topology, NULL, &c.plan, &c.diags)) {
        case_dispose(&c);
        return false;
    }
    written = vnuma_plan_to_cfg(&c.plan, &c.guest_source);
    CHECK(written);
    memset(&again, 0, sizeof(again));
    again.topology = c.topology;
    case_guest(&again, written);
    CHECK_INT(vnuma_check(&again.config, &again.topology, 0, &again.diags), 0);
    CHECK_INT(vnuma__plan_build(&again.config, &again.topology, NULL,
                                &again.plan, &again.diags), 0);
    if (again.diags.num_errors)
        TAP_DIAG("%s\n%s", written,
                 vnuma_diags_at(&again.diags, 0)->message);
    CHECK(!vnuma_plan_cost_compare(&c.plan.cost, &again.plan.cost) ||
          !c.config.num_vnodes || c.plan.num_vnodes > 1);
    free(written);
    memset(&again.topology, 0, sizeof(again.topology));
    case_dispose(&again);
    case_dispose(&c);
    return true;
}

static void check_finds_no_error_in_what_plan_writes(void)
{
    unsigned int i, num_planned = 0;

    for (i = 0; i < NUM_CASES && !tap_failed; i++) {
        seed = i;
        draw(2);
        num_planned += try_case();
        if (tap_failed)
            TAP_DIAG("case %u", i);
    }
    TAP_DIAG("%u of %u planned", num_planned, i);
    CHECK(num_planned > NUM_CASES / 4);
}

static const tap_case cases[] = {
    TAP_CASE(check_finds_no_error_in_what_plan_writes),
};

int main(void)
{
    return TAP_RUN(cases);
}
