/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvnuma: a host as an engine sees it that starts guests on many hosts.
 *
 * The engine has a report of each host (xl-vnuma report), which is as old as
 * it is, and its own list of guests, which is newer.  From both this makes the
 * host that the next guest is planned on, and says how far it can be trusted:
 *
 *   vnuma_fleet_host_parse()    the report
 *   vnuma_fleet_host_gone()     each guest that the engine has elsewhere
 *   vnuma_fleet_host_list()     each guest that the engine has here
 *   vnuma_fleet_host_judge()    against what the engine sees of the host
 *   vnuma_fleet_host_topology() what to plan on
 */
#ifndef VNUMA_FLEET_H
#define VNUMA_FLEET_H

#include "vnuma_show.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vnuma_fleet_host vnuma_fleet_host;

/*
 * vnuma_fleet_host_parse - read a report
 * @source: what "xl-vnuma report" printed; kept only by @diags
 *
 * Returns 0, VNUMA_ERROR_HOST (see @diags) or VNUMA_ERROR_NOMEM.
 */
int vnuma_fleet_host_parse(const vnuma_source *source,
                           vnuma_fleet_host **host_r, vnuma_diags *diags);
void vnuma_fleet_host_free(vnuma_fleet_host *host);

/* The domains of the report; of one that is gone the name is "". */
const vnuma_domains *vnuma_fleet_host_domains(const vnuma_fleet_host *host);

/* Whether the report has a guest of that name, which may still be built. */
bool vnuma_fleet_host_knows(const vnuma_fleet_host *host, const char *name);

/*
 * vnuma_fleet_host_gone - a guest that is here no more
 *
 * What it holds is free again on the pnodes where the report says that it is:
 * by the count of its pages, or else as it was promised.  Of a guest without
 * either it is not known, and no pnode gets more.  Its vcpus do not run here.
 * Of a guest that the report does not have, nothing.
 */
void vnuma_fleet_host_gone(vnuma_fleet_host *host, const char *name);

/*
 * vnuma_fleet_host_list - a guest that the engine has here
 * @config: of its file, without errors, borrowed for the call; for a guest
 *          without vnuma= one with vnuma="auto", as libxl too takes few pnodes
 * @is_up:  the engine has taken its memory from what it calls free; else it
 *          may do so, or may not
 *
 * If the report does not have it, it is planned (vnuma_plan_build()) next to
 * those that were listed before, and takes its place: where it lived on that
 * host before, if the report says so and it fits there.  From the same report
 * the host makes the same plan, so list guests in the order in which they are
 * started, or, where that is not known, in that of their names.  One that does
 * not fit takes memory from all pnodes by what is free there, or nothing if it
 * is not up.
 *
 * Returns 0, VNUMA_ERROR_NOFIT or VNUMA_ERROR_NOMEM.
 */
int vnuma_fleet_host_list(vnuma_fleet_host *host, const char *name,
                          const vnuma_config *config, bool is_up);

typedef enum {
    VNUMA_FLEET_CURRENT,
    VNUMA_FLEET_OLD,   /* the report is not of that time, or undated */
    VNUMA_FLEET_STALE, /* free memory is not what it should be by the report */
} vnuma_fleet_trust;

/*
 * vnuma_fleet_host_judge - whether the report tells the host as it is
 * @free_memkb: what the engine calls free, the memory of listed guests that
 *              are still to be started taken off; VNUMA_MEMKB_UNKNOWN
 * @now:        seconds since 1970; 0: a report of any time is good
 * @seconds:    how far from @now the report's time may be, before or after it
 * @diags:      a warning for what is not VNUMA_FLEET_CURRENT
 *
 * Free memory may differ by what building the listed guests costs, and by 64
 * MiB for what Xen and dom0 take and give.  Call it when all guests are told.
 */
vnuma_fleet_trust vnuma_fleet_host_judge(const vnuma_fleet_host *host,
                                         uint64_t free_memkb, uint64_t now,
                                         uint64_t seconds, vnuma_diags *diags);

/*
 * The host to plan on; borrowed from @host.  It may be changed, with
 * vnuma_topology_take() for a guest that is placed there now.
 */
vnuma_topology *vnuma_fleet_host_topology(vnuma_fleet_host *host);

#ifdef __cplusplus
}
#endif

#endif
