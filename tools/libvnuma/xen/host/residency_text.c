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

#include "xen/host/residency.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void vnuma_xen_residency_init(vnuma_xen_residency *residency)
{
    memset(residency, 0, sizeof(*residency));
}

void vnuma_xen_residency_dispose(vnuma_xen_residency *residency)
{
    free(residency->nodes);
    vnuma_xen_residency_init(residency);
}

/* A line without "(XEN) ", cut off after the length of any known line. */
typedef struct {
    char text[128];
    const char *next;
} line;

static bool read_line(line *l, const char *at, const char *end)
{
    const char *eol;
    size_t len;

    if (at >= end)
        return false;
    eol = memchr(at, '\n', end - at);
    l->next = eol ? eol + 1 : end;
    len = (eol ? eol : end) - at;
    if (len >= 5 && !memcmp(at, "(XEN)", 5)) {
        at += 5;
        len -= 5;
    }
    if (len >= sizeof(l->text))
        len = sizeof(l->text) - 1;
    memcpy(l->text, at, len);
    l->text[len] = '\0';
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

static const char *find_dump(const char *text, const char *end)
{
    const char *dump = NULL;
    line l;

    for (; read_line(&l, text, end); text = l.next)
        if (strstr(l.text, "'u' pressed"))
            dump = l.next;
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
    uint64_t number, pages, total = 0;
    vnuma_xen_residency residency;
    const char *end = text + len, *dump;
    bool found = false;
    line l;
    int rc = VNUMA_ERROR_HOST;

    vnuma_xen_residency_init(&residency);
    /* A long dump may have pushed its first line out of the ring. */
    dump = find_dump(text, end);
    if (dump)
        text = dump;
    for (; read_line(&l, text, end); text = l.next) {
        if (is_domain(l.text, &number, &pages)) {
            if (found)
                break;
            found = number == domid;
            total = pages;
        } else if (found && is_node(l.text, &number, &pages)) {
            rc = add_node(&residency, number, pages);
            if (rc)
                goto out;
        }
    }
    rc = found ? 0 : VNUMA_ERROR_HOST;
    if (rc)
        goto out;
    residency.num_pages = total;
    *residency_r = residency;
    vnuma_xen_residency_init(&residency);

out:
    vnuma_xen_residency_dispose(&residency);
    return rc;
}
