/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the commands share: messages, exit codes, loading texts. */
#include "config.h"

#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static void print_usage(FILE *f, const cli_command *command)
{
    fprintf(f, "Usage: xl-vnuma %s %s\n\n%s.\n", command->name,
            command->synopsis, command->summary);
}

int cli_usage(const char *command)
{
    print_usage(stderr, cli_find_command(command));
    return CLI_USAGE;
}

int cli_help(const char *command)
{
    print_usage(stdout, cli_find_command(command));
    return CLI_OK;
}

int cli_code(int rc)
{
    switch (rc) {
    case 0:
        return CLI_OK;
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

void cli_print_diags(const vnuma_diags *diags)
{
    bool colour = want_colour();
    unsigned int i;
    char *text;

    for (i = 0; i < diags->num_items; i++) {
        text = vnuma_diag_format(&diags->items[i], colour);
        fputs(text ? text : "xl-vnuma: no memory for a message\n", stderr);
        free(text);
    }
    if (diags->lost)
        fputs("xl-vnuma: no memory for all messages\n", stderr);
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

void cli_host_init(cli_host *host)
{
    vnuma_source_init(&host->source);
    vnuma_topology_init(&host->topology);
}

void cli_host_dispose(cli_host *host)
{
    vnuma_topology_dispose(&host->topology);
    vnuma_source_dispose(&host->source);
}

int cli_host_load(const cli_options *options, cli_host *host)
{
    vnuma_diags diags;
    int rc, code = CLI_OK;

    vnuma_diags_init(&diags);
    if (options->host_path) {
        code = cli_read_source(&host->source, options->host_path);
        if (code)
            goto out;
        rc = vnuma_topology_parse(&host->source, &host->topology, &diags);
    } else {
        rc = cli_live_topology(&host->topology, &diags);
    }
    cli_print_diags(&diags);
    if (rc == VNUMA_ERROR_NOMEM)
        cli_fail(CLI_ENVIRONMENT, "no memory to read the host");
    code = rc ? CLI_ENVIRONMENT : CLI_OK;

out:
    vnuma_diags_dispose(&diags);
    return code;
}
