/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks of the guest as a whole and of how its memory is divided. */
#include "config.h"

#include "check/check.h"
#include "layout/layout.h"

#include <inttypes.h>

/* A vnode without size= gets a multiple of this. */
#define CHUNK_KB (2u << 10)
#define MIB(memkb) ((memkb) >> 10)

/* ---- the guest ---------------------------------------------------------- */

static void check_pv_guest(vnuma__checking *c)
{
    const vnuma_config *config = c->config;

    if (config->type != VNUMA_GUEST_PV)
        return;
    if (vnuma__is_given(config->type_span)) {
        report(c, config->type_span, "a PV guest cannot have virtual nodes");
        related(c, config->vnodes_span, "vnuma= is here");
    } else {
        report(c, config->vnodes_span,
               "without type= this is a PV guest, which cannot have virtual "
               "nodes");
    }
    hint(c, "write type = \"hvm\" or type = \"pvh\"");
}

/* It needs FIT: where the planner goes on, stock xl is not what builds it. */
static void check_pvh_guest(vnuma__checking *c)
{
    if (c->config->type == VNUMA_GUEST_PVH)
        report(c, c->config->type_span,
               "stock xl cannot build a PVH guest with vnuma=; xl-vnuma "
               "create can");
}

/* hvmloader makes SRAT and SLIT with the other ACPI tables, or none. */
static void check_acpi_off(vnuma__checking *c)
{
    if (c->config->type != VNUMA_GUEST_HVM ||
        !vnuma__is_given(c->config->acpi_off_span))
        return;
    report(c, c->config->acpi_off_span,
           "without ACPI an HVM guest gets no SRAT and SLIT, so it sees one "
           "node");
    hint(c, "leave out acpi=, or write acpi = 1");
    fix(c, c->config->acpi_off_span, "1");
}

static void check_migratable(vnuma__checking *c)
{
    if (!vnuma__is_given(c->config->migratable_span))
        return;
    report(
        c, c->config->migratable_span,
        "stock xl cannot save or migrate a guest with vnuma=; xl-vnuma can");
}

static void check_pnode_missing(vnuma__checking *c, unsigned int i)
{
    const vnuma_vnode *vnode = &c->config->vnodes[i];
    vnuma_span start = { vnode->span.source, vnode->span.start + 1,
                         vnode->span.start + 1 };

    if (vnuma__is_given(vnode->pnode.span))
        return;
    report(c, vnode->span,
           "vnode %u names no pnode: xl would put it on pnode 0, xl-vnuma "
           "chooses one",
           i);
    hint(c, "write \"pnode=auto\" if that is meant");
    if (*vnuma__span_text(vnode->span).ptr == '[')
        fix(c, start, " \"pnode=auto\",");
}

/* ---- memory ------------------------------------------------------------- */

static void check_videoram_small(vnuma__checking *c)
{
    const vnuma_config *config = c->config;
    /* With less libxl refuses to create it. */
    uint64_t least = config->vga == VNUMA_VGA_CIRRUS && config->is_traditional
                         ? 0
                         : vnuma__guest_default_video_memkb(config);

    if (config->type != VNUMA_GUEST_HVM ||
        !vnuma__is_given(config->videoram_memkb.span) ||
        config->videoram_memkb.value >= least)
        return;
    report(c, config->videoram_memkb.span,
           "videoram= is %" PRIu64
           " MiB, but this graphics card needs %" PRIu64 " MiB",
           MIB(config->videoram_memkb.value), MIB(least));
    hint(c, "write videoram = %" PRIu64 ", or leave it out", MIB(least));
    fix(c, config->videoram_memkb.span, "%" PRIu64, MIB(least));
}

/* ---- memory= and maxmem= ------------------------------------------------ */

/*
 * Both settings, where both are given: of one alone the other would be wrong.
 * What stands between them is written again.
 */
static void fix_total(const vnuma__checking *c, uint64_t memkb)
{
    vnuma_span first = c->config->memory_memkb.span;
    vnuma_span last = c->config->maxmem_memkb.span, swap;

    if (!vnuma__is_given(first) || !vnuma__is_given(last)) {
        fix(c, vnuma__guest_total(c->config).number.span, "%" PRIu64,
            MIB(memkb));
        return;
    }
    if (last.start < first.start) {
        swap = first;
        first = last;
        last = swap;
    }
    fix(c, (vnuma_span){ first.source, first.start, last.end },
        "%" PRIu64 "%.*s%" PRIu64, MIB(memkb), (int)(last.start - first.end),
        first.source->text + first.end, MIB(memkb));
}

static void hint_both(const vnuma__checking *c, uint64_t memkb)
{
    hint(c, "write memory = %" PRIu64 " and maxmem = %" PRIu64, MIB(memkb),
         MIB(memkb));
}

static void check_memory_not_maxmem(vnuma__checking *c)
{
    const vnuma_number *memory = &c->config->memory_memkb;
    const vnuma_number *maxmem = &c->config->maxmem_memkb;
    vnuma__size_sum sum = vnuma__sum_sizes(c->config);
    uint64_t meant = sum.num_missing || !sum.memkb ? memory->value : sum.memkb;

    if (!vnuma__is_given(memory->span) || !vnuma__is_given(maxmem->span) ||
        memory->value == maxmem->value)
        return;
    report(c, memory->span,
           "memory= is %" PRIu64 " MiB and maxmem= %" PRIu64 " MiB: %s",
           MIB(memory->value), MIB(maxmem->value),
           memory->value < maxmem->value
               ? "populate-on-demand and vnuma= exclude each other"
               : "a guest cannot have more than its maximum");
    related(c, maxmem->span, "maxmem= is here");
    if (meant == memory->value)
        hint(c, "leave out maxmem=, or make them equal");
    else
        hint_both(c, meant);
    fix_total(c, meant);
}

/*
 * xl builds a vnode of vcpus only, as machines have them too; but video RAM is
 * cut from vnode 0, and where the sizes do not add up, 0 is hardly meant.
 */
static void check_size_zero(vnuma__checking *c, unsigned int i)
{
    const vnuma_vnode *vnode = &c->config->vnodes[i];
    vnuma__size_sum sum = vnuma__sum_sizes(c->config);
    bool adds_up =
        sum.num_missing || sum.memkb == vnuma_config_total_memkb(c->config);

    if (!vnuma__is_given(vnode->memkb.span) || vnode->memkb.value)
        return;
    if (i && adds_up && vnuma__is_given(vnode->vcpus_span)) {
        report_as(c, VNUMA_SEVERITY_WARNING, vnode->memkb.span,
                  "vnode %u has vcpus, but no memory: size=0", i);
        return;
    }
    report(c, vnode->memkb.span, "a vnode without memory: size=0");
    hint(c, "leave out size= for an equal part of the guest's memory, or "
            "leave out the vnode");
}

static void check_size_unknown(vnuma__checking *c)
{
    const vnuma_config *config = c->config;
    vnuma__size_sum sum = vnuma__sum_sizes(config);

    if (vnuma__is_given(vnuma__guest_total(config).number.span) ||
        (!sum.num_missing && !config->vnuma_auto))
        return;
    report(c, sum.missing,
           "there is no size= here, and no memory= to compute it from");
    hint(c, "write memory = with the MiB of the whole guest");
}

static void report_size_sum(const vnuma__checking *c, vnuma__size_sum sum)
{
    uint64_t others = sum.memkb - c->config->vnodes[sum.last].memkb.value;
    vnuma__setting_used total = vnuma__guest_total(c->config);

    report(c, total.number.span,
           "the sizes of the vnodes add up to %" PRIu64
           " MiB, but %s= is %" PRIu64 " MiB",
           MIB(sum.memkb), total.name, MIB(total.number.value));
    related(c, c->config->vnodes_span, "vnuma= is here");
    if (vnuma__is_given(c->config->memory_memkb.span) &&
        vnuma__is_given(c->config->maxmem_memkb.span))
        hint_both(c, sum.memkb);
    else if (total.number.value > others)
        hint(c, "write %s = %" PRIu64 ", or \"size=%" PRIu64 "\" in vnode %u",
             total.name, MIB(sum.memkb), MIB(total.number.value - others),
             sum.last);
    else
        hint(c, "write %s = %" PRIu64, total.name, MIB(sum.memkb));
    fix_total(c, sum.memkb);
}

static void report_nothing_left(const vnuma__checking *c, vnuma__size_sum sum,
                                uint64_t least)
{
    vnuma__setting_used total = vnuma__guest_total(c->config);

    report(c, sum.missing,
           "nothing is left for vnodes without size=: the others have %" PRIu64
           " MiB, and %s= is %" PRIu64 " MiB",
           MIB(sum.memkb), total.name, MIB(total.number.value));
    related(c, total.number.span, "%s= is here", total.name);
    hint(c, "write %s = %" PRIu64 " or more", total.name, MIB(least));
    fix_total(c, least);
}

static void check_size_sum(vnuma__checking *c)
{
    vnuma__setting_used total = vnuma__guest_total(c->config);
    vnuma__size_sum sum = vnuma__sum_sizes(c->config);
    uint64_t least = sum.memkb + sum.num_missing * (uint64_t)CHUNK_KB;

    if (!vnuma__is_given(total.number.span) || !c->config->num_vnodes)
        return;
    if (!sum.num_missing && least != total.number.value)
        report_size_sum(c, sum);
    else if (sum.num_missing && least > total.number.value)
        report_nothing_left(c, sum, least);
}

/* libxl cuts video RAM from vnode 0. */
static void check_size_videoram(vnuma__checking *c)
{
    const vnuma_config *config = c->config;
    uint64_t video = vnuma__guest_video_memkb(config), size;
    const vnuma_vnode *vnode = config->vnodes;
    vnuma__size_sum sum = vnuma__sum_sizes(config);
    bool is_given;

    if (!config->num_vnodes)
        return;
    is_given = vnuma__is_given(vnode->memkb.span);
    size = is_given ? vnode->memkb.value
                    : (vnuma_config_total_memkb(config) - sum.memkb) /
                          sum.num_missing / CHUNK_KB * CHUNK_KB;
    if (size > video)
        return;
    report(c, is_given ? vnode->memkb.span : vnode->span,
           "vnode 0 has %" PRIu64 " MiB, and video RAM takes %" PRIu64
           " MiB of that",
           MIB(size), MIB(video));
    if (vnuma__is_given(config->videoram_memkb.span))
        related(c, config->videoram_memkb.span, "videoram= is here");
    hint(c, "give vnode 0 more than %" PRIu64 " MiB", MIB(video));
}

/* ---- borders ------------------------------------------------------------ */

#define GIB_KB (UINT64_C(1) << 20)
#define BYTES(memkb) ((memkb) << 10)
#define HOLE_END (UINT64_C(1) << 32)

/* The number of 1 GiB pages that these vnodes have with the best ranges. */
static int count_pages(const vnuma_config *config, const uint64_t *sizes,
                       unsigned int num, uint64_t *num_r)
{
    bool is_hvm = config->type == VNUMA_GUEST_HVM, changed;
    uint64_t hole = BYTES(vnuma__is_given(config->mmio_hole_memkb.span)
                              ? config->mmio_hole_memkb.value
                              : 256 << 10);
    vnuma__layout layout = { 0 };
    uint64_t num_2m;
    unsigned int i;
    int rc = vnuma__layout_alloc(&layout, 0, num, 0);

    /* A vnode without pnode= is taken to be alone on its pnode. */
    for (i = 0; i < num && !rc; i++)
        layout.vnode_to_pnode[i] =
            config->vnodes[i].pnode.value == VNUMA_PNODE_AUTO
                ? VNUMA_MAX_PNODES + i
                : (uint32_t)config->vnodes[i].pnode.value;
    if (!rc)
        rc = vnuma__layout_derive(&layout, sizes, HOLE_END - hole);
    if (!rc)
        rc = vnuma__layout_gather(&layout, is_hvm, &changed);
    if (!rc)
        vnuma__layout_count(&layout, is_hvm, num_r, &num_2m);
    vnuma__layout_dispose(&layout);
    return rc;
}

/* The vnode with most memory beyond whole GiB; NULL: one is below 1 GiB. */
static const vnuma_vnode *find_oddest(const vnuma_config *config)
{
    const vnuma_vnode *oddest = NULL;
    unsigned int i;

    for (i = 0; i < config->num_vnodes; i++) {
        const vnuma_vnode *vnode = &config->vnodes[i];

        if (vnode->memkb.value < GIB_KB)
            return NULL;
        if (!oddest ||
            vnode->memkb.value % GIB_KB > oddest->memkb.value % GIB_KB)
            oddest = vnode;
    }
    return oddest;
}

/*
 * What each vnode has beyond whole GiB is collected where there can be no
 * 1 GiB page anyway; if that is too small, 1 GiB pages are lost.
 */
static void check_border(vnuma__checking *c)
{
    const vnuma_config *config = c->config;
    const vnuma_vnode *oddest = find_oddest(config);
    uint64_t sizes[VNUMA_MAX_VNODES], whole = 0, plain, kept = 0;
    unsigned int i;
    int rc;

    if (!oddest)
        return;
    for (i = 0; i < config->num_vnodes; i++) {
        sizes[i] = BYTES(config->vnodes[i].memkb.value);
        if (i == 0)
            sizes[i] -= BYTES(vnuma__guest_video_memkb(config));
        whole += sizes[i];
    }
    rc = count_pages(config, &whole, 1, &plain);
    if (!rc)
        rc = count_pages(config, sizes, config->num_vnodes, &kept);
    if (rc == VNUMA_ERROR_NOMEM)
        c->rc = rc;
    if (rc || kept >= plain)
        return;
    report(c, oddest->memkb.span,
           "of the %" PRIu64
           " pages of 1 GiB that the guest could have, %" PRIu64
           " would be in two vnodes and are replaced by smaller pages",
           plain, plain - kept);
    hint(c, "sizes that are multiples of 1024 keep them whole");
}

const vnuma__check vnuma__guest_checks[] = {
    CHECK("pv-guest", ERROR, GUEST, TYPE, TYPE, "vnuma= in a PV guest",
          check_pv_guest),
    CHECK("pvh-guest", NOTE, GUEST, TYPE | FIT, 0,
          "vnuma= in a PVH guest, which stock xl cannot build",
          check_pvh_guest),
    CHECK("memory-not-maxmem", ERROR, GUEST, MEMORY, MEMORY,
          "memory= and maxmem= differ", check_memory_not_maxmem),
    CHECK("videoram-small", ERROR, GUEST, MEMORY | TYPE, MEMORY,
          "videoram= is less than the graphics card needs",
          check_videoram_small),
    CHECK("size-zero", ERROR, GUEST, SIZE | VNODES, SIZE,
          "a vnode without memory", .each = check_size_zero),
    CHECK("acpi-off", WARNING, GUEST, TYPE, 0,
          "acpi=0 leaves an HVM guest without the tables that describe vnodes",
          check_acpi_off),
    CHECK("size-unknown", ERROR, SUMS, SIZE | MEMORY | VNODES, SIZE,
          "neither size= nor memory= says how large a vnode is",
          check_size_unknown),
    CHECK("size-sum", ERROR, SUMS, SIZE | MEMORY | VNODES, SIZE,
          "the sizes of the vnodes are not the memory of the guest",
          check_size_sum),
    CHECK("size-videoram", ERROR, REST, SIZE | MEMORY | TYPE | VNODES, SIZE,
          "vnode 0 has no memory left after video RAM", check_size_videoram),
    CHECK("pnode-missing", NOTE, ADVICE, PNODE | VNODES, 0,
          "a vnode without pnode= is planned", .each = check_pnode_missing),
    CHECK("border-in-page", NOTE, ADVICE, SIZE | MEMORY | TYPE | VNODES, 0,
          "sizes of vnodes cost the guest 1 GiB pages", check_border),
    CHECK("migration", NOTE, ADVICE, VNODES, 0,
          "nomigrate=0: stock xl cannot migrate a vNUMA guest",
          check_migratable),
    { { NULL } },
};
