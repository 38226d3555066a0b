/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The arguments of a command that runs xl's command of that name: our options
 * are taken out, everything else is passed on to xl unchanged.
 */
#ifndef XL_VNUMA_XL_ARGS_H
#define XL_VNUMA_XL_ARGS_H

#include <stdbool.h>

#include "cli/cli.h"

typedef struct {
    const char *command; /* "restore" */
    const char *letters; /* of xl's that are handed on, as getopt() wants */
    const cli_option *ours; /* a table */
    unsigned int min_names, max_names; /* of what is no option */
    bool others; /* hand on those of no table too, for xl to refuse */
} xl_args_form;

typedef struct {
    char **args; /* owned array, borrowed strings: "xl", the command, ... */
    unsigned int num_args;
    char letters[256][3]; /* "-v" in the place of 'v', for args */
    char **names; /* borrowed: what is no option */
    unsigned int num_names;
} xl_args;

/*
 * Takes the options; names are left to xl_args_add().  Returns CLI_GO_ON or
 * the code to exit with, after what is to be said has been said.  @args is
 * initialised in any case.
 */
int xl_args_parse(xl_args *args, const xl_args_form *form,
                  const cli_options *options, int argc, char **argv);
/* Its first half; with @args NULL nothing is handed on.  In cli.c. */
int xl_args_read_options(xl_args *args, const xl_args_form *form, int argc,
                         char **argv);
/* One more for xl; there is room for all names and some. */
void xl_args_add(xl_args *args, const char *arg);
void xl_args_add_names(xl_args *args);
/* An option of xl's, with its value or NULL; take() of a table may do so. */
void xl_args_add_letter(xl_args *args, int letter, const char *value);
void xl_args_dispose(xl_args *args);

#endif
