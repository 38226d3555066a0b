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

#include "base/objects.h"
#include "cli/xen_calls.h"
#include "commands/commands.h"
#include "run/build.h"
#include "run/landing.h"

/* Where the guest is, or will be. */
typedef struct {
    vnuma_record *record; /* owned */
    vnuma_plan_cost cost;
    bool is_known; /* the cost is: it can be planned */
} placement;

typedef struct {
    xl_args args;
    const char *domain;
    landing_options landing;
    bool yes;
    placement now, then;
    vnuma_domains *domains; /* the one that moves; owned */
    vnuma_topology *topology; /* owned; without what its vcpus load */
    uint64_t strays;       /* pages that are not where they were promised */
} move;

/* ---- where it is -------------------------------------------------------- */

/* Where it is by its record, by what was promised, and by Xen's count. */
static int find_guest(move *m)
{
    vnuma_xen *xen = NULL;
    vnuma_diags diags = { 0 };
    char *text = NULL;
    uint32_t domid;
    int rc, code;

    rc = vnuma_xen_open(&xen, &diags);
    if (!rc)
        rc = vnuma_xen_find_domain(xen, m->domain, &domid, &diags);
    if (!rc)
        rc = vnuma_xen_record(xen, domid, &text, &diags);
    if (rc || !text)
        goto out;
    rc = vnuma_record_parse(text, strlen(text), &m->now.record, &diags);
    if (!rc)
        rc = vnuma_record_parse(text, strlen(text), &m->then.record, &diags);
    if (!rc)
        rc = vnuma_xen_get_topology_without(xen, domid, &m->topology, &diags);
    if (!rc)
        rc = vnuma_xen_get_domains(xen, m->domain, m->topology, &m->domains,
                                   &diags);
    if (!rc)
        rc = vnuma_xen_count_pages(xen, m->topology, m->domains, &diags);

out:
    code = cli_end(&diags, rc);
    if (!code && !text)
        code = cli_fail(CLI_REFUSED,
                        "%s has no vNUMA: there is nothing to move",
                        m->domain);
    free(text);
    vnuma_xen_close(xen);
    return code;
}

/* The domain as it is now; NULL: it went away. */
static const vnuma_domain *domain_now(const move *m)
{
    return m->domains && vnuma_domains_num(m->domains)
               ? vnuma_domains_at(m->domains, 0)
               : NULL;
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

/* What a placement costs, if it can be planned. */
static int find_cost(placement *p, const vnuma_topology *topology)
{
    vnuma_config *config = NULL;
    vnuma_diags ignored = { 0 };
    vnuma_plan *plan = NULL;
    int rc = vnuma_record_to_config(p->record, NULL, true, &config);

    if (!rc)
        rc = vnuma_plan_build(config, topology, NULL, &plan, &ignored);
    p->is_known = !rc;
    if (!rc)
        p->cost = *vnuma_plan_cost_of(plan);
    vnuma_plan_free(plan);
    vnuma_config_free(config);
    vnuma_diags_dispose(&ignored);
    return rc == VNUMA_ERROR_NOMEM ? rc : 0;
}

/* What is not on the pnode that it prefers, by what was promised. */
static uint64_t away_now(const move *m)
{
    const vnuma_domain *domain = domain_now(m);
    uint64_t memkb = 0;
    unsigned int v, i;

    for (v = 0; domain && v < vnuma_domain_num_vnodes(domain); v++) {
        const vnuma_domain_vnode *vnode = vnuma_domain_vnode_at(domain, v);

        for (i = 0;
             vnode->policy == VNUMA_POLICY_PREFERRED && i < vnode->num_parts;
             i++)
            if (vnode->parts[i].pnode != vnode->pnode)
                memkb += vnode->parts[i].memkb;
    }
    return memkb;
}

/*
 * Both placements as if the guest were not there; but what will not be on the
 * pnode that it prefers follows from the memory that is free now.
 */
static int find_costs(move *m)
{
    int rc = find_cost(&m->then, m->topology);
    uint64_t away = m->then.cost.away_memkb;

    take_away(m, m->topology);
    if (!rc)
        rc = find_cost(&m->now, m->topology);
    if (!rc)
        rc = find_cost(&m->then, m->topology);
    m->now.cost.away_memkb = away_now(m);
    m->then.cost.away_memkb = away;
    return rc;
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
static void print_gain(const move *m)
{
    const vnuma_plan_cost *now = &m->now.cost, *then = &m->then.cost;
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
    print_pnodes(m->now.record);
    printf(" to ");
    print_pnodes(m->then.record);
    putchar('\n');
    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        if (lines[i].now || lines[i].then) {
            printf("  %s: ", lines[i].what);
            print_number(lines[i].now, m->now.is_known || lines[i].is_counted);
            fputs(" -> ", stdout);
            print_number(lines[i].then,
                         m->then.is_known || lines[i].is_counted);
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
    const vnuma_domain *domain = domain_now(m);
    int rc, order;

    *go_r = false;
    if (domain && vnuma_domain_stray_pages(domain) != VNUMA_PAGES_UNKNOWN)
        m->strays = vnuma_domain_stray_pages(domain);
    rc = find_costs(m);
    if (rc)
        return cli_code(rc);
    print_gain(m);
    order = vnuma_plan_cost_compare(&m->then.cost, &m->now.cost);
    /* Where it is may be a place that no plan would give it any more. */
    if (!m->landing.pnodes && m->now.is_known &&
        (!m->then.is_known || order > 0 || (!order && !m->strays))) {
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
    int code =
        landing_plan(m->then.record, m->domain, &m->landing, m->topology);

    if (code == CLI_REFUSED)
        cli_fail(code,
                 "while %s moves, this host needs memory for both copies, "
                 "and they do not fit",
                 m->domain);
    return code ? code : decide(m, go_r);
}

/* ---- moving ------------------------------------------------------------- */

/*
 * xl lets every guest run that has arrived, unless it is told not to.  Asked
 * again: somebody may have thought for long about whether to move it.
 */
static bool is_paused(const move *m)
{
    vnuma_domains *domains = NULL;
    vnuma_diags ignored = { 0 };
    vnuma_xen *xen = NULL;
    int rc = vnuma_xen_open(&xen, &ignored);
    bool is = false;

    if (!rc)
        rc = vnuma_xen_get_domains(xen, m->domain, m->topology, &domains,
                                   &ignored);
    if (!rc && vnuma_domains_num(domains))
        is = !strcmp(vnuma_domains_at(domains, 0)->state, "paused");
    vnuma_domains_free(domains);
    vnuma_xen_close(xen);
    vnuma_diags_dispose(&ignored);
    return is;
}

/* Our own receiver, by the path that we were started from. */
static char *receiver(const move *m)
{
    char path[4096], *quoted, *pnodes, *command = NULL;
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

    if (len < 0)
        return NULL;
    path[len] = '\0';
    quoted = shell_quote(path);
    pnodes = landing_format_pnodes(m->then.record);
    if (quoted && pnodes &&
        asprintf(&command, "exec %s migrate-receive%s --pnodes=%s", quoted,
                 is_paused(m) ? " -p" : "", pnodes) < 0)
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
    code = leave_run("move", true, m->domain, args, &result);
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
    const xl_args_form form = { "move", "", ours, 1, 1 };
    bool go = false;
    int code = xl_args_parse(&m.args, &form, options, argc, argv);

    if (code == CLI_GO_ON) {
        m.domain = m.args.names[0];
        code = find_guest(&m);
        if (!code)
            code = plan_here(&m, &go);
        if (!code && go)
            code = run_move(&m);
    }
    vnuma_record_free(m.now.record);
    vnuma_record_free(m.then.record);
    vnuma_domains_free(m.domains);
    vnuma_topology_free(m.topology);
    xl_args_dispose(&m.args);
    return code;
}
