/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guests of files: what is read, checked and planned, and where they lived. */
#ifndef XL_VNUMA_GUEST_FILES_H
#define XL_VNUMA_GUEST_FILES_H

#include <stdbool.h>

#include "cli/cli.h"
#include "record/lived.h"

/* All zeroes to begin with. */
typedef struct {
    vnuma_source source;
    vnuma_config *config; /* owned; NULL before it is read */
    vnuma__lived lived;   /* without vnodes if that is not asked or known */
    vnuma_diags diags;    /* points into source */
    int code; /* CLI_OK, or why the source cannot be read, which was said */
} cli_guest;

void cli_guest_dispose(cli_guest *guest);

/*
 * Reads, unless it has its text, and checks; @topology may be NULL.
 * @settings are key=value arguments, joined to the file as xl joins them.  @is_planned: whether the guest fits is
 * left to vnuma_plan_build(), which can say more about it.  Returns a code.
 * Mistakes in the settings are in guest->diags and not printed; other errors
 * are printed.
 */
int cli_guest_check(cli_guest *guest, const char *path,
                    const vnuma_topology *topology, char *const *settings,
                    unsigned int num_settings, bool is_planned);

/* Reads the file, unless it has its text, and says whose guest it is. */
bool cli_guest_is_kvm(cli_guest *guest, const char *path);
/*
 * Reads the files that its settings name for ACPI, and checks what is in them;
 * after cli_guest_check(), whatever that returned.  @is_here: what cannot be
 * read is an error, as the guest is to run here.  Returns a code; mistakes are
 * in guest->diags.
 */
int cli_guest_read_files(cli_guest *guest, bool is_here);

/* Where it lived, by its UUID or name. */
void cli_guest_find_home(cli_guest *guest, const vnuma__homes *homes);

/* Several guests' files, to be planned together. */
typedef struct {
    char **paths;             /* borrowed */
    cli_guest *files;         /* owned; one for each path */
    vnuma_plan_guest **plans; /* owned; likewise, NULL until they are added */
    unsigned int num;
} cli_guests;

/* Returns a code, after a message; dispose in any case. */
int cli_guests_init(cli_guests *guests, char **paths, unsigned int num);
/* Those of all arguments from optind on: files, or "--" and QEMU's command. */
int cli_guests_take(cli_guests *guests, int argc, char **argv);
void cli_guests_dispose(cli_guests *guests);
/* Whether all are of KVM; not those of none, or that cannot be read. */
bool cli_guests_are_kvm(cli_guests *guests);

/* @config: NULL: it is not planned.  Returns a code, after a message. */
int cli_guests_add(cli_guests *guests, unsigned int i,
                   const vnuma_config *config);

/* ---- where guests lived: kept.c ----------------------------------------- */

/*
 * The places that guests had on this host, kept over its reboots.  Whatever is
 * wrong with them costs a warning, never a guest.
 */

/* Once for all guests of a run: what cannot be read is then warned of once. */
void kept_load(vnuma__homes *homes_r);

/* Keeps where it lives now.  @name: NULL: not known */
void kept_add(const char *uuid, const char *name, const vnuma__lived *lived);

/* What a plan says of where the guest lived, as a note. */
void kept_tell(const vnuma_plan *plan, vnuma_diags *diags);

/* ---- next to others that will be started: auto_folder.c ----------------- */

/*
 * A guest that has not lived here yet, next to the others that the host starts
 * at boot: one by one, each would take what is best of what is free, and so
 * the pnodes of those that come after it.
 */
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
