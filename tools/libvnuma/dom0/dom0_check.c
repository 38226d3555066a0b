/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares dom0's limits with each other and with a host. */
#include "config.h"

#include "dom0/dom0.h"

#include <inttypes.h>
#include <stdlib.h>

#include "guest/guest.h"

#define MIB(memkb) ((memkb) >> 10)

typedef struct {
    const vnuma_dom0_limits *limits;
    const vnuma_topology *topology; /* NULL: no host */
    const vnuma_dom0_srat *srat;    /* NULL: not known */
    uint64_t avail_memkb;           /* 0: not known */
    vnuma_dom0_memory memory;       /* only when avail_memkb is known */
    vnuma_diags *diags;
} checking;

/* ---- the host ----------------------------------------------------------- */

uint64_t vnuma_dom0_avail_memkb(const vnuma_topology *topology)
{
    const char *mib = vnuma_topology_fact(topology, "total_memory");
    uint64_t memkb = mib && *mib != '-' ? strtoull(mib, NULL, 10) << 10 : 0;
    unsigned int i;

    if (memkb)
        return memkb;
    for (i = 0; i < topology->num_pnodes; i++)
        if (topology->pnodes[i].memkb != VNUMA_MEMKB_UNKNOWN)
            memkb += topology->pnodes[i].memkb;
    return memkb;
}

static bool has_memory(const vnuma_pnode *pnode)
{
    return pnode->memkb && pnode->memkb != VNUMA_MEMKB_UNKNOWN;
}

static unsigned int num_with_memory(const vnuma_topology *topology)
{
    unsigned int i, num = 0;

    for (i = 0; i < topology->num_pnodes; i++)
        num += has_memory(&topology->pnodes[i]);
    return num;
}

void vnuma_dom0_shift(vnuma_topology *topology, uint64_t now_memkb,
                      uint64_t then_memkb)
{
    unsigned int i, num = num_with_memory(topology);
    bool grows = then_memkb > now_memkb;
    uint64_t part =
        num ? (grows ? then_memkb - now_memkb : now_memkb - then_memkb) / num
            : 0;

    for (i = 0; i < topology->num_pnodes; i++) {
        vnuma_pnode *pnode = &topology->pnodes[i];

        if (!has_memory(pnode) || pnode->free_memkb == VNUMA_MEMKB_UNKNOWN)
            continue;
        if (!grows)
            pnode->free_memkb += part;
        else
            pnode->free_memkb -=
                part < pnode->free_memkb ? part : pnode->free_memkb;
    }
}

uint32_t vnuma__dom0_num_pcpus(const vnuma_dom0_limits *l,
                               const vnuma_topology *topology,
                               const vnuma_dom0_srat *srat)
{
    unsigned int i, j, node;
    uint32_t num = 0, all = 0, pcpus;

    for (i = 0; i < topology->num_pnodes; i++) {
        node = topology->pnodes[i].pnode;
        pcpus = vnuma_bitmap_count(&topology->pnodes[i].pcpus);
        all += pcpus;
        for (j = 0; srat && node < srat->num_pxms && j < l->num_pxms; j++)
            if (srat->pxms[node] == l->pxms[j].value) {
                num += pcpus;
                break;
            }
    }
    return num && !l->relaxed ? num : all; /* Xen ignores unknown ones */
}

/* ---- memory ------------------------------------------------------------- */

static void check_no_mem(checking *c)
{
    if (c->limits->mem.is_given || c->limits->min.is_given ||
        c->limits->max.is_given)
        return;
    vnuma__warning(c->diags, "dom0-no-mem", VNUMA__NOWHERE,
                   "there is no dom0_mem=: dom0 takes all memory of the host "
                   "except 128 MiB");
    vnuma__hint(c->diags, "guests then get what is taken from dom0, on any "
                          "node");
}

static bool is_nothing(const vnuma_dom0_amount *amount)
{
    return amount->is_given && !amount->memkb && !amount->percent;
}

static void check_zero(checking *c)
{
    if (is_nothing(&c->limits->mem) && !c->limits->mem.is_minus)
        vnuma__warning(c->diags, "dom0-zero", c->limits->mem.span,
                       "less than a page: Xen ignores it, and "
                       "dom0 gets all memory that max: allows");
    if (is_nothing(&c->limits->max) && !c->limits->max.is_minus)
        vnuma__error(c->diags, "dom0-zero", c->limits->max.span,
                     "dom0 would get no memory at all");
}

static bool is_plain(const vnuma_dom0_amount *amount)
{
    return amount->is_given && !amount->is_minus && !amount->percent;
}

static void check_no_max(checking *c)
{
    const vnuma_dom0_amount *mem = &c->limits->mem;

    if (!mem->is_given || c->limits->max.is_given)
        return;
    vnuma__warning(c->diags, "dom0-no-max", mem->span,
                   "without max: dom0 may grow to all memory of the host");
    vnuma__hint(c->diags, "add max: with the same size");
    if (is_plain(mem) && mem->memkb)
        vnuma__fix(c->diags, vnuma__after(mem->span), ",max:%.*s",
                   VNUMA__TEXT_ARG(vnuma__span_text(mem->span)));
}

/* Reports @amount if it is more, or less, than @limit. */
static void compare(checking *c, const vnuma_dom0_amount *amount,
                    const vnuma_dom0_amount *limit, bool is_most)
{
    if (!is_plain(amount) || !is_plain(limit) ||
        (is_most ? amount->memkb <= limit->memkb
                 : amount->memkb >= limit->memkb))
        return;
    vnuma__warning(c->diags, "dom0-clamped", amount->span, "%s, which wins",
                   is_most ? "more than max:" : "less than min:");
    vnuma__related(c->diags, limit->span, "%" PRIu64 " MiB",
                   MIB(limit->memkb));
}

static void check_clamped(checking *c)
{
    const vnuma_dom0_limits *l = c->limits;

    compare(c, &l->mem, &l->max, true);
    compare(c, &l->min, &l->max, true);
    if (l->mem.memkb)
        compare(c, &l->mem, &l->min, false);
}

static vnuma_span memory_span(const checking *c)
{
    if (c->limits->mem.is_given)
        return c->limits->mem.span;
    return c->limits->max.is_given ? c->limits->max.span : c->limits->min.span;
}

static void check_small(checking *c)
{
    const vnuma_dom0_amount *mem = &c->limits->mem;
    uint64_t memkb = c->avail_memkb ? c->memory.memkb : mem->memkb;

    if (memkb >= VNUMA_DOM0_FLOOR_MEMKB ||
        (!c->avail_memkb && (!is_plain(mem) || is_nothing(mem))))
        return;
    vnuma__warning(c->diags, "dom0-small", memory_span(c),
                   "dom0 gets %" PRIu64 " MiB: a Linux dom0 needs %" PRIu64
                   " MiB at least",
                   MIB(memkb), (uint64_t)MIB(VNUMA_DOM0_FLOOR_MEMKB));
}

static void check_large_one(checking *c, const vnuma_dom0_amount *amount)
{
    uint64_t memkb;

    if (!amount->is_given)
        return;
    memkb = vnuma__dom0_amount_memkb(amount, c->avail_memkb);
    if (memkb <= c->avail_memkb)
        return;
    if (amount->is_minus)
        vnuma__error(c->diags, "dom0-large", amount->span,
                     "the host has %" PRIu64
                     " MiB: a negative amount remains, "
                     "which Xen reads as all",
                     MIB(c->avail_memkb));
    else
        vnuma__warning(c->diags, "dom0-large", amount->span,
                       "the host has %" PRIu64 " MiB: dom0 gets all of it",
                       MIB(c->avail_memkb));
}

static void check_large(checking *c)
{
    if (!c->avail_memkb)
        return;
    check_large_one(c, &c->limits->mem);
    check_large_one(c, &c->limits->min);
    if (c->limits->max.is_minus)
        check_large_one(c, &c->limits->max);
}

/* ---- nodes and vcpus ---------------------------------------------------- */

static void check_spread(checking *c)
{
    if (!c->topology || c->limits->num_pxms ||
        num_with_memory(c->topology) < 2)
        return;
    vnuma__warning(c->diags, "dom0-spread", VNUMA__NOWHERE,
                   "there is no dom0_nodes=: dom0's memory and vcpus may be "
                   "on any of the host's %u nodes, where guests need them",
                   num_with_memory(c->topology));
    vnuma__hint(c->diags, "dom0_nodes=N keeps dom0 on one node");
}

static void check_known_pxm(checking *c, const vnuma_number *pxm)
{
    const vnuma_dom0_srat *srat = c->srat;
    uint32_t node = 0;

    while (node < srat->num_pxms && srat->pxms[node] != pxm->value)
        node++;
    if (node < srat->num_pxms && node == pxm->value)
        return;
    if (node < srat->num_pxms)
        vnuma__warning(c->diags, "dom0-pxm", pxm->span,
                       "proximity domain %" PRIu64 " is Xen's node %" PRIu32,
                       pxm->value, node);
    else
        vnuma__error(c->diags, "dom0-pxm", pxm->span,
                     "this host has no proximity domain %" PRIu64
                     "; Xen ignores it",
                     pxm->value);
    if (pxm->value < srat->num_pxms)
        vnuma__hint(c->diags,
                    "Xen's node %" PRIu64 " is proximity domain %" PRIu32,
                    pxm->value, srat->pxms[pxm->value]);
}

static void check_pxms(checking *c)
{
    const vnuma_dom0_limits *l = c->limits;
    unsigned int i;

    for (i = 0; i < l->num_pxms; i++) {
        if (c->srat) {
            check_known_pxm(c, &l->pxms[i]);
        } else if (c->topology &&
                   !vnuma_topology_find(c->topology, l->pxms[i].value)) {
            vnuma__warning(c->diags, "dom0-pxm", l->pxms[i].span,
                           "Xen has no node %" PRIu64 " here; this is an ACPI "
                           "proximity domain, which may be right",
                           l->pxms[i].value);
        }
    }
    if (!l->num_pxms || c->srat)
        return;
    vnuma__note(c->diags, "dom0-pxm", l->nodes_span,
                "these are ACPI proximity domains; whether they are Xen's "
                "node numbers cannot be told from here");
    vnuma__hint(c->diags, "run this in dom0, which has the ACPI SRAT");
}

/* The SRAT has the host's nodes, also when Xen shows one. */
static void check_numa(checking *c)
{
    unsigned int num = c->topology ? c->topology->num_pnodes : 0;

    if (c->srat && c->srat->num_pxms > num)
        num = c->srat->num_pxms;
    if (!c->limits->numa_off.source || num < 2)
        return;
    vnuma__warning(c->diags, "dom0-numa", c->limits->numa_off,
                   "Xen takes the host's %u nodes for one", num);
    vnuma__hint(c->diags, "leave it out, so that guests can be placed");
}

static void check_vcpus(checking *c)
{
    const vnuma_dom0_limits *l = c->limits;
    uint32_t pcpus =
        c->topology ? vnuma__dom0_num_pcpus(l, c->topology, c->srat) : 0;
    uint32_t num;

    if (l->min_vcpus > l->max_vcpus)
        vnuma__warning(c->diags, "dom0-vcpus", l->vcpus_span,
                       "the least is more than the most, which wins: %" PRIu32,
                       l->max_vcpus);
    if (l->vcpus_span.source && !l->max_vcpus)
        vnuma__error(c->diags, "dom0-vcpus", l->vcpus_span,
                     "dom0 cannot run without a vcpu");
    if (!pcpus)
        return;
    num = vnuma_dom0_num_vcpus(l, pcpus);
    if (num > pcpus)
        vnuma__warning(c->diags, "dom0-vcpus", l->vcpus_span,
                       "%" PRIu32 " vcpus for the %" PRIu32
                       " pcpus that dom0 may use",
                       num, pcpus);
    if (!l->vcpus_span.source && pcpus > 16) {
        vnuma__note(c->diags, "dom0-vcpus", VNUMA__NOWHERE,
                    "there is no dom0_max_vcpus=: dom0 gets a vcpu for each "
                    "of %" PRIu32 " pcpus",
                    pcpus);
        vnuma__hint(c->diags, "few hosts need more than 16");
    }
}

void vnuma_dom0_check_autoballoon(const vnuma_dom0_limits *limits,
                                  const vnuma_dom0_autoballoon *a,
                                  vnuma_diags *diags)
{
    if (!a->is_on || !limits->has_mem)
        return;
    vnuma__warning(diags, "dom0-autoballoon", a->span,
                   a->is_auto
                       ? "xl does not understand this dom0_mem= and shrinks "
                         "dom0 for new guests, on any node"
                       : "xl shrinks dom0 for new guests, on any node, "
                         "although dom0_mem= is given");
    vnuma__hint(diags, a->is_auto ? "write plain decimal sizes, or "
                                    "autoballoon=\"off\" in xl.conf"
                                  : "write autoballoon=\"off\"");
    if (!a->is_auto)
        vnuma__fix(diags, a->span, "\"off\"");
}

/* ---- all of them -------------------------------------------------------- */

#define INFO(severity, id, summary)                                           \
    {                                                                         \
        id, VNUMA_SEVERITY_##severity, summary                                \
    }

static const vnuma_check_info infos[] = {
    INFO(ERROR, "dom0-unknown",
         "an option that Xen does not have, like one of dom0's"),
    INFO(ERROR, "dom0-behind", "an option for Xen after \" -- \""),
    INFO(ERROR, "dom0-too-long", "an option longer than Xen reads"),
    INFO(ERROR, "dom0-value", "a value that Xen refuses"),
    INFO(ERROR, "dom0-number", "a number too large for Xen"),
    INFO(WARNING, "dom0-octal", "a number that is octal"),
    INFO(WARNING, "dom0-unit", "a size without a unit"),
    INFO(NOTE, "dom0-twice", "overridden by a later one"),
    INFO(WARNING, "dom0-no-mem", "there is no dom0_mem="),
    INFO(WARNING, "dom0-no-max", "dom0_mem= without max:"),
    INFO(ERROR, "dom0-zero", "no memory"),
    INFO(WARNING, "dom0-clamped", "sizes of dom0_mem= contradict each other"),
    INFO(WARNING, "dom0-small", "too little memory for dom0"),
    INFO(ERROR, "dom0-large", "more than the host has"),
    INFO(WARNING, "dom0-spread", "dom0 may be on every node"),
    INFO(ERROR, "dom0-pxm", "dom0_nodes= has other numbers than Xen's nodes"),
    INFO(WARNING, "dom0-numa", "Xen does not use the host's nodes"),
    INFO(ERROR, "dom0-vcpus", "dom0's vcpus and the host's"),
    INFO(WARNING, "dom0-autoballoon", "xl shrinks dom0 by itself"),
    INFO(ERROR, "dom0-guests", "a guest does not fit next to dom0"),
    INFO(ERROR, "grub-text", "a byte that no text contains"),
    INFO(ERROR, "grub-quote", "a quote that is not closed"),
    INFO(ERROR, "grub-blank", "a blank that ends a value"),
    INFO(ERROR, "grub-line", "a line end inside a value"),
    INFO(ERROR, "grub-name", "a variable that GRUB does not read"),
    INFO(ERROR, "grub-shell", "a piece that only a shell knows"),
    INFO(ERROR, "grub-default", "no entry for Xen is known to be the default"),
};

const vnuma_check_info *vnuma_dom0_check_list(unsigned int *num_r)
{
    *num_r = sizeof(infos) / sizeof(infos[0]);
    return infos;
}

/* A check is skipped when its option has a mistake already. */
static const struct {
    void (*check)(checking *c);
    bool of_mem, of_nodes;
} checks[] = {
    { check_no_mem, true, false }, { check_no_max, true, false },
    { check_zero, true, false },   { check_clamped, true, false },
    { check_small, true, false },  { check_large, true, false },
    { check_spread, false, true }, { check_pxms, false, true },
    { check_vcpus, false, false }, { check_numa, false, false },
};

int vnuma_dom0_check(const vnuma_dom0_limits *limits,
                     const vnuma_topology *topology,
                     const vnuma_dom0_srat *srat, vnuma_diags *diags)
{
    unsigned int i, before = diags->num_errors;
    checking c = { limits, topology, srat, 0, { 0, 0 }, diags };

    if (topology)
        c.avail_memkb = vnuma_dom0_avail_memkb(topology);
    if (c.avail_memkb)
        vnuma_dom0_resolve(limits, c.avail_memkb, &c.memory);
    for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
        if (!(checks[i].of_mem && limits->is_mem_wrong) &&
            !(checks[i].of_nodes && limits->is_nodes_wrong))
            checks[i].check(&c);
    return diags->num_errors > before ? VNUMA_ERROR_CONFIG : 0;
}
