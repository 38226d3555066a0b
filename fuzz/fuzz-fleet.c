/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as the report of a host, with guests that come and go.  Errors and
 * the return value agree, and no pnode has more free than before and than it
 * is large.
 */
#include "config.h"

#include <string.h>

#include "inside.h"

#define FUZZ_CORPUS "fleet"
#include "fuzz.h"

static const char guest[] =
    "type=\"hvm\"\nmemory=256\nvcpus=2\nvnuma=\"auto\"\n";

static void check_pnodes(const vnuma_topology *topology,
                         const uint64_t *before)
{
    unsigned int p;

    for (p = 0; p < topology->num_pnodes; p++) {
        const vnuma_pnode *pnode = &topology->pnodes[p];

        FUZZ_ASSERT(pnode->free_memkb <= before[p] ||
                    pnode->memkb == VNUMA_MEMKB_UNKNOWN ||
                    pnode->free_memkb <= pnode->memkb);
        FUZZ_ASSERT((pnode->free_memkb == VNUMA_MEMKB_UNKNOWN) ==
                    (before[p] == VNUMA_MEMKB_UNKNOWN));
    }
}

static void come_and_go(vnuma_fleet_host *host, const vnuma_config *config)
{
    vnuma_topology *topology = vnuma_fleet_host_topology(host);
    uint64_t before[VNUMA_MAX_PNODES];
    vnuma_diags diags = { 0 };
    vnuma_fleet_trust trust;
    unsigned int p;
    int rc;

    for (p = 0; p < topology->num_pnodes; p++)
        before[p] = topology->pnodes[p].free_memkb;
    vnuma_fleet_host_gone(host, "one");
    vnuma_fleet_host_gone(host, "ours");
    rc = vnuma_fleet_host_list(host, "new", config, true);
    FUZZ_ASSERT(!rc || rc == VNUMA_ERROR_NOFIT);
    rc = vnuma_fleet_host_list(host, "down", config, false);
    FUZZ_ASSERT(!rc || rc == VNUMA_ERROR_NOFIT);
    check_pnodes(topology, before);
    trust = vnuma_fleet_host_judge(host, 1 << 20, 1000, 100, &diags);
    FUZZ_ASSERT((trust == VNUMA_FLEET_CURRENT) == !diags.num_items);
    vnuma_diags_dispose(&diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static vnuma_config config; /* the same for each input */
    static vnuma_source text;
    vnuma_source source = { 0 };
    vnuma_fleet_host *host = NULL;
    vnuma_diags diags = { 0 };
    int rc;

    if (!text.text) {
        FUZZ_ASSERT(!vnuma_source_set(&text, "guest", guest, strlen(guest)));
        FUZZ_ASSERT(!vnuma__config_parse(&text, &config, &diags));
    }
    FUZZ_ASSERT(
        !vnuma_source_set(&source, "report", (const char *)data, size));
    rc = vnuma_fleet_host_parse(&source, &host, &diags);
    FUZZ_ASSERT(rc == 0 || rc == VNUMA_ERROR_HOST);
    FUZZ_ASSERT(!rc == !diags.num_errors);
    FUZZ_ASSERT(!rc == !!host);
    if (!rc)
        come_and_go(host, &config);
    vnuma_fleet_host_free(host);
    vnuma_source_dispose(&source);
    vnuma_diags_dispose(&diags);
    return 0;
}
