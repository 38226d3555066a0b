/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Domains and their host as metrics, in Prometheus' text format: each name has
 * its HELP and TYPE once and its series after them, no two of the same labels.
 */
#include "config.h"

#include "show/domains.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/print.h"
#include "base/utf8.h"
#include "guest/affinity.h"
#include "guest/build_cost.h"
#include "guest/guest.h"

#define PAGE_BYTES 4096u

/* ---- labels ------------------------------------------------------------- */

/* A label's value is UTF-8, in which only these three are escaped. */
static void put_label(FILE *f, const char *key, const char *value)
{
    size_t len = strlen(value), num;
    uint32_t code;

    fprintf(f, "%s=\"", key);
    for (; len; value += num, len -= num) {
        num = vnuma__utf8_decode(value, len, &code);
        if (!num)
            fputs("\ufffd", f);
        else if (code == '\n')
            fputs("\\n", f);
        else
            fprintf(f, "%s%.*s", code == '"' || code == '\\' ? "\\" : "",
                    (int)num, value);
        num = num ? num : 1;
    }
    fputc('"', f);
}

/* Writes NAME{domid="3",domain="web" and leaves the brace open. */
static void put_domid(FILE *f, const char *name, const vnuma_domain *domain)
{
    fprintf(f, "%s{domid=\"%" PRIu32 "\",", name, domain->domid);
    put_label(f, "domain", domain->name);
}

/* Likewise, with labels that a guest keeps when it reboots. */
static void put_uuid(FILE *f, const char *name, const vnuma_domain *domain)
{
    fprintf(f, "%s{", name);
    put_label(f, "domain", domain->name);
    fputc(',', f);
    put_label(f, "uuid", domain->uuid);
}

typedef void labels_fn(FILE *f, const char *name, const vnuma_domain *domain);

/* ---- domains ------------------------------------------------------------ */

static int put_promised(FILE *f, const char *name, const vnuma_domain *domain,
                        labels_fn *labels, unsigned int unit)
{
    vnuma_bitmap pnodes;
    uint32_t pnode;
    int rc;

    vnuma_bitmap_init(&pnodes);
    rc = vnuma__domain_promised(domain, &pnodes);
    VNUMA_BITMAP_FOREACH(pnode, &pnodes) {
        labels(f, name, domain);
        fprintf(f, ",pnode=\"%" PRIu32 "\"} %" PRIu64 "\n", pnode,
                vnuma__domain_promised_on(domain, pnode) * unit);
    }
    vnuma_bitmap_dispose(&pnodes);
    return rc;
}

static int put_resident(FILE *f, const char *name, const vnuma_domain *domain,
                        labels_fn *labels, unsigned int unit)
{
    unsigned int i;

    for (i = 0; domain->counted && i < domain->num_pages; i++) {
        labels(f, name, domain);
        fprintf(f, ",pnode=\"%" PRIu32 "\"} %" PRIu64 "\n",
                domain->pages[i].pnode, domain->pages[i].num_pages * unit);
    }
    return 0;
}

static int put_stray(FILE *f, const char *name, const vnuma_domain *domain,
                     labels_fn *labels, unsigned int unit)
{
    if (domain->stray_pages == VNUMA_PAGES_UNKNOWN)
        return 0;
    labels(f, name, domain);
    fprintf(f, "} %" PRIu64 "\n", domain->stray_pages * unit);
    return 0;
}

static int put_drift(FILE *f, const char *name, const vnuma_domain *domain,
                     labels_fn *labels, unsigned int unit)
{
    labels(f, name, domain);
    fprintf(f, "} %u\n", domain->num_drift * unit);
    return 0;
}

static int put_info(FILE *f, const char *name, const vnuma_domain *domain,
                    labels_fn *labels, unsigned int unit)
{
    labels(f, name, domain);
    fprintf(f, ",domid=\"%" PRIu32 "\"} %u\n", domain->domid, unit);
    return 0;
}

/* What the series of a name are made of. */
typedef struct {
    const char *name, *help;
    int (*put)(FILE *f, const char *name, const vnuma_domain *domain,
               labels_fn *labels, unsigned int unit);
    labels_fn *labels;
    unsigned int unit;
} domain_metric;

static const domain_metric domain_metrics[] = {
    { "xen_vnuma_domain_promised_pages",
      "Pages of 4 KiB promised to a domain on a node of the host.",
      put_promised, put_domid, 1 },
    { "xen_vnuma_domain_resident_pages",
      "Pages of a domain on a node of the host, by Xen's count.", put_resident,
      put_domid, 1 },
    { "xen_vnuma_domain_stray_pages",
      "Pages of a domain elsewhere than promised, by Xen's count.", put_stray,
      put_domid, 1 },
    { "xen_vnuma_domain_drift",
      "Remarks that xl-vnuma show makes on a domain's placement.", put_drift,
      put_domid, 1 },
    { "xen_vnuma_domain_info", "Which domid a domain has now.", put_info,
      put_uuid, 1 },
    { "xen_vnuma_domain_promised_bytes",
      "Memory promised to a domain on a node of the host.", put_promised,
      put_uuid, PAGE_BYTES },
    { "xen_vnuma_domain_resident_bytes",
      "Memory of a domain on a node of the host, by Xen's count.",
      put_resident, put_uuid, PAGE_BYTES },
};

/*
 * By UUID a domain has series if it has one, and if no later domain has the
 * same UUID and name: of a guest that was destroyed several times, remains
 * without a name may wait for their last page.
 */
static bool has_labels(const vnuma_domains *domains, unsigned int index,
                       labels_fn *labels)
{
    const vnuma_domain *domain = &domains->items[index], *later;
    unsigned int i;

    if (labels == put_domid)
        return true;
    if (!domain->uuid || !*domain->uuid)
        return false;
    for (i = index + 1; i < domains->num_items; i++) {
        later = &domains->items[i];
        if (later->uuid && !strcmp(later->uuid, domain->uuid) &&
            !strcmp(later->name, domain->name))
            return false;
    }
    return true;
}

/* ---- the largest guest -------------------------------------------------- */

static int compare_rooms(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x < *y) - (*x > *y);
}

/*
 * Free memory of the pnodes on which a guest's vcpus may run that names no
 * pool and no CPUs, the largest first; as plan/model.c sees them.
 */
static int find_rooms(const vnuma_topology *topology, uint64_t *rooms,
                      unsigned int *num_r)
{
    const vnuma_config any = { .name = NULL };
    vnuma__pool_kind kind;
    vnuma_bitmap pool;
    unsigned int i;
    uint32_t pcpu;
    bool runs;
    int rc;

    *num_r = 0;
    vnuma_bitmap_init(&pool);
    rc = vnuma__pool_pcpus(&any, topology, &pool, &kind);
    for (i = 0; !rc && i < topology->num_pnodes; i++) {
        const vnuma_pnode *pnode = &topology->pnodes[i];

        runs = false;
        VNUMA_BITMAP_FOREACH(pcpu, &pnode->pcpus)
            runs |= vnuma_bitmap_test(&pool, pcpu);
        if (runs && pnode->memkb)
            rooms[(*num_r)++] = pnode->free_memkb == VNUMA_MEMKB_UNKNOWN
                                    ? 0
                                    : vnuma__clip_memkb(pnode->free_memkb);
    }
    vnuma_bitmap_dispose(&pool);
    qsort(rooms, *num_r, sizeof(*rooms), compare_rooms);
    return rc;
}

static bool holds(const uint64_t *rooms, unsigned int num, uint64_t memkb)
{
    uint64_t part =
        vnuma__build_part(vnuma__build_memkb(num * memkb, num), num);

    return memkb + part <= rooms[num - 1] &&
           memkb + part + VNUMA__SPECIAL_MEMKB <= rooms[0];
}

/*
 * The largest size, in whole MiB, of each of @num vnodes with a vcpu and a
 * pnode of its own.  This is what a plan finds, and needs no search: such
 * vnodes can be swapped, so they go to the roomiest pnodes, and vnode 0, which
 * needs most, to the first of them.
 */
static uint64_t largest_mib(const uint64_t *rooms, unsigned int num)
{
    uint64_t low = 0, high = rooms[num - 1] / 1024, middle;

    while (low < high) {
        middle = low + (high - low + 1) / 2;
        if (holds(rooms, num, middle * 1024))
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* ---- the host ----------------------------------------------------------- */

typedef struct {
    const vnuma_topology *topology;
    uint64_t time;
} host;

static int put_of_node(FILE *f, const char *name, const vnuma_pnode *pnode,
                       uint64_t value)
{
    return fprintf(f, "%s{pnode=\"%" PRIu32 "\"} %" PRIu64 "\n", name,
                   pnode->pnode, value);
}

static int put_free(FILE *f, const char *name, const host *h)
{
    unsigned int i;

    for (i = 0; i < h->topology->num_pnodes; i++)
        if (h->topology->pnodes[i].free_memkb != VNUMA_MEMKB_UNKNOWN)
            put_of_node(f, name, &h->topology->pnodes[i],
                        h->topology->pnodes[i].free_memkb * 1024);
    return 0;
}

static int put_size(FILE *f, const char *name, const host *h)
{
    unsigned int i;

    for (i = 0; i < h->topology->num_pnodes; i++)
        if (h->topology->pnodes[i].memkb != VNUMA_MEMKB_UNKNOWN)
            put_of_node(f, name, &h->topology->pnodes[i],
                        h->topology->pnodes[i].memkb * 1024);
    return 0;
}

static int put_cpus(FILE *f, const char *name, const host *h)
{
    unsigned int i;

    for (i = 0; i < h->topology->num_pnodes; i++)
        put_of_node(f, name, &h->topology->pnodes[i],
                    vnuma_bitmap_count(&h->topology->pnodes[i].pcpus));
    return 0;
}

static int put_distances(FILE *f, const char *name, const host *h)
{
    unsigned int num = h->topology->num_pnodes, i, j;

    for (i = 0; i < num; i++)
        for (j = 0; j < num; j++) {
            uint32_t distance = h->topology->distances[(size_t)i * num + j];

            if (distance != VNUMA_DISTANCE_UNKNOWN)
                fprintf(f,
                        "%s{pnode=\"%" PRIu32 "\",to=\"%" PRIu32 "\"} %" PRIu32
                        "\n",
                        name, h->topology->pnodes[i].pnode,
                        h->topology->pnodes[j].pnode, distance);
        }
    return 0;
}

static int put_largest(FILE *f, const char *name, const host *h)
{
    uint64_t *rooms = calloc(h->topology->num_pnodes + 1, sizeof(*rooms));
    unsigned int num = 0, i;
    int rc;

    rc = rooms ? find_rooms(h->topology, rooms, &num) : VNUMA_ERROR_NOMEM;
    for (i = 1; !rc && i <= num && i <= VNUMA_MAX_VNODES; i++)
        fprintf(f, "%s{vnodes=\"%u\"} %" PRIu64 "\n", name, i,
                largest_mib(rooms, i) << 20);
    free(rooms);
    return rc;
}

static int put_time(FILE *f, const char *name, const host *h)
{
    if (h->time)
        fprintf(f, "%s %" PRIu64 "\n", name, h->time);
    return 0;
}

static const struct {
    const char *name, *help;
    int (*put)(FILE *f, const char *name, const host *h);
} host_metrics[] = {
    { "xen_vnuma_node_free_bytes", "Free memory of a node of the host.",
      put_free },
    { "xen_vnuma_node_size_bytes", "Memory of a node of the host.", put_size },
    { "xen_vnuma_node_cpus", "CPUs of a node of the host.", put_cpus },
    { "xen_vnuma_node_distance",
      "Distance between nodes of the host; 10 is the node itself.",
      put_distances },
    { "xen_vnuma_largest_vnode_bytes",
      "Largest size with which a guest of so many equal vnodes fits, each "
      "with a vcpu and a node of its own.",
      put_largest },
    { "xen_vnuma_report_timestamp_seconds",
      "When these metrics were read, in seconds since 1970.", put_time },
};

/* ---- the whole ---------------------------------------------------------- */

static void put_head(FILE *f, const char *name, const char *help)
{
    fprintf(f, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static int put_domains(FILE *f, const domain_metric *m,
                       const vnuma_domains *domains)
{
    unsigned int i;
    int rc = 0;

    put_head(f, m->name, m->help);
    for (i = 0; i < domains->num_items && !rc; i++)
        if (has_labels(domains, i, m->labels))
            rc = m->put(f, m->name, &domains->items[i], m->labels, m->unit);
    return rc;
}

char *vnuma_domains_to_metrics(const vnuma_domains *domains,
                               const vnuma_topology *topology)
{
    const host h = { topology, domains->time };
    vnuma__print out;
    unsigned int i;
    int rc = 0;
    FILE *f;

    f = vnuma__print_begin(&out);
    if (!f)
        return NULL;
    for (i = 0; i < sizeof(domain_metrics) / sizeof(*domain_metrics) && !rc;
         i++)
        rc = put_domains(f, &domain_metrics[i], domains);
    for (i = 0; i < sizeof(host_metrics) / sizeof(*host_metrics) && !rc; i++) {
        put_head(f, host_metrics[i].name, host_metrics[i].help);
        rc = host_metrics[i].put(f, host_metrics[i].name, &h);
    }
    return vnuma__print_end(&out, rc);
}
