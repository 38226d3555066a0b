/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all commands need: messages, options, exit codes, loading texts. */
#include "config.h"

#include "cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/print.h"
#include "cli/show.h"
#include "cli/xl_args.h"

int cli_fail(int code, const char *format, ...)
{
    va_list args;

    fputs("xl-vnuma: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return code;
}

/* The command that this process runs. */
static const cli_command *command;

void cli_begin(const cli_command *command_)
{
    command = command_;
}

static void print_usage(FILE *f)
{
    fprintf(f, "Usage: xl-vnuma %s%s%s\n\n%s.\n", command->name,
            *command->synopsis ? " " : "", command->synopsis,
            command->summary);
}

int cli_usage(void)
{
    print_usage(stderr);
    return CLI_USAGE;
}

int cli_help(void)
{
    print_usage(stdout);
    return CLI_OK;
}

/* ---- a command's options ------------------------------------------------ */

#define MAX_OPTIONS 16u
#define FIRST_INDEX 256 /* what getopt_long() returns for the table's first */

static bool is_end(const cli_option *option)
{
    return !option->name && !option->letter;
}

static bool has_value(const cli_option *option)
{
    return option->value || option->take;
}

/* For getopt_long(), which knows --help and -h too. */
static void make_long(const cli_option *table, struct option *options)
{
    unsigned int i;

    for (i = 0; !is_end(&table[i]); i++)
        if (table[i].name)
            *options++ = (struct option){
                table[i].name,
                has_value(&table[i]) ? required_argument : no_argument,
                NULL,
                FIRST_INDEX + (int)i,
            };
    *options++ = (struct option){ "help", no_argument, NULL, 'h' };
    *options = (struct option){ NULL, 0, NULL, 0 };
}

static void make_short(const cli_option *table, const char *letters,
                       char *text)
{
    *text++ = 'h';
    for (; !is_end(table); table++) {
        if (!table->letter)
            continue;
        *text++ = table->letter;
        if (has_value(table))
            *text++ = ':';
    }
    strcpy(text, letters);
}

static const cli_option *find_option(const cli_option *table, int opt)
{
    if (opt >= FIRST_INDEX)
        return &table[opt - FIRST_INDEX];
    for (; opt && !is_end(table); table++)
        if (table->letter == opt)
            return table;
    return NULL;
}

/* One that getopt_long() refused: for xl, unless it is one of ours. */
static bool hand_on_other(xl_args *args, const xl_args_form *form,
                          const char *word)
{
    if (!form->others || optopt >= FIRST_INDEX ||
        find_option(form->ours, optopt))
        return false;
    if (optopt)
        xl_args_add_letter(args, optopt, NULL);
    else
        xl_args_add(args, word);
    return true;
}

static int take_option(const cli_option *option, xl_args *args)
{
    if (option->xl)
        xl_args_add(args, option->xl);
    if (option->flag)
        *option->flag = true;
    if (option->value)
        *option->value = optarg;
    return option->take ? option->take(option->into, optarg) : CLI_OK;
}

int xl_args_read_options(xl_args *args, const xl_args_form *form, int argc,
                         char **argv)
{
    struct option options[MAX_OPTIONS + 2];
    char letters[4 * MAX_OPTIONS + 2];
    const cli_option *option;
    int opt, code = CLI_OK;

    make_long(form->ours, options);
    make_short(form->ours, form->letters, letters);
    opterr = !form->others;
    while (!code &&
           (opt = getopt_long(argc, argv, letters, options, NULL)) != -1) {
        if (opt == 'h')
            return cli_help();
        if (opt == '?') {
            if (!hand_on_other(args, form, argv[optind - 1]))
                return cli_usage();
            continue;
        }
        option = find_option(form->ours, opt);
        if (option)
            code = take_option(option, args);
        else
            xl_args_add_letter(args, opt, optarg);
    }
    return code ? code : CLI_GO_ON;
}

int cli_read_options(const cli_option *table, int argc, char **argv)
{
    const xl_args_form form = { .letters = "", .ours = table };

    return xl_args_read_options(NULL, &form, argc, argv);
}

int cli_take_verify(void *into, const char *text)
{
    bool *by_hypervisor = into;

    *by_hypervisor = !strcmp(text, "hypervisor");
    if (*by_hypervisor || !strcmp(text, "count"))
        return CLI_OK;
    return cli_fail(CLI_USAGE,
                    "--verify=%s: it is \"count\" or \"hypervisor\"", text);
}

int cli_only_here(const cli_options *options, const char *name)
{
    if (!options->host_path)
        return CLI_OK;
    return cli_fail(CLI_USAGE, "%s uses this host: omit --host", name);
}

double cli_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int cli_code(int rc)
{
    switch (rc) {
    case 0:
        return CLI_OK;
    case VNUMA_ERROR_NOMEM:
        return cli_fail(CLI_ENVIRONMENT, "no memory");
    case VNUMA_ERROR_CONFIG:
    case VNUMA_ERROR_NOFIT:
        return CLI_REFUSED;
    default:
        return CLI_ENVIRONMENT;
    }
}

static bool want_colour(void)
{
    const char *no_color = getenv("NO_COLOR");

    return isatty(STDERR_FILENO) && !(no_color && *no_color);
}

void cli_print_diag(const vnuma_diag *diag)
{
    char *text = vnuma_diag_format(diag, want_colour());

    fputs(text ? text : "xl-vnuma: no memory for a message\n", stderr);
    free(text);
}

void cli_print_diags(const vnuma_diags *diags)
{
    unsigned int i;

    for (i = 0; i < diags->num_items; i++)
        cli_print_diag(vnuma_diags_at(diags, i));
    if (diags->lost)
        fputs("xl-vnuma: no memory for all messages\n", stderr);
}

int cli_end(vnuma_diags *diags, int rc)
{
    cli_print_diags(diags);
    vnuma_diags_dispose(diags);
    return cli_code(rc);
}

int cli_list_checks(const vnuma_check_info *(*list)(unsigned int *num_r))
{
    unsigned int i, num;
    const vnuma_check_info *checks = list(&num);

    for (i = 0; i < num; i++)
        printf("%-20s %-8s %s\n", checks[i].id,
               vnuma__severity_name(checks[i].severity), checks[i].summary);
    return CLI_OK;
}

int cli_answer(char *text)
{
    int r;

    if (!text)
        return cli_fail(CLI_ENVIRONMENT, "no memory");
    r = fputs(text, stdout);
    free(text);
    if (r < 0 || fflush(stdout))
        return cli_fail(CLI_ENVIRONMENT, "standard output: %s",
                        strerror(errno));
    return CLI_OK;
}

int cli_read_source(vnuma_source *source, const char *path)
{
    int rc = vnuma_source_read(source, path);

    if (!rc)
        return CLI_OK;
    if (rc == VNUMA_ERROR_NOMEM)
        return cli_fail(CLI_ENVIRONMENT, "%s: no memory to read it", path);
    if (errno == EFBIG)
        return cli_fail(CLI_ENVIRONMENT, "%s: larger than %u MiB", path,
                        VNUMA_SOURCE_MAX >> 20);
    return cli_fail(CLI_ENVIRONMENT, "%s: %s",
                    strcmp(path, "-") ? path : "standard input",
                    strerror(errno));
}

int cli_host_load(const cli_options *options, vnuma_topology **host_r)
{
    vnuma_source source = { 0 };
    vnuma_diags diags = { 0 };
    int rc;

    if (!options || !options->host_path)
        rc = show_live(NULL, host_r, NULL, &diags);
    else if (cli_read_source(&source, options->host_path))
        rc = VNUMA_ERROR_IO; /* which was said */
    else
        rc = vnuma_topology_parse(&source, host_r, &diags);
    cli_print_diags(&diags);
    if (rc == VNUMA_ERROR_NOMEM)
        cli_fail(CLI_ENVIRONMENT, "no memory to read the host");
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
    return rc ? CLI_ENVIRONMENT : CLI_OK;
}

/* Between single quotes a shell takes every other character literally. */
char *shell_quote(const char *text)
{
    vnuma__print out;
    FILE *f;

    f = vnuma__print_begin(&out);
    if (!f)
        return NULL;
    putc('\'', f);
    for (; *text; text++)
        if (*text == '\'')
            fputs("'\\''", f);
        else
            putc(*text, f);
    putc('\'', f);
    return vnuma__print_end(&out, false);
}

int cli_host_or_none(const cli_options *options, vnuma_topology **host_r,
                     const char *advice)
{
    vnuma_diags diags = { 0 };

    if (options->host_path)
        return cli_host_load(options, host_r);
    if (!show_live(NULL, host_r, NULL, &diags))
        cli_print_diags(&diags);
    else
        fprintf(stderr, "xl-vnuma: checked without a host: %s%s\n",
                diags.num_items ? vnuma_diags_at(&diags, 0)->message
                                : "no memory",
                advice);
    vnuma_diags_dispose(&diags);
    return CLI_OK;
}

int cli_take_policy(void *into, const char *text)
{
    const char *quote = text[0] == '[' ? "" : "\"";
    char **setting = into;

    free(*setting);
    if (asprintf(setting, "xl_vnuma_policy=%s%s%s", quote, text, quote) >= 0)
        return CLI_OK;
    *setting = NULL;
    return cli_fail(CLI_ENVIRONMENT, "no memory");
}
