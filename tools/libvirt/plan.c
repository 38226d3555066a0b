/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a guest goes, on the host as it is now without what others have in
 * flight.  The host is asked by a connection of our own: libvirt's is locked
 * while another guest is built, and the ledger must not be held meanwhile.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "guest/guest.h"
#include "libvirt/virt.h"
#include "plan/landing.h"
#include "plan/plan_inside.h"
#include "record/kept.h"
#include "record/record.h"
#include "xen/host/flights.h"

/* ---- the host ----------------------------------------------------------- */

static void lock_ledger(virt_guest *g)
{
    if (vnuma__ledger_lock(&g->ledger))
        vnuma__warning(&g->diags, "ledger", VNUMA__NOWHERE,
                       "%s: %s: guests that are built at the same time are "
                       "not seen",
                       g->ledger.dir, strerror(errno));
}

/* The ledger first, then what is free: see run/ledger_live.c. */
static int read_host(virt_guest *g, vnuma_topology **host_r)
{
    vnuma_xen *xen = NULL;
    int rc;

    lock_ledger(g);
    rc = vnuma_xen_open(&xen, &g->diags);
    if (!rc) {
        vnuma__flights_ask(xen, g->ledger.others, g->ledger.num_others);
        rc = vnuma_xen_get_topology(xen, host_r, &g->diags);
    }
    vnuma_xen_close(xen);
    if (!rc)
        vnuma__flights_take(g->ledger.others, g->ledger.num_others, *host_r);
    return rc;
}

/* With its UUID: a domain that has it and no name is half built, if killed. */
static void enter_ledger(virt_guest *g)
{
    snprintf(g->ledger.own.uuid, sizeof(g->ledger.own.uuid), "%s", g->uuid);
    if (vnuma__ledger_write(&g->ledger))
        vnuma__warning(&g->diags, "ledger", VNUMA__NOWHERE,
                       "%s: %s: guests that are built at the same time do "
                       "not see this one",
                       g->ledger.dir, strerror(errno));
}

/* ---- a new guest -------------------------------------------------------- */

static void find_home(virt_guest *g, vnuma__lived *lived_r)
{
    vnuma_source kept = { 0 };
    vnuma_diags ignored = { 0 };
    vnuma__homes homes;

    if (!vnuma__kept_read(&kept, &homes, &ignored))
        vnuma__homes_find(&homes, g->uuid, g->d_config->c_info.name, lived_r);
    vnuma__homes_dispose(&homes);
    vnuma_diags_dispose(&ignored);
    vnuma_source_dispose(&kept);
}

/* What libvirt has described keeps all but where it goes. */
static int take_pnodes(virt_guest *g, const vnuma_plan *plan)
{
    libxl_domain_build_info *b_info = &g->d_config->b_info;
    unsigned int v;

    if (!b_info->num_vnuma_nodes)
        return vnuma_xen_plan_to_build_info(plan, b_info);
    for (v = 0; v < plan->num_vnodes; v++) {
        libxl_vnode_info *info = &b_info->vnuma_nodes[v];

        info->pnode = plan->vnodes[v].pnode;
        if (info->num_distances == (int)plan->num_vnodes)
            memcpy(info->distances, plan->vnodes[v].distances,
                   plan->num_vnodes * sizeof(*info->distances));
    }
    return 0;
}

static int no_memory(virt_guest *g)
{
    return vnuma__fail(&g->diags, VNUMA_ERROR_NOMEM, "no-memory",
                       "no memory to plan the guest");
}

static int take_membinds(virt_guest *g, const vnuma_membind *membinds,
                         unsigned int num)
{
    g->task->membinds = g->membinds = vnuma__membinds_format(membinds, num);
    return g->membinds ? 0 : no_memory(g);
}

static int take_plan(virt_guest *g, const vnuma_plan *plan)
{
    vnuma_membind membinds[VNUMA_MAX_VNODES];
    unsigned int v;
    int rc;

    for (v = 0; v < plan->num_vnodes; v++)
        membinds[v] = plan->vnodes[v].membind;
    rc = take_membinds(g, membinds, v);
    if (rc)
        return rc;
    if (take_pnodes(g, plan))
        return no_memory(g);
    vnuma__lived_of_plan(plan, &g->home);
    return vnuma_xen_prepare(g->ctx, g->d_config, false, &g->diags);
}

static int plan_on(virt_guest *g, const vnuma_topology *host)
{
    vnuma__lived lived = { .num_vnodes = 0 };
    vnuma_plan_options options = { .lived = &lived };
    vnuma_plan *plan = NULL;
    int rc = vnuma_check(&g->config, host, VNUMA_CHECK_NOT_FIT, &g->diags);

    if (rc)
        return rc;
    find_home(g, &lived);
    rc = vnuma_plan_build(&g->config, host, &options, &plan, &g->diags);
    if (!rc) {
        vnuma__flight_of(plan, g->config.name, &g->ledger.own);
        enter_ledger(g);
        rc = take_plan(g, plan);
    }
    vnuma_plan_free(plan);
    return rc;
}

int virt_plan(virt_guest *g)
{
    vnuma_topology *host = NULL;
    int rc = vnuma__config_taken(g->d_config, &g->config);

    if (rc)
        return no_memory(g);
    rc = virt_take_wish(g);
    if (!rc)
        rc = read_host(g, &host);
    if (!rc)
        rc = plan_on(g, host);
    vnuma__ledger_unlock(&g->ledger);
    vnuma_topology_free(host);
    return rc;
}

/* ---- one that comes back ------------------------------------------------ */

/*
 * What it was built with, whatever its XML says by now: a guest that runs has
 * the distances that it was told, and perhaps vnodes that are no cells.
 */
static int take_record(virt_guest *g)
{
    libxl_domain_build_info *b_info = &g->d_config->b_info;
    uint64_t target_memkb = b_info->target_memkb;
    vnuma_plan plan = { 0 };
    int i, rc;

    for (i = 0; i < b_info->num_vnuma_nodes; i++)
        if (b_info->num_vnuma_nodes !=
                (int)vnuma_record_num_vnodes(g->record) ||
            b_info->vnuma_nodes[i].memkb != g->record->memkb[i])
            return vnuma__fail(&g->diags, VNUMA_ERROR_CONFIG, "readers-differ",
                               "the cells of the XML are not those that the "
                               "guest was saved with");
    rc = vnuma__record_to_plan(g->record, &plan);
    if (!rc)
        rc = vnuma_xen_plan_to_build_info(&plan, b_info);
    vnuma__plan_dispose(&plan);
    if (rc)
        return no_memory(g);
    b_info->target_memkb = target_memkb;
    return 0;
}

static int land_on(virt_guest *g, const vnuma_topology *host)
{
    vnuma__landing_options options = { .flight = &g->ledger.own };
    int rc = vnuma__landing_plan(g->record, g->d_config->c_info.name, &options,
                                 host, &g->diags);

    if (rc)
        return rc;
    enter_ledger(g);
    rc = take_record(g);
    if (!rc)
        rc = take_membinds(g, vnuma_record_membind(g->record, 0),
                           vnuma_record_num_vnodes(g->record));
    g->task->record = g->text = rc ? NULL : vnuma_record_format(g->record);
    if (!rc && !g->text)
        rc = no_memory(g);
    vnuma__lived_of_record(g->record, &g->home);
    return rc;
}

int virt_plan_restored(virt_guest *g)
{
    vnuma_topology *host = NULL;
    int rc = read_host(g, &host);

    if (!rc)
        rc = land_on(g, host);
    vnuma__ledger_unlock(&g->ledger);
    vnuma_topology_free(host);
    return rc;
}
