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

static const char *const kinds[] = {
    [VNUMA__FLIGHT_BUILD] = "build",
    [VNUMA__FLIGHT_ARRIVE] = "arrive",
    [VNUMA__FLIGHT_ARRIVE_PAUSED] = "arrive-paused",
    [VNUMA__FLIGHT_LEAVE] = "leave",
};

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
    fprintf(f,
            BUILD_WORD " " VNUMA__FLIGHT_FORM " %" PRIu64 " %" PRIu64 " %s ",
            flight->pid, flight->start, kinds[flight->kind]);
    if (flight->domid == VNUMA_ID_UNKNOWN)
        fputc('-', f);
    else
        fprintf(f, "%" PRIu32, flight->domid);
    fprintf(f, " %s ", *flight->uuid ? flight->uuid : "-");
    if (!flight->parts.num)
        fputc('-', f);
    vnuma__parts_print(&flight->parts, f);
    fprintf(f, " %s\n", flight->name);
    return vnuma__print_end(&out, false);
}

/* ---- reading ------------------------------------------------------------ */

static bool take_kind(vnuma__text text, vnuma__flight *f)
{
    unsigned int i;

    for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (vnuma__text_equal(text, kinds[i])) {
            f->kind = (vnuma__flight_kind)i;
            return true;
        }
    return false;
}

/* Number and UUID of the domain; there is no number without a UUID. */
static bool take_domain(vnuma__text domid, vnuma__text uuid, vnuma__flight *f)
{
    bool has_uuid = !vnuma__text_equal(uuid, "-");
    uint64_t number = VNUMA_ID_UNKNOWN;

    if (!uuid.len || uuid.len >= sizeof(f->uuid))
        return false;
    if (!vnuma__text_equal(domid, "-") &&
        (!has_uuid ||
         !vnuma__text_to_u64(domid, VNUMA_BITMAP_MAX - 1, &number)))
        return false;
    f->domid = (uint32_t)number;
    if (has_uuid)
        memcpy(f->uuid, uuid.ptr, uuid.len);
    return true;
}

static bool take_parts(vnuma__text text, vnuma__flight *f)
{
    return vnuma__text_equal(text, "-") || vnuma__parts_parse(text, &f->parts);
}

bool vnuma__flight_parse(const char *text, size_t len, vnuma__flight *f)
{
    enum { WORD, FORM, PID, START, KIND, DOMID, UUID, PARTS, NUM_WORDS };
    vnuma__text rest = { .ptr = text, .len = (uint32_t)len };
    vnuma__text words[NUM_WORDS];
    unsigned int i;

    memset(f, 0, sizeof(*f));
    /* Without its end it was cut. */
    if (!len || text[len - 1] != '\n')
        return false;
    rest.len--;
    for (i = 0; i < NUM_WORDS; i++)
        if (!vnuma__text_next(&rest, ' ', &words[i]))
            return false;
    if (!vnuma__text_equal(words[WORD], BUILD_WORD) ||
        !vnuma__text_equal(words[FORM], VNUMA__FLIGHT_FORM) ||
        !vnuma__text_to_u64(words[PID], INT32_MAX, &f->pid) ||
        !vnuma__text_to_u64(words[START], UINT64_MAX, &f->start) ||
        !take_kind(words[KIND], f) ||
        !take_domain(words[DOMID], words[UUID], f) ||
        !take_parts(words[PARTS], f) || !rest.ptr ||
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
            pnode =
                vnuma_topology_find(topology, flights[i].parts.items[p].pnode);
            if (!pnode || pnode->free_memkb == VNUMA_MEMKB_UNKNOWN)
                continue;
            open = vnuma__flight_open_memkb(&flights[i], p);
            vnuma_topology_set_free(
                topology, pnode->pnode,
                pnode->free_memkb > open ? pnode->free_memkb - open : 0);
        }
}
