/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks of vnodes against the host. */
#include "config.h"

#include "check/check.h"
#include "guest/config_files.h"
#include "host/topology.h"

#include <inttypes.h>
#include <stdlib.h>

/* Adds a hint such as "WHAT: 0-7". */
static void hint_pnodes(const vnuma__checking *c, const char *what,
                        bool (*is_wanted)(const vnuma_pnode *pnode))
{
    char *text = vnuma__topology_list(c->topology, is_wanted);

    if (text)
        hint(c, "%s: %s", what, text);
    else
        c->diags->lost = true;
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
static void check_pnode_unknown(vnuma__checking *c, unsigned int i)
{
    vnuma_number pnode = c->config->vnodes[i].pnode;

    if (pnode.value == VNUMA_PNODE_AUTO)
        return;
    if (c->topology && !vnuma_topology_find(c->topology, pnode.value)) {
        report(c, pnode.span, "the host has no pnode %" PRIu64, pnode.value);
        hint_pnodes(c, "the host's pnodes", NULL);
    } else if (!c->topology && pnode.value >= VNUMA_MAX_PNODES) {
        report(c, pnode.span,
               "pnode %" PRIu64 " cannot be: Xen has at most %u, 0 to %u",
               pnode.value, VNUMA_MAX_PNODES, VNUMA_MAX_PNODES - 1);
    }
}

static void check_pnode_no_cpus(vnuma__checking *c, unsigned int i)
{
    const vnuma_vnode *vnode = &c->config->vnodes[i];
    const vnuma_pnode *pnode = vnuma__check_pnode(c, vnode);

    if (!pnode || has_pcpus(pnode) || !vnode->num_vcpu_ranges)
        return;
    report(c, vnode->vcpus_span,
           "vnode %u has vcpus, but its pnode %" PRIu32 " has no CPUs", i,
           pnode->pnode);
    related(c, vnode->pnode.span, "pnode= is here");
    hint_pnodes(c, "leave out vcpus= here, or take a pnode with CPUs",
                has_pcpus);
}

static void check_pnode_no_memory(vnuma__checking *c, unsigned int i)
{
    const vnuma_vnode *vnode = &c->config->vnodes[i];
    const vnuma_pnode *pnode = vnuma__check_pnode(c, vnode);

    if (!pnode || pnode->memkb ||
        (vnuma__is_given(vnode->memkb.span) && !vnode->memkb.value))
        return;
    report(c, vnode->pnode.span,
           "pnode %" PRIu32 " has no memory for vnode %u", pnode->pnode, i);
    hint_pnodes(c, "pnodes with memory", has_memory);
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
static void check_no_fit(vnuma__checking *c)
{
    bool without_cpus =
        c->config->unsound & (VNUMA_ABOUT_VCPUS | VNUMA_ABOUT_CPUS);
    vnuma_config config = *c->config;
    vnuma_plan *plan = NULL;
    unsigned int v;

    if (!c->topology || !knows_free(c->topology))
        return;
    config.vnodes = calloc(config.num_vnodes + 1, sizeof(*config.vnodes));
    for (v = 0; config.vnodes && v < config.num_vnodes; v++) {
        vnuma_vnode *vnode = &config.vnodes[v];

        *vnode = c->config->vnodes[v];
        vnode->num_distances = 0;
        if (without_cpus || vnode->pnode.value != VNUMA_PNODE_AUTO)
            vnode->vcpus = (vnuma_bitmap){ 0 };
    }
    if (!config.vnodes || vnuma_plan_build(&config, c->topology, NULL, &plan,
                                           c->diags) == VNUMA_ERROR_NOMEM)
        c->rc = VNUMA_ERROR_NOMEM;
    vnuma_plan_free(plan);
    free(config.vnodes);
}

/* ---- vnodes on one pnode ------------------------------------------------ */

/* Reported at the later one. */
static void check_pnode_shared(vnuma__checking *c, unsigned int i)
{
    const vnuma_vnode *vnodes = c->config->vnodes;
    vnuma_number pnode = vnodes[i].pnode;
    unsigned int first = 0;

    while (vnodes[first].pnode.value != pnode.value)
        first++;
    if (pnode.value == VNUMA_PNODE_AUTO || first == i)
        return;
    report(c, pnode.span,
           "%s %u is on pnode %" PRIu64 ", where %s %u is",
           vnuma__node_word(c), i, pnode.value, vnuma__node_word(c), first);
    related(c, vnodes[first].pnode.span, "first used here");
}

/* Reported at the last vnode with vcpus on the pnode. */
static void check_pcpu_overcommit(vnuma__checking *c, unsigned int i)
{
    const vnuma_vnode *vnodes = c->config->vnodes;
    const vnuma_pnode *pnode = vnuma__check_pnode(c, &vnodes[i]);
    unsigned int num_pcpus, vcpus = 0, last = i, j;

    if (!pnode)
        return;
    num_pcpus = vnuma_bitmap_count(&pnode->pcpus);
    for (j = 0; j < c->config->num_vnodes; j++)
        if (vnodes[j].pnode.value == pnode->pnode &&
            vnodes[j].num_vcpu_ranges) {
            vcpus += vnuma_bitmap_count(&vnodes[j].vcpus);
            last = j;
        }
    if (last != i || !num_pcpus || vcpus <= num_pcpus)
        return;
    report(c, vnodes[i].vcpus_span,
           "there are %u vcpus on pnode %" PRIu32 ", which has %u pcpus",
           vcpus, pnode->pnode, num_pcpus);
    hint(c, "they will take turns; another vnode may have room");
}

/* xl counts the vcpus of all vnodes and requires maxvcpus= for so many. */
static void check_vcpus_above_host(vnuma__checking *c)
{
    uint32_t vcpus = vnuma_config_max_vcpus(c->config);
    vnuma_span span = vnuma__guest_max_vcpus(c->config).number.span;
    unsigned int i, pcpus = 0;

    if (!c->topology || c->config->maxvcpus.span.source)
        return;
    for (i = 0; i < c->topology->num_pnodes; i++)
        pcpus += vnuma_bitmap_count(&c->topology->pnodes[i].pcpus);
    if (vcpus <= pcpus)
        return;
    report(c, span.source ? span : c->config->vnodes_span,
           "the guest has %" PRIu32
           " vcpus, the host has %u pcpus, and there is no maxvcpus=",
           vcpus, pcpus);
    hint(c, "if that is meant, write maxvcpus = %" PRIu32 " too", vcpus);
    fix(c, vnuma__after(c->config->vnodes_span), "\nmaxvcpus = %" PRIu32,
        vcpus);
}

/* ---- how fast memory is ------------------------------------------------- */

/* Many texts of hosts cannot have one; create refuses it on the host. */
static void check_hmat_host(vnuma__checking *c)
{
    if (!c->topology || !vnuma__hmat_is_hosts(c->config) ||
        vnuma__hmat_is_known(&c->topology->hmat))
        return;
    report(c, c->config->hmat.span,
           "this host has no HMAT that the guest could get");
    hint(c, "a live host's JSON has it, or name a file with one: "
            "xl_vnuma_hmat = \"FILE\"");
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
static void check_pci_unknown(vnuma__checking *c)
{
    unsigned int i;

    if (!c->topology || !c->topology->num_pcidevs)
        return;
    for (i = 0; i < c->config->num_pcidevs; i++) {
        const vnuma_guest_pcidev *pcidev = &c->config->pcidevs[i];

        if (is_listed(c->topology, pcidev))
            continue;
        report(c, pcidev->span,
               "the host does not list this PCI device, so no pnode is known "
               "to be near it");
        hint(c, "the devices it lists are in \"xl info -n\", under \"device "
                "topology\"");
    }
}

const vnuma__check vnuma__host_checks[] = {
    CHECK("pnode-unknown", ERROR, GUEST, VNODES, PNODE,
          "a pnode that the host does not have", .each = check_pnode_unknown),
    CHECK("pnode-no-cpus", ERROR, HOST, VNODES, VCPUS,
          "vcpus on a pnode without CPUs", .each = check_pnode_no_cpus),
    CHECK("pnode-no-memory", ERROR, REST, VNODES, PNODE,
          "a vnode on a pnode without memory", .each = check_pnode_no_memory),
    CHECK("vcpus-above-host", ERROR, HOST, VCPUS | MAXVCPUS | VNODES, VCPUS,
          "more vcpus than the host has pcpus, without maxvcpus=",
          check_vcpus_above_host),
    CHECK("no-fit", ERROR, HOST, SIZE | MEMORY | PNODE | VNODES | FIT | POLICY,
          SIZE, "a pnode has too little free memory", check_no_fit),
    CHECK("pnode-shared", WARNING, ADVICE, PNODE | VNODES, 0,
          "two vnodes are on one pnode", .each = check_pnode_shared,
          .any = true),
    CHECK("pcpu-overcommit", WARNING, ADVICE, PNODE | VCPUS | VNODES, 0,
          "more vcpus than CPUs on a pnode", .each = check_pcpu_overcommit),
    /* FIT: what plans the guest says it with more severity. */
    CHECK("hmat-host", WARNING, ADVICE, FIT, 0,
          "the guest is to get the host's HMAT, and there is none",
          check_hmat_host),
    CHECK("pci-unknown", NOTE, ADVICE, 0, 0,
          "pci= has a device that the host does not list", check_pci_unknown),
    { { NULL } },
};
