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
    value_ptr value = vnuma__jsondoc_member(object, key);
    unsigned int i;

    if (!value || value->type == VNUMA__JSON_NULL)
        return 0;
    for (i = 0; i < num; i++)
        if (value->type == VNUMA__JSON_STRING &&
            vnuma__text_equal(vnuma__jsondoc_text(value), words[i])) {
            *word_r = i;
            return 0;
        }
    return vnuma__members_bad(r, value, what);
}

/* ---- lists of objects --------------------------------------------------- */

/* How to read one of @size bytes; its first member is an ID, if @twice. */
typedef struct {
    const char *key;
    size_t size;
    int (*read)(reader *r, value_ptr object, void *into);
    const char *twice; /* what is wrong when two have the same ID */
} item_kind;

/* Makes an array of the list of a key; *items_r is a pointer to its items. */
static int get_items(reader *r, value_ptr object, const item_kind *kind,
                     void *items_r, unsigned int *num_r)
{
    value_ptr list, item;
    char *items, *at, *old;
    unsigned int num;
    int rc;

    rc = vnuma__members_list(r, object, kind->key, &list, &num);
    if (rc)
        return rc;
    items = at = calloc((size_t)num + 1, kind->size);
    if (!items)
        return VNUMA_ERROR_NOMEM;
    memcpy(items_r, &items, sizeof(items));
    for (item = vnuma__jsondoc_first(list); item && !rc;
         item = item->next, at += kind->size) {
        ++*num_r;
        rc = kind->read(r, item, at);
        for (old = items; !rc && kind->twice && old < at; old += kind->size)
            if (!memcmp(old, at, sizeof(uint32_t)))
                rc = vnuma__members_bad(r, item, kind->twice);
    }
    return rc;
}

static int read_part(reader *r, value_ptr object, void *part)
{
    return vnuma__members_read(r, object, of_part, part);
}

static int read_pages(reader *r, value_ptr object, void *pages)
{
    return vnuma__members_read(r, object, of_pages, pages);
}

static int read_vnode(reader *r, value_ptr object, void *into)
{
    static const item_kind parts = { "parts", sizeof(vnuma_plan_part),
                                     read_part,
                                     "there are two parts on one pnode" };
    const char *const policies[] = {
        vnuma_policy_name(VNUMA_POLICY_STRICT),
        vnuma_policy_name(VNUMA_POLICY_PREFERRED),
        vnuma_policy_name(VNUMA_POLICY_INTERLEAVE),
    };
    vnuma_domain_vnode *vnode = into;
    unsigned int policy = VNUMA_POLICY_STRICT;
    int rc;

    rc = vnuma__members_read(r, object, of_vnode, vnode);
    if (!rc)
        rc = get_word(r, object, "policy", policies, 3,
                      "this is not a policy", &policy);
    vnode->policy = policy;
    return rc ? rc
              : get_items(r, object, &parts, &vnode->parts, &vnode->num_parts);
}

static int read_vcpu(reader *r, value_ptr object, void *vcpu)
{
    int rc = vnuma__members_read(r, object, of_vcpu, vcpu);

    return rc ? rc : vnuma__members_read(r, object, of_affinity, vcpu);
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

static int read_domain(reader *r, value_ptr item, void *into)
{
    static const vnuma__member *const tables[] = { of_name, of_uuid, of_domain,
                                                   of_xen };
    static const item_kind vnodes = { "vnodes", sizeof(vnuma_domain_vnode),
                                      read_vnode, NULL };
    static const item_kind vcpus = { "vcpus", sizeof(vnuma_domain_vcpu),
                                     read_vcpu, NULL };
    static const item_kind pages = { "pages", sizeof(vnuma__domain_pages),
                                     read_pages,
                                     "there are pages on one pnode twice" };
    value_ptr counted = vnuma__jsondoc_member(item, "pages");
    vnuma_domain *d = into;
    unsigned int i;
    int rc = 0;

    d->stray_pages = VNUMA_PAGES_UNKNOWN;
    if (item->type != VNUMA__JSON_OBJECT)
        return vnuma__members_bad(r, item, "this is not a domain");
    for (i = 0; i < sizeof(tables) / sizeof(tables[0]) && !rc; i++)
        rc = vnuma__members_read(r, item, tables[i], d);
    if (!rc)
        rc = get_items(r, item, &vnodes, &d->vnodes, &d->num_vnodes);
    if (d->num_described == VNUMA_ID_UNKNOWN)
        d->num_described = d->num_vnodes;
    if (!rc)
        rc = get_items(r, item, &vcpus, &d->vcpus, &d->num_vcpus);
    d->counted = counted && counted->type == VNUMA__JSON_ARRAY;
    if (!rc)
        rc = get_items(r, item, &pages, &d->pages, &d->num_pages);
    return rc ? rc : get_promise(r, item, d);
}

static int get_domains(reader *r, value_ptr root, vnuma_domains *domains)
{
    static const item_kind all = { "domains", sizeof(vnuma_domain),
                                   read_domain,
                                   "there is already such a domain" };
    int rc;

    if (root->type != VNUMA__JSON_OBJECT ||
        !vnuma__jsondoc_member(root, "domains"))
        return vnuma__members_bad(r, root, "there is no \"domains\"");
    rc = vnuma__members_read(r, root, of_all, domains);
    return rc ? rc
              : get_items(r, root, &all, &domains->items, &domains->num_items);
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
    reader r = { diags, "domains" };
    int rc;

    vnuma__domains_init(&domains);
    rc = vnuma__jsondoc_parse(text, &json, diags);
    if (rc == 1)
        rc = VNUMA_ERROR_HOST;
    if (!rc)
        rc = get_domains(&r, json.root, &domains);
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
