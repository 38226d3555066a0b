/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all commands need: messages, exit codes, loading texts. */
#include "config.h"

#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/print.h"
#include "base/utf8.h"
#include "cli/show.h"

int cli_fail(int code, const char *format, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    fputs(PROGRAM ": ", stderr);
    /* Names of files and guests are in it, which may hold any bytes. */
    vnuma__utf8_print(text ? text : "no memory", stderr);
    fputc('\n', stderr);
    free(text);
    return code;
}

static bool is_done;

void cli_has_done(void)
{
    is_done = true;
}

int cli_not_printed(void)
{
    return cli_fail(is_done ? CLI_OK : CLI_ENVIRONMENT, "standard output: %s",
                    strerror(errno ? errno : EIO));
}

/* The command that this process runs. */
static const cli_command *command;

void cli_begin(const cli_command *command_)
{
    command = command_;
}

static void print_usage(FILE *f)
{
    fprintf(f, "Usage: " PROGRAM " %s%s%s\n\n%s.\n",
            command->name, *command->synopsis ? " " : "", command->synopsis,
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

bool cli_wants_colour(int fd)
{
    const char *no_color = getenv("NO_COLOR");

    return isatty(fd) && !(no_color && *no_color);
}

void cli_print_diag(const vnuma_diag *diag)
{
    char *text = vnuma_diag_format(diag, cli_wants_colour(STDERR_FILENO));

    fputs(text ? text : PROGRAM ": no memory for a message\n", stderr);
    free(text);
}

void cli_print_lost(const vnuma_diags *diags)
{
    if (diags->lost)
        fputs(PROGRAM ": no memory for all messages\n", stderr);
}

void cli_print_diags(const vnuma_diags *diags)
{
    unsigned int i;

    for (i = 0; i < diags->num_items; i++)
        cli_print_diag(vnuma_diags_at(diags, i));
    cli_print_lost(diags);
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
        return cli_not_printed();
    return CLI_OK;
}

int cli_read_source(vnuma_source *source, const char *path)
{
    return cli_was_read(vnuma_source_read(source, path), path);
}

int cli_was_read(int rc, const char *path)
{
    if (!rc)
        return CLI_OK;
    if (rc == VNUMA_ERROR_NOMEM)
        return cli_fail(CLI_ENVIRONMENT, "%s: no memory to read it", path);
    if (errno == EFBIG)
        return cli_fail(CLI_ENVIRONMENT, "%s: larger than %u MiB", path,
                        VNUMA_SOURCE_MAX >> 20);
    return cli_fail(CLI_ENVIRONMENT, "%s: %s",
                    strcmp(path, "-") ? path : "standard input",
                    errno ? strerror(errno) : "this is not a regular file");
}

/* A folder is a copy of what Linux tells.  Returns a code, after a message. */
static int read_host(vnuma_source *source, const char *path)
{
    struct stat st;
    int rc;

    if (!strcmp(path, "-") || stat(path, &st) || !S_ISDIR(st.st_mode))
        return cli_read_source(source, path);
    rc = cli_read_tree(source, path);
    if (rc == VNUMA_ERROR_IO)
        return cli_fail(CLI_ENVIRONMENT,
                        "%s: there is no sys/devices/system/node in it: %s",
                        path, strerror(errno));
    return cli_code(rc);
}

int cli_host_load(const cli_options *options, vnuma_topology **host_r,
                  vnuma_source *text_r)
{
    vnuma_source source = { 0 };
    vnuma_diags diags = { 0 };
    int rc;

    if (!options || !options->host_path)
        rc = show_live(NULL, host_r, NULL, &diags);
    else if (read_host(&source, options->host_path))
        rc = VNUMA_ERROR_IO; /* which was said */
    else
        rc = vnuma_topology_parse(&source, host_r, &diags);
    cli_print_diags(&diags);
    if (rc == VNUMA_ERROR_NOMEM)
        cli_fail(CLI_ENVIRONMENT, "no memory to read the host");
    vnuma_diags_dispose(&diags);
    if (text_r)
        *text_r = source;
    else
        vnuma_source_dispose(&source);
    return rc ? CLI_ENVIRONMENT : CLI_OK;
}

/* Between single quotes a shell takes every other character literally. */
char *shell_quote(const char *text)
{
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);

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
        return cli_host_load(options, host_r, NULL);
    if (!show_live(NULL, host_r, NULL, &diags))
        cli_print_diags(&diags);
    else
        fprintf(stderr, PROGRAM ": checked without a host: %s%s\n",
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
