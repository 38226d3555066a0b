/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl.cfg's grammar: bytes -> a tree of settings in which every value knows
 * where it was written.  Knows no key names: what a setting means is
 * config.c's.  What is accepted, and what every value is, equals libxlutil's
 * reading of the same bytes (tests/unit/test-read-xlu.c holds the two
 * together).
 */
#ifndef VNUMA_READ_H
#define VNUMA_READ_H

#include "cfg/tree.h"

/*
 * More values than this, items of lists and values of settings counted alike,
 * are refused: it bounds what a hostile file costs.  The largest guest that
 * Xen can build needs a few thousand; xl itself has no limit.
 */
#define VNUMA__MAX_VALUES 65536u

/*
 * Reads all of the source; reports every grammar mistake it can tell apart
 * (id "syntax" and friends) and goes on after it, until there are more than
 * are shown.  Returns 0,
 * VNUMA_ERROR_CONFIG (the tree holds what was understood) or
 * VNUMA_ERROR_NOMEM (the tree is empty).
 *
 * Stricter than xl in two things only: VNUMA__MAX_VALUES, and a NUL in a
 * string, on which xl aborts.
 */
int vnuma__read(const vnuma_source *source, vnuma__tree *tree_r,
                vnuma_diags *diags);

#endif
