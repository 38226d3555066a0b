/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps a guest's entry under /vm while it migrates; see vm_entry.h. */
#include "config.h"

#include "run/vm_entry.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#define MAX_DEPTH 4 /* libxl's entries have 2 */
#define MAX_ITEMS 256

static char *join(const char *path, const char *name)
{
    char *joined;

    return asprintf(&joined, "%s/%s", path, name) < 0 ? NULL : joined;
}

/* A new node; NULL: no memory, or there are too many. */
static vm_entry_item *add_item(vm_entry *entry)
{
    vm_entry_item *items;

    if (entry->num_items == MAX_ITEMS)
        return NULL;
    items = realloc(entry->items, (entry->num_items + 1) * sizeof(*items));
    if (!items)
        return NULL;
    entry->items = items;
    return &items[entry->num_items];
}

/* Takes over the value; a node without one is what its children make. */
static void keep_item(vm_entry *entry, const char *path, char *value,
                      unsigned int len)
{
    vm_entry_item *item = len ? add_item(entry) : NULL;

    if (item)
        item->path = strdup(path);
    if (!item || !item->path) {
        free(value);
        return;
    }
    item->value = value;
    item->len = len;
    entry->num_items++;
}

static void keep_below(vm_entry *entry, struct xs_handle *xs, const char *path,
                       unsigned int depth)
{
    unsigned int i, num = 0, len = 0;
    char *value = xs_read(xs, XBT_NULL, path, &len), *below;
    char **names;

    if (!value)
        return;
    keep_item(entry, path, value, len);
    names = depth < MAX_DEPTH ? xs_directory(xs, XBT_NULL, path, &num) : NULL;
    for (i = 0; names && i < num; i++) {
        below = join(path, names[i]);
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

/* Takes over @path. */
static void keep(vm_entry *entry, struct xs_handle *xs, char *path)
{
    entry->path = path;
    if (path)
        keep_below(entry, xs, path, 0);
    xs_close(xs);
}

void vm_entry_keep(vm_entry *entry, uint32_t domid)
{
    struct xs_handle *xs = xs_open(0);

    memset(entry, 0, sizeof(*entry));
    if (xs)
        keep(entry, xs, path_of(xs, domid));
}

void vm_entry_keep_uuid(vm_entry *entry, const char *uuid)
{
    struct xs_handle *xs = *uuid ? xs_open(0) : NULL;

    memset(entry, 0, sizeof(*entry));
    if (xs)
        keep(entry, xs, join("/vm", uuid));
}

/* The domain whose entry it is, which may read it, as libxl has it. */
static int find_owner(struct xs_handle *xs, const char *path,
                      uint32_t *domid_r)
{
    unsigned int i, num = 0;
    char **names = xs_directory(xs, XBT_NULL, "/local/domain", &num);
    int rc = -1;

    for (i = 0; names && i < num && rc; i++) {
        uint32_t domid = (uint32_t)strtoul(names[i], NULL, 10);
        char *own = path_of(xs, domid);

        if (own && !strcmp(own, path)) {
            *domid_r = domid;
            rc = 0;
        }
        free(own);
    }
    free(names);
    return rc;
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

void vm_entry_put_back(const vm_entry *entry)
{
    struct xs_handle *xs = entry->num_items ? xs_open(0) : NULL;
    uint32_t domid = 0;
    char *there;
    size_t i;

    if (!xs)
        return;
    there = xs_read(xs, XBT_NULL, entry->path, NULL);
    if (!there && !find_owner(xs, entry->path, &domid))
        for (i = 0; i < entry->num_items; i++)
            write_item(xs, &entry->items[i], domid);
    free(there);
    xs_close(xs);
}

void vm_entry_dispose(vm_entry *entry)
{
    size_t i;

    for (i = 0; i < entry->num_items; i++) {
        free(entry->items[i].path);
        free(entry->items[i].value);
    }
    free(entry->items);
    free(entry->path);
    memset(entry, 0, sizeof(*entry));
}
