/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The in-memory Xen; its state is in hv_mem.h. */
#include "config.h"

#include "xen/hv/hv_mem.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"

static int fail(int error)
{
    errno = error;
    return VNUMA_ERROR_XEN;
}

/* Calls may come from several threads, as Xen's do: each is one step. */
static vnuma__hv_mem *enter(vnuma__hv_mem *mem)
{
    pthread_mutex_lock(&mem->lock);
    return mem;
}

static void leave(vnuma__hv_mem **mem)
{
    pthread_mutex_unlock(&(*mem)->lock);
}

/* Up to the end of the function, however it ends. */
#define LEFT_AT_END __attribute__((cleanup(leave)))

/* Every call starts here, so any of them can be made to fail. */
static int start_call(vnuma__hv_mem *mem)
{
    mem->num_calls++;
    mem->is_failing =
        mem->fail_call &&
        (mem->num_calls == mem->fail_call ||
         (mem->num_calls > mem->fail_call && mem->fail_ever_after));
    return mem->is_failing && mem->fail_errno ? fail(mem->fail_errno) : 0;
}

static vnuma__mem_domain *mem_find_domain(vnuma__hv_mem *mem, uint32_t domid)
{
    unsigned int i;

    for (i = 0; i < VNUMA__MEM_DOMAINS; i++)
        if (mem->domains[i].exists && mem->domains[i].domid == domid)
            return &mem->domains[i];
    errno = ESRCH;
    return NULL;
}

/* NULL: the call fails. */
static vnuma__mem_domain *start_with_domain(vnuma__hv_mem *mem, uint32_t domid)
{
    return start_call(mem) ? NULL : mem_find_domain(mem, domid);
}

static vnuma__mem_node *mem_find_node(vnuma__hv_mem *mem, uint32_t pnode)
{
    if (pnode < mem->num_nodes)
        return &mem->nodes[pnode];
    errno = EINVAL;
    return NULL;
}

uint64_t vnuma__hv_mem_free_pages(const vnuma__mem_node *node)
{
    uint64_t pages = 0;
    unsigned int i;

    for (i = 0; i < VNUMA__NUM_ORDERS; i++)
        pages += node->num_free[i] << vnuma__orders[i];
    return pages;
}

int vnuma__hv_get_memory(vnuma__hv *hv, vnuma__rooms *rooms_r)
{
    LEFT_AT_END vnuma__hv_mem *mem = enter(hv->backend);
    unsigned int i;

    if (start_call(mem))
        return VNUMA_ERROR_XEN;
    for (i = 0; i < mem->num_nodes; i++) {
        rooms_r->exists[i] = true;
        rooms_r->pages[i] =
            vnuma__hv_mem_free_pages(&mem->nodes[i]) + mem->nodes[i].num_lost;
    }
    return 0;
}

/* What is left of the host's free memory by the claims of other domains. */
static uint64_t unclaimed(const vnuma__hv_mem *mem,
                          const vnuma__mem_domain *domain)
{
    uint64_t pages = 0;
    unsigned int i;

    for (i = 0; i < mem->num_nodes; i++)
        pages += vnuma__hv_mem_free_pages(&mem->nodes[i]);
    for (i = 0; i < VNUMA__MEM_DOMAINS; i++)
        if (&mem->domains[i] != domain)
            pages -= mem->domains[i].claim;
    return pages;
}

int vnuma__hv_claim(vnuma__hv *hv, uint32_t domid, uint64_t num_pages)
{
    LEFT_AT_END vnuma__hv_mem *mem = enter(hv->backend);
    vnuma__mem_domain *domain = start_with_domain(mem, domid);

    if (!domain)
        return VNUMA_ERROR_XEN;
    if (num_pages && domain->claim)
        return fail(EINVAL); /* only one claim at a time */
    if (num_pages > unclaimed(mem, domain))
        return fail(ENOMEM);
    domain->claim = num_pages;
    return 0;
}

/* Takes an extent of that size, splitting a larger one when there is none. */
static bool take_piece(vnuma__mem_node *node, unsigned int index)
{
    if (node->num_free[index]) {
        node->num_free[index]--;
        return true;
    }
    if (index == 0 || !take_piece(node, index - 1))
        return false;
    node->num_free[index] +=
        (UINT64_C(1) << (vnuma__orders[index - 1] - vnuma__orders[index])) - 1;
    return true;
}

static int find_order(unsigned int order, unsigned int *index_r)
{
    for (*index_r = 0; *index_r < VNUMA__NUM_ORDERS; (*index_r)++)
        if (vnuma__orders[*index_r] == order)
            return 0;
    return fail(EINVAL);
}

static int remember(vnuma__mem_domain *domain, vnuma__mem_extent extent)
{
    if (!VNUMA__GROW(domain->extents, domain->num_extents))
        return VNUMA_ERROR_XEN;
    domain->extents[domain->num_extents++] = extent;
    domain->num_pages += UINT64_C(1) << extent.order;
    return 0;
}

int64_t vnuma__hv_ask_populate(vnuma__hv *hv, uint32_t domid,
                               unsigned int order, uint32_t pnode,
                               const uint64_t *gfns, uint64_t num_gfns)
{
    LEFT_AT_END vnuma__hv_mem *mem = enter(hv->backend);
    vnuma__mem_node *node;
    unsigned int index;
    uint64_t i;
    vnuma__mem_domain *domain = start_with_domain(mem, domid);

    if (!domain || find_order(order, &index))
        return VNUMA_ERROR_XEN;
    if (pnode == VNUMA_PNODE_AUTO)
        for (pnode = 0; pnode < mem->num_nodes - 1 &&
                        !vnuma__hv_mem_free_pages(&mem->nodes[pnode]);)
            pnode++;
    node = mem_find_node(mem, pnode);
    if (!node)
        return VNUMA_ERROR_XEN;
    if (mem->is_failing)
        num_gfns--;
    for (i = 0; i < num_gfns; i++) {
        if (gfns[i] & ((UINT64_C(1) << order) - 1))
            return i ? (int64_t)i : fail(EINVAL);
        if (unclaimed(mem, domain) < UINT64_C(1) << order ||
            !take_piece(node, index))
            break;
        if (remember(domain, (vnuma__mem_extent){ gfns[i], order, pnode }))
            return VNUMA_ERROR_XEN;
        if (domain->claim)
            domain->claim -= UINT64_C(1) << order;
    }
    return i;
}

/* @first: where to look first, as pages mostly come one after the other. */
static uint32_t find_extent(const vnuma__mem_domain *domain, uint64_t gfn,
                            uint32_t first)
{
    const vnuma__mem_extent *extents = domain->extents;
    uint32_t i, num = domain->num_extents, which = first;

    for (i = 0; i < num; i++, which++) {
        which = which < num ? which : 0;
        if (gfn >> extents[which].order ==
            extents[which].gfn >> extents[which].order)
            return which;
    }
    return num;
}

/* As Xen's p2m does, which has steps between: it becomes single pages. */
static int break_up(vnuma__mem_domain *domain, uint32_t which)
{
    vnuma__mem_extent extent = domain->extents[which];
    uint64_t more = (UINT64_C(1) << extent.order) - 1;

    extent.order = VNUMA__ORDER_4K;
    domain->extents[which] = extent;
    domain->num_pages -= more;
    for (; more; more--) {
        extent.gfn++;
        if (remember(domain, extent))
            return VNUMA_ERROR_XEN;
    }
    return 0;
}

int vnuma__hv_release(vnuma__hv *hv, uint32_t domid, uint64_t *gfns,
                      uint64_t num_gfns)
{
    LEFT_AT_END vnuma__hv_mem *mem = enter(hv->backend);
    vnuma__mem_domain *domain = start_with_domain(mem, domid);
    uint32_t which = 0;
    uint64_t i;

    assert(num_gfns > 0);
    if (!domain)
        return VNUMA_ERROR_XEN;
    for (i = 0; i < num_gfns; i++) {
        which = find_extent(domain, gfns[i], which);
        if (which == domain->num_extents)
            return fail(EINVAL);
        if (domain->extents[which].order) {
            if (break_up(domain, which))
                return VNUMA_ERROR_XEN;
            which = find_extent(domain, gfns[i], which);
        }
        mem_find_node(mem, domain->extents[which].pnode)
            ->num_free[VNUMA__4K]++;
        domain->extents[which] = domain->extents[--domain->num_extents];
        domain->num_pages--;
    }
    return 0;
}

static int copy_layout(const vnuma__layout *from, vnuma__layout *to_r)
{
    if (vnuma__layout_alloc(to_r, from->num_vmemranges, from->num_vnodes,
                            from->num_vcpus))
        return fail(ENOMEM);
    memcpy(to_r->vmemranges, from->vmemranges,
           from->num_vmemranges * sizeof(*from->vmemranges));
    memcpy(to_r->vnode_to_pnode, from->vnode_to_pnode,
           from->num_vnodes * sizeof(*from->vnode_to_pnode));
    memcpy(to_r->vcpu_to_vnode, from->vcpu_to_vnode,
           from->num_vcpus * sizeof(*from->vcpu_to_vnode));
    memcpy(to_r->distances, from->distances,
           (size_t)from->num_vnodes * from->num_vnodes *
               sizeof(*from->distances));
    return 0;
}

int vnuma__hv_set_vnuma(vnuma__hv *hv, uint32_t domid,
                        const vnuma__layout *layout)
{
    LEFT_AT_END vnuma__hv_mem *mem = enter(hv->backend);
    vnuma__mem_domain *domain = start_with_domain(mem, domid);

    assert(layout->num_vnodes > 0);
    if (!domain)
        return VNUMA_ERROR_XEN;
    if (layout->num_vnodes > VNUMA_MAX_VNODES ||
        layout->num_vmemranges > VNUMA_MAX_VMEMRANGES)
        return fail(EINVAL);
    return copy_layout(layout, &domain->layout);
}

int vnuma__hv_ask_vnuma(vnuma__hv *hv, uint32_t domid, vnuma__layout *layout_r)
{
    LEFT_AT_END vnuma__hv_mem *mem = enter(hv->backend);
    const vnuma__mem_domain *domain = start_with_domain(mem, domid);

    if (!domain)
        return VNUMA_ERROR_XEN;
    if (!domain->layout.num_vnodes)
        return fail(EOPNOTSUPP);
    return copy_layout(&domain->layout, layout_r);
}

int vnuma__hv_set_node_affinity(vnuma__hv *hv, uint32_t domid,
                                const vnuma_bitmap *pnodes)
{
    LEFT_AT_END vnuma__hv_mem *mem = enter(hv->backend);
    vnuma__mem_domain *domain = start_with_domain(mem, domid);
    uint32_t pnode;

    assert(vnuma_bitmap_count(pnodes) > 0);
    if (!domain)
        return VNUMA_ERROR_XEN;
    VNUMA_BITMAP_FOREACH(pnode, pnodes)
        if (!mem_find_node(mem, pnode))
            return VNUMA_ERROR_XEN;
    return vnuma_bitmap_copy(pnodes, &domain->node_affinity) ? fail(ENOMEM)
                                                             : 0;
}

int vnuma__hv_mem_init(vnuma__hv_mem *mem, const uint64_t *memkb,
                       unsigned int num_nodes)
{
    unsigned int i, index;
    uint64_t pages;

    assert(num_nodes <= VNUMA_MAX_PNODES);
    memset(mem, 0, sizeof(*mem));
    pthread_mutex_init(&mem->lock, NULL);
    mem->hv.backend = mem;
    mem->nodes = calloc(num_nodes, sizeof(*mem->nodes));
    if (!mem->nodes)
        return VNUMA_ERROR_NOMEM;
    mem->num_nodes = num_nodes;
    for (i = 0; i < num_nodes; i++) {
        pages = memkb[i] / VNUMA__PAGE_KB;
        for (index = 0; index < VNUMA__NUM_ORDERS; index++) {
            mem->nodes[i].num_free[index] = pages >> vnuma__orders[index];
            pages &= (UINT64_C(1) << vnuma__orders[index]) - 1;
        }
    }
    return 0;
}

void vnuma__hv_mem_create_domain(vnuma__hv_mem *of, uint32_t domid)
{
    LEFT_AT_END vnuma__hv_mem *mem = enter(of);
    unsigned int i = 0;

    while (mem->domains[i].exists)
        i++;
    assert(i < VNUMA__MEM_DOMAINS);
    mem->domains[i] = (vnuma__mem_domain){ .domid = domid, .exists = true };
}

static void destroy_domain(vnuma__hv_mem *mem, vnuma__mem_domain *domain)
{
    unsigned int index;
    uint64_t i;

    for (i = 0; i < domain->num_extents; i++)
        if (!find_order(domain->extents[i].order, &index))
            mem_find_node(mem, domain->extents[i].pnode)->num_free[index]++;
    free(domain->extents);
    vnuma__layout_dispose(&domain->layout);
    vnuma_bitmap_dispose(&domain->node_affinity);
    memset(domain, 0, sizeof(*domain));
}

void vnuma__hv_mem_destroy_domain(vnuma__hv_mem *of, uint32_t domid)
{
    LEFT_AT_END vnuma__hv_mem *mem = enter(of);
    vnuma__mem_domain *domain = mem_find_domain(mem, domid);

    if (domain)
        destroy_domain(mem, domain);
}

void vnuma__hv_mem_dispose(vnuma__hv_mem *mem)
{
    unsigned int i;

    for (i = 0; i < VNUMA__MEM_DOMAINS; i++)
        destroy_domain(mem, &mem->domains[i]);
    free(mem->nodes);
    pthread_mutex_destroy(&mem->lock);
    memset(mem, 0, sizeof(*mem));
}
