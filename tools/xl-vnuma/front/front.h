/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the front have in common. */
#ifndef XL_VNUMA_FRONT_H
#define XL_VNUMA_FRONT_H

#include <stdbool.h>

#include "front/stock.h"

#define FRONT_CONF ROOT SYSCONFDIR "/xen/xl-vnuma.conf"
#define FRONT_OURS ROOT SBINDIR "/xl-vnuma"

/*
 * Whether a guest has virtual NUMA, told without Xen's libraries.  What is not
 * there, or no file, has none: stock xl says then what is wrong with it.  What
 * could not be read, say for want of descriptors or by a disk, may have: stock
 * xl could read it, and put the guest's memory anywhere.
 */
typedef enum {
    GUEST_PLAIN, /* without vnuma= */
    GUEST_FULL,  /* with one that stock xl reads as we do */
    GUEST_OURS,  /* with one of which stock xl understands less */
} guest_kind;

/* A guest's file, with the key=value arguments among @names after it. */
guest_kind guest_of_file(const char *path, char *const *names,
                         unsigned int num);

/*
 * What the tags of a guest of Ganeti's ask for, as a hook of it has left them
 * (xl-vnuma-ganeti(7)): settings, and the option by which xl-vnuma writes its
 * plan into the guest's file.  False: nothing, or the file is not Ganeti's.
 */
#define TAG_LINES 4
typedef struct {
    char *lines[TAG_LINES];
    int num;
    int error; /* an errno: it cannot be told now; 0: it was */
    char text[4096], output[4096];
} tag_settings;
/* Whether errno is of a call that may succeed for stock xl. */
bool front_may_pass(void);

bool tags_of_guest(const char *path, tag_settings *tags);

/* What was saved: with our record, or with vnodes in xl's configuration. */
guest_kind guest_saved(const char *path);
/* By its name or number. */
guest_kind guest_running(const char *domain);

/*
 * What xl-vnuma.conf(5) says: guests with vnuma= are stock xl's where xl-vnuma
 * cannot be used.  Without that file they are not.  False: the file is wrong,
 * which is said.
 */
bool front_falls_back(bool *falls_back_r);

/* Says that a guest is refused, or is stock xl's; returns @falls_back. */
bool front_does_without(bool falls_back, const char *why);

/*
 * Lets another process look at the guest that comes in by standard input,
 * before xl reads of it.  False: that cannot be done (errno).
 */
bool incoming_watch(const char *why);

/*
 * Prints what stands in the place of xl, for xl-vnuma front status.  False:
 * something is wrong.
 */
bool front_status(bool is_usable);

#endif
