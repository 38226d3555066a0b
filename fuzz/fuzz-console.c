/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as Xen's console, in which guests write too, after the debug key
 * that has Xen say where pages are.  What is found of a domain is a sum of
 * nodes that a host can have, and lines of guests change nothing.
 */
#include "config.h"

#include "xen/host/residency.c"

#include "inside.h"

#define FUZZ_CORPUS "console"
#include "fuzz.h"

#define DOMID 2u

/* ---- what is answered --------------------------------------------------- */

static const uint8_t *console;
static size_t console_len, console_at;

int xc_send_debug_keys(xc_interface *xch, const char *keys)
{
    (void)xch;
    console_at = 0;
    return strcmp(keys, "u");
}

/* In pieces, as from a ring that is being written to. */
int xc_readconsolering(xc_interface *xch, char *buffer, unsigned int *num,
                       int clear, int incremental, uint32_t *index)
{
    size_t rest = console_len - console_at;

    (void)xch;
    FUZZ_ASSERT(!clear && incremental);
    rest = rest < 100 ? rest : rest / 2;
    *num = rest < *num ? (unsigned int)rest : *num;
    memcpy(buffer, console + console_at, *num);
    console_at += *num;
    *index += *num;
    return 0;
}

int vnuma__xen_failed(vnuma_xen *xen, vnuma_diags *diags, const char *what)
{
    (void)xen;
    return vnuma__fail(diags, VNUMA_ERROR_XEN, "xen-refused", "%s", what);
}

/* ---- what is made of it ------------------------------------------------- */

static int find(vnuma_xen_residency *residency)
{
    vnuma_diags diags = { 0 };
    vnuma_xen xen = { .xch = NULL };
    int rc;

    console_at = console_len; /* nothing is new before the key */
    vnuma_xen_residency_init(residency);
    rc = vnuma_xen_get_residency(&xen, DOMID, residency, &diags);
    FUZZ_ASSERT(rc == 0 || rc == VNUMA_ERROR_XEN);
    FUZZ_ASSERT(!rc == !diags.num_errors);
    vnuma_diags_dispose(&diags);
    return rc;
}

/* The same with a guest's lines in it, which look like Xen's. */
static char *with_lines_of_guests(const uint8_t *data, size_t size,
                                  size_t *len_r)
{
    static const char line[] = "\n(XEN) (d7) 'u' pressed -> dumping\n";
    const uint8_t *end = memchr(data, '\n', size);
    size_t first = end ? (size_t)(end - data) : size;
    char *text = malloc(size + sizeof(line)), *at;

    FUZZ_ASSERT(text);
    at = mempcpy(text, data, first);
    at = mempcpy(at, line, end ? strlen(line) - 1 : 0);
    at = mempcpy(at, data + first, size - first);
    *len_r = (size_t)(at - text);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vnuma_xen_residency one, other;
    unsigned int i;
    char *text;
    int rc;

    console = data;
    console_len = size;
    rc = find(&one);
    for (i = 0; i < one.num_nodes; i++)
        FUZZ_ASSERT(one.nodes[i].pnode < VNUMA_MAX_PNODES);
    text = with_lines_of_guests(data, size, &console_len);
    console = (const uint8_t *)text;
    FUZZ_ASSERT(find(&other) == rc && one.num_nodes == other.num_nodes &&
                one.num_pages == other.num_pages);
    vnuma_xen_residency_dispose(&one);
    vnuma_xen_residency_dispose(&other);
    free(text);
    return 0;
}
