/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tree of settings: its memory, sums, and finding things in it. */
#include "config.h"

#include "cfg/tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"

void vnuma__tree_init(vnuma__tree *tree)
{
    memset(tree, 0, sizeof(*tree));
}

void vnuma__tree_dispose(vnuma__tree *tree)
{
    free(tree->settings);
    free(tree->by_name);
    vnuma__arena_free(tree->arena);
    vnuma__tree_init(tree);
}

/* ---- sums --------------------------------------------------------------- */

/*
 * What several settings of one name come to: the last one counts, and += adds
 * to what came before.  Settings are sorted by name, and each name's sum is
 * made once, for its last setting: O(n log n) for a file of nothing but a+=1,
 * where adding at every step would be quadratic.
 */
static int compare_settings(const void *a, const void *b, void *settings_)
{
    const vnuma__setting *settings = settings_;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    int r = strcmp(settings[i].name, settings[j].name);

    return r ? r : (i > j) - (i < j);
}

/* Joins the strings, or the lists, of settings that are of one kind. */
static int add_up(vnuma__tree *tree, const uint32_t *settings, uint32_t num,
                  vnuma__value *sum_r)
{
    bool is_list = sum_r->is_list;
    size_t size = is_list ? sizeof(vnuma__value) : sizeof(char), len = 0;
    const vnuma__value *value;
    void *joined;
    char *end;
    uint32_t i;

    for (i = 0; i < num; i++) {
        value = &tree->settings[settings[i]].value;
        len += is_list ? value->num_items : value->len;
    }
    joined = end = vnuma__arena_alloc(&tree->arena, len * size + 1);
    if (!joined)
        return VNUMA_ERROR_NOMEM;
    for (i = 0; i < num; i++) {
        value = &tree->settings[settings[i]].value;
        if (!is_list)
            end = mempcpy(end, value->string, value->len);
        else if (value->num_items)
            end = mempcpy(end, value->items, value->num_items * size);
    }
    *end = '\0';
    if (is_list) {
        sum_r->items = joined;
        sum_r->num_items = len;
    } else {
        sum_r->string = joined;
        sum_r->len = len;
        sum_r->exact = false;
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
    rc = add_up(tree, settings + first, num - first, &sum);
    if (!rc)
        tree->settings[settings[num - 1]].value = sum;
    return rc;
}

int vnuma__tree_merge(vnuma__tree *tree, vnuma_diags *diags)
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

/* ---- finding ------------------------------------------------------------ */

const vnuma__setting *vnuma__tree_find(const vnuma__tree *tree,
                                       const char *name)
{
    uint32_t low = 0, high = tree->num_names;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const vnuma__setting *setting = &tree->settings[tree->by_name[middle]];
        int r = strcmp(name, setting->name);

        if (!r)
            return setting;
        if (r < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

vnuma__text vnuma__value_text(const vnuma__value *value)
{
    vnuma__text text = { value->string, value->len, value->span,
                         value->exact };

    if (value->is_list)
        return (vnuma__text){ "", 0, value->span, false };
    if (value->exact) {
        text.span.start = value->inner;
        text.span.end = value->inner + value->len;
    }
    return text;
}
