/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of checks.  Every diagnostic about a guest has its row here, also
 * those of the grammar and of single values, which are found while the text is
 * read.  check.c runs the checks; check.h declares their functions from this.
 */
#ifndef VNUMA_CHECKS_H
#define VNUMA_CHECKS_H

/* clang-format off */

/*
 * CHECK: id, worst severity, phase, what must be sound for the check to run,
 * what is unsound once it has found errors, one line for people, function.
 * READING, for what is found while reading: id, worst severity, one line.
 */
#define CHECKS(CHECK, READING)                                                \
    GRAMMAR(READING)                                                          \
    VALUES(READING)                                                           \
    CHECK("pv-guest", ERROR, GUEST, TYPE, TYPE, "vnuma= in a PV guest",       \
        vnuma__check_pv_guest)                                                \
    CHECK("pvh-guest", NOTE, GUEST, TYPE | FIT, 0,                            \
        "vnuma= in a PVH guest, which stock xl cannot build",                 \
        vnuma__check_pvh_guest)                                               \
    CHECK("memory-not-maxmem", ERROR, GUEST, MEMORY, MEMORY,                  \
        "memory= and maxmem= differ", vnuma__check_memory_not_maxmem)         \
    CHECK("videoram-small", ERROR, GUEST, MEMORY | TYPE, MEMORY,              \
        "videoram= is less than the graphics card needs",                     \
        vnuma__check_videoram_small)                                          \
    CHECK("vcpus-above-maxvcpus", ERROR, GUEST, MAXVCPUS, MAXVCPUS,           \
        "vcpus= is more than maxvcpus=", vnuma__check_vcpus_above_maxvcpus)   \
    CHECK("vdistances-count", ERROR, GUEST, VNODES, DISTANCES,                \
        "vdistances= does not have one distance per vnode",                   \
        vnuma__check_vdistances_count)                                        \
    CHECK("distance-local", ERROR, GUEST, VNODES, DISTANCES,                  \
        "a vnode's distance to itself is not 10",                             \
        vnuma__check_distance_local)                                          \
    CHECK("distance-too-small", ERROR, GUEST, VNODES, DISTANCES,              \
        "a distance between vnodes is 10 or less",                            \
        vnuma__check_distance_too_small)                                      \
    CHECK("size-zero", ERROR, GUEST, SIZE | VNODES, SIZE,                     \
        "a vnode without memory", vnuma__check_size_zero)                     \
    CHECK("acpi-off", WARNING, GUEST, TYPE, 0,                                \
        "acpi=0 leaves an HVM guest without the tables that describe vnodes", \
        vnuma__check_acpi_off)                                                \
    CHECK("pnode-unknown", ERROR, GUEST, VNODES, PNODE,                       \
        "a pnode that the host does not have", vnuma__check_pnode_unknown)    \
    CHECK("policy-count", ERROR, GUEST, VNODES | POLICY, POLICY,              \
        "xl_vnuma_policy= does not have one policy per vnode",                \
        vnuma__check_policy_count)                                            \
    CHECK("policy-pnode", ERROR, SUMS, POLICY, POLICY | FIT,                  \
        "interleave= names a pnode that has no memory or does not exist",     \
        vnuma__check_policy_pnode)                                            \
    CHECK("size-unknown", ERROR, SUMS, SIZE | MEMORY | VNODES, SIZE,          \
        "neither size= nor memory= says how large a vnode is",                \
        vnuma__check_size_unknown)                                            \
    CHECK("size-sum", ERROR, SUMS, SIZE | MEMORY | VNODES, SIZE,              \
        "the sizes of the vnodes are not the memory of the guest",            \
        vnuma__check_size_sum)                                                \
    CHECK("vcpu-twice", ERROR, SUMS, VNODES, VCPUS, "a vcpu is given twice",  \
        vnuma__check_vcpu_twice)                                              \
    CHECK("vcpu-beyond", ERROR, SUMS, MAXVCPUS | VNODES, VCPUS,               \
        "a vnode has a vcpu that the guest does not have",                    \
        vnuma__check_vcpu_beyond)                                             \
    CHECK("size-videoram", ERROR, REST, SIZE | MEMORY | TYPE | VNODES, SIZE,  \
        "vnode 0 has no memory left after video RAM",                         \
        vnuma__check_size_videoram)                                           \
    CHECK("vcpu-missing", ERROR, REST, VCPUS | MAXVCPUS | VNODES, VCPUS,      \
        "a vcpu is in no vnode", vnuma__check_vcpu_missing)                   \
    CHECK("pnode-no-cpus", ERROR, HOST, VNODES, VCPUS,                        \
        "vcpus on a pnode without CPUs", vnuma__check_pnode_no_cpus)          \
    CHECK("pnode-no-memory", ERROR, REST, VNODES, PNODE,                      \
        "a vnode on a pnode without memory", vnuma__check_pnode_no_memory)    \
    CHECK("vcpus-above-host", ERROR, HOST, VCPUS | MAXVCPUS | VNODES, VCPUS,  \
        "more vcpus than the host has pcpus, without maxvcpus=",              \
        vnuma__check_vcpus_above_host)                                        \
    CHECK("cpus-unknown", ERROR, REST, CPUS, CPUS,                            \
        "cpus= or cpus_soft= names what the host does not have",              \
        vnuma__check_cpus_unknown)                                            \
    CHECK("pool-unknown", ERROR, REST, 0, 0,                                  \
        "a CPU pool that the host does not have", vnuma__check_pool_unknown)  \
    CHECK("cpus-empty", ERROR, HOST, CPUS, CPUS,                              \
        "cpus= or cpus_soft= leaves no CPU", vnuma__check_cpus_empty)         \
    CHECK("cpus-elsewhere", ERROR, HOST, CPUS | VCPUS | VNODES, CPUS,         \
        "cpus= keeps a vcpu away from its vnode's pnode",                     \
        vnuma__check_cpus_elsewhere)                                          \
    CHECK("pool-elsewhere", ERROR, HOST, VNODES, CPUS,                        \
        "the CPU pool belongs to another pnode", vnuma__check_pool)           \
    CHECK("no-fit", ERROR, HOST,                                              \
        SIZE | MEMORY | PNODE | VNODES | FIT | POLICY, SIZE,                  \
        "a pnode has too little free memory", vnuma__check_no_fit)            \
    CHECK("vdistances-partial", WARNING, ADVICE, DISTANCES | VNODES, 0,       \
        "some vnodes have vdistances=, others do not",                        \
        vnuma__check_vdistances_partial)                                      \
    CHECK("distance-unreachable", WARNING, ADVICE, DISTANCES | VNODES, 0,     \
        "distance 255 means unreachable", vnuma__check_distance_unreachable)  \
    CHECK("distance-asymmetric", WARNING, ADVICE, DISTANCES | VNODES, 0,      \
        "distances there and back differ", vnuma__check_distance_asymmetric)  \
    CHECK("distance-equal", NOTE, ADVICE, DISTANCES | VNODES, 0,              \
        "all distances are the same", vnuma__check_distance_equal)            \
    CHECK("distance-host", NOTE, ADVICE, DISTANCES | PNODE | VNODES, 0,       \
        "a distance is far from the host's own", vnuma__check_distance_host)  \
    CHECK("vcpus-offline", WARNING, ADVICE, VCPUS | MAXVCPUS | VNODES, 0,     \
        "a guest without vcpus= starts with one vcpu",                        \
        vnuma__check_vcpus_offline)                                           \
    CHECK("pnode-shared", WARNING, ADVICE, PNODE | VNODES, 0,                 \
        "two vnodes are on one pnode", vnuma__check_pnode_shared)             \
    CHECK("pcpu-overcommit", WARNING, ADVICE, PNODE | VCPUS | VNODES, 0,      \
        "more vcpus than CPUs on a pnode", vnuma__check_pcpu_overcommit)      \
    CHECK("cpus-soft-elsewhere", WARNING, ADVICE, CPUS | VCPUS | VNODES, 0,   \
        "cpus_soft= leads a vcpu away from its vnode's pnode",                \
        vnuma__check_cpus_soft)                                               \
    CHECK("cpus-wide", NOTE, ADVICE, CPUS | VCPUS | VNODES, 0,                \
        "cpus= or cpus_soft= also allows other pnodes than the vnode's",      \
        vnuma__check_cpus_wide)                                               \
    CHECK("pci-unknown", NOTE, ADVICE, 0, 0,                                  \
        "pci= has a device that the host does not list",                      \
        vnuma__check_pci_unknown)                                             \
    CHECK("pnode-missing", NOTE, ADVICE, PNODE | VNODES, 0,                   \
        "a vnode without pnode= is planned", vnuma__check_pnode_missing)      \
    CHECK("border-in-page", NOTE, ADVICE, SIZE | MEMORY | TYPE | VNODES, 0,   \
        "sizes of vnodes cost the guest 1 GiB pages", vnuma__check_border)    \
    CHECK("migration", NOTE, ADVICE, VNODES, 0,                               \
        "nomigrate=0: stock xl cannot migrate a vNUMA guest",                 \
        vnuma__check_migratable)                                              \
    READING("too-many", NOTE, "there are more diagnostics than are shown")

/* Found by read.c and lex.c. */
#define GRAMMAR(READING)                                                      \
    READING("syntax", ERROR, "this is not xl.cfg's grammar")                  \
    READING("typographic-quote", ERROR, "a quote that is not an ASCII quote") \
    READING("unterminated-string", ERROR, "a string that does not end")       \
    READING("bad-escape", ERROR, "an escape that xl does not know")           \
    READING("octal-escape", WARNING, "an octal escape")                       \
    READING("unquoted", ERROR, "a value without quotes")                      \
    READING("missing-bracket", ERROR, "a list that does not end")             \
    READING("missing-comma", ERROR, "two values in a list without a comma")   \
    READING("upper-case", ERROR, "upper case in the name of a setting")       \
    READING("python", ERROR, "Python, which xl no longer runs")               \
    READING("non-ascii", ERROR, "a byte outside ASCII and outside strings")   \
    READING("carriage-return", ERROR, "the line ends of another system")      \
    READING("unended-comment", ERROR,                                         \
        "a comment on the last line, which has no newline")                   \
    READING("last-byte", WARNING, "the last line has no newline")             \
    READING("not-text", ERROR, "a byte that no text contains")                \
    READING("add-type", ERROR, "+= of a list to a string, or the reverse")    \
    READING("too-many-values", ERROR, "more values than any guest needs")     \
    READING("too-deep", ERROR, "lists nested too deeply for xl")

/* Found by config*.c. */
#define VALUES(READING)                                                       \
    READING("wrong-kind", ERROR,                                              \
        "a list instead of a single value, or the reverse")                   \
    READING("bad-number", ERROR, "a value that is not a plain number")        \
    READING("number-range", ERROR, "a number that is too small or too large") \
    READING("number-addition", ERROR, "+= on a number")                       \
    READING("number-octal", WARNING, "a leading 0 makes a number octal")      \
    READING("range-backwards", ERROR,                                         \
        "a range whose end is before its start")                              \
    READING("type-unknown", ERROR,                                            \
        "type= or builder= is not a type of guest")                           \
    READING("type-contradiction", ERROR, "type= and builder= disagree")       \
    READING("vga-unknown", ERROR,                                             \
        "vga= is not a graphics card that xl knows")                          \
    READING("bad-cpus", ERROR,                                                \
        "cpus= or cpus_soft= has a piece that names no CPUs")                 \
    READING("setting-twice", WARNING, "a setting is given again later")       \
    READING("setting-unknown", WARNING, "a setting that xl does not know")    \
    READING("nodes-setting", WARNING, "xl has no setting nodes=")             \
    READING("policy-unknown", ERROR,                                          \
        "xl_vnuma_policy= has a word that is not a policy")                   \
    READING("vnuma-value", ERROR, "vnuma= is neither a list nor \"auto\"")    \
    READING("vnuma-empty", WARNING, "vnuma= has no vnode")                    \
    READING("vnode-empty", ERROR, "a vnode without options")                  \
    READING("vnode-too-many", ERROR, "more vnodes than Xen allows")           \
    READING("unknown-key", ERROR, "an option that vnodes do not have")        \
    READING("missing-equals", ERROR, "an option of a vnode without \"=\"")    \
    READING("options-joined", ERROR, "two options of a vnode in one string")  \
    READING("key-twice", ERROR, "an option is given twice in one vnode")      \
    READING("empty-value", ERROR, "an option of a vnode without a value")     \
    READING("vcpu-too-large", ERROR, "a vcpu beyond Xen's 128")               \
    READING("distance-too-large", ERROR,                                      \
        "a distance that does not fit a SLIT")

/* clang-format on */

#endif
