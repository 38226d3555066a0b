/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks of guests of KVM against what else a host of KVM has: huge pages of
 * each node, isolated CPUs, KSM and automatic balancing.  What the host's text
 * does not tell is not checked.
 */
#include "config.h"

#include "check/check_kvm.h"

#include <inttypes.h>
#include <string.h>

#include "guest/affinity.h"
#include "host/kvm_host.h"

/* ---- huge pages --------------------------------------------------------- */

/* The size of a vnode's huge pages in KiB; 0: ordinary ones, or not known. */
static uint64_t page_of(const vnuma__checking *c, unsigned int v)
{
    return vnuma__kvm_memory(c->config, v)->page.value >> 10;
}

static uint64_t pages_of(const vnuma__checking *c, unsigned int v)
{
    uint64_t page_kb = page_of(c, v), memkb = c->config->vnodes[v].memkb.value;

    return memkb / page_kb + (memkb % page_kb != 0);
}

static uint64_t usable(const vnuma__pages *pages)
{
    return pages ? vnuma__pages_usable(pages) : 0;
}

static bool has_size(const vnuma_topology *host, uint64_t page_kb)
{
    unsigned int i;

    for (i = 0; i < host->num_pages; i++)
        if (host->pages[i].page_kb == page_kb)
            return true;
    return false;
}

static vnuma_span span_of(const vnuma__checking *c, unsigned int v)
{
    const vnuma__backend *memory = vnuma__kvm_memory(c->config, v);

    if (vnuma__is_given(memory->pnodes.span))
        return memory->pnodes.span;
    return vnuma__is_given(memory->page.span) ? memory->page.span
                                              : c->config->vnodes[v].span;
}

static void hint_sizes(vnuma__checking *c)
{
    const vnuma_topology *host = c->topology;
    char list[128] = "";
    unsigned int i;

    /* They ascend for each pnode; the first has all that there are. */
    for (i = 0; i < host->num_pages; i++)
        if (host->pages[i].pnode == host->pages[0].pnode &&
            strlen(list) < sizeof(list) - 40)
            snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s",
                     *list ? ", " : "",
                     vnuma__page_size_of(host->pages[i].page_kb).s);
    hint(c, "the host's: %s", list);
}

static void check_page_size(vnuma__checking *c, unsigned int i)
{
    uint64_t page_kb = page_of(c, i);

    if (!c->topology || !c->topology->num_pages || !page_kb ||
        has_size(c->topology, page_kb))
        return;
    report(c, vnuma__kvm_memory(c->config, i)->page.span,
           "the host has no huge pages of %s", vnuma__page_size_of(page_kb).s);
    hint_sizes(c);
}

/* Where the pages are that are missing on pnode @p, or how to make them. */
static void hint_missing(vnuma__checking *c, uint64_t page_kb, uint32_t p,
                         uint64_t missing)
{
    const vnuma__pages *here = vnuma__pages_of(c->topology, p, page_kb);
    unsigned int i;

    for (i = 0; i < c->topology->num_pages; i++) {
        const vnuma__pages *pages = &c->topology->pages[i];

        if (pages->pnode == p || pages->page_kb != page_kb ||
            usable(pages) < missing)
            continue;
        hint(c,
             "%" PRIu64 " are missing; node %" PRIu32 " has %" PRIu64
             "; or here: echo %" PRIu64 " > /sys/devices/system/node/"
             "node%" PRIu32 "/hugepages/hugepages-%" PRIu64 "kB/nr_hugepages",
             missing, pages->pnode, usable(pages),
             (here ? here->total : 0) + missing, p, page_kb);
        return;
    }
    hint(c,
         "%" PRIu64 " are missing: echo %" PRIu64
         " > /sys/devices/system/node/node%" PRIu32
         "/hugepages/hugepages-%" PRIu64 "kB/nr_hugepages",
         missing, (here ? here->total : 0) + missing, p, page_kb);
}

/* Of vnodes up to @v, as each adds to what is needed. */
static void check_pool(vnuma__checking *c, unsigned int v)
{
    const vnuma__backend *memory = vnuma__kvm_memory(c->config, v);
    uint64_t page_kb = page_of(c, v), needed = 0, there;
    uint32_t p = vnuma__set_lowest(&memory->pnodes);
    bool is_strict = memory->policy.value == VNUMA__KVM_STRICT;
    unsigned int i;

    if (vnuma__set_count(&memory->pnodes) != 1 ||
        (!is_strict && memory->policy.value != VNUMA__KVM_PREFERRED))
        return;
    for (i = 0; i <= v; i++) {
        const vnuma__backend *other = vnuma__kvm_memory(c->config, i);

        if (page_of(c, i) == page_kb &&
            other->policy.value == memory->policy.value &&
            vnuma__set_count(&other->pnodes) == 1 &&
            vnuma__set_has(&other->pnodes, p))
            needed += pages_of(c, i);
    }
    there = usable(vnuma__pages_of(c->topology, p, page_kb));
    if (needed <= there)
        return;
    report_as(c, is_strict ? VNUMA_SEVERITY_ERROR : VNUMA_SEVERITY_WARNING,
              memory->pnodes.span,
              "%" PRIu64 " huge pages of %s %s on the host's node %" PRIu32
              ", where %" PRIu64 " are free",
              needed, vnuma__page_size_of(page_kb).s,
              is_strict ? "may only be" : "should be", p, there);
    hint_missing(c, page_kb, p, needed - there);
}

/* Of all vnodes up to @v, wherever they may be. */
static void check_all_pools(vnuma__checking *c, unsigned int v)
{
    uint64_t page_kb = page_of(c, v), needed = 0, there = 0;
    unsigned int i;

    for (i = 0; i <= v; i++)
        if (page_of(c, i) == page_kb)
            needed += pages_of(c, i);
    for (i = 0; i < c->topology->num_pages; i++)
        if (c->topology->pages[i].page_kb == page_kb)
            there += usable(&c->topology->pages[i]);
    if (needed <= there)
        return;
    report(c, span_of(c, v),
           "%" PRIu64 " huge pages of %s are needed, and %" PRIu64
           " are free on all nodes",
           needed, vnuma__page_size_of(page_kb).s, there);
    hint(c,
         "sysctl vm.nr_hugepages counts those of the default size; vnuma "
         "topology --kvm shows those of each node");
}

static void check_huge_pages(vnuma__checking *c, unsigned int i)
{
    unsigned int num_errors = c->diags->num_errors;

    if (!c->topology || !page_of(c, i) ||
        !has_size(c->topology, page_of(c, i)))
        return;
    check_pool(c, i);
    if (c->diags->num_errors == num_errors)
        check_all_pools(c, i);
}

/* ---- files of huge pages ------------------------------------------------ */

/* Whether hugetlbfs is there, or above it. */
static bool is_mounted(const char *mounts, vnuma__text path)
{
    vnuma__text rest = { .ptr = mounts, .len = strlen(mounts) }, mount;

    while (vnuma__text_next(&rest, ' ', &mount))
        if (mount.len && mount.len <= path.len &&
            !memcmp(mount.ptr, path.ptr, mount.len) &&
            (mount.len == path.len || path.ptr[mount.len] == '/'))
            return true;
    return false;
}

/* A path that is called so and is none: QEMU makes a file there. */
static void report_mount(const vnuma__checking *c, const char *mounts,
                         vnuma__text path)
{
    if (!vnuma__is_huge_path(path) || is_mounted(mounts, path))
        return;
    report(c, path.span,
           "no hugetlbfs is mounted at %.*s: QEMU makes a file of the "
           "memory's size there",
           VNUMA__TEXT_ARG(path));
    hint(c, "mount -t hugetlbfs hugetlbfs %.*s; %s", VNUMA__TEXT_ARG(path),
         SINCE(NO_FALLBACK));
}

static void check_mounts(vnuma__checking *c)
{
    const char *file = vnuma__host_settings[VNUMA__HUGETLBFS].file;
    const char *mounts =
        c->topology ? vnuma_topology_fact(c->topology, file) : NULL;
    const vnuma__backend *b;

    if (!mounts)
        return;
    for (b = KVM(c)->backends; b; b = b->next)
        report_mount(c, mounts, b->path);
    if (!KVM(c)->backends)
        report_mount(c, mounts, KVM(c)->all.path);
}

/* ---- isolated CPUs ------------------------------------------------------ */

static uint32_t count_both(const vnuma_bitmap *a, const vnuma_bitmap *b)
{
    uint32_t pcpu, num = 0;

    VNUMA_BITMAP_FOREACH(pcpu, a)
        num += vnuma_bitmap_test(b, pcpu);
    return num;
}

/* Linux moves nothing among isolated CPUs: all stay on the first that is. */
static void check_pins(vnuma__checking *c, const vnuma_bitmap *isolated)
{
    const vnuma_affinities *cpus = &c->config->cpus;
    unsigned int i;

    for (i = 0; i < cpus->num_items && !c->rc; i++) {
        vnuma_bitmap pcpus = { 0 };
        uint32_t num;

        c->rc = vnuma__item_pcpus(cpus, i, c->topology, &pcpus);
        num = count_both(&pcpus, isolated);
        if (num > 1 && !cpus->items[i].terms[0].is_all) {
            report(c, cpus->items[i].span,
                   "vcpu %u may run on %" PRIu32
                   " CPUs that are isolated: Linux does not move it among "
                   "them",
                   i, num);
            hint(c, "pin it to one CPU");
        }
        vnuma_bitmap_dispose(&pcpus);
    }
}

/* Memory next to CPUs on which the vcpus never run. */
static void check_bound(vnuma__checking *c, const vnuma_bitmap *isolated)
{
    unsigned int i;

    for (i = 0; i < c->config->num_vnodes; i++) {
        const vnuma__backend *memory = vnuma__kvm_memory(c->config, i);
        const vnuma_pnode *pnode = vnuma_topology_find(
            c->topology, vnuma__set_lowest(&memory->pnodes));
        uint32_t num = pnode ? vnuma_bitmap_count(&pnode->pcpus) : 0;

        if (vnuma__set_count(&memory->pnodes) != 1 || !num ||
            !vnuma_bitmap_count(&c->config->vnodes[i].vcpus) ||
            count_both(&pnode->pcpus, isolated) < num)
            continue;
        report(c, memory->pnodes.span,
               "the memory of node %u is on the host's node %" PRIu32
               ", whose CPUs are all isolated: its vcpus run there only if "
               "they are pinned",
               i, pnode->pnode);
        hint(c, "pin them: <vcpupin vcpu='N' cpuset='N'/>, or taskset -pc N "
                "TID for each thread of \"vnuma show --pid PID\"");
    }
}

static void check_isolated(vnuma__checking *c)
{
    vnuma_bitmap isolated = { 0 };

    if (!c->topology)
        return;
    c->rc = vnuma__host_setting_set(c->topology, VNUMA__ISOLATED, &isolated);
    if (!c->rc && vnuma_bitmap_count(&isolated)) {
        if (c->config->cpus.num_items)
            check_pins(c, &isolated);
        else
            check_bound(c, &isolated);
    }
    vnuma_bitmap_dispose(&isolated);
}

/* ---- what moves memory -------------------------------------------------- */

static bool is_on(const vnuma__checking *c, vnuma__host_setting setting)
{
    uint64_t number = vnuma__host_setting_number(c->topology, setting);

    return number != VNUMA_ID_UNKNOWN && (number & 1);
}

/* Wherever and in whichever form it is written: no setting of nodes. */
static bool is_kept_from_ksm(const vnuma__checking *c)
{
    static const char *const words[] = { "mem-merge=off", "merge=off",
                                         "\"merge\":false", "nosharepages" };
    const vnuma_source *source = KVM(c)->whole.source;
    unsigned int i;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (memmem(source->text, source->len, words[i], strlen(words[i])))
            return true;
    return false;
}

/* Huge pages are not merged. */
static void check_ksm(vnuma__checking *c)
{
    unsigned int i;

    if (!c->topology || c->topology->num_pnodes < 2 ||
        vnuma__host_setting_number(c->topology, VNUMA__KSM_RUN) != 1 ||
        !is_on(c, VNUMA__KSM_ACROSS) || is_kept_from_ksm(c))
        return;
    for (i = 0; i < c->config->num_vnodes; i++) {
        const vnuma__backend *memory = vnuma__kvm_memory(c->config, i);

        if (!vnuma__set_count(&memory->pnodes) || page_of(c, i))
            continue;
        report(c, memory->pnodes.span,
               "KSM merges pages of different nodes: equal pages of node %u "
               "are on one of the host's, whatever this says",
               i);
        hint(c, "echo 0 > /sys/kernel/mm/ksm/merge_across_nodes, or write "
                "-machine mem-merge=off (QEMU), <nosharepages/> (libvirt)");
        return;
    }
}

static void check_balancing(vnuma__checking *c)
{
    unsigned int i;

    if (!c->topology || c->topology->num_pnodes < 2 ||
        !is_on(c, VNUMA__BALANCING) || c->config->num_vnodes < 2)
        return;
    for (i = 0; i < c->config->num_vnodes; i++) {
        const vnuma__backend *memory = vnuma__kvm_memory(c->config, i);

        if (vnuma__set_count(&memory->pnodes) || page_of(c, i) ||
            !c->config->vnodes[i].memkb.value)
            continue;
        report(c, span_of(c, i),
               "the memory of node %u is bound to no node of the host: Linux "
               "moves it to where vcpus run, so that the guest's nodes mean "
               "little",
               i);
        hint(c, "\"vnuma plan\" finds a node for it");
        return;
    }
}

const vnuma__check vnuma__kvm_host_checks[] = {
    CHECK("page-size-unknown", ERROR, HOST, POLICY, FIT,
          "huge pages of a size that the host does not have",
          .each = check_page_size),
    CHECK("huge-pages-short", ERROR, HOST,
          FIT | SIZE | MEMORY | POLICY | VNODES, 0,
          "a node of the host has too few free huge pages",
          .each = check_huge_pages),
    CHECK("mem-path", WARNING, ADVICE, 0, 0,
          "a path of huge pages where none are", check_mounts),
    CHECK("isolated-cpus", WARNING, ADVICE, CPUS | POLICY | VNODES, 0,
          "vcpus and isolated CPUs of the host", check_isolated),
    CHECK("ksm-across-nodes", NOTE, ADVICE, POLICY | VNODES, 0,
          "KSM merges pages of nodes that have a policy", check_ksm),
    CHECK("numa-balancing", NOTE, ADVICE, POLICY | VNODES, 0,
          "memory that Linux moves among the host's nodes", check_balancing),
    { { NULL } },
};
