/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks of guests of KVM in every form: nodes, vcpus, memory, distances, and
 * all of them against the host. */
#include "config.h"

#include "check/check_kvm.h"

#include <assert.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/topology.h"

const vnuma__form_words vnuma__words_of[] = {
    [VNUMA__FORM_QEMU] = { "-m",
                           "-smp",
                           "-numa node",
                           { "default", "preferred", "bind", "interleave",
                             "default" } },
    [VNUMA__FORM_LIBVIRT] = { "<memory>",
                              "<vcpu>",
                              "<cell>",
                              { "default", "preferred", "strict", "interleave",
                                "restrictive" } },
    [VNUMA__FORM_PROXMOX] = { "memory:",
                              "sockets: and cores:",
                              "numaN:",
                              { "default", "preferred", "bind", "interleave",
                                "default" } },
};

vnuma__amount_text vnuma__amount(uint64_t bytes)
{
    vnuma__amount_text text;

    if (bytes % (1 << 20) == 0)
        snprintf(text.s, sizeof(text.s), "%" PRIu64 " MiB", bytes >> 20);
    else if (bytes % (1 << 10) == 0)
        snprintf(text.s, sizeof(text.s), "%" PRIu64 " KiB", bytes >> 10);
    else
        snprintf(text.s, sizeof(text.s), "%" PRIu64 " bytes", bytes);
    return text;
}

void vnuma__report_findings(const vnuma__checking *c,
                            const vnuma__finding *findings, unsigned int num)
{
    const vnuma__finding *row;

    for (row = findings; row < findings + num; row++) {
        if (!row->applies)
            continue;
        report_as(c,
                  row->is_warning ? VNUMA_SEVERITY_WARNING : c->info->severity,
                  row->span, "%s", row->message);
        if (row->hint)
            hint(c, "%s", row->hint);
    }
}

/* ---- nodes -------------------------------------------------------------- */

static void check_node_twice(vnuma__checking *c)
{
    const vnuma__kvm_node *node, *first;

    for (node = KVM(c)->nodes; node; node = node->next) {
        if (node->id.value >= c->config->num_vnodes)
            continue;
        first = KVM(c)->by_id[node->id.value];
        if (first == node)
            continue;
        report(c, node->id.span.source ? node->id.span : node->span,
               "node %" PRIu64 " is given twice", node->id.value);
        related(c, first->span, "first given here");
        if (!vnuma__is_given(node->id.span))
            hint(c, "without a number it gets that of the nodes so far: "
                    "number all of them");
    }
}

static void check_node_missing(vnuma__checking *c)
{
    const vnuma__kvm_node *node;
    unsigned int v;

    for (v = 0; v < c->config->num_vnodes; v++)
        if (!KVM(c)->by_id[v]) {
            report(c, c->config->vnodes_span,
                   "there is a node %u, but no node %u",
                   c->config->num_vnodes - 1, v);
            hint(c,
                 "nodes are numbered 0 to n-1: add node %u, or change the "
                 "numbers",
                 v);
        }
    for (node = KVM(c)->nodes; node; node = node->next)
        if (node->id.value >= VNUMA_MAX_VNODES) {
            report(c, node->span,
                   "node %" PRIu64 ": vnuma knows nodes 0 to %u",
                   node->id.value, VNUMA_MAX_VNODES - 1);
            return;
        }
}

/* ---- vcpus -------------------------------------------------------------- */

static void check_vcpu_beyond(vnuma__checking *c, unsigned int i)
{
    const vnuma_vnode *vnode = &c->config->vnodes[i];
    uint64_t max = c->config->maxvcpus.value;
    unsigned int j;

    for (j = 0; j < vnode->num_vcpu_ranges; j++) {
        const vnuma_vcpu_range *range = &vnode->vcpu_ranges[j];

        if (range->last < max || vnuma__is_enough(c->diags))
            continue;
        report(c, range->span,
               "vcpu %" PRIu32 " of node %u does not exist: there are %" PRIu64
               ", counted from 0",
               range->first < max ? (uint32_t)max : range->first, i, max);
        related(c, c->config->maxvcpus.span, "%s is here", WORDS(c)->vcpus);
        if (KVM(c)->form == VNUMA__FORM_PROXMOX)
            hint(c, "these are the guest's CPUs; those of the host are in "
                    "hostnodes= and affinity:");
        else
            hint(c, "write %s for %" PRIu32 " vcpus, or other numbers here",
                 WORDS(c)->vcpus, range->last + 1);
    }
}

/* QEMU warns of it, and libvirt says nothing. */
static void check_vcpu_missing(vnuma__checking *c)
{
    const vnuma__range *loose = KVM(c)->loose.first;
    char list[32];

    if (!loose)
        return;
    snprintf(list, sizeof(list),
             loose->first == loose->last ? "%" PRIu32 : "%" PRIu32 "-%" PRIu32,
             loose->first, loose->last);
    report(c, c->config->maxvcpus.span,
           "no node names vcpu%s %s%s, so node 0 gets %s",
           loose->first == loose->last ? "" : "s", list,
           loose->next ? " and others" : "",
           loose->first == loose->last && !loose->next ? "it" : "them");
    related(c, c->config->vnodes_span, "the nodes are here");
    if (KVM(c)->form == VNUMA__FORM_LIBVIRT)
        hint(c, "add cpus='%s' to a <cell>; %s", list, SINCE(LOOSE_VCPUS));
    else
        hint(c, "add cpus=%s to a node: it will be refused one day", list);
}

/* The node of a vcpu; if there are nodes, each has one. */
static unsigned int node_of(const vnuma__checking *c, uint32_t vcpu)
{
    unsigned int v = 0;

    while (v < c->config->num_vnodes &&
           !vnuma_bitmap_test(&c->config->vnodes[v].vcpus, vcpu))
        v++;
    return v;
}

/* Linux warns, and schedules such a core as if it were in one node. */
static void check_core_split(vnuma__checking *c)
{
    uint32_t max = (uint32_t)c->config->maxvcpus.value, vcpu;
    unsigned int here, there;

    for (vcpu = 1; vcpu < max; vcpu++) {
        here = node_of(c, vcpu - 1);
        there = node_of(c, vcpu);
        if (here == there ||
            vnuma__kvm_core(KVM(c), vcpu - 1) != vnuma__kvm_core(KVM(c), vcpu))
            continue;
        assert(there < c->config->num_vnodes);
        report(c, c->config->vnodes[there].vcpus_span,
               "vcpus %" PRIu32 " and %" PRIu32
               " are threads of one core, in nodes %u and %u",
               vcpu - 1, vcpu, here, there);
        related(c, c->config->maxvcpus.span, "%s is here", WORDS(c)->vcpus);
        hint(c, "a guest's threads are numbered next to each other: 0 and 1 "
                "are core 0, not 0 and N as on most hosts");
        return;
    }
}

/*
 * Whether the vcpus are so many blocks of the same size.
 * @node: one that has some
 */
static bool are_blocks(const vnuma__checking *c, unsigned int node,
                       uint32_t *size_r)
{
    uint32_t max = (uint32_t)c->config->maxvcpus.value, vcpu, size;
    unsigned int num = 1, v;

    for (v = 0; v < c->config->num_vnodes; v++)
        num += v != node && vnuma_bitmap_count(&c->config->vnodes[v].vcpus);
    if (max % num)
        return false;
    *size_r = size = max / num;
    for (vcpu = 0; vcpu < max; vcpu++)
        if (node_of(c, vcpu) != node_of(c, vcpu - vcpu % size))
            return false;
    return true;
}

static void check_socket_split(vnuma__checking *c)
{
    uint32_t max = (uint32_t)c->config->maxvcpus.value, vcpu, size;
    uint64_t threads = KVM(c)->smp.level[THREADS];
    unsigned int here, there;

    for (vcpu = 1; vcpu < max; vcpu++) {
        here = node_of(c, vcpu - 1);
        there = node_of(c, vcpu);
        if (here == there ||
            vnuma__kvm_socket(KVM(c), vcpu - 1) !=
                vnuma__kvm_socket(KVM(c), vcpu) ||
            vnuma__kvm_core(KVM(c), vcpu - 1) == vnuma__kvm_core(KVM(c), vcpu))
            continue;
        assert(there < c->config->num_vnodes);
        report(c, c->config->vnodes[there].vcpus_span,
               "vcpus %" PRIu32 " and %" PRIu32
               " are of one socket, in nodes %u and %u",
               vcpu - 1, vcpu, here, there);
        if (are_blocks(c, there, &size) && size % threads == 0)
            hint(c,
                 "sockets that agree: sockets=%" PRIu32 ",cores=%" PRIu64
                 ",threads=%" PRIu64,
                 max / size, size / threads, threads);
        return;
    }
}

/*
 * Linux numbers nodes as it meets them in the SRAT, which names vcpus first
 * and memory after them.
 */
static void check_node_order(vnuma__checking *c)
{
    uint32_t max = (uint32_t)c->config->maxvcpus.value, vcpu = 0;
    unsigned int next = 0, v = 0;

    for (; vcpu < max && v <= next; vcpu++) {
        v = node_of(c, vcpu);
        next += v == next;
    }
    if (v <= next)
        return;
    report(c, c->config->vnodes[v].vcpus_span,
           "Linux in the guest calls this its node %u, and not %u: it numbers "
           "nodes by their first vcpus",
           next, v);
    hint(c,
         "number nodes in the order of their vcpus, and last those that "
         "have none%s%s",
         KVM(c)->hmats ? "; " : "", KVM(c)->hmats ? SINCE(HMAT_ROWS) : "");
}

/* ---- memory ------------------------------------------------------------- */

/* @memory: of one node or of all; what stands there has the same mistake. */
static void report_policy(const vnuma__checking *c,
                          const vnuma__backend *memory)
{
    const char *word = WORDS(c)->policies[memory->policy.value];
    bool has_nodes = vnuma__set_is_given(&memory->pnodes);

    if (!has_nodes && memory->policy.value != VNUMA__KVM_DEFAULT) {
        report(c, memory->policy.span, "%s needs the host's nodes", word);
        hint(c, "add the host's nodes, as in 0 or 0-1");
    } else if (has_nodes && memory->policy.value == VNUMA__KVM_DEFAULT) {
        report(c, memory->pnodes.span,
               "host nodes need a policy; without one memory is from any "
               "node");
        hint(c, "add the policy %s, preferred or interleave",
             WORDS(c)->policies[VNUMA__KVM_STRICT]);
    }
}

/* libvirt's <memory>, which counts for cells without a <memnode>. */
static bool is_that_of_all(const vnuma__checking *c,
                           const vnuma__backend *memory)
{
    return memory->policy.span.start == KVM(c)->all.policy.span.start &&
           memory->pnodes.span.start == KVM(c)->all.pnodes.span.start;
}

static void check_policy_nodes(vnuma__checking *c)
{
    const vnuma__backend *memory;
    const vnuma__kvm_node *node;

    for (memory = KVM(c)->backends; memory; memory = memory->next)
        report_policy(c, memory);
    for (node = KVM(c)->nodes; node; node = node->next)
        if (node->backend && KVM(c)->form != VNUMA__FORM_QEMU &&
            !is_that_of_all(c, node->backend))
            report_policy(c, node->backend);
    report_policy(c, &KVM(c)->all);
}

/* ---- distances ---------------------------------------------------------- */

/* A node of a distance that QEMU comes to only after it; or NULL. */
static const vnuma__kvm_node *late_node(const vnuma__checking *c,
                                        const vnuma__kvm_dist *dist)
{
    const vnuma__kvm_node *from = KVM(c)->by_id[dist->from.value];
    const vnuma__kvm_node *to = KVM(c)->by_id[dist->to.value];

    if (from && from->span.start > dist->span.start)
        return from;
    return to && to->span.start > dist->span.start ? to : NULL;
}

static void check_dist_nodes(vnuma__checking *c)
{
    const vnuma__kvm_dist *dist;
    unsigned int num = c->config->num_vnodes;

    for (dist = KVM(c)->dists; dist; dist = dist->next) {
        const vnuma_number *wrong =
            dist->from.value >= num ? &dist->from : &dist->to;
        const vnuma__kvm_node *late = NULL;

        if (KVM(c)->form == VNUMA__FORM_QEMU && wrong->value < num)
            late = late_node(c, dist);
        if (!vnuma__is_given(dist->from.span) ||
            !vnuma__is_given(dist->to.span) ||
            !vnuma__is_given(dist->value.span)) {
            report(c, dist->span,
                   "a distance is from a node, to a node, and "
                   "a value");
            hint(c, "write src=0,dst=1,val=20");
        } else if (wrong->value >= num) {
            report(c, wrong->span, "there is no node %" PRIu64, wrong->value);
            hint(c, "the nodes are 0 to %u", num - 1);
        } else if (late) {
            report(c, dist->span, "there is no node %" PRIu64 " yet",
                   late->id.value);
            related(c, late->span, "it is only here");
            hint(c, "-numa node stands before -numa dist");
        }
    }
}

static void check_dist_local(vnuma__checking *c)
{
    const vnuma__kvm_dist *dist;

    for (dist = KVM(c)->dists; dist; dist = dist->next)
        if (dist->from.value == dist->to.value &&
            dist->value.value != VNUMA_DISTANCE_LOCAL) {
            report(c, dist->value.span,
                   "the distance of node %" PRIu64 " to itself is %" PRIu64
                   ", but must be 10",
                   dist->from.value, dist->value.value);
            fix(c, dist->value.span, "10");
        }
}

static void check_dist_too_small(vnuma__checking *c)
{
    const vnuma__kvm_dist *dist;

    for (dist = KVM(c)->dists; dist; dist = dist->next) {
        bool is_ten = dist->value.value == VNUMA_DISTANCE_LOCAL;

        if (dist->from.value == dist->to.value ||
            dist->value.value > VNUMA_DISTANCE_LOCAL)
            continue;
        report_as(c,
                  is_ten && KVM(c)->form == VNUMA__FORM_QEMU
                      ? VNUMA_SEVERITY_WARNING
                      : VNUMA_SEVERITY_ERROR,
                  dist->value.span,
                  "the distance of node %" PRIu64 " to node %" PRIu64
                  " is %" PRIu64 "%s",
                  dist->from.value, dist->to.value, dist->value.value,
                  is_ten ? ": Linux then drops the whole table"
                         : ", but must be more than 10");
        hint(c, "write %u to %u", VNUMA_DISTANCE_LOCAL + 1,
             VNUMA_DISTANCE_MAX);
    }
}

/* ---- the host ----------------------------------------------------------- */

static bool has_memory(const vnuma__checking *c, uint32_t p)
{
    const vnuma_pnode *pnode = vnuma_topology_find(c->topology, p);

    return pnode && pnode->memkb;
}

/* Linux takes what is there of several; the others want each. */
static bool is_one_enough(const vnuma__checking *c, const vnuma__set *pnodes)
{
    uint32_t p = 0;

    while (p < 1024 && !(vnuma__set_has(pnodes, p) && has_memory(c, p)))
        p++;
    return p < 1024 && KVM(c)->form == VNUMA__FORM_QEMU;
}

static void report_pnodes(vnuma__checking *c, const vnuma__backend *memory)
{
    uint32_t p;
    char *list;

    for (p = 0; c->topology && p < 1024; p++) {
        if (!vnuma__set_has(&memory->pnodes, p))
            continue;
        if (has_memory(c, p))
            continue;
        report_as(c,
                  is_one_enough(c, &memory->pnodes) ? VNUMA_SEVERITY_WARNING
                                                    : VNUMA_SEVERITY_ERROR,
                  memory->pnodes.span,
                  vnuma_topology_find(c->topology, p)
                      ? "the host's node %" PRIu32 " has no memory"
                      : "the host has no node %" PRIu32,
                  p);
        list = vnuma__topology_list(c->topology, NULL);
        if (list)
            hint(c, "the host's nodes: %s", list);
        else
            c->diags->lost = true;
        free(list);
        return;
    }
}

/* Without numaN: it gets huge pages on the nodes of the sockets' numbers. */
static void check_proxmox_pnodes(vnuma__checking *c)
{
    const vnuma__kvm_node *node = KVM(c)->nodes;

    if (!c->topology || !node || vnuma__is_given(node->id.span) ||
        !vnuma__is_given(KVM(c)->all.page.span))
        return;
    while (node && vnuma_topology_find(c->topology, (uint32_t)node->id.value))
        node = node->next;
    if (!node)
        return;
    report(c, KVM(c)->all.page.span,
           "the huge pages of socket %" PRIu64
           " are taken from the host's node %" PRIu64 ", which does not exist",
           node->id.value, node->id.value);
    hint(c, "write numaN: with hostnodes=, or fewer sockets:");
}

/* libvirt also wants the nodes of <memory> that no cell uses. */
static void check_pnode_unknown(vnuma__checking *c)
{
    unsigned int i;
    bool is_for_all = KVM(c)->form == VNUMA__FORM_LIBVIRT;

    for (i = 0; i < c->config->num_vnodes; i++) {
        const vnuma__backend *memory = vnuma__kvm_memory(c->config, i);

        if (!is_for_all || !is_that_of_all(c, memory))
            report_pnodes(c, memory);
    }
    if (is_for_all)
        report_pnodes(c, &KVM(c)->all);
    else if (KVM(c)->form == VNUMA__FORM_PROXMOX)
        check_proxmox_pnodes(c);
}

/* Strict memory of all nodes that may only be on pnode @p, in KiB. */
static uint64_t strict_memkb(const vnuma__checking *c, uint32_t p,
                             unsigned int *last_r)
{
    uint64_t memkb = 0;
    unsigned int v;

    for (v = 0; v < c->config->num_vnodes; v++) {
        const vnuma__backend *memory = vnuma__kvm_memory(c->config, v);

        if (memory->policy.value == VNUMA__KVM_STRICT && !memory->page.value &&
            vnuma__set_count(&memory->pnodes) == 1 &&
            vnuma__set_has(&memory->pnodes, p)) {
            memkb += c->config->vnodes[v].memkb.value;
            *last_r = v;
        }
    }
    return memkb;
}

/* Huge pages are not free memory: they were taken from it before. */
static uint64_t ordinary_memkb(const vnuma__checking *c)
{
    uint64_t memkb = c->config->memory_memkb.value;
    unsigned int v;

    for (v = 0; v < c->config->num_vnodes; v++)
        if (vnuma__kvm_memory(c->config, v)->page.value)
            memkb -= c->config->vnodes[v].memkb.value < memkb
                         ? c->config->vnodes[v].memkb.value
                         : memkb;
    return memkb;
}

static void check_fit(vnuma__checking *c)
{
    uint64_t all = 0, memkb, needed = ordinary_memkb(c);
    unsigned int i, last = 0;

    for (i = 0; c->topology && i < c->topology->num_pnodes; i++) {
        const vnuma_pnode *pnode = &c->topology->pnodes[i];

        if (pnode->free_memkb == VNUMA_MEMKB_UNKNOWN)
            return;
        all += pnode->free_memkb;
        memkb = strict_memkb(c, pnode->pnode, &last);
        if (memkb <= pnode->free_memkb || !pnode->memkb) /* said before */
            continue;
        report(c, vnuma__kvm_memory(c->config, last)->pnodes.span,
               "%" PRIu64 " MiB may only be on the host's node %" PRIu32
               ", where %" PRIu64 " MiB are free",
               memkb >> 10, pnode->pnode, pnode->free_memkb >> 10);
        hint(c, "the kernel would end the guest, or swap while other nodes "
                "have memory");
        return;
    }
    if (c->topology && needed > all)
        report(c, c->config->memory_memkb.span,
               "the guest has %" PRIu64 " MiB, and the host %" PRIu64
               " MiB free",
               needed >> 10, all >> 10);
}

const vnuma__check vnuma__kvm_checks[] = {
    CHECK("node-twice", ERROR, GUEST, VNODES, 0, "a node is given twice",
          check_node_twice),
    CHECK("node-missing", ERROR, GUEST, VNODES, 0,
          "the numbers of nodes have a gap", check_node_missing),
    CHECK("vcpu-beyond", ERROR, SUMS, MAXVCPUS | VNODES, VCPUS,
          "a node has a vcpu that the guest does not have",
          .each = check_vcpu_beyond),
    CHECK("vcpu-missing", WARNING, ADVICE, VCPUS | MAXVCPUS | VNODES, 0,
          "a vcpu is in no node", check_vcpu_missing),
    CHECK("core-split", WARNING, ADVICE, VCPUS | MAXVCPUS | VNODES, 0,
          "threads of one core are in two nodes", check_core_split),
    CHECK("socket-split", NOTE, ADVICE, VCPUS | MAXVCPUS | VNODES, 0,
          "vcpus of one socket are in two nodes", check_socket_split),
    CHECK("node-order", NOTE, ADVICE, VCPUS | MAXVCPUS | VNODES, 0,
          "nodes that the guest's Linux numbers otherwise", check_node_order),
    CHECK("policy-nodes", ERROR, GUEST, POLICY, POLICY,
          "a policy without host nodes, or the reverse", check_policy_nodes),
    CHECK("dist-nodes", ERROR, GUEST, VNODES | DISTANCES, DISTANCES,
          "a distance of a node that does not exist", check_dist_nodes),
    CHECK("distance-local", ERROR, SUMS, VNODES | DISTANCES, DISTANCES,
          "a node's distance to itself is not 10", check_dist_local),
    CHECK("distance-too-small", ERROR, SUMS, VNODES | DISTANCES, DISTANCES,
          "a distance between nodes is 10 or less", check_dist_too_small),
    CHECK("pnode-unknown", ERROR, HOST, POLICY, FIT,
          "a node that the host does not have", check_pnode_unknown),
    CHECK("no-fit", ERROR, HOST, FIT | SIZE | MEMORY | POLICY | VNODES, 0,
          "a node of the host has too little free memory", check_fit),
    { { NULL } },
};
