/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps a guest's entry under /vm while it migrates; see vm_entry.h. */
#include "config.h"

#include "run/vm_entry.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "base/store.h"

#define MAX_DEPTH 4 /* libxl's entries have 2 */

#define NO_DOMAIN UINT32_MAX

static void keep_below(vm_entry *entry, struct xs_handle *xs, const char *path,
                       unsigned int depth)
{
    unsigned int i, num = 0, len = 0;
    char *value = xs_read(xs, XBT_NULL, path, &len), *copy = NULL, *below;
    char **names;

    if (!value)
        return;
    /* A node without a value is what its children make. */
    if (len && entry->num_items < VM_ENTRY_ITEMS)
        copy = strdup(path);
    if (copy)
        entry->items[entry->num_items++] = (vm_entry_item){ copy, value, len };
    else
        free(value);
    names = depth < MAX_DEPTH ? xs_directory(xs, XBT_NULL, path, &num) : NULL;
    for (i = 0; names && i < num; i++) {
        below = vnuma__store_path(path, names[i]);
        if (below)
            keep_below(entry, xs, below, depth + 1);
        free(below);
    }
    free(names);
}

static char *path_of(struct xs_handle *xs, uint32_t domid)
{
    char path[48];

    snprintf(path, sizeof(path), "/local/domain/%" PRIu32 "/vm", domid);
    return xs_read(xs, XBT_NULL, path, NULL);
}

void vm_entry_keep(vm_entry *entry, const char *uuid, uint32_t domid)
{
    struct xs_handle *xs = uuid && !*uuid ? NULL : xs_open(0);

    memset(entry, 0, sizeof(*entry));
    if (!xs)
        return;
    entry->path = uuid ? vnuma__store_path("/vm", uuid) : path_of(xs, domid);
    if (entry->path)
        keep_below(entry, xs, entry->path, 0);
    xs_close(xs);
}

/* The domain whose entry it is, which may read it, as libxl has it. */
static uint32_t find_owner(struct xs_handle *xs, const char *path)
{
    unsigned int i, num = 0;
    char **names = xs_directory(xs, XBT_NULL, "/local/domain", &num);
    uint32_t domid = NO_DOMAIN;

    for (i = 0; names && i < num && domid == NO_DOMAIN; i++) {
        uint32_t other = (uint32_t)strtoul(names[i], NULL, 10);
        char *own = path_of(xs, other);

        if (own && !strcmp(own, path))
            domid = other;
        free(own);
    }
    free(names);
    return domid;
}

static void write_item(struct xs_handle *xs, const vm_entry_item *item,
                       uint32_t domid)
{
    struct xs_permissions perms[] = {
        { .id = 0, .perms = XS_PERM_NONE },
        { .id = domid, .perms = XS_PERM_READ },
    };

    if (xs_write(xs, XBT_NULL, item->path, item->value, item->len))
        xs_set_permissions(xs, XBT_NULL, item->path, perms, 2);
}

void vm_entry_put_back(vm_entry *entry)
{
    struct xs_handle *xs = entry->num_items ? xs_open(0) : NULL;
    char *there = xs ? xs_read(xs, XBT_NULL, entry->path, NULL) : NULL;
    uint32_t i, domid = NO_DOMAIN;

    if (xs && !there && errno == ENOENT)
        domid = find_owner(xs, entry->path);
    for (i = 0; i < entry->num_items; i++) {
        if (domid != NO_DOMAIN)
            write_item(xs, &entry->items[i], domid);
        free(entry->items[i].path);
        free(entry->items[i].value);
    }
    free(entry->path);
    free(there);
    if (xs)
        xs_close(xs);
}
