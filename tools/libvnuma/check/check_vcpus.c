/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks of vcpus: those of the guest against those of its vnodes. */
#include "config.h"

#include "check/check.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Vcpus in a row; without allocation, so it cannot fail. */
typedef struct {
    char list[24];       /* "3", "3-5" */
    const char *s, *are; /* of "vcpus", and "is" or "are" */
} run_name;

static run_name name_run(uint32_t first, uint32_t last)
{
    run_name name = { .s = "s", .are = "are" };

    snprintf(name.list, sizeof(name.list), "%" PRIu32 "-%" PRIu32, first,
             last);
    if (first < last)
        return name;
    name.s = "";
    name.are = "is";
    name.list[strcspn(name.list, "-")] = '\0';
    return name;
}

/* ---- of the guest ------------------------------------------------------- */

static void check_vcpus_above_maxvcpus(vnuma__checking *c)
{
    const vnuma_number *vcpus = &c->config->vcpus;
    const vnuma_number *maxvcpus = &c->config->maxvcpus;

    if (!vnuma__is_given(vcpus->span) || !vnuma__is_given(maxvcpus->span) ||
        vcpus->value <= maxvcpus->value)
        return;
    report(c, vcpus->span,
           "vcpus= is %" PRIu64 ", but maxvcpus= is only %" PRIu64,
           vcpus->value, maxvcpus->value);
    related(c, maxvcpus->span, "maxvcpus= is here");
    hint(c, "leave out maxvcpus=, or write maxvcpus = %" PRIu64, vcpus->value);
    fix(c, maxvcpus->span, "%" PRIu64, vcpus->value);
}

/* Without vcpus= libxl starts a guest with one vcpu. */
static void check_vcpus_offline(vnuma__checking *c)
{
    const vnuma_config *config = c->config;
    uint32_t max = vnuma_config_max_vcpus(config);

    if (vnuma__is_given(config->vcpus.span) || max <= 1)
        return;
    report(c,
           vnuma__is_given(config->maxvcpus.span) ? config->maxvcpus.span
                                                  : config->vnodes_span,
           "without vcpus= only vcpu 0 of %" PRIu32 " is online at first",
           max);
    hint(c, "write vcpus = %" PRIu32, max);
    fix(c, vnuma__after(config->vnodes_span), "\nvcpus = %" PRIu32, max);
}

/* ---- given twice -------------------------------------------------------- */

/* The vnode that has a vcpu, and the piece of vcpus= that says so. */
typedef struct {
    unsigned int vnode;
    const vnuma_vcpu_range *range; /* borrowed from the config; NULL: none */
} vcpu_owner;

/* "vcpus=2" in each vnode is probably meant as "two vcpus". */
static bool look_like_counts(const vnuma_config *config)
{
    unsigned int i;

    for (i = 0; i < config->num_vnodes; i++) {
        const vnuma_vnode *vnode = &config->vnodes[i];

        if (vnode->num_vcpu_ranges != 1 || !vnode->vcpu_ranges->first ||
            vnode->vcpu_ranges->first != vnode->vcpu_ranges->last)
            return false;
    }
    return config->num_vnodes > 1;
}

/* The first vcpu of the guest, from @vcpu on, that no vnode has. */
static uint32_t find_missing(const vnuma_config *config, uint32_t vcpu)
{
    uint32_t max = vnuma_config_max_vcpus(config);
    unsigned int i = 0;

    while (vcpu < max && i < config->num_vnodes)
        if (vnuma_bitmap_test(&config->vnodes[i].vcpus, vcpu)) {
            vcpu++;
            i = 0;
        } else {
            i++;
        }
    return vcpu < max ? vcpu : VNUMA_BITMAP_NONE;
}

static void report_twice(const vnuma__checking *c, vcpu_owner first,
                         vcpu_owner second, uint32_t vcpu, uint32_t last)
{
    uint32_t missing = find_missing(c->config, 0);
    run_name run = name_run(vcpu, last);
    const char *node = vnuma__node_word(c);

    /* Sets of KVM's take it. */
    if (first.vnode == second.vnode && c->config->kvm)
        return;
    if (first.vnode == second.vnode)
        report(c, second.range->span, "vcpu%s %s %s in %s %u twice", run.s,
               run.list, run.are, node, first.vnode);
    else
        report(c, second.range->span, "vcpu%s %s %s in %s %u and in %s %u",
               run.s, run.list, run.are, node, first.vnode, node,
               second.vnode);
    related(c, first.range->span, "first given here");
    if (look_like_counts(c->config))
        hint(c, "vcpus= names vcpus, it does not count them: \"vcpus=0-1\"");
    else if (missing != VNUMA_BITMAP_NONE)
        hint(c, "vcpu %" PRIu32 " is in no %s", missing, node);
}

/* Gives the vcpus of a range to @owner; reports each run that is taken. */
static void take_range(const vnuma__checking *c, vcpu_owner *owners,
                       vcpu_owner owner)
{
    const vnuma_vcpu_range *range = owner.range, *other;
    uint32_t vcpu, last, end = range->last;

    /* Cores of sockets may be more than any guest has, which is said. */
    if (end >= VNUMA__KVM_MAX_VCPUS)
        end = VNUMA__KVM_MAX_VCPUS - 1;
    for (vcpu = range->first; vcpu <= end; vcpu = last + 1) {
        last = vcpu;
        other = owners[vcpu].range;
        if (!other) {
            owners[vcpu] = owner;
            continue;
        }
        while (last < end && owners[last + 1].range == other)
            last++;
        report_twice(c, owners[vcpu], owner, vcpu, last);
    }
}

static void check_vcpu_twice(vnuma__checking *c)
{
    vcpu_owner owners[VNUMA__KVM_MAX_VCPUS] = { { .range = NULL } };
    unsigned int i, j;

    for (i = 0; i < c->config->num_vnodes; i++) {
        const vnuma_vnode *vnode = &c->config->vnodes[i];

        for (j = 0; j < vnode->num_vcpu_ranges; j++)
            if (!vnuma__is_enough(c->diags))
                take_range(c, owners,
                           (vcpu_owner){ i, &vnode->vcpu_ranges[j] });
    }
}

/* ---- too many, too few -------------------------------------------------- */

static uint32_t count_named(const vnuma_config *config)
{
    uint32_t most = 0;
    unsigned int i, j;

    for (i = 0; i < config->num_vnodes; i++)
        for (j = 0; j < config->vnodes[i].num_vcpu_ranges; j++)
            if (config->vnodes[i].vcpu_ranges[j].last >= most)
                most = config->vnodes[i].vcpu_ranges[j].last + 1;
    return most;
}

static void report_beyond(const vnuma__checking *c, unsigned int vnode,
                          const vnuma_vcpu_range *range)
{
    const vnuma_config *config = c->config;
    uint32_t most = count_named(config);
    uint32_t max = vnuma_config_max_vcpus(config);
    run_name run =
        name_run(range->first < max ? max : range->first, range->last);
    vnuma__setting_used setting = vnuma__guest_max_vcpus(config);

    report(c, range->span, "vcpu%s %s of vnode %u %s beyond %s=%" PRIu32,
           run.s, run.list, vnode, run.are, setting.name, max);
    related(c, setting.number.span, "%s= is here: vcpus are counted from 0",
            setting.name);
    if (vnuma__is_given(config->maxvcpus.span))
        hint(c, "write maxvcpus = %" PRIu32, most);
    else
        hint(c,
             "write vcpus = %" PRIu32 ", or maxvcpus = %" PRIu32
             " if some are to be offline at first",
             most, most);
    fix(c, setting.number.span, "%" PRIu32, most);
}

/*
 * Without maxvcpus= xl would make room for every vcpu that vnuma= names and
 * leave those beyond vcpus= offline.  Here maxvcpus= is required for that,
 * because a wrong number looks the same.
 */
static void check_vcpu_beyond(vnuma__checking *c, unsigned int i)
{
    const vnuma_vnode *vnode = &c->config->vnodes[i];
    unsigned int j;

    if (!vnuma__is_given(vnuma__guest_max_vcpus(c->config).number.span))
        return;
    for (j = 0; j < vnode->num_vcpu_ranges; j++)
        if (vnode->vcpu_ranges[j].last >= vnuma_config_max_vcpus(c->config) &&
            !vnuma__is_enough(c->diags))
            report_beyond(c, i, &vnode->vcpu_ranges[j]);
}

/* The vnode that has the vcpu before @vcpu, or the first that has vcpus. */
static const vnuma_vnode *find_neighbour(const vnuma_config *config,
                                         uint32_t vcpu)
{
    const vnuma_vnode *neighbour = NULL;
    unsigned int i;

    for (i = 0; i < config->num_vnodes; i++)
        if (config->vnodes[i].num_vcpu_ranges &&
            (!neighbour ||
             (vcpu && vnuma_bitmap_test(&config->vnodes[i].vcpus, vcpu - 1))))
            neighbour = &config->vnodes[i];
    return neighbour;
}

static void report_missing(const vnuma__checking *c, uint32_t vcpu,
                           uint32_t last)
{
    const vnuma_config *config = c->config;
    const vnuma_vnode *neighbour = find_neighbour(config, vcpu);
    run_name run = name_run(vcpu, last);
    vnuma__setting_used setting = vnuma__guest_max_vcpus(config);

    assert(neighbour); /* count_named() has found one */
    report(c, neighbour->vcpus_span, "vcpu%s %s %s in no vnode", run.s,
           run.list, run.are);
    if (vnuma__is_given(setting.number.span))
        related(c, setting.number.span, "%s= is here", setting.name);
    hint(c, "add %s to a vnode: \"vcpus=...,%s\"", *run.s ? "them" : "it",
         run.list);
    fix(c, vnuma__after(vnuma__exact_place(neighbour->vcpus_span)), ",%s",
        run.list);
}

/* When no vnode has vcpus=, they are divided among the vnodes. */
static void check_vcpu_missing(vnuma__checking *c)
{
    const vnuma_config *config = c->config;
    uint32_t vcpu = 0, last, next;

    if (!count_named(config))
        return;
    while ((vcpu = find_missing(config, vcpu)) != VNUMA_BITMAP_NONE) {
        last = vcpu;
        while ((next = find_missing(config, last + 1)) == last + 1)
            last = next;
        report_missing(c, vcpu, last);
        vcpu = last + 1;
    }
}

const vnuma__check vnuma__vcpus_checks[] = {
    CHECK("vcpus-above-maxvcpus", ERROR, GUEST, MAXVCPUS, MAXVCPUS,
          "vcpus= is more than maxvcpus=", check_vcpus_above_maxvcpus),
    CHECK("vcpu-twice", ERROR, SUMS, VNODES, VCPUS, "a vcpu is given twice",
          check_vcpu_twice, .any = true),
    CHECK("vcpu-beyond", ERROR, SUMS, MAXVCPUS | VNODES, VCPUS,
          "a vnode has a vcpu that the guest does not have",
          .each = check_vcpu_beyond),
    CHECK("vcpu-missing", ERROR, REST, VCPUS | MAXVCPUS | VNODES, VCPUS,
          "a vcpu is in no vnode", check_vcpu_missing),
    CHECK("vcpus-offline", WARNING, ADVICE, VCPUS | MAXVCPUS | VNODES, 0,
          "a guest without vcpus= starts with one vcpu", check_vcpus_offline),
    { { NULL } },
};
