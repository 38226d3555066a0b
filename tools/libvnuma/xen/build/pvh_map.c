/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the memory map of a PVH guest has its ACPI tables. */
#include "config.h"

#include "xen/build/built.h"

/* To be used again by the guest once it has read them, up to Xen 4.20; since
 * 4.21 never, because Xen's AML code reads them. */
#define E820_TYPE_ACPI 3u
#define E820_TYPE_NVS 4u

struct e820entry *vnuma__pvh_find_tables(struct e820entry *map,
                                         unsigned int num_entries,
                                         uint64_t end)
{
    struct e820entry *entry, *last = NULL;

    for (entry = map; entry < map + num_entries; entry++)
        if ((entry->type == E820_TYPE_ACPI || entry->type == E820_TYPE_NVS) &&
            entry->addr < end && (!last || entry->addr > last->addr))
            last = entry;
    return last;
}
