/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the commands of xl-vnuma share: exit codes, global options, and
 * loading the two texts that nearly every command begins with.
 */
#ifndef XL_VNUMA_CLI_H
#define XL_VNUMA_CLI_H

#include <stdio.h>

#include "vnuma.h"

/* The contract of xl-vnuma(1), EXIT STATUS. */
enum {
    CLI_OK = 0,
    CLI_REFUSED = 1, /* the config or the host does not allow it */
    CLI_USAGE = 2,
    CLI_ENVIRONMENT = 3, /* no Xen, no file, no permission, no memory */
};

typedef struct {
    const char *host_path; /* of --host; NULL: the live host */
    unsigned int verbose;
} cli_options;

typedef struct {
    const char *name;
    int (*main)(const cli_options *options, int argc, char **argv);
    const char *synopsis, *summary;
} cli_command;

int main_check(const cli_options *options, int argc, char **argv);
int main_plan(const cli_options *options, int argc, char **argv);
int main_topology(const cli_options *options, int argc, char **argv);
int main_create(const cli_options *options, int argc, char **argv);

/* The command of that name, or NULL. */
const cli_command *cli_find_command(const char *name);

/* "xl-vnuma: MESSAGE" on stderr; returns @code, so that it can be returned. */
int cli_fail(int code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* How the command is called, on stderr; returns CLI_USAGE. */
int cli_usage(const char *command);

/* The same on stdout, for --help; returns CLI_OK. */
int cli_help(const char *command);

/* The exit code for a VNUMA_ERROR_ value. */
int cli_code(int rc);

/* All of them, to stderr. */
void cli_print_diags(const vnuma_diags *diags);

/* Prints and frees an answer; NULL is a lack of memory.  Returns a code. */
int cli_answer(char *text);

/* A host and the text that its diagnostics point into. */
typedef struct {
    vnuma_source source;
    vnuma_topology topology;
} cli_host;

void cli_host_init(cli_host *host);
void cli_host_dispose(cli_host *host);

/*
 * The host of --host, or the live one.  Returns CLI_OK, or a code after what
 * is wrong has been said on stderr.
 */
int cli_host_load(const cli_options *options, cli_host *host);

/* The live host: live.c with Xen's libraries, live_none.c without. */
int cli_live_topology(vnuma_topology *topology_r, vnuma_diags *diags);

/* Reads a guest's file; says on stderr why it could not. */
int cli_read_source(vnuma_source *source, const char *path);

#endif
