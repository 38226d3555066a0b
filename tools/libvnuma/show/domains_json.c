/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domains as JSON, written and read. */
#include "config.h"

#include "show/domains.h"

#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/json_reader.h"
#include "base/json_writer.h"

/* ---- writing ----------------------------------------------------------------- */

static const char *const promise_names[] = {
    [VNUMA_PROMISE_NONE] = "none",
    [VNUMA_PROMISE_CONFIG] = "config",
    [VNUMA_PROMISE_UNKNOWN] = "unknown",
};

static void put_known(vnuma__json *json, const char *key, uint64_t number,
                      uint64_t unknown)
{
    if (key)
        vnuma__json_key(json, key);
    if (number == unknown)
        vnuma__json_null(json);
    else
        vnuma__json_uint(json, number);
}

static void put_string(vnuma__json *json, const char *key, const char *string)
{
    vnuma__json_key(json, key);
    vnuma__json_string(json, string);
}

/* In the form that a plan has. */
static void put_parts(vnuma__json *json, const vnuma_domain_vnode *vnode)
{
    unsigned int i;

    if (vnode->policy == VNUMA_POLICY_STRICT)
        return;
    put_string(json, "policy", vnuma_policy_name(vnode->policy));
    vnuma__json_key(json, "parts");
    vnuma__json_array(json);
    for (i = 0; i < vnode->num_parts; i++) {
        vnuma__json_map(json);
        put_known(json, "pnode", vnode->parts[i].pnode, UINT64_MAX);
        put_known(json, "memkb", vnode->parts[i].memkb, UINT64_MAX);
        vnuma__json_end_map(json);
    }
    vnuma__json_end_array(json);
}

static void put_vnodes(vnuma__json *json, const vnuma_domain *domain)
{
    unsigned int i;

    vnuma__json_key(json, "vnodes");
    vnuma__json_array(json);
    for (i = 0; i < domain->num_vnodes; i++) {
        const vnuma_domain_vnode *vnode = &domain->vnodes[i];

        vnuma__json_map(json);
        put_known(json, "vnode", i, UINT64_MAX);
        put_known(json, "pnode", vnode->pnode, VNUMA_ID_UNKNOWN);
        put_known(json, "memkb", vnode->memkb, UINT64_MAX);
        vnuma__json_set(json, "vcpus", &vnode->vcpus);
        put_parts(json, vnode);
        vnuma__json_end_map(json);
    }
    vnuma__json_end_array(json);
}

/* null: pages were not counted, or the promise is not known. */
static void put_pages_on_node(vnuma__json *json, const vnuma_domain *domain)
{
    unsigned int i;

    vnuma__json_key(json, "pages_on_node");
    if (domain->stray_pages == VNUMA_PAGES_UNKNOWN) {
        vnuma__json_null(json);
    } else {
        vnuma__json_array(json);
        for (i = 0; i < domain->num_vnodes; i++)
            vnuma__json_uint(json, domain->vnodes[i].num_pages);
        vnuma__json_end_array(json);
    }
    put_known(json, "stray_pages", domain->stray_pages, VNUMA_PAGES_UNKNOWN);
}

static void put_pages(vnuma__json *json, const vnuma_domain *domain)
{
    unsigned int i;

    vnuma__json_key(json, "pages");
    if (!domain->counted) {
        vnuma__json_null(json);
        return;
    }
    vnuma__json_array(json);
    for (i = 0; i < domain->num_pages; i++) {
        vnuma__json_map(json);
        put_known(json, "pnode", domain->pages[i].pnode, UINT64_MAX);
        put_known(json, "pages", domain->pages[i].num_pages, UINT64_MAX);
        vnuma__json_end_map(json);
    }
    vnuma__json_end_array(json);
}

static void put_vcpus(vnuma__json *json, const vnuma_domain *domain,
                      const vnuma_topology *topology)
{
    unsigned int i;

    vnuma__json_key(json, "vcpus");
    vnuma__json_array(json);
    for (i = 0; i < domain->num_vcpus; i++) {
        const vnuma_domain_vcpu *vcpu = &domain->vcpus[i];

        vnuma__json_map(json);
        put_known(json, "vcpu", vcpu->vcpu, UINT64_MAX);
        put_known(json, "vnode", vcpu->vnode, VNUMA_ID_UNKNOWN);
        vnuma__json_key(json, "online");
        vnuma__json_bool(json, vcpu->online);
        vnuma__json_key(json, "running");
        vnuma__json_bool(json, vcpu->running);
        put_known(json, "pcpu", vcpu->pcpu, VNUMA_ID_UNKNOWN);
        put_known(json, "pnode", vnuma__pnode_of_pcpu(topology, vcpu->pcpu),
                  VNUMA_ID_UNKNOWN);
        vnuma__json_set(json, "hard", &vcpu->hard);
        vnuma__json_set(json, "soft", &vcpu->soft);
        vnuma__json_end_map(json);
    }
    vnuma__json_end_array(json);
}

static void put_domain(vnuma__json *json, const vnuma_domain *domain,
                       const vnuma_topology *topology)
{
    unsigned int i;

    vnuma__json_map(json);
    put_known(json, "domid", domain->domid, UINT64_MAX);
    put_string(json, "name", domain->name);
    put_string(json, "type", domain->type);
    put_string(json, "state", domain->state);
    put_known(json, "memkb", domain->memkb, VNUMA_MEMKB_UNKNOWN);
    put_string(json, "promise", promise_names[domain->promise]);
    put_vnodes(json, domain);
    put_known(json, "vnodes_in_xen", domain->num_described, UINT64_MAX);
    put_pages_on_node(json, domain);
    put_pages(json, domain);
    vnuma__json_set(json, "node_affinity", &domain->node_affinity);
    put_vcpus(json, domain, topology);
    vnuma__json_key(json, "drift");
    vnuma__json_array(json);
    for (i = 0; i < domain->num_drift; i++)
        vnuma__json_string(json, domain->drift[i]);
    vnuma__json_end_array(json);
    vnuma__json_end_map(json);
}

char *vnuma_domains_to_json(const vnuma_domains *domains,
                            const vnuma_topology *topology)
{
    vnuma__json json;
    unsigned int i;

    vnuma__json_init(&json, true);
    vnuma__json_map(&json);
    vnuma__json_key(&json, "domains");
    vnuma__json_array(&json);
    for (i = 0; i < domains->num_items; i++)
        put_domain(&json, &domains->items[i], topology);
    vnuma__json_end_array(&json);
    vnuma__json_end_map(&json);
    return vnuma__json_finish(&json);
}

/* ---- reading ----------------------------------------------------------------- */

/*
 * Far more than Xen has; bounds the memory that a file can make us allocate.
 */
#define MAX_LIST 65536u

typedef const vnuma__jsondoc_value *value_ptr;

typedef struct {
    const vnuma__jsondoc *json;
    vnuma_diags *diags;
} reader;

static int bad_domains(reader *r, value_ptr value, const char *what)
{
    vnuma__error(r->diags, "domains", value->span, "%s", what);
    return VNUMA_ERROR_HOST;
}

/* A missing or null member is @unknown. */
static int get_number(reader *r, value_ptr object, const char *key,
                      uint64_t max, uint64_t unknown, uint64_t *number_r)
{
    value_ptr value = vnuma__jsondoc_member(r->json, object, key);

    *number_r = unknown;
    if (!value || value->type == VNUMA__JSON_NULL)
        return 0;
    if (value->type == VNUMA__JSON_NUMBER &&
        vnuma__text_to_u64(vnuma__jsondoc_text(r->json, value), max, number_r))
        return 0;
    vnuma__error(r->diags, "domains", value->span,
                 "\"%s\" is not a valid number", key);
    return VNUMA_ERROR_HOST;
}

static int get_id(reader *r, value_ptr object, const char *key, uint32_t max,
                  uint32_t *id_r)
{
    uint64_t number;
    int rc = get_number(r, object, key, max, VNUMA_ID_UNKNOWN, &number);

    *id_r = number;
    return rc;
}

static int get_string(reader *r, value_ptr object, const char *key,
                      const char *unknown, char **string_r)
{
    value_ptr value = vnuma__jsondoc_member(r->json, object, key);
    vnuma__text text;

    if (value && value->type == VNUMA__JSON_STRING) {
        text = vnuma__jsondoc_text(r->json, value);
        *string_r = strndup(text.ptr, text.len);
    } else {
        *string_r = strdup(unknown);
    }
    return *string_r ? 0 : VNUMA_ERROR_NOMEM;
}

static bool get_bool(reader *r, value_ptr object, const char *key)
{
    value_ptr value = vnuma__jsondoc_member(r->json, object, key);

    return value && value->type == VNUMA__JSON_BOOLEAN &&
           value->span.source->text[value->span.start] == 't';
}

/* Returns a list's length; a missing or null list is empty. */
static int get_list(reader *r, value_ptr object, const char *key,
                    value_ptr *list_r, unsigned int *num_r)
{
    value_ptr item;

    *num_r = 0;
    *list_r = vnuma__jsondoc_member(r->json, object, key);
    if (!*list_r || (*list_r)->type == VNUMA__JSON_NULL) {
        *list_r = NULL;
        return 0;
    }
    if ((*list_r)->type != VNUMA__JSON_ARRAY)
        return bad_domains(r, *list_r, "this is not a list");
    VNUMA__JSON_FOREACH(item, r->json, *list_r)
        (*num_r)++;
    return *num_r <= MAX_LIST
               ? 0
               : bad_domains(r, *list_r, "this list is too long");
}

static int get_set(reader *r, value_ptr object, const char *key,
                   vnuma_bitmap *set)
{
    unsigned int num;
    value_ptr list, item;
    uint64_t bit;
    int rc;

    rc = get_list(r, object, key, &list, &num);
    if (rc || !list)
        return rc;
    VNUMA__JSON_FOREACH(item, r->json, list) {
        if (item->type != VNUMA__JSON_NUMBER ||
            !vnuma__text_to_u64(vnuma__jsondoc_text(r->json, item),
                                VNUMA_BITMAP_MAX - 1, &bit))
            return bad_domains(r, item,
                               "this is not the number of a CPU or a node");
        rc = vnuma_bitmap_set(set, bit);
        if (rc)
            return rc;
    }
    return 0;
}

static int get_policy(reader *r, value_ptr object, vnuma_domain_vnode *vnode)
{
    value_ptr value = vnuma__jsondoc_member(r->json, object, "policy");
    vnuma_policy policy;

    if (!value || value->type == VNUMA__JSON_NULL)
        return 0;
    for (policy = VNUMA_POLICY_STRICT; policy <= VNUMA_POLICY_INTERLEAVE;
         policy++)
        if (value->type == VNUMA__JSON_STRING &&
            vnuma__text_equal(vnuma__jsondoc_text(r->json, value),
                              vnuma_policy_name(policy))) {
            vnode->policy = policy;
            return 0;
        }
    return bad_domains(r, value, "this is not a policy");
}

static int get_part(reader *r, value_ptr item, vnuma_domain_vnode *vnode)
{
    vnuma_plan_part *part = &vnode->parts[vnode->num_parts];
    unsigned int i;
    int rc;

    rc = get_id(r, item, "pnode", VNUMA_MAX_PNODES - 1, &part->pnode);
    if (!rc)
        rc = get_number(r, item, "memkb", UINT64_MAX >> 20, 0, &part->memkb);
    if (rc)
        return rc;
    if (part->pnode == VNUMA_ID_UNKNOWN)
        return bad_domains(r, item, "this part is on no pnode");
    for (i = 0; i < vnode->num_parts; i++)
        if (vnode->parts[i].pnode == part->pnode)
            return bad_domains(r, item,
                               "there is already a part on this pnode");
    vnode->num_parts++;
    return 0;
}

static int get_parts(reader *r, value_ptr object, vnuma_domain_vnode *vnode)
{
    value_ptr list, item;
    unsigned int num;
    int rc;

    rc = get_list(r, object, "parts", &list, &num);
    if (rc || !list)
        return rc;
    vnode->parts = calloc((size_t)num + 1, sizeof(*vnode->parts));
    if (!vnode->parts)
        return VNUMA_ERROR_NOMEM;
    VNUMA__JSON_FOREACH(item, r->json, list) {
        rc = get_part(r, item, vnode);
        if (rc)
            return rc;
    }
    return 0;
}

static int get_vnode(reader *r, value_ptr item, vnuma_domain *domain)
{
    vnuma_domain_vnode *vnode = &domain->vnodes[domain->num_vnodes++];
    int rc;

    rc = get_id(r, item, "pnode", VNUMA_MAX_PNODES - 1, &vnode->pnode);
    if (!rc)
        rc = get_number(r, item, "memkb", UINT64_MAX >> 20, 0, &vnode->memkb);
    if (!rc)
        rc = get_set(r, item, "vcpus", &vnode->vcpus);
    if (!rc)
        rc = get_policy(r, item, vnode);
    if (!rc)
        rc = get_parts(r, item, vnode);
    return rc;
}

static int get_vcpu(reader *r, value_ptr item, vnuma_domain *domain)
{
    vnuma_domain_vcpu *vcpu = &domain->vcpus[domain->num_vcpus++];
    int rc;

    vcpu->online = get_bool(r, item, "online");
    vcpu->running = get_bool(r, item, "running");
    rc = get_id(r, item, "vcpu", VNUMA_BITMAP_MAX - 1, &vcpu->vcpu);
    if (!rc && vcpu->vcpu == VNUMA_ID_UNKNOWN)
        rc = bad_domains(r, item, "this vcpu has no number");
    if (!rc)
        rc = get_id(r, item, "vnode", VNUMA_MAX_VNODES - 1, &vcpu->vnode);
    if (!rc)
        rc = get_id(r, item, "pcpu", VNUMA_BITMAP_MAX - 1, &vcpu->pcpu);
    if (!rc)
        rc = get_set(r, item, "hard", &vcpu->hard);
    if (!rc)
        rc = get_set(r, item, "soft", &vcpu->soft);
    return rc;
}

static int get_pages(reader *r, value_ptr item, vnuma_domain *domain)
{
    vnuma__domain_pages *pages = &domain->pages[domain->num_pages++];
    int rc;

    rc = get_id(r, item, "pnode", VNUMA_MAX_PNODES - 1, &pages->pnode);
    if (!rc && pages->pnode == VNUMA_ID_UNKNOWN)
        rc = bad_domains(r, item, "these pages have no pnode");
    if (!rc)
        rc = get_number(r, item, "pages", UINT64_MAX >> 20, 0,
                        &pages->num_pages);
    return rc;
}

typedef int get_fn(reader *r, value_ptr item, vnuma_domain *domain);

/* Finds a list and allocates its items; get_items() then reads them. */
static int start_items(reader *r, value_ptr object, const char *key,
                       size_t size, value_ptr *list_r, void **items_r)
{
    unsigned int num;
    int rc;

    *items_r = NULL;
    rc = get_list(r, object, key, list_r, &num);
    if (rc)
        return rc;
    *items_r = calloc(num + 1, size);
    return *items_r ? 0 : VNUMA_ERROR_NOMEM;
}

static int get_items(reader *r, value_ptr list, get_fn *get,
                     vnuma_domain *domain)
{
    value_ptr item;
    int rc = 0;

    if (!list)
        return 0;
    VNUMA__JSON_FOREACH(item, r->json, list) {
        rc = get(r, item, domain);
        if (rc)
            break;
    }
    return rc;
}

static int get_vnodes(reader *r, value_ptr item, vnuma_domain *domain)
{
    value_ptr list;
    void *items;
    int rc;

    rc =
        start_items(r, item, "vnodes", sizeof(*domain->vnodes), &list, &items);
    domain->vnodes = items;
    return rc ? rc : get_items(r, list, get_vnode, domain);
}

static int get_vcpus(reader *r, value_ptr item, vnuma_domain *domain)
{
    value_ptr list;
    void *items;
    int rc;

    rc = start_items(r, item, "vcpus", sizeof(*domain->vcpus), &list, &items);
    domain->vcpus = items;
    return rc ? rc : get_items(r, list, get_vcpu, domain);
}

static int get_residency(reader *r, value_ptr item, vnuma_domain *domain)
{
    value_ptr list;
    void *items;
    int rc;

    rc = start_items(r, item, "pages", sizeof(*domain->pages), &list, &items);
    domain->pages = items;
    domain->counted = list != NULL;
    return rc ? rc : get_items(r, list, get_pages, domain);
}

static int get_promise(reader *r, value_ptr item, vnuma_domain *domain)
{
    value_ptr value = vnuma__jsondoc_member(r->json, item, "promise");
    unsigned int i;

    domain->promise =
        domain->num_vnodes ? VNUMA_PROMISE_CONFIG : VNUMA_PROMISE_NONE;
    if (!value || value->type == VNUMA__JSON_NULL)
        return 0;
    for (i = 0; i < sizeof(promise_names) / sizeof(promise_names[0]); i++)
        if (value->type == VNUMA__JSON_STRING &&
            vnuma__text_equal(vnuma__jsondoc_text(r->json, value),
                              promise_names[i])) {
            domain->promise = i;
            return 0;
        }
    return bad_domains(r, value, "\"promise\" is none, config or unknown");
}

static int get_lists(reader *r, value_ptr item, vnuma_domain *d)
{
    uint64_t described;
    int rc;

    rc = get_vnodes(r, item, d);
    if (!rc)
        rc = get_number(r, item, "vnodes_in_xen", VNUMA_MAX_VNODES,
                        d->num_vnodes, &described);
    if (!rc)
        d->num_described = described;
    if (!rc)
        rc = get_vcpus(r, item, d);
    if (!rc)
        rc = get_residency(r, item, d);
    if (!rc)
        rc = get_set(r, item, "node_affinity", &d->node_affinity);
    if (!rc)
        rc = get_promise(r, item, d);
    return rc;
}

static int get_domain(reader *r, value_ptr item, vnuma_domains *domains)
{
    vnuma_domain *domain;
    int rc;

    if (item->type != VNUMA__JSON_OBJECT)
        return bad_domains(r, item, "this is not a domain");
    rc = vnuma__domains_add(domains, &domain);
    if (rc)
        return rc;
    rc = get_id(r, item, "domid", VNUMA_BITMAP_MAX - 1, &domain->domid);
    if (!rc && domain->domid == VNUMA_ID_UNKNOWN)
        rc = bad_domains(r, item, "this domain has no \"domid\"");
    if (!rc)
        rc = get_string(r, item, "name", "", &domain->name);
    if (!rc)
        rc = get_string(r, item, "type", "?", &domain->type);
    if (!rc)
        rc = get_string(r, item, "state", "?", &domain->state);
    if (!rc)
        rc = get_number(r, item, "memkb", VNUMA_MEMKB_UNKNOWN - 1,
                        VNUMA_MEMKB_UNKNOWN, &domain->memkb);
    if (!rc)
        rc = get_lists(r, item, domain);
    return rc;
}

static int get_domains(reader *r, vnuma_domains *domains)
{
    value_ptr root = vnuma__jsondoc_root(r->json), list, item;
    unsigned int num;
    int rc;

    list = root->type == VNUMA__JSON_OBJECT
               ? vnuma__jsondoc_member(r->json, root, "domains")
               : NULL;
    if (!list)
        return bad_domains(r, root, "there is no \"domains\"");
    rc = get_list(r, root, "domains", &list, &num);
    if (rc || !list)
        return rc;
    VNUMA__JSON_FOREACH(item, r->json, list) {
        rc = get_domain(r, item, domains);
        if (rc)
            return rc;
    }
    return 0;
}

int vnuma__domains_parse(const vnuma_source *source,
                        const vnuma_topology *topology,
                        vnuma_domains *domains_r, vnuma_diags *diags)
{
    vnuma__text text = {
        source->text, source->len, { source, 0, source->len }, true
    };
    vnuma_domains domains;
    vnuma__jsondoc json;
    reader r = { &json, diags };
    int rc;

    vnuma__domains_init(&domains);
    vnuma__jsondoc_init(&json);
    rc = vnuma__jsondoc_parse(text, &json, diags);
    if (rc == 1)
        rc = VNUMA_ERROR_HOST;
    if (!rc)
        rc = get_domains(&r, &domains);
    if (!rc)
        rc = vnuma_domains_judge(&domains, topology);
    if (!rc) {
        *domains_r = domains;
        vnuma__domains_init(&domains);
    }
    vnuma__domains_dispose(&domains);
    vnuma__jsondoc_dispose(&json);
    return rc;
}
