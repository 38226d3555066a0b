/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The live host's tables, from a Xen that is made up here. */
#include "config.h"

#include "inside.h"
#include "xen/host/handle.h"

#include <errno.h>
#include <string.h>

#include "tap.h"

static struct {
    unsigned int num_nodes, num_cpus;
    xc_meminfo_t memory[200];
    uint32_t distance[200][200];
    xc_cputopo_t cpus[300];
    unsigned int node_calls, cpu_calls;
    int error; /* errno of both */
} fake;

/* As Xen does: fills in what there is room for, and says how much that was. */
int xc_numainfo(xc_interface *xch, unsigned int *max_nodes,
                xc_meminfo_t *meminfo, uint32_t *distance)
{
    unsigned int num = fake.num_nodes, i, j;

    (void)xch;
    fake.node_calls++;
    if (fake.error) {
        errno = fake.error;
        return -1;
    }
    if (num > *max_nodes)
        num = *max_nodes;
    for (i = 0; i < num; i++) {
        meminfo[i] = fake.memory[i];
        for (j = 0; j < num; j++)
            distance[i * num + j] = fake.distance[i][j];
    }
    *max_nodes = num;
    return 0;
}

int xc_cputopoinfo(xc_interface *xch, unsigned int *max_cpus,
                   xc_cputopo_t *cputopo)
{
    unsigned int num = fake.num_cpus;

    (void)xch;
    fake.cpu_calls++;
    if (fake.error) {
        errno = fake.error;
        return -1;
    }
    if (num > *max_cpus)
        num = *max_cpus;
    memcpy(cputopo, fake.cpus, num * sizeof(*cputopo));
    *max_cpus = num;
    return 0;
}

static void fake_host(unsigned int num_nodes, unsigned int num_cpus)
{
    unsigned int i, j;

    memset(&fake, 0, sizeof(fake));
    fake.num_nodes = num_nodes;
    fake.num_cpus = num_cpus;
    for (i = 0; i < num_nodes; i++) {
        fake.memory[i].memsize = UINT64_C(13) << 40;
        fake.memory[i].memfree = UINT64_C(12) << 40;
        for (j = 0; j < num_nodes; j++)
            fake.distance[i][j] = i == j ? 10 : 20 + i;
    }
    for (i = 0; i < num_cpus; i++)
        fake.cpus[i] = (xc_cputopo_t){ i / 2, i / 4, i % num_nodes };
}

static int get(uint32_t max_cpu_id, vnuma_topology *topology)
{
    memset(topology, 0, sizeof(*topology));
    return vnuma__host_tables(NULL, max_cpu_id, topology);
}

static void one_hypercall_for_nodes_and_one_for_cpus(void)
{
    vnuma_topology t;

    fake_host(64, 256);
    CHECK_INT(get(255, &t), 0);
    CHECK_UINT(fake.node_calls, 1);
    CHECK_UINT(fake.cpu_calls, 1);
    CHECK_UINT(t.num_pnodes, 64);
    CHECK_UINT(t.num_pcpus, 256);
    CHECK_UINT(t.pnodes[63].memkb, UINT64_C(13) << 30);
    CHECK_UINT(t.pnodes[63].free_memkb, UINT64_C(12) << 30);
    CHECK_UINT(vnuma_topology_distance(&t, 63, 0), 83);
    CHECK_UINT(vnuma_topology_distance(&t, 0, 63), 20);
    CHECK_UINT(vnuma_bitmap_count(&t.pnodes[63].pcpus), 4);
    CHECK(vnuma_bitmap_test(&t.pnodes[63].pcpus, 255));
    CHECK_UINT(t.pcpus[255].core, 127);
    CHECK_UINT(t.pcpus[255].socket, 63);
    vnuma__topology_dispose(&t);

    fake_host(1, 1);
    CHECK_INT(get(0, &t), 0);
    CHECK_UINT(fake.node_calls + fake.cpu_calls, 2);
    CHECK_UINT(t.num_pcpus, 1);
    vnuma__topology_dispose(&t);
}

static void more_cpus_than_said_are_asked_for_again(void)
{
    vnuma_topology t;

    fake_host(2, 300);
    CHECK_INT(get(7, &t), 0);
    CHECK_UINT(t.num_pcpus, 300);
    CHECK(fake.cpu_calls > 1 && fake.cpu_calls < 10);
    vnuma__topology_dispose(&t);

    fake_host(2, 300);
    CHECK_INT(get(UINT32_MAX, &t), 0);
    CHECK_UINT(t.num_pcpus, 300);
    CHECK_UINT(fake.cpu_calls, 1);
    vnuma__topology_dispose(&t);
}

static void what_is_absent_is_left_out_or_unknown(void)
{
    vnuma_topology t;

    fake_host(4, 6);
    fake.memory[1].memsize = fake.memory[1].memfree = XEN_INVALID_MEM_SZ;
    fake.memory[2].memsize = fake.memory[2].memfree = 0;
    fake.distance[3][0] = XEN_INVALID_NODE_DIST;
    fake.cpus[1].core = XEN_INVALID_CORE_ID; /* offline */
    fake.cpus[2].node = XEN_INVALID_NODE_ID;
    fake.cpus[3].socket = XEN_INVALID_SOCKET_ID;
    fake.cpus[5].node = 1; /* which is not online */
    CHECK_INT(get(5, &t), 0);
    REQUIRE(t.num_pnodes == 3);
    CHECK_UINT(t.pnodes[1].pnode, 2);
    CHECK_UINT(t.pnodes[1].memkb, 0);
    CHECK(!vnuma_topology_find(&t, 1));
    CHECK_UINT(vnuma_topology_distance(&t, 3, 0), VNUMA_DISTANCE_UNKNOWN);
    CHECK_UINT(vnuma_topology_distance(&t, 2, 3), 22);
    CHECK_UINT(t.num_pcpus, 5);
    CHECK_UINT(t.pcpus[1].pnode, VNUMA_ID_UNKNOWN);
    CHECK_UINT(t.pcpus[2].socket, VNUMA_ID_UNKNOWN);
    CHECK_UINT(vnuma_bitmap_count(&t.pnodes[1].pcpus), 0);
    vnuma__topology_dispose(&t);
}

static void a_host_of_too_many_nodes_is_refused(void)
{
    vnuma_topology t;

    fake_host(65, 1);
    CHECK_INT(get(0, &t), VNUMA_ERROR_XEN);
    CHECK_INT(errno, E2BIG);
    vnuma__topology_dispose(&t);
    fake_host(200, 1);
    CHECK_INT(get(0, &t), VNUMA_ERROR_XEN);
    vnuma__topology_dispose(&t);
}

static void xen_may_refuse(void)
{
    vnuma_topology t;

    fake_host(1, 1);
    fake.error = EPERM;
    CHECK_INT(get(0, &t), VNUMA_ERROR_XEN);
    CHECK_INT(errno, EPERM);
    vnuma__topology_dispose(&t);
}

static const tap_case cases[] = {
    TAP_CASE(one_hypercall_for_nodes_and_one_for_cpus),
    TAP_CASE(more_cpus_than_said_are_asked_for_again),
    TAP_CASE(what_is_absent_is_left_out_or_unknown),
    TAP_CASE(a_host_of_too_many_nodes_is_refused),
    TAP_CASE(xen_may_refuse),
};

int main(void)
{
    return TAP_RUN(cases);
}
