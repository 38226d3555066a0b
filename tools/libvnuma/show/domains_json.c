/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domains as JSON, written and read. */
#include "config.h"

#include "show/domains.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/json_members.h"

/* ---- members with names ------------------------------------------------- */

#define DOMAIN(member) offsetof(vnuma_domain, member)
#define VNODE(member) offsetof(vnuma_domain_vnode, member)
#define VCPU(member) offsetof(vnuma_domain_vcpu, member)
#define PART(member) offsetof(vnuma_plan_part, member)
#define PAGES(member) offsetof(vnuma__domain_pages, member)
#define MAX_PNODE (VNUMA_MAX_PNODES - 1)
#define MAX_ID (VNUMA_BITMAP_MAX - 1)
#define MAX_NUMBER (UINT64_MAX >> 20)

static const vnuma__member of_name[] = {
    { "domid", VNUMA__IS_ID, DOMAIN(domid), .max = MAX_ID,
      .is_required = true },
    { "name", VNUMA__IS_STRING, DOMAIN(name), .absent = "" },
    { NULL },
};

static const vnuma__member of_domain[] = {
    { "type", VNUMA__IS_STRING, DOMAIN(type), .absent = "?" },
    { "state", VNUMA__IS_STRING, DOMAIN(state), .absent = "?" },
    { "memkb", VNUMA__IS_NUMBER, DOMAIN(memkb), .max = VNUMA_MEMKB_UNKNOWN - 1,
      .unknown = VNUMA_MEMKB_UNKNOWN },
    { NULL },
};

/* These two are written when they are known. */
static const vnuma__member of_uuid[] = {
    { "uuid", VNUMA__IS_STRING, DOMAIN(uuid), .absent = "" },
    { NULL },
};

static const vnuma__member of_all[] = {
    { "time", VNUMA__IS_NUMBER, offsetof(vnuma_domains, time),
      .max = MAX_NUMBER },
    { NULL },
};

static const vnuma__member of_vnode[] = {
    { "pnode", VNUMA__IS_ID, VNODE(pnode), .max = MAX_PNODE },
    { "memkb", VNUMA__IS_NUMBER, VNODE(memkb), .max = MAX_NUMBER },
    { "vcpus", VNUMA__IS_SET, VNODE(vcpus) },
    { NULL },
};

static const vnuma__member of_part[] = {
    { "pnode", VNUMA__IS_ID, PART(pnode), .max = MAX_PNODE,
      .is_required = true },
    { "memkb", VNUMA__IS_NUMBER, PART(memkb), .max = MAX_NUMBER },
    { NULL },
};

/* The pnode where it runs is written between these two, and not read. */
static const vnuma__member of_vcpu[] = {
    { "vcpu", VNUMA__IS_ID, VCPU(vcpu), .max = MAX_ID, .is_required = true },
    { "vnode", VNUMA__IS_ID, VCPU(vnode), .max = VNUMA_MAX_VNODES - 1 },
    { "online", VNUMA__IS_BOOLEAN, VCPU(online) },
    { "running", VNUMA__IS_BOOLEAN, VCPU(running) },
    { "pcpu", VNUMA__IS_ID, VCPU(pcpu), .max = MAX_ID },
    { NULL },
};

static const vnuma__member of_affinity[] = {
    { "hard", VNUMA__IS_SET, VCPU(hard) },
    { "soft", VNUMA__IS_SET, VCPU(soft) },
    { NULL },
};

/* Read only: it is written between other things. */
static const vnuma__member of_xen[] = {
    { "vnodes_in_xen", VNUMA__IS_ID, DOMAIN(num_described),
      .max = VNUMA_MAX_VNODES },
    { "node_affinity", VNUMA__IS_SET, DOMAIN(node_affinity) },
    { NULL },
};

static const vnuma__member of_pages[] = {
    { "pnode", VNUMA__IS_ID, PAGES(pnode), .max = MAX_PNODE,
      .is_required = true },
    { "pages", VNUMA__IS_NUMBER, PAGES(num_pages), .max = MAX_NUMBER },
    { NULL },
};

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
        vnuma__members_put(json, of_part, &vnode->parts[i]);
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
        vnuma__members_put(json, of_vnode, vnode);
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
        vnuma__members_put(json, of_pages, &domain->pages[i]);
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
        vnuma__members_put(json, of_vcpu, vcpu);
        vnuma__json_add_known(json, "pnode",
                              vnuma__pnode_of_pcpu(topology, vcpu->pcpu),
                              VNUMA_ID_UNKNOWN);
        vnuma__members_put(json, of_affinity, vcpu);
        vnuma__json_end_map(json);
    }
    vnuma__json_end_array(json);
}

static void put_domain(vnuma__json *json, const vnuma_domain *domain,
                       const vnuma_topology *topology)
{
    unsigned int i;

    vnuma__json_map(json);
    vnuma__members_put(json, of_name, domain);
    if (domain->uuid && *domain->uuid)
        vnuma__members_put(json, of_uuid, domain);
    vnuma__members_put(json, of_domain, domain);
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

void vnuma__domains_put(vnuma__json *json, const vnuma_domains *domains,
                        const vnuma_topology *topology)
{
    unsigned int i;

    if (domains->time)
        vnuma__members_put(json, of_all, domains);
    vnuma__json_add_array(json, "domains");
    for (i = 0; i < domains->num_items; i++)
        put_domain(json, &domains->items[i], topology);
    vnuma__json_end_array(json);
}

char *vnuma_domains_to_json(const vnuma_domains *domains,
                            const vnuma_topology *topology)
{
    vnuma__json json;

    vnuma__json_init(&json, true);
    vnuma__json_map(&json);
    vnuma__domains_put(&json, domains, topology);
    vnuma__json_end_map(&json);
    return vnuma__json_finish(&json);
}

/* ---- reading ------------------------------------------------------------ */

typedef const vnuma__jsondoc_value *value_ptr;
typedef const vnuma__members reader;

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
    return vnuma__members_bad(r, value, what);
}

/* ---- lists of objects --------------------------------------------------- */

/* For each object of a list that may be NULL, until @rc is not 0. */
#define FOREACH_OBJECT(rc, item, r, list)                                     \
    for ((item) = (list) ? vnuma__jsondoc_first((r)->json, (list)) : NULL;    \
         !(rc) && (item); (item) = vnuma__jsondoc_next((r)->json, (item)))

/* Makes an array of the list of @key; *items_r is a pointer to its items. */
static int get_items(reader *r, value_ptr object, const char *key,
                     const vnuma__member *table, size_t size, void *items_r,
                     unsigned int *num_r)
{
    value_ptr list, item;
    unsigned int num;
    char *items;
    int rc;

    rc = vnuma__members_list(r, object, key, &list, &num);
    if (rc)
        return rc;
    items = calloc((size_t)num + 1, size);
    if (!items)
        return VNUMA_ERROR_NOMEM;
    memcpy(items_r, &items, sizeof(items));
    FOREACH_OBJECT(rc, item, r, list)
        rc = vnuma__members_read(r, item, table, items + (*num_r)++ * size);
    return rc;
}

static int get_parts(reader *r, value_ptr object, vnuma_domain_vnode *vnode)
{
    unsigned int i, j;
    int rc;

    rc = get_items(r, object, "parts", of_part, sizeof(*vnode->parts),
                   &vnode->parts, &vnode->num_parts);
    for (i = 0; !rc && i < vnode->num_parts; i++)
        for (j = 0; !rc && j < i; j++)
            if (vnode->parts[i].pnode == vnode->parts[j].pnode)
                rc = vnuma__members_bad(
                    r, vnuma__jsondoc_member(r->json, object, "parts"),
                    "there are two parts on one pnode");
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

    rc = get_word(r, item, "policy", policies, 3, "this is not a policy",
                  &policy);
    vnode->policy = policy;
    return rc ? rc : get_parts(r, item, vnode);
}

static int get_vnodes(reader *r, value_ptr object, vnuma_domain *domain)
{
    value_ptr list = vnuma__jsondoc_member(r->json, object, "vnodes"), item;
    unsigned int v = 0;
    int rc;

    rc = get_items(r, object, "vnodes", of_vnode, sizeof(*domain->vnodes),
                   &domain->vnodes, &domain->num_vnodes);
    FOREACH_OBJECT(rc, item, r, list)
        rc = get_vnode(r, item, &domain->vnodes[v++]);
    return rc;
}

static int get_vcpus(reader *r, value_ptr object, vnuma_domain *domain)
{
    value_ptr list = vnuma__jsondoc_member(r->json, object, "vcpus"), item;
    unsigned int i = 0;
    int rc;

    rc = get_items(r, object, "vcpus", of_vcpu, sizeof(*domain->vcpus),
                   &domain->vcpus, &domain->num_vcpus);
    FOREACH_OBJECT(rc, item, r, list)
        rc = vnuma__members_read(r, item, of_affinity, &domain->vcpus[i++]);
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

static bool has_pages_twice(const vnuma_domain *domain)
{
    unsigned int i, j;

    for (i = 0; i < domain->num_pages; i++)
        for (j = 0; j < i; j++)
            if (domain->pages[i].pnode == domain->pages[j].pnode)
                return true;
    return false;
}

static int get_domain(reader *r, value_ptr item, vnuma_domains *domains)
{
    value_ptr pages = vnuma__jsondoc_member(r->json, item, "pages");
    vnuma_domain *d;
    unsigned int i;
    int rc;

    if (item->type != VNUMA__JSON_OBJECT)
        return vnuma__members_bad(r, item, "this is not a domain");
    rc = vnuma__domains_add(domains, &d);
    if (rc)
        return rc;
    rc = vnuma__members_read(r, item, of_name, d);
    for (i = 0; !rc && i + 1 < domains->num_items; i++)
        if (domains->items[i].domid == d->domid)
            rc = vnuma__members_bad(r, item, "there is already such a domain");
    if (!rc)
        rc = vnuma__members_read(r, item, of_uuid, d);
    if (!rc)
        rc = vnuma__members_read(r, item, of_domain, d);
    if (!rc)
        rc = get_vnodes(r, item, d);
    if (!rc)
        rc = vnuma__members_read(r, item, of_xen, d);
    if (d->num_described == VNUMA_ID_UNKNOWN)
        d->num_described = d->num_vnodes;
    if (!rc)
        rc = get_vcpus(r, item, d);
    d->counted = pages && pages->type == VNUMA__JSON_ARRAY;
    if (!rc)
        rc = get_items(r, item, "pages", of_pages, sizeof(*d->pages),
                       &d->pages, &d->num_pages);
    if (!rc && has_pages_twice(d))
        rc = vnuma__members_bad(r, pages,
                                "there are pages on one pnode twice");
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
        return vnuma__members_bad(r, root, "there is no \"domains\"");
    rc = vnuma__members_list(r, root, "domains", &list, &num);
    if (!rc)
        rc = vnuma__members_read(r, root, of_all, domains);
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
    reader r = { &json, diags, "domains" };
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
