/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "guest/affinity.h"

#include <stdlib.h>
#include <string.h>

/* ---- cpus= and cpus_soft= ----------------------------------------------- */

/* Whether the last term that names a pcpu adds it: later terms win. */
static bool is_allowed(const vnuma_affinity *affinity, uint32_t pnode,
                       uint32_t pcpu)
{
    unsigned int i = affinity->num_terms;

    while (i--) {
        const vnuma_affinity_term *term = &affinity->terms[i];
        uint32_t number = term->is_pnodes ? pnode : pcpu;

        if (term->is_all || (number >= term->first && number <= term->last))
            return !term->is_excluded;
    }
    return false;
}

int vnuma__affinity_pcpus(const vnuma_affinity *affinity,
                          const vnuma_topology *topology,
                          vnuma_bitmap *pcpus_r)
{
    unsigned int i;
    uint32_t pcpu;

    for (i = 0; i < topology->num_pnodes; i++) {
        const vnuma_pnode *pnode = &topology->pnodes[i];

        VNUMA_BITMAP_FOREACH(pcpu, &pnode->pcpus) {
            if (!is_allowed(affinity, pnode->pnode, pcpu))
                continue;
            if (vnuma_bitmap_set(pcpus_r, pcpu))
                return VNUMA_ERROR_NOMEM;
        }
    }
    return 0;
}

int vnuma__all_pcpus(const vnuma_topology *topology, vnuma_bitmap *pcpus_r)
{
    vnuma_affinity_term term = { .is_all = true };
    vnuma_affinity all = { .terms = &term, .num_terms = 1 };

    return vnuma__affinity_pcpus(&all, topology, pcpus_r);
}

unsigned int vnuma__affinity_item(const vnuma_affinities *affinities,
                                  uint32_t vcpu)
{
    if (!affinities->is_list)
        return 0;
    return vcpu < affinities->num_items ? vcpu : affinities->num_items;
}

int vnuma__item_pcpus(const vnuma_affinities *affinities, unsigned int item,
                      const vnuma_topology *topology, vnuma_bitmap *pcpus_r)
{
    if (item >= affinities->num_items)
        return vnuma__all_pcpus(topology, pcpus_r);
    return vnuma__affinity_pcpus(&affinities->items[item], topology, pcpus_r);
}

/* ---- pool= -------------------------------------------------------------- */

bool vnuma__pool_to_pnode(const char *pool, uint32_t *pnode_r)
{
    static const char prefix[] = "Pool-node";
    uint32_t len = strlen(pool);
    vnuma__text text = { .ptr = pool, .len = len };
    uint64_t pnode;

    if (strncmp(pool, prefix, strlen(prefix)) ||
        !vnuma__text_to_u64(vnuma__text_slice(text, strlen(prefix), len),
                            VNUMA_MAX_PNODES - 1, &pnode))
        return false;
    *pnode_r = pnode;
    return true;
}

static const vnuma_pool *find_pool(const vnuma_topology *topology,
                                   const char *name)
{
    bool is_id = !name || (*name && !name[strspn(name, "0123456789")]);
    uint32_t poolid = name ? strtoul(name, NULL, 10) : 0;
    unsigned int i;

    for (i = 0; i < topology->num_pools; i++)
        if (is_id ? topology->pools[i].poolid == poolid
                  : !strcmp(topology->pools[i].name, name))
            return &topology->pools[i];
    return NULL;
}

int vnuma__pool_pcpus(const vnuma_config *config,
                      const vnuma_topology *topology, vnuma_bitmap *pcpus_r,
                      vnuma__pool_kind *kind_r)
{
    const vnuma_bitmap *pcpus = NULL;
    const vnuma_pool *pool;
    const vnuma_pnode *made_of;
    uint32_t pnode;

    if (topology->num_pools) {
        pool = find_pool(topology, config->pool);
        pcpus = pool ? &pool->pcpus : NULL;
    } else if (config->pool && vnuma__pool_to_pnode(config->pool, &pnode)) {
        made_of = vnuma_topology_find(topology, pnode);
        if (made_of && vnuma_bitmap_count(&made_of->pcpus))
            pcpus = &made_of->pcpus;
    } else {
        *kind_r = VNUMA__POOL_UNKNOWN;
        return vnuma__all_pcpus(topology, pcpus_r);
    }
    *kind_r = pcpus ? VNUMA__POOL_KNOWN : VNUMA__POOL_MISSING;
    return pcpus ? vnuma_bitmap_copy(pcpus, pcpus_r) : 0;
}
