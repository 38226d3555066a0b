/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl.cfg's grammar: bytes -> a tree of settings in which every value knows its
 * place.  No key is known here; guest/config.c knows what a setting means.
 * The reader accepts the same files, and reads the same values, as libxlutil
 * (tests/unit/test-read-xlu.c compares the two).
 */
#ifndef VNUMA_READ_H
#define VNUMA_READ_H

#include "cfg/tree.h"

/*
 * A file with more values (items of lists and values of settings) is refused:
 * this bounds the cost of a hostile file.  The largest guest that Xen can
 * build needs a few thousand; xl itself has no limit.
 */
#define VNUMA__MAX_VALUES 65536u

/*
 * Reads all of the source; reports every mistake of grammar that it can tell
 * apart (id "syntax" and others) and goes on after it, until more are found
 * than are shown.  Returns 0, VNUMA_ERROR_CONFIG (the tree holds what was
 * understood) or VNUMA_ERROR_NOMEM (the tree is empty).
 *
 * Stricter than xl in two things only: VNUMA__MAX_VALUES, and a NUL in a
 * string, on which xl aborts.
 */
int vnuma__read(const vnuma_source *source, vnuma__tree *tree_r,
                vnuma_diags *diags);

#endif
