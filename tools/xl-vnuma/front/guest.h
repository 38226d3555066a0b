/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a guest has virtual NUMA, told without Xen's libraries.  What cannot
 * be read has none: stock xl says then what is wrong with it.
 */
#ifndef XL_VNUMA_GUEST_H
#define XL_VNUMA_GUEST_H

#include <stdbool.h>

typedef enum {
    GUEST_PLAIN, /* without vnuma= */
    GUEST_FULL,  /* with one that stock xl reads as we do */
    GUEST_OURS,  /* with one of which stock xl understands less */
} guest_kind;

/* A guest's file, with the key=value arguments among @names after it. */
guest_kind guest_of_file(const char *path, char *const *names,
                         unsigned int num);

/* What was saved: with our record, or with vnodes in xl's configuration. */
bool guest_saved_has_vnuma(const char *path);

/* A running guest, by its name or number. */
bool guest_running_has_vnuma(const char *domain);

#endif
