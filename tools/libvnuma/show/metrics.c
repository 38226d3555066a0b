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

#include "base/mask.h"
#include "base/print.h"
#include "base/utf8.h"
#include "guest/affinity.h"
#include "guest/build_cost.h"
#include "guest/guest.h"

#define PAGE_BYTES 4096u

/* ---- labels ------------------------------------------------------------- */

/*
 * A label's value is UTF-8, in which only three characters are escaped; what a
 * terminal may not be shown has no form that it may be.
 */
static void put_label(FILE *f, const char *key, const char *value)
{
    size_t len = strlen(value), num;
    bool is_safe;

    fprintf(f, "%s=\"", key);
    for (; len; value += num, len -= num) {
        num = vnuma__utf8_next(value, len, &is_safe);
        if (*value == '\n')
            fputs("\\n", f);
        else if (!is_safe)
            fputs("\ufffd", f);
        else
            fprintf(f, "%s%.*s", strchr("\"\\", *value) ? "\\" : "",
                    (int)num, value);
    }
    fputc('"', f);
}

typedef struct metric metric;

/*
 * What the series of a name are made of: of each domain, or of the host, or
 * else when they were read.
 */
struct metric {
    const char *name, *help;
    void (*put_domain)(FILE *f, const metric *m, const vnuma_domain *domain);
    int (*put_host)(FILE *f, const metric *m, const vnuma_topology *topology);
    unsigned int unit;
    bool is_by_uuid; /* by labels that a guest keeps when it reboots */
    enum { FREE, SIZE, CPUS } of_pnode;
};

/* Writes NAME{domid="3",domain="web" and leaves the brace open. */
static void begin_series(FILE *f, const metric *m, const vnuma_domain *domain)
{
    fprintf(f, "%s{", m->name);
    if (!m->is_by_uuid)
        fprintf(f, "domid=\"%" PRIu32 "\",", domain->domid);
    put_label(f, "domain", domain->name);
    if (m->is_by_uuid) {
        fputc(',', f);
        put_label(f, "uuid", domain->uuid);
    }
}

/* ---- domains ------------------------------------------------------------ */

static void put_pages(FILE *f, const metric *m, const vnuma_domain *domain,
                      uint32_t pnode, uint64_t pages)
{
    begin_series(f, m, domain);
    fprintf(f, ",pnode=\"%" PRIu32 "\"} %" PRIu64 "\n", pnode,
            pages * m->unit);
}

static void put_promised(FILE *f, const metric *m, const vnuma_domain *domain)
{
    uint64_t pnodes = vnuma__domain_promised(domain);
    uint32_t pnode;

    while (pnodes) {
        pnode = vnuma__take_lowest(&pnodes);
        put_pages(f, m, domain, pnode,
                  vnuma__domain_promised_on(domain, pnode));
    }
}

static void put_resident(FILE *f, const metric *m, const vnuma_domain *domain)
{
    unsigned int i;

    for (i = 0; domain->counted && i < domain->num_pages; i++)
        put_pages(f, m, domain, domain->pages[i].pnode,
                  domain->pages[i].num_pages);
}

static void put_stray(FILE *f, const metric *m, const vnuma_domain *domain)
{
    if (domain->stray_pages == VNUMA_PAGES_UNKNOWN)
        return;
    begin_series(f, m, domain);
    fprintf(f, "} %" PRIu64 "\n", domain->stray_pages);
}

static void put_drift(FILE *f, const metric *m, const vnuma_domain *domain)
{
    begin_series(f, m, domain);
    fprintf(f, "} %u\n", domain->num_drift);
}

static void put_info(FILE *f, const metric *m, const vnuma_domain *domain)
{
    begin_series(f, m, domain);
    fprintf(f, ",domid=\"%" PRIu32 "\"} 1\n", domain->domid);
}

/*
 * By UUID a domain has series if it has one, and if no later domain has the
 * same UUID and name: of a guest that was destroyed several times, remains
 * without a name may wait for their last page.
 */
static bool has_labels(const vnuma_domains *domains, unsigned int index,
                       const metric *m)
{
    const vnuma_domain *domain = &domains->items[index], *later;
    unsigned int i;

    if (!m->is_by_uuid)
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
    vnuma_bitmap pool = { 0 };
    unsigned int i;
    uint32_t pcpu;
    bool runs;
    int rc;

    *num_r = 0;
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

/*
 * The largest size, in whole MiB, of each of @num vnodes with a vcpu and a
 * pnode of its own.  This is what a plan finds, and needs no search: such
 * vnodes can be swapped, so they go to the roomiest pnodes, and vnode 0, which
 * needs most, to the first of them.
 */
static uint64_t largest_mib(const uint64_t *rooms, unsigned int num)
{
    uint64_t low = 0, high = rooms[num - 1] / 1024, middle, memkb;

    while (low < high) {
        middle = low + (high - low + 1) / 2;
        memkb = vnuma__build_memkb(num * middle * 1024, num);
        memkb = middle * 1024 + vnuma__build_part(memkb, num);
        if (memkb <= rooms[num - 1] &&
            memkb + VNUMA__SPECIAL_MEMKB <= rooms[0])
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* ---- the host ----------------------------------------------------------- */

static int put_pnodes(FILE *f, const metric *m, const vnuma_topology *topology)
{
    unsigned int i;

    for (i = 0; i < topology->num_pnodes; i++) {
        const vnuma_pnode *pnode = &topology->pnodes[i];
        const uint64_t values[] = {
            [FREE] = pnode->free_memkb,
            [SIZE] = pnode->memkb,
            [CPUS] = vnuma_bitmap_count(&pnode->pcpus),
        };

        if (values[m->of_pnode] != VNUMA_MEMKB_UNKNOWN)
            fprintf(f, "%s{pnode=\"%" PRIu32 "\"} %" PRIu64 "\n", m->name,
                    pnode->pnode, values[m->of_pnode] * m->unit);
    }
    return 0;
}

static int put_distances(FILE *f, const metric *m,
                         const vnuma_topology *topology)
{
    const uint32_t *distance = topology->distances;
    unsigned int i, j;

    for (i = 0; i < topology->num_pnodes; i++)
        for (j = 0; j < topology->num_pnodes; j++, distance++)
            if (*distance != VNUMA_DISTANCE_UNKNOWN)
                fprintf(f,
                        "%s{pnode=\"%" PRIu32 "\",to=\"%" PRIu32 "\"} %" PRIu32
                        "\n",
                        m->name, topology->pnodes[i].pnode,
                        topology->pnodes[j].pnode, *distance);
    return 0;
}

static int put_largest(FILE *f, const metric *m,
                       const vnuma_topology *topology)
{
    uint64_t rooms[VNUMA_MAX_PNODES] = { 0 };
    unsigned int num, i;
    int rc = find_rooms(topology, rooms, &num);

    for (i = 1; !rc && i <= num && i <= VNUMA_MAX_VNODES; i++)
        fprintf(f, "%s{vnodes=\"%u\"} %" PRIu64 "\n", m->name, i,
                largest_mib(rooms, i) << 20);
    return rc;
}

/* ---- the whole ---------------------------------------------------------- */

static const metric metrics[] = {
    { "xen_vnuma_domain_promised_pages",
      "Pages of 4 KiB promised to a domain on a node of the host.",
      .put_domain = put_promised, .unit = 1 },
    { "xen_vnuma_domain_resident_pages",
      "Pages of a domain on a node of the host, by Xen's count.",
      .put_domain = put_resident, .unit = 1 },
    { "xen_vnuma_domain_stray_pages",
      "Pages of a domain elsewhere than promised, by Xen's count.",
      .put_domain = put_stray },
    { "xen_vnuma_domain_drift",
      "Remarks that xl-vnuma show makes on a domain's placement.",
      .put_domain = put_drift },
    { "xen_vnuma_domain_info", "Which domid a domain has now.",
      .put_domain = put_info, .is_by_uuid = true },
    { "xen_vnuma_domain_promised_bytes",
      "Memory promised to a domain on a node of the host.",
      .put_domain = put_promised, .unit = PAGE_BYTES, .is_by_uuid = true },
    { "xen_vnuma_domain_resident_bytes",
      "Memory of a domain on a node of the host, by Xen's count.",
      .put_domain = put_resident, .unit = PAGE_BYTES, .is_by_uuid = true },
    { "xen_vnuma_node_free_bytes", "Free memory of a node of the host.",
      .put_host = put_pnodes, .unit = 1024, .of_pnode = FREE },
    { "xen_vnuma_node_size_bytes", "Memory of a node of the host.",
      .put_host = put_pnodes, .unit = 1024, .of_pnode = SIZE },
    { "xen_vnuma_node_cpus", "CPUs of a node of the host.",
      .put_host = put_pnodes, .unit = 1, .of_pnode = CPUS },
    { "xen_vnuma_node_distance",
      "Distance between nodes of the host; 10 is the node itself.",
      .put_host = put_distances },
    { "xen_vnuma_largest_vnode_bytes",
      "Largest size with which a guest of so many equal vnodes fits, each "
      "with a vcpu and a node of its own.",
      .put_host = put_largest },
    { "xen_vnuma_report_timestamp_seconds",
      "When these metrics were read, in seconds since 1970." },
};

static int put_metric(FILE *f, const metric *m, const vnuma_domains *domains,
                      const vnuma_topology *topology)
{
    unsigned int i;

    fprintf(f, "# HELP %s %s\n# TYPE %s gauge\n", m->name, m->help, m->name);
    if (m->put_host)
        return m->put_host(f, m, topology);
    if (!m->put_domain && domains->time)
        fprintf(f, "%s %" PRIu64 "\n", m->name, domains->time);
    for (i = 0; m->put_domain && i < domains->num_items; i++)
        if (has_labels(domains, i, m))
            m->put_domain(f, m, &domains->items[i]);
    return 0;
}

char *vnuma_domains_to_metrics(const vnuma_domains *domains,
                               const vnuma_topology *topology)
{
    vnuma__print out;
    unsigned int i;
    int rc = 0;

    if (!vnuma__print_begin(&out))
        return NULL;
    for (i = 0; i < sizeof(metrics) / sizeof(metrics[0]) && !rc; i++)
        rc = put_metric(out.f, &metrics[i], domains, topology);
    return vnuma__print_end(&out, rc);
}
