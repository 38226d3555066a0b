/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where guests lived, to bring a host back as it was.  Pure: a value, and the
 * text of all guests, a line of JSON for each, the newest last:
 *
 *   {"name":"web","uuid":"..","time":1700000000,"pnodes":[0,4],"memkb":[..]}
 *
 * A line is of a guest with its UUID, else with its name: without uuid= a
 * guest has another UUID each time.  What a line has in addition is not read.
 */
#ifndef VNUMA_LIVED_H
#define VNUMA_LIVED_H

#include <stdio.h>

#include "base/json_reader.h"
#include "base/objects.h"

/* Bytes of lines that are kept, the newest: of some 5,000 guests. */
#define VNUMA__LIVED_MAX (1u << 20)

void vnuma__lived_of_plan(const vnuma_plan *plan, vnuma__lived *lived_r);
void vnuma__lived_of_record(const vnuma_record *record, vnuma__lived *lived_r);

/* What a line says. */
typedef struct {
    char *name, *uuid; /* owned; "" when it does not say */
    vnuma__lived lived;
    uint32_t start, end; /* of the line, in the text */
} vnuma__home;

typedef struct {
    vnuma__home *items; /* owned; the newest last */
    uint32_t num_items;
} vnuma__homes;

void vnuma__homes_dispose(vnuma__homes *homes);

/*
 * Reads all lines.  Those that cannot be read are left out, with a warning at
 * the first.  Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__homes_read(const vnuma_source *kept, vnuma__homes *homes_r,
                      vnuma_diags *diags);

/*
 * Reads them from a list of a report, into none; what is none is left out.
 * Returns 0 or VNUMA_ERROR_NOMEM; to be disposed in any case.
 */
int vnuma__homes_from_json(const vnuma__jsondoc_value *list,
                           vnuma__homes *homes_r);

/*
 * The same of the text of a host: none if it is not a report.
 */
int vnuma__homes_from_report(const vnuma_source *text, vnuma__homes *homes_r);

/*
 * Where a guest lived; without vnodes if that is not known.
 * @uuid, @name: NULL: not known
 */
void vnuma__homes_find(const vnuma__homes *homes, const char *uuid,
                       const char *name, vnuma__lived *lived_r);

/*
 * The text with one more guest, instead of its old line and of those that
 * cannot be read.  To be freed; NULL: no memory.
 */
char *vnuma__homes_add(const vnuma_source *kept, const char *uuid,
                       const char *name, const vnuma__lived *lived,
                       uint64_t time);

/* What a plan says of it, as a reason: a line that begins so. */
#define VNUMA__LIVED_WORDS "where it lived: "
void vnuma__lived_print(const vnuma__lived *lived, const vnuma_plan *plan,
                        FILE *f);

/* Whether a guest has such vnodes, and leaves open where one of them goes. */
bool vnuma__lived_fits(const vnuma__lived *lived, const vnuma_config *full);

#endif
