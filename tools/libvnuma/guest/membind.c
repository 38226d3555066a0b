/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Policy and pnodes of vnodes as text, which is how a plan's reach the process
 * that builds the guest.
 */
#include "config.h"

#include "guest/guest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/print.h"

const char *const vnuma__policy_names[VNUMA__NUM_POLICIES + 1] = {
    [VNUMA_POLICY_STRICT] = "strict",
    [VNUMA_POLICY_PREFERRED] = "preferred",
    [VNUMA_POLICY_INTERLEAVE] = "interleave",
    NULL,
};

const char *vnuma_policy_name(vnuma_policy policy)
{
    return vnuma__policy_names[policy];
}

char *vnuma__membinds_format(const vnuma_membind *membinds, unsigned int num)
{
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);
    unsigned int i, j;

    if (!f)
        return NULL;
    for (i = 0; i < num; i++) {
        const vnuma_membind *membind = &membinds[i];

        fprintf(f, "%s%s", i ? ";" : "", vnuma__policy_names[membind->policy]);
        for (j = 0; j < membind->num_pnodes; j++)
            fprintf(f, "%c%" PRIu32, j ? ',' : ':', membind->pnodes[j]);
    }
    return vnuma__print_end(&out, false);
}

char *vnuma_membind_format(const vnuma_membind *membind)
{
    return vnuma__membinds_format(membind, 1);
}

static bool parse_pnodes(const char *text, vnuma_membind *membind)
{
    unsigned long pnode;
    char *end;

    while (*text == ':' || *text == ',') {
        text++;
        if (*text < '0' || *text > '9' ||
            membind->num_pnodes == VNUMA_MAX_PNODES)
            return false;
        pnode = strtoul(text, &end, 10);
        if (pnode >= VNUMA_PNODE_AUTO)
            return false;
        membind->pnodes[membind->num_pnodes++] = (uint32_t)pnode;
        text = end;
    }
    return membind->num_pnodes && (!*text || *text == ';');
}

bool vnuma_membind_parse(const char *text, vnuma_membind *membind_r)
{
    vnuma_membind membind = { .num_pnodes = 0 };
    size_t len = strcspn(text, ":;");
    unsigned int i;

    for (i = 0; i < VNUMA__NUM_POLICIES; i++)
        if (strlen(vnuma__policy_names[i]) == len &&
            !strncmp(text, vnuma__policy_names[i], len))
            break;
    if (i == VNUMA__NUM_POLICIES)
        return false;
    membind.policy = (vnuma_policy)i;
    if (!parse_pnodes(text + len, &membind))
        return false;
    *membind_r = membind;
    return true;
}
