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

const char *const vnuma__policy_names[] = {
    [VNUMA_POLICY_STRICT] = "strict",
    [VNUMA_POLICY_PREFERRED] = "preferred",
    [VNUMA_POLICY_INTERLEAVE] = "interleave",
    NULL,
};

const char *vnuma_policy_name(vnuma_policy policy)
{
    return vnuma__policy_names[policy];
}

static void print_membind(FILE *f, const vnuma_membind *membind)
{
    unsigned int i;

    fputs(vnuma_policy_name(membind->policy), f);
    for (i = 0; i < membind->num_pnodes; i++)
        fprintf(f, "%c%" PRIu32, i ? ',' : ':', membind->pnodes[i]);
}

char *vnuma__membinds_format(const vnuma_membind *membinds, unsigned int num)
{
    vnuma__print out;
    unsigned int i;

    if (!vnuma__print_begin(&out))
        return NULL;
    for (i = 0; i < num; i++) {
        fputs(i ? ";" : "", out.f);
        print_membind(out.f, &membinds[i]);
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

    for (i = 0; vnuma__policy_names[i]; i++)
        if (strlen(vnuma__policy_names[i]) == len &&
            !strncmp(text, vnuma__policy_names[i], len))
            break;
    if (!vnuma__policy_names[i])
        return false;
    membind.policy = (vnuma_policy)i;
    if (!parse_pnodes(text + len, &membind))
        return false;
    *membind_r = membind;
    return true;
}
