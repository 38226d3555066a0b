/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a guest, without a host and with one.  Every diagnostic has its
 * place in the text and a row in the table of checks, is at most as severe as
 * that row says, and can be printed.  Errors and the return value agree.  An
 * accepted config is as vnuma.h promises.
 */
#include "config.h"

#include <string.h>

#include "inside.h"
#include "guest/guest.h"

#define FUZZ_CORPUS "check"
#include "fuzz.h"

static const char host[] = "nr_cpus : 4\nmax_cpu_id : 3\nnr_nodes : 3\n"
                           "cpu_topology :\n"
                           "cpu:    core    socket     node\n"
                           "  0:       0        0        0\n"
                           "  1:       1        0        0\n"
                           "  2:       0        1        1\n"
                           "  3:       1        1        1\n"
                           "numa_info :\n"
                           "node:    memsize    memfree    distances\n"
                           "   0:      4096       2048      10,21,31\n"
                           "   1:      4096       1024      21,10,41\n"
                           "   2:      4096       4096      31,41,10\n";

/* What a plan can rely on. */
static void check_accepted(const vnuma_config *config)
{
    vnuma_bitmap all;
    unsigned int i;
    uint32_t vcpu;

    FUZZ_ASSERT(config->num_vnodes <= VNUMA_MAX_VNODES);
    vnuma_bitmap_init(&all);
    for (i = 0; i < config->num_vnodes; i++) {
        const vnuma_vnode *vnode = &config->vnodes[i];

        FUZZ_ASSERT(!vnode->num_distances ||
                    vnode->num_distances == config->num_vnodes);
        VNUMA_BITMAP_FOREACH(vcpu, &vnode->vcpus) {
            FUZZ_ASSERT(vcpu < VNUMA_MAX_VCPUS);
            FUZZ_ASSERT(!vnuma_bitmap_test(&all, vcpu));
            FUZZ_ASSERT(!vnuma_bitmap_set(&all, vcpu));
        }
    }
    if (vnuma_bitmap_count(&all))
        FUZZ_ASSERT(vnuma_bitmap_count(&all) ==
                    vnuma_config_max_vcpus(config));
    vnuma_bitmap_dispose(&all);
}

static void check_guest(const uint8_t *data, size_t size,
                        const vnuma_topology *topology)
{
    vnuma_source source;
    vnuma_config config;
    vnuma_diags diags;
    int rc;

    vnuma_source_init(&source);
    memset(&config, 0, sizeof(config));
    vnuma_diags_init(&diags);
    FUZZ_ASSERT(!vnuma_source_set(&source, "fuzz", (const char *)data, size));
    rc = vnuma__config_parse(&source, &config, &diags);
    FUZZ_ASSERT(rc == (diags.num_errors ? VNUMA_ERROR_CONFIG : 0));
    rc = vnuma_check(&config, topology, 0, &diags);
    FUZZ_ASSERT(rc == (diags.num_errors ? VNUMA_ERROR_CONFIG : 0));
    fuzz_check_diags(&diags, &source);
    fuzz_check_ids(&diags);
    if (!rc)
        check_accepted(&config);
    vnuma_diags_dispose(&diags);
    vnuma__config_dispose(&config);
    vnuma_source_dispose(&source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static vnuma_topology topology; /* the same for each input */

    if (!topology.num_pnodes)
        fuzz_read_host(host, &topology);
    check_guest(data, size, NULL);
    check_guest(data, size, &topology);
    return 0;
}
