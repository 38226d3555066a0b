/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl-vnuma migrate: runs xl migrate, with our receiver as the command on the
 * other host.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "run/build.h"

typedef struct {
    xl_args args;
    const char *ssh, *pnodes;
    bool strict;
    bool pause, no_monitor; /* for the receiver only */
} migrate;

/*
 * What the other host's shell runs.  Without an xl-vnuma there the guest still
 * arrives, as with xl, unless --strict or --pnodes forbids that.
 */
static char *remote_command(const migrate *m)
{
    const char *monitor = m->no_monitor ? " -e" : "";
    const char *pause = m->pause ? " -p" : "";
    bool needs_us = m->strict || m->pnodes;
    char *pnodes, *command;
    int r;

    pnodes = shell_quote(m->pnodes ? m->pnodes : "");
    if (!pnodes)
        return NULL;
    r = asprintf(
        &command,
        "if command -v xl-vnuma >/dev/null; then "
        "exec xl-vnuma migrate-receive%s%s%s%s%s; fi; "
        "echo 'xl-vnuma: there is only xl on that host: the guest %s' "
        ">&2; %s%s%s",
        monitor, pause, m->strict ? " --strict" : "",
        m->pnodes ? " --pnodes=" : "", m->pnodes ? pnodes : "",
        needs_us ? "is not sent" : "arrives without its placement",
        needs_us ? "exit 1" : "exec xl migrate-receive",
        needs_us ? "" : monitor, needs_us ? "" : pause);
    free(pnodes);
    return r < 0 ? NULL : command;
}

/* What xl's own shell runs. */
static char *local_command(const migrate *m, const char *host)
{
    char *remote, *quoted, *command;
    int r;

    /* As with xl: with an empty -s, HOST is the command itself. */
    if (m->ssh && !*m->ssh)
        return strdup(host);
    remote = remote_command(m);
    quoted = remote ? shell_quote(remote) : NULL;
    free(remote);
    if (!quoted)
        return NULL;
    r = asprintf(&command, "exec %s %s %s", m->ssh ? m->ssh : "ssh", host,
                 quoted);
    free(quoted);
    return r < 0 ? NULL : command;
}

int main_migrate(const cli_options *options, int argc, char **argv)
{
    migrate m = { 0 };
    const cli_option ours[] = {
        { .name = "pnodes", .value = &m.pnodes },
        { .name = "strict", .flag = &m.strict },
        { .letter = 's', .value = &m.ssh },
        { .letter = 'p', .flag = &m.pause },
        { .letter = 'e', .flag = &m.no_monitor },
        { .letter = 'F', .flag = &m.no_monitor },
        { .name = "debug", .xl = "--debug" },
        { .name = "live", .xl = "--live" },
        { .name = NULL },
    };
    const xl_args_form form = { "migrate", "C:D", ours, 2, 2 };
    run_result result = { 0 };
    char *command = NULL;
    int code = xl_args_parse(&m.args, &form, options, argc, argv);

    if (code == CLI_GO_ON) {
        command = local_command(&m, m.args.names[1]);
        xl_args_add(&m.args, "-s");
        xl_args_add(&m.args, "");
        xl_args_add(&m.args, "--");
        xl_args_add(&m.args, m.args.names[0]);
        xl_args_add(&m.args, command);
        code = command ? leave_run("migrate", false, m.args.names[0],
                                   m.args.args, &result)
                       : cli_fail(CLI_ENVIRONMENT, "no memory");
    }
    if (!code && result.exit_status)
        code = cli_fail(CLI_REFUSED,
                        "xl migrate failed (exit status %d); its reason is "
                        "above",
                        result.exit_status);
    free(command);
    xl_args_dispose(&m.args);
    return code;
}
