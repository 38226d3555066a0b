/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs the checks of all tables.
 *
 * Checks run phase by phase.  When a check finds errors, its subject becomes
 * unsound, and later phases skip the checks that rely on that subject.  So a
 * mistake is reported once, without what follows from it, and mistakes about
 * other subjects are reported in the same run.
 */
#include "config.h"

#include "check/check.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

/* Those of guests of KVM are last. */
static const vnuma__check *const tables[] = {
    vnuma__read_checks,      vnuma__guest_checks,    vnuma__vcpus_checks,
    vnuma__distances_checks, vnuma__policy_checks,   vnuma__host_checks,
    vnuma__affinity_checks,  vnuma__kvm_checks,      vnuma__given_checks,
    vnuma__qemu_checks,      vnuma__libvirt_checks,  vnuma__hmat_checks,
    vnuma__machine_checks,   vnuma__kvm_host_checks,
    vnuma__kvm_memory_checks, vnuma__libvirt_xen_checks,
};

#define NUM_XEN_TABLES 7u

/* The tables in one piece, for callers: of an id the first row. */
static vnuma_check_info infos[256];
static unsigned int num_infos;
static pthread_once_t once = PTHREAD_ONCE_INIT;

#define NUM_TABLES (sizeof(tables) / sizeof(*tables))

static bool is_for(const vnuma__check *const *table, const vnuma__check *check,
                   bool is_kvm)
{
    return check->any || (table >= tables + NUM_XEN_TABLES) == is_kvm;
}

static bool is_listed(const char *id)
{
    unsigned int i;

    for (i = 0; i < num_infos; i++)
        if (!strcmp(infos[i].id, id))
            return true;
    return false;
}

static void list_checks(void)
{
    const vnuma__check *check;
    unsigned int i;

    for (i = 0; i < NUM_TABLES; i++)
        for (check = tables[i]; check->info.id; check++) {
            assert(num_infos < sizeof(infos) / sizeof(*infos));
            if (!is_listed(check->info.id))
                infos[num_infos++] = check->info;
        }
}

const vnuma_check_info *vnuma_check_list(unsigned int *num_r)
{
    pthread_once(&once, list_checks);
    *num_r = num_infos;
    return infos;
}

static void run_check(vnuma__checking *c, const vnuma__check *check)
{
    unsigned int i;

    c->info = &check->info;
    if (check->run)
        check->run(c);
    for (i = 0; check->each && !c->rc && i < c->config->num_vnodes; i++)
        check->each(c, i);
}

/* Adds the subjects of this phase's errors to *unsound_r. */
static void run_phase(vnuma__checking *c, vnuma__check_phase phase,
                      unsigned int *unsound_r)
{
    unsigned int unsound = *unsound_r, first = c->diags->num_items;
    const vnuma__check *check;
    unsigned int num_errors, i;

    for (i = 0; i < NUM_TABLES; i++)
        for (check = tables[i]; check->info.id; check++) {
            if (check->phase != phase ||
                !is_for(&tables[i], check, c->config->kvm) ||
                (check->needs & unsound) || vnuma__is_enough(c->diags) ||
                c->rc)
                continue;
            num_errors = c->diags->num_errors;
            run_check(c, check);
            if (c->diags->num_errors > num_errors)
                *unsound_r |= check->spoils;
        }
    vnuma__diags_sort(c->diags, first);
}

int vnuma_check(const vnuma_config *config, const vnuma_topology *topology,
                unsigned int flags, vnuma_diags *diags)
{
    vnuma__checking c = { NULL, config, topology, diags, 0, diags->num_items };
    unsigned int unsound = config->unsound;
    vnuma__check_phase phase;

    if (!config->num_vnodes && !config->vnuma_auto)
        return diags->num_errors ? VNUMA_ERROR_CONFIG : 0;
    if (flags & VNUMA_CHECK_NOT_FIT)
        unsound |= VNUMA_ABOUT_FIT;
    for (phase = VNUMA__PHASE_GUEST; phase < VNUMA__NUM_PHASES; phase++)
        run_phase(&c, phase, &unsound);
    if (c.rc)
        return c.rc;
    return diags->num_errors ? VNUMA_ERROR_CONFIG : 0;
}
