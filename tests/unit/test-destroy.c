/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which domain is destroyed when xl was ended, on a libxl that is made up:
 * never another one that only has the same number or the same UUID.
 */
#include "config.h"

#include "tap.h"
#include "xen/host/handle.h"

#include <libxl_utils.h>

#define NONE UINT32_MAX

static const uint8_t ours[16] = { 1 }, others[16] = { 2 };

typedef struct {
    uint32_t domid;
    const uint8_t *uuid;
    const char *name; /* NULL: it has none yet */
} domain;

static const domain *there;
static uint32_t destroyed;

/* ---- libxl -------------------------------------------------------------- */

libxl_dominfo *libxl_list_domain(libxl_ctx *ctx, int *num_r)
{
    libxl_dominfo *infos = calloc(8, sizeof(*infos));
    int i;

    (void)ctx;
    for (i = 0; infos && there[i].domid; i++) {
        infos[i].domid = there[i].domid;
        memcpy(libxl_uuid_bytearray(&infos[i].uuid), there[i].uuid, 16);
    }
    *num_r = i;
    return infos;
}

void libxl_dominfo_list_free(libxl_dominfo *list, int num)
{
    (void)num;
    free(list);
}

char *libxl_domid_to_name(libxl_ctx *ctx, uint32_t domid)
{
    const domain *d = there;

    (void)ctx;
    while (d->domid != domid)
        d++;
    return d->name ? strdup(d->name) : NULL;
}

int libxl_domain_destroy(libxl_ctx *ctx, uint32_t domid,
                         const libxl_asyncop_how *how)
{
    (void)ctx;
    (void)how;
    destroyed = domid;
    return 0;
}

/* ---- what is destroyed -------------------------------------------------- */

static void what_was_made_here_and_nothing_else(void)
{
    static const struct {
        uint32_t domid;
        domain there[3];
        uint32_t want;
    } cases[] = {
        { 7, { { 6, others, "x" }, { 7, ours, "g" } }, 7 },
        { 7, { { 7, others, "g" } }, NONE },
        { 7, { { 8, ours, "g" } }, NONE },
        { VNUMA_XEN_ANY_DOMID, { { 7, others, NULL }, { 8, ours, NULL } }, 8 },
        /* stock xl has the same file, and came first. */
        { VNUMA_XEN_ANY_DOMID, { { 8, ours, "g" } }, NONE },
    };
    vnuma_xen xen = { .ctx = NULL };
    vnuma_diags diags = { 0 };
    unsigned int i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        there = cases[i].there;
        destroyed = NONE;
        CHECK_INT(vnuma_xen_destroy(&xen, cases[i].domid, ours, &diags), 0);
        CHECK_UINT(destroyed, cases[i].want);
    }
}

static const tap_case cases[] = {
    TAP_CASE(what_was_made_here_and_nothing_else),
};

int main(void)
{
    return TAP_RUN(cases);
}
