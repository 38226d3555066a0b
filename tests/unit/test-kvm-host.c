/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hosts of KVM: what Linux and libvirt say, and what is remarked on. */
#include "config.h"

#include "host-case.h"

#include "host/kvm_host.h"
#include "show/threads.h"

#define NODES "/sys/devices/system/node/"
#define INTEL "/sys/module/kvm_intel/parameters/"
#define AMD "/sys/module/kvm_amd/parameters/"
#define KSM "/sys/kernel/mm/ksm/"
#define END "/proc/version:Linux\n"
#define POOL(node, name, num)                                                 \
    NODES "node" #node "/hugepages/hugepages-2048kB/" name "_hugepages:" #num \
          "\n"

/* Two nodes with two CPUs each, and 100 pages on both. */
#define TWO                                                                   \
    NODES "node0/cpulist:0-1\n" NODES "node1/cpulist:2-3\n" NODES             \
          "node0/distance:10 20\n" NODES "node1/distance:20 10\n" NODES       \
          "node0/meminfo:Node 0 MemTotal: 1048576 kB\n" NODES                 \
          "node1/meminfo:Node 1 MemTotal: 1048576 kB\n"
#define PAGES POOL(0, "nr", 100) POOL(1, "nr", 100)
#define FLAGS(words) "/proc/cpuinfo:flags\t\t: fpu " words " sse\n"

/* ---- remarks ------------------------------------------------------------ */

/* The ids that are remarked on, each followed by a blank. */
static void check_remarks(const char *name, const char *text,
                          const char *wanted)
{
    char found[512] = "";
    vnuma_diags remarks = { 0 };
    parsed_host host;
    unsigned int i;

    parse(&host, text);
    CHECK_INT(host.rc, 0);
    if (!host.rc)
        vnuma__kvm_host_remark(&host.topology, &remarks);
    for (i = 0; i < remarks.num_items; i++) {
        CHECK(vnuma_diags_at(&remarks, i)->hint);
        strcat(strcat(found, vnuma_diags_at(&remarks, i)->id), " ");
    }
    if (strcmp(found, wanted))
        TAP_DIAG("%s", name);
    CHECK_STR(found, wanted);
    vnuma_diags_dispose(&remarks);
    dispose(&host);
}

static const struct {
    const char *name, *text, *wanted;
} hosts[] = {
    { "nothing is known", TWO, "" },
    { "all is well",
      TWO PAGES FLAGS("vmx ept vpid flexpriority") INTEL
      "ept:Y\n" INTEL "vpid:Y\n" INTEL "flexpriority:Y\n" KSM "run:0\n" KSM
      "merge_across_nodes:1\n/proc/sys/kernel/numa_balancing:0\n"
      "/sys/devices/system/cpu/isolated:\n"
      "/sys/devices/system/cpu/nohz_full:(null)\n",
      "" },
    { "EPT is off", TWO FLAGS("vmx ept") INTEL "ept:N\n", "kvm-ept " },
    { "a number is a flag too", TWO FLAGS("vmx ept") INTEL "ept:0\n",
      "kvm-ept " },
    { "a CPU without EPT", TWO FLAGS("vmx") INTEL "ept:N\n", "" },
    { "VPID is off", TWO FLAGS("vmx vpid") INTEL "ept:Y\n" INTEL "vpid:N\n",
      "kvm-vpid " },
    { "FlexPriority is off",
      TWO FLAGS("vmx flexpriority") INTEL "ept:Y\n" INTEL "flexpriority:N\n",
      "kvm-flexpriority " },
    { "NPT is off", TWO FLAGS("svm npt") AMD "npt:0\n", "kvm-npt " },
    { "NPT of a module that is not the CPU's",
      TWO FLAGS("vmx ept") INTEL "ept:Y\n" AMD "npt:N\n", "" },
    { "no module", TWO FLAGS("svm npt"), "kvm-module " },
    { "no virtualisation", TWO FLAGS("sse2"), "kvm-module " },
    { "another module",
      TWO FLAGS("sse2") "/sys/devices/virtual/misc/kvm/dev:10:232\n", "" },
    { "dom0", TWO FLAGS("sse2") "/sys/hypervisor/type:xen\n", "host-dom0 " },
    { "isolated CPUs", TWO "/sys/devices/system/cpu/isolated:1-2\n",
      "isolated-cpus " },
    { "an isolated node", TWO "/sys/devices/system/cpu/isolated:1-3\n",
      "isolated-cpus isolated-cpus " },
    { "no tick",
      TWO "/sys/devices/system/cpu/isolated:1\n"
          "/sys/devices/system/cpu/nohz_full:1\n",
      "isolated-cpus " },
    { "no tick, not isolated", TWO "/sys/devices/system/cpu/nohz_full:1\n",
      "nohz-full " },
    { "KSM", TWO KSM "run:1\n" KSM "merge_across_nodes:1\n",
      "ksm-across-nodes " },
    { "KSM on one node",
      NODES "node0/cpulist:0\n" KSM "run:1\n" KSM "merge_across_nodes:1\n",
      "" },
    { "KSM within nodes", TWO KSM "run:1\n" KSM "merge_across_nodes:0\n", "" },
    { "KSM is told to part pages",
      TWO KSM "run:2\n" KSM "merge_across_nodes:1\n", "" },
    { "balancing", TWO "/proc/sys/kernel/numa_balancing:1\n",
      "numa-balancing " },
    { "only tiering", TWO "/proc/sys/kernel/numa_balancing:2\n", "" },
    { "no pages at all", TWO POOL(0, "nr", 0) POOL(1, "nr", 0),
      "huge-pages-missing " },
    { "pages on one node", TWO POOL(0, "nr", 100) POOL(1, "nr", 0),
      "huge-pages-missing " },
    { "promised pages",
      TWO PAGES "/sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages:1\n",
      "huge-pages-promised " },
};

static void remarks_are_made_where_they_bear(void)
{
    char text[4096];
    unsigned int i;

    for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        snprintf(text, sizeof(text), "%s" END, hosts[i].text);
        check_remarks(hosts[i].name, text, hosts[i].wanted);
    }
}

/* ---- values ------------------------------------------------------------- */

/* Nodes in any order; a column of the matrix is the n-th online node. */
static void nodes_may_have_gaps(void)
{
    parsed_host host;

    parse(&host, NODES "node10/distance:31 10\n" NODES
                       "node10/cpulist:\n" NODES "node2/distance:10 31\n" NODES
                       "node2/cpulist:0-2,5\n" NODES "online:2,10\n" END);
    CHECK_INT(host.rc, 0);
    CHECK_UINT(host.topology.num_pnodes, 2);
    CHECK_UINT(host.topology.pnodes[1].pnode, 10);
    CHECK_UINT(host.topology.num_pcpus, 4);
    CHECK_UINT(vnuma_topology_distance(&host.topology, 2, 10), 31);
    CHECK_UINT(vnuma_topology_distance(&host.topology, 10, 10), 10);
    dispose(&host);
}

/* Together as much as Linux says is available. */
static void what_is_kept_of_files_is_free(void)
{
    parsed_host host;

    parse(&host,
          TWO NODES "node0/meminfo:Node 0 MemFree: 1000 kB\n" NODES
                    "node0/meminfo:Node 0 Active(file): 500 kB\n" NODES
                    "node0/meminfo:Node 0 Inactive(file): 400 kB\n" NODES
                    "node0/meminfo:Node 0 SReclaimable: 100 kB\n" NODES
                    "node1/meminfo:Node 1 MemFree: 6000 kB\n"
                    "/proc/meminfo:MemAvailable: 6000 kB\n" END);
    CHECK_INT(host.rc, 0);
    CHECK_UINT(host.topology.pnodes[0].free_memkb, 1500);
    CHECK_UINT(host.topology.pnodes[1].free_memkb, 4500);
    dispose(&host);
}

static void what_makes_no_sense_is_refused(void)
{
    check_error(TWO, "host-truncated", "7:1");
    check_error(TWO NODES "online:0-2\n" END, "host-count", "7:33");
    check_error(TWO NODES "online:1-0\n" END, "host-row", "7:36");
    check_error(NODES "node0/cpulist:0-\n" END, "host-row", "1:42");
    check_error(NODES "node0/cpulist:3,1\n" END, "host-row", "1:43");
    check_error(NODES "node0/cpulist:65536\n" END, "host-row", "1:45");
    check_error(NODES "node1024/cpulist:0\n" END, "host-node", "1:35");
    check_error(NODES "node99999999999999999999/cpulist:0\n" END, "host-node",
                "1:51");
    check_error(NODES "node0/distance:10 x\n" END, "host-row", "1:44");
    check_error(TWO NODES "node0/distance:10 20\n" END, "host-row", "7:41");
    check_error(NODES "node0/distance:10\n" NODES "node1/cpulist:0\n" END,
                "host-distances", "1:41");
    check_error(TWO POOL(0, "nr", -1) END, "host-row", "7:72");
    check_error(TWO POOL(0, "free", 5) END, "host-pages", "1:1");
    check_error(TWO POOL(0, "nr", 5) POOL(0, "surplus", 6) END, "host-pages",
                "1:1");
    check_error(TWO "what is this\n" END, "host-row", "7:1");
    check_error(TWO KSM "run:\x1b[31m\n" END, "host-line", "7:1");
}

/* One machine, described by both. */
static void libvirt_and_linux_tell_the_same(void)
{
    parsed_host a, b;
    unsigned int i;

    parse_file(&a, "invented-capabilities.xml");
    parse_file(&b, "invented-linux-4node.txt");
    REQUIRE(!a.rc && !b.rc);
    CHECK_UINT(a.topology.num_pnodes, b.topology.num_pnodes);
    CHECK_UINT(a.topology.num_pcpus, b.topology.num_pcpus);
    for (i = 0; i < a.topology.num_pcpus; i++) {
        CHECK_UINT(a.topology.pcpus[i].core, b.topology.pcpus[i].core);
        CHECK_UINT(a.topology.pcpus[i].socket, b.topology.pcpus[i].socket);
        CHECK_UINT(a.topology.pcpus[i].pnode, b.topology.pcpus[i].pnode);
    }
    for (i = 0; i < 16; i++)
        CHECK_UINT(a.topology.distances[i], b.topology.distances[i]);
    CHECK_UINT(a.topology.num_pages, 8);
    CHECK_UINT(vnuma__pages_of(&a.topology, 1, 2048)->total, 1024);
    CHECK_UINT(vnuma__pages_of(&b.topology, 0, 2048)->free, 96);
    CHECK_UINT(vnuma__pages_of(&b.topology, 3, 2048)->surplus, 4);
    dispose(&a);
    dispose(&b);
}

/* ---- threads ------------------------------------------------------------ */

static vnuma__text text_of(const char *bytes)
{
    return (vnuma__text){ .ptr = bytes, .len = strlen(bytes) };
}

static void a_vcpu_is_known_by_the_name_of_its_thread(void)
{
    uint32_t vcpu = 0;

    CHECK(vnuma__thread_is_vcpu(text_of("CPU 12/KVM\n"), &vcpu));
    CHECK_UINT(vcpu, 12);
    CHECK(vnuma__thread_is_vcpu(text_of("CPU 0/TCG\n"), &vcpu));
    CHECK(!vnuma__thread_is_vcpu(text_of("CPU 4096/KVM"), &vcpu));
    CHECK(!vnuma__thread_is_vcpu(text_of("CPU 99999999999999999999/KVM"),
                                 &vcpu));
    CHECK(!vnuma__thread_is_vcpu(text_of("CPU 1"), &vcpu));
    CHECK(!vnuma__thread_is_vcpu(text_of("CPU /KVM"), &vcpu));
    CHECK(!vnuma__thread_is_vcpu(text_of("qemu-system-x86"), &vcpu));
    CHECK(!vnuma__thread_is_vcpu(text_of(""), &vcpu));
}

#define WORDS_3_TO_38                                                         \
    " S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 9 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 " \
    "0 17 "

static void check_thread(const char *stat, const char *status, uint32_t pcpu,
                         const char *allowed)
{
    vnuma__thread thread;
    char *list;

    CHECK_INT(vnuma__thread_read(7, text_of(stat), text_of(status), &thread),
              0);
    CHECK_UINT(thread.pcpu, pcpu);
    list = vnuma_bitmap_format(&thread.allowed);
    CHECK_STR(list, allowed);
    free(list);
    vnuma_bitmap_dispose(&thread.allowed);
}

static void a_thread_may_have_any_name(void)
{
    check_thread("7 (CPU 0/KVM)" WORDS_3_TO_38 "5 0 0\n",
                 "Name:\tx\nCpus_allowed_list:\t0-3,8\n", 5, "0-3,8");
    check_thread("7 (a) b (c) )" WORDS_3_TO_38 "5 0 0\n", "", 5, "none");
    check_thread("7 (a)" WORDS_3_TO_38 "5", "Cpus_allowed_list:\t", 5, "none");
    check_thread("7 (a)" WORDS_3_TO_38, "Cpus_allowed_list:\t3-1",
                 VNUMA_ID_UNKNOWN, "none");
    check_thread("7 (a)" WORDS_3_TO_38 "-5 0", "Cpus_allowed_list:\t1,x",
                 VNUMA_ID_UNKNOWN, "1");
    check_thread("", "Cpus_allowed_list:\t0-99999999999", VNUMA_ID_UNKNOWN,
                 "none");
    check_thread("7 (a", "Cpus_allowed_list", VNUMA_ID_UNKNOWN, "none");
}

static const tap_case cases[] = {
    TAP_CASE(remarks_are_made_where_they_bear),
    TAP_CASE(nodes_may_have_gaps),
    TAP_CASE(what_is_kept_of_files_is_free),
    TAP_CASE(what_makes_no_sense_is_refused),
    TAP_CASE(libvirt_and_linux_tell_the_same),
    TAP_CASE(a_vcpu_is_known_by_the_name_of_its_thread),
    TAP_CASE(a_thread_may_have_any_name),
};

int main(void)
{
    return TAP_RUN(cases);
}
