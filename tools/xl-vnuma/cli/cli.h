/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What all commands of xl-vnuma need: exit codes, options, messages, and
 * loading the host and guests' files.
 */
#ifndef XL_VNUMA_CLI_H
#define XL_VNUMA_CLI_H

#include <stdbool.h>
#include <stdio.h>

#include "vnuma.h"

/* The same without Xen, for hosts of KVM, is a program of its own. */
#ifdef ONLY_KVM
#define PROGRAM "vnuma"
#define IS_KVM true /* unless an option says something else */
#else
#define PROGRAM "xl-vnuma"
#define IS_KVM false
#endif

/* The contract of xl-vnuma(1), EXIT STATUS. */
enum {
    CLI_OK = 0,
    CLI_REFUSED = 1, /* the config or the host does not allow it */
    CLI_USAGE = 2,
    CLI_ENVIRONMENT = 3, /* no Xen, no file, no permission, no memory */
};

typedef struct {
    const char *host_path; /* of --host; NULL: the live host */
    char xl_options[16]; /* letters of those that are xl's own: "vvT" */
} cli_options;

typedef struct {
    const char *name;
    int (*main)(const cli_options *options, int argc, char **argv);
    const char *synopsis, *summary;
} cli_command;

/* Sets the command that this process runs; to be called first. */
void cli_begin(const cli_command *command);

/*
 * A guest was built, saved or sent, or dom0 changed: the exit status tells of
 * that, and no more of whether all that is said about it could be printed.
 */
void cli_has_done(void);
/* Says why standard output could not be written (errno), and returns a code. */
int cli_not_printed(void);

/* "PROGRAM: MESSAGE" on stderr; returns @code, so that it can be returned. */
int cli_fail(int code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* How the command is called, on stderr; returns CLI_USAGE. */
int cli_usage(void);

/* The same on stdout, for --help; returns CLI_OK. */
int cli_help(void);

/*
 * One option of a command.  An option without an argument sets *flag.  One
 * with an argument sets *value, or calls take(into, argument), which returns a
 * code; it may be left out of one that is_optional, and is NULL then.  What xl
 * has to know too is handed on.
 */
typedef struct {
    const char *name; /* --name, or NULL; with neither a table ends */
    char letter;      /* -l, or 0 */
    bool *flag;
    const char **value;
    int (*take)(void *into, const char *argument);
    void *into;
    bool is_optional; /* --name or --name=VALUE */
    const char *xl; /* how xl knows it; NULL: it is ours alone */
} cli_option;

/* Not an exit code: the options were read, the command can go on. */
#define CLI_GO_ON (-1)

/*
 * Reads a command's options, --help and -h among them; optind is then its
 * first argument.  Returns CLI_GO_ON, or the code to exit with after printing
 * help or a message.
 */
int cli_read_options(const cli_option *table, int argc, char **argv);

/*
 * The arguments of a command that runs xl's command of that name: our options
 * are taken out, everything else is passed on to xl unchanged.
 */
typedef struct {
    const char *command;    /* "restore" */
    const char *letters;    /* of xl's that are handed on, as getopt() wants */
    const cli_option *ours; /* a table */
    unsigned int min_names, max_names; /* of what is no option */
    bool others; /* hand on those of no table too, for xl to refuse */
} xl_args_form;

typedef struct {
    char **args; /* owned array, borrowed strings: "xl", the command, ... */
    unsigned int num_args;
    char letters[256][3]; /* "-v" in the place of 'v', for args */
    char **names;         /* borrowed: what is no option */
    unsigned int num_names;
} xl_args;

/*
 * Takes the options; names are left to xl_args_add().  Returns CLI_GO_ON or
 * the code to exit with, after what is to be said has been said.  @args is
 * initialised in any case.
 */
int xl_args_parse(xl_args *args, const xl_args_form *form,
                  const cli_options *options, int argc, char **argv);
/* One more for xl; there is room for all names and some. */
void xl_args_add(xl_args *args, const char *arg);
void xl_args_add_names(xl_args *args);
/* An option of xl's, with its value or NULL; take() of a table may do so. */
void xl_args_add_letter(xl_args *args, int letter, const char *value);
void xl_args_dispose(xl_args *args);

/*
 * For a table: @into is a bool that says whether the hypervisor is to count.
 */
int cli_take_verify(void *into, const char *text);

/* CLI_OK, unless there is a --host for a command that has no use for it. */
int cli_only_here(const cli_options *options, const char *name);

/* Seconds of a clock that only goes on. */
double cli_seconds(void);

/* The exit code for a VNUMA_ERROR_ value; says so if there was no memory. */
int cli_code(int rc);

/* Whether that is a terminal whose user wants colours. */
bool cli_wants_colour(int fd);

/* Prints all diagnostics on stderr. */
void cli_print_diag(const vnuma_diag *diag);
void cli_print_diags(const vnuma_diags *diags);

/* For those that print some of them: whether some could not be kept. */
void cli_print_lost(const vnuma_diags *diags);

/* Prints them, disposes, and returns cli_code(rc). */
int cli_end(vnuma_diags *diags, int rc);

/* Prints a table of checks; returns CLI_OK. */
int cli_list_checks(const vnuma_check_info *(*list)(unsigned int *num_r));

/* Prints and frees an answer; NULL: there was no memory.  Returns a code. */
int cli_answer(char *text);

/*
 * The host of --host, or the live one, to be freed by the caller.  Returns a
 * code, after a message.
 * @text_r: what --host names, to be disposed; NULL: not wanted
 */
int cli_host_load(const cli_options *options, vnuma_topology **host_r,
                  vnuma_source *text_r);

/*
 * The same, but that there is no live host is only said, with @advice; then
 * *host_r stays NULL.
 */
int cli_host_or_none(const cli_options *options, vnuma_topology **host_r,
                     const char *advice);

/*
 * The host of a guest of KVM: that of --host, Xen's where it runs, or what
 * Linux tells in /sys and /proc.  Without @advice it has to be there, else it
 * is only said that there is none, as above.
 */
int cli_kvm_host_load(const cli_options *options, vnuma_topology **host_r,
                      const char *advice);
/*
 * What Linux tells below a folder, which is a copy of /sys and /proc, or "/",
 * as a text of a host.  Returns 0, VNUMA_ERROR_IO with errno, or
 * VNUMA_ERROR_NOMEM.
 */
int cli_read_tree(vnuma_source *source, const char *root);

/*
 * For a table of options: of --policy=TEXT, which is a policy or a list of
 * them as in a file.  @into is a char ** that keeps the setting.
 */
int cli_take_policy(void *into, const char *text);

/*
 * The path of an object of ours, without links, owned by the caller.  NULL,
 * and cli_module_error() says why and what to do: there is none, or a user
 * other than root and who runs this could have put it there.
 */
char *cli_module_path(const char *name);
/* Loads it; NULL: cli_module_error() says why not. */
void *cli_load_module(const char *name);
const char *cli_module_error(void);
/* What needs Xen's libraries (xen_calls.h). */
#define XEN_MODULE "xl-vnuma-xen.so"

/* Reads a guest's file.  Returns a code, after a message if it failed. */
int cli_read_source(vnuma_source *source, const char *path);
/* The same of what vnuma_source_read(), or its like, returned. */
int cli_was_read(int rc, const char *path);

/*
 * Writes a file, whole or not at all.  A link stays a link, a device a device,
 * and a file keeps its mode.  Returns a code, after a message if it failed.
 */
int cli_write_file(const char *path, const char *text);

/*
 * @text in single quotes, for a shell; to be freed by the caller, NULL: no
 * memory.
 */
char *shell_quote(const char *text);

#endif
