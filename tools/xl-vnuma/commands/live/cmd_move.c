/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl-vnuma move: moves a running guest to other nodes of this host, by a live
 * migration to the same host.  For a while memory is needed for both copies,
 * so the plan uses only what is free now.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/xl_args.h"
#include "commands/commands.h"
#include "run/landing.h"
#include "run/leave.h"
#include "vnuma_xen.h"

typedef struct {
    xl_args args;
    const char *domain;
    landing_options landing;
    bool yes;
    vnuma_record *now, *then; /* owned */
    vnuma_domains *domains; /* the one that moves; owned */
    vnuma_topology *topology; /* owned; without what its vcpus load */
    uint64_t strays;       /* pages that are not where they were promised */
    uint64_t away, then_away; /* KiB that flowed over, or will */
} move;

/* ---- where it is -------------------------------------------------------- */

/* Where it is by its record, by what was promised, and by Xen's count. */
static int look_at_guest(move *m, vnuma_xen *xen, char **text_r,
                         vnuma_diags *diags)
{
    uint32_t domid;
    int rc;

    rc = vnuma_xen_find_domain(xen, m->domain, &domid, diags);
    if (!rc)
        rc = vnuma_xen_record(xen, domid, text_r, diags);
    if (rc || !*text_r)
        return rc;
    rc = vnuma_record_parse(*text_r, strlen(*text_r), &m->now, diags);
    if (!rc)
        rc = vnuma_record_parse(*text_r, strlen(*text_r), &m->then, diags);
    if (!rc)
        rc = vnuma_xen_get_topology_without(xen, domid, &m->topology, diags);
    if (!rc)
        rc = vnuma_xen_get_domains(xen, m->domain, m->topology, &m->domains,
                                   diags);
    if (!rc)
        rc = vnuma_xen_count_pages(xen, m->topology, m->domains, diags);
    return rc;
}

static int find_guest(move *m)
{
    vnuma_xen *xen = NULL;
    vnuma_diags diags;
    char *text = NULL;
    int rc;

    vnuma_diags_init(&diags);
    rc = vnuma_xen_open(&xen, &diags);
    if (!rc)
        rc = look_at_guest(m, xen, &text, &diags);
    cli_print_diags(&diags);
    if (!rc && !text)
        rc = cli_fail(CLI_REFUSED, "%s has no vNUMA: there is nothing to move",
                      m->domain);
    else
        rc = cli_code(rc);
    free(text);
    vnuma_xen_close(xen);
    vnuma_diags_dispose(&diags);
    return rc;
}

/* The domain as it is now; NULL: it went away. */
static const vnuma_domain *domain_now(const move *m)
{
    return m->domains && vnuma_domains_num(m->domains)
               ? vnuma_domains_at(m->domains, 0)
               : NULL;
}

/* Pages that are not where they were promised, as show counts them. */
static uint64_t count_strays(const move *m)
{
    const vnuma_domain *domain = domain_now(m);
    uint64_t strays = domain ? vnuma_domain_stray_pages(domain) : 0;

    return strays == VNUMA_PAGES_UNKNOWN ? 0 : strays;
}

/* ---- what a move would gain --------------------------------------------- */

static void add_free(vnuma_topology *topology, uint32_t number, uint64_t memkb)
{
    const vnuma_pnode *pnode = vnuma_topology_find(topology, number);

    if (pnode && pnode->free_memkb != VNUMA_MEMKB_UNKNOWN)
        vnuma_topology_set_free(topology, number, pnode->free_memkb + memkb);
}

/* The host as if the guest were not there. */
static void take_away(const move *m, vnuma_topology *topology)
{
    const vnuma_domain *domain = domain_now(m);
    unsigned int v, i;

    for (v = 0; domain && v < vnuma_domain_num_vnodes(domain); v++) {
        const vnuma_domain_vnode *vnode = vnuma_domain_vnode_at(domain, v);

        /* Twice, so that there is room for the building cost too. */
        if (!vnode->num_parts)
            add_free(topology, vnode->pnode, 2 * vnode->memkb);
        for (i = 0; i < vnode->num_parts; i++)
            add_free(topology, vnode->parts[i].pnode,
                     2 * vnode->parts[i].memkb);
    }
}

/* Plans the placement of a record on a host. */
static int plan_of(const vnuma_record *record, const vnuma_topology *topology,
                   vnuma_plan **plan_r)
{
    vnuma_config *config = NULL;
    vnuma_diags ignored;
    int rc;

    vnuma_diags_init(&ignored);
    rc = vnuma_record_to_config(record, NULL, true, &config);
    if (!rc)
        rc = vnuma_plan_build(config, topology, NULL, plan_r, &ignored);
    vnuma_config_free(config);
    vnuma_diags_dispose(&ignored);
    return rc;
}

/* Cost of a placement; *known_r: it can be planned. */
static int cost_of(const vnuma_record *record, const vnuma_topology *topology,
                   vnuma_plan_cost *cost_r, bool *known_r)
{
    vnuma_plan *plan = NULL;
    int rc;

    rc = plan_of(record, topology, &plan);
    *known_r = !rc;
    if (!rc)
        *cost_r = *vnuma_plan_cost_of(plan);
    vnuma_plan_free(plan);
    return rc == VNUMA_ERROR_NOMEM ? rc : 0;
}

/* KiB of a vnode that are not on the pnode that it prefers. */
static uint64_t away_memkb(vnuma_policy policy, uint32_t pnode,
                           const vnuma_plan_part *parts,
                           unsigned int num_parts)
{
    uint64_t memkb = 0;
    unsigned int i;

    for (i = 0; policy == VNUMA_POLICY_PREFERRED && i < num_parts; i++)
        if (parts[i].pnode != pnode)
            memkb += parts[i].memkb;
    return memkb;
}

/* Now, by what was promised; and then, in the memory that is free now. */
static int find_away(move *m, const vnuma_topology *topology)
{
    const vnuma_domain *domain = domain_now(m);
    vnuma_plan *plan = NULL;
    unsigned int v;
    int rc;

    for (v = 0; domain && v < vnuma_domain_num_vnodes(domain); v++) {
        const vnuma_domain_vnode *vnode = vnuma_domain_vnode_at(domain, v);

        m->away += away_memkb(vnode->policy, vnode->pnode, vnode->parts,
                              vnode->num_parts);
    }
    rc = plan_of(m->then, topology, &plan);
    for (v = 0; !rc && v < vnuma_plan_num_vnodes(plan); v++) {
        const vnuma_plan_vnode *vnode = vnuma_plan_vnode_at(plan, v);

        m->then_away += away_memkb(vnode->membind.policy, vnode->pnode,
                                   vnode->parts, vnode->num_parts);
    }
    vnuma_plan_free(plan);
    return rc == VNUMA_ERROR_NOMEM ? rc : 0;
}

static void print_pnodes(const vnuma_record *record)
{
    char *pnodes = landing_format_pnodes(record);

    fputs(pnodes ? pnodes : "?", stdout);
    free(pnodes);
}

static void print_number(uint64_t number, bool is_known)
{
    if (is_known)
        printf("%" PRIu64, number);
    else
        putchar('?');
}

/* What a placement costs that cannot be planned is not known. */
static void print_gain(const move *m, const vnuma_plan_cost *now,
                       bool now_known, const vnuma_plan_cost *then,
                       bool then_known)
{
    const struct {
        const char *what;
        uint64_t now, then;
        bool is_counted; /* without a plan */
    } lines[] = {
        { "vnodes on a pnode with another", now->shared, then->shared },
        { "vcpus beyond the pcpus of their pnode, in thousandths",
          now->overcommit, then->overcommit },
        { "vcpus beyond the cores of their pnode, in thousandths",
          now->core_overcommit, then->core_overcommit },
        { "distance from what the guest was told", now->distance,
          then->distance },
        { "vnodes without vcpus on pnodes with CPUs", now->misplaced,
          then->misplaced },
        { "MiB not on the pnode that they prefer", now->away_memkb / 1024,
          then->away_memkb / 1024, true },
        { "pages not on their pnode", m->strays, 0, true },
    };
    unsigned int i;

    printf("%s: from pnodes ", m->domain);
    print_pnodes(m->now);
    printf(" to ");
    print_pnodes(m->then);
    putchar('\n');
    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        if (lines[i].now || lines[i].then) {
            printf("  %s: ", lines[i].what);
            print_number(lines[i].now, now_known || lines[i].is_counted);
            fputs(" -> ", stdout);
            print_number(lines[i].then, then_known || lines[i].is_counted);
            putchar('\n');
        }
}

static bool ask(void)
{
    char answer[16];

    printf("move it? [y/N] ");
    fflush(stdout);
    return fgets(answer, sizeof(answer), stdin) &&
           (answer[0] == 'y' || answer[0] == 'Y');
}

/* Prints what is gained; *go_r: whether to move. */
static int decide(move *m, bool *go_r)
{
    vnuma_plan_cost now = { 0 }, then = { 0 };
    bool now_known = false, then_known = false;
    int rc, order;

    *go_r = false;
    m->strays = count_strays(m);
    rc = find_away(m, m->topology);
    take_away(m, m->topology);
    if (!rc)
        rc = cost_of(m->now, m->topology, &now, &now_known);
    if (!rc)
        rc = cost_of(m->then, m->topology, &then, &then_known);
    if (rc == VNUMA_ERROR_NOMEM)
        return cli_fail(CLI_ENVIRONMENT, "no memory");
    now.away_memkb = m->away;
    then.away_memkb = m->then_away;
    print_gain(m, &now, now_known, &then, then_known);
    order = vnuma_plan_cost_compare(&then, &now);
    /* Where it is may be a place that no plan would give it any more. */
    if (!m->landing.pnodes && now_known &&
        (!then_known || order > 0 || (!order && !m->strays))) {
        printf("%s stays: there is nothing to gain\n", m->domain);
        return CLI_OK;
    }
    if (!m->yes && !isatty(STDIN_FILENO))
        return cli_fail(CLI_USAGE,
                        "move: use --yes when there is no terminal to ask on");
    *go_r = m->yes || ask();
    return CLI_OK;
}

/* Free memory is without the guest, which stays until it has moved. */
static int plan_here(move *m, bool *go_r)
{
    int code = landing_plan(m->then, m->domain, &m->landing, m->topology);

    if (code == CLI_REFUSED)
        cli_fail(code,
                 "while %s moves, this host needs memory for both copies, "
                 "and they do not fit",
                 m->domain);
    return code ? code : decide(m, go_r);
}

/* ---- moving ------------------------------------------------------------- */

/* Our own receiver, by the path that we were started from. */
static char *receiver(const move *m)
{
    char path[4096], *quoted, *pnodes, *command = NULL;
    ssize_t len;

    len = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (len < 0)
        return NULL;
    path[len] = '\0';
    quoted = shell_quote(path);
    pnodes = landing_format_pnodes(m->then);
    if (quoted && pnodes &&
        asprintf(&command, "exec %s migrate-receive --pnodes=%s", quoted,
                 pnodes) < 0)
        command = NULL;
    free(pnodes);
    free(quoted);
    return command;
}

static int run_move(move *m)
{
    run_result result = { 0 };
    char *command = receiver(m);
    char *args[] = { (char *)"xl", (char *)"migrate", (char *)"-s", (char *)"",
                     (char *)"--", (char *)m->domain, command,      NULL };
    int code;

    if (!command)
        return cli_fail(CLI_ENVIRONMENT, "no memory");
    fflush(stdout);
    code = leave_run("move", m->domain, args, &result);
    free(command);
    if (!code && result.exit_status)
        code = cli_fail(CLI_REFUSED, "%s was not moved; the reason is above",
                        m->domain);
    return code;
}

int main_move(const cli_options *options, int argc, char **argv)
{
    move m = { .landing.anywhere = true };
    const cli_option ours[] = {
        { .name = "pnodes", .value = &m.landing.pnodes },
        { .name = "yes", .flag = &m.yes },
        { .name = NULL },
    };
    const xl_args_form form = { "move", "", NULL, ours, 1, 1 };
    bool go = false;
    int code;

    code = xl_args_parse(&m.args, &form, options, argc, argv);
    if (code != CLI_GO_ON)
        goto out;
    m.domain = m.args.names[0];
    code = find_guest(&m);
    if (!code)
        code = plan_here(&m, &go);
    if (!code && go)
        code = run_move(&m);

out:
    vnuma_record_free(m.now);
    vnuma_record_free(m.then);
    vnuma_domains_free(m.domains);
    vnuma_topology_free(m.topology);
    xl_args_dispose(&m.args);
    return code;
}
