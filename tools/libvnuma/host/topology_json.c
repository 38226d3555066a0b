/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host as JSON, read and printed:
 *
 *   { "nodes":   [ { "node", "memkb", "free_memkb", "cpus": [..],
 *                    "distances": [..],
 *                    "pages": [ { "kb", "total", "free", "surplus" } .. ]
 *                  } .. ],
 *     "pcpus":   [ { "pcpu", "core", "socket", "node", "load" } .. ],
 *     "pools":   [ { "pool", "poolid", "cpus": [..] } .. ],
 *     "pcidevs": [ { "address": "ssss:bb:dd.f", "node" } .. ],
 *     "facts":   [ { "key", "value" } .. ],
 *     "hmat":    { .. } }
 *
 * Only "nodes" and the number of each node are required.  null or a missing
 * key is a value that the host does not give; unknown keys are ignored, and no
 * key may be there twice.  "pcpus" must agree with "cpus".  What is in "hmat"
 * stands in topology_hmat.h.
 *
 * A report (show/report.c) has such a host in it, and what builds in flight
 * have still to take of its free memory:
 *
 *   { "report": 1, "topology": { "nodes": .. },
 *     "builds": [ { "nodes": [ { "node", "memkb" } .. ] } .. ] }
 */
#include "config.h"

#include "host/topology_draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_members.h"
#include "host/topology_hmat.h"

/* ---- reading ------------------------------------------------------------ */

typedef struct {
    vnuma__draft *draft;
    vnuma__members members;
    vnuma__draft_pnode *pnode; /* borrowed; whose lists are read */
    vnuma_pool *pool;          /* likewise */
    uint32_t *places;    /* owned; by CPU number: 1 + its index in the draft */
    uint32_t num_places; /* those of greater numbers are not there */
    vnuma_bitmap pooled; /* CPUs of all pools that were read */
} json_reader;

typedef const vnuma__jsondoc_value *value_ptr;

#define ID(key, owner, member, most, required)                                \
    {                                                                         \
        key, VNUMA__IS_ID, offsetof(owner, member), .max = (most),            \
                                                    .is_required = (required) \
    }
#define MEMKB(key, owner, member)                                             \
    {                                                                         \
        key, VNUMA__IS_NUMBER, offsetof(owner, member),                       \
            .max = VNUMA_MEMKB_UNKNOWN - 1, .unknown = VNUMA_MEMKB_UNKNOWN    \
    }

static const vnuma__member of_node[] = {
    ID("node", vnuma_pnode, pnode, VNUMA_ID_UNKNOWN - 1, true),
    MEMKB("memkb", vnuma_pnode, memkb),
    MEMKB("free_memkb", vnuma_pnode, free_memkb),
    { NULL },
};

#define COUNT(key, member, missing)                                           \
    {                                                                         \
        key, VNUMA__IS_NUMBER, offsetof(vnuma__pages, member),                \
            .max = UINT64_C(1) << 52, .unknown = (missing)                    \
    }

static const vnuma__member of_pages[] = {
    COUNT("kb", page_kb, 0),
    COUNT("total", total, 0),
    COUNT("free", free, VNUMA_PAGES_UNKNOWN),
    COUNT("surplus", surplus, 0),
    { NULL },
};

static const vnuma__member of_pcpu[] = {
    ID("pcpu", vnuma_pcpu, pcpu, VNUMA_BITMAP_MAX - 1, true),
    ID("core", vnuma_pcpu, core, INT32_MAX, false),
    ID("socket", vnuma_pcpu, socket, INT32_MAX, false),
    ID("node", vnuma_pcpu, pnode, VNUMA__PNODE_NUMBER_MAX, false),
    { NULL },
};

static const vnuma__member of_load[] = {
    ID("load", vnuma_pcpu, load, VNUMA__MAX_LOAD, false),
    { NULL },
};

static const vnuma__member of_pool[] = {
    ID("poolid", vnuma_pool, poolid, VNUMA_ID_UNKNOWN - 1, true),
    { NULL },
};

static const vnuma__member of_pcidev[] = {
    ID("node", vnuma_pcidev, pnode, VNUMA__PNODE_NUMBER_MAX, true),
    { NULL },
};

static int bad_topology(json_reader *reader, value_ptr at, const char *what)
{
    return vnuma__members_bad(&reader->members, at, what);
}

typedef int item_fn(json_reader *reader, value_ptr item);

/* Calls fn for each item; null or a missing list is empty. */
static int read_list(json_reader *reader, value_ptr object, const char *key,
                     item_fn *fn)
{
    value_ptr list = vnuma__jsondoc_member(object, key);
    value_ptr item;
    int rc = 0;

    if (!list || list->type == VNUMA__JSON_NULL)
        return 0;
    if (list->type != VNUMA__JSON_ARRAY)
        return vnuma__host_error(reader->draft, "host-json", list->span,
                                 "\"%s\" is not a list", key);
    VNUMA__JSON_FOREACH(item, list) {
        rc = fn(reader, item);
        if (rc == VNUMA_ERROR_NOMEM || vnuma__draft_is_hopeless(reader->draft))
            return rc;
    }
    return 0;
}

static uint32_t place_of(const json_reader *reader, uint64_t pcpu)
{
    return pcpu < reader->num_places ? reader->places[pcpu] : 0;
}

static int add_pcpu(json_reader *reader, vnuma_pcpu pcpu, vnuma_span span)
{
    int rc = vnuma__draft_add_pcpu(reader->draft, pcpu, span);
    uint32_t num = 2 * pcpu.pcpu + 64, *places;

    if (!rc && pcpu.pcpu >= reader->num_places) {
        places = reallocarray(reader->places, num, sizeof(*places));
        if (!places)
            return VNUMA_ERROR_NOMEM;
        memset(places + reader->num_places, 0,
               (num - reader->num_places) * sizeof(*places));
        reader->places = places;
        reader->num_places = num;
    }
    if (!rc)
        reader->places[pcpu.pcpu] = reader->draft->num_pcpus;
    return rc;
}

static int read_distance(json_reader *reader, value_ptr item)
{
    uint32_t distance = VNUMA_DISTANCE_UNKNOWN;

    if (item->type != VNUMA__JSON_NULL &&
        (item->type != VNUMA__JSON_NUMBER ||
         !vnuma__host_distance(vnuma__jsondoc_text(item), &distance)))
        return bad_topology(reader, item, "this is not a distance");
    return vnuma__draft_add_distance(reader->draft, reader->pnode, distance,
                                     item->span);
}

static int read_cpu(json_reader *reader, value_ptr item)
{
    uint64_t pcpu;

    if (!vnuma__members_number(item, VNUMA_BITMAP_MAX - 1, &pcpu))
        return bad_topology(reader, item, "this is not a CPU number");
    return add_pcpu(reader,
                    (vnuma_pcpu){ (uint32_t)pcpu, VNUMA_ID_UNKNOWN,
                                  VNUMA_ID_UNKNOWN, reader->pnode->pnode },
                    item->span);
}

static int read_pages(json_reader *reader, value_ptr item)
{
    vnuma__pages pages = { .pnode = reader->pnode->pnode };
    int rc;

    if (item->type != VNUMA__JSON_OBJECT)
        return bad_topology(reader, item, "this does not describe pages");
    rc = vnuma__members_read(&reader->members, item, of_pages, &pages);
    if (rc)
        return rc;
    if (!pages.page_kb)
        return bad_topology(reader, item, "these pages have no size");
    return vnuma__draft_add_pages(reader->draft, pages, item->span);
}

static int read_node(json_reader *reader, value_ptr item)
{
    vnuma_pnode pnode;
    int rc = vnuma__members_read(&reader->members, item, of_node, &pnode);

    if (!rc)
        rc = vnuma__draft_add_pnode(reader->draft, pnode.pnode, item->span,
                                    &reader->pnode);
    if (rc)
        return rc;
    reader->pnode->memkb = pnode.memkb;
    reader->pnode->free_memkb = pnode.free_memkb;
    rc = read_list(reader, item, "cpus", read_cpu);
    if (!rc)
        rc = read_list(reader, item, "distances", read_distance);
    return rc ? rc : read_list(reader, item, "pages", read_pages);
}

/* "pcpus" adds to what is known of CPUs that a node's "cpus" has named. */
static int read_pcpu(json_reader *reader, value_ptr item)
{
    vnuma_pcpu pcpu, *known;
    int rc = vnuma__members_read(&reader->members, item, of_pcpu, &pcpu);

    if (!rc)
        rc = vnuma__members_read(&reader->members, item, of_load, &pcpu);
    if (rc)
        return rc;
    reader->draft->host.knows_load |= pcpu.load != VNUMA_ID_UNKNOWN;
    pcpu.load = pcpu.load == VNUMA_ID_UNKNOWN ? 0 : pcpu.load;
    if (!place_of(reader, pcpu.pcpu))
        return pcpu.pnode == VNUMA_ID_UNKNOWN
                   ? add_pcpu(reader, pcpu, item->span)
                   : bad_topology(reader, item,
                                  "this CPU is not in \"cpus\" of its node");
    known = &reader->draft->pcpus[reader->places[pcpu.pcpu] - 1].pcpu;
    if (known->pnode != pcpu.pnode)
        return bad_topology(reader, item,
                            "this CPU is in \"cpus\" of another node");
    *known = pcpu;
    return 0;
}

static int read_pool_cpu(json_reader *reader, value_ptr item)
{
    uint64_t pcpu;
    int rc;

    if (!vnuma__members_number(item, VNUMA_BITMAP_MAX - 1, &pcpu) ||
        !place_of(reader, pcpu))
        return bad_topology(reader, item, "the host has no such CPU");
    if (vnuma_bitmap_test(&reader->pooled, pcpu))
        return bad_topology(reader, item, "this CPU is in a pool already");
    rc = vnuma_bitmap_set(&reader->pooled, pcpu);
    return rc ? rc : vnuma_bitmap_set(&reader->pool->pcpus, pcpu);
}

static int read_pool(json_reader *reader, value_ptr item)
{
    value_ptr name = vnuma__jsondoc_member(item, "pool");
    vnuma_pool pool;
    int rc;

    if (!name || name->type != VNUMA__JSON_STRING)
        return bad_topology(reader, item, "this pool has no name");
    rc = vnuma__members_read(&reader->members, item, of_pool, &pool);
    if (!rc)
        rc = vnuma__draft_add_pool(reader->draft, pool.poolid,
                                   vnuma__jsondoc_text(name), item->span,
                                   &reader->pool);
    return rc ? rc : read_list(reader, item, "cpus", read_pool_cpu);
}

static int read_pcidev(json_reader *reader, value_ptr item)
{
    value_ptr address = vnuma__jsondoc_member(item, "address");
    vnuma_pcidev pcidev = { 0 };
    int rc;

    if (!address || address->type != VNUMA__JSON_STRING ||
        !vnuma__host_address(vnuma__jsondoc_text(address), &pcidev))
        return bad_topology(reader, address ? address : item,
                            "this is not the address of a PCI device");
    rc = vnuma__members_read(&reader->members, item, of_pcidev, &pcidev);
    return rc ? rc
              : vnuma__draft_add_pcidev(reader->draft, pcidev, item->span);
}

static bool is_title(vnuma__text key)
{
    return vnuma__text_equal(key, VNUMA__TITLE_CPUS) ||
           vnuma__text_equal(key, VNUMA__TITLE_DEVICES) ||
           vnuma__text_equal(key, VNUMA__TITLE_NODES);
}

static int read_fact(json_reader *reader, value_ptr item)
{
    value_ptr key = vnuma__jsondoc_member(item, "key");
    value_ptr value = vnuma__jsondoc_member(item, "value");
    vnuma__text text = { NULL, 0, item->span, false };

    if (!key || key->type != VNUMA__JSON_STRING)
        return bad_topology(reader, item, "this fact has no key");
    if (value && value->type == VNUMA__JSON_STRING)
        text = vnuma__jsondoc_text(value);
    else if (value && value->type != VNUMA__JSON_NULL)
        return bad_topology(reader, value,
                            "the value of a fact is a string or null");
    if (text.ptr && is_title(vnuma__jsondoc_text(key)))
        return bad_topology(reader, value,
                            "this is the title of a table and has no "
                            "value");
    return vnuma__draft_add_fact(reader->draft, vnuma__jsondoc_text(key),
                                 text);
}

/* ---- builds in flight --------------------------------------------------- */

typedef struct {
    uint32_t node;
    uint64_t memkb;
} taken;

static const vnuma__member of_taken[] = {
    ID("node", taken, node, VNUMA_ID_UNKNOWN - 1, true),
    { "memkb", VNUMA__IS_NUMBER, offsetof(taken, memkb),
      .max = VNUMA_MEMKB_UNKNOWN - 1 },
    { NULL },
};

/* What a build has still to take of a node is not free. */
static int read_taken(json_reader *reader, value_ptr item)
{
    vnuma__draft_pnode *pnode;
    taken t;
    int rc;

    if (item->type != VNUMA__JSON_OBJECT)
        return bad_topology(reader, item, "this is not what a build takes");
    rc = vnuma__members_read(&reader->members, item, of_taken, &t);
    if (rc)
        return rc;
    pnode = vnuma__draft_find_pnode(reader->draft, t.node);
    if (!pnode)
        return bad_topology(reader, item, "the host has no such node");
    if (pnode->free_memkb != VNUMA_MEMKB_UNKNOWN)
        pnode->free_memkb -=
            t.memkb < pnode->free_memkb ? t.memkb : pnode->free_memkb;
    return 0;
}

static int read_build(json_reader *reader, value_ptr item)
{
    if (item->type != VNUMA__JSON_OBJECT)
        return bad_topology(reader, item, "this is not a build");
    return read_list(reader, item, "nodes", read_taken);
}

/* ---- the whole ---------------------------------------------------------- */

/* In this order: what is known of CPUs, and pools of them, need the nodes. */
static int read_topology(json_reader *reader, value_ptr root)
{
    static const struct {
        const char *key;
        item_fn *read;
    } lists[] = {
        { "nodes", read_node }, { "pcpus", read_pcpu },
        { "pools", read_pool }, { "pcidevs", read_pcidev },
        { "facts", read_fact },
    };
    unsigned int i;
    int rc = 0;

    if (!vnuma__jsondoc_member(root, "nodes"))
        return bad_topology(reader, root, "there is no \"nodes\"");
    for (i = 0; i < sizeof(lists) / sizeof(lists[0]) && !rc; i++)
        rc = read_list(reader, root, lists[i].key, lists[i].read);
    return rc ? rc : vnuma__host_read_hmat(reader->draft, &reader->members,
                                           root);
}

static int read_report(json_reader *reader, value_ptr root)
{
    value_ptr form = vnuma__jsondoc_member(root, "report");
    value_ptr host = vnuma__jsondoc_member(root, "topology");
    uint64_t number;
    int rc;

    if (!vnuma__members_number(form, VNUMA__REPORT_FORM, &number) ||
        number != VNUMA__REPORT_FORM)
        return bad_topology(reader, form,
                            "this xl-vnuma does not read reports of this "
                            "form");
    if (!host)
        return bad_topology(reader, root, "this report has no \"topology\"");
    rc = read_topology(reader, host);
    return rc ? rc : read_list(reader, root, "builds", read_build);
}

static int read_root(json_reader *reader, value_ptr root)
{
    value_ptr twice = vnuma__jsondoc_find_twice(root);

    if (twice)
        return bad_topology(reader, twice,
                            "a key is there twice, or there are too many");
    return vnuma__jsondoc_member(root, "report") ? read_report(reader, root)
                                                 : read_topology(reader, root);
}

int vnuma__draft_read_json(vnuma__draft *draft,
                           const vnuma__jsondoc_value *root)
{
    json_reader reader = { draft, { draft->diags, "host-json" } };
    int rc;

    rc = read_root(&reader, root);
    draft->columns_are_rows = true;
    vnuma_bitmap_dispose(&reader.pooled);
    free(reader.places);
    return rc;
}

static int read_host_json(vnuma__text text, vnuma__draft *draft)
{
    vnuma__jsondoc json;
    int rc;

    rc = vnuma__jsondoc_parse(text, &json, draft->diags);
    if (!rc)
        rc = vnuma__draft_read_json(draft, json.root);
    else if (rc != VNUMA_ERROR_NOMEM)
        rc = VNUMA_ERROR_HOST;
    vnuma__jsondoc_dispose(&json);
    return rc;
}

const vnuma__host_form vnuma__json_form = {
    .starts = { "{" },
    .commands = { "xl-vnuma topology --json", "xl-vnuma report" },
    .read = read_host_json,
};

/* ---- printing ----------------------------------------------------------- */

/* Hosts of Xen have none to tell of. */
static void put_pages(vnuma__json *json, const vnuma_topology *topology,
                      uint32_t pnode)
{
    unsigned int i;

    if (!topology->num_pages)
        return;
    vnuma__json_add_array(json, "pages");
    for (i = 0; i < topology->num_pages; i++) {
        if (topology->pages[i].pnode != pnode)
            continue;
        vnuma__json_map(json);
        vnuma__members_put(json, of_pages, &topology->pages[i]);
        vnuma__json_end_map(json);
    }
    vnuma__json_end_array(json);
}

static void put_node(vnuma__json *json, const vnuma_topology *topology,
                     unsigned int i)
{
    const vnuma_pnode *pnode = &topology->pnodes[i];
    const uint32_t *distances =
        &topology->distances[(size_t)i * topology->num_pnodes];
    unsigned int to;

    vnuma__members_put(json, of_node, pnode);
    vnuma__json_set(json, "cpus", &pnode->pcpus);
    vnuma__json_add_array(json, "distances");
    for (to = 0; to < topology->num_pnodes; to++)
        if (distances[to] == VNUMA_DISTANCE_UNKNOWN)
            vnuma__json_null(json);
        else
            vnuma__json_uint(json, distances[to]);
    vnuma__json_end_array(json);
    put_pages(json, topology, pnode->pnode);
}

static void put_pcpu(vnuma__json *json, const vnuma_topology *topology,
                     unsigned int i)
{
    vnuma__members_put(json, of_pcpu, &topology->pcpus[i]);
    if (topology->knows_load)
        vnuma__members_put(json, of_load, &topology->pcpus[i]);
}

static void put_pool(vnuma__json *json, const vnuma_topology *topology,
                     unsigned int i)
{
    vnuma__json_add_string(json, "pool", topology->pools[i].name);
    vnuma__members_put(json, of_pool, &topology->pools[i]);
    vnuma__json_set(json, "cpus", &topology->pools[i].pcpus);
}

static void put_pcidev(vnuma__json *json, const vnuma_topology *topology,
                       unsigned int i)
{
    const vnuma_pcidev *pcidev = &topology->pcidevs[i];
    char address[16];

    snprintf(address, sizeof(address), "%04x:%02x:%02x.%x", pcidev->segment,
             pcidev->bus, pcidev->device, pcidev->function);
    vnuma__json_add_string(json, "address", address);
    vnuma__members_put(json, of_pcidev, pcidev);
}

static void put_fact(vnuma__json *json, const vnuma_topology *topology,
                     unsigned int i)
{
    vnuma__json_add_string(json, "key", topology->facts[i].key);
    vnuma__json_add_string(json, "value", topology->facts[i].value);
}

typedef void put_fn(vnuma__json *json, const vnuma_topology *topology,
                    unsigned int i);

static void put_list(vnuma__json *json, const vnuma_topology *topology,
                     const char *key, unsigned int num, put_fn *put)
{
    unsigned int i;

    vnuma__json_add_array(json, key);
    for (i = 0; i < num; i++) {
        vnuma__json_map(json);
        put(json, topology, i);
        vnuma__json_end_map(json);
    }
    vnuma__json_end_array(json);
}

void vnuma__topology_put(vnuma__json *json, const vnuma_topology *topology)
{
    put_list(json, topology, "nodes", topology->num_pnodes, put_node);
    put_list(json, topology, "pcpus", topology->num_pcpus, put_pcpu);
    if (topology->num_pools) /* else it does not know them */
        put_list(json, topology, "pools", topology->num_pools, put_pool);
    put_list(json, topology, "pcidevs", topology->num_pcidevs, put_pcidev);
    put_list(json, topology, "facts", topology->num_facts, put_fact);
    vnuma__host_put_hmat(json, topology);
}

char *vnuma_topology_to_json(const vnuma_topology *topology)
{
    vnuma__json json;

    vnuma__json_begin(&json, true);
    vnuma__topology_put(&json, topology);
    return vnuma__json_finish(&json);
}
