/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules that changed with a release of QEMU, libvirt or Linux. */
#include "config.h"

#include "kvm/versions.h"

#define RULE(name, is_machine, since, words)                                  \
    [VNUMA__SINCE_##name] = { is_machine, since, "since " words }
#define MACHINE(name, since, words) RULE(name, true, since, words)
#define QEMU(name, since, words) RULE(name, false, since, words)
/* @since: QEMU's release when libvirt's came, as no text tells libvirt's. */
#define LIBVIRT(name, since, words) RULE(name, false, since, words)

const vnuma__rule_row vnuma__rules[] = {
    MACHINE(Q35_288, 208, "machine types of 2.8 q35 has 288 vcpus"),
    QEMU(NO_BALLOON, 301, "QEMU 3.1 there is no -balloon"),
    QEMU(NO_FALLBACK, 500,
         "QEMU 5.0 a -mem-path that fails is no ordinary memory instead"),
    MACHINE(ONE_NODE, 501,
            "machine types of 5.1 maxmem= alone makes one node"),
    MACHINE(NO_MEM, 501, "machine types of 5.1 there is no mem="),
    QEMU(NO_SPLIT, 502,
         "QEMU 5.2 memory is not divided among nodes by itself"),
    MACHINE(CORES_FIRST, 602,
            "machine types of 6.2 cores are filled before sockets"),
    QEMU(MEMORY_SIZE, 700, "QEMU 7.0 -machine has memory.size="),
    QEMU(CONTEXT, 702, "QEMU 7.2 there is prealloc-context="),
    QEMU(HMAT_ROWS, 702,
         "QEMU 7.2.11 an HMAT is right where nodes without vcpus come first"),
    QEMU(PREFERRED_MANY, 800,
         "QEMU 8.0, on Linux 5.15, several host nodes are all preferred"),
    QEMU(NO_HEX, 800,
         "QEMU 8.0 a hexadecimal size has no suffix, and -m adds one"),
    MACHINE(Q35_1024, 801, "machine types of 8.1 q35 has 1024 vcpus"),
    QEMU(NO_ZERO, 900, "QEMU 9.0 a 0 in -smp is refused"),
    MACHINE(Q35_4096, 901, "machine types of 9.1 q35 has 4096 vcpus"),
    LIBVIRT(LOOSE_VCPUS, 500,
            "libvirt 6.5 vcpus of no cell are put into cell 0"),
    LIBVIRT(NO_CPUS, 501, "libvirt 6.6 a cell may have no cpus="),
    LIBVIRT(LATENCIES, 501, "libvirt 6.6 cells have latencies and caches"),
    LIBVIRT(NO_CLUSTERS, 802, "libvirt 10.1 clusters= is refused"),
    LIBVIRT(IOMMU, 902,
            "libvirt 10.10 an <iommu> is added for more than 255 vcpus"),
    LIBVIRT(RESTRICTIVE, 902,
            "libvirt 11.3, or earlier, restrictive <memnode>s need such a "
            "<memory>"),
};

bool vnuma__rule_applies(const vnuma__kvm *kvm, vnuma__rule rule)
{
    return !vnuma__rules[rule].is_machine || !kvm->version ||
           kvm->version >= vnuma__rules[rule].since;
}
