/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl-vnuma plan: shows the pnode of each vnode, and why, for one guest or for
 * several next to each other; -o writes files that say so to stock xl.
 */
#include "config.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "check/check_export.h"
#include "cli/guest_files.h"
#include "cli/tables.h"
#include "commands/commands.h"
#include "host/topology.h"
#include "forms/forms.h"
#include "kvm/port.h"
#include "show/guest_json.h"
#include "plan/overcommit.h"
#include "run/ledger.h"
#include "tables/hmat_text.h"

typedef struct {
    bool json;
    bool overcommit;
    bool has_swap;
    uint64_t swap_memkb; /* of --swap */
    bool forget;                 /* where guests lived */
    const char *output;          /* of -o; NULL: none */
    vnuma_plan_options *options; /* owned */
    char *policy;                /* owned; of --policy, as a setting */
    char *hmat;                  /* owned; of --hmat, likewise */
    bool is_here;                /* the host is this one */
    vnuma_topology *host;        /* owned; to plan on */
    vnuma__homes homes;          /* owned; none if they are to be forgotten */
} plan_args;

/* Where guests lived, on the host that is planned on. */
static int load_homes(plan_args *args, const cli_options *options,
                      const vnuma_source *host)
{
    if (!options->host_path)
        kept_load(&args->homes);
    else if (vnuma__homes_from_report(host, &args->homes))
        return cli_fail(CLI_ENVIRONMENT, "no memory");
    return CLI_OK;
}

/* A guest of KVM in its own format, but only what is of nodes. */
static char *planned_text(const cli_guest *guest, const vnuma_plan *plan,
                          const vnuma_topology *host)
{
    vnuma__port_options options = { .plan = plan, .topology = host };
    vnuma_diags diags = { 0 };
    vnuma__port port;
    char *text;

    if (!guest->config->kvm)
        return vnuma_plan_to_cfg(plan, &guest->source);
    if (vnuma__port_make(guest->config, &options, &port, &diags))
        return NULL;
    vnuma__check_export(&port, port.kvm->form, &diags);
    text = vnuma__kvm_write(port.kvm, port.kvm->form, VNUMA__STYLE_LINES);
    vnuma__port_dispose(&port);
    cli_print_diags(&diags);
    vnuma_diags_dispose(&diags);
    return text;
}

/* As import's; a plan of Xen says only one pnode of each vnode. */
static char *planned_json(const cli_guest *guest, const vnuma_plan *plan,
                          const vnuma_topology *host)
{
    vnuma__port_options options = { .plan = plan, .topology = host };
    vnuma_diags diags = { 0 };
    vnuma__port port;
    char *text;

    if (vnuma__port_make(guest->config, &options, &port, &diags))
        return NULL;
    text = vnuma__port_to_json(&port, plan);
    vnuma__port_dispose(&port);
    return text;
}

static int write_cfg(const char *path, const cli_guest *guest,
                     const vnuma_plan *plan, const vnuma_topology *host)
{
    int code;
    char *text = planned_text(guest, plan, host);

    if (!text)
        return cli_fail(CLI_ENVIRONMENT, "no memory");
    if (!strcmp(path, "-"))
        return cli_answer(text);
    code = cli_write_file(path, text);
    free(text);
    return code;
}

static bool is_known(const vnuma_diags *diags, const vnuma_diag *diag)
{
    unsigned int i;

    for (i = 0; i < diags->num_items; i++)
        if (!strcmp(vnuma_diags_at(diags, i)->id, diag->id))
            return true;
    return false;
}

/*
 * What check would say of the xl.cfg that -o writes, and has not said of the
 * one that was read.
 */
static int remark_on_plan(const cli_guest *guest, const vnuma_plan *plan,
                          const vnuma_topology *topology)
{
    char *text, *name = NULL;
    cli_guest planned = { 0 };
    unsigned int i;
    int code = CLI_OK;

    if (guest->config->kvm)
        return CLI_OK;
    text = vnuma_plan_to_cfg(plan, &guest->source);
    if (!text || asprintf(&name, "%s as planned", guest->source.name) < 0 ||
        vnuma_source_set(&planned.source, name, text, strlen(text)) ||
        vnuma_config_parse(&planned.source, &planned.config, &planned.diags) ==
            VNUMA_ERROR_NOMEM ||
        vnuma_check(planned.config, topology, VNUMA_CHECK_NOT_FIT,
                    &planned.diags) == VNUMA_ERROR_NOMEM)
        code = cli_fail(CLI_ENVIRONMENT, "no memory");
    for (i = 0; !code && i < planned.diags.num_items; i++) {
        const vnuma_diag *diag = vnuma_diags_at(&planned.diags, i);

        if (diag->severity != VNUMA_SEVERITY_NOTE &&
            !is_known(&guest->diags, diag))
            cli_print_diag(diag);
    }
    cli_print_lost(&planned.diags);
    cli_guest_dispose(&planned);
    free(name);
    free(text);
    return code;
}

/* The text of the guest's HMAT, which is the answer then. */
static int answer_hmat(const plan_args *args, cli_guest *guest,
                       const vnuma_plan *plan)
{
    unsigned int first = guest->diags.num_items;
    vnuma__hmat hmat = { 0 };
    int code = tables_make_hmat(guest, plan, args->host, &hmat);

    for (; first < guest->diags.num_items; first++)
        cli_print_diag(vnuma_diags_at(&guest->diags, first));
    cli_print_lost(&guest->diags);
    if (!code)
        code = cli_answer(vnuma__hmat_to_text(&hmat));
    vnuma__hmat_dispose(&hmat);
    return code;
}

static int answer_plan(const plan_args *args, cli_guest *guest,
                       const vnuma_plan *plan)
{
    int code = CLI_OK;

    if (args->output && vnuma_plan_is_feasible(plan))
        code = write_cfg(args->output, guest, plan, args->host);
    /* With "-o -" the answer is the file. */
    if (code || (args->output && !strcmp(args->output, "-")))
        return code;
    if (args->hmat && vnuma_plan_is_feasible(plan))
        return answer_hmat(args, guest, plan);
    if (args->json && guest->config->kvm && vnuma_plan_is_feasible(plan))
        return cli_answer(planned_json(guest, plan, args->host));
    return cli_answer(args->json ? vnuma_plan_to_json(plan)
                                 : vnuma_plan_to_text(plan));
}

static int read_guest(const char *path, const plan_args *args,
                      cli_guest *guest)
{
    char *settings[2];
    unsigned int num = 0;
    int code, also;

    if (args->policy)
        settings[num++] = args->policy;
    if (args->hmat)
        settings[num++] = args->hmat;
    code = cli_guest_check(guest, path, args->host, settings, num, true);
    also = cli_guest_read_files(guest, args->is_here || args->hmat);
    code = code ? code : also;
    if (!code)
        cli_guest_find_home(guest, &args->homes);
    return code;
}

static int plan_file(const cli_guests *run, const plan_args *args)
{
    cli_guest *guest = &run->files[0];
    vnuma_plan *plan = NULL;
    int code, answered;

    code = read_guest(run->paths[0], args, guest);
    args->options->lived = &guest->lived;
    if (!code && vnuma_config_vnuma_span(guest->config).source)
        code = cli_code(vnuma_plan_build(guest->config, args->host,
                                         args->options, &plan, &guest->diags));
    else if (!code)
        code = cli_fail(CLI_REFUSED, "%s: there is no vnuma= to plan",
                        guest->source.name);
    cli_print_diags(&guest->diags);
    if (!code)
        code = remark_on_plan(guest, plan, args->host);
    /* That nothing fits, and why, is an answer too. */
    if (!code || (args->json && plan)) {
        answered = answer_plan(args, guest, plan);
        if (answered)
            code = answered;
    }
    vnuma_plan_free(plan);
    return code;
}

/* ---- several guests ----------------------------------------------------- */

/* With several files -o is a directory, and their names must differ. */
static int check_output(const cli_guests *run, const char *output)
{
    struct stat st;
    unsigned int i, j;

    if (!output)
        return CLI_OK;
    if (stat(output, &st) || !S_ISDIR(st.st_mode))
        return cli_fail(CLI_USAGE,
                        "-o %s: with several files this must be an existing "
                        "directory",
                        output);
    for (i = 0; i < run->num; i++) {
        if (!strcmp(run->paths[i], "-"))
            return cli_fail(CLI_USAGE,
                            "-o %s: standard input has no name "
                            "for a file in that directory",
                            output);
        for (j = 0; j < i; j++)
            if (!strcmp(basename(run->paths[i]), basename(run->paths[j])))
                return cli_fail(CLI_USAGE,
                                "-o %s: %s and %s would be the same file",
                                output, run->paths[j], run->paths[i]);
    }
    return CLI_OK;
}

static int worse(int a, int b)
{
    return a > b ? a : b;
}

/*
 * A file with mistakes is left out; the others are planned.  One without
 * vnuma= counts by its memory.
 */
static int read_files(cli_guests *run, const plan_args *args)
{
    int code, worst = CLI_OK;
    unsigned int i;

    for (i = 0; i < run->num; i++) {
        cli_guest *file = &run->files[i];

        code = read_guest(run->paths[i], args, file);
        worst = worse(worst, code);
        code = cli_guests_add(run, i, code ? NULL : file->config);
        if (code)
            return code;
    }
    return worst;
}

static int write_cfgs(const cli_guests *run, const plan_args *args)
{
    int code, worst = CLI_OK;
    unsigned int i;
    char *path;

    for (i = 0; i < run->num; i++) {
        const vnuma_plan *plan = vnuma_plan_guest_plan(run->plans[i]);

        if (!vnuma_plan_num_vnodes(plan))
            continue;
        if (asprintf(&path, "%s/%s", args->output, basename(run->paths[i])) <
            0)
            return cli_fail(CLI_ENVIRONMENT, "no memory");
        code = write_cfg(path, &run->files[i], plan, args->host);
        free(path);
        worst = worse(worst, code);
    }
    return worst;
}

static int answer_several(const cli_guests *run, bool most,
                          const plan_args *args)
{
    int code = CLI_OK, answered;
    unsigned int i;

    for (i = 0; i < run->num && !code; i++) {
        const vnuma_plan *plan = vnuma_plan_guest_plan(run->plans[i]);

        cli_print_diags(&run->files[i].diags);
        cli_print_diags(vnuma_plan_guest_diags(run->plans[i]));
        if (vnuma_plan_num_vnodes(plan))
            code = remark_on_plan(&run->files[i], plan, args->host);
    }
    if (args->output && !code)
        code = write_cfgs(run, args);
    answered = cli_answer(
        args->json ? vnuma_plan_several_to_json(run->plans, run->num, most,
                                                args->host)
                   : vnuma_plan_several_to_text(run->plans, run->num, most));
    return worse(code, answered);
}

static int plan_files(cli_guests *run, const plan_args *args)
{
    int rc, code = check_output(run, args->output);
    bool most;

    if (code)
        return code;
    code = read_files(run, args);
    if (!run->num || !run->plans[run->num - 1])
        return code; /* no memory */
    rc = vnuma_plan_several(run->plans, run->num, args->host, args->options,
                            &most);
    code = worse(code, cli_code(rc));
    if (rc != VNUMA_ERROR_NOMEM)
        code = worse(code, answer_several(run, most, args));
    return code;
}

/* ---- more memory than there is ------------------------------------------ */

static int take_swap(void *into, const char *argument)
{
    vnuma__text text = { .ptr = argument, .len = strlen(argument) };
    plan_args *args = into;

    args->has_swap = true;
    if (!vnuma__text_to_u64(text, UINT64_MAX >> 20, &args->swap_memkb))
        return cli_fail(CLI_USAGE, "--swap %s: write MIB", argument);
    args->swap_memkb <<= 10;
    return CLI_OK;
}

/* Swap that is said counts, else the host's. */
static int judge_overcommit(const vnuma__overcommit *sum)
{
    if (sum->is_hopeless)
        return CLI_REFUSED;
    if (sum->there_memkb >= sum->swap_memkb)
        return CLI_OK;
    return cli_fail(CLI_REFUSED, "%" PRIu64 " MiB of swap are missing",
                    (sum->swap_memkb - sum->there_memkb) >> 10);
}

static int overcommit(cli_guests *run, const plan_args *args)
{
    vnuma__overcommit sum = { .num_guests = 0 };
    unsigned int i;
    int code;

    for (i = 0; i < run->num; i++) {
        cli_guest *guest = &run->files[i];

        code = read_guest(run->paths[i], args, guest);
        if (!code && !guest->config->kvm)
            code = cli_fail(CLI_REFUSED,
                            "%s: Xen gives all memory at once, "
                            "so a guest of Xen overcommits nothing",
                            run->paths[i]);
        cli_print_diags(&guest->diags);
        if (code)
            return code;
        vnuma__overcommit_add(&sum, guest->config, args->host);
    }
    vnuma__overcommit_finish(&sum, args->host, args->options);
    if (args->has_swap)
        sum.there_memkb = args->swap_memkb;
    code = cli_answer(vnuma__overcommit_to_text(&sum, args->host));
    return code ? code : judge_overcommit(&sum);
}

/* ---- the command -------------------------------------------------------- */

/* "MIB" or "MIB@PNODE": keep that much free, on every pnode or on one. */
static int take_reserve(void *into, const char *argument)
{
    vnuma__text text = { .ptr = argument, .len = strlen(argument) }, last;
    uint64_t mib, pnode = VNUMA_PNODE_AUTO; /* which means every pnode */
    vnuma_plan_options *options = *(vnuma_plan_options **)into;
    uint32_t at = vnuma__text_find(text, '@');

    last = vnuma__text_slice(text, at + 1, text.len);
    text = vnuma__text_slice(text, 0, at);
    if (!vnuma__text_to_u64(text, UINT64_MAX >> 20, &mib) ||
        (argument[at] &&
         !vnuma__text_to_u64(last, VNUMA_PNODE_AUTO - 1, &pnode)))
        return cli_fail(CLI_USAGE, "--reserve %s: write MIB or MIB@PNODE",
                        argument);
    if (vnuma_plan_options_reserve(options, pnode, mib * 1024))
        return cli_fail(CLI_ENVIRONMENT, "no memory");
    return CLI_OK;
}

/* A reserve on a pnode that does not exist would keep nothing free. */
static int check_reserves(const plan_args *args)
{
    const vnuma_plan_reserve *reserve =
        vnuma_plan_options_check(args->options, args->host);
    char *pnodes;

    if (!reserve)
        return CLI_OK;
    pnodes = vnuma__topology_list(args->host, NULL);
    cli_fail(CLI_USAGE,
             "--reserve %" PRIu64 "@%" PRIu32
             ": the host has no such pnode; it has %s",
             reserve->memkb / 1024, reserve->pnode,
             pnodes ? pnodes : "others (no memory to name them)");
    free(pnodes);
    return CLI_USAGE;
}

int main_plan(const cli_options *options, int argc, char **argv)
{
    plan_args args = { .json = false };
    const cli_option table[] = {
        { .name = "json", .flag = &args.json },
        { .name = "forget", .flag = &args.forget },
        { .name = "overcommit", .flag = &args.overcommit },
        { .name = "swap", .take = take_swap, .into = &args },
        { .name = "output", .letter = 'o', .value = &args.output },
        { .name = "reserve", .take = take_reserve, .into = &args.options },
        { .name = "policy", .take = cli_take_policy, .into = &args.policy },
        { .name = "hmat",
          .take = tables_take_hmat,
          .into = &args.hmat,
          .is_optional = true },
        { .name = NULL },
    };
    vnuma__ledger flights = VNUMA__LEDGER(VNUMA__LEDGER_DIR);
    vnuma_source host = { 0 };
    cli_guests run = { .num = 0 };
    int code;

    if (vnuma_plan_options_make(&args.options))
        return cli_fail(CLI_ENVIRONMENT, "no memory");
    code = cli_read_options(table, argc, argv);
    if (code != CLI_GO_ON)
        goto out;
    code = optind < argc && !(args.hmat && optind < argc - 1)
               ? cli_guests_take(&run, argc, argv)
               : cli_usage();
    if (!code && cli_guests_are_kvm(&run))
        code = cli_kvm_host_load(options, &args.host, NULL);
    else if (!code)
        code = ledger_load_host(&flights, options, &args.host, &host);
    vnuma__ledger_end(&flights);
    args.is_here = !options->host_path;
    if (!code)
        code = check_reserves(&args);
    if (!code && !args.forget)
        code = load_homes(&args, options, &host);
    if (code)
        goto out;
    if (args.overcommit)
        code = overcommit(&run, &args);
    else
        code = run.num == 1 ? plan_file(&run, &args) : plan_files(&run, &args);

out:
    cli_guests_dispose(&run);
    free(args.policy);
    free(args.hmat);
    vnuma_source_dispose(&host);
    vnuma__homes_dispose(&args.homes);
    vnuma_plan_options_free(args.options);
    vnuma_topology_free(args.host);
    return code;
}
