/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as the text of a host.  Errors and the return value agree, every
 * place is in the text, and an accepted host is as vnuma.h promises and is the
 * same after it was written as text or JSON and read again.
 */
#include "config.h"

#include <string.h>

#include "host/kvm_host.h"
#include "inside.h"

#define FUZZ_CORPUS "host"
#include "fuzz.h"

static void check_value(const vnuma_topology *topology)
{
    unsigned int i, num_online = 0, num_pcpus = 0;

    FUZZ_ASSERT(topology->num_pnodes > 0);
    FUZZ_ASSERT(topology->num_pnodes <= VNUMA_MAX_PNODES);
    for (i = 0; i < topology->num_pnodes; i++) {
        num_pcpus += vnuma_bitmap_count(&topology->pnodes[i].pcpus);
        FUZZ_ASSERT(!i ||
                    topology->pnodes[i - 1].pnode < topology->pnodes[i].pnode);
        FUZZ_ASSERT(vnuma_topology_find(topology, topology->pnodes[i].pnode) ==
                    &topology->pnodes[i]);
    }
    for (i = 0; i < topology->num_pcpus; i++) {
        FUZZ_ASSERT(!i ||
                    topology->pcpus[i - 1].pcpu < topology->pcpus[i].pcpu);
        num_online += topology->pcpus[i].pnode != VNUMA_ID_UNKNOWN;
    }
    FUZZ_ASSERT(num_online == num_pcpus);
    for (i = 0; i < topology->num_pcidevs; i++)
        FUZZ_ASSERT(vnuma_topology_find(topology, topology->pcidevs[i].pnode));
}

/* Frees @text; returns it after reading and writing it in the same form. */
static char *read_back(char *text, char *(*print)(const vnuma_topology *))
{
    vnuma_topology topology;
    vnuma_source source;
    vnuma_diags diags;
    char *again;

    FUZZ_ASSERT(text);
    memset(&topology, 0, sizeof(topology));
    vnuma_source_init(&source);
    vnuma_diags_init(&diags);
    FUZZ_ASSERT(!vnuma_source_set(&source, "again", text, strlen(text)));
    FUZZ_ASSERT(!vnuma__topology_parse(&source, &topology, &diags));
    again = print(&topology);
    FUZZ_ASSERT(again);
    vnuma__topology_dispose(&topology);
    vnuma_source_dispose(&source);
    vnuma_diags_dispose(&diags);
    free(text);
    return again;
}

static void check_printing(const vnuma_topology *topology)
{
    char *text = vnuma_topology_to_text(topology), *again;

    again = read_back(strdup(text), vnuma_topology_to_text);
    FUZZ_ASSERT(!strcmp(text, again));
    free(again);
    free(text);
    text = vnuma_topology_to_json(topology);
    again = read_back(strdup(text), vnuma_topology_to_json);
    FUZZ_ASSERT(!strcmp(text, again));
    free(again);
    free(text);
    text = vnuma__kvm_host_to_text(topology);
    FUZZ_ASSERT(text);
    free(text);
    text = vnuma__kvm_host_to_json(topology);
    again = read_back(strdup(text), vnuma__kvm_host_to_json);
    FUZZ_ASSERT(!strcmp(text, again));
    free(again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vnuma_topology topology;
    vnuma_source source;
    vnuma_diags diags;
    int rc;

    memset(&topology, 0, sizeof(topology));
    vnuma_source_init(&source);
    vnuma_diags_init(&diags);
    FUZZ_ASSERT(!vnuma_source_set(&source, "host", (const char *)data, size));
    rc = vnuma__topology_parse(&source, &topology, &diags);
    FUZZ_ASSERT(rc == 0 || rc == VNUMA_ERROR_HOST);
    FUZZ_ASSERT(!rc == !diags.num_errors);
    fuzz_check_diags(&diags, &source);
    if (!rc) {
        check_value(&topology);
        check_printing(&topology);
    }
    vnuma__topology_dispose(&topology);
    vnuma_source_dispose(&source);
    vnuma_diags_dispose(&diags);
    return 0;
}
