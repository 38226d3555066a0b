/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl-vnuma check: reports what is wrong in guests' files.  Compares them with
 * the host of --host or the live host; if there is neither, it says so and
 * makes the checks that need no host.
 */
#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/utf8.h"
#include "cli/guest_files.h"
#include "commands/commands.h"

typedef struct {
    bool json, strict;
    char *policy;      /* owned; of --policy, as a setting */
    const cli_options *options;
    vnuma_topology *hosts[2]; /* owned; of Xen and of KVM; NULL: not known */
    bool asked[2];
    cli_guests guests; /* only checked */
} check_run;

#define ADVICE " (--host FILE describes one)"

/* Of --host, or of the one who would run that guest here. */
static const vnuma_topology *host_of(check_run *run, cli_guest *guest,
                                     const char *path)
{
    bool is_kvm = !run->options->host_path && cli_guest_is_kvm(guest, path);

    if (guest->code || run->asked[is_kvm])
        return run->hosts[is_kvm];
    run->asked[is_kvm] = true;
    if (is_kvm)
        cli_kvm_host_load(run->options, &run->hosts[1], ADVICE);
    else
        cli_host_or_none(run->options, &run->hosts[0], ADVICE);
    return run->hosts[is_kvm];
}

static int check_file(check_run *run, cli_guest *guest, const char *path)
{
    const vnuma_topology *host = host_of(run, guest, path);
    int code = cli_guest_check(guest, path, host, &run->policy, !!run->policy,
                               false);

    if (code <= CLI_REFUSED)
        code = cli_guest_read_files(guest, host && !run->options->host_path);
    if (code > CLI_REFUSED)
        return code;
    /* With --strict warnings count as errors. */
    code = guest->diags.num_errors ||
                   (run->strict && guest->diags.num_warnings)
               ? CLI_REFUSED
               : CLI_OK;
    if (run->json)
        return code;
    cli_print_diags(&guest->diags);
    if (code)
        return code;
    vnuma__utf8_print(guest->source.name, stdout);
    puts(": ok");
    return CLI_OK;
}

static int answer_json(const cli_guests *guests)
{
    const vnuma_diags **list;
    unsigned int i;
    char *text;

    list = calloc(guests->num, sizeof(*list));
    if (!list)
        return cli_fail(CLI_ENVIRONMENT, "no memory");
    for (i = 0; i < guests->num; i++)
        list[i] = &guests->files[i].diags;
    text = vnuma_diags_list_to_json(list, guests->num);
    free(list);
    return cli_answer(text);
}

/* Checks all files, even after errors; returns the worst code. */
static int check_files(check_run *run)
{
    int code, worst = CLI_OK;
    unsigned int i;

    for (i = 0; i < run->guests.num; i++) {
        code = check_file(run, &run->guests.files[i], run->guests.paths[i]);
        if (code > worst)
            worst = code;
    }
    if (run->json && worst <= CLI_REFUSED && answer_json(&run->guests))
        worst = CLI_ENVIRONMENT;
    return worst;
}

int main_check(const cli_options *options, int argc, char **argv)
{
    check_run run = { .options = options };
    bool list = false;
    const cli_option table[] = {
        { .name = "json", .flag = &run.json },
        { .name = "list", .flag = &list },
        { .name = "strict", .flag = &run.strict },
        { .name = "policy", .take = cli_take_policy, .into = &run.policy },
        { .name = NULL },
    };
    int code = cli_read_options(table, argc, argv);

    if (code != CLI_GO_ON)
        return code;
    if (list)
        return cli_list_checks(vnuma_check_list);
    if (optind == argc)
        return cli_usage();

    code = cli_guests_take(&run.guests, argc, argv);
    if (!code && options->host_path) {
        run.asked[0] = true;
        code = cli_host_load(options, &run.hosts[0], NULL);
    }
    if (!code)
        code = check_files(&run);
    free(run.policy);
    cli_guests_dispose(&run.guests);
    vnuma_topology_free(run.hosts[0]);
    vnuma_topology_free(run.hosts[1]);
    return code;
}
