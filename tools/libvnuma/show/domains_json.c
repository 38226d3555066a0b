/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domains as JSON, written and read. */
#include "config.h"

#include "show/domains.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/json_reader.h"
#include "base/json_writer.h"

/* ---- writing ------------------------------------------------------------ */

static const char *const promise_names[] = {
    [VNUMA_PROMISE_NONE] = "none",
    [VNUMA_PROMISE_CONFIG] = "config",
    [VNUMA_PROMISE_UNKNOWN] = "unknown",
};

/* In the form that a plan has. */
static void put_parts(vnuma__json *json, const vnuma_domain_vnode *vnode)
{
    unsigned int i;

    if (vnode->policy == VNUMA_POLICY_STRICT)
        return;
    vnuma__json_add_string(json, "policy", vnuma_policy_name(vnode->policy));
    vnuma__json_add_array(json, "parts");
    for (i = 0; i < vnode->num_parts; i++) {
        vnuma__json_map(json);
        vnuma__json_add_uint(json, "pnode", vnode->parts[i].pnode);
        vnuma__json_add_uint(json, "memkb", vnode->parts[i].memkb);
        vnuma__json_end_map(json);
    }
    vnuma__json_end_array(json);
}

static void put_vnodes(vnuma__json *json, const vnuma_domain *domain)
{
    unsigned int i;

    vnuma__json_add_array(json, "vnodes");
    for (i = 0; i < domain->num_vnodes; i++) {
        const vnuma_domain_vnode *vnode = &domain->vnodes[i];

        vnuma__json_map(json);
        vnuma__json_add_uint(json, "vnode", i);
        vnuma__json_add_known(json, "pnode", vnode->pnode, VNUMA_ID_UNKNOWN);
        vnuma__json_add_uint(json, "memkb", vnode->memkb);
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
    vnuma__json_add_known(json, "stray_pages", domain->stray_pages,
                          VNUMA_PAGES_UNKNOWN);
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
        vnuma__json_add_uint(json, "pnode", domain->pages[i].pnode);
        vnuma__json_add_uint(json, "pages", domain->pages[i].num_pages);
        vnuma__json_end_map(json);
    }
    vnuma__json_end_array(json);
}

static void put_vcpus(vnuma__json *json, const vnuma_domain *domain,
                      const vnuma_topology *topology)
{
    unsigned int i;

    vnuma__json_add_array(json, "vcpus");
    for (i = 0; i < domain->num_vcpus; i++) {
        const vnuma_domain_vcpu *vcpu = &domain->vcpus[i];

        vnuma__json_map(json);
        vnuma__json_add_uint(json, "vcpu", vcpu->vcpu);
        vnuma__json_add_known(json, "vnode", vcpu->vnode, VNUMA_ID_UNKNOWN);
        vnuma__json_add_bool(json, "online", vcpu->online);
        vnuma__json_add_bool(json, "running", vcpu->running);
        vnuma__json_add_known(json, "pcpu", vcpu->pcpu, VNUMA_ID_UNKNOWN);
        vnuma__json_add_known(json, "pnode",
                              vnuma__pnode_of_pcpu(topology, vcpu->pcpu),
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
    vnuma__json_add_uint(json, "domid", domain->domid);
    vnuma__json_add_string(json, "name", domain->name);
    vnuma__json_add_string(json, "type", domain->type);
    vnuma__json_add_string(json, "state", domain->state);
    vnuma__json_add_known(json, "memkb", domain->memkb, VNUMA_MEMKB_UNKNOWN);
    vnuma__json_add_string(json, "promise", promise_names[domain->promise]);
    put_vnodes(json, domain);
    vnuma__json_add_uint(json, "vnodes_in_xen", domain->num_described);
    put_pages_on_node(json, domain);
    put_pages(json, domain);
    vnuma__json_set(json, "node_affinity", &domain->node_affinity);
    put_vcpus(json, domain, topology);
    vnuma__json_add_array(json, "drift");
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
    vnuma__json_add_array(&json, "domains");
    for (i = 0; i < domains->num_items; i++)
        put_domain(&json, &domains->items[i], topology);
    vnuma__json_end_array(&json);
    vnuma__json_end_map(&json);
    return vnuma__json_finish(&json);
}

/* ---- reading ------------------------------------------------------------ */

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

/* ---- members with names ------------------------------------------------- */

/* A member of an object, and of the struct that it goes into. */
typedef struct {
    const char *key; /* NULL: the table ends */
    enum { BOOLEAN, ID, NUMBER, SET, STRING } type;
    size_t at;
    uint64_t max;       /* of an ID or a NUMBER */
    uint64_t unknown;   /* a NUMBER that is missing */
    const char *absent; /* ID: what is said then; STRING: what it is then */
} member;

#define DOMAIN(member) offsetof(vnuma_domain, member)
#define VNODE(member) offsetof(vnuma_domain_vnode, member)
#define VCPU(member) offsetof(vnuma_domain_vcpu, member)
#define PART(member) offsetof(vnuma_plan_part, member)
#define PAGES(member) offsetof(vnuma__domain_pages, member)
#define MAX_PNODE (VNUMA_MAX_PNODES - 1)
#define MAX_ID (VNUMA_BITMAP_MAX - 1)
#define MAX_NUMBER (UINT64_MAX >> 20)

static const member of_domain[] = {
    { "domid", ID, DOMAIN(domid), .max = MAX_ID,
      .absent = "this domain has no \"domid\"" },
    { "name", STRING, DOMAIN(name), .absent = "" },
    { "type", STRING, DOMAIN(type), .absent = "?" },
    { "state", STRING, DOMAIN(state), .absent = "?" },
    { "memkb", NUMBER, DOMAIN(memkb), .max = VNUMA_MEMKB_UNKNOWN - 1,
      .unknown = VNUMA_MEMKB_UNKNOWN },
    { NULL },
};

static const member of_vnode[] = {
    { "pnode", ID, VNODE(pnode), .max = MAX_PNODE },
    { "memkb", NUMBER, VNODE(memkb), .max = MAX_NUMBER },
    { "vcpus", SET, VNODE(vcpus) },
    { NULL },
};

static const member of_part[] = {
    { "pnode", ID, PART(pnode), .max = MAX_PNODE,
      .absent = "this part is on no pnode" },
    { "memkb", NUMBER, PART(memkb), .max = MAX_NUMBER },
    { NULL },
};

static const member of_vcpu[] = {
    { "online", BOOLEAN, VCPU(online) },
    { "running", BOOLEAN, VCPU(running) },
    { "vcpu", ID, VCPU(vcpu), .max = MAX_ID,
      .absent = "this vcpu has no number" },
    { "vnode", ID, VCPU(vnode), .max = VNUMA_MAX_VNODES - 1 },
    { "pcpu", ID, VCPU(pcpu), .max = MAX_ID },
    { "hard", SET, VCPU(hard) },
    { "soft", SET, VCPU(soft) },
    { NULL },
};

static const member of_pages[] = {
    { "pnode", ID, PAGES(pnode), .max = MAX_PNODE,
      .absent = "these pages have no pnode" },
    { "pages", NUMBER, PAGES(num_pages), .max = MAX_NUMBER },
    { NULL },
};

static int get_id(reader *r, value_ptr object, const member *m, uint32_t *id_r)
{
    uint64_t number;
    int rc;

    rc = get_number(r, object, m->key, m->max, VNUMA_ID_UNKNOWN, &number);
    *id_r = number;
    if (!rc && m->absent && number == VNUMA_ID_UNKNOWN)
        rc = bad_domains(r, object, m->absent);
    return rc;
}

static bool get_boolean(reader *r, value_ptr object, const char *key)
{
    value_ptr value = vnuma__jsondoc_member(r->json, object, key);

    return value && value->type == VNUMA__JSON_BOOLEAN &&
           vnuma__text_equal(vnuma__jsondoc_text(r->json, value), "true");
}

static int get_member(reader *r, value_ptr object, const member *m, void *into)
{
    switch (m->type) {
    case BOOLEAN:
        *(bool *)into = get_boolean(r, object, m->key);
        return 0;
    case ID:
        return get_id(r, object, m, into);
    case NUMBER:
        return get_number(r, object, m->key, m->max, m->unknown, into);
    case SET:
        return get_set(r, object, m->key, into);
    case STRING:
        return get_string(r, object, m->key, m->absent, into);
    }
    return 0;
}

static int get_members(reader *r, value_ptr object, const member *table,
                       void *into)
{
    int rc = 0;

    for (; !rc && table->key; table++)
        rc = get_member(r, object, table, (char *)into + table->at);
    return rc;
}

/* Finds one of @num words; a missing one leaves *word_r. */
static int get_word(reader *r, value_ptr object, const char *key,
                    const char *const *words, unsigned int num,
                    const char *what, unsigned int *word_r)
{
    value_ptr value = vnuma__jsondoc_member(r->json, object, key);
    unsigned int i;

    if (!value || value->type == VNUMA__JSON_NULL)
        return 0;
    for (i = 0; i < num; i++)
        if (value->type == VNUMA__JSON_STRING &&
            vnuma__text_equal(vnuma__jsondoc_text(r->json, value), words[i])) {
            *word_r = i;
            return 0;
        }
    return bad_domains(r, value, what);
}

/* ---- lists of objects --------------------------------------------------- */

/* Allocates for a list of @key; *list_r is NULL if there is none. */
static int alloc_items(reader *r, value_ptr object, const char *key,
                       size_t size, value_ptr *list_r, void **items_r)
{
    unsigned int num;
    int rc;

    rc = get_list(r, object, key, list_r, &num);
    if (rc)
        return rc;
    *items_r = calloc((size_t)num + 1, size);
    return *items_r ? 0 : VNUMA_ERROR_NOMEM;
}

/* For each object of a list that may be NULL, until @rc is not 0. */
#define FOREACH_OBJECT(rc, item, r, list)                                     \
    for ((item) = (list) ? vnuma__jsondoc_first((r)->json, (list)) : NULL;    \
         !(rc) && (item); (item) = vnuma__jsondoc_next((r)->json, (item)))

static int get_parts(reader *r, value_ptr object, vnuma_domain_vnode *vnode)
{
    value_ptr list, item;
    vnuma_plan_part *part;
    void *items = NULL;
    unsigned int i;
    int rc;

    rc = alloc_items(r, object, "parts", sizeof(*part), &list, &items);
    vnode->parts = items;
    FOREACH_OBJECT(rc, item, r, list) {
        part = &vnode->parts[vnode->num_parts];
        rc = get_members(r, item, of_part, part);
        for (i = 0; !rc && i < vnode->num_parts; i++)
            if (vnode->parts[i].pnode == part->pnode)
                rc = bad_domains(r, item,
                                 "there is already a part on this pnode");
        vnode->num_parts += !rc;
    }
    return rc;
}

static int get_vnode(reader *r, value_ptr item, vnuma_domain_vnode *vnode)
{
    const char *const policies[] = {
        vnuma_policy_name(VNUMA_POLICY_STRICT),
        vnuma_policy_name(VNUMA_POLICY_PREFERRED),
        vnuma_policy_name(VNUMA_POLICY_INTERLEAVE),
    };
    unsigned int policy = VNUMA_POLICY_STRICT;
    int rc;

    rc = get_members(r, item, of_vnode, vnode);
    if (!rc)
        rc = get_word(r, item, "policy", policies, 3, "this is not a policy",
                      &policy);
    vnode->policy = policy;
    return rc ? rc : get_parts(r, item, vnode);
}

static int get_vnodes(reader *r, value_ptr object, vnuma_domain *domain)
{
    value_ptr list, item;
    void *items = NULL;
    int rc;

    rc = alloc_items(r, object, "vnodes", sizeof(*domain->vnodes), &list,
                     &items);
    domain->vnodes = items;
    FOREACH_OBJECT(rc, item, r, list)
        rc = get_vnode(r, item, &domain->vnodes[domain->num_vnodes++]);
    return rc;
}

static int get_vcpus(reader *r, value_ptr object, vnuma_domain *domain)
{
    value_ptr list, item;
    void *items = NULL;
    int rc;

    rc =
        alloc_items(r, object, "vcpus", sizeof(*domain->vcpus), &list, &items);
    domain->vcpus = items;
    FOREACH_OBJECT(rc, item, r, list)
        rc =
            get_members(r, item, of_vcpu, &domain->vcpus[domain->num_vcpus++]);
    return rc;
}

static int get_residency(reader *r, value_ptr object, vnuma_domain *domain)
{
    value_ptr list, item;
    void *items = NULL;
    int rc;

    rc =
        alloc_items(r, object, "pages", sizeof(*domain->pages), &list, &items);
    domain->pages = items;
    domain->counted = !rc && list;
    FOREACH_OBJECT(rc, item, r, list)
        rc = get_members(r, item, of_pages,
                         &domain->pages[domain->num_pages++]);
    return rc;
}

static int get_promise(reader *r, value_ptr item, vnuma_domain *domain)
{
    unsigned int promise =
        domain->num_vnodes ? VNUMA_PROMISE_CONFIG : VNUMA_PROMISE_NONE;
    int rc;

    rc = get_word(r, item, "promise", promise_names,
                  sizeof(promise_names) / sizeof(promise_names[0]),
                  "\"promise\" is none, config or unknown", &promise);
    domain->promise = promise;
    return rc;
}

static int get_domain(reader *r, value_ptr item, vnuma_domains *domains)
{
    uint64_t described;
    vnuma_domain *d;
    int rc;

    if (item->type != VNUMA__JSON_OBJECT)
        return bad_domains(r, item, "this is not a domain");
    rc = vnuma__domains_add(domains, &d);
    if (rc)
        return rc;
    rc = get_members(r, item, of_domain, d);
    if (!rc)
        rc = get_vnodes(r, item, d);
    if (!rc)
        rc = get_number(r, item, "vnodes_in_xen", VNUMA_MAX_VNODES,
                        d->num_vnodes, &described);
    if (!rc) {
        d->num_described = described;
        rc = get_vcpus(r, item, d);
    }
    if (!rc)
        rc = get_residency(r, item, d);
    if (!rc)
        rc = get_set(r, item, "node_affinity", &d->node_affinity);
    return rc ? rc : get_promise(r, item, d);
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
    FOREACH_OBJECT(rc, item, r, list)
        rc = get_domain(r, item, domains);
    return rc;
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
