/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A build in flight: what a guest that is being built was promised of each
 * pnode, so that plans made meanwhile leave that free.  Pure; a value and its
 * text, one line:
 *
 *   xl-vnuma-build FORM PID START KIND DOMID UUID PNODE=KIB,PNODE=KIB.. NAME
 *
 * PID and START, its start time, are of the owner: when that process is gone,
 * so is the build.  DOMID is "-" until there is a domain, and UUID until it is
 * known which it will have.  What takes no memory has "-" for it.
 */
#ifndef VNUMA_FLIGHT_H
#define VNUMA_FLIGHT_H

#include "base/objects.h"
#include "record/parts.h"

#define VNUMA__FLIGHT_FORM "2"

/* What is under way; these are the words too. */
typedef enum {
    VNUMA__FLIGHT_BUILD,  /* create, restore: what is half built is nothing */
    VNUMA__FLIGHT_ARRIVE, /* another xl sends it */
    VNUMA__FLIGHT_ARRIVE_PAUSED, /* and it stays paused here */
    VNUMA__FLIGHT_LEAVE,  /* save, migrate, move */
} vnuma__flight_kind;

typedef struct {
    uint64_t pid, start;
    vnuma__flight_kind kind;
    uint32_t domid; /* VNUMA_ID_UNKNOWN: there is no domain yet */
    char uuid[40];  /* "": not known yet */
    char name[128]; /* cut if it is longer */
    vnuma__parts parts;
    uint64_t resident_memkb; /* that the domain holds; not in the text */
} vnuma__flight;

/* Of a plan, with what building costs; the owner is left 0. */
void vnuma__flight_of(const vnuma_plan *plan, const char *name,
                      vnuma__flight *flight_r);

/* Returns the text, which the caller frees, or NULL: no memory. */
char *vnuma__flight_format(const vnuma__flight *flight);

/* False for another text; then *flight_r is not to be used. */
bool vnuma__flight_parse(const char *text, size_t len,
                         vnuma__flight *flight_r);

/*
 * What the build may still take of the pnode of a part.  What it has taken is
 * gone from free memory already and must not count twice; but Xen tells how
 * much a domain holds, not where.  So this is what it was promised there, or
 * what it lacks in all, if that is less: never too little, and nearly nothing
 * when the guest is nearly built.
 */
uint64_t vnuma__flight_open_memkb(const vnuma__flight *flight,
                                  unsigned int part);

/* Takes what these may still take from the free memory of a host. */
void vnuma__flights_take(const vnuma__flight *flights,
                         unsigned int num_flights, vnuma_topology *topology);

#endif
