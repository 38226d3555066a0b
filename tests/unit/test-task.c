/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two guests that one process builds at once, on the in-memory Xen: what is
 * known of one is never the other's.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "tap.h"
#include "xen/build/populate.h"
#include "xen/build/task.h"
#include "xen/hv/hv_mem.h"

#define MIB (UINT64_C(1) << 20)
#define NODE_MIB UINT64_C(256)
#define GUEST_PAGES (64 * MIB >> VNUMA__PAGE_SHIFT)

/* A guest with one vnode. */
typedef struct {
    uint8_t uuid[VNUMA__UUID_BYTES];
    uint32_t domid, pnode;
    vnuma__layout layout;
    vnuma__task *task;
    int rc; /* of the memory step; 1: it is to come */
} guest;

typedef struct {
    vnuma__hv_mem mem;
    vnuma__tasks tasks;
    guest a, b;
} world;

static void guest_init(guest *g, uint8_t uuid, uint32_t domid, uint32_t pnode)
{
    memset(g, 0, sizeof(*g));
    memset(g->uuid, uuid, sizeof(g->uuid));
    g->domid = domid;
    g->pnode = pnode;
    g->rc = 1;
    memset(&g->layout, 0, sizeof(g->layout));
    REQUIRE(!vnuma__layout_alloc(&g->layout, 1, 1, 0));
    g->layout.vmemranges[0] = (vnuma__vmemrange){ 0, 64 * MIB, 0 };
    g->layout.vnode_to_pnode[0] = pnode;
}

static void world_init(world *w)
{
    const uint64_t memkb[] = { NODE_MIB << 10, NODE_MIB << 10 };
    static const vnuma__tasks none = VNUMA__TASKS_INIT;

    memset(w, 0, sizeof(*w));
    w->tasks = none;
    REQUIRE(!vnuma__hv_mem_init(&w->mem, memkb, 2));
    guest_init(&w->a, 0xaa, 3, 0);
    guest_init(&w->b, 0xbb, 4, 1);
}

static void world_dispose(world *w)
{
    vnuma__task_end(&w->tasks, w->a.task);
    vnuma__task_end(&w->tasks, w->b.task);
    CHECK(!w->tasks.first);
    vnuma__layout_dispose(&w->a.layout);
    vnuma__layout_dispose(&w->b.layout);
    vnuma__hv_mem_dispose(&w->mem);
}

/* As libxl_domain_create_new() does, up to the memory step. */
static void begin(world *w, guest *g, const char *membinds)
{
    g->task = vnuma__task_begin(&w->tasks, g->uuid, VNUMA__NO_DOMID);
    REQUIRE(g->task);
    g->task->membinds = membinds;
}

static void make(world *w, guest *g)
{
    vnuma__hv_mem_create_domain(&w->mem, g->domid);
    CHECK(vnuma__task_made(&w->tasks, g->uuid, g->domid) == g->task);
}

/* The memory step, which knows the domid only. */
static void populate(world *w, guest *g,
                     void (*progress)(void *user, uint32_t domid,
                                      uint32_t pnode, uint64_t done,
                                      uint64_t all))
{
    vnuma__task *task = vnuma__task_find(&w->tasks, g->domid);
    const vnuma__build build = {
        .domid = g->domid,
        .layout = &g->layout,
        .claim = true,
        .progress = progress,
        .user = w,
    };
    vnuma__built built = { 0 };
    vnuma_diags diags;

    CHECK(task == g->task);
    vnuma_diags_init(&diags);
    g->rc = vnuma__populate(&w->mem.hv, &build, &built, &diags);
    if (g->rc) {
        vnuma__task_refused(task, "populating");
    } else {
        task->built = built.counts;
        vnuma_xen_built_init(&built.counts);
        task->special_pnode = g->layout.vnode_to_pnode[0];
    }
    vnuma__built_dispose(&built);
    vnuma_diags_dispose(&diags);
}

static void b_goes_on(void *user, uint32_t domid, uint32_t pnode,
                      uint64_t done, uint64_t all)
{
    world *w = user;

    (void)domid;
    (void)pnode;
    (void)done;
    (void)all;
    if (w->b.rc > 0)
        populate(w, &w->b, NULL);
}

static void is_whole(const world *w, const guest *g, unsigned int which)
{
    const vnuma__mem_domain *domain = &w->mem.domains[which];
    uint64_t i;

    CHECK_INT(g->rc, 0);
    CHECK_UINT(domain->domid, g->domid);
    CHECK_UINT(domain->num_pages, GUEST_PAGES);
    CHECK_UINT(domain->claim, 0);
    for (i = 0; i < domain->num_extents; i++)
        CHECK_UINT(domain->extents[i].pnode, g->pnode);
    CHECK_UINT(g->task->built.num_pages, GUEST_PAGES);
    CHECK_UINT(g->task->built.num_sets, 1);
    CHECK_UINT(g->task->built.sets[0].pnode, g->pnode);
    CHECK_UINT(g->task->special_pnode, g->pnode);
    CHECK_STR(g->task->refusal, "");
}

/* B populates all of its memory while A populates its own. */
static void both_end_whole(void)
{
    world w;

    world_init(&w);
    begin(&w, &w.a, NULL);
    begin(&w, &w.b, NULL);
    make(&w, &w.b);
    make(&w, &w.a);
    CHECK_UINT(w.a.task->special_pnode, VNUMA_PNODE_AUTO);
    populate(&w, &w.a, b_goes_on);
    is_whole(&w, &w.b, 0);
    is_whole(&w, &w.a, 1);
    world_dispose(&w);
}

static void one_fails_and_the_other_ends_whole(void)
{
    world w;

    world_init(&w);
    begin(&w, &w.a, NULL);
    begin(&w, &w.b, NULL);
    make(&w, &w.a);
    make(&w, &w.b);
    w.b.layout.vnode_to_pnode[0] = 7; /* which there is not */
    populate(&w, &w.a, b_goes_on);

    CHECK(w.b.rc < 0);
    CHECK_UINT(w.b.task->built.num_pages, 0);
    CHECK_UINT(w.b.task->special_pnode, VNUMA_PNODE_AUTO);
    CHECK(!strncmp(w.b.task->refusal, "populating: Xen refused: ", 25));
    vnuma__hv_mem_destroy_domain(&w.mem, w.b.domid);
    vnuma__task_end(&w.tasks, w.b.task);
    w.b.task = NULL;
    CHECK(!vnuma__task_find(&w.tasks, w.b.domid));

    CHECK(vnuma__task_find(&w.tasks, w.a.domid) == w.a.task);
    is_whole(&w, &w.a, 0);
    CHECK_UINT(vnuma__hv_mem_free_pages(&w.mem.nodes[1]),
               NODE_MIB * MIB >> VNUMA__PAGE_SHIFT);
    world_dispose(&w);
}

static void a_claim_is_not_the_others(void)
{
    world w;

    world_init(&w);
    begin(&w, &w.a, NULL);
    begin(&w, &w.b, NULL);
    make(&w, &w.a);
    make(&w, &w.b);
    CHECK_INT(vnuma__hv_claim(&w.mem.hv, w.a.domid, 2 * GUEST_PAGES), 0);
    CHECK(vnuma__hv_claim(&w.mem.hv, w.b.domid,
                          2 * NODE_MIB * MIB >> VNUMA__PAGE_SHIFT));
    CHECK_INT(errno, ENOMEM);
    CHECK_INT(vnuma__hv_claim(&w.mem.hv, w.a.domid, 0), 0);
    populate(&w, &w.b, NULL);
    is_whole(&w, &w.b, 1);
    CHECK_UINT(w.a.task->special_pnode, VNUMA_PNODE_AUTO);
    world_dispose(&w);
}

static void places_are_each_guests_own(void)
{
    vnuma_membind membind;
    world w;

    world_init(&w);
    begin(&w, &w.a, "strict:0;preferred:1,0");
    begin(&w, &w.b, "interleave:0,1");
    CHECK(vnuma__task_membind(w.a.task, 1, &membind));
    CHECK_INT(membind.policy, VNUMA_POLICY_PREFERRED);
    CHECK(!vnuma__task_membind(w.a.task, 2, &membind));
    CHECK(vnuma__task_membind(w.b.task, 0, &membind));
    CHECK_INT(membind.policy, VNUMA_POLICY_INTERLEAVE);
    CHECK(!vnuma__task_membind(w.b.task, 1, &membind));
    world_dispose(&w);
}

static void other_domains_are_no_task(void)
{
    static const uint8_t device_model[VNUMA__UUID_BYTES] = { 1 };
    world w;

    world_init(&w);
    begin(&w, &w.a, NULL);
    CHECK(!vnuma__task_find(&w.tasks, w.a.domid));
    CHECK(!vnuma__task_made(&w.tasks, device_model, 9));
    CHECK(!vnuma__task_find(&w.tasks, 9));
    make(&w, &w.a);
    /* A guest that reboots has its UUID again, and another domid. */
    vnuma__task_end(&w.tasks, w.a.task);
    vnuma__hv_mem_destroy_domain(&w.mem, w.a.domid);
    w.a.domid = 5;
    begin(&w, &w.a, NULL);
    CHECK(!vnuma__task_find(&w.tasks, 3));
    make(&w, &w.a);
    CHECK(vnuma__task_find(&w.tasks, 5) == w.a.task);
    world_dispose(&w);
}

static void the_first_refusal_stays(void)
{
    world w;

    world_init(&w);
    begin(&w, &w.a, NULL);
    errno = EPERM;
    vnuma__task_refused(w.a.task, "parameter %d", 1);
    errno = EINVAL;
    vnuma__task_refused(w.a.task, "parameter %d", 2);
    CHECK_INT(errno, EINVAL);
    CHECK_STR(w.a.task->refusal,
              "parameter 1: Xen refused: Operation not permitted");
    world_dispose(&w);
}

static const tap_case cases[] = {
    TAP_CASE(both_end_whole),
    TAP_CASE(one_fails_and_the_other_ends_whole),
    TAP_CASE(a_claim_is_not_the_others),
    TAP_CASE(places_are_each_guests_own),
    TAP_CASE(other_domains_are_no_task),
    TAP_CASE(the_first_refusal_stays),
};

int main(void)
{
    return TAP_RUN(cases);
}
