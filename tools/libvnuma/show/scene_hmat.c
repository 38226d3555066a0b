/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How fast memory is, as lines of the picture. */
#include "config.h"

#include "show/scene.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/objects.h"
#include "base/print.h"
#include "tables/hmat_text.h"

static void print_size(uint64_t bytes, FILE *f)
{
    static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
    unsigned int i = 0;

    for (; i < 4 && bytes >= 1024 && !(bytes % 1024); i++)
        bytes /= 1024;
    fprintf(f, "%" PRIu64 " %s", bytes, units[i]);
}

static void print_speeds(const vnuma_topology *topology, uint32_t to, FILE *f)
{
    const vnuma__hmat *hmat = &topology->hmat;
    uint32_t from = vnuma__hmat_best(hmat, to);

    if (from == VNUMA_ID_UNKNOWN) {
        fputs("no speed is known", f);
        return;
    }
    vnuma__hmat_print_pair(hmat, from, to, f);
    fprintf(f, " from node %" PRIu32, topology->pnodes[from].pnode);
}

char *vnuma__scene_hmat_line(const vnuma_topology *topology, unsigned int node)
{
    const vnuma__hmat *hmat = &topology->hmat;
    vnuma__print out;
    unsigned int i;
    FILE *f = vnuma__print_begin(&out);

    if (!f)
        return NULL;
    fprintf(f, "node %" PRIu32 ": ", topology->pnodes[node].pnode);
    print_speeds(topology, node, f);
    for (i = 0; i < hmat->num_caches; i++)
        if (hmat->caches[i].node == node) {
            fputs(", side cache of ", f);
            print_size(hmat->caches[i].size, f);
        }
    return vnuma__print_end(&out, false);
}
