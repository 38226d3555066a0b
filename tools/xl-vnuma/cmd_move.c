/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl-vnuma move: a running guest to other nodes of this host, by a live
 * migration to where it is.  Both copies are there for a while: the plan is
 * made with what is free beside the guest.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "landing.h"
#include "leave.h"
#include "shell.h"
#include "vnuma_xen.h"
#include "xl_args.h"

typedef struct {
    xl_args args;
    const char *domain;
    landing_options landing;
    bool yes;
    vnuma__record now, then;
    uint64_t strays; /* pages that are not on their vnode's pnode now */
} move;

enum { OPT_PNODES = XL_ARGS_OURS, OPT_YES };

static const struct option long_options[] = {
    { "pnodes", required_argument, NULL, OPT_PNODES },
    { "yes", no_argument, NULL, OPT_YES },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

static int take_option(void *user, int option, const char *value)
{
    move *m = user;

    if (option == OPT_PNODES)
        m->landing.pnodes = value;
    else
        m->yes = true;
    return CLI_OK;
}

/* ---- where it is -------------------------------------------------------------------- */

/* Pages on a pnode beyond those that vnodes have there. */
static uint64_t count_strays(const vnuma__record *record,
                             const vnuma_xen_residency *residency)
{
    const vnuma__layout *layout = &record->layout;
    uint64_t strays = 0, promised, memkb;
    unsigned int i;
    uint32_t v;

    for (i = 0; i < residency->num_nodes; i++) {
        for (memkb = 0, v = 0; v < layout->num_vnodes; v++)
            if (layout->vnode_to_pnode[v] == residency->nodes[i].pnode)
                memkb += record->memkb[v];
        /* Special pages are no strays; there is no more than 1 MiB of them. */
        promised = memkb / VNUMA__PAGE_KB;
        if (promised)
            promised += 256;
        if (residency->nodes[i].num_pages > promised)
            strays += residency->nodes[i].num_pages - promised;
    }
    return strays;
}

static int look(move *m)
{
    vnuma_xen_residency residency;
    vnuma_xen *xen = NULL;
    vnuma_diags diags;
    char *text = NULL;
    uint32_t domid;
    int rc;

    vnuma_diags_init(&diags);
    vnuma_xen_residency_init(&residency);
    rc = vnuma_xen_open(&xen, &diags);
    if (!rc)
        rc = vnuma_xen_find_domain(xen, m->domain, &domid, &diags);
    if (!rc)
        rc = vnuma_xen_record(xen, domid, &text, &diags);
    if (!rc && text) {
        rc = vnuma__record_parse(text, strlen(text), &m->now, &diags);
        if (!rc)
            rc = vnuma__record_parse(text, strlen(text), &m->then, &diags);
        if (!rc)
            rc = vnuma_xen_get_residency(xen, domid, &residency, &diags);
        if (!rc)
            m->strays = count_strays(&m->now, &residency);
    }
    cli_print_diags(&diags);
    if (!rc && !text)
        rc = cli_fail(CLI_REFUSED, "%s has no vNUMA: there is nothing to move",
                      m->domain);
    else
        rc = cli_code(rc);
    free(text);
    vnuma_xen_residency_dispose(&residency);
    vnuma_xen_close(xen);
    vnuma_diags_dispose(&diags);
    return rc;
}

/* ---- what it would gain ---------------------------------------------------------------- */

/*
 * The cost of a placement as if the guest were not there: its memory is free
 * on the pnodes that it is on.
 */
static int cost_of(const move *m, const vnuma__record *record,
                   vnuma_topology *topology, vnuma_plan_cost *cost_r)
{
    const vnuma__layout *now = &m->now.layout;
    vnuma_config config;
    vnuma_diags ignored;
    vnuma_plan plan;
    uint32_t v;
    unsigned int i;
    int rc;

    vnuma_config_init(&config);
    vnuma_plan_init(&plan);
    vnuma_diags_init(&ignored);
    for (v = 0; v < now->num_vnodes; v++)
        for (i = 0; i < topology->num_pnodes; i++)
            /* Twice, so that what building costs is there as well. */
            if (topology->pnodes[i].pnode == now->vnode_to_pnode[v])
                topology->pnodes[i].free_memkb += 2 * m->now.memkb[v];
    rc = vnuma__record_to_config(record, NULL, true, &config);
    if (!rc)
        rc = vnuma_plan_build(&config, topology, &plan, &ignored);
    if (!rc)
        *cost_r = plan.cost;
    for (v = 0; v < now->num_vnodes; v++)
        for (i = 0; i < topology->num_pnodes; i++)
            if (topology->pnodes[i].pnode == now->vnode_to_pnode[v])
                topology->pnodes[i].free_memkb -= 2 * m->now.memkb[v];
    vnuma_config_dispose(&config);
    vnuma_plan_dispose(&plan);
    vnuma_diags_dispose(&ignored);
    return rc;
}

static void print_pnodes(const vnuma__record *record)
{
    uint32_t v;

    for (v = 0; v < record->layout.num_vnodes; v++)
        printf("%s%" PRIu32, v ? "," : "", record->layout.vnode_to_pnode[v]);
}

static void print_gain(const move *m, const vnuma_plan_cost *now,
                       const vnuma_plan_cost *then)
{
    const struct {
        const char *what;
        uint64_t now, then;
    } lines[] = {
        { "vnodes sharing a pnode", now->shared, then->shared },
        { "vcpus beyond the pcpus of their pnode", now->overcommit,
          then->overcommit },
        { "distance from what the guest was told", now->distance,
          then->distance },
        { "vnodes without vcpus on pnodes with CPUs", now->misplaced,
          then->misplaced },
        { "pages not on their pnode", m->strays, 0 },
    };
    unsigned int i;

    printf("%s: from pnodes ", m->domain);
    print_pnodes(&m->now);
    printf(" to ");
    print_pnodes(&m->then);
    putchar('\n');
    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        if (lines[i].now || lines[i].then)
            printf("  %s: %" PRIu64 " -> %" PRIu64 "\n", lines[i].what,
                   lines[i].now, lines[i].then);
}

static bool is_better(const move *m, const vnuma_plan_cost *now,
                      const vnuma_plan_cost *then)
{
    if (then->shared != now->shared)
        return then->shared < now->shared;
    if (then->overcommit != now->overcommit)
        return then->overcommit < now->overcommit;
    if (then->distance != now->distance)
        return then->distance < now->distance;
    if (then->misplaced != now->misplaced)
        return then->misplaced < now->misplaced;
    return m->strays;
}

static bool ask(void)
{
    char answer[16];

    printf("move it? [y/N] ");
    fflush(stdout);
    return fgets(answer, sizeof(answer), stdin) &&
           (answer[0] == 'y' || answer[0] == 'Y');
}

/* Says what is gained; *go_r: whether to do it. */
static int decide(move *m, vnuma_topology *topology, bool *go_r)
{
    vnuma_plan_cost now = { 0 }, then = { 0 };
    int rc;

    *go_r = false;
    rc = cost_of(m, &m->now, topology, &now);
    if (!rc)
        rc = cost_of(m, &m->then, topology, &then);
    if (rc == VNUMA_ERROR_NOMEM)
        return cli_fail(CLI_ENVIRONMENT, "no memory");
    print_gain(m, &now, &then);
    if (!m->landing.pnodes && !is_better(m, &now, &then)) {
        printf("%s stays: there is nothing to gain\n", m->domain);
        return CLI_OK;
    }
    if (!m->yes && !isatty(STDIN_FILENO))
        return cli_fail(CLI_USAGE,
                        "move: --yes is needed where nobody can be asked");
    *go_r = m->yes || ask();
    return CLI_OK;
}

/* Beside itself: what is free now is free of it. */
static int plan_here(move *m, bool *go_r)
{
    cli_options live = { NULL, 0 };
    cli_host host;
    int code;

    cli_host_init(&host);
    code = cli_host_load(&live, &host);
    if (!code)
        code = landing_plan(&m->then, m->domain, &m->landing, &host.topology);
    if (code == CLI_REFUSED)
        cli_fail(code,
                 "%s is on this host twice while it moves; both do not "
                 "fit",
                 m->domain);
    if (!code)
        code = decide(m, &host.topology, go_r);
    cli_host_dispose(&host);
    return code;
}

/* ---- moving -------------------------------------------------------------------------------- */

/* Our own receiver, by the path that we were started from. */
static char *receiver(const move *m)
{
    char path[4096], *quoted, *command = NULL, *pnodes = NULL;
    size_t size = 0;
    ssize_t len;
    uint32_t v;
    FILE *f;

    len = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (len < 0)
        return NULL;
    path[len] = '\0';
    quoted = shell_quote(path);
    f = open_memstream(&pnodes, &size);
    if (!f || !quoted) {
        free(quoted);
        return NULL;
    }
    for (v = 0; v < m->then.layout.num_vnodes; v++)
        fprintf(f, "%s%" PRIu32, v ? "," : "",
                m->then.layout.vnode_to_pnode[v]);
    if (!fclose(f) && asprintf(&command, "exec %s migrate-receive --pnodes=%s",
                               quoted, pnodes) < 0)
        command = NULL;
    free(pnodes);
    free(quoted);
    return command;
}

static int run(move *m)
{
    leave_result result = { 0 };
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
    move m = { 0 };
    const xl_args_form form = { "move",       "h",         NULL,
                                long_options, take_option, &m };
    bool go = false;
    int code;

    vnuma__record_init(&m.now);
    vnuma__record_init(&m.then);
    code = xl_args_parse(&m.args, &form, 0, argc, argv);
    if (code)
        goto out;
    if (m.args.help) {
        code = cli_help("move");
        goto out;
    }
    if (m.args.num_names != 1) {
        code = cli_usage("move");
        goto out;
    }
    if (options->host_path) {
        code = cli_fail(CLI_USAGE, "move is for this host: no --host");
        goto out;
    }
    m.domain = m.args.names[0];
    m.landing.anywhere = true;
    code = look(&m);
    if (!code)
        code = plan_here(&m, &go);
    if (!code && go)
        code = run(&m);

out:
    vnuma__record_dispose(&m.now);
    vnuma__record_dispose(&m.then);
    xl_args_dispose(&m.args);
    return code;
}
