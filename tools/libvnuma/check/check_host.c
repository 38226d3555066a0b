/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks of vnodes against the host. */
#include "config.h"

#include "check/check.h"
#include "host/topology.h"

#include <inttypes.h>
#include <stdlib.h>

/* Adds a hint such as "WHAT: 0-7"; no hint when there is no memory for it. */
static void hint_pnodes(const vnuma__checking *c, const char *what,
                        bool (*is_wanted)(const vnuma_pnode *pnode))
{
    char *text = vnuma__topology_list(c->topology, is_wanted);

    if (text)
        vnuma__hint(c->diags, "%s: %s", what, text);
    free(text);
}

static bool has_pcpus(const vnuma_pnode *pnode)
{
    return vnuma_bitmap_count(&pnode->pcpus);
}

static bool has_memory(const vnuma_pnode *pnode)
{
    return pnode->memkb && pnode->memkb != VNUMA_MEMKB_UNKNOWN;
}

/* Xen's own limit is known without a host. */
static int check_pnode_unknown(const vnuma__checking *c)
{
    unsigned int i;

    for (i = 0; i < c->config->num_vnodes; i++) {
        vnuma_number pnode = c->config->vnodes[i].pnode;

        if (pnode.value == VNUMA_PNODE_AUTO || vnuma__is_enough(c->diags))
            continue;
        if (c->topology && !vnuma_topology_find(c->topology, pnode.value)) {
            vnuma__error(c->diags, c->id, pnode.span,
                         "the host has no pnode %" PRIu64, pnode.value);
            hint_pnodes(c, "the host's pnodes", NULL);
        } else if (!c->topology && pnode.value >= VNUMA_MAX_PNODES) {
            vnuma__error(c->diags, c->id, pnode.span,
                         "pnode %" PRIu64
                         " cannot be: Xen has at most %u, 0 to %u",
                         pnode.value, VNUMA_MAX_PNODES, VNUMA_MAX_PNODES - 1);
        }
    }
    return 0;
}

static int check_pnode_no_cpus(const vnuma__checking *c)
{
    unsigned int i;

    for (i = 0; i < c->config->num_vnodes; i++) {
        const vnuma_vnode *vnode = &c->config->vnodes[i];
        const vnuma_pnode *pnode = vnuma__check_pnode(c, vnode);

        if (!pnode || has_pcpus(pnode) || !vnode->num_vcpu_ranges)
            continue;
        vnuma__error(c->diags, c->id, vnode->vcpus_span,
                     "vnode %u has vcpus, but its pnode %" PRIu32
                     " has no CPUs",
                     i, pnode->pnode);
        vnuma__related(c->diags, vnode->pnode.span, "pnode= is here");
        hint_pnodes(c, "leave out vcpus= here, or take a pnode with CPUs",
                    has_pcpus);
    }
    return 0;
}

static int check_pnode_no_memory(const vnuma__checking *c)
{
    unsigned int i;

    for (i = 0; i < c->config->num_vnodes; i++) {
        const vnuma_vnode *vnode = &c->config->vnodes[i];
        const vnuma_pnode *pnode = vnuma__check_pnode(c, vnode);

        if (!pnode || pnode->memkb ||
            (vnuma__is_given(vnode->memkb.span) && !vnode->memkb.value))
            continue;
        vnuma__error(c->diags, c->id, vnode->pnode.span,
                     "pnode %" PRIu32 " has no memory for vnode %u",
                     pnode->pnode, i);
        hint_pnodes(c, "pnodes with memory", has_memory);
    }
    return 0;
}

/* ---- memory ------------------------------------------------------------- */

static bool knows_free(const vnuma_topology *topology)
{
    bool known = true;
    unsigned int i;

    for (i = 0; i < topology->num_pnodes; i++)
        known &= topology->pnodes[i].free_memkb != VNUMA_MEMKB_UNKNOWN;
    return known;
}

/*
 * Whether there is a placement, the planner knows.  Distances decide nothing
 * of that; vcpus of vnodes that name a pnode have checks of their own, and
 * where vcpus have mistakes, memory alone is asked for.
 */
static int check_no_fit(const vnuma__checking *c)
{
    bool without_cpus =
        c->config->unsound & (VNUMA_ABOUT_VCPUS | VNUMA_ABOUT_CPUS);
    vnuma_config config = *c->config;
    vnuma_plan *plan = NULL;
    unsigned int v;
    int rc = VNUMA_ERROR_NOMEM;

    if (!c->topology || !knows_free(c->topology) ||
        !(config.num_vnodes || config.vnuma_auto))
        return 0;
    config.vnodes = calloc(config.num_vnodes + 1, sizeof(*config.vnodes));
    if (config.vnodes) {
        for (v = 0; v < config.num_vnodes; v++) {
            vnuma_vnode *vnode = &config.vnodes[v];

            *vnode = c->config->vnodes[v];
            vnode->num_distances = 0;
            if (without_cpus || vnode->pnode.value != VNUMA_PNODE_AUTO)
                vnode->vcpus = (vnuma_bitmap){ 0 };
        }
        rc = vnuma_plan_build(&config, c->topology, NULL, &plan, c->diags);
    }
    vnuma_plan_free(plan);
    free(config.vnodes);
    return rc == VNUMA_ERROR_NOMEM ? rc : 0;
}

/* ---- vnodes on one pnode ------------------------------------------------ */

/* The first vnode before this one on the same pnode, or NULL. */
static const vnuma_vnode *find_earlier_on_pnode(const vnuma_config *config,
                                                unsigned int i)
{
    unsigned int j;

    for (j = 0; j < i; j++)
        if (config->vnodes[j].pnode.value == config->vnodes[i].pnode.value)
            return &config->vnodes[j];
    return NULL;
}

static int check_pnode_shared(const vnuma__checking *c)
{
    const vnuma_config *config = c->config;
    unsigned int i;

    for (i = 0; i < config->num_vnodes; i++) {
        const vnuma_vnode *vnode = &config->vnodes[i], *other;

        if (vnode->pnode.value == VNUMA_PNODE_AUTO)
            continue;
        other = find_earlier_on_pnode(config, i);
        if (!other)
            continue;
        vnuma__warning(c->diags, c->id, vnode->pnode.span,
                       "vnode %u is on pnode %" PRIu64 ", where vnode %u is",
                       i, vnode->pnode.value,
                       (unsigned int)(other - config->vnodes));
        vnuma__related(c->diags, other->pnode.span, "first used here");
    }
    return 0;
}

/* Reported at the last vnode on the pnode. */
static void check_pnode_vcpus(const vnuma__checking *c,
                              const vnuma_pnode *pnode)
{
    unsigned int num_pcpus = vnuma_bitmap_count(&pnode->pcpus), vcpus = 0, i;
    const vnuma_vnode *last = NULL;

    for (i = 0; i < c->config->num_vnodes; i++) {
        const vnuma_vnode *vnode = &c->config->vnodes[i];

        if (vnode->pnode.value != pnode->pnode || !vnode->num_vcpu_ranges)
            continue;
        vcpus += vnuma_bitmap_count(&vnode->vcpus);
        last = vnode;
    }
    if (!last || !num_pcpus || vcpus <= num_pcpus)
        return;
    vnuma__warning(c->diags, c->id, last->vcpus_span,
                   "there are %u vcpus on pnode %" PRIu32
                   ", which has %u pcpus",
                   vcpus, pnode->pnode, num_pcpus);
    vnuma__hint(c->diags, "they will take turns; another vnode may have room");
}

/* xl counts the vcpus of all vnodes and requires maxvcpus= for so many. */
static int check_vcpus_above_host(const vnuma__checking *c)
{
    uint32_t vcpus = vnuma_config_max_vcpus(c->config);
    vnuma_span span = vnuma__guest_max_vcpus_span(c->config);
    unsigned int i, pcpus = 0;

    if (!c->topology || c->config->maxvcpus.span.source)
        return 0;
    for (i = 0; i < c->topology->num_pnodes; i++)
        pcpus += vnuma_bitmap_count(&c->topology->pnodes[i].pcpus);
    if (vcpus <= pcpus)
        return 0;
    vnuma__error(c->diags, c->id, span.source ? span : c->config->vnodes_span,
                 "the guest has %" PRIu32 " vcpus, the host has %u pcpus, and "
                 "there is no maxvcpus=",
                 vcpus, pcpus);
    vnuma__hint(c->diags, "if that is meant, write maxvcpus = %" PRIu32 " too",
                vcpus);
    vnuma__fix(c->diags, vnuma__after(c->config->vnodes_span),
               "\nmaxvcpus = %" PRIu32, vcpus);
    return 0;
}

static int check_pcpu_overcommit(const vnuma__checking *c)
{
    unsigned int i;

    for (i = 0; c->topology && i < c->topology->num_pnodes; i++)
        check_pnode_vcpus(c, &c->topology->pnodes[i]);
    return 0;
}

/* ---- devices ------------------------------------------------------------ */

static bool is_listed(const vnuma_topology *topology,
                      const vnuma_guest_pcidev *wanted)
{
    unsigned int i;

    for (i = 0; i < topology->num_pcidevs; i++)
        if (vnuma__is_that_device(wanted, &topology->pcidevs[i]))
            return true;
    return false;
}

/* Many texts of hosts list no devices; then nothing is known about them. */
static int check_pci_unknown(const vnuma__checking *c)
{
    unsigned int i;

    if (!c->topology || !c->topology->num_pcidevs)
        return 0;
    for (i = 0; i < c->config->num_pcidevs; i++) {
        const vnuma_guest_pcidev *pcidev = &c->config->pcidevs[i];

        if (is_listed(c->topology, pcidev) || vnuma__is_enough(c->diags))
            continue;
        vnuma__note(c->diags, c->id, pcidev->span,
                    "the host does not list this PCI device, so no pnode is "
                    "known to be near it");
        vnuma__hint(c->diags, "the devices it lists are in \"xl info -n\", "
                              "under \"device topology\"");
    }
    return 0;
}

const vnuma__check vnuma__host_checks[] = {
    CHECK("pnode-unknown", ERROR, GUEST, VNODES, PNODE,
          "a pnode that the host does not have", check_pnode_unknown),
    CHECK("pnode-no-cpus", ERROR, HOST, VNODES, VCPUS,
          "vcpus on a pnode without CPUs", check_pnode_no_cpus),
    CHECK("pnode-no-memory", ERROR, REST, VNODES, PNODE,
          "a vnode on a pnode without memory", check_pnode_no_memory),
    CHECK("vcpus-above-host", ERROR, HOST, VCPUS | MAXVCPUS | VNODES, VCPUS,
          "more vcpus than the host has pcpus, without maxvcpus=",
          check_vcpus_above_host),
    CHECK("no-fit", ERROR, HOST, SIZE | MEMORY | PNODE | VNODES | FIT | POLICY,
          SIZE, "a pnode has too little free memory", check_no_fit),
    CHECK("pnode-shared", WARNING, ADVICE, PNODE | VNODES, 0,
          "two vnodes are on one pnode", check_pnode_shared),
    CHECK("pcpu-overcommit", WARNING, ADVICE, PNODE | VCPUS | VNODES, 0,
          "more vcpus than CPUs on a pnode", check_pcpu_overcommit),
    CHECK("pci-unknown", NOTE, ADVICE, 0, 0,
          "pci= has a device that the host does not list", check_pci_unknown),
    { { NULL } },
};
