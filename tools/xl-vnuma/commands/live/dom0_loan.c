/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory for a guest, from dom0.  dom0's kernel chooses the pages that it
 * gives back and does not know their nodes.  So this asks for as much as would
 * suffice if all of it came from the node that is short, looks at what came,
 * and continues only while that brings the guest nearer to fitting.
 */
#include "config.h"

#include "commands/live/dom0_loan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/xen_calls.h"
#include "commands/dom0.h"

#define MAX_STEPS 16u
#define STEP_TIMEOUT_MS 60000u
#define UNDO_TIMEOUT_MS 60000u
#define PAGE_KB 4u
#define MIB_KB 1024u

typedef struct {
    dom0_loan *loan;
    const vnuma_config *config;
    bool quiet;
    vnuma_topology *topology;      /* as it is now */
    vnuma_xen_residency residency; /* of dom0, now */
    uint64_t memkb, floor_memkb;   /* dom0's */
    vnuma_diags diags;
} making;

/* ---- the state of host and dom0 ----------------------------------------- */

static int look_at_dom0(making *m)
{
    struct vnuma_xen *xen = m->loan->xen;
    vnuma_xen_dom0 dom0 = { 0 };
    int rc;

    vnuma_topology_free(m->topology);
    m->topology = NULL;
    vnuma_xen_residency_dispose(&m->residency);
    rc = vnuma_xen_get_topology(xen, &m->topology, &m->diags);
    if (!rc)
        rc = vnuma_xen_dom0_get(xen, &dom0, &m->diags);
    m->memkb = dom0.memkb;
    vnuma_xen_dom0_dispose(&dom0);
    return rc;
}

static int look_closely(making *m)
{
    int rc = look_at_dom0(m);

    /* The hypervisor counts every page for this: only done when needed. */
    return rc ? rc
              : vnuma_xen_get_residency(m->loan->xen, 0, &m->residency,
                                        &m->diags);
}

static int has_plan(const making *m, bool *fits_r)
{
    vnuma_plan *plan = NULL;
    vnuma_diags diags = { 0 };
    int rc = vnuma_plan_build(m->config, m->topology, NULL, &plan, &diags);

    *fits_r = !rc;
    vnuma_plan_free(plan);
    vnuma_diags_dispose(&diags);
    return rc == VNUMA_ERROR_NOFIT ? 0 : rc;
}

static uint64_t dom0_on(const making *m, uint32_t pnode)
{
    unsigned int i;

    for (i = 0; i < m->residency.num_nodes; i++)
        if (m->residency.nodes[i].pnode == pnode)
            return m->residency.nodes[i].num_pages * PAGE_KB;
    return 0;
}

/* Whether the guest would fit if dom0 gave @memkb on each of its nodes. */
static int would_fit(making *m, uint64_t memkb, bool *fits_r)
{
    uint64_t before[VNUMA_MAX_PNODES] = { 0 };
    unsigned int i, num = vnuma_topology_num_pnodes(m->topology);
    int rc;

    for (i = 0; i < num; i++) {
        const vnuma_pnode *pnode = vnuma_topology_pnode_at(m->topology, i);
        uint64_t most = dom0_on(m, pnode->pnode);

        before[i] = pnode->free_memkb;
        if (pnode->free_memkb != VNUMA_MEMKB_UNKNOWN)
            vnuma_topology_set_free(m->topology, pnode->pnode,
                                    before[i] + (memkb < most ? memkb : most));
    }
    rc = has_plan(m, fits_r);
    for (i = 0; i < num; i++)
        vnuma_topology_set_free(m->topology,
                                vnuma_topology_pnode_at(m->topology, i)->pnode,
                                before[i]);
    return rc;
}

/* The least that may suffice, in whole MiB; UINT64_MAX: nothing would. */
static int find_need(making *m, uint64_t *need_r)
{
    uint64_t low = 0, high, middle;
    bool fits;
    int rc;

    *need_r = UINT64_MAX;
    if (m->memkb <= m->floor_memkb)
        return 0;
    high = (m->memkb - m->floor_memkb) / MIB_KB;
    rc = would_fit(m, high * MIB_KB, &fits);
    if (rc || !fits)
        return rc;
    while (high - low > 1) {
        middle = low + (high - low) / 2;
        rc = would_fit(m, middle * MIB_KB, &fits);
        if (rc)
            return rc;
        if (fits)
            high = middle;
        else
            low = middle;
    }
    *need_r = high * MIB_KB;
    return 0;
}

/* ---- shrinking dom0 ----------------------------------------------------- */

static int shrink(making *m, uint64_t memkb)
{
    vnuma_xen_dom0_request request = {
        .memkb = (m->memkb - memkb) / MIB_KB * MIB_KB,
        .floor_memkb = 1, /* the floor is kept by find_need() */
        .timeout_ms = STEP_TIMEOUT_MS,
    };
    dom0_watching watching;
    int rc;

    dom0_watch(&request, &watching);
    rc = vnuma_xen_dom0_apply(m->loan->change, &request, &m->diags);
    dom0_unwatch(&watching);
    return rc;
}

static void say_where_it_is(const making *m)
{
    unsigned int i;

    fprintf(stderr,
            "xl-vnuma: dom0 cannot make room: it has %" PRIu64
            " MiB and must keep %" PRIu64 ";",
            m->memkb / MIB_KB, m->floor_memkb / MIB_KB);
    for (i = 0; i < m->residency.num_nodes; i++)
        if (m->residency.nodes[i].num_pages)
            fprintf(stderr, " %" PRIu64 " MiB are on pnode %" PRIu32 "%s",
                    m->residency.nodes[i].num_pages * PAGE_KB / MIB_KB,
                    m->residency.nodes[i].pnode,
                    i + 1 < m->residency.num_nodes ? "," : "");
    fputc('\n', stderr);
}

/* Asks, looks, and asks again while that helps; *fits_r: the guest fits. */
static int ask_dom0(making *m, uint64_t need, bool *fits_r)
{
    uint64_t before = m->memkb, next;
    unsigned int step;
    int rc = 0;

    for (step = 0; step < MAX_STEPS; step++) {
        rc = shrink(m, need);
        if (!rc)
            rc = look_closely(m);
        if (!rc)
            rc = has_plan(m, fits_r);
        if (rc || *fits_r)
            break;
        rc = find_need(m, &next);
        /* Of the last MiB some may have come: the least that is asked for. */
        if (rc || (next >= need && next > MIB_KB))
            break;
        need = next;
    }
    if (!rc && *fits_r && !m->quiet)
        fprintf(stderr,
                "xl-vnuma: dom0 gave %" PRIu64 " MiB and has %" PRIu64
                " MiB; \"xl-vnuma dom0 reset\" gives it back\n",
                (before - m->memkb) / MIB_KB, m->memkb / MIB_KB);
    if (!rc && !*fits_r)
        fprintf(stderr,
                "xl-vnuma: dom0 gave %" PRIu64 " MiB, but not on the node "
                "that is short; it gets them back\n",
                (before - m->memkb) / MIB_KB);
    return rc;
}

static int take_loan(making *m)
{
    bool fits = false;
    uint64_t need;
    int rc = look_at_dom0(m);

    if (!rc)
        rc = has_plan(m, &fits);
    if (rc || fits)
        return rc;
    rc = vnuma_xen_dom0_begin(m->loan->xen, &m->loan->change, &m->diags);
    if (rc)
        return rc;
    m->floor_memkb = vnuma_xen_dom0_floor(m->memkb);
    rc = look_closely(m);
    if (!rc)
        rc = find_need(m, &need);
    if (!rc && need == UINT64_MAX)
        say_where_it_is(m);
    else if (!rc)
        rc = ask_dom0(m, need, &fits);
    if (!rc && !fits && dom0_loan_end(m->loan, false))
        rc = VNUMA_ERROR_XEN;
    return rc;
}

int dom0_loan_take(dom0_loan *loan, const vnuma_config *config, bool quiet)
{
    making m = { .loan = loan, .config = config, .quiet = quiet };
    int rc = vnuma_xen_open(&loan->xen, &m.diags);

    if (!rc)
        rc = take_loan(&m);
    vnuma_xen_residency_dispose(&m.residency);
    vnuma_topology_free(m.topology);
    return cli_end(&m.diags, rc) ? CLI_ENVIRONMENT : CLI_OK;
}

/* ---- the end ------------------------------------------------------------ */

int dom0_loan_end(dom0_loan *loan, bool is_kept)
{
    vnuma_xen_dom0_request request = { .timeout_ms = UNDO_TIMEOUT_MS };
    vnuma_diags diags = { 0 };
    int rc = 0;

    if (loan->change)
        rc = is_kept
                 ? vnuma_xen_dom0_commit(loan->change, &diags)
                 : vnuma_xen_dom0_rollback(loan->change, &request, &diags);
    loan->change = NULL;
    vnuma_xen_close(loan->xen);
    loan->xen = NULL;
    return cli_end(&diags, rc) ? CLI_ENVIRONMENT : CLI_OK;
}
