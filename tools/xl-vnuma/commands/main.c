/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl-vnuma, and vnuma: finds the command, and reads the options before it.
 * Each command has its own file, cmd_NAME.c.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/commands.h"
#include "host/topology_draft.h"

#ifdef ONLY_KVM
#define LETTERS "+h"
#define XL_LETTERS ""
#define XL_LETTERS_ARE ""
#define ABOUT "NUMA of guests of KVM: check, plan, show, export."
#else
#define LETTERS "+vftTh"
#define XL_LETTERS "[-vftT] "
#define XL_LETTERS_ARE                                                        \
    "  -v           print more; passed on to xl, as -f, -t and -T are\n"
#define ABOUT "Virtual NUMA for Xen guests: check, plan, create, show."
#endif

#define ROW(name, function, synopsis, summary)                                \
    { name, function, synopsis, summary },
#define NO_ROW(name, function, synopsis, summary)
#define NO_XEN(name, function, synopsis, summary)                             \
    ROW(name, main_no_xen, synopsis, summary)
static const cli_command commands[] = {
#ifdef ONLY_KVM
    COMMANDS(ROW, NO_ROW, NO_ROW)
#elif defined(HAVE_XEN)
    COMMANDS(ROW, ROW, ROW)
#else
    COMMANDS(ROW, ROW, NO_XEN)
#endif
};

#define NUM_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_usage(FILE *f)
{
    unsigned int i;

    fputs("Usage: " PROGRAM " " XL_LETTERS "[--host FILE] COMMAND [OPTIONS] "
          "[ARGS]\n\n" ABOUT "\n\n",
          f);
    for (i = 0; i < NUM_COMMANDS; i++)
        fprintf(f, "  %-16s %s\n", commands[i].name, commands[i].summary);
    fputs("\n"
          "  --host FILE  read the host from FILE, not this one; \"-\" is "
          "standard input;\n"
          "               " VNUMA__HOST_FORMS_ARE "\n"
          XL_LETTERS_ARE
          "  --version, --help\n\n"
          "For more, see " PROGRAM " COMMAND --help and " PROGRAM "(1).\n",
          f);
}

/*
 * What is opened next would be in the place of one that we were started
 * without: messages would be written into a file, and what xl prints would be
 * its report to us.  Reading and writing still fail.
 */
static bool open_standard(void)
{
    static const int flags[] = { O_WRONLY, O_RDONLY, O_RDONLY };
    int fd;

    for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", flags[fd]) != fd) /* xl inherits it */
            return false;
    return true;
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
                    "there is no command \"%s\"; see " PROGRAM " --help",
                    argv[0]);
}

static int run(int argc, char **argv)
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

    if (!open_standard())
        return cli_fail(CLI_ENVIRONMENT, "/dev/null: %s", strerror(errno));
    while ((opt = getopt_long(argc, argv, LETTERS, long_options, NULL)) != -1)
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
            puts(PROGRAM " " PACKAGE_VERSION);
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

/* What did not get out is no answer, whichever command it is of. */
int main(int argc, char **argv)
{
    int code = run(argc, argv);

    errno = 0;
    if ((!fflush(stdout) && !ferror(stdout)) || code)
        return code;
    return cli_not_printed();
}
