/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks of how many vcpus there are, and of what the machine does with them. */
#include "config.h"

#include "check/check_kvm.h"

#include <inttypes.h>
#include <string.h>

/* ---- -smp --------------------------------------------------------------- */

/* What QEMU takes as if it were not written, with a warning. */
static void check_zeroes(const vnuma__checking *c)
{
    const vnuma__kvm *kvm = KVM(c);
    const vnuma_number *numbers[VNUMA__NUM_LEVELS + 2] = { &kvm->vcpus,
                                                           &kvm->maxvcpus };
    unsigned int i;

    for (i = 0; i < VNUMA__NUM_LEVELS; i++)
        numbers[i + 2] = &kvm->levels[i];
    for (i = 0; i < VNUMA__NUM_LEVELS + 2; i++)
        if (vnuma__is_given(numbers[i]->span) && !numbers[i]->value) {
            report_as(c, VNUMA_SEVERITY_WARNING, numbers[i]->span,
                      "0 counts as if it were not written");
            hint(c, "leave it out; %s", SINCE(NO_ZERO));
        }
}

static void check_smp(vnuma__checking *c)
{
    const uint64_t *level = KVM(c)->smp.level;
    uint64_t product = 1, max = c->config->maxvcpus.value;
    unsigned int i;

    if (KVM(c)->form == VNUMA__FORM_QEMU)
        check_zeroes(c);
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
    } else if (level[CLUSTERS] > 1) {
        report(c, KVM(c)->levels[CLUSTERS].span,
               "machines of x86 have no clusters");
        hint(c, "leave out clusters=");
    }
}

/* ---- the machine ------------------------------------------------------- */

/* The most vcpus of a machine's types since that rule. */
static const struct {
    const char *machine;
    vnuma__rule rule;
    uint64_t max;
} machines[] = {
    { "", VNUMA__NUM_RULES, 255 },
    { "pc", VNUMA__NUM_RULES, 255 },
    { "pc-i440fx", VNUMA__NUM_RULES, 255 },
    { "pc-q35", VNUMA__NUM_RULES, 255 },
#define Q35(num)                                                              \
    { "pc-q35", VNUMA__SINCE_Q35_##num, num },                                \
    {                                                                         \
        "q35", VNUMA__SINCE_Q35_##num, num                                    \
    }
    Q35(288),
    Q35(1024),
    Q35(4096),
};

/* Of the machine as it is named; *@first_r: with the oldest QEMU there is. */
static uint64_t most_vcpus(const vnuma__kvm *kvm, uint64_t *first_r)
{
    vnuma__text type = kvm->machine;
    uint64_t max = VNUMA__KVM_MAX_VCPUS;
    const char *dash = NULL;
    unsigned int i;

    *first_r = 0;
    if (kvm->version)
        dash = memrchr(type.ptr, '-', type.len);
    if (dash)
        type = vnuma__text_slice(type, 0, dash - type.ptr);
    for (i = 0; i < sizeof(machines) / sizeof(*machines); i++) {
        if (!vnuma__text_equal(type, machines[i].machine) ||
            (machines[i].rule < VNUMA__NUM_RULES &&
             !vnuma__rule_applies(kvm, machines[i].rule)))
            continue;
        max = machines[i].max;
        *first_r = *first_r ? *first_r : max;
    }
    if (kvm->version || !*first_r)
        *first_r = max;
    return max;
}

static void check_machine_vcpus(vnuma__checking *c)
{
    uint64_t num = c->config->maxvcpus.value, max, first;

    max = most_vcpus(KVM(c), &first);
    if (num <= first || KVM(c)->form == VNUMA__FORM_PROXMOX)
        return;
    report_as(c, num > max ? VNUMA_SEVERITY_ERROR : VNUMA_SEVERITY_WARNING,
              c->config->maxvcpus.span,
              "there are %" PRIu64
              " vcpus, and this machine has at most %" PRIu64 "%s",
              num, num > max ? max : first,
              num > max ? "" : " in older releases of QEMU");
    if (max < 288)
        hint(c, "a machine of q35 has more; %s", SINCE(Q35_288));
    else
        hint(c, "%s", num > 1024 ? SINCE(Q35_4096) : SINCE(Q35_1024));
}

static void check_no_srat(vnuma__checking *c)
{
    if (vnuma__text_starts_with(KVM(c)->machine, "microvm") &&
        KVM(c)->num_nodes)
        report(c, KVM(c)->machine.span,
               "microvm takes -numa, but its guests see no nodes");
}

/* Its nodes are the host's; -acpitable is read as a device. */
static void check_acpi_table(vnuma__checking *c)
{
    const vnuma__kvm_device *device;

    for (device = KVM(c)->devices; device; device = device->next)
        if (vnuma__text_starts_with(device->driver,
                                    "/sys/firmware/acpi/tables/")) {
            report(c, device->driver.span,
                   "this table is of the host and its nodes, and only root "
                   "may read it");
            hint(c, "leave it out: QEMU makes SRAT and SLIT of -numa, and an "
                    "HMAT of -numa hmat-lb");
        }
}

/* ---- releases ----------------------------------------------------------- */

/* "-machine memory.size=1G", as libvirt writes it. */
static vnuma_span memory_size_span(const vnuma__kvm *kvm)
{
    static const char key[] = "memory.size=";
    vnuma_span span = kvm->bytes.span;
    uint32_t len = sizeof(key) - 1;

    if (!span.source || span.start < len ||
        memcmp(span.source->text + span.start - len, key, len) != 0)
        return VNUMA__NOWHERE;
    return span;
}

/*
 * What releases of QEMU and libvirt lack that are as old as the type of the
 * machine, which is all that a text says of them.
 */
static void check_newer(vnuma__checking *c)
{
    const vnuma__kvm *kvm = KVM(c);
    bool is_libvirt = kvm->form == VNUMA__FORM_LIBVIRT;
    const vnuma__backend *b = kvm->backends;
    const vnuma__kvm_node *node = is_libvirt ? kvm->nodes : NULL;
    vnuma_span links = kvm->hmats    ? kvm->hmats->span
                       : kvm->caches ? kvm->caches->span
                                     : VNUMA__NOWHERE;
    unsigned int i;

    while (b && !b->context.ptr)
        b = b->next;
    while (node && vnuma__set_is_given(&node->cpus))
        node = node->next;
    const struct {
        vnuma__rule rule;
        vnuma_span span;
    } uses[] = {
        { VNUMA__SINCE_MEMORY_SIZE, memory_size_span(kvm) },
        { VNUMA__SINCE_CONTEXT, b ? b->context.span : VNUMA__NOWHERE },
        { VNUMA__SINCE_NO_CPUS, node ? node->span : VNUMA__NOWHERE },
        { VNUMA__SINCE_LATENCIES, is_libvirt ? links : VNUMA__NOWHERE },
    };

    for (i = 0; i < sizeof(uses) / sizeof(*uses); i++)
        if (vnuma__is_given(uses[i].span) && kvm->version &&
            kvm->version < vnuma__rules[uses[i].rule].since)
            report(c, uses[i].span,
                   "%s: releases that are as old as this type of machine "
                   "refuse it",
                   vnuma__rules[uses[i].rule].words);
}

const vnuma__check vnuma__machine_checks[] = {
    CHECK("smp-product", ERROR, GUEST, MAXVCPUS, MAXVCPUS,
          "sockets, cores and threads are not the number of vcpus", check_smp),
    CHECK("machine-vcpus", ERROR, GUEST, MAXVCPUS, MAXVCPUS,
          "more vcpus than the machine has", check_machine_vcpus),
    CHECK("no-srat", WARNING, ADVICE, 0, 0,
          "a machine whose guests see no nodes", check_no_srat),
    CHECK("acpitable", WARNING, ADVICE, 0, 0,
          "a table of the host is given to the guest", check_acpi_table),
    CHECK("newer-release", NOTE, ADVICE, 0, 0,
          "what releases as old as the machine refuse", check_newer),
    { { NULL } },
};
