/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host for others to plan on: xl-vnuma report. */
#ifndef VNUMA_REPORT_H
#define VNUMA_REPORT_H

#include "record/flight.h"
#include "record/lived.h"

/* All borrowed. */
typedef struct {
    const char *host; /* its name */
    const vnuma_topology *topology;
    const vnuma_domains *domains;
    const vnuma__flight *flights; /* their owners are not told */
    unsigned int num_flights;
    const vnuma__homes *homes; /* NULL: not told */
} vnuma__report;

/*
 * One line of JSON, which vnuma_topology_parse() and vnuma_domains_parse()
 * read; to be freed by the caller, NULL: no memory.
 */
char *vnuma__report_to_json(const vnuma__report *report);

#endif
