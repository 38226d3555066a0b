/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of checks and the loop that runs it.  Every diagnostic about a
 * guest has its row here, also those of the grammar and of single values,
 * which are found while the text is read.
 *
 * Checks run phase by phase.  When a check finds errors, its subject becomes
 * unsound, and later phases skip the checks that rely on that subject.  So a
 * mistake is reported once, without what follows from it, and mistakes about
 * other subjects are reported in the same run.
 */
#include "config.h"

#include "check/check.h"

#include <assert.h>

typedef enum {
    PHASE_READ,  /* found while reading: not run here */
    PHASE_GUEST, /* one thing alone */
    PHASE_SUMS,  /* the vnodes against the guest */
    PHASE_REST,  /* what can only be judged when the sums are right */
    PHASE_HOST,
    PHASE_ADVICE, /* right, but perhaps not what was meant */
    NUM_PHASES,
} check_phase;

#define PNODE VNUMA_ABOUT_PNODE
#define SIZE VNUMA_ABOUT_SIZE
#define VCPUS VNUMA_ABOUT_VCPUS
#define DISTANCES VNUMA_ABOUT_DISTANCES
#define MEMORY VNUMA_ABOUT_MEMORY
#define MAXVCPUS VNUMA_ABOUT_MAXVCPUS
#define CPUS VNUMA_ABOUT_CPUS
#define TYPE VNUMA_ABOUT_TYPE
#define VNODES VNUMA_ABOUT_VNODES
#define FIT VNUMA_ABOUT_FIT
#define POLICY VNUMA_ABOUT_POLICY

#define FOUND_WHILE_READING(ROW, id, severity, summary)                       \
    ROW(id, severity, READ, 0, 0, summary, NULL)

/* clang-format off */

/*
 * id, worst severity, phase, what must be sound for the check to run, what is
 * unsound once it has found errors, one line for people, function.
 */
#define CHECKS(ROW)                                                           \
    GRAMMAR(ROW)                                                              \
    VALUES(ROW)                                                               \
    ROW("pv-guest", ERROR, GUEST, TYPE, TYPE,                                 \
        "vnuma= in a PV guest", vnuma__check_pv_guest)                        \
    ROW("pvh-guest", NOTE, GUEST, TYPE, 0,                                    \
        "vnuma= in a PVH guest, which stock xl cannot build",                 \
        vnuma__check_pvh_guest)                                               \
    ROW("memory-not-maxmem", ERROR, GUEST, MEMORY, MEMORY,                    \
        "memory= and maxmem= differ", vnuma__check_memory_not_maxmem)         \
    ROW("videoram-small", ERROR, GUEST, MEMORY | TYPE, MEMORY,                \
        "videoram= is less than the graphics card needs",                     \
        vnuma__check_videoram_small)                                          \
    ROW("vcpus-above-maxvcpus", ERROR, GUEST, MAXVCPUS, MAXVCPUS,             \
        "vcpus= is more than maxvcpus=", vnuma__check_vcpus_above_maxvcpus)   \
    ROW("vdistances-count", ERROR, GUEST, VNODES, DISTANCES,                  \
        "vdistances= does not have one distance per vnode",                   \
        vnuma__check_vdistances_count)                                        \
    ROW("distance-local", ERROR, GUEST, VNODES, DISTANCES,                    \
        "a vnode's distance to itself is not 10",                             \
        vnuma__check_distance_local)                                          \
    ROW("distance-too-small", ERROR, GUEST, VNODES, DISTANCES,                \
        "a distance between vnodes is 10 or less",                            \
        vnuma__check_distance_too_small)                                      \
    ROW("pnode-unknown", ERROR, GUEST, VNODES, PNODE,                         \
        "a pnode that the host does not have", vnuma__check_pnode_unknown)    \
    ROW("policy-count", ERROR, GUEST, VNODES | POLICY, POLICY,                \
        "xl_vnuma_policy= does not have one policy per vnode",                \
        vnuma__check_policy_count)                                            \
    ROW("policy-pnode", ERROR, SUMS, POLICY, POLICY | FIT,                    \
        "interleave= names a pnode that has no memory or does not exist",     \
        vnuma__check_policy_pnode)                                            \
    ROW("size-unknown", ERROR, SUMS, SIZE | MEMORY | VNODES, SIZE,            \
        "neither size= nor memory= says how large a vnode is",                \
        vnuma__check_size_unknown)                                            \
    ROW("size-sum", ERROR, SUMS, SIZE | MEMORY | VNODES, SIZE,                \
        "the sizes of the vnodes are not the memory of the guest",            \
        vnuma__check_size_sum)                                                \
    ROW("vcpu-twice", ERROR, SUMS, VNODES, VCPUS,                             \
        "a vcpu is given twice", vnuma__check_vcpu_twice)                     \
    ROW("vcpu-beyond", ERROR, SUMS, MAXVCPUS | VNODES, VCPUS,                 \
        "a vnode has a vcpu that the guest does not have",                    \
        vnuma__check_vcpu_beyond)                                             \
    ROW("size-videoram", ERROR, REST, SIZE | MEMORY | TYPE | VNODES, SIZE,    \
        "vnode 0 has no memory left after video RAM",                         \
        vnuma__check_size_videoram)                                           \
    ROW("vcpu-missing", ERROR, REST, VCPUS | MAXVCPUS | VNODES, VCPUS,        \
        "a vcpu is in no vnode", vnuma__check_vcpu_missing)                   \
    ROW("pnode-no-cpus", ERROR, HOST, VNODES, VCPUS,                          \
        "vcpus on a pnode without CPUs", vnuma__check_pnode_no_cpus)          \
    ROW("pnode-no-memory", ERROR, REST, VNODES, PNODE,                        \
        "a vnode on a pnode without memory", vnuma__check_pnode_no_memory)    \
    ROW("vcpus-above-host", ERROR, HOST, VCPUS | MAXVCPUS | VNODES, VCPUS,    \
        "more vcpus than the host has pcpus, without maxvcpus=",              \
        vnuma__check_vcpus_above_host)                                        \
    ROW("no-fit", ERROR, HOST,                                                \
        SIZE | MEMORY | PNODE | VNODES | FIT | POLICY, SIZE,                  \
        "a pnode has too little free memory", vnuma__check_no_fit)            \
    ROW("cpus-unknown", ERROR, REST, CPUS, CPUS,                              \
        "cpus= or cpus_soft= names what the host does not have",              \
        vnuma__check_cpus_unknown)                                            \
    ROW("cpus-empty", ERROR, HOST, CPUS, CPUS,                                \
        "cpus= or cpus_soft= leaves no CPU", vnuma__check_cpus_empty)         \
    ROW("cpus-elsewhere", ERROR, HOST, CPUS | VCPUS | VNODES, CPUS,           \
        "cpus= keeps a vcpu away from its vnode's pnode",                     \
        vnuma__check_cpus_elsewhere)                                          \
    ROW("vdistances-partial", WARNING, ADVICE, DISTANCES | VNODES, 0,         \
        "some vnodes have vdistances=, others do not",                        \
        vnuma__check_vdistances_partial)                                      \
    ROW("distance-unreachable", WARNING, ADVICE, DISTANCES | VNODES, 0,       \
        "distance 255 means unreachable",                                     \
        vnuma__check_distance_unreachable)                                    \
    ROW("distance-asymmetric", WARNING, ADVICE, DISTANCES | VNODES, 0,        \
        "distances there and back differ", vnuma__check_distance_asymmetric)  \
    ROW("distance-equal", NOTE, ADVICE, DISTANCES | VNODES, 0,                \
        "all distances are the same", vnuma__check_distance_equal)            \
    ROW("distance-host", NOTE, ADVICE, DISTANCES | PNODE | VNODES, 0,         \
        "a distance is far from the host's own",                              \
        vnuma__check_distance_host)                                           \
    ROW("vcpus-offline", WARNING, ADVICE, VCPUS | MAXVCPUS | VNODES, 0,       \
        "a guest without vcpus= starts with one vcpu",                        \
        vnuma__check_vcpus_offline)                                           \
    ROW("pnode-shared", WARNING, ADVICE, PNODE | VNODES, 0,                   \
        "two vnodes are on one pnode", vnuma__check_pnode_shared)             \
    ROW("pcpu-overcommit", WARNING, ADVICE, PNODE | VCPUS | VNODES, 0,        \
        "more vcpus than CPUs on a pnode", vnuma__check_pcpu_overcommit)      \
    ROW("cpus-soft-elsewhere", WARNING, ADVICE, CPUS | VCPUS | VNODES, 0,     \
        "cpus_soft= leads a vcpu away from its vnode's pnode",                \
        vnuma__check_cpus_soft)                                               \
    ROW("cpus-wide", NOTE, ADVICE, CPUS | VCPUS | VNODES, 0,                  \
        "cpus= also allows other pnodes than the vnode's",                    \
        vnuma__check_cpus_wide)                                               \
    ROW("pool-elsewhere", WARNING, ADVICE, VNODES, 0,                         \
        "the CPU pool belongs to another pnode", vnuma__check_pool)           \
    ROW("pci-unknown", NOTE, ADVICE, 0, 0,                                    \
        "pci= has a device that the host does not list",                      \
        vnuma__check_pci_unknown)                                             \
    ROW("pnode-missing", NOTE, ADVICE, PNODE | VNODES, 0,                     \
        "a vnode without pnode= is planned", vnuma__check_pnode_missing)      \
    ROW("border-in-page", NOTE, ADVICE, SIZE | MEMORY | TYPE | VNODES, 0,     \
        "sizes of vnodes cost the guest 1 GiB pages", vnuma__check_border)    \
    ROW("migration", NOTE, ADVICE, VNODES, 0,                                 \
        "nomigrate=0: stock xl cannot migrate a vNUMA guest",                 \
        vnuma__check_migratable)                                              \
    FOUND_WHILE_READING(ROW, "too-many", NOTE,                                \
                        "there are more diagnostics than are shown")

/* Found by read.c and lex.c. */
#define GRAMMAR(ROW)                                                          \
    FOUND_WHILE_READING(ROW, "syntax", ERROR, "this is not xl.cfg's grammar") \
    FOUND_WHILE_READING(ROW, "typographic-quote", ERROR,                      \
                        "a quote that is not an ASCII quote")                 \
    FOUND_WHILE_READING(ROW, "unterminated-string", ERROR,                    \
                        "a string that does not end")                         \
    FOUND_WHILE_READING(ROW, "bad-escape", ERROR,                             \
                        "an escape that xl does not know")                    \
    FOUND_WHILE_READING(ROW, "octal-escape", WARNING, "an octal escape")      \
    FOUND_WHILE_READING(ROW, "unquoted", ERROR, "a value without quotes")     \
    FOUND_WHILE_READING(ROW, "missing-bracket", ERROR,                        \
                        "a list that does not end")                           \
    FOUND_WHILE_READING(ROW, "missing-comma", ERROR,                          \
                        "two values in a list without a comma")               \
    FOUND_WHILE_READING(ROW, "upper-case", ERROR,                             \
                        "upper case in the name of a setting")                \
    FOUND_WHILE_READING(ROW, "python", ERROR,                                 \
                        "Python, which xl no longer runs")                    \
    FOUND_WHILE_READING(ROW, "non-ascii", ERROR,                              \
                        "a byte outside ASCII and outside strings")           \
    FOUND_WHILE_READING(ROW, "carriage-return", ERROR,                        \
                        "the line ends of another system")                    \
    FOUND_WHILE_READING(ROW, "unended-comment", ERROR,                        \
                        "a comment on the last line, which has no newline")   \
    FOUND_WHILE_READING(ROW, "last-byte", WARNING,                            \
                        "the last line has no newline")                       \
    FOUND_WHILE_READING(ROW, "not-text", ERROR,                               \
                        "a byte that no text contains")                       \
    FOUND_WHILE_READING(ROW, "add-type", ERROR,                               \
                        "+= of a list to a string, or the reverse")           \
    FOUND_WHILE_READING(ROW, "too-many-values", ERROR,                        \
                        "more values than any guest needs")                   \
    FOUND_WHILE_READING(ROW, "too-deep", ERROR,                               \
                        "lists nested too deeply for xl")

/* Found by config*.c. */
#define VALUES(ROW)                                                           \
    FOUND_WHILE_READING(ROW, "wrong-kind", ERROR,                             \
                        "a list instead of a single value, or the reverse")   \
    FOUND_WHILE_READING(ROW, "bad-number", ERROR,                             \
                        "a value that is not a plain number")                 \
    FOUND_WHILE_READING(ROW, "number-range", ERROR,                           \
                        "a number that is too small or too large")            \
    FOUND_WHILE_READING(ROW, "number-addition", ERROR,                        \
                        "+= on a number")                                     \
    FOUND_WHILE_READING(ROW, "number-octal", WARNING,                         \
                        "a leading 0 makes a number octal")                   \
    FOUND_WHILE_READING(ROW, "range-backwards", ERROR,                        \
                        "a range whose end is before its start")              \
    FOUND_WHILE_READING(ROW, "type-unknown", ERROR,                           \
                        "type= or builder= is not a type of guest")           \
    FOUND_WHILE_READING(ROW, "type-contradiction", ERROR,                     \
                        "type= and builder= disagree")                        \
    FOUND_WHILE_READING(ROW, "vga-unknown", ERROR,                            \
                        "vga= is not a graphics card that xl knows")          \
    FOUND_WHILE_READING(ROW, "bad-cpus", ERROR,                               \
                        "cpus= or cpus_soft= has a piece that names no CPUs") \
    FOUND_WHILE_READING(ROW, "setting-twice", WARNING,                        \
                        "a setting is given again later")                     \
    FOUND_WHILE_READING(ROW, "setting-unknown", WARNING,                      \
                        "a setting that xl does not know")                    \
    FOUND_WHILE_READING(ROW, "nodes-setting", WARNING,                        \
                        "xl has no setting nodes=")                           \
    FOUND_WHILE_READING(ROW, "policy-unknown", ERROR,                         \
                        "xl_vnuma_policy= has a word that is not a policy")   \
    FOUND_WHILE_READING(ROW, "vnuma-value", ERROR,                            \
                        "vnuma= is neither a list nor \"auto\"")              \
    FOUND_WHILE_READING(ROW, "vnuma-empty", WARNING, "vnuma= has no vnode")   \
    FOUND_WHILE_READING(ROW, "vnode-empty", ERROR,                            \
                        "a vnode without options")                            \
    FOUND_WHILE_READING(ROW, "vnode-too-many", ERROR,                         \
                        "more vnodes than Xen allows")                        \
    FOUND_WHILE_READING(ROW, "unknown-key", ERROR,                            \
                        "an option that vnodes do not have")                  \
    FOUND_WHILE_READING(ROW, "missing-equals", ERROR,                         \
                        "an option of a vnode without \"=\"")                 \
    FOUND_WHILE_READING(ROW, "options-joined", ERROR,                         \
                        "two options of a vnode in one string")               \
    FOUND_WHILE_READING(ROW, "key-twice", ERROR,                              \
                        "an option is given twice in one vnode")              \
    FOUND_WHILE_READING(ROW, "empty-value", ERROR,                            \
                        "an option of a vnode without a value")               \
    FOUND_WHILE_READING(ROW, "size-zero", ERROR, "a vnode without memory")    \
    FOUND_WHILE_READING(ROW, "vcpu-too-large", ERROR,                         \
                        "a vcpu beyond Xen's 128")                            \
    FOUND_WHILE_READING(ROW, "distance-too-large", ERROR,                     \
                        "a distance that does not fit a SLIT")

/* clang-format on */

/* The table is split: what callers see, and what the loop below needs. */
#define INFO(id, severity, phase, needs, spoils, summary, run)                \
    { id, VNUMA_SEVERITY_##severity, summary },
#define STEP(id, severity, phase, needs, spoils, summary, run)                \
    { PHASE_##phase, needs, spoils, run },

static const vnuma_check_info infos[] = { CHECKS(INFO) };

static const struct {
    check_phase phase;
    unsigned int needs, spoils; /* VNUMA_ABOUT_ */
    vnuma__check_fn *run;       /* NULL: found while reading */
} steps[] = { CHECKS(STEP) };

#define NUM_CHECKS (sizeof(steps) / sizeof(*steps))

const vnuma_check_info *vnuma_check_list(unsigned int *num_r)
{
    *num_r = NUM_CHECKS;
    return infos;
}

/* Adds the subjects of this phase's errors to *unsound_r. */
static int run_phase(vnuma__checking *c, check_phase phase,
                     unsigned int *unsound_r)
{
    unsigned int unsound = *unsound_r, first = c->diags->num_items;
    unsigned int num_errors, i;
    int rc;

    for (i = 0; i < NUM_CHECKS; i++) {
        if (steps[i].phase != phase || (steps[i].needs & unsound) ||
            vnuma__is_enough(c->diags))
            continue;
        assert(steps[i].run);
        num_errors = c->diags->num_errors;
        c->id = infos[i].id;
        rc = steps[i].run(c);
        if (rc)
            return rc;
        if (c->diags->num_errors > num_errors)
            *unsound_r |= steps[i].spoils;
    }
    vnuma__diags_sort(c->diags, first);
    return 0;
}

static bool has_vnuma(const vnuma_config *config)
{
    return config->num_vnodes || config->vnuma_auto;
}

int vnuma_check(const vnuma_config *config, const vnuma_topology *topology,
                unsigned int flags, vnuma_diags *diags)
{
    vnuma__checking c = { NULL, config, topology, diags };
    unsigned int unsound = config->unsound;
    check_phase phase;
    int rc;

    if (flags & VNUMA_CHECK_NOT_FIT)
        unsound |= VNUMA_ABOUT_FIT;
    for (phase = PHASE_GUEST; has_vnuma(config) && phase < NUM_PHASES;
         phase++) {
        rc = run_phase(&c, phase, &unsound);
        if (rc)
            return rc;
    }
    return diags->num_errors ? VNUMA_ERROR_CONFIG : 0;
}
