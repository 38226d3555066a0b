/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl-vnuma create: checks and plans the guest, lets xl create it with our
 * builder hooks loaded, and prints where its memory is.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "cli/guest_files.h"
#include "commands/commands.h"
#include "commands/create_args.h"
#include "commands/dom0_loan.h"
#include "hooks/message.h"
#include "record/place.h"
#include "run/build.h"
#include "vnuma_xen.h"

typedef struct {
    create_args args;
    cli_guest guest;
    vnuma_plan *plan; /* owned; NULL: nothing to plan */
    dom0_loan loan;
} create;

static bool has_vnodes(const create *c)
{
    return c->plan && vnuma_plan_num_vnodes(c->plan);
}

/*
 * If the file leaves something out, xl gets one more setting, in which
 * everything is explicit.
 */
static int make_explicit(create *c, char **setting_r)
{
    *setting_r = NULL;
    if (!has_vnodes(c) || vnuma_config_is_full(c->guest.config))
        return CLI_OK;
    *setting_r = vnuma_plan_to_setting(c->plan);
    if (!*setting_r)
        return cli_fail(CLI_ENVIRONMENT, "no memory");
    c->args.xl_args[c->args.num_xl_args++] = *setting_r;
    return CLI_OK;
}

/* Where each vnode's memory may go; "" for a guest without vnodes. */
static char *describe_places(const vnuma_plan *plan)
{
    vnuma_place places[VNUMA_MAX_VNODES];
    unsigned int v;

    for (v = 0; plan && v < vnuma_plan_num_vnodes(plan); v++)
        places[v] = vnuma_plan_vnode_at(plan, v)->place;
    return vnuma__places_format(places, v);
}

static int run_with(create *c, const char *plan, const char *places)
{
    const run_setting settings[] = {
        { ENV_PLAN, plan },
        { ENV_PLACES, places },
        { ENV_PIN, c->args.hard ? "1" : NULL },
        { NULL, NULL },
    };
    build b = {
        .command = "create",
        .done = "created",
        .name = vnuma_config_name(c->guest.config),
        .by_hypervisor = c->args.by_hypervisor,
        .quiet = c->args.quiet,
        .dry_run = c->args.dry_run,
        .has_vnodes = has_vnodes(c),
        .first_pnode =
            has_vnodes(c) ? vnuma_plan_vnode_at(c->plan, 0)->pnode : 0,
        .xl_args = c->args.xl_args,
        .settings = settings,
    };

    return build_run(&b);
}

static int run_create(create *c)
{
    char *plan, *places, *setting;
    int code;

    code = make_explicit(c, &setting);
    if (code)
        return code;
    plan = vnuma_xen_describe_plan(c->plan);
    places = describe_places(c->plan);
    code = plan && places ? run_with(c, plan, places)
                          : cli_fail(CLI_ENVIRONMENT, "no memory");
    free(setting);
    free(places);
    free(plan);
    return code;
}

/* dom0 may have given memory: the host is read again after this. */
static int check_and_make_room(create *c, const vnuma_topology *topology)
{
    int code;

    code = cli_guest_check(&c->guest, c->args.cfg, topology, c->args.settings,
                           c->args.num_settings, true);
    if (!code && c->args.make_room && !c->args.dry_run &&
        vnuma_config_vnuma_span(c->guest.config).source)
        code = dom0_loan_take(&c->loan, c->guest.config, c->args.quiet);
    return code;
}

static int check_and_plan(create *c)
{
    cli_host host;
    int code;

    cli_host_init(&host);
    code = cli_host_load(NULL, &host);
    if (!code)
        code = check_and_make_room(c, host.topology);
    if (!code && c->loan.change) {
        cli_host_dispose(&host);
        cli_host_init(&host);
        code = cli_host_load(NULL, &host);
    }
    if (!code && vnuma_config_vnuma_span(c->guest.config).source)
        code = cli_guest_plan(&c->guest, host.topology, NULL, &c->plan);
    if (!code)
        code = cli_code(vnuma_xen_compare(&c->guest.source, &c->guest.diags));
    if (!c->args.quiet || code)
        cli_print_diags(&c->guest.diags);
    cli_host_dispose(&host);
    return code;
}

/* dom0 gets its memory back unless the guest was created. */
static int end_loan(create *c, int code)
{
    bool gave = c->loan.change;

    if (!code)
        return dom0_loan_keep(&c->loan);
    if (!dom0_loan_undo(&c->loan) && gave)
        fputs("xl-vnuma: dom0 is as it was before\n", stderr);
    return code;
}

int main_create(const cli_options *options, int argc, char **argv)
{
    create c = { 0 };
    int code;

    cli_guest_init(&c.guest);

    code = create_args_parse(&c.args, options->verbose, argc, argv);
    if (code)
        goto out;
    if (c.args.help) {
        code = cli_help();
        goto out;
    }
    code = cli_only_here(options, "create");
    if (code)
        goto out;
    if (!strcmp(c.args.cfg, "-")) {
        /* xl has to read the same file after us. */
        code = cli_fail(CLI_USAGE, "create: xl cannot read standard input");
        goto out;
    }
    code = check_and_plan(&c);
    if (!code)
        code = run_create(&c);
    code = end_loan(&c, code);

out:
    vnuma_plan_free(c.plan);
    cli_guest_dispose(&c.guest);
    create_args_dispose(&c.args);
    return code;
}
