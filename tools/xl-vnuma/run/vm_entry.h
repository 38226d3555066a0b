/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What xenstore has under /vm/UUID of a guest, such as its name.  While two
 * copies of a guest are on one host, both have the same entry, and libxl
 * removes it with either copy.  So both ends of a migration remember it and
 * put it back when their xl has ended; the last one counts.
 */
#ifndef XL_VNUMA_VM_ENTRY_H
#define XL_VNUMA_VM_ENTRY_H

#include <stdint.h>

typedef struct {
    char *path, *value; /* owned */
    unsigned int len;   /* of the value, in bytes */
} vm_entry_item;

#define VM_ENTRY_ITEMS 256 /* far more than there are */

typedef struct {
    char *path; /* owned; "/vm/UUID"; NULL: there is none */
    vm_entry_item items[VM_ENTRY_ITEMS];
    uint32_t num_items;
} vm_entry;

/*
 * Remembers the entry of a UUID, in the form that libxl writes ("" has none),
 * or, if that is NULL, of a domain; empty if there is none, or no memory.
 */
void vm_entry_keep(vm_entry *entry, const char *uuid, uint32_t domid);

/* Writes it again if it is gone and a domain refers to it, and disposes. */
void vm_entry_put_back(vm_entry *entry);

#endif
