/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as what /proc says of a guest of KVM that runs, in parts divided
 * by lines "---": maps, numa_maps, stat and status of a thread, its name.
 * What is read of them can be shown, as a table
 * or as JSON.
 */
#include "config.h"

#include "base/json_writer.h"
#include "inside.h"
#include "show/residence.h"
#include "show/threads.h"

#define FUZZ_CORPUS "proc"
#include "fuzz.h"

static const char line[] =
    "qemu-system-x86_64 -machine q35 -m 24M -smp 4"
    " -object memory-backend-ram,id=a,size=8M,host-nodes=0-1,policy=bind"
    " -object memory-backend-ram,id=b,size=8M,host-nodes=1,policy=preferred"
    " -object memory-backend-ram,id=c,size=8M,host-nodes=0-1,"
    "policy=interleave"
    " -numa node,nodeid=0,cpus=0-1,memdev=a"
    " -numa node,nodeid=1,cpus=2,memdev=b"
    " -numa node,nodeid=2,cpus=3,memdev=c\n";

static const char host[] =
    "{\"nodes\":["
    "{\"node\":0,\"memkb\":4194304,\"free_memkb\":1048576,\"cpus\":[0,1],"
    "\"distances\":[10,21]},"
    "{\"node\":1,\"memkb\":4194304,\"free_memkb\":2097152,\"cpus\":[2,3],"
    "\"distances\":[21,10]}]}";

/* What is the same for each input. */
static vnuma_topology topology;
static vnuma_source source;
static vnuma_config config;

static void read_guest(void)
{
    vnuma_diags diags = { 0 };

    fuzz_read_host(host, &topology);
    FUZZ_ASSERT(!vnuma_source_set(&source, "guest", line, strlen(line)));
    FUZZ_ASSERT(!vnuma__guest_parse(&source, &config, &diags));
    FUZZ_ASSERT(config.num_vnodes == 3 && config.kvm);
    vnuma_diags_dispose(&diags);
}

static vnuma__text next_part(vnuma__text *rest)
{
    static const char end[] = "\n---\n";
    vnuma__text part = *rest;
    const char *at = memmem(rest->ptr, rest->len, end, strlen(end));

    if (at)
        part.len = (uint32_t)(at - rest->ptr);
    *rest = vnuma__text_slice(
        *rest, at ? part.len + (uint32_t)strlen(end) : rest->len, rest->len);
    return part;
}

static void check_shown(const vnuma__residence *nodes,
                        const vnuma__thread *threads, bool is_json)
{
    const vnuma__process process = {
        1, &config, &topology, nodes, threads, 4
    };
    vnuma__json json;
    char *text;

    if (is_json) {
        vnuma__json_begin(&json, false);
        vnuma__process_put(&json, &process);
        text = vnuma__json_finish(&json);
    } else {
        text = vnuma__process_to_text(&process);
    }
    FUZZ_ASSERT(text);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vnuma__text rest = { (const char *)data, (uint32_t)size }, maps, stat;
    vnuma__thread threads[4] = { { .is_known = false } };
    vnuma__residence nodes[3] = { { .is_found = false } };
    uint32_t vcpu;

    if (!topology.num_pnodes)
        read_guest();
    maps = next_part(&rest);
    vnuma__residence_find(&config, maps, next_part(&rest), nodes);
    stat = next_part(&rest);
    FUZZ_ASSERT(!vnuma__thread_read(7, stat, next_part(&rest), &threads[1]));
    if (vnuma__thread_is_vcpu(rest, &vcpu) && vcpu < 4 && vcpu != 1)
        FUZZ_ASSERT(!vnuma__thread_read(8, stat, maps, &threads[vcpu]));
    check_shown(nodes, threads, size & 1);
    for (vcpu = 0; vcpu < 4; vcpu++)
        vnuma_bitmap_dispose(&threads[vcpu].allowed);
    return 0;
}
