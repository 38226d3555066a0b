/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Builds in flight: see flight.h. */
#include "config.h"

#include "record/flight.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/print.h"
#include "base/text.h"
#include "record/parts.h"

#define WORD "xl-vnuma-build"

void vnuma__flight_of(const vnuma_plan *plan, const char *name,
                      vnuma__flight *flight_r)
{
    unsigned int i;

    memset(flight_r, 0, sizeof(*flight_r));
    flight_r->domid = VNUMA_ID_UNKNOWN;
    snprintf(flight_r->name, sizeof(flight_r->name), "%s", name ? name : "");
    for (i = 0; i < plan->num_pnodes && i < VNUMA_MAX_PNODES; i++)
        flight_r->parts[flight_r->num_parts++] = (vnuma_plan_part){
            plan->pnodes[i].pnode,
            plan->pnodes[i].guest_memkb + plan->pnodes[i].build_memkb,
        };
}

char *vnuma__flight_format(const vnuma__flight *flight)
{
    vnuma__print out;
    FILE *f;

    f = vnuma__print_begin(&out);
    if (!f)
        return NULL;
    fprintf(f, WORD " " VNUMA__FLIGHT_FORM " %" PRIu64 " %" PRIu64 " ",
            flight->pid, flight->start);
    if (flight->domid == VNUMA_ID_UNKNOWN)
        fputs("- - ", f);
    else
        fprintf(f, "%" PRIu32 " %s ", flight->domid, flight->uuid);
    vnuma__parts_print(flight->parts, flight->num_parts, f);
    fprintf(f, " %s\n", flight->name);
    return vnuma__print_end(&out, false);
}

/* ---- reading ------------------------------------------------------------ */

static bool next_number(vnuma__text *rest, uint64_t max, uint64_t *number_r)
{
    vnuma__text piece;

    return vnuma__text_next(rest, ' ', &piece) &&
           vnuma__text_to_u64(piece, max, number_r);
}

static bool next_domain(vnuma__text *rest, vnuma__flight *f)
{
    vnuma__text domid, uuid;
    uint64_t number;

    if (!vnuma__text_next(rest, ' ', &domid) ||
        !vnuma__text_next(rest, ' ', &uuid))
        return false;
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

static bool take_part(vnuma_plan_part part, vnuma__flight *f)
{
    unsigned int i;

    for (i = 0; i < f->num_parts; i++)
        if (f->parts[i].pnode == part.pnode)
            return false;
    if (f->num_parts == VNUMA_MAX_PNODES)
        return false;
    f->parts[f->num_parts++] = part;
    return true;
}

static bool next_parts(vnuma__text *rest, vnuma__flight *f)
{
    vnuma_plan_part part;
    vnuma__text parts;
    bool good;

    good = vnuma__text_next(rest, ' ', &parts);
    while (good && parts.ptr)
        good = vnuma__parts_next(&parts, &part) && take_part(part, f);
    return good;
}

bool vnuma__flight_parse(const char *text, size_t len, vnuma__flight *f)
{
    vnuma__text rest = { .ptr = text, .len = (uint32_t)len }, word, form;

    memset(f, 0, sizeof(*f));
    /* Without its end it was cut. */
    if (!len || len > UINT32_MAX || text[len - 1] != '\n')
        return false;
    rest.len--;
    if (!vnuma__text_next(&rest, ' ', &word) ||
        !vnuma__text_equal(word, WORD) ||
        !vnuma__text_next(&rest, ' ', &form) ||
        !vnuma__text_equal(form, VNUMA__FLIGHT_FORM) ||
        !next_number(&rest, INT32_MAX, &f->pid) ||
        !next_number(&rest, UINT64_MAX, &f->start) ||
        !next_domain(&rest, f) || !next_parts(&rest, f) || !rest.ptr ||
        rest.len >= sizeof(f->name))
        return false;
    memcpy(f->name, rest.ptr, rest.len);
    return true;
}

/* ---- what they take ----------------------------------------------------- */

uint64_t vnuma__flight_open_memkb(const vnuma__flight *flight,
                                  unsigned int part)
{
    uint64_t open = 0, here = flight->parts[part].memkb;
    unsigned int i;

    for (i = 0; i < flight->num_parts; i++)
        open += flight->parts[i].memkb;
    open -= flight->resident_memkb < open ? flight->resident_memkb : open;
    return here < open ? here : open;
}

void vnuma__flights_take(const vnuma__flight *flights,
                         unsigned int num_flights, vnuma_topology *topology)
{
    const vnuma_pnode *pnode;
    unsigned int i, p;
    uint64_t open;

    for (i = 0; i < num_flights; i++)
        for (p = 0; p < flights[i].num_parts; p++) {
            pnode = vnuma_topology_find(topology, flights[i].parts[p].pnode);
            if (!pnode || pnode->free_memkb == VNUMA_MEMKB_UNKNOWN)
                continue;
            open = vnuma__flight_open_memkb(&flights[i], p);
            vnuma_topology_set_free(
                topology, pnode->pnode,
                pnode->free_memkb > open ? pnode->free_memkb - open : 0);
        }
}
