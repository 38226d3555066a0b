/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tree of settings: its memory, and finding things in it. */
#include "config.h"

#include "cfg/tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

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
