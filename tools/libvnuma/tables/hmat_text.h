/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest's HMAT as a text that people write, a line for each thing:
 *
 *   latency FROM TO NS [level=N]        and read-latency, write-latency
 *   bandwidth FROM TO MB/S [level=N]    and read-bandwidth, write-bandwidth
 *   nearest VNODE FROM
 *   cache VNODE size=SIZE [level=N] [levels=N] [associativity=direct|complex]
 *         [policy=write-back|write-through] [line=BYTES]      (in one line)
 *
 * FROM and TO are vnodes or ranges of them; "#" begins a comment.
 */
#ifndef VNUMA_HMAT_TEXT_H
#define VNUMA_HMAT_TEXT_H

#include <stdio.h>

#include "base/diag.h"
#include "base/hmat.h"

/* Which vnodes a guest has, as far as it is known. */
typedef struct {
    unsigned int num_vnodes;
    bool has_vcpus[VNUMA_MAX_VNODES], has_memory[VNUMA_MAX_VNODES];
} vnuma__hmat_guest;

/* Of one that is not planned yet: any vnode may be anything. */
extern const vnuma__hmat_guest vnuma__hmat_any_guest;

/*
 * Reads a text; mistakes are reported as "hmat-text", at their places in it.
 * @hmat_r: all zeroes; stays so after mistakes
 *
 * Returns 0, VNUMA_ERROR_CONFIG or VNUMA_ERROR_NOMEM.
 */
int vnuma__hmat_read_text(const vnuma_source *source,
                          const vnuma__hmat_guest *guest, vnuma__hmat *hmat_r,
                          vnuma_diags *diags);

/* The text that gives that value; to be freed, NULL: no memory. */
char *vnuma__hmat_to_text(const vnuma__hmat *hmat);

/*
 * For people: "80.5 ns, 20480 MB/s", as vnuma__hmat_speed() has them; "no way",
 * "no known speed".
 */
void vnuma__hmat_print_pair(const vnuma__hmat *hmat, uint32_t from,
                            uint32_t to, FILE *f);

#endif
