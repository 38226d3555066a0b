/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What xenstore has of a guest under /vm/UUID: its name, when it began.  While
 * a guest is on one host twice both copies have the same entry, and libxl
 * takes it away with either that goes.  So both ends of a migration remember
 * it and put it back when their xl is done: whichever is done last.
 */
#ifndef XL_VNUMA_VM_ENTRY_H
#define XL_VNUMA_VM_ENTRY_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    char *path, *value;
    unsigned int len; /* of the value, in bytes */
} vm_entry_item;

typedef struct {
    char *path; /* "/vm/UUID"; NULL: there is none */
    vm_entry_item *items;
    size_t num_items;
} vm_entry;

/* Remembers the entry of a domain; without one, or memory, it is empty. */
void vm_entry_keep(vm_entry *entry, uint32_t domid);

/* The same by UUID, as libxl writes one; "" has no entry. */
void vm_entry_keep_uuid(vm_entry *entry, const char *uuid);

/* Writes it anew if it is gone and a domain names it as its own. */
void vm_entry_put_back(const vm_entry *entry);

void vm_entry_dispose(vm_entry *entry);

#endif
