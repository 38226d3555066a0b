/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading Xen's NUMA dump:
 *
 *   (XEN) 'u' pressed -> dumping numa info (now = 44318472410)
 *   (XEN) Memory location of each domain:
 *   (XEN) Domain 2 (total: 131056):            4.20: "(XEN) d2 (total: ...):"
 *   (XEN)     Node 0: 65528
 *   (XEN)     Node 1: 65528
 *
 * Other messages may be between any two lines; unknown lines are skipped.
 */
#include "config.h"

#include "xen/host/handle.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void vnuma_xen_residency_init(vnuma_xen_residency *residency)
{
    memset(residency, 0, sizeof(*residency));
}

void vnuma_xen_residency_dispose(vnuma_xen_residency *residency)
{
    free(residency->nodes);
    vnuma_xen_residency_init(residency);
}

/* Takes a line without "(XEN)", cut off after the length of any known one. */
static bool next_line(vnuma__text *rest, char line_r[128])
{
    vnuma__text line;

    if (!vnuma__text_next(rest, '\n', &line))
        return false;
    if (vnuma__text_starts_with(line, "(XEN)"))
        line = vnuma__text_slice(line, 5, line.len);
    snprintf(line_r, 128, "%.*s", VNUMA__TEXT_ARG(line));
    return true;
}

/* At most 19 digits fit in 64 bits; a longer number fits nothing. */
#define NUMBER "%19" SCNu64

static bool is_domain(const char *at, uint64_t *domid_r, uint64_t *total_r)
{
    int end = 0;

    if (sscanf(at, " Domain " NUMBER " (total: " NUMBER " ):%n", domid_r,
               total_r, &end) < 1)
        sscanf(at, " d" NUMBER " (total: " NUMBER " ):%n", domid_r, total_r,
               &end);
    return end;
}

static bool is_node(const char *at, uint64_t *pnode_r, uint64_t *pages_r)
{
    int end = 0;

    return sscanf(at, " Node " NUMBER " : " NUMBER "%n", pnode_r, pages_r,
                  &end) == 2 &&
           !at[end];
}

/* Returns what follows the first line of the newest dump. */
static vnuma__text find_dump(vnuma__text text)
{
    /* A long dump may have pushed its first line out of the ring. */
    vnuma__text dump = text;
    char line[128];

    while (next_line(&text, line))
        if (strstr(line, "'u' pressed"))
            dump = text;
    return dump;
}

static int add_node(vnuma_xen_residency *residency, uint64_t pnode,
                    uint64_t num_pages)
{
    vnuma_xen_node_pages *nodes;

    if (pnode >= VNUMA_MAX_PNODES || residency->num_nodes > VNUMA_MAX_PNODES)
        return VNUMA_ERROR_HOST;
    nodes = reallocarray(residency->nodes, residency->num_nodes + 1,
                         sizeof(*nodes));
    if (!nodes)
        return VNUMA_ERROR_NOMEM;
    residency->nodes = nodes;
    nodes[residency->num_nodes++] = (vnuma_xen_node_pages){ pnode, num_pages };
    return 0;
}

int vnuma__residency_parse(const char *text, size_t len, uint32_t domid,
                           vnuma_xen_residency *residency_r)
{
    vnuma__text rest = find_dump((vnuma__text){ text, (uint32_t)len });
    vnuma_xen_residency residency = { .num_nodes = 0 };
    uint64_t number, pages;
    bool found = false;
    char line[128];
    int rc = 0;

    while (!rc && next_line(&rest, line)) {
        if (is_domain(line, &number, &pages)) {
            if (found)
                break;
            found = number == domid;
            residency.num_pages = pages;
        } else if (found && is_node(line, &number, &pages)) {
            rc = add_node(&residency, number, pages);
        }
    }
    if (!rc && !found)
        rc = VNUMA_ERROR_HOST;
    if (rc)
        vnuma_xen_residency_dispose(&residency);
    else
        *residency_r = residency;
    return rc;
}
