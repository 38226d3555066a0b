/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What plan says of guests that do not fit, taken at its word: on invented
 * hosts with invented guests the change that is proposed is made, and then the
 * guest fits; what is called the largest is, and pnodes that are not named
 * would not have done, by trying every placement.
 */
#include "config.h"

#include "search/search.h"

#include <inttypes.h>
#include <stdarg.h>

#include "draw.h"
#include "plan-case.h"

#define NUM_CASES TAP_FEWER(3000u)
#define MOST_PNODES 5u
#define MOST_VNODES 4u
#define MOST_AUTO MOST_PNODES /* vnodes of vnuma="auto" */
#define OPEN (-1)

/* ---- inventing ---------------------------------------------------------- */

typedef struct {
    unsigned int num_vnodes;
    int pnode[MOST_AUTO]; /* or OPEN */
    uint32_t mib[MOST_AUTO];
    bool has_vcpu[MOST_AUTO];
    bool is_auto;
    uint32_t auto_mib;
} guest;

static char host[4096];
static unsigned int num_pnodes;

static size_t add(size_t len, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static size_t add(size_t len, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    len += (size_t)vsnprintf(host + len, sizeof(host) - len, fmt, ap);
    va_end(ap);
    return len;
}

static void invent_host(void)
{
    uint32_t most = draw(2) ? 200 : 2000;
    unsigned int p, q;
    size_t len = 0;

    num_pnodes = 1 + draw(MOST_PNODES);
    len = add(len, "cpu_topology :\ncpu:    core    socket     node\n");
    for (p = 0; p < num_pnodes; p++)
        if (!p || draw(4))
            len = add(len, "%u: 0 0 %u\n", p, p);
    len = add(len, "numa_info :\nnode:    memsize    memfree    distances\n");
    for (p = 0; p < num_pnodes; p++) {
        len = add(len, "%u: 4096 %u ", p, draw(most));
        for (q = 0; q < num_pnodes; q++)
            len = add(len, "%s%u", q ? "," : "", p == q ? 10 : 20);
        len = add(len, "\n");
    }
}

static void invent_guest(guest *g)
{
    uint32_t most = draw(2) ? 200 : 2000, equal = 9 + draw(most);
    bool are_equal = draw(3) == 0;
    unsigned int v;

    memset(g, 0, sizeof(*g));
    g->is_auto = draw(8) == 0;
    g->auto_mib = 9 + draw(4 * most);
    g->num_vnodes = 1 + draw(MOST_VNODES);
    for (v = 0; v < g->num_vnodes; v++) {
        g->pnode[v] = draw(2) ? (int)draw(num_pnodes) : OPEN;
        g->mib[v] = are_equal ? equal : 9 + draw(most);
        g->has_vcpu[v] = !v || draw(4);
    }
}

static void print_guest(const guest *g, char *text, size_t size)
{
    unsigned int v, num_vcpus = 0, first;
    uint32_t sum = 0;
    size_t len;

    for (v = 0; v < g->num_vnodes; v++) {
        sum += g->mib[v];
        num_vcpus += g->has_vcpu[v];
    }
    if (g->is_auto) {
        snprintf(text, size,
                 "type=\"hvm\"\nmemory=%u\nmaxvcpus=2\nvcpus=2\n"
                 "vnuma=\"auto\"\n",
                 g->auto_mib);
        return;
    }
    len = (size_t)snprintf(text, size,
                           "type=\"hvm\"\nmemory=%u\nvcpus=%u\nmaxvcpus=%u\n"
                           "vnuma=[",
                           sum, num_vcpus, num_vcpus);
    num_vcpus = 0;
    for (v = 0; v < g->num_vnodes; v++) {
        len += (size_t)snprintf(text + len, size - len, "[\"size=%u\"",
                                g->mib[v]);
        if (g->pnode[v] != OPEN)
            len += (size_t)snprintf(text + len, size - len, ",\"pnode=%d\"",
                                    g->pnode[v]);
        first = num_vcpus;
        num_vcpus += g->has_vcpu[v];
        if (g->has_vcpu[v])
            len += (size_t)snprintf(text + len, size - len, ",\"vcpus=%u-%u\"",
                                    first, num_vcpus - 1);
        len += (size_t)snprintf(text + len, size - len, "],\n");
    }
    snprintf(text + len, size - len, "]\n");
}

/* ---- judging ------------------------------------------------------------ */

/* False: check refuses it, so that plan has nothing to say. */
static bool plan_guest(plan_case *c, const guest *g)
{
    char text[1024];

    memset(c, 0, sizeof(*c));
    CHECK_INT(vnuma_source_set(&c->host_source, "host", host, strlen(host)),
              0);
    CHECK_INT(vnuma__topology_parse(&c->host_source, &c->topology, &c->diags),
              0);
    print_guest(g, text, sizeof(text));
    case_guest(c, text);
    c->config.unsound |= VNUMA_ABOUT_FIT;
    if (vnuma_check(&c->config, &c->topology, 0, &c->diags))
        return false;
    vnuma_diags_dispose(&c->diags);
    c->rc =
        vnuma__plan_build(&c->config, &c->topology, NULL, &c->plan, &c->diags);
    return true;
}

static bool is_planned(const guest *g)
{
    plan_case c;
    bool ok = plan_guest(&c, g) && !c.rc;

    case_dispose(&c);
    return ok;
}

static bool try_all(const vnuma__problem *problem, uint8_t *pnode,
                    unsigned int v)
{
    vnuma__cost cost;

    if (v == problem->num_vnodes)
        return vnuma__measure(problem, pnode, &cost, NULL);
    for (pnode[v] = 0; pnode[v] < problem->num_pnodes; pnode[v]++)
        if (try_all(problem, pnode, v + 1))
            return true;
    return false;
}

/* By every placement there is. */
static bool can_fit(const guest *g)
{
    static vnuma__model model;
    uint8_t pnode[VNUMA__MAX_VNODES];
    plan_case c;
    bool fits;

    fits = plan_guest(&c, g) &&
           !vnuma__model_init(&model, &c.config, &c.topology, NULL) &&
           try_all(&model.problem, pnode, 0);
    vnuma__model_dispose(&model);
    case_dispose(&c);
    return fits;
}

/* ---- taking hints at their word ----------------------------------------- */

static unsigned int counts[4];

static guest with_sizes(const guest *g, uint32_t mib)
{
    guest changed = *g;
    unsigned int v;

    for (v = 0; v < g->num_vnodes; v++)
        if (g->mib[v] > mib)
            changed.mib[v] = mib;
    return changed;
}

static void check_sizes(const guest *g, uint32_t mib)
{
    guest changed = with_sizes(g, mib);

    CHECK(is_planned(&changed));
    changed = with_sizes(g, mib + 2);
    CHECK(!can_fit(&changed));
}

static void check_auto(const guest *g, uint32_t mib)
{
    guest changed = *g;

    CHECK(g->is_auto);
    changed.auto_mib = mib;
    CHECK(is_planned(&changed));
    changed.auto_mib = mib + 2;
    CHECK(!is_planned(&changed));
}

/* Of the vnodes that errors are about. */
static void check_pnodes_open(const guest *g, const vnuma_diags *diags)
{
    guest changed = *g;
    unsigned int i, v;

    for (i = 0; i < diags->num_items; i++)
        if (sscanf(vnuma_diags_at(diags, i)->message, "vnode %u:", &v) == 1)
            changed.pnode[v] = OPEN;
    CHECK(is_planned(&changed));
}

static void check_hint(const guest *g, const vnuma_diag *diag)
{
    unsigned int mib;

    if (sscanf(diag->hint, "the largest size of the guest that fits is %u MiB",
               &mib) == 1) {
        counts[1]++;
        check_auto(g, mib);
    } else if (sscanf(diag->hint,
                      "the largest size of its vnodes that fits is %u MiB",
                      &mib) == 1) {
        counts[2]++;
        check_sizes(g, mib);
    } else {
        TAP_DIAG("what is \"%s\"?", diag->hint);
        CHECK(false);
    }
}

/* Nothing is proposed where nothing would help. */
static void check_silence(const guest *g)
{
    guest changed = with_sizes(g, 10);
    unsigned int v;

    counts[3]++;
    if (!g->is_auto)
        CHECK(!can_fit(&changed));
    changed = *g;
    for (v = 0; v < g->num_vnodes; v++)
        changed.pnode[v] = OPEN;
    if (!g->is_auto)
        CHECK(!can_fit(&changed));
}

static void check_advice(const guest *g, const plan_case *c)
{
    unsigned int i, hints = 0;

    for (i = 0; i < c->diags.num_items; i++) {
        const char *hint = vnuma_diags_at(&c->diags, i)->hint;

        if (!hint)
            continue;
        if (!strcmp(hint, "with pnode=auto it would fit")) {
            counts[0]++;
            check_pnodes_open(g, &c->diags);
            return;
        }
        hints++;
        check_hint(g, vnuma_diags_at(&c->diags, i));
    }
    CHECK(hints <= 1);
    if (!hints)
        check_silence(g);
}

static void what_is_proposed_makes_it_fit(void)
{
    unsigned int i;
    plan_case c;
    guest g;

    for (i = 0; i < NUM_CASES; i++) {
        seed = i;
        draw(2);
        invent_host();
        invent_guest(&g);
        if (plan_guest(&c, &g) && c.rc) {
            bool failed = tap_failed;

            CHECK_INT(c.rc, VNUMA_ERROR_NOFIT);
            CHECK(g.is_auto || !can_fit(&g));
            check_advice(&g, &c);
            if (tap_failed && !failed)
                TAP_DIAG("case %u: %s\n%s\n%s", i, host, c.guest_source.text,
                         c.plan.reasons);
        }
        case_dispose(&c);
    }
    TAP_DIAG("pnodes %u, auto %u, sizes %u, nothing %u", counts[0], counts[1],
             counts[2], counts[3]);
    for (i = 0; i < 4; i++)
        CHECK(counts[i] > TAP_FEWER(50));
}

static const tap_case cases[] = {
    TAP_CASE(what_is_proposed_makes_it_fit),
};

int main(void)
{
    return TAP_RUN(cases);
}
