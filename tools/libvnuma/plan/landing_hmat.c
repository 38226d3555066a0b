/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares a guest's HMAT with its new host's; see landing_hmat.h. */
#include "config.h"

#include "plan/landing_hmat.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/print.h"
#include "plan/plan_hmat.h"
#include "tables/hmat_table.h"
#include "tables/kept.h"

typedef struct {
    uint32_t domains[VNUMA_MAX_VNODES]; /* proximity domains: the vnodes */
    unsigned int num_vnodes;
    vnuma__hmat told, here;
    vnuma_diags *diags;
} comparison;

#define differs(c, ...)                                                       \
    vnuma__warning((c)->diags, "hmat-differs", VNUMA__NOWHERE, __VA_ARGS__)

/* The first pair whose speed is told to be other than it is; false: none. */
static bool find_other_speed(const comparison *c, uint32_t *from_r,
                             uint32_t *to_r)
{
    uint32_t from, to;

    for (to = 0; to < c->num_vnodes; to++)
        for (from = 0; from < c->num_vnodes; from++)
            if (vnuma__hmat_speed(&c->told, true, from, to) !=
                    vnuma__hmat_speed(&c->here, true, from, to) ||
                vnuma__hmat_speed(&c->told, false, from, to) !=
                    vnuma__hmat_speed(&c->here, false, from, to)) {
                *from_r = from;
                *to_r = to;
                return true;
            }
    return false;
}

static char *format_pair(const vnuma__hmat *hmat, uint32_t from, uint32_t to)
{
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);

    if (!f)
        return NULL;
    vnuma__hmat_print_pair(hmat, from, to, f);
    return vnuma__print_end(&out, false);
}

static void tell_pair(const comparison *c, uint32_t from, uint32_t to)
{
    char *before = format_pair(&c->told, from, to);
    char *now = format_pair(&c->here, from, to);

    differs(
        c,
        "the guest's HMAT says %s from vnode %" PRIu32 " to vnode %" PRIu32
        ", its pnodes here have %s; a guest that runs cannot be told again",
        before ? before : "?", from, to, now ? now : "?");
    free(before);
    free(now);
}

static void compare(const comparison *c)
{
    uint32_t from, to;

    if (!vnuma__hmat_is_known(&c->here))
        differs(c, "the guest's HMAT says how fast memory was where it comes "
                   "from; this host has no HMAT to compare with");
    else if (find_other_speed(c, &from, &to))
        tell_pair(c, from, to);
    else if (!vnuma__hmat_has_same_caches(&c->told, &c->here))
        differs(c, "the guest's HMAT says other caches in front of its memory "
                   "than its pnodes here have; a guest that runs cannot be "
                   "told again");
}

static int parse(const comparison *c, const uint8_t *table, size_t len,
                 vnuma__hmat *hmat_r)
{
    const char *wrong;

    return vnuma__hmat_parse(table, len, c->domains, c->num_vnodes, hmat_r,
                             &wrong);
}

/* As a guest would be told it: what a table rounds is no difference. */
static int find_here(comparison *c, const vnuma_plan *plan,
                     const vnuma_topology *topology)
{
    vnuma_diags ignored = { 0 };
    vnuma__hmat exact = { 0 };
    vnuma__hmat_loss loss;
    uint8_t *bytes = NULL;
    size_t len;
    int rc = vnuma__plan_hmat(plan, topology, &exact, &ignored);

    if (!rc && vnuma__hmat_is_known(&exact)) {
        rc = vnuma__hmat_build(&exact, &bytes, &len, &loss);
        if (!rc)
            rc = parse(c, bytes, len, &c->here);
        free(bytes);
    }
    vnuma__hmat_dispose(&exact);
    vnuma_diags_dispose(&ignored);
    return rc;
}

void vnuma__landing_tell_hmat(const vnuma_record *record,
                              const vnuma_plan *plan,
                              const vnuma_topology *topology,
                              vnuma_diags *diags)
{
    comparison c = { .num_vnodes = plan->num_vnodes, .diags = diags };
    const char *text = record->acpi_tables;
    const uint8_t *table;
    uint8_t *bytes;
    bool is_hosts;
    unsigned int v;
    size_t len;

    if (!text ||
        vnuma__kept_parse(text, strlen(text), &bytes, &len, &is_hosts))
        return;
    for (v = 0; v < c.num_vnodes; v++)
        c.domains[v] = v;
    table = is_hosts ? vnuma__kept_find(bytes, len, "HMAT", &len) : NULL;
    if (table && !parse(&c, table, len, &c.told) &&
        !find_here(&c, plan, topology))
        compare(&c);
    vnuma__hmat_dispose(&c.told);
    vnuma__hmat_dispose(&c.here);
    free(bytes);
}
