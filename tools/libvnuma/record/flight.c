/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Builds in flight: see flight.h. */
#include "config.h"

#include "record/flight.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/print.h"
#include "layout/layout.h"

#define BUILD_WORD "xl-vnuma-build"

void vnuma__flight_of(const vnuma_plan *plan, const char *name,
                      vnuma__flight *flight_r)
{
    unsigned int i;

    memset(flight_r, 0, sizeof(*flight_r));
    flight_r->domid = VNUMA_ID_UNKNOWN;
    snprintf(flight_r->name, sizeof(flight_r->name), "%s", name ? name : "");
    for (i = 0; i < plan->num_pnodes; i++)
        vnuma__parts_add(&flight_r->parts, plan->pnodes[i].pnode,
                         plan->pnodes[i].guest_memkb +
                             plan->pnodes[i].build_memkb);
}

char *vnuma__flight_format(const vnuma__flight *flight)
{
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);

    if (!f)
        return NULL;
    fprintf(f, BUILD_WORD " " VNUMA__FLIGHT_FORM " %" PRIu64 " %" PRIu64 " ",
            flight->pid, flight->start);
    if (flight->domid == VNUMA_ID_UNKNOWN)
        fputs("- - ", f);
    else
        fprintf(f, "%" PRIu32 " %s ", flight->domid, flight->uuid);
    vnuma__parts_print(&flight->parts, f);
    fprintf(f, " %s\n", flight->name);
    return vnuma__print_end(&out, false);
}

/* ---- reading ------------------------------------------------------------ */

/* Number and UUID of the domain, or "-" twice. */
static bool take_domain(vnuma__text domid, vnuma__text uuid, vnuma__flight *f)
{
    uint64_t number;

    f->domid = VNUMA_ID_UNKNOWN;
    if (vnuma__text_equal(domid, "-") && vnuma__text_equal(uuid, "-"))
        return true;
    if (!vnuma__text_to_u64(domid, VNUMA_BITMAP_MAX - 1, &number) ||
        !uuid.len || uuid.len >= sizeof(f->uuid))
        return false;
    f->domid = (uint32_t)number;
    memcpy(f->uuid, uuid.ptr, uuid.len);
    return true;
}

bool vnuma__flight_parse(const char *text, size_t len, vnuma__flight *f)
{
    enum { WORD, FORM, PID, START, DOMID, UUID, PARTS, NUM_WORDS };
    vnuma__text rest = { .ptr = text, .len = (uint32_t)len };
    vnuma__text words[NUM_WORDS];
    unsigned int i;

    memset(f, 0, sizeof(*f));
    /* Without its end it was cut. */
    if (!len || len > UINT32_MAX || text[len - 1] != '\n')
        return false;
    rest.len--;
    for (i = 0; i < NUM_WORDS; i++)
        if (!vnuma__text_next(&rest, ' ', &words[i]))
            return false;
    if (!vnuma__text_equal(words[WORD], BUILD_WORD) ||
        !vnuma__text_equal(words[FORM], VNUMA__FLIGHT_FORM) ||
        !vnuma__text_to_u64(words[PID], INT32_MAX, &f->pid) ||
        !vnuma__text_to_u64(words[START], UINT64_MAX, &f->start) ||
        !take_domain(words[DOMID], words[UUID], f) ||
        !vnuma__parts_parse(words[PARTS], &f->parts) || !rest.ptr ||
        rest.len >= sizeof(f->name))
        return false;
    memcpy(f->name, rest.ptr, rest.len);
    return true;
}

/* ---- what they take ----------------------------------------------------- */

uint64_t vnuma__flight_open_memkb(const vnuma__flight *flight,
                                  unsigned int part)
{
    uint64_t all = vnuma__parts_memkb(&flight->parts);
    uint64_t here = flight->parts.items[part].memkb;

    if (flight->resident_memkb >= all)
        return 0;
    return vnuma__min(here, all - flight->resident_memkb);
}

void vnuma__flights_take(const vnuma__flight *flights,
                         unsigned int num_flights, vnuma_topology *topology)
{
    const vnuma_pnode *pnode;
    unsigned int i, p;
    uint64_t open;

    for (i = 0; i < num_flights; i++)
        for (p = 0; p < flights[i].parts.num; p++) {
            pnode = vnuma_topology_find(topology,
                                        flights[i].parts.items[p].pnode);
            if (!pnode || pnode->free_memkb == VNUMA_MEMKB_UNKNOWN)
                continue;
            open = vnuma__flight_open_memkb(&flights[i], p);
            vnuma_topology_set_free(
                topology, pnode->pnode,
                pnode->free_memkb > open ? pnode->free_memkb - open : 0);
        }
}
