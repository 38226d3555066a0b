/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domains as JSON, written and read by the same tables. */
#include "config.h"

#include "show/domains.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/json_members.h"
#include "guest/guest.h"

#define DOMAIN(member) offsetof(vnuma_domain, member)
#define VNODE(member) offsetof(vnuma_domain_vnode, member)
#define VCPU(member) offsetof(vnuma_domain_vcpu, member)
#define PART(member) offsetof(vnuma_plan_part, member)
#define PAGES(member) offsetof(vnuma__domain_pages, member)
#define MAX_PNODE (VNUMA_MAX_PNODES - 1)
#define MAX_ID (VNUMA_BITMAP_MAX - 1)
#define MAX_NUMBER (UINT64_MAX >> 20)

/* ---- vnodes and vcpus --------------------------------------------------- */

static const vnuma__member of_part[] = {
    { "pnode", VNUMA__IS_ID, PART(pnode), .max = MAX_PNODE,
      .is_required = true },
    { "memkb", VNUMA__IS_NUMBER, PART(memkb), .max = MAX_NUMBER },
    { NULL },
};

static bool has_policy(const void *vnode)
{
    return ((const vnuma_domain_vnode *)vnode)->policy != VNUMA_POLICY_STRICT;
}

/* Parts are in the form that a plan has. */
static const vnuma__member of_vnode[] = {
    { "pnode", VNUMA__IS_ID, VNODE(pnode), .max = MAX_PNODE },
    { "memkb", VNUMA__IS_NUMBER, VNODE(memkb), .max = MAX_NUMBER },
    { "vcpus", VNUMA__IS_SET, VNODE(vcpus) },
    { "policy", VNUMA__IS_WORD, VNODE(policy), .words = vnuma__policy_names,
      .unknown = VNUMA_POLICY_STRICT, .wrong = "this is not a policy",
      .is_written = has_policy },
    { "parts", VNUMA__IS_LIST, VNODE(parts), .num_at = VNODE(num_parts),
      .size = sizeof(vnuma_plan_part), .table = of_part,
      .twice = "there are two parts on one pnode",
      .is_written = has_policy },
    { NULL },
};

static void put_pnode(vnuma__json *json, const void *vcpu,
                      const void *topology)
{
    uint32_t pcpu = ((const vnuma_domain_vcpu *)vcpu)->pcpu;

    vnuma__json_add_known(json, "pnode", vnuma__pnode_of_pcpu(topology, pcpu),
                          VNUMA_ID_UNKNOWN);
}

static const vnuma__member of_vcpu[] = {
    { "vcpu", VNUMA__IS_ID, VCPU(vcpu), .max = MAX_ID, .is_required = true },
    { "vnode", VNUMA__IS_ID, VCPU(vnode), .max = VNUMA_MAX_VNODES - 1 },
    { "online", VNUMA__IS_BOOLEAN, VCPU(online) },
    { "running", VNUMA__IS_BOOLEAN, VCPU(running) },
    { "pcpu", VNUMA__IS_ID, VCPU(pcpu), .max = MAX_ID },
    { "pnode", VNUMA__IS_WRITTEN, .put = put_pnode },
    { "hard", VNUMA__IS_SET, VCPU(hard) },
    { "soft", VNUMA__IS_SET, VCPU(soft) },
    { NULL },
};

/* ---- domains ------------------------------------------------------------ */

static const vnuma__member of_pages[] = {
    { "pnode", VNUMA__IS_ID, PAGES(pnode), .max = MAX_PNODE,
      .is_required = true },
    { "pages", VNUMA__IS_NUMBER, PAGES(num_pages), .max = MAX_NUMBER },
    { NULL },
};

static bool has_uuid(const void *domain)
{
    const char *uuid = ((const vnuma_domain *)domain)->uuid;

    return uuid && *uuid;
}

static bool is_counted(const void *domain)
{
    return ((const vnuma_domain *)domain)->counted;
}

/* null: pages were not counted, or the promise is not known. */
static void put_uncounted(vnuma__json *json, const void *from,
                          const void *topology)
{
    const vnuma_domain *domain = from;
    const uint64_t *first =
        domain->num_vnodes ? &domain->vnodes[0].num_pages : NULL;

    (void)topology;
    if (domain->stray_pages == VNUMA_PAGES_UNKNOWN)
        vnuma__json_add_string(json, "pages_on_node", NULL);
    else
        vnuma__json_add_numbers(json, "pages_on_node", first, sizeof(uint64_t),
                                sizeof(*domain->vnodes), domain->num_vnodes);
    vnuma__json_add_known(json, "stray_pages", domain->stray_pages,
                          VNUMA_PAGES_UNKNOWN);
    if (!domain->counted)
        vnuma__json_add_string(json, "pages", NULL);
}

static void put_drift(vnuma__json *json, const void *from,
                      const void *topology)
{
    const vnuma_domain *domain = from;
    unsigned int i;

    (void)topology;
    vnuma__json_add_array(json, "drift");
    for (i = 0; i < domain->num_drift; i++)
        vnuma__json_string(json, domain->drift[i]);
    vnuma__json_end_array(json);
}

static const char *const promise_names[] = {
    [VNUMA_PROMISE_NONE] = "none",
    [VNUMA_PROMISE_CONFIG] = "config",
    [VNUMA_PROMISE_UNKNOWN] = "unknown",
    NULL,
};

#define NO_PROMISE (VNUMA_PROMISE_UNKNOWN + 1) /* it is not told */

static const vnuma__member of_domain[] = {
    { "domid", VNUMA__IS_ID, DOMAIN(domid), .max = MAX_ID,
      .is_required = true },
    { "name", VNUMA__IS_STRING, DOMAIN(name), .absent = "" },
    { "uuid", VNUMA__IS_STRING, DOMAIN(uuid), .absent = "",
      .is_written = has_uuid },
    { "type", VNUMA__IS_STRING, DOMAIN(type), .absent = "?" },
    { "state", VNUMA__IS_STRING, DOMAIN(state), .absent = "?" },
    { "memkb", VNUMA__IS_NUMBER, DOMAIN(memkb), .max = VNUMA_MEMKB_UNKNOWN - 1,
      .unknown = VNUMA_MEMKB_UNKNOWN },
    { "promise", VNUMA__IS_WORD, DOMAIN(promise), .words = promise_names,
      .unknown = NO_PROMISE,
      .wrong = "\"promise\" is none, config or unknown" },
    { "vnodes", VNUMA__IS_LIST, DOMAIN(vnodes), .num_at = DOMAIN(num_vnodes),
      .size = sizeof(vnuma_domain_vnode), .table = of_vnode,
      .number = "vnode" },
    { "vnodes_in_xen", VNUMA__IS_ID, DOMAIN(num_described),
      .max = VNUMA_MAX_VNODES },
    { "pages_on_node", VNUMA__IS_WRITTEN, .put = put_uncounted },
    { "pages", VNUMA__IS_LIST, DOMAIN(pages), .num_at = DOMAIN(num_pages),
      .size = sizeof(vnuma__domain_pages), .table = of_pages,
      .twice = "there are pages on one pnode twice",
      .is_written = is_counted },
    { "node_affinity", VNUMA__IS_SET, DOMAIN(node_affinity) },
    { "vcpus", VNUMA__IS_LIST, DOMAIN(vcpus), .num_at = DOMAIN(num_vcpus),
      .size = sizeof(vnuma_domain_vcpu), .table = of_vcpu },
    { "drift", VNUMA__IS_WRITTEN, .put = put_drift },
    { NULL },
};

static bool has_time(const void *domains)
{
    return ((const vnuma_domains *)domains)->time;
}

static const vnuma__member of_all[] = {
    { "time", VNUMA__IS_NUMBER, offsetof(vnuma_domains, time),
      .max = MAX_NUMBER, .is_written = has_time },
    { "domains", VNUMA__IS_LIST, offsetof(vnuma_domains, items),
      .num_at = offsetof(vnuma_domains, num_items),
      .size = sizeof(vnuma_domain), .table = of_domain,
      .wrong = "this is not a domain",
      .twice = "there is already such a domain" },
    { NULL },
};

/* ---- the whole ---------------------------------------------------------- */

void vnuma__domains_put(vnuma__json *json, const vnuma_domains *domains,
                        const vnuma_topology *topology)
{
    vnuma__members_put_with(json, of_all, domains, topology);
}

char *vnuma_domains_to_json(const vnuma_domains *domains,
                            const vnuma_topology *topology)
{
    vnuma__json json;

    vnuma__json_begin(&json, true);
    vnuma__domains_put(&json, domains, topology);
    return vnuma__json_finish(&json);
}

/* What follows from what a domain's object has, or does not have. */
static void complete(vnuma_domain *domain)
{
    unsigned int i;

    /* As it is written: all memory of a strict vnode is on its pnode. */
    for (i = 0; i < domain->num_vnodes; i++)
        if (!has_policy(&domain->vnodes[i])) {
            free(domain->vnodes[i].parts);
            domain->vnodes[i].parts = NULL;
            domain->vnodes[i].num_parts = 0;
        }
    domain->counted = domain->pages != NULL;
    if (domain->num_described == VNUMA_ID_UNKNOWN)
        domain->num_described = domain->num_vnodes;
    if (domain->promise == NO_PROMISE)
        domain->promise =
            domain->num_vnodes ? VNUMA_PROMISE_CONFIG : VNUMA_PROMISE_NONE;
}

int vnuma__domains_read(const vnuma__jsondoc_value *root,
                        vnuma_domains *domains_r, vnuma_diags *diags)
{
    const vnuma__members members = { diags, "domains" };
    unsigned int i;
    int rc;

    *domains_r = (vnuma_domains){ 0 };
    if (!vnuma__jsondoc_member(root, "domains"))
        return vnuma__members_bad(&members, root, "there is no \"domains\"");
    rc = vnuma__members_read(&members, root, of_all, domains_r);
    for (i = 0; i < domains_r->num_items; i++)
        complete(&domains_r->items[i]);
    return rc;
}

int vnuma__domains_parse(const vnuma_source *source,
                         const vnuma_topology *topology,
                         vnuma_domains *domains_r, vnuma_diags *diags)
{
    vnuma__jsondoc json;
    int rc;

    *domains_r = (vnuma_domains){ 0 };
    rc = vnuma__jsondoc_parse(vnuma__source_text(source), &json, diags);
    if (rc == 1)
        rc = VNUMA_ERROR_HOST;
    if (!rc)
        rc = vnuma__domains_read(json.root, domains_r, diags);
    if (!rc)
        rc = vnuma_domains_judge(domains_r, topology);
    if (rc)
        vnuma__domains_dispose(domains_r);
    vnuma__jsondoc_dispose(&json);
    return rc;
}
