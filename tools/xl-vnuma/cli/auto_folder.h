/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest that has not lived here yet, next to the others that the host starts
 * at boot: one by one, each would take what is best of what is free, and so
 * the pnodes of those that come after it.
 */
#ifndef XL_VNUMA_AUTO_FOLDER_H
#define XL_VNUMA_AUTO_FOLDER_H

#include "cli/guest_files.h"

typedef struct {
    const char *dir; /* of the guests that the host starts */
    const char *cfg; /* the guest's file */
    const cli_guest *guest;
    const vnuma_topology *topology;
    const vnuma__homes *homes;
    bool (*runs)(void *user, const char *name);
    void *user;
} auto_folder;

/*
 * Where the guest goes when all those that do not run yet are planned with it:
 * a preference.  None when it is not of that folder, or finds no place next to
 * them: what does not run yet refuses no guest.
 */
void auto_folder_prefer(const auto_folder *f, vnuma_plan_options *options);

#endif
