/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * No more guests fit next to each other than are placed, by trying everything.
 */
#include "config.h"

#include "plan-group.h"

typedef struct {
    const group *g;
    vnuma__model models[MAX_GUESTS][3]; /* auto: each number of vnodes */
    unsigned int num_problems[MAX_GUESTS];
    int64_t room[VNUMA_MAX_PNODES];
    unsigned int best;
} trial;

static void try_guest(trial *t, unsigned int i, unsigned int placed);

static void try_vnode(trial *t, unsigned int i, unsigned int placed,
                      const vnuma__problem *problem, unsigned int v,
                      uint64_t used)
{
    int64_t before[VNUMA_MAX_PNODES];
    unsigned int num = (unsigned int)__builtin_popcountll(used), p;

    if (v < problem->num_vnodes) {
        for (p = 0; p < problem->num_pnodes; p++) {
            if (!(problem->allowed[v] >> p & 1))
                continue;
            t->room[p] -= (int64_t)problem->need[v];
            try_vnode(t, i, placed, problem, v + 1, used | vnuma__bit(p));
            t->room[p] += (int64_t)problem->need[v];
        }
        return;
    }
    /* vnuma="auto": a pnode each, unless it is as many as there are. */
    if (t->g->configs[i].vnuma_auto && num < problem->num_vnodes &&
        problem->num_vnodes < problem->num_pnodes)
        return;
    memcpy(before, t->room, sizeof(before));
    for (p = 0; p < problem->num_pnodes; p++) {
        if (used >> p & 1)
            t->room[p] -= (int64_t)problem->building[num];
        if (t->room[p] < 0)
            break;
    }
    if (p == problem->num_pnodes)
        try_guest(t, i + 1, placed + 1);
    memcpy(t->room, before, sizeof(before));
}

static void try_guest(trial *t, unsigned int i, unsigned int placed)
{
    unsigned int k;

    if (placed + t->g->num - i <= t->best)
        return;
    if (i == t->g->num) {
        t->best = placed;
        return;
    }
    for (k = 0; k < t->num_problems[i]; k++)
        try_vnode(t, i, placed, &t->models[i][k].problem, 0, 0);
    try_guest(t, i + 1, placed);
}

static void add_problem(trial *t, unsigned int i, const vnuma_config *full)
{
    vnuma__model *model = &t->models[i][t->num_problems[i]++];
    unsigned int p;

    CHECK_INT(vnuma__model_init(model, full, &t->g->topology, &t->g->options),
              0);
    vnuma__model_dispose(model);
    for (p = 0; p < model->problem.num_pnodes; p++)
        t->room[p] = model->free[p] > model->reserve[p]
                         ? (int64_t)(model->free[p] - model->reserve[p])
                         : 0;
}

/* vnuma="auto" with so many vnodes, as a file would say it. */
static void add_equal(trial *t, unsigned int i, unsigned int num_vnodes)
{
    const vnuma_config *config = &t->g->configs[i];
    vnuma_source source = { NULL, NULL, 0, 0 };
    vnuma_config parsed, full;
    vnuma_diags diags;
    char text[512];
    unsigned int v;
    size_t len;

    len = snprintf(text, sizeof(text),
                   "type=\"hvm\"\nmemory=%u\nvcpus=%u\nvnuma=[",
                   (unsigned int)(config->memory_memkb.value / 1024),
                   (unsigned int)config->vcpus.value);
    for (v = 0; v < num_vnodes; v++)
        len += snprintf(text + len, sizeof(text) - len, "%s[\"pnode=auto\"]",
                        v ? "," : "");
    snprintf(text + len, sizeof(text) - len, "]\n");
    memset(&parsed, 0, sizeof(parsed));
    memset(&full, 0, sizeof(full));
    vnuma_diags_init(&diags);
    CHECK_INT(vnuma_source_set(&source, "x", text, strlen(text)), 0);
    CHECK_INT(vnuma__config_parse(&source, &parsed, &diags), 0);
    CHECK_INT(vnuma__config_fill(&parsed, NULL, NULL, &full, &diags), 0);
    add_problem(t, i, &full);
    vnuma__full_dispose(&full);
    vnuma__config_dispose(&parsed);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
}

static unsigned int most_by_trying(const group *g)
{
    static trial t;
    vnuma_diags diags;
    unsigned int i, k;

    vnuma_diags_init(&diags);

    memset(&t, 0, sizeof(t));
    t.g = g;
    for (i = 0; i < g->num; i++) {
        vnuma_config full;

        if (g->configs[i].vnuma_auto) {
            for (k = 1; k <= 3 && k <= g->topology.num_pnodes; k++)
                add_equal(&t, i, k);
            continue;
        }
        memset(&full, 0, sizeof(full));
        CHECK_INT(vnuma__config_fill(&g->configs[i], &g->topology,
                                    &g->options, &full, &diags), 0);
        add_problem(&t, i, &full);
        vnuma__full_dispose(&full);
    }
    try_guest(&t, 0, 0);
    vnuma_diags_dispose(&diags);
    return t.best;
}

static bool has_auto(const group *g)
{
    bool found = false;
    unsigned int i;

    for (i = 0; i < g->num; i++)
        found |= g->configs[i].vnuma_auto;
    return found;
}

static void no_more_can_be_placed_than_are(void)
{
    unsigned int i, num_left_out = 0, num_worse = 0, num_unproven = 0;

    for (i = 0; i < TAP_FEWER(1500); i++) {
        unsigned int most;
        group g;

        state = 1000003 * (i + 1);
        invent_group(&g, 3, 4);
        group_plan(&g);
        most = most_by_trying(&g);
        /* vnuma="auto" may do better with unequal sizes than what is tried
         * here, and is not proven. */
        num_unproven += !has_auto(&g) && !g.most;
        CHECK(!g.most || count_placed(&g) >= most);
        CHECK(has_auto(&g) || count_placed(&g) == most);
        num_worse += count_placed(&g) < most;
        CHECK_INT(g.rc, count_placed(&g) == g.num ? 0 : VNUMA_ERROR_NOFIT);
        num_left_out += g.num - most;
        group_dispose(&g);
        REQUIRE(!tap_failed);
    }
    CHECK(num_left_out > TAP_FEWER(300));
    CHECK(num_worse < TAP_FEWER(15));
    CHECK(num_unproven < TAP_FEWER(15));
}

/* Two vnodes of the last guest on one pnode, where building it takes half. */
static void guests_that_fit_only_by_memory_prove_nothing(void)
{
    group g;

    group_host(&g, "{\"nodes\":[{\"node\":0,\"free_memkb\":153600,"
                   "\"cpus\":[0,1],\"distances\":[10,20,25]},"
                   "{\"node\":2,\"free_memkb\":153600,"
                   "\"cpus\":[2,3],\"distances\":[20,10,30]},"
                   "{\"node\":4,\"free_memkb\":204800,"
                   "\"cpus\":[4,5],\"distances\":[25,30,10]}]}");
    group_add(&g, "a",
              "type=\"hvm\"\nmemory=288\nvcpus=6\nvnuma=[[\"pnode=2\","
              "\"vcpus=0-5\"],[\"pnode=auto\"]]\n");
    group_add(&g, "b",
              "type=\"hvm\"\nmemory=192\nvcpus=6\nvnuma=[[\"pnode=auto\","
              "\"vcpus=0-5\"],[\"pnode=auto\"]]\n");
    group_add(&g, "c",
              "type=\"hvm\"\nmemory=192\nvcpus=5\nvnuma=[[\"pnode=auto\","
              "\"vcpus=0-4\"],[\"pnode=auto\"],[\"pnode=auto\"],"
              "[\"pnode=0\"]]\n");
    group_plan(&g);
    CHECK_UINT(most_by_trying(&g), 2);
    CHECK(!g.most || count_placed(&g) == 2);
    group_dispose(&g);
}

static const tap_case cases[] = {
    TAP_CASE(no_more_can_be_placed_than_are),
    TAP_CASE(guests_that_fit_only_by_memory_prove_nothing),
};

int main(void)
{
    return TAP_RUN(cases);
}
