/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a command is told of where a guest lands; see landing.h. */
#include "config.h"

#include "run/landing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/print.h"
#include "cli/cli.h"

/* ---- the text of --pnodes=: "0,5", or "0,1:4+5" for interleaved memory -- */

/* Digits up to something else; moves past them. */
static bool take_pnode(const char **p, uint32_t *pnode_r)
{
    unsigned long pnode;
    char *end;

    if (**p < '0' || **p > '9')
        return false;
    pnode = strtoul(*p, &end, 10);
    *p = end;
    *pnode_r = (uint32_t)pnode;
    return pnode < VNUMA_PNODE_AUTO;
}

/* "4+5" */
static bool take_spread(const char **p, vnuma_membind *spread)
{
    uint32_t pnode;

    spread->num_pnodes = 0;
    do {
        (*p)++;
        if (!take_pnode(p, &pnode) || pnode >= VNUMA_MAX_PNODES ||
            vnuma__membind_has(spread, pnode))
            return false;
        spread->pnodes[spread->num_pnodes++] = pnode;
    } while (**p == '+');
    return true;
}

#define NO_PNODES "these are no pnodes, as in \"--pnodes=0,5\""

static int bad(const char *text, const char *what)
{
    return cli_fail(CLI_USAGE, "--pnodes=%s: %s", text, what);
}

static bool is_interleaved(const vnuma_record *record, uint32_t v)
{
    return record->layout.membinds[v].policy == VNUMA_POLICY_INTERLEAVE;
}

static int take_pnodes(const char *text, const vnuma_record *record,
                       vnuma__landing_options *told)
{
    const char *p = text;
    uint32_t num = 0, n = record->layout.num_vnodes, pnode;
    vnuma_membind other = { .num_pnodes = 0 }; /* of one too many */
    bool is_spread;

    for (;; p++) {
        vnuma_membind *spread = num < n ? &told->spreads[num] : &other;

        if (!take_pnode(&p, &pnode))
            return bad(text, NO_PNODES);
        is_spread = *p == ':';
        if ((is_spread && !take_spread(&p, spread)) || (*p && *p != ','))
            return bad(text, NO_PNODES);
        if (num < n) {
            if (is_spread && !is_interleaved(record, num))
                return bad(text,
                           "\":\" is for vnodes with interleaved memory");
            told->pnodes[num] = pnode;
            told->is_spread[num] = is_spread;
        }
        num++;
        if (!*p)
            break;
    }
    if (num == n)
        return CLI_OK;
    return cli_fail(CLI_USAGE,
                    "--pnodes=%s: %" PRIu32 " pnodes for %" PRIu32 " vnodes",
                    text, num, n);
}

char *landing_format_pnodes(const vnuma_record *record)
{
    const vnuma__layout *layout = &record->layout;
    vnuma__print out;
    unsigned int i;
    uint32_t v;
    FILE *f = vnuma__print_begin(&out);

    if (!f)
        return NULL;
    for (v = 0; v < layout->num_vnodes; v++) {
        fprintf(f, "%s%" PRIu32, v ? "," : "", layout->vnode_to_pnode[v]);
        for (i = 0;
             is_interleaved(record, v) && i < layout->membinds[v].num_pnodes;
             i++)
            fprintf(f, "%c%" PRIu32, i ? '+' : ':',
                    layout->membinds[v].pnodes[i]);
    }
    return vnuma__print_end(&out, false);
}

/* ---- the plan ----------------------------------------------------------- */

int landing_plan(vnuma_record *record, const char *name,
                 const landing_options *options,
                 const vnuma_topology *topology)
{
    vnuma__landing_options told = {
        .strict = options->strict,
        .anywhere = options->anywhere,
        .is_told = options->pnodes,
        .flight = options->flight,
    };
    vnuma_diags diags = { 0 };

    if (options->pnodes && take_pnodes(options->pnodes, record, &told))
        return CLI_USAGE;
    return cli_end(&diags, vnuma__landing_plan(record, name, &told, topology,
                                               &diags));
}
