/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a domain's pages are, by the hypervisor's own count: sends debug key
 * "u" and reads what is new in Xen's console ring.
 */
#include "config.h"

#include "xen/host/handle.h"

#include <stdlib.h>

#define CHUNK 16384u
/* Far more than needed: Xen's ring is 16 KiB unless conring_size= is given. */
#define MAX_TEXT (64u << 20)

typedef struct {
    char *text; /* owned */
    size_t len;
} console;

/* Reads all of the ring from *index on; *index is then its end. */
static int read_ring(vnuma_xen *xen, uint32_t *index, console *c)
{
    unsigned int num;
    char *text;

    do {
        text = realloc(c->text, c->len + CHUNK);
        if (!text)
            return -1;
        c->text = text;
        num = CHUNK;
        if (xc_readconsolering(xen->xch, c->text + c->len, &num, 0, 1, index))
            return -1;
        c->len += num;
    } while (num && c->len < MAX_TEXT);
    return 0;
}

int vnuma__residency_dump(vnuma_xen *xen, char **text_r, size_t *len_r,
                          vnuma_diags *diags)
{
    console c = { NULL, 0 };
    char key[] = "u";
    uint32_t index = 0;
    bool failed;

    failed = read_ring(xen, &index, &c) || xc_send_debug_keys(xen->xch, key);
    c.len = 0; /* of what was there before */
    failed = failed || read_ring(xen, &index, &c);
    if (failed) {
        vnuma__xen_failed(xen, diags, "asking the hypervisor where memory is");
        free(c.text);
        return VNUMA_ERROR_XEN;
    }
    *text_r = c.text;
    *len_r = c.len;
    return 0;
}

int vnuma_xen_get_residency(vnuma_xen *xen, uint32_t domid,
                            vnuma_xen_residency *residency_r,
                            vnuma_diags *diags)
{
    char *text = NULL;
    size_t len = 0;
    int rc;

    rc = vnuma__residency_dump(xen, &text, &len, diags);
    if (rc)
        return rc;
    rc = vnuma__residency_parse(text, len, domid, residency_r);
    if (rc == VNUMA_ERROR_HOST)
        rc = vnuma__fail(diags, VNUMA_ERROR_XEN, "xen-refused",
                         "the hypervisor did not say where domain %u is",
                         (unsigned int)domid);
    free(text);
    return rc;
}
