/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host with its domains as one line of JSON; host/topology_json.c reads what
 * a plan needs of it:
 *
 *   { "report": 1, "version", "host", "time", "domains": [..],
 *     "topology": {..},
 *     "builds": [ { "name", "domid", "uuid",
 *                   "nodes": [ { "node", "memkb" } .. ] } .. ],
 *     "places": [ { "name", "uuid", "pnodes", "memkb" } .. ] }
 *
 * "memkb" of a build is what it may still take of the free memory of a node.
 * "places" is where guests lived that do not run; the newest only.
 */
#include "config.h"

#include "show/report.h"

#include <string.h>

#include "host/topology.h"
#include "show/domains.h"

static void put_build(vnuma__json *json, const vnuma__flight *flight)
{
    unsigned int i;

    vnuma__json_map(json);
    vnuma__json_add_string(json, "name", flight->name);
    vnuma__json_add_known(json, "domid", flight->domid, VNUMA_ID_UNKNOWN);
    vnuma__json_add_string(json, "uuid", *flight->uuid ? flight->uuid : NULL);
    vnuma__json_add_array(json, "nodes");
    for (i = 0; i < flight->parts.num; i++) {
        vnuma__json_map(json);
        vnuma__json_add_uint(json, "node", flight->parts.items[i].pnode);
        vnuma__json_add_uint(json, "memkb",
                             vnuma__flight_open_memkb(flight, i));
        vnuma__json_end_map(json);
    }
    vnuma__json_end_array(json);
    vnuma__json_end_map(json);
}

#define MOST_PLACES 256u

static bool runs(const vnuma__report *report, const char *name)
{
    unsigned int i;

    for (i = 0; i < report->domains->num_items; i++)
        if (!strcmp(report->domains->items[i].name, name))
            return true;
    return false;
}

static void put_places(vnuma__json *json, const vnuma__report *report)
{
    uint32_t num = report->homes->num_items;
    uint32_t i = num > MOST_PLACES ? num - MOST_PLACES : 0;

    vnuma__json_add_array(json, "places");
    for (; i < num; i++) {
        const vnuma__home *home = &report->homes->items[i];

        if (runs(report, home->name))
            continue;
        vnuma__json_map(json);
        vnuma__json_add_string(json, "name", home->name);
        vnuma__json_add_string(json, "uuid", home->uuid);
        VNUMA__JSON_LIST(json, "pnodes", home->lived.pnodes,
                         home->lived.num_vnodes);
        VNUMA__JSON_LIST(json, "memkb", home->lived.memkb,
                         home->lived.num_vnodes);
        vnuma__json_end_map(json);
    }
    vnuma__json_end_array(json);
}

char *vnuma__report_to_json(const vnuma__report *report)
{
    vnuma__json json;
    unsigned int i;

    vnuma__json_begin(&json, false);
    vnuma__json_add_uint(&json, "report", VNUMA__REPORT_FORM);
    vnuma__json_add_string(&json, "version", PACKAGE_VERSION);
    vnuma__json_add_string(&json, "host", report->host);
    vnuma__domains_put(&json, report->domains, report->topology);
    vnuma__json_add_map(&json, "topology");
    vnuma__topology_put(&json, report->topology);
    vnuma__json_end_map(&json);
    vnuma__json_add_array(&json, "builds");
    for (i = 0; i < report->num_flights; i++)
        put_build(&json, &report->flights[i]);
    vnuma__json_end_array(&json);
    if (report->homes)
        put_places(&json, report);
    return vnuma__json_finish(&json);
}
