/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a domain's pages are, by the hypervisor's own count: sends debug key
 * "u" and reads what is new in Xen's console ring:
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

/* What a guest has Xen print, which may be anything: "(d2) ", "(d2v0) ". */
static bool is_of_guest(const char *line)
{
    return !strncmp(line + strspn(line, " "), "(d", 2);
}

/* Returns what follows the first line of the newest dump. */
static vnuma__text find_dump(vnuma__text text)
{
    /* A long dump may have pushed its first line out of the ring. */
    vnuma__text dump = text;
    char line[128];

    while (next_line(&text, line))
        if (!is_of_guest(line) && strstr(line, "'u' pressed"))
            dump = text;
    return dump;
}

int vnuma__residency_parse(const char *text, size_t len, uint32_t domid,
                           vnuma_xen_residency *residency_r)
{
    vnuma__text rest = find_dump((vnuma__text){ text, (uint32_t)len });
    vnuma_xen_residency residency = {
        .nodes = calloc(VNUMA_MAX_PNODES, sizeof(*residency.nodes)),
    };
    uint64_t number, pages;
    bool found = false;
    char line[128];
    int rc = residency.nodes ? 0 : VNUMA_ERROR_NOMEM;

    while (!rc && next_line(&rest, line)) {
        if (is_domain(line, &number, &pages)) {
            if (found)
                break;
            found = number == domid;
            residency.num_pages = pages;
        } else if (found && is_node(line, &number, &pages)) {
            if (number >= VNUMA_MAX_PNODES ||
                residency.num_nodes == VNUMA_MAX_PNODES)
                rc = VNUMA_ERROR_HOST;
            else
                residency.nodes[residency.num_nodes++] =
                    (vnuma_xen_node_pages){ number, pages };
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

/* ---- asking ------------------------------------------------------------- */

#define CHUNK 16384u
/* Far more than needed: Xen's ring is 16 KiB unless conring_size= is given. */
#define MAX_TEXT (64u << 20)

/* Reads all of the ring from *index on; *index is then its end. */
static int read_ring(vnuma_xen *xen, uint32_t *index, char **text, size_t *len)
{
    unsigned int num;
    char *more;

    do {
        more = realloc(*text, *len + CHUNK);
        if (!more)
            return -1;
        *text = more;
        num = CHUNK;
        if (xc_readconsolering(xen->xch, more + *len, &num, 0, 1, index))
            return -1;
        *len += num;
    } while (num && *len < MAX_TEXT);
    return 0;
}

int vnuma__residency_dump(vnuma_xen *xen, char **text_r, size_t *len_r,
                          vnuma_diags *diags)
{
    char key[] = "u";
    uint32_t index = 0;
    bool failed;

    *text_r = NULL;
    *len_r = 0;
    failed = read_ring(xen, &index, text_r, len_r) ||
             xc_send_debug_keys(xen->xch, key);
    *len_r = 0; /* of what was there before */
    if (failed || read_ring(xen, &index, text_r, len_r))
        return vnuma__xen_failed(xen, diags,
                                 "asking the hypervisor where memory is");
    return 0;
}

int vnuma_xen_get_residency(vnuma_xen *xen, uint32_t domid,
                            vnuma_xen_residency *residency_r,
                            vnuma_diags *diags)
{
    char *text;
    size_t len;
    int rc = vnuma__residency_dump(xen, &text, &len, diags);

    if (!rc)
        rc = vnuma__residency_parse(text, len, domid, residency_r);
    if (rc == VNUMA_ERROR_HOST)
        rc = vnuma__fail(diags, VNUMA_ERROR_XEN, "xen-refused",
                         "the hypervisor did not say where domain %u is",
                         (unsigned int)domid);
    free(text);
    return rc;
}
