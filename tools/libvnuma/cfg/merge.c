/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What several settings of one name come to: the last one counts, and += adds
 * to what came before.
 *
 * Settings are sorted by name, and each name's sum is made once, for its last
 * setting: O(n log n) for a file of nothing but a+=1, where adding at every
 * step would be quadratic.
 */
#include "config.h"

#include "cfg/merge.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"

static int compare_settings(const void *a, const void *b, void *settings_)
{
    const vnuma__setting *settings = settings_;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    int r = strcmp(settings[i].name, settings[j].name);

    return r ? r : (i > j) - (i < j);
}

/* Concatenates strings. */
static int add_strings(vnuma__tree *tree, const uint32_t *settings,
                       uint32_t num, vnuma__value *sum_r)
{
    size_t len = 0;
    uint32_t i;
    char *p;

    for (i = 0; i < num; i++)
        len += tree->settings[settings[i]].value.len;
    p = vnuma__arena_alloc(&tree->arena, len + 1);
    if (!p)
        return VNUMA_ERROR_NOMEM;
    sum_r->string = p;
    sum_r->len = len;
    sum_r->exact = false;
    for (i = 0; i < num; i++) {
        const vnuma__value *value = &tree->settings[settings[i]].value;

        p = mempcpy(p, value->string, value->len);
    }
    *p = '\0';
    return 0;
}

static int add_lists(vnuma__tree *tree, const uint32_t *settings, uint32_t num,
                     vnuma__value *sum_r)
{
    size_t num_items = 0;
    vnuma__value *p;
    uint32_t i;

    for (i = 0; i < num; i++)
        num_items += tree->settings[settings[i]].value.num_items;
    if (!num_items)
        return 0;
    p = vnuma__arena_alloc(&tree->arena, num_items * sizeof(*p));
    if (!p)
        return VNUMA_ERROR_NOMEM;
    sum_r->items = p;
    sum_r->num_items = num_items;
    for (i = 0; i < num; i++) {
        const vnuma__value *value = &tree->settings[settings[i]].value;

        if (value->num_items)
            p = mempcpy(p, value->items, value->num_items * sizeof(*p));
    }
    return 0;
}

static void report_mix(const vnuma__setting *before,
                       const vnuma__setting *setting, vnuma_diags *diags)
{
    vnuma__error(diags, "add-type", setting->value.span,
                 setting->value.is_list
                     ? "+= adds a list, but %s is a string before"
                     : "+= adds a string, but %s is a list before",
                 setting->name);
    vnuma__related(diags, before->value.span, "first given here");
}

/* Merges the settings of one name, in the order of the text. */
static int merge_name(vnuma__tree *tree, const uint32_t *settings,
                      uint32_t num, vnuma_diags *diags)
{
    uint32_t i, first = 0; /* the setting that later ones are added to */
    vnuma__value sum;
    int rc;

    for (i = 1; i < num; i++) {
        const vnuma__setting *before = &tree->settings[settings[first]];
        const vnuma__setting *setting = &tree->settings[settings[i]];

        if (!setting->is_addition) {
            first = i;
        } else if (setting->value.is_list != before->value.is_list) {
            report_mix(before, setting, diags);
            first = i;
        }
    }
    if (first == num - 1)
        return 0;
    sum = tree->settings[settings[num - 1]].value;
    rc = (sum.is_list ? add_lists : add_strings)(tree, settings + first,
                                                 num - first, &sum);
    if (!rc)
        tree->settings[settings[num - 1]].value = sum;
    return rc;
}

int vnuma__merge(vnuma__tree *tree, vnuma_diags *diags)
{
    uint32_t num = tree->num_settings, start, end;
    uint32_t *order;
    int rc;

    if (!num)
        return 0;
    order = reallocarray(NULL, num, sizeof(*order));
    if (!order)
        return VNUMA_ERROR_NOMEM;
    tree->by_name = order;
    for (start = 0; start < num; start++)
        order[start] = start;
    qsort_r(order, num, sizeof(*order), compare_settings, tree->settings);
    for (start = 0; start < num; start = end) {
        const char *name = tree->settings[order[start]].name;

        for (end = start + 1; end < num; end++)
            if (strcmp(tree->settings[order[end]].name, name))
                break;
        rc = merge_name(tree, order + start, end - start, diags);
        if (rc)
            return rc;
        order[tree->num_names++] = order[end - 1];
    }
    return 0;
}
