/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs the checks of the table in checks.h.
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

/* The table is split: what callers see, and what the loop below needs. */
#define INFO(id, severity, phase, needs, spoils, summary, run)                \
    { id, VNUMA_SEVERITY_##severity, summary },
#define READ_INFO(id, severity, summary)                                      \
    { id, VNUMA_SEVERITY_##severity, summary },
#define STEP(id, severity, phase, needs, spoils, summary, run)                \
    { PHASE_##phase, needs, spoils, run },
#define READ_STEP(id, severity, summary) { PHASE_READ, 0, 0, NULL },

static const vnuma_check_info infos[] = { CHECKS(INFO, READ_INFO) };

static const struct {
    check_phase phase;
    unsigned int needs, spoils; /* VNUMA_ABOUT_ */
    vnuma__check_fn *run;       /* NULL: found while reading */
} steps[] = { CHECKS(STEP, READ_STEP) };

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
