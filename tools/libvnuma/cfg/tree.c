/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tree of settings: its memory, sums, and finding things in it. */
#include "config.h"

#include "cfg/tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"

void vnuma__tree_dispose(vnuma__tree *tree)
{
    free(tree->settings);
    free(tree->by_name);
    vnuma__arena_free(tree->arena);
    *tree = (vnuma__tree){ 0 };
}

/* ---- sums --------------------------------------------------------------- */

/*
 * What several settings of one name come to: the last one counts, and += adds
 * to what came before.  Settings are sorted by name, and each name's sum is
 * made once, for its last setting: O(n log n) for a file of nothing but a+=1,
 * where adding at every step would be quadratic.
 */
static int compare_settings(const void *a, const void *b)
{
    const vnuma__setting *x = *(vnuma__setting *const *)a;
    const vnuma__setting *y = *(vnuma__setting *const *)b;
    int r = strcmp(x->name, y->name);

    return r ? r : (x > y) - (x < y);
}

/* Joins the strings, or the lists, of settings that are of one kind. */
static int add_up(vnuma__tree *tree, vnuma__setting *const *settings,
                  uint32_t num)
{
    vnuma__value *sum = &settings[num - 1]->value;
    size_t size = sum->is_list ? sizeof(*sum) : sizeof(char), len = 0;
    const vnuma__value *value;
    void *joined;
    char *end;
    uint32_t i;

    for (i = 0; i < num; i++) {
        value = &settings[i]->value;
        len += value->is_list ? value->num_items : value->len;
    }
    joined = end = vnuma__arena_alloc(&tree->arena, len * size + 1);
    if (!joined)
        return VNUMA_ERROR_NOMEM;
    for (i = 0; i < num; i++) {
        value = &settings[i]->value;
        if (!value->is_list)
            end = mempcpy(end, value->string, value->len);
        else if (value->num_items)
            end = mempcpy(end, value->items, value->num_items * size);
    }
    *end = '\0';
    if (sum->is_list) {
        sum->items = joined;
        sum->num_items = len;
    } else {
        sum->string = joined;
        sum->len = len;
        sum->exact = false;
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
static int merge_name(vnuma__tree *tree, vnuma__setting *const *settings,
                      uint32_t num, vnuma_diags *diags)
{
    uint32_t first = 0, i; /* the setting that later ones are added to */

    for (i = 1; i < num; i++) {
        if (!settings[i]->is_addition) {
            first = i;
        } else if (settings[i]->value.is_list !=
                   settings[first]->value.is_list) {
            report_mix(settings[first], settings[i], diags);
            first = i;
        }
    }
    return first == num - 1 ? 0 : add_up(tree, settings + first, num - first);
}

int vnuma__tree_merge(vnuma__tree *tree, vnuma_diags *diags)
{
    uint32_t num = tree->num_settings, start, end;
    vnuma__setting **order;
    int rc;

    if (!num)
        return 0;
    order = tree->by_name = calloc(num, sizeof(*order));
    if (!order)
        return VNUMA_ERROR_NOMEM;
    for (start = 0; start < num; start++)
        order[start] = &tree->settings[start];
    qsort(order, num, sizeof(*order), compare_settings);
    for (start = 0; start < num; start = end) {
        for (end = start + 1; end < num; end++)
            if (strcmp(order[end]->name, order[start]->name))
                break;
        rc = merge_name(tree, order + start, end - start, diags);
        if (rc)
            return rc;
        order[tree->num_names++] = order[end - 1];
    }
    return 0;
}

/* ---- finding ------------------------------------------------------------ */

static int compare_name(const void *name, const void *setting)
{
    return strcmp(name, (*(vnuma__setting *const *)setting)->name);
}

const vnuma__setting *vnuma__tree_find(const vnuma__tree *tree,
                                       const char *name)
{
    vnuma__setting *const *found = NULL;

    if (tree->num_names)
        found = bsearch(name, tree->by_name, tree->num_names,
                        sizeof(*tree->by_name), compare_name);
    return found ? *found : NULL;
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
