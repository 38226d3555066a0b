/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The arguments of a command that is xl's with options of ours among them:
 * what is xl's is handed on as it stands.
 */
#ifndef XL_VNUMA_XL_ARGS_H
#define XL_VNUMA_XL_ARGS_H

#include <getopt.h>
#include <stdbool.h>

#define XL_ARGS_OURS 0x100 /* values of our long options, from here on */
#define XL_ARGS_XLS 0x80   /* the value of every long option that is xl's */

typedef struct {
    const char *command;        /* "restore" */
    const char *letters;        /* xl's, as getopt() wants them, with h */
    const char *our_letters;    /* of these, what is not handed on; or NULL */
    const struct option *longs; /* xl's and ours */
    /* An option that is not handed on; returns a code of cli.h. */
    int (*take)(void *user, int option, const char *value);
    void *user;
} xl_args_form;

typedef struct {
    char **args; /* owned array, borrowed strings: "xl", the command, ... */
    unsigned int num_args;
    char *letters; /* owned; "-x" for each option of one letter, 3 bytes */
    unsigned int num_letters;
    char **names; /* borrowed: what is no option */
    unsigned int num_names;
    bool help;
} xl_args;

/*
 * Takes the options; names are left to xl_args_add().  Returns a code of
 * cli.h; usage errors are said.
 */
int xl_args_parse(xl_args *args, const xl_args_form *form,
                  unsigned int verbose, int argc, char **argv);
/* One more for xl; there is room for all names and some. */
void xl_args_add(xl_args *args, const char *arg);
void xl_args_add_names(xl_args *args);
/* Whether that option of one letter was handed on. */
bool xl_args_has(const xl_args *args, char letter);
void xl_args_dispose(xl_args *args);

#endif
