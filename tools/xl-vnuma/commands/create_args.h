/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The arguments of create: which are ours, and which file xl will read. */
#ifndef XL_VNUMA_CREATE_ARGS_H
#define XL_VNUMA_CREATE_ARGS_H

#include <stdbool.h>

typedef struct {
    bool by_hypervisor; /* --verify */
    bool dry_run, quiet, help;
    bool hard;           /* --hard */
    bool make_room;      /* --make-room */
    char *policy;        /* owned; of --policy, as a setting */
    const char *cfg;     /* borrowed from argv */
    char **settings;     /* owned array, borrowed strings: key=value,
                            of --policy too, which xl need not see */
    unsigned int num_settings;
    char **xl_args;      /* owned array, borrowed strings; "xl", "create", ... */
    unsigned int num_xl_args;
    unsigned int cfg_at; /* where the file's name is in xl_args */
} create_args;

/* Reads them as xl does.  Returns a code of cli.h, after a message. */
int create_args_parse(create_args *args, unsigned int verbose, int argc,
                      char **argv);
void create_args_dispose(create_args *args);

#endif
