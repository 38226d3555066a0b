/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks of how many vcpus there are, and of what the machine does with them. */
#include "config.h"

#include "check/check_kvm.h"

#include <inttypes.h>
#include <string.h>

/* ---- -smp --------------------------------------------------------------- */

static void check_smp(vnuma__checking *c)
{
    const uint64_t *level = KVM(c)->smp.level;
    uint64_t product = 1, max = c->config->maxvcpus.value;
    unsigned int i;

    for (i = 0; i < VNUMA__NUM_LEVELS; i++)
        product = product > UINT32_MAX ? product : product * level[i];
    if (c->config->vcpus.value > max) {
        report(c, c->config->vcpus.span,
               "there are %" PRIu64 " vcpus at first, but at most %" PRIu64,
               c->config->vcpus.value, max);
        related(c, c->config->maxvcpus.span, "the maximum is here");
    } else if (product != max) {
        report(c, c->config->maxvcpus.span,
               "sockets * dies * cores * threads = %" PRIu64 " * %" PRIu64
               " * %" PRIu64 " * %" PRIu64 " is %" PRIu64 ", not %" PRIu64,
               level[SOCKETS], level[DIES], level[CORES], level[THREADS],
               product, max);
        hint(c, "write maxcpus=%" PRIu64 ", or leave out one of the four",
             product);
    } else if (level[CLUSTERS] > 1 && KVM(c)->form == VNUMA__FORM_QEMU) {
        report(c, KVM(c)->levels[CLUSTERS].span,
               "machines of x86 have no clusters");
        hint(c, "leave out clusters=");
    }
}

/* ---- the machine ------------------------------------------------------- */

/* The most vcpus of a machine's types since that version. */
static const struct {
    const char *machine;
    unsigned int since;
    uint64_t max;
} machines[] = {
    { "", 0, 255 },          { "pc", 0, 255 },        { "q35", 0, 4096 },
    { "pc-i440fx", 0, 255 }, { "pc-q35", 0, 255 },    { "pc-q35", 208, 288 },
    { "pc-q35", 801, 1024 }, { "pc-q35", 901, 4096 },
};

static void check_machine_vcpus(vnuma__checking *c)
{
    uint64_t num = c->config->maxvcpus.value, max = num;
    vnuma__text type = KVM(c)->machine;
    const char *dash = NULL;
    unsigned int i;

    if (KVM(c)->version)
        dash = memrchr(type.ptr, '-', type.len);
    if (dash)
        type = vnuma__text_slice(type, 0, dash - type.ptr);
    for (i = 0; i < sizeof(machines) / sizeof(*machines); i++)
        if (KVM(c)->version >= machines[i].since &&
            vnuma__text_equal(type, machines[i].machine))
            max = machines[i].max;
    if (num <= max || KVM(c)->form == VNUMA__FORM_PROXMOX)
        return;
    report(c, c->config->maxvcpus.span,
           "there are %" PRIu64
           " vcpus, and this machine has at most %" PRIu64,
           num, max);
    if (max < 288)
        hint(c, "a machine of q35 has more");
}

static void check_no_srat(vnuma__checking *c)
{
    if (vnuma__text_starts_with(KVM(c)->machine, "microvm") &&
        KVM(c)->num_nodes)
        report(c, KVM(c)->machine.span,
               "microvm takes -numa, but its guests see no nodes");
}

const vnuma__check vnuma__machine_checks[] = {
    CHECK("smp-product", ERROR, GUEST, MAXVCPUS, MAXVCPUS,
          "sockets, cores and threads are not the number of vcpus", check_smp),
    CHECK("machine-vcpus", ERROR, GUEST, MAXVCPUS, MAXVCPUS,
          "more vcpus than the machine has", check_machine_vcpus),
    CHECK("no-srat", WARNING, ADVICE, 0, 0,
          "a machine whose guests see no nodes", check_no_srat),
    { { NULL } },
};
