/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl-vnuma create: checks and plans the guest, lets xl create it with our
 * builder hooks loaded, and prints where its memory is.
 */
#include "config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli/guest_files.h"
#include "cli/tables.h"
#include "cli/xen_calls.h"
#include "commands/commands.h"
#include "commands/live/dom0_loan.h"
#include "guest/guest.h"
#include "hooks/message.h"
#include "run/build.h"
#include "run/ledger.h"

typedef struct {
    xl_args args;
    build build; /* what the options say of it */
    bool hard, make_room, forget;
    const char *cfg;    /* borrowed from argv */
    const char *output; /* of -o; NULL: none */
    char *policy;    /* owned; of --policy, as a setting */
    char *hmat;      /* owned; of --hmat, likewise */
    tables_files files;
    char *tables; /* owned; what the guest gets, as tables_make() has it */
    char **settings; /* owned array, borrowed strings: key=value, and that */
    unsigned int num_settings;
    cli_guest guest;
    vnuma_plan *plan; /* owned; NULL: nothing to plan */
    dom0_loan loan;
    vnuma__ledger ledger;
} create;

/* ---- the arguments: those of xl create, and ours ------------------------ */

/* As xl: the last -f counts, and a bare name only if there is no -f. */
static int take_file(void *into, const char *path)
{
    create *c = into;

    c->cfg = path;
    xl_args_add_letter(&c->args, 'f', path);
    return CLI_OK;
}

/* What is no option: the file, or with "=" a setting.  xl gets them all. */
static int take_names(create *c)
{
    unsigned int i;

    c->settings = calloc((size_t)c->args.num_names + 2, sizeof(char *));
    if (!c->settings)
        return cli_fail(CLI_ENVIRONMENT, "no memory");
    for (i = 0; i < c->args.num_names; i++) {
        if (strchr(c->args.names[i], '='))
            c->settings[c->num_settings++] = c->args.names[i];
        else if (c->cfg)
            return cli_fail(CLI_USAGE, "more than one file: %s and %s", c->cfg,
                            c->args.names[i]);
        else
            c->cfg = c->args.names[i];
    }
    if (c->policy)
        c->settings[c->num_settings++] = c->policy;
    if (c->hmat)
        c->settings[c->num_settings++] = c->hmat;
    if (!c->cfg)
        return cli_usage();
    /* xl has to read the same file after us. */
    if (!strcmp(c->cfg, "-"))
        return cli_fail(CLI_USAGE, "create: xl cannot read standard input");
    xl_args_add_names(&c->args);
    return CLI_GO_ON;
}

static int take_args(create *c, const cli_options *options, int argc,
                     char **argv)
{
    const cli_option ours[] = {
        { .name = "verify",
          .take = cli_take_verify,
          .into = &c->build.by_hypervisor },
        { .name = "policy", .take = cli_take_policy, .into = &c->policy },
        { .name = "hmat",
          .take = tables_take_hmat,
          .into = &c->hmat,
          .is_optional = true },
        { .name = "acpi-table", .take = tables_take_file, .into = &c->files },
        { .name = "hard", .flag = &c->hard },
        { .name = "make-room", .flag = &c->make_room },
        { .name = "forget", .flag = &c->forget },
        { .name = "output", .value = &c->output },
        { .name = "defconfig", .letter = 'f', .take = take_file, .into = c },
        { .name = "dryrun",
          .letter = 'n',
          .flag = &c->build.dry_run,
          .xl = "-n" },
        { .name = "quiet",
          .letter = 'q',
          .flag = &c->build.quiet,
          .xl = "-q" },
        { .name = NULL },
    };
    const xl_args_form form = { "create", "", ours, 0, UINT_MAX, true };
    int code = xl_args_parse(&c->args, &form, options, argc, argv);

    return code == CLI_GO_ON ? take_names(c) : code;
}

/* ---- xl ----------------------------------------------------------------- */

static bool has_vnodes(const create *c)
{
    return c->plan && vnuma_plan_num_vnodes(c->plan);
}

static int run_create(create *c)
{
    /* If the file leaves something out, xl reads one more setting. */
    bool is_full = !has_vnodes(c) || vnuma_config_is_full(c->guest.config);
    char *setting = is_full ? NULL : vnuma_plan_to_setting(c->plan);
    char *plan = vnuma_xen_describe_plan(c->plan), *text;
    char *entry = vnuma__ledger_entry(&c->ledger);
    vnuma_membind membinds[VNUMA_MAX_VNODES];
    build b = c->build;
    unsigned int v;
    int code;

    for (v = 0; has_vnodes(c) && v < vnuma_plan_num_vnodes(c->plan); v++)
        membinds[v] = vnuma_plan_vnode_at(c->plan, v)->membind;
    text = vnuma__membinds_format(membinds, v);
    b.settings = (const run_setting[]){
        { ENV_PLAN, plan },
        { ENV_FILE, c->cfg },
        { ENV_SETTING, setting },
        { ENV_MEMBINDS, text },
        { ENV_TABLES, c->tables },
        { ENV_PIN, c->hard ? "1" : NULL },
        { ENV_ENTRY, entry },
        { NULL, NULL },
    };
    b.name = vnuma_config_name(c->guest.config);
    b.xl_args = c->args.args;
    b.ledger = &c->ledger;
    if (c->plan)
        vnuma__lived_of_plan(c->plan, &b.home);
    code = plan && text && (is_full || setting)
               ? build_run(&b)
               : cli_fail(CLI_ENVIRONMENT, "no memory");
    free(setting);
    free(entry);
    free(text);
    free(plan);
    return code;
}

/* dom0 may have given memory: the host is read again after this. */
static int make_room(create *c, vnuma_topology **host)
{
    int code;

    vnuma__ledger_unlock(&c->ledger); /* dom0 may take a minute */
    code = dom0_loan_take(&c->loan, c->guest.config, c->build.quiet);
    if (code)
        return code;
    vnuma_topology_free(*host);
    *host = NULL;
    return ledger_load_host(&c->ledger, NULL, host, NULL);
}

typedef struct {
    const vnuma__ledger *ledger;
    vnuma_xen *xen; /* opened for the first that is asked for */
} running;

/* What is being built is missing from free memory too. */
static bool runs(void *user, const char *name)
{
    running *r = user;
    vnuma_diags ignored = { 0 };
    bool found = false;
    unsigned int i;
    uint32_t domid;

    for (i = 0; i < r->ledger->num_others && !found; i++)
        found = !strcmp(r->ledger->others[i].name, name);
    if (!found && (r->xen || !vnuma_xen_open(&r->xen, &ignored)))
        found = !vnuma_xen_find_domain(r->xen, name, &domid, &ignored);
    vnuma_diags_dispose(&ignored);
    return found;
}

/* Where it goes next to the others that the host starts. */
static void prefer_next_to_others(create *c, const vnuma_topology *topology,
                                  const vnuma__homes *homes,
                                  vnuma_plan_options *options)
{
    running r = { .ledger = &c->ledger };
    const auto_folder b = {
        .dir = "/etc/xen/auto",
        .cfg = c->cfg,
        .guest = &c->guest,
        .topology = topology,
        .homes = homes,
        .runs = runs,
        .user = &r,
    };

    auto_folder_prefer(&b, options);
    vnuma_xen_close(r.xen);
}

static int plan_here(create *c, const vnuma_topology *topology)
{
    vnuma_plan_options options = { .lived = &c->guest.lived };
    vnuma__homes homes;
    int code = CLI_OK;

    if (vnuma_config_vnuma_span(c->guest.config).source) {
        kept_load(&homes);
        if (!c->forget)
            cli_guest_find_home(&c->guest, &homes);
        if (!c->guest.lived.num_vnodes)
            prefer_next_to_others(c, topology, &homes, &options);
        vnuma__homes_dispose(&homes);
        code = cli_code(vnuma_plan_build(c->guest.config, topology, &options,
                                         &c->plan, &c->guest.diags));
    }
    if (!code)
        code = tables_make(&c->guest, &c->files, c->plan, topology,
                           &c->tables);
    if (!code && c->plan)
        kept_tell(c->plan, &c->guest.diags);
    if (!code && has_vnodes(c) && !c->build.dry_run) {
        vnuma__flight_of(c->plan, vnuma_config_name(c->guest.config),
                         &c->ledger.own);
        ledger_enter(&c->ledger);
    }
    return code;
}

static int check_and_plan(create *c)
{
    vnuma_topology *host = NULL;
    int code = ledger_load_host(&c->ledger, NULL, &host, NULL), also;

    if (!code) {
        code = cli_guest_check(&c->guest, c->cfg, host, c->settings,
                               c->num_settings, true);
        also = cli_guest_read_files(&c->guest, true);
        code = code ? code : also;
    }
    if (!code && c->guest.config->kvm)
        code = cli_fail(CLI_REFUSED, "%s: this is not a file of xl", c->cfg);
    if (!code && c->make_room && !c->build.dry_run &&
        vnuma_config_vnuma_span(c->guest.config).source)
        code = make_room(c, &host);
    if (!code)
        code = plan_here(c, host);
    vnuma__ledger_unlock(&c->ledger);
    if (!c->build.quiet || code)
        cli_print_diags(&c->guest.diags);
    vnuma_topology_free(host);
    return code;
}

/* Before xl reads the file, if it is the same. */
static int write_plan(const create *c)
{
    char *text;
    int code;

    if (!c->output || !has_vnodes(c) || c->build.dry_run)
        return CLI_OK;
    text = vnuma_plan_to_cfg(c->plan, &c->guest.source);
    code = text ? cli_write_file(c->output, text)
                : cli_fail(CLI_ENVIRONMENT, "no memory");
    free(text);
    return code;
}

/* dom0 gets its memory back unless the guest was created. */
static int end_loan(create *c, int code)
{
    bool gave = c->loan.change;
    int ended = dom0_loan_end(&c->loan, !code);

    if (!code)
        return ended;
    if (!ended && gave)
        fputs("xl-vnuma: dom0 is as it was before\n", stderr);
    return code;
}

int main_create(const cli_options *options, int argc, char **argv)
{
    create c = { .build = { .command = "create", .done = "created" },
                 .ledger = VNUMA__LEDGER(VNUMA__LEDGER_DIR) };
    int code = take_args(&c, options, argc, argv);

    if (code == CLI_GO_ON) {
        run_begin(c.args.args);
        code = check_and_plan(&c);
        if (!code)
            code = write_plan(&c);
        if (!code)
            code = run_create(&c);
        run_abandon();
        code = end_loan(&c, code);
    }
    vnuma__ledger_end(&c.ledger);
    vnuma_plan_free(c.plan);
    cli_guest_dispose(&c.guest);
    xl_args_dispose(&c.args);
    free(c.settings);
    free(c.policy);
    free(c.hmat);
    free(c.tables);
    return code;
}
