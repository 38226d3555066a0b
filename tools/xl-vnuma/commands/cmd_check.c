/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl-vnuma check: reports what is wrong in guests' files.  Compares them with
 * the host of --host or the live host; if there is neither, it says so and
 * makes the checks that need no host.
 */
#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/guest_files.h"
#include "commands/commands.h"

/* --host must be readable; a live host is used if there is one. */
static int load_host(const cli_options *options, cli_host *host,
                     const vnuma_topology **topology_r)
{
    vnuma_diags diags;
    int rc, code;

    *topology_r = NULL;
    if (options->host_path) {
        code = cli_host_load(options, host);
        if (!code)
            *topology_r = host->topology;
        return code;
    }
    vnuma_diags_init(&diags);
    rc = cli_live_topology(&host->topology, &diags);
    if (!rc)
        *topology_r = host->topology;
    else
        fprintf(stderr,
                "xl-vnuma: checked without a host: %s (--host FILE "
                "describes one)\n",
                diags.num_items ? vnuma_diags_at(&diags, 0)->message
                                : "no memory");
    vnuma_diags_dispose(&diags);
    return CLI_OK;
}

typedef struct {
    bool json, strict;
    char *policy; /* owned; of --policy, as a setting */
    const vnuma_topology *topology; /* NULL: no host is known */
    cli_guest *guests;              /* owned; those read, in order */
    unsigned int num_guests;
} check_run;

/* --strict: warnings count as errors. */
static bool is_refused(const check_run *run, const vnuma_diags *diags)
{
    return diags->num_errors || (run->strict && diags->num_warnings);
}

static int check_file(check_run *run, const char *path)
{
    cli_guest *guest = &run->guests[run->num_guests];
    int code;

    cli_guest_init(guest);
    run->num_guests++;
    code = cli_guest_check(guest, path, run->topology, &run->policy,
                           !!run->policy, false);
    if (code == CLI_ENVIRONMENT)
        return code;
    code = is_refused(run, &guest->diags) ? CLI_REFUSED : CLI_OK;
    if (run->json)
        return code;
    cli_print_diags(&guest->diags);
    if (!code && printf("%s: ok\n", guest->source.name) < 0)
        return CLI_ENVIRONMENT;
    return code;
}

static int answer_json(const check_run *run)
{
    const vnuma_diags **list;
    unsigned int i;
    char *text;

    list = calloc(run->num_guests, sizeof(*list));
    if (!list)
        return cli_fail(CLI_ENVIRONMENT, "no memory");
    for (i = 0; i < run->num_guests; i++)
        list[i] = &run->guests[i].diags;
    text = vnuma_diags_list_to_json(list, run->num_guests);
    free(list);
    return cli_answer(text);
}

/* Checks all files, even after errors; returns the worst code. */
static int check_files(check_run *run, int num, char **paths)
{
    int i, code, worst = CLI_OK;

    run->guests = calloc(num, sizeof(*run->guests));
    if (!run->guests)
        return cli_fail(CLI_ENVIRONMENT, "no memory");
    for (i = 0; i < num; i++) {
        code = check_file(run, paths[i]);
        if (code > worst)
            worst = code;
    }
    if (run->json && worst != CLI_ENVIRONMENT && answer_json(run))
        worst = CLI_ENVIRONMENT;
    for (i = 0; i < (int)run->num_guests; i++)
        cli_guest_dispose(&run->guests[i]);
    free(run->guests);
    return worst;
}

int main_check(const cli_options *options, int argc, char **argv)
{
    check_run run = { .json = false };
    bool list = false;
    const cli_option table[] = {
        { .name = "json", .flag = &run.json },
        { .name = "list", .flag = &list },
        { .name = "strict", .flag = &run.strict },
        { .name = "policy", .take = cli_take_policy, .into = &run.policy },
        { .name = NULL },
    };
    cli_host host;
    int code;

    code = cli_read_options(table, argc, argv);
    if (code != CLI_GO_ON)
        return code;
    if (list)
        return cli_list_checks(vnuma_check_list);
    if (optind == argc)
        return cli_usage();

    cli_host_init(&host);
    code = load_host(options, &host, &run.topology);
    if (!code)
        code = check_files(&run, argc - optind, argv + optind);
    free(run.policy);
    cli_host_dispose(&host);
    return code;
}
