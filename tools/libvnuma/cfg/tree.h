/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What xl.cfg's grammar makes of a text: a tree of settings in which every
 * value knows its place.
 */
#ifndef VNUMA_TREE_H
#define VNUMA_TREE_H

#include "base/text.h"

/* Everything that a value points to belongs to the tree. */
typedef struct vnuma__value {
    vnuma_span span; /* with the quotes or brackets */
    char *string;    /* NUL-terminated; NULL for a list */
    struct vnuma__value *items;
    uint32_t inner; /* string: its first byte's offset, if exact */
    uint32_t len;   /* strlen(string) */
    uint32_t num_items;
    bool is_list;
    bool exact; /* string: byte i of it is byte inner + i of the source */
} vnuma__value;

typedef struct {
    char *name;
    vnuma_span name_span;
    bool is_addition;   /* += */
    vnuma__value value; /* after merging, with +=: the sum, in a name's last
                           setting */
} vnuma__setting;

typedef struct {
    vnuma__setting *settings; /* owned; in the order of the text */
    uint32_t num_settings;
    vnuma__setting **by_name; /* owned; the last of each name, sorted */
    uint32_t num_names;
    struct vnuma__arena *arena; /* owned; what settings point to */
} vnuma__tree;

void vnuma__tree_dispose(vnuma__tree *tree);

/*
 * Fills in by_name and adds up what += adds; reports a list added to a string
 * or a string to a list.  Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__tree_merge(vnuma__tree *tree, vnuma_diags *diags);

/*
 * Returns the last setting of that name, which is the one that counts, or
 * NULL.
 */
const vnuma__setting *vnuma__tree_find(const vnuma__tree *tree,
                                       const char *name);

vnuma__text vnuma__value_text(const vnuma__value *value);

#endif
