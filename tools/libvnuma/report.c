/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much is said about one text, and in which order. */
#include "config.h"

#include "guest.h"

#include <stdlib.h>

bool vnuma__is_enough(const vnuma_diags *diags)
{
    return diags->num_errors > VNUMA__MAX_KEPT;
}

/* A diagnostic and the related notes that follow it. */
typedef struct {
    unsigned int index, count;
    vnuma_span span;
} group;

static int compare_groups(const void *a, const void *b)
{
    const group *x = a, *y = b;
    uint32_t x_start = x->span.source ? x->span.start : UINT32_MAX;
    uint32_t y_start = y->span.source ? y->span.start : UINT32_MAX;

    if (x_start != y_start)
        return x_start < y_start ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

static unsigned int find_groups(const vnuma_diag *items, unsigned int num,
                                group *groups)
{
    unsigned int i, num_groups = 0;

    for (i = 0; i < num; i++)
        if (items[i].related && num_groups)
            groups[num_groups - 1].count++;
        else
            groups[num_groups++] = (group){ i, 1, items[i].span };
    return num_groups;
}

void vnuma__diags_sort(vnuma_diags *diags, unsigned int first)
{
    unsigned int num = diags->num_items - first, num_groups, i, j, k = 0;
    vnuma_diag *items, *sorted;
    group *groups;

    if (num < 2)
        return;
    items = diags->items + first;
    sorted = calloc(num, sizeof(*sorted));
    groups = calloc(num, sizeof(*groups));
    if (!sorted || !groups)
        goto out;

    num_groups = find_groups(items, num, groups);
    qsort(groups, num_groups, sizeof(*groups), compare_groups);
    for (i = 0; i < num_groups; i++)
        for (j = 0; j < groups[i].count; j++)
            sorted[k++] = items[groups[i].index + j];
    for (i = 0; i < num; i++)
        items[i] = sorted[i];

out:
    free(sorted);
    free(groups);
}
