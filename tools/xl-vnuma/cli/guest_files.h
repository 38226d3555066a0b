/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest from its file to a plan, as check, plan and create need it. */
#ifndef XL_VNUMA_GUEST_FILES_H
#define XL_VNUMA_GUEST_FILES_H

#include <stdbool.h>

#include "cli/cli.h"
#include "cli/kept.h"

/* All zeroes to begin with. */
typedef struct {
    vnuma_source source;
    vnuma_config *config; /* owned; NULL before it is read */
    vnuma__lived lived;   /* without vnodes if that is not asked or known */
    vnuma_diags diags;    /* points into source */
} cli_guest;

void cli_guest_dispose(cli_guest *guest);

/*
 * Reads and checks; @topology may be NULL.  @settings are key=value arguments,
 * joined to the file as xl joins them.  @is_planned: whether the guest fits is
 * left to cli_guest_plan(), which can say more about it.  Returns a code.
 * Mistakes in the settings are in guest->diags and not printed; other errors
 * are printed.
 */
int cli_guest_check(cli_guest *guest, const char *path,
                    const vnuma_topology *topology, char *const *settings,
                    unsigned int num_settings, bool is_planned);

/* Where it lived, by its UUID or name. */
void cli_guest_find_home(cli_guest *guest, const vnuma__homes *homes);

/*
 * Fills in what the file leaves out, and plans, where the guest lived if that
 * can be; reports as cli_guest_check() does.
 */
int cli_guest_plan(cli_guest *guest, const vnuma_topology *topology,
                   vnuma_plan_options *options, vnuma_plan **plan_r);

/* Several guests' files, to be planned together. */
typedef struct {
    char **paths;             /* borrowed */
    cli_guest *files;         /* owned; one for each path */
    vnuma_plan_guest **plans; /* owned; likewise, NULL until they are added */
    unsigned int num;
} cli_guests;

/* Returns a code, after a message; dispose in any case. */
int cli_guests_init(cli_guests *guests, char **paths, unsigned int num);
void cli_guests_dispose(cli_guests *guests);

/* @config: NULL: it is not planned.  Returns a code, after a message. */
int cli_guests_add(cli_guests *guests, unsigned int i,
                   const vnuma_config *config);

#endif
