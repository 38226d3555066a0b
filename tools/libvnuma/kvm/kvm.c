/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the value of a guest of KVM is made of: memory, lists, sets. */
#include "config.h"

#include "kvm/kvm.h"

#include <string.h>

_Noreturn void vnuma__kvm_no_memory(vnuma__maker *m)
{
    longjmp(m->no_memory, 1);
}

void *vnuma__kvm_alloc(vnuma__maker *m, size_t size)
{
    void *memory = vnuma__arena_alloc(m->memory, size);

    if (!memory)
        vnuma__kvm_no_memory(m);
    return memset(memory, 0, size);
}

/* The next one is first in each struct, so it is where the list goes on. */
void *vnuma__kvm_append(vnuma__maker *m, void *first, size_t size,
                        vnuma_span span)
{
    struct {
        void *next;
        vnuma_span span;
    } head = { NULL, span };
    void *made = vnuma__kvm_alloc(m, size), *at = first, *next;

    for (memcpy(&next, at, sizeof(next)); next;
         memcpy(&next, at, sizeof(next)))
        at = next;
    memcpy(made, &head, sizeof(head));
    memcpy(at, &made, sizeof(made));
    return made;
}

/* ---- sets --------------------------------------------------------------- */

bool vnuma__set_has(const vnuma__set *set, uint32_t number)
{
    const vnuma__range *range = set->first;

    while (range && (number < range->first || number > range->last))
        range = range->next;
    return range != NULL;
}

uint32_t vnuma__set_lowest(const vnuma__set *set)
{
    const vnuma__range *range;
    uint32_t lowest = UINT32_MAX;

    for (range = set->first; range; range = range->next)
        if (range->first < lowest)
            lowest = range->first;
    return lowest;
}

unsigned int vnuma__set_count(const vnuma__set *set)
{
    unsigned int i, num = 0;

    for (i = 0; i < VNUMA_MAX_PNODES; i++)
        num += vnuma__set_has(set, i);
    return num;
}

void vnuma__set_add(vnuma__maker *m, vnuma__set *set, uint32_t first,
                    uint32_t last, vnuma_span span)
{
    vnuma__range *made = vnuma__kvm_alloc(m, sizeof(*made));

    *made = (vnuma__range){ NULL, span, first, last };
    if (set->last)
        set->last->next = made;
    else
        set->first = made;
    set->last = made;
    if (!vnuma__set_is_given(set))
        set->span = span;
}

/* "^": what is before it loses these. */
void vnuma__set_take(vnuma__maker *m, vnuma__set *set, uint32_t first,
                     uint32_t last)
{
    vnuma__range *range = set->first;

    set->first = set->last = NULL;
    for (; range; range = range->next) {
        if (range->first < first)
            vnuma__set_add(m, set, range->first,
                           range->last < first ? range->last : first - 1,
                           range->span);
        if (range->last > last)
            vnuma__set_add(m, set,
                           range->first > last ? range->first : last + 1,
                           range->last, range->span);
    }
}
