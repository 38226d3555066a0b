/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl-vnuma: the table of commands and the options before the command.  Each
 * command is a file of its own, cmd_NAME.c.
 */
#include "config.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const cli_command commands[] = {
    { "check", main_check, "[--json] [--strict] CFG... | --list",
      "Name every mistake in the NUMA settings of guests' files" },
    { "plan", main_plan, "[--json] [-o FILE] [--reserve MIB[@PNODE]]... CFG",
      "Show where each vnode of a guest will live, and why" },
    { "topology", main_topology, "[--json]",
      "Show the host's nodes as \"xl info -n\" does" },
    { "create", main_create,
      "[--verify=count|hypervisor] [XL OPTIONS] CFG [KEY=VALUE...]",
      "Check, plan, create the guest with xl, and say where its memory is" },
};

#define NUM_COMMANDS (sizeof(commands) / sizeof(commands[0]))

const cli_command *cli_find_command(const char *name)
{
    unsigned int i;

    for (i = 0; i < NUM_COMMANDS; i++)
        if (!strcmp(commands[i].name, name))
            return &commands[i];
    return NULL;
}

static void print_usage(FILE *f)
{
    unsigned int i;

    fputs("Usage: xl-vnuma [-v] [--host FILE] COMMAND [OPTIONS] [ARGS]\n\n"
          "Virtual NUMA for Xen guests: check, plan, create.\n\n",
          f);
    for (i = 0; i < NUM_COMMANDS; i++)
        fprintf(f, "  %-10s %s\n", commands[i].name, commands[i].summary);
    fputs("\n"
          "  --host FILE  a host described by FILE (\"xl info -n\" text, "
          "\"numactl -H\" text,\n"
          "               our JSON; \"-\" is standard input), not this one\n"
          "  -v           say more; given on to xl\n"
          "  --version, --help\n\n"
          "xl-vnuma COMMAND --help tells more; see also xl-vnuma(1).\n",
          f);
}

static int run(const cli_options *options, int argc, char **argv)
{
    const cli_command *command = cli_find_command(argv[0]);

    if (!command) {
        cli_fail(CLI_USAGE, "there is no command \"%s\"", argv[0]);
        print_usage(stderr);
        return CLI_USAGE;
    }
    optind = 0; /* glibc: begin anew, for the command's own options */
    return command->main(options, argc, argv);
}

int main(int argc, char **argv)
{
    static const struct option long_options[] = {
        { "host", required_argument, NULL, 'H' },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'V' },
        { NULL, 0, NULL, 0 },
    };
    cli_options options = { NULL, 0 };
    int opt;

    while ((opt = getopt_long(argc, argv, "+vh", long_options, NULL)) != -1)
        switch (opt) {
        case 'H':
            options.host_path = optarg;
            break;
        case 'v':
            options.verbose++;
            break;
        case 'h':
            print_usage(stdout);
            return CLI_OK;
        case 'V':
            puts(PACKAGE_STRING);
            return CLI_OK;
        default:
            print_usage(stderr);
            return CLI_USAGE;
        }
    if (optind == argc) {
        print_usage(stderr);
        return CLI_USAGE;
    }
    return run(&options, argc - optind, argv + optind);
}
