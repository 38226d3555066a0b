/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl-vnuma: finds the command, and reads the options before the command.  Each
 * command has its own file, cmd_NAME.c.
 */
#include "config.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "host/topology_draft.h"

#define ROW(name, function, synopsis, summary)                                \
    { name, function, synopsis, summary },
#ifdef HAVE_XEN
#define LIVE ROW
#else
#define LIVE(name, function, synopsis, summary)                               \
    ROW(name, main_no_xen, synopsis, summary)
#endif
static const cli_command commands[] = { COMMANDS(ROW, LIVE) };

#define NUM_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_usage(FILE *f)
{
    unsigned int i;

    fputs("Usage: xl-vnuma [-vftT] [--host FILE] COMMAND [OPTIONS] [ARGS]\n\n"
          "Virtual NUMA for Xen guests: check, plan, create, show.\n\n",
          f);
    for (i = 0; i < NUM_COMMANDS; i++)
        fprintf(f, "  %-16s %s\n", commands[i].name, commands[i].summary);
    fputs("\n"
          "  --host FILE  read the host from FILE, not this one; \"-\" is "
          "standard input;\n"
          "               " VNUMA__HOST_FORMS_ARE "\n"
          "  -v           print more; passed on to xl, as -f, -t and -T are\n"
          "  --version, --help\n\n"
          "For more, see xl-vnuma COMMAND --help and xl-vnuma(1).\n",
          f);
}

static int run_command(const cli_options *options, int argc, char **argv)
{
    unsigned int i;

    for (i = 0; i < NUM_COMMANDS; i++)
        if (!strcmp(commands[i].name, argv[0])) {
            cli_begin(&commands[i]);
            optind = 0; /* glibc: start again, for the command's own options */
            return commands[i].main(options, argc, argv);
        }
    return cli_fail(CLI_USAGE,
                    "there is no command \"%s\"; see xl-vnuma --help",
                    argv[0]);
}

int main(int argc, char **argv)
{
    static const struct option long_options[] = {
        { "host", required_argument, NULL, 'H' },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'V' },
        { NULL, 0, NULL, 0 },
    };
    cli_options options = { NULL, "" };
    size_t num = 0;
    int opt;

    while ((opt = getopt_long(argc, argv, "+vftTh", long_options, NULL)) != -1)
        switch (opt) {
        case 'H':
            options.host_path = optarg;
            break;
        case 'v':
        case 'f':
        case 't':
        case 'T':
            /* More than these say no more. */
            if (num < sizeof(options.xl_options) - 1)
                options.xl_options[num++] = (char)opt;
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
