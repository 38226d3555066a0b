/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host of KVM: its settings, and what of them could be better for guests.
 * One table says of each setting where it is read, how, when it is worth a
 * remark, and what to write.  What there may be several of, such as pages, is
 * remarked on by functions of their own.
 */
#include "config.h"

#include "host/kvm_host.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/print.h"
#include "host/topology_draft.h"

#define PARAMETERS(module, name) "/sys/module/" module "/parameters/" name
#define KSM(name) "/sys/kernel/mm/ksm/" name
/* modprobe takes "ept=1,vpid=1" as one parameter, of which a letter counts. */
#define RELOAD(module, line)                                                  \
    "write \"options " module " " line "\" into "                             \
    "/etc/modprobe.d/kvm.conf, with blanks and no commas between "            \
    "parameters; then, without guests, modprobe -r " module                   \
    " && modprobe " module

#define FLAG VNUMA__SETTING_FLAG
#define NUMBER VNUMA__SETTING_NUMBER
#define LIST VNUMA__SETTING_LIST
#define WORDS VNUMA__SETTING_WORDS

static bool no_ept(const vnuma_topology *host);
static bool no_vpid(const vnuma_topology *host);
static bool no_flexpriority(const vnuma_topology *host);
static bool no_npt(const vnuma_topology *host);
static bool is_dom0(const vnuma_topology *host);
static void say_module(const vnuma_topology *host, vnuma_diags *diags);
/* NULL: it has none, or there is no memory. */
static char *list_of(const vnuma_bitmap *set, vnuma_diags *diags)
{
    char *list = vnuma_bitmap_count(set) ? vnuma_bitmap_format(set) : NULL;

    diags->lost |= !list && vnuma_bitmap_count(set);
    return list;
}

static void say_isolated(const vnuma_topology *host, vnuma_diags *diags);
static void say_nohz_full(const vnuma_topology *host, vnuma_diags *diags);
static void say_ksm(const vnuma_topology *host, vnuma_diags *diags);
static void say_balancing(const vnuma_topology *host, vnuma_diags *diags);

const vnuma__host_setting_row vnuma__host_settings[] = {
    [VNUMA__CPU_FLAGS] = { "cpu", "CPU has", "/proc/cpuinfo", WORDS,
                           .say = say_module },
    [VNUMA__EPT] = { "ept", "EPT", PARAMETERS("kvm_intel", "ept"), FLAG,
                     "kvm-ept", no_ept,
                     "EPT is off: KVM makes guests' page tables in software",
                     RELOAD("kvm_intel", "ept=1 vpid=1") },
    [VNUMA__VPID] = { "vpid", "VPID", PARAMETERS("kvm_intel", "vpid"), FLAG,
                      "kvm-vpid", no_vpid,
                      "VPID is off: each switch between guest and host "
                      "forgets all translations of addresses",
                      RELOAD("kvm_intel", "vpid=1") },
    [VNUMA__FLEXPRIORITY] = { "flexpriority", "FlexPriority",
                              PARAMETERS("kvm_intel", "flexpriority"), FLAG,
                              "kvm-flexpriority", no_flexpriority,
                              "FlexPriority is off: a guest leaves to the "
                              "host "
                              "to set the priority of interrupts",
                              RELOAD("kvm_intel", "flexpriority=1") },
    [VNUMA__NPT] = { "npt", "NPT", PARAMETERS("kvm_amd", "npt"), FLAG,
                     "kvm-npt", no_npt,
                     "NPT is off: KVM makes guests' page tables in software",
                     RELOAD("kvm_amd", "npt=1") },
    [VNUMA__DEVICE] = { .file = "/sys/devices/virtual/misc/kvm/dev" },
    [VNUMA__ISOLATED] = { "isolated", "isolated CPUs",
                          "/sys/devices/system/cpu/isolated", LIST,
                          .say = say_isolated },
    [VNUMA__NOHZ_FULL] = { "nohz_full", "CPUs without tick",
                           "/sys/devices/system/cpu/nohz_full", LIST,
                           .say = say_nohz_full },
    [VNUMA__KSM_RUN] = { "ksm", "KSM", KSM("run"), NUMBER, .say = say_ksm },
    [VNUMA__KSM_MERGED] = { "ksm_pages", "pages that KSM shares",
                            KSM("pages_sharing"), NUMBER },
    [VNUMA__KSM_ACROSS] = { "ksm_across_nodes", "KSM merges across nodes",
                            KSM("merge_across_nodes"), FLAG },
    [VNUMA__BALANCING] = { "balancing", "automatic NUMA balancing",
                           "/proc/sys/kernel/numa_balancing", NUMBER,
                           .say = say_balancing },
    [VNUMA__HYPERVISOR] = { "hypervisor", "runs under", "/sys/hypervisor/type",
                            WORDS, "host-dom0", is_dom0,
                            "this Linux runs under Xen: these are the nodes "
                            "that it sees, not the host's",
                            "give the output of \"xl info -n\"" },
    [VNUMA__SWAP] = { "swap_kb", "KiB of swap", "/proc/meminfo", NUMBER },
    [VNUMA__HUGETLBFS] = { "hugetlbfs", "hugetlbfs is at", "/proc/mounts",
                           WORDS },
};

/* ---- values ------------------------------------------------------------- */

vnuma__host_setting vnuma__host_setting_of(const char *file, size_t len)
{
    vnuma__host_setting i;

    for (i = 0; i < VNUMA__NUM_SETTINGS; i++)
        if (strlen(vnuma__host_settings[i].file) == len &&
            !memcmp(vnuma__host_settings[i].file, file, len))
            break;
    return i;
}

static vnuma__text value_of(const vnuma_topology *host,
                            vnuma__host_setting setting)
{
    const char *value =
        vnuma_topology_fact(host, vnuma__host_settings[setting].file);

    return (vnuma__text){ .ptr = value, .len = value ? strlen(value) : 0 };
}

/* A flag is Y or N, or a number. */
uint64_t vnuma__host_setting_number(const vnuma_topology *host,
                                    vnuma__host_setting setting)
{
    vnuma__text value = value_of(host, setting);
    uint64_t number;

    if (vnuma__text_equal(value, "Y") || vnuma__text_equal(value, "y"))
        return 1;
    if (vnuma__text_equal(value, "N") || vnuma__text_equal(value, "n"))
        return 0;
    return vnuma__text_to_u64(value, UINT64_MAX, &number) ? number
                                                          : VNUMA_ID_UNKNOWN;
}

static bool is_off(const vnuma_topology *host, vnuma__host_setting setting)
{
    return vnuma__host_setting_number(host, setting) == 0;
}

static bool has_flag(const vnuma_topology *host, const char *flag)
{
    vnuma__text flags = value_of(host, VNUMA__CPU_FLAGS), word;

    while (vnuma__host_word(&flags, &word))
        if (vnuma__text_equal(word, flag))
            return true;
    return false;
}

bool vnuma__host_take_range(vnuma__text *list, uint32_t max, uint32_t *first_r,
                            uint32_t *next_r)
{
    uint64_t first, last;

    if (!vnuma__text_take_digits(list, 10, &first))
        return false;
    last = first;
    if (list->len && list->ptr[0] == '-') {
        *list = vnuma__text_slice(*list, 1, list->len);
        if (!vnuma__text_take_digits(list, 10, &last))
            return false;
    }
    if (list->len && list->ptr[0] != ',')
        return false;
    *list = vnuma__text_slice(*list, 1, list->len);
    if (first < *next_r || first > last || last >= max)
        return false;
    *first_r = (uint32_t)first;
    *next_r = (uint32_t)last + 1;
    return true;
}

/* Where there are none, some releases of Linux print "(null)". */
int vnuma__host_setting_set(const vnuma_topology *host,
                            vnuma__host_setting setting, vnuma_bitmap *set_r)
{
    vnuma__text list = value_of(host, setting);
    uint32_t first, next = 0;

    while (list.len &&
           vnuma__host_take_range(&list, VNUMA_BITMAP_MAX, &first, &next))
        for (; first < next; first++)
            if (vnuma_bitmap_set(set_r, first))
                return VNUMA_ERROR_NOMEM;
    return 0;
}

uint64_t vnuma__pages_usable(const vnuma__pages *pages)
{
    return pages->free == VNUMA_PAGES_UNKNOWN ? pages->total : pages->free;
}

const vnuma__pages *vnuma__pages_of(const vnuma_topology *host, uint32_t pnode,
                                    uint64_t page_kb)
{
    unsigned int i;

    for (i = 0; i < host->num_pages; i++)
        if (host->pages[i].pnode == pnode && host->pages[i].page_kb == page_kb)
            return &host->pages[i];
    return NULL;
}

vnuma__page_size vnuma__page_size_of(uint64_t page_kb)
{
    static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
    vnuma__page_size text;
    unsigned int unit = 0;

    for (; unit < 3 && page_kb && page_kb % 1024 == 0; unit++)
        page_kb /= 1024;
    snprintf(text.s, sizeof(text.s), "%" PRIu64 " %s", page_kb, units[unit]);
    return text;
}

/* ---- KVM's modules ------------------------------------------------------ */

/* Both modules may be loaded: only that of the CPU counts. */
static bool no_ept(const vnuma_topology *host)
{
    return is_off(host, VNUMA__EPT) && has_flag(host, "ept");
}

/* Without EPT there is more to say than this. */
static bool no_vpid(const vnuma_topology *host)
{
    return is_off(host, VNUMA__VPID) && has_flag(host, "vpid");
}

static bool no_flexpriority(const vnuma_topology *host)
{
    return is_off(host, VNUMA__FLEXPRIORITY) && has_flag(host, "flexpriority");
}

static bool no_npt(const vnuma_topology *host)
{
    return is_off(host, VNUMA__NPT) && has_flag(host, "npt");
}

static bool is_dom0(const vnuma_topology *host)
{
    return vnuma__text_equal(value_of(host, VNUMA__HYPERVISOR), "xen");
}

static void say_module(const vnuma_topology *host, vnuma_diags *diags)
{
    bool is_intel = has_flag(host, "vmx"), is_amd = has_flag(host, "svm");

    if (!value_of(host, VNUMA__CPU_FLAGS).ptr || is_dom0(host) ||
        value_of(host, VNUMA__DEVICE).ptr || value_of(host, VNUMA__EPT).ptr ||
        value_of(host, VNUMA__NPT).ptr)
        return;
    if (!is_intel && !is_amd) {
        vnuma__note(diags, "kvm-module", VNUMA__NOWHERE,
                    "the CPU shows neither vmx nor svm: guests are emulated");
        vnuma__hint(diags, "switch virtualisation on in the firmware; in a "
                           "guest, nested virtualisation in its host");
    } else {
        vnuma__note(diags, "kvm-module", VNUMA__NOWHERE,
                    "KVM's module is not loaded: guests are emulated");
        vnuma__hint(diags, "modprobe %s", is_intel ? "kvm_intel" : "kvm_amd");
    }
}

/* ---- CPUs --------------------------------------------------------------- */

static bool is_subset(const vnuma_bitmap *of, const vnuma_bitmap *set)
{
    uint32_t i;

    for (i = 0; i < VNUMA_BITMAP_MAX; i++)
        if (vnuma_bitmap_test(of, i) && !vnuma_bitmap_test(set, i))
            return false;
    return true;
}

static void say_isolated(const vnuma_topology *host, vnuma_diags *diags)
{
    vnuma_bitmap isolated = { 0 };
    char *list;
    unsigned int i;

    if (vnuma__host_setting_set(host, VNUMA__ISOLATED, &isolated))
        diags->lost = true;
    list = list_of(&isolated, diags);
    if (list) {
        vnuma__note(diags, "isolated-cpus", VNUMA__NOWHERE,
                    "CPUs %s are isolated: Linux puts no vcpu there by "
                    "itself, and leaves those that are pinned to several of "
                    "them on the first",
                    list);
        vnuma__hint(diags, "pin each vcpu to one of them: <vcpupin vcpu='0' "
                           "cpuset='N'/>, or taskset -pc N TID");
    }
    for (i = 0; list && i < host->num_pnodes; i++) {
        const vnuma_bitmap *pcpus = &host->pnodes[i].pcpus;

        if (!vnuma_bitmap_count(pcpus) || !is_subset(pcpus, &isolated))
            continue;
        vnuma__warning(diags, "isolated-cpus", VNUMA__NOWHERE,
                       "all CPUs of node %" PRIu32
                       " are isolated: what is not pinned never runs next to "
                       "the memory there",
                       host->pnodes[i].pnode);
        vnuma__hint(diags, "leave one of them out of isolcpus=");
    }
    free(list);
    vnuma_bitmap_dispose(&isolated);
}

static void say_nohz_full(const vnuma_topology *host, vnuma_diags *diags)
{
    vnuma_bitmap isolated = { 0 }, full = { 0 };
    char *list;

    if (vnuma__host_setting_set(host, VNUMA__ISOLATED, &isolated) ||
        vnuma__host_setting_set(host, VNUMA__NOHZ_FULL, &full))
        diags->lost = true;
    list = list_of(&full, diags);
    if (list && !is_subset(&full, &isolated)) {
        vnuma__note(diags, "nohz-full", VNUMA__NOWHERE,
                    "CPUs %s have no tick, but not all of them are isolated: "
                    "the tick comes back with each other task there",
                    list);
        vnuma__hint(diags, "write isolcpus=%s nohz_full=%s", list, list);
    }
    free(list);
    vnuma_bitmap_dispose(&isolated);
    vnuma_bitmap_dispose(&full);
}

/* ---- memory ------------------------------------------------------------- */

static void say_ksm(const vnuma_topology *host, vnuma_diags *diags)
{
    if (vnuma__host_setting_number(host, VNUMA__KSM_RUN) != 1 ||
        vnuma__host_setting_number(host, VNUMA__KSM_ACROSS) != 1 ||
        host->num_pnodes < 2)
        return;
    vnuma__warning(diags, "ksm-across-nodes", VNUMA__NOWHERE,
                   "KSM merges pages of different nodes: what is merged is on "
                   "one of them, whatever policy it has");
    vnuma__hint(diags, "echo 2 > " KSM("run") "; echo 0 > " KSM(
                           "merge_across_nodes") "; echo 1 > " KSM("run"));
}

/* Bit 0; the other moves what is used little to slower memory. */
static void say_balancing(const vnuma_topology *host, vnuma_diags *diags)
{
    uint64_t mode = vnuma__host_setting_number(host, VNUMA__BALANCING);

    if (mode == VNUMA_ID_UNKNOWN || !(mode & 1) || host->num_pnodes < 2)
        return;
    vnuma__note(diags, "numa-balancing", VNUMA__NOWHERE,
                "automatic NUMA balancing moves memory without a policy to "
                "where its vcpus run; what is bound stays");
    vnuma__hint(diags, "where all guests are bound and pinned: sysctl "
                       "kernel.numa_balancing=0");
}

/*
 * "hugepagesz=2M hugepages=0:160,1:160", with @num where there are CPUs and no
 * pages.
 */
static char *boot_words(const vnuma_topology *host, uint64_t page_kb,
                        uint64_t num)
{
    const char *comma = "";
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);
    unsigned int i;

    if (!f)
        return NULL;
    if (page_kb % 1048576 == 0)
        fprintf(f, "hugepagesz=%" PRIu64 "G hugepages=", page_kb >> 20);
    else
        fprintf(f, "hugepagesz=%" PRIu64 "%c hugepages=",
                page_kb % 1024 ? page_kb : page_kb >> 10,
                page_kb % 1024 ? 'K' : 'M');
    for (i = 0; i < host->num_pnodes; i++) {
        const vnuma_pnode *pnode = &host->pnodes[i];
        const vnuma__pages *pages =
            vnuma__pages_of(host, pnode->pnode, page_kb);
        uint64_t wanted = pages ? pages->total - pages->surplus : 0;

        if (!pages || !pnode->memkb ||
            (!wanted && !vnuma_bitmap_count(&pnode->pcpus)))
            continue;
        fprintf(f, "%s%" PRIu32 ":%" PRIu64, comma, pnode->pnode,
                wanted ? wanted : num);
        comma = ",";
    }
    return vnuma__print_end(&out, false);
}

/* What pages of one size the nodes with CPUs have. */
typedef struct {
    uint64_t all, least; /* least: of those that have any */
    vnuma_bitmap none;   /* that have none */
} pool_sum;

static int sum_pools(const vnuma_topology *host, uint64_t page_kb,
                     pool_sum *sum)
{
    unsigned int i;
    int rc = 0;

    for (i = 0; i < host->num_pnodes && !rc; i++) {
        const vnuma_pnode *pnode = &host->pnodes[i];
        const vnuma__pages *pages =
            vnuma__pages_of(host, pnode->pnode, page_kb);

        if (!pages)
            continue;
        sum->all += pages->total;
        if (pages->total && (!sum->least || pages->total < sum->least))
            sum->least = pages->total;
        if (!pages->total && pnode->memkb && vnuma_bitmap_count(&pnode->pcpus))
            rc = vnuma_bitmap_set(&sum->none, pnode->pnode);
    }
    return rc;
}

static void say_pool(const vnuma_topology *host, uint64_t page_kb,
                     vnuma_diags *diags, uint64_t *all)
{
    vnuma__page_size size = vnuma__page_size_of(page_kb);
    pool_sum sum = { 0 };
    char *list = NULL, *words = NULL;

    if (sum_pools(host, page_kb, &sum)) {
        diags->lost = true;
    } else if (sum.all) {
        list = list_of(&sum.none, diags);
        words = boot_words(host, page_kb, sum.least);
        diags->lost |= !words;
    }
    if (list && words) {
        vnuma__note(diags, "huge-pages-missing", VNUMA__NOWHERE,
                    "of %" PRIu64 " huge pages of %s none %s on node%s %s",
                    sum.all, size.s, sum.all == 1 ? "is" : "are",
                    strpbrk(list, ",-") ? "s" : "", list);
        vnuma__hint(diags, "for as many there, start Linux with %s", words);
    }
    *all += sum.all;
    free(list);
    free(words);
    vnuma_bitmap_dispose(&sum.none);
}

static void say_reserved(const vnuma_topology *host, uint64_t page_kb,
                         vnuma_diags *diags)
{
    vnuma__text text = { .ptr = NULL };
    uint64_t reserved;
    char file[96];

    snprintf(file, sizeof(file),
             "/sys/kernel/mm/hugepages/hugepages-%" PRIu64 "kB/resv_hugepages",
             page_kb);
    text.ptr = vnuma_topology_fact(host, file);
    text.len = text.ptr ? strlen(text.ptr) : 0;
    if (!vnuma__text_to_u64(text, UINT64_MAX, &reserved) || !reserved)
        return;
    vnuma__note(diags, "huge-pages-promised", VNUMA__NOWHERE,
                "%" PRIu64 " of the free huge pages of %s are promised "
                "already; Linux does not say on which nodes",
                reserved, vnuma__page_size_of(page_kb).s);
    vnuma__hint(diags, "a guest with prealloc=on takes its pages when it "
                       "starts, and is refused then or not at all");
}

static void say_pages(const vnuma_topology *host, vnuma_diags *diags)
{
    uint64_t all = 0, least = 0, page_kb = 0;
    unsigned int i;
    char *words;

    for (;;) {
        uint64_t next = UINT64_MAX;

        for (i = 0; i < host->num_pages; i++)
            if (host->pages[i].page_kb > page_kb &&
                host->pages[i].page_kb < next)
                next = host->pages[i].page_kb;
        if (next == UINT64_MAX)
            break;
        page_kb = next;
        least = least ? least : page_kb;
        say_pool(host, page_kb, diags, &all);
        say_reserved(host, page_kb, diags);
    }
    if (all || !least)
        return;
    words = boot_words(host, least, 1024);
    vnuma__note(diags, "huge-pages-missing", VNUMA__NOWHERE,
                "there are no huge pages: a guest that asks for them does not "
                "start");
    if (words)
        vnuma__hint(diags,
                    "start Linux with %s, with as many as guests need "
                    "on each node",
                    words);
    free(words);
}

void vnuma__kvm_host_remark(const vnuma_topology *host, vnuma_diags *diags)
{
    vnuma__host_setting i;

    for (i = 0; i < VNUMA__NUM_SETTINGS; i++) {
        if (vnuma__host_settings[i].say)
            vnuma__host_settings[i].say(host, diags);
        if (!vnuma__host_settings[i].id ||
            !vnuma__host_settings[i].bears(host))
            continue;
        vnuma__warning(diags, vnuma__host_settings[i].id, VNUMA__NOWHERE, "%s",
                       vnuma__host_settings[i].remark);
        vnuma__hint(diags, "%s", vnuma__host_settings[i].advice);
    }
    say_pages(host, diags);
}
