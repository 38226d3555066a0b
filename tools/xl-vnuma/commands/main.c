/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl-vnuma: the table of commands, and the options before the command.  Each
 * command has its own file, cmd_NAME.c.
 */
#include "config.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"

static const cli_command commands[] = {
    { "check", main_check,
      "[--json] [--strict] [--policy=POLICY] CFG... | --list",
      "Report every mistake in the NUMA settings of guests' files" },
    { "plan", main_plan,
      "[--json] [-o FILE|DIR] [--reserve MIB[@PNODE]]... [--policy=POLICY] "
      "CFG...",
      "Show on which pnode each vnode of guests will be, and why" },
    { "topology", main_topology,
      "[--json | --draw | -o FILE.svg|FILE.png] [--theme=light|dark]",
      "Show the host's nodes as \"xl info -n\" does" },
    { "create", main_create,
      "[--verify=count|hypervisor] [--policy=POLICY] [--hard] [--make-room] "
      "[XL OPTIONS] CFG [KEY=VALUE...]",
      "Check, plan, create the guest with xl, and print where its memory is" },
    { "save", main_save, "[XL OPTIONS] DOMAIN FILE [CFG]",
      "Save a guest with xl, including its vNUMA" },
    { "restore", main_restore,
      "[--pnodes=P,...] [--strict] [--verify=count|hypervisor] [XL OPTIONS] "
      "[CFG] FILE",
      "Plan a saved guest for this host, and restore it with xl" },
    { "migrate", main_migrate,
      "[--pnodes=P,...] [--strict] [XL OPTIONS] DOMAIN HOST",
      "Migrate a running guest with xl; the other host plans it" },
    { "migrate-receive", main_migrate_receive,
      "[--pnodes=P,...] [--strict] [XL OPTIONS]",
      "The receiving end of migrate and move; they run it" },
    { "move", main_move, "[--pnodes=P,...] [--yes] DOMAIN",
      "Move a running guest to other nodes of this host" },
    { "dom0", main_dom0,
      "show [--json] [--verify=hypervisor]\n"
      "   or: xl-vnuma dom0 check [--json] [--strict] [--cmdline TEXT | --grub "
      "FILE] [CFG...] | --list\n"
      "   or: xl-vnuma dom0 set [--mem MIB] [--max MIB] [--nodes N,...] "
      "[--vcpus N] [--pin]\n"
      "                         [--min-mem MIB] [--timeout SECONDS]\n"
      "   or: xl-vnuma dom0 reset [--timeout SECONDS]",
      "Show, check and set dom0's memory, nodes and vcpus" },
    { "show", main_show,
      "[--json | --prometheus | --draw | -o FILE.svg|FILE.png] "
      "[--theme=light|dark] [--watch] [--interval SECONDS] "
      "[--verify=count|hypervisor] [--force] [--domains FILE] [DOMAIN]",
      "Show where domains are, compared with what was promised" },
};

#define NUM_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const cli_command *find_command(const char *name)
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
          "Virtual NUMA for Xen guests: check, plan, create, show.\n\n",
          f);
    for (i = 0; i < NUM_COMMANDS; i++)
        fprintf(f, "  %-16s %s\n", commands[i].name, commands[i].summary);
    fputs("\n"
          "  --host FILE  read the host from FILE (text of \"xl info -n\" or "
          "\"numactl -H\",\n"
          "               our JSON; \"-\" is standard input), not this one\n"
          "  -v           print more; passed on to xl\n"
          "  --version, --help\n\n"
          "For more, see xl-vnuma COMMAND --help and xl-vnuma(1).\n",
          f);
}

static int run_command(const cli_options *options, int argc, char **argv)
{
    const cli_command *command = find_command(argv[0]);

    if (!command) {
        cli_fail(CLI_USAGE, "there is no command \"%s\"", argv[0]);
        print_usage(stderr);
        return CLI_USAGE;
    }
    cli_begin(command);
    optind = 0; /* glibc: start again, for the command's own options */
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
    return run_command(&options, argc - optind, argv + optind);
}
