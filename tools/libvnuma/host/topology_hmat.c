/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host's HMAT in its JSON, read and printed; see topology_hmat.h. */
#include "config.h"

#include "host/topology_hmat.h"

#include <string.h>

typedef const vnuma__jsondoc_value *value_ptr;

#define UNREACHABLE "unreachable"

/* ---- reading ------------------------------------------------------------ */

typedef struct {
    vnuma__draft *draft;
    const vnuma__members *members;
    vnuma__hmat *hmat; /* of the draft */
} hmat_reader;

/* Of two nodes and a level, which all lists are about. */
typedef struct {
    uint32_t initiator, memory, level;
} pair;

static const vnuma__member of_pair[] = {
    { "initiator", VNUMA__IS_ID, offsetof(pair, initiator),
      .max = VNUMA__PNODE_NUMBER_MAX, .is_required = true },
    { "memory", VNUMA__IS_ID, offsetof(pair, memory),
      .max = VNUMA__PNODE_NUMBER_MAX, .is_required = true },
    { "level", VNUMA__IS_ID, offsetof(pair, level),
      .max = VNUMA__HMAT_LEVELS - 1 },
    { NULL },
};

static const vnuma__member of_cache[] = {
    { "memory", VNUMA__IS_ID, offsetof(vnuma__side_cache, node),
      .max = VNUMA__PNODE_NUMBER_MAX, .is_required = true },
    { "level", VNUMA__IS_ID, offsetof(vnuma__side_cache, level),
      .max = VNUMA__HMAT_LEVELS - 1, .is_required = true },
    { "levels", VNUMA__IS_ID, offsetof(vnuma__side_cache, num_levels),
      .max = VNUMA__HMAT_LEVELS - 1, .is_required = true },
    { "bytes", VNUMA__IS_NUMBER, offsetof(vnuma__side_cache, size),
      .max = INT64_MAX },
    { "associativity", VNUMA__IS_WORD,
      offsetof(vnuma__side_cache, associativity),
      .words = vnuma__hmat_associativities,
      .wrong = "this is no associativity of a cache" },
    { "policy", VNUMA__IS_WORD, offsetof(vnuma__side_cache, policy),
      .words = vnuma__hmat_policies, .wrong = "this is no policy of a cache" },
    { "line", VNUMA__IS_ID, offsetof(vnuma__side_cache, line),
      .max = UINT16_MAX },
    { NULL },
};

static int bad_hmat(hmat_reader *r, value_ptr at, const char *what)
{
    return vnuma__members_bad(r->members, at, what);
}

/*
 * The index that a node will have: drafts are sorted by number later.  False:
 * there is no such node.
 */
static bool find_index(const hmat_reader *r, uint32_t *node)
{
    const vnuma__draft *draft = r->draft;
    uint32_t index = 0;
    bool found = false;
    unsigned int i;

    for (i = 0; i < draft->num_pnodes; i++) {
        index += draft->pnodes[i].pnode < *node;
        found |= draft->pnodes[i].pnode == *node;
    }
    *node = index;
    return found;
}

static int no_node(hmat_reader *r, value_ptr at)
{
    return bad_hmat(r, at, "the host has no such node");
}

static bool read_speed(value_ptr value, uint64_t *speed_r)
{
    if (value->type == VNUMA__JSON_STRING) {
        *speed_r = VNUMA__UNREACHABLE;
        return vnuma__text_equal(vnuma__jsondoc_text(value), UNREACHABLE);
    }
    return vnuma__members_number(value, VNUMA__SPEED_MAX, speed_r);
}

static int read_pair(hmat_reader *r, value_ptr item)
{
    unsigned int kind;
    uint64_t speed;
    value_ptr value;
    pair p;
    int rc = vnuma__members_read(r->members, item, of_pair, &p);

    if (rc)
        return rc;
    p.level = p.level == VNUMA_ID_UNKNOWN ? 0 : p.level;
    if (!find_index(r, &p.initiator) || !find_index(r, &p.memory))
        return no_node(r, item);
    for (kind = 0; kind < VNUMA__HMAT_KINDS && !rc; kind++) {
        value = vnuma__jsondoc_member(item, vnuma__hmat_keys[kind]);
        if (!value || value->type == VNUMA__JSON_NULL)
            continue;
        if (!read_speed(value, &speed))
            return bad_hmat(r, value, "this is not a speed of memory");
        if (vnuma__hmat_get(r->hmat, p.level, kind, p.initiator, p.memory))
            return bad_hmat(r, value, "this speed is given already");
        rc = vnuma__hmat_set(r->hmat, p.level, kind, p.initiator, p.memory,
                             speed);
    }
    return rc;
}

static int read_nearest(hmat_reader *r, value_ptr item)
{
    pair p;
    int rc = vnuma__members_read(r->members, item, of_pair, &p);

    if (rc)
        return rc;
    if (!find_index(r, &p.initiator) || !find_index(r, &p.memory))
        return no_node(r, item);
    if (r->hmat->nearest[p.memory] != VNUMA_ID_UNKNOWN)
        return bad_hmat(r, item,
                        "the nearest of this memory is given already");
    r->hmat->nearest[p.memory] = p.initiator;
    return 0;
}

static int read_cache(hmat_reader *r, value_ptr item)
{
    vnuma__side_cache cache = { 0 };
    int rc = vnuma__members_read(r->members, item, of_cache, &cache);

    if (rc)
        return rc;
    if (!find_index(r, &cache.node))
        return no_node(r, item);
    cache.line = cache.line == VNUMA_ID_UNKNOWN ? 0 : cache.line;
    if (!cache.level || cache.level > cache.num_levels)
        return bad_hmat(r, item, "this cache has none of its memory's levels");
    rc = vnuma__hmat_add_cache(r->hmat, &cache);
    return rc == VNUMA_ERROR_CONFIG
               ? bad_hmat(r, item, "this cache is given already")
               : rc;
}

typedef int item_fn(hmat_reader *r, value_ptr item);

static int read_items(hmat_reader *r, value_ptr object, const char *key,
                      item_fn *fn)
{
    value_ptr list = vnuma__jsondoc_member(object, key);
    value_ptr item;
    int rc;

    if (!list || list->type == VNUMA__JSON_NULL)
        return 0;
    if (list->type != VNUMA__JSON_ARRAY)
        return bad_hmat(r, list, "this is not a list");
    VNUMA__JSON_FOREACH(item, list) {
        rc = item->type == VNUMA__JSON_OBJECT
                 ? fn(r, item)
                 : bad_hmat(r, item, "this is not an object");
        if (rc == VNUMA_ERROR_NOMEM || vnuma__draft_is_hopeless(r->draft))
            return rc;
    }
    return 0;
}

int vnuma__host_read_hmat(vnuma__draft *draft, const vnuma__members *members,
                          value_ptr root)
{
    hmat_reader r = { draft, members, &draft->host.hmat };
    value_ptr hmat = vnuma__jsondoc_member(root, "hmat");
    int rc;

    if (!hmat || hmat->type == VNUMA__JSON_NULL || !draft->num_pnodes)
        return 0;
    if (hmat->type != VNUMA__JSON_OBJECT)
        return bad_hmat(&r, hmat, "\"hmat\" is not an object");
    rc = vnuma__hmat_init(r.hmat, draft->num_pnodes);
    if (!rc)
        rc = read_items(&r, hmat, "pairs", read_pair);
    if (!rc)
        rc = read_items(&r, hmat, "nearest", read_nearest);
    return rc ? rc : read_items(&r, hmat, "caches", read_cache);
}

/* ---- printing ----------------------------------------------------------- */

static void put_speed(vnuma__json *json, const char *key, uint64_t speed)
{
    if (speed == VNUMA__UNREACHABLE)
        vnuma__json_add_string(json, key, UNREACHABLE);
    else if (speed)
        vnuma__json_add_uint(json, key, speed);
}

/* What nodes are called: in the order of the value. */
typedef struct {
    vnuma__json *json;
    const vnuma__hmat *hmat;
    const uint32_t *names; /* NULL: by their index */
} hmat_printer;

static uint32_t name_of(const hmat_printer *p, uint32_t node)
{
    return p->names ? p->names[node] : node;
}

static void put_pair(const hmat_printer *o, unsigned int level, uint32_t from,
                     uint32_t to)
{
    const vnuma__hmat *hmat = o->hmat;
    pair p = { name_of(o, from), name_of(o, to), level };
    unsigned int kind, num = 0;

    for (kind = 0; kind < VNUMA__HMAT_KINDS; kind++)
        num += vnuma__hmat_get(hmat, level, kind, from, to) != 0;
    if (!num)
        return;
    vnuma__json_map(o->json);
    vnuma__members_put(o->json, of_pair, &p);
    for (kind = 0; kind < VNUMA__HMAT_KINDS; kind++)
        put_speed(o->json, vnuma__hmat_keys[kind],
                  vnuma__hmat_get(hmat, level, kind, from, to));
    vnuma__json_end_map(o->json);
}

static void put_pairs(const hmat_printer *o)
{
    unsigned int level, from, to, n = o->hmat->num_nodes;

    vnuma__json_add_array(o->json, "pairs");
    for (level = 0; level < VNUMA__HMAT_LEVELS; level++)
        for (from = 0; from < n; from++)
            for (to = 0; to < n; to++)
                put_pair(o, level, from, to);
    vnuma__json_end_array(o->json);
}

static void put_nearest(const hmat_printer *o)
{
    const uint32_t *nearest = o->hmat->nearest;
    unsigned int i;

    vnuma__json_add_array(o->json, "nearest");
    for (i = 0; i < o->hmat->num_nodes; i++) {
        if (nearest[i] == VNUMA_ID_UNKNOWN)
            continue;
        vnuma__json_map(o->json);
        vnuma__json_add_uint(o->json, "memory", name_of(o, i));
        vnuma__json_add_uint(o->json, "initiator", name_of(o, nearest[i]));
        vnuma__json_end_map(o->json);
    }
    vnuma__json_end_array(o->json);
}

static void put_caches(const hmat_printer *o)
{
    vnuma__side_cache cache;
    unsigned int i;

    vnuma__json_add_array(o->json, "caches");
    for (i = 0; i < o->hmat->num_caches; i++) {
        cache = o->hmat->caches[i];
        cache.node = name_of(o, cache.node);
        vnuma__json_map(o->json);
        vnuma__members_put(o->json, of_cache, &cache);
        vnuma__json_end_map(o->json);
    }
    vnuma__json_end_array(o->json);
}

void vnuma__hmat_put(vnuma__json *json, const vnuma__hmat *hmat,
                     const uint32_t *names)
{
    const hmat_printer o = { json, hmat, names };

    if (!vnuma__hmat_is_known(hmat))
        return;
    vnuma__json_add_map(json, "hmat");
    put_pairs(&o);
    put_nearest(&o);
    put_caches(&o);
    vnuma__json_end_map(json);
}

void vnuma__host_put_hmat(vnuma__json *json, const vnuma_topology *topology)
{
    uint32_t names[VNUMA_MAX_PNODES] = { 0 };
    unsigned int i;

    for (i = 0; i < topology->num_pnodes; i++)
        names[i] = topology->pnodes[i].pnode;
    vnuma__hmat_put(json, &topology->hmat, names);
}
