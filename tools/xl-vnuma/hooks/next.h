/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The real functions that functions of ours hide. */
#ifndef XL_VNUMA_NEXT_H
#define XL_VNUMA_NEXT_H

/* By name, in the objects after ours; NULL, errno ENOSYS: there is none. */
void *hooks_find_next(const char *name);

/* Declares @real: the function that a function of ours named @name hides. */
#define HOOKS_NEXT(real, name)                                              \
    __typeof__(&name) real = (__typeof__(&name))hooks_find_next(#name)

#endif
