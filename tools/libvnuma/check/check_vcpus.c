/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks of vcpus: those of the guest against those of its vnodes. */
#include "config.h"

#include "check/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* "vcpu 3", "vcpus 3-5": without allocation, so it cannot fail. */
typedef struct {
    char text[32];
} run_name;

static run_name name_run(uint32_t first, uint32_t last)
{
    run_name name;

    if (first == last)
        snprintf(name.text, sizeof(name.text), "vcpu %" PRIu32, first);
    else
        snprintf(name.text, sizeof(name.text), "vcpus %" PRIu32 "-%" PRIu32,
                 first, last);
    return name;
}

static const char *is_or_are(uint32_t first, uint32_t last)
{
    return first == last ? "is" : "are";
}

/* ---- of the guest ------------------------------------------------------- */

static int check_vcpus_above_maxvcpus(const vnuma__checking *c)
{
    const vnuma_number *vcpus = &c->config->vcpus;
    const vnuma_number *maxvcpus = &c->config->maxvcpus;

    if (!vnuma__is_given(vcpus->span) || !vnuma__is_given(maxvcpus->span) ||
        vcpus->value <= maxvcpus->value)
        return 0;
    vnuma__error(c->diags, c->id, vcpus->span,
                 "vcpus= is %" PRIu64 ", but maxvcpus= is only %" PRIu64,
                 vcpus->value, maxvcpus->value);
    vnuma__related(c->diags, maxvcpus->span, "maxvcpus= is here");
    vnuma__hint(c->diags, "leave out maxvcpus=, or write maxvcpus = %" PRIu64,
                vcpus->value);
    vnuma__fix(c->diags, maxvcpus->span, "%" PRIu64, vcpus->value);
    return 0;
}

/* Without vcpus= libxl starts a guest with one vcpu. */
static int check_vcpus_offline(const vnuma__checking *c)
{
    const vnuma_config *config = c->config;
    uint32_t max = vnuma_config_max_vcpus(config);

    if (vnuma__is_given(config->vcpus.span) || max <= 1)
        return 0;
    vnuma__warning(
        c->diags, c->id,
        vnuma__is_given(config->maxvcpus.span) ? config->maxvcpus.span
                                               : config->vnodes_span,
        "without vcpus= only vcpu 0 of %" PRIu32 " is online at first", max);
    vnuma__hint(c->diags, "write vcpus = %" PRIu32, max);
    vnuma__fix(c->diags, vnuma__after(config->vnodes_span),
               "\nvcpus = %" PRIu32, max);
    return 0;
}

/* ---- given twice -------------------------------------------------------- */

/* The vnode that has a vcpu, and the piece of vcpus= that says so. */
typedef struct {
    unsigned int vnode;
    const vnuma_vcpu_range *range; /* borrowed from the config; NULL: none */
} vcpu_owner;

typedef struct {
    vcpu_owner owners[VNUMA_MAX_VCPUS];
    bool are_counts; /* see look_like_counts() */
} vcpu_map;

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

static void hint_twice(const vnuma__checking *c, const vcpu_map *map)
{
    uint32_t missing = find_missing(c->config, 0);

    if (map->are_counts)
        vnuma__hint(c->diags, "vcpus= names vcpus, it does not count them: "
                              "\"vcpus=0-1\"");
    else if (missing != VNUMA_BITMAP_NONE)
        vnuma__hint(c->diags, "vcpu %" PRIu32 " is in no vnode", missing);
}

static void report_twice(const vnuma__checking *c, const vcpu_map *map,
                         vcpu_owner second, uint32_t vcpu, uint32_t last)
{
    vcpu_owner first = map->owners[vcpu];
    run_name name = name_run(vcpu, last);

    if (first.vnode == second.vnode)
        vnuma__error(c->diags, c->id, second.range->span,
                     "%s %s in vnode %u twice", name.text,
                     is_or_are(vcpu, last), first.vnode);
    else
        vnuma__error(c->diags, c->id, second.range->span,
                     "%s %s in vnode %u and in vnode %u", name.text,
                     is_or_are(vcpu, last), first.vnode, second.vnode);
    vnuma__related(c->diags, first.range->span, "first given here");
    hint_twice(c, map);
}

/* Gives the vcpus of a range to @owner; reports each run that is taken. */
static void take_range(const vnuma__checking *c, vcpu_map *map,
                       vcpu_owner owner)
{
    const vnuma_vcpu_range *range = owner.range, *other;
    uint32_t vcpu, last;

    for (vcpu = range->first; vcpu <= range->last; vcpu = last + 1) {
        last = vcpu;
        other = map->owners[vcpu].range;
        if (!other) {
            map->owners[vcpu] = owner;
            continue;
        }
        while (last < range->last && map->owners[last + 1].range == other)
            last++;
        report_twice(c, map, owner, vcpu, last);
    }
}

static int check_vcpu_twice(const vnuma__checking *c)
{
    vcpu_map map = { .are_counts = look_like_counts(c->config) };
    unsigned int i, j;

    for (i = 0; i < c->config->num_vnodes; i++) {
        const vnuma_vnode *vnode = &c->config->vnodes[i];

        for (j = 0; j < vnode->num_vcpu_ranges; j++) {
            if (vnuma__is_enough(c->diags))
                return 0;
            take_range(c, &map, (vcpu_owner){ i, &vnode->vcpu_ranges[j] });
        }
    }
    return 0;
}

/* ---- too many, too few -------------------------------------------------- */

static void report_beyond(const vnuma__checking *c, unsigned int vnode,
                          const vnuma_vcpu_range *range, uint32_t most)
{
    const vnuma_config *config = c->config;
    uint32_t max = vnuma_config_max_vcpus(config);
    uint32_t first = range->first < max ? max : range->first;
    const char *setting = vnuma__guest_max_vcpus_name(config);

    vnuma__error(c->diags, c->id, range->span,
                 "%s of vnode %u %s beyond %s=%" PRIu32,
                 name_run(first, range->last).text, vnode,
                 is_or_are(first, range->last), setting, max);
    vnuma__related(c->diags, vnuma__guest_max_vcpus_span(config),
                   "%s= is here: vcpus are counted from 0", setting);
    if (vnuma__is_given(config->maxvcpus.span))
        vnuma__hint(c->diags, "write maxvcpus = %" PRIu32, most);
    else
        vnuma__hint(c->diags,
                    "write vcpus = %" PRIu32 ", or maxvcpus = %" PRIu32
                    " if some are to be offline at first",
                    most, most);
    vnuma__fix(c->diags, vnuma__guest_max_vcpus_span(config), "%" PRIu32,
               most);
}

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

/*
 * Without maxvcpus= xl would make room for every vcpu that vnuma= names and
 * leave those beyond vcpus= offline.  Here maxvcpus= is required for that,
 * because a wrong number looks the same.
 */
static int check_vcpu_beyond(const vnuma__checking *c)
{
    const vnuma_config *config = c->config;
    uint32_t max = vnuma_config_max_vcpus(config);
    unsigned int i, j;

    if (!vnuma__is_given(vnuma__guest_max_vcpus_span(config)))
        return 0;
    for (i = 0; i < config->num_vnodes; i++)
        for (j = 0; j < config->vnodes[i].num_vcpu_ranges; j++)
            if (config->vnodes[i].vcpu_ranges[j].last >= max &&
                !vnuma__is_enough(c->diags))
                report_beyond(c, i, &config->vnodes[i].vcpu_ranges[j],
                              count_named(config));
    return 0;
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
    vnuma_span span = vnuma__guest_max_vcpus_span(config);

    vnuma__error(c->diags, c->id, neighbour->vcpus_span, "%s %s in no vnode",
                 name_run(vcpu, last).text, is_or_are(vcpu, last));
    if (vnuma__is_given(span))
        vnuma__related(c->diags, span, "%s= is here",
                       vnuma__guest_max_vcpus_name(config));
    if (vcpu == last)
        vnuma__hint(c->diags, "add it to a vnode: \"vcpus=...,%" PRIu32 "\"",
                    vcpu);
    else
        vnuma__hint(c->diags,
                    "add them to a vnode: \"vcpus=...,%" PRIu32 "-%" PRIu32
                    "\"",
                    vcpu, last);
    vnuma__fix(c->diags,
               vnuma__after(vnuma__exact_place(neighbour->vcpus_span)), ",%s",
               strchr(name_run(vcpu, last).text, ' ') + 1);
}

/* When no vnode has vcpus=, they are divided among the vnodes. */
static int check_vcpu_missing(const vnuma__checking *c)
{
    const vnuma_config *config = c->config;
    uint32_t vcpu = 0, last, next;

    if (!count_named(config))
        return 0;
    while ((vcpu = find_missing(config, vcpu)) != VNUMA_BITMAP_NONE) {
        last = vcpu;
        while ((next = find_missing(config, last + 1)) == last + 1)
            last = next;
        if (vnuma__is_enough(c->diags))
            return 0;
        report_missing(c, vcpu, last);
        vcpu = last + 1;
    }
    return 0;
}

const vnuma__check vnuma__vcpus_checks[] = {
    CHECK("vcpus-above-maxvcpus", ERROR, GUEST, MAXVCPUS, MAXVCPUS,
          "vcpus= is more than maxvcpus=", check_vcpus_above_maxvcpus),
    CHECK("vcpu-twice", ERROR, SUMS, VNODES, VCPUS, "a vcpu is given twice",
          check_vcpu_twice),
    CHECK("vcpu-beyond", ERROR, SUMS, MAXVCPUS | VNODES, VCPUS,
          "a vnode has a vcpu that the guest does not have",
          check_vcpu_beyond),
    CHECK("vcpu-missing", ERROR, REST, VCPUS | MAXVCPUS | VNODES, VCPUS,
          "a vcpu is in no vnode", check_vcpu_missing),
    CHECK("vcpus-offline", WARNING, ADVICE, VCPUS | MAXVCPUS | VNODES, 0,
          "a guest without vcpus= starts with one vcpu", check_vcpus_offline),
    { { NULL } },
};
