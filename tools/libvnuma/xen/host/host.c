/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The live host: Xen's nodes, CPUs and PCI devices, as the same value that a
 * recorded host gives.  Its facts are the lines of "xl info", in xl's order,
 * so that printing the value gives xl's own text.
 */
#include "config.h"

#include "base/grow.h"
#include "host/topology.h"
#include "show/domains.h"
#include "tables/machine.h"
#include "xen/host/handle.h"

#include <inttypes.h>
#include <libxl_utils.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

typedef struct {
    vnuma_topology *t;
    int rc; /* the first failure; the rest is skipped */
} facts;

/* Takes over the value, which is NULL where a table of "xl info -n" stands. */
static void add_line(facts *f, const char *key, char *value)
{
    char *copy = f->rc ? NULL : strdup(key); /* the caller has it */

    if (copy && VNUMA__GROW(f->t->facts, f->t->num_facts)) {
        f->t->facts[f->t->num_facts++] = (vnuma_fact){ copy, value };
        return;
    }
    f->rc = VNUMA_ERROR_NOMEM;
    free(copy);
    free(value);
}

__attribute__((format(printf, 3, 4))) static void
add_fact(facts *f, const char *key, const char *format, ...)
{
    char *value;
    va_list args;

    va_start(args, format);
    if (vasprintf(&value, format, args) < 0)
        f->rc = VNUMA_ERROR_NOMEM;
    else
        add_line(f, key, value);
    va_end(args);
}

static void add_machine_facts(facts *f)
{
    struct utsname uts;

    if (uname(&uts))
        return;
    add_fact(f, "host", "%s", uts.nodename);
    add_fact(f, "release", "%s", uts.release);
    add_fact(f, "version", "%s", uts.version);
    add_fact(f, "machine", "%s", uts.machine);
}

static void add_physical_facts(facts *f, const libxl_physinfo *info)
{
    static const struct {
        size_t offset;
        const char *name;
    } caps[] = {
        { offsetof(libxl_physinfo, cap_pv), " pv" },
        { offsetof(libxl_physinfo, cap_hvm), " hvm" },
        { offsetof(libxl_physinfo, cap_hvm_directio), " hvm_directio" },
        { offsetof(libxl_physinfo, cap_hap), " hap" },
        { offsetof(libxl_physinfo, cap_shadow), " shadow" },
        { offsetof(libxl_physinfo, cap_iommu_hap_pt_share),
          " iommu_hap_pt_share" },
        { offsetof(libxl_physinfo, cap_gnttab_v1), " gnttab-v1" },
        { offsetof(libxl_physinfo, cap_gnttab_v2), " gnttab-v2" },
    };
    char names[160] = "";
    unsigned int i;

    for (i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
        if (*(const bool *)((const char *)info + caps[i].offset))
            strcat(names, caps[i].name);

    add_fact(f, "nr_cpus", "%" PRIu32, info->nr_cpus);
    add_fact(f, "max_cpu_id", "%" PRIu32, info->max_cpu_id);
    add_fact(f, "nr_nodes", "%" PRIu32, info->nr_nodes);
    add_fact(f, "cores_per_socket", "%" PRIu32, info->cores_per_socket);
    add_fact(f, "threads_per_core", "%" PRIu32, info->threads_per_core);
    add_fact(f, "cpu_mhz", "%" PRIu32 ".%03" PRIu32, info->cpu_khz / 1000,
             info->cpu_khz % 1000);
    add_fact(f, "hw_caps", "%08x:%08x:%08x:%08x:%08x:%08x:%08x:%08x",
             info->hw_cap[0], info->hw_cap[1], info->hw_cap[2],
             info->hw_cap[3], info->hw_cap[4], info->hw_cap[5],
             info->hw_cap[6], info->hw_cap[7]);
    add_fact(f, "virt_caps", "%s", names[0] ? names + 1 : "");
}

static void add_memory_facts(facts *f, const libxl_physinfo *info,
                             const libxl_version_info *version)
{
    uint64_t per_mib;

    if (version->pagesize <= 0 || version->pagesize > 1 << 20)
        return;
    per_mib = (1 << 20) / version->pagesize;
    add_fact(f, "total_memory", "%" PRIu64, info->total_pages / per_mib);
    add_fact(f, "free_memory", "%" PRIu64,
             (info->free_pages - info->outstanding_pages) / per_mib);
    add_fact(f, "sharing_freed_memory", "%" PRIu64,
             info->sharing_freed_pages / per_mib);
    add_fact(f, "sharing_used_memory", "%" PRIu64,
             info->sharing_used_frames / per_mib);
    add_fact(f, "outstanding_claims", "%" PRIu64,
             info->outstanding_pages / per_mib);
}

/* CPUs in no cpupool. */
static void add_free_cpus(facts *f, vnuma_xen *xen)
{
    libxl_bitmap cpus;

    libxl_bitmap_init(&cpus);
    if (!libxl_get_freecpus(xen->ctx, &cpus))
        add_fact(f, "free_cpus", "%d", libxl_bitmap_count_set(&cpus));
    libxl_bitmap_dispose(&cpus);
}

static void add_version_facts(facts *f, vnuma_xen *xen,
                              const libxl_version_info *v)
{
    libxl_scheduler scheduler = libxl_get_scheduler(xen->ctx);

    add_fact(f, "xen_major", "%d", v->xen_version_major);
    add_fact(f, "xen_minor", "%d", v->xen_version_minor);
    add_fact(f, "xen_extra", "%s", v->xen_version_extra);
    add_fact(f, "xen_version", "%d.%d%s", v->xen_version_major,
             v->xen_version_minor, v->xen_version_extra);
    add_fact(f, "xen_caps", "%s", v->capabilities);
    if ((int)scheduler >= 0)
        add_fact(f, "xen_scheduler", "%s",
                 libxl_scheduler_to_string(scheduler));
    add_fact(f, "xen_pagesize", "%d", v->pagesize);
    add_fact(f, "platform_params", "virt_start=0x%" PRIx64, v->virt_start);
    add_fact(f, "xen_changeset", "%s", v->changeset);
    add_fact(f, "xen_commandline", "%s", v->commandline);
    add_fact(f, "cc_compiler", "%s", v->compiler);
    add_fact(f, "cc_compile_by", "%s", v->compile_by);
    add_fact(f, "cc_compile_domain", "%s", v->compile_domain);
    add_fact(f, "cc_compile_date", "%s", v->compile_date);
    add_fact(f, "build_id", "%s", v->build_id);
    add_fact(f, "xend_config_format", "4"); /* always the last */
}

static int get_facts(vnuma_xen *xen, vnuma_topology *t, uint32_t *max_cpu_id,
                     vnuma_diags *diags)
{
    const libxl_version_info *version;
    facts f = { .t = t };
    libxl_physinfo info;

    libxl_physinfo_init(&info);
    version = libxl_get_version_info(xen->ctx);
    if (!version || libxl_get_physinfo(xen->ctx, &info)) {
        f.rc = vnuma__xen_failed(xen, diags, "asking Xen about the host");
    } else {
        *max_cpu_id = info.max_cpu_id;
        add_machine_facts(&f);
        add_physical_facts(&f, &info);
        add_memory_facts(&f, &info, version);
        add_free_cpus(&f, xen);
        /* The tables of "xl info -n" stand here. */
        add_line(&f, "cpu_topology", NULL);
        add_line(&f, "device topology", NULL);
        add_line(&f, "numa_info", NULL);
        add_version_facts(&f, xen, version);
    }
    libxl_physinfo_dispose(&info);
    return f.rc;
}

/* A host may know no nodes of its devices, which is not a failure. */
static int get_pcidevs(vnuma_xen *xen, vnuma_topology *t)
{
    int i, num_devs = 0;
    libxl_pcitopology *devs = libxl_get_pci_topology(xen->ctx, &num_devs);

    xen->log.last[0] = '\0';
    if (!devs)
        return 0;
    t->pcidevs = calloc(num_devs + 1, sizeof(*t->pcidevs));
    for (i = 0; t->pcidevs && i < num_devs; i++)
        if (devs[i].node != LIBXL_PCITOPOLOGY_INVALID_ENTRY)
            t->pcidevs[t->num_pcidevs++] = (vnuma_pcidev){
                .segment = devs[i].seg,
                .bus = devs[i].bus,
                .device = devs[i].devfn >> 3 & 0x1f,
                .function = devs[i].devfn & 7,
                .pnode = devs[i].node,
            };
    libxl_pcitopology_list_free(devs, num_devs);
    return t->pcidevs ? 0 : VNUMA_ERROR_NOMEM;
}

/* ---- pools and load ----------------------------------------------------- */

/*
 * libxl asks for one pool after the other, so a CPU that is moved meanwhile
 * may be in two answers: the first counts.
 */
static int get_pools(vnuma_xen *xen, vnuma_topology *t, vnuma_diags *diags)
{
    unsigned int p, pcpu;
    int num = 0, rc;
    libxl_cpupoolinfo *pools = libxl_list_cpupool(xen->ctx, &num);

    if (!pools)
        return vnuma__xen_failed(xen, diags, "asking Xen for its cpupools");
    t->pools = calloc(num + 1, sizeof(*t->pools));
    rc = t->pools ? 0 : VNUMA_ERROR_NOMEM;
    for (p = 0; !rc && p < (unsigned int)num && p < VNUMA__MAX_POOLS; p++) {
        t->pools[p].poolid = pools[p].poolid;
        t->pools[p].name = strdup(pools[p].pool_name);
        rc = t->pools[p].name ? 0 : VNUMA_ERROR_NOMEM;
        t->num_pools++;
    }
    for (pcpu = 0; !rc && pcpu < t->num_pcpus; pcpu++)
        for (p = 0; p < t->num_pools; p++)
            if (libxl_bitmap_test(&pools[p].cpumap, t->pcpus[pcpu].pcpu)) {
                rc = vnuma_bitmap_set(&t->pools[p].pcpus, t->pcpus[pcpu].pcpu);
                break;
            }
    libxl_cpupoolinfo_list_free(pools, num);
    return rc;
}

static int add_domain(vnuma_xen *xen, const vnuma_topology *t,
                      const libxl_dominfo *info, uint64_t *parts)
{
    vnuma_domain domain = { .domid = info->domid };
    const vnuma_bitmap *pool = NULL;
    unsigned int i;
    int rc;

    for (i = 0; i < t->num_pools; i++)
        if (t->pools[i].poolid == info->cpupool)
            pool = &t->pools[i].pcpus;
    rc = vnuma__get_vcpus(xen, &domain, info->vcpu_max_id);
    for (i = 0; i < domain.num_vcpus; i++)
        if (domain.vcpus[i].online)
            vnuma__load_add(t, &domain.vcpus[i].hard,
                            pool ? pool : &domain.vcpus[i].hard, parts);
    vnuma__domain_dispose(&domain);
    return rc;
}

static int get_load(vnuma_xen *xen, uint32_t without, vnuma_topology *t,
                    vnuma_diags *diags)
{
    uint64_t *parts = calloc(t->num_pcpus + 1, sizeof(*parts));
    int i, num = 0, rc = parts ? 0 : VNUMA_ERROR_NOMEM;
    libxl_dominfo *list = libxl_list_domain(xen->ctx, &num);

    if (!list && !rc)
        rc = vnuma__xen_failed(xen, diags, "asking Xen for its domains");
    for (i = 0; list && i < num && !rc; i++)
        if (list[i].domid != without && !list[i].dying)
            rc = add_domain(xen, t, &list[i], parts);
    if (!rc)
        vnuma__load_finish(t, parts);
    /* A domain that has gone is not an error. */
    xen->log.last[0] = '\0';
    if (list)
        libxl_dominfo_list_free(list, num);
    free(parts);
    return rc;
}

/* ---- how fast memory is ------------------------------------------------- */

#define TABLES "/sys/firmware/acpi/tables"

/*
 * By the tables of the machine, which dom0's Linux shows although its nodes
 * are not its own.  That they are wrong costs no guest anything.
 */
static int get_hmat(vnuma_topology *t, vnuma_diags *diags)
{
    uint32_t domains[VNUMA_MAX_PNODES];
    vnuma_source source = { 0 };
    vnuma_dom0_srat srat;
    const char *wrong = NULL;
    unsigned int i;
    int rc = vnuma_source_read(&source, TABLES "/SRAT");
    bool is_known = !rc && vnuma_dom0_srat_parse((const uint8_t *)source.text,
                                                 source.len, &srat);

    vnuma_source_dispose(&source);
    for (i = 0; is_known && i < t->num_pnodes; i++) {
        is_known = t->pnodes[i].pnode < srat.num_pxms;
        domains[i] = is_known ? srat.pxms[t->pnodes[i].pnode] : 0;
    }
    if (rc == VNUMA_ERROR_NOMEM || !is_known)
        return rc == VNUMA_ERROR_NOMEM ? rc : 0;
    rc = vnuma__machine_hmat(TABLES, domains, t->num_pnodes, &t->hmat, &wrong);
    if (wrong)
        vnuma__warning(diags, "host-hmat", VNUMA__NOWHERE,
                       "the host's HMAT is not used: %s", wrong);
    return rc == VNUMA_ERROR_NOMEM ? rc : 0;
}

int vnuma_xen_get_topology(vnuma_xen *xen, vnuma_topology **topology_r,
                           vnuma_diags *diags)
{
    return vnuma_xen_get_topology_without(xen, VNUMA_ID_UNKNOWN, topology_r,
                                          diags);
}

int vnuma_xen_get_topology_without(vnuma_xen *xen, uint32_t domid,
                                   vnuma_topology **topology_r,
                                   vnuma_diags *diags)
{
    vnuma_topology *topology = calloc(1, sizeof(*topology));
    uint32_t max_cpu_id = 0;
    int rc;

    if (!topology)
        return VNUMA_ERROR_NOMEM;
    rc = get_facts(xen, topology, &max_cpu_id, diags);
    if (!rc) {
        rc = vnuma__host_tables(xen->xch, max_cpu_id, topology);
        if (rc == VNUMA_ERROR_XEN)
            vnuma__xen_failed(xen, diags, "asking Xen about nodes and CPUs");
    }
    if (!rc)
        rc = get_pcidevs(xen, topology);
    if (!rc)
        rc = get_pools(xen, topology, diags);
    if (!rc)
        rc = get_load(xen, domid, topology, diags);
    if (!rc)
        rc = get_hmat(topology, diags);
    if (rc)
        vnuma_topology_free(topology);
    else
        *topology_r = topology;
    return rc;
}
