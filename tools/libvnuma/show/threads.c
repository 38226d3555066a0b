/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the vcpus of a guest of KVM run, against where the memory of their
 * nodes is.  Of each thread of QEMU Linux tells
 *
 *     comm:    "CPU 3/KVM", if QEMU names its threads
 *     stat:    TID (COMM) STATE ...; the 39th word is the CPU
 *     status:  "Cpus_allowed_list:" LIST
 */
#include "config.h"

#include "show/threads.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "base/print.h"
#include "base/utf8.h"
#include "host/kvm_host.h"
#include "host/topology_draft.h"

/* ---- reading ------------------------------------------------------------ */

bool vnuma__thread_is_vcpu(vnuma__text comm, uint32_t *vcpu_r)
{
    static const char name[] = "CPU ";
    uint64_t number;

    if (!vnuma__text_starts_with(comm, name))
        return false;
    comm = vnuma__text_slice(comm, strlen(name), comm.len);
    if (!vnuma__text_take_digits(&comm, 10, &number) ||
        number >= VNUMA__KVM_MAX_VCPUS || !vnuma__text_starts_with(comm, "/"))
        return false;
    *vcpu_r = (uint32_t)number;
    return true;
}

/* The name in it may have blanks and brackets; nothing after it has any. */
static uint32_t read_pcpu(vnuma__text stat)
{
    vnuma__text word = { .ptr = NULL };
    uint64_t pcpu;
    unsigned int i;

    while (stat.len && vnuma__text_find(stat, ')') < stat.len)
        stat =
            vnuma__text_slice(stat, vnuma__text_find(stat, ')') + 1, stat.len);
    for (i = 3; i <= 39; i++)
        if (!vnuma__host_word(&stat, &word))
            return VNUMA_ID_UNKNOWN;
    return vnuma__text_to_u64(vnuma__text_trim(word), VNUMA_BITMAP_MAX - 1,
                              &pcpu)
               ? (uint32_t)pcpu
               : VNUMA_ID_UNKNOWN;
}

static int read_allowed(vnuma__text list, vnuma_bitmap *allowed)
{
    uint32_t first, next = 0;

    list = vnuma__text_trim(list);
    while (list.len &&
           vnuma__host_take_range(&list, VNUMA_BITMAP_MAX, &first, &next))
        for (; first < next; first++)
            if (vnuma_bitmap_set(allowed, first))
                return VNUMA_ERROR_NOMEM;
    return 0;
}

int vnuma__thread_read(uint32_t tid, vnuma__text stat, vnuma__text status,
                       vnuma__thread *thread_r)
{
    static const char key[] = "Cpus_allowed_list:";
    vnuma__text line;
    int rc = 0;

    *thread_r = (vnuma__thread){ true, tid, read_pcpu(stat), { 0 } };
    while (!rc && vnuma__text_next(&status, '\n', &line))
        if (vnuma__text_starts_with(line, key))
            rc = read_allowed(vnuma__text_slice(line, strlen(key), line.len),
                              &thread_r->allowed);
    return rc;
}

/* ---- what of them is known ---------------------------------------------- */

/* The vnode of a vcpu; num_vnodes: none. */
static unsigned int vnode_of(const vnuma__process *process, uint32_t vcpu)
{
    const vnuma_config *config = process->config;
    unsigned int v = 0;

    while (v < config->num_vnodes &&
           !vnuma_bitmap_test(&config->vnodes[v].vcpus, vcpu))
        v++;
    return v;
}

/* VNUMA_ID_UNKNOWN: the host is not known, or has no such CPU. */
static uint32_t pnode_of(const vnuma__process *process, uint32_t pcpu)
{
    const vnuma_topology *host = process->host;
    unsigned int i;

    for (i = 0; host && pcpu != VNUMA_ID_UNKNOWN && i < host->num_pnodes; i++)
        if (vnuma_bitmap_test(&host->pnodes[i].pcpus, pcpu))
            return host->pnodes[i].pnode;
    return VNUMA_ID_UNKNOWN;
}

static bool has_memory_on(const vnuma__residence *node, uint32_t pnode)
{
    return pnode < VNUMA_MAX_PNODES && node->memkb[pnode];
}

static bool has_memory(const vnuma__residence *node)
{
    unsigned int p = 0;

    while (p < VNUMA_MAX_PNODES && !node->memkb[p])
        p++;
    return p < VNUMA_MAX_PNODES;
}

/* How many of the allowed CPUs are next to its memory; how many are not. */
static void count_reach(const vnuma__process *process,
                        const vnuma__thread *thread,
                        const vnuma__residence *node, unsigned int *near_r,
                        unsigned int *far_r)
{
    unsigned int i, num;
    uint32_t pcpu;

    *near_r = *far_r = 0;
    for (i = 0; i < process->host->num_pnodes; i++) {
        const vnuma_pnode *pnode = &process->host->pnodes[i];

        num = 0;
        VNUMA_BITMAP_FOREACH(pcpu, &pnode->pcpus)
            num += vnuma_bitmap_test(&thread->allowed, pcpu);
        *(has_memory_on(node, pnode->pnode) ? near_r : far_r) += num;
    }
}

/* ---- text --------------------------------------------------------------- */

static void print_id(FILE *f, int width, uint32_t id)
{
    if (id == VNUMA_ID_UNKNOWN)
        fprintf(f, " %*s", width, "?");
    else
        fprintf(f, " %*" PRIu32, width, id);
}

static void print_threads(FILE *f, const vnuma__process *process)
{
    uint32_t vcpu;

    if (!process->num_threads)
        return;
    fprintf(f, "\n%5s %5s %8s %8s %8s  %s\n", "vcpu", "node", "thread",
            "runs on", "of node", "may run on");
    for (vcpu = 0; vcpu < process->num_threads; vcpu++) {
        const vnuma__thread *thread = &process->threads[vcpu];
        unsigned int v = vnode_of(process, vcpu);

        if (!thread->is_known)
            continue;
        fprintf(f, "%5" PRIu32, vcpu);
        print_id(f, 5,
                 v == process->config->num_vnodes ? VNUMA_ID_UNKNOWN : v);
        fprintf(f, " %8" PRIu32, thread->tid);
        print_id(f, 8, thread->pcpu);
        print_id(f, 8, pnode_of(process, thread->pcpu));
        fputs("  ", f);
        vnuma__bitmap_print(&thread->allowed, f);
        fputc('\n', f);
    }
}

/* ---- what is not well --------------------------------------------------- */

typedef enum { RUNS_FAR, MAY_NOT_BE_NEAR, MAY_BE_FAR, NUM_FAULTS } fault;

static const char *const sentences[][2] = {
    [RUNS_FAR] = { "runs on another node of the host than its memory is on",
                   "run on other nodes of the host than their memory is on" },
    [MAY_NOT_BE_NEAR] = { "may run on no CPU next to its memory",
                          "may run on no CPU next to their memory" },
    [MAY_BE_FAR] = { "is not kept next to its memory: it may run on other "
                     "nodes of the host too",
                     "are not kept next to their memory: they may run on "
                     "other nodes of the host too" },
};

/* Each of them says more than the next. */
static fault find_fault(const vnuma__process *process, uint32_t vcpu)
{
    const vnuma__thread *thread = &process->threads[vcpu];
    unsigned int v = vnode_of(process, vcpu), near, far;
    uint32_t pnode = pnode_of(process, thread->pcpu);
    const vnuma__residence *node = &process->nodes[v];

    if (!thread->is_known || v == process->config->num_vnodes ||
        !has_memory(node))
        return NUM_FAULTS;
    count_reach(process, thread, node, &near, &far);
    if (far && !near)
        return MAY_NOT_BE_NEAR;
    if (pnode != VNUMA_ID_UNKNOWN && !has_memory_on(node, pnode))
        return RUNS_FAR;
    return far ? MAY_BE_FAR : NUM_FAULTS;
}

/* Those of a node that have the same fault, in one sentence. */
static void print_fault(FILE *f, const vnuma__process *process,
                        const unsigned char *faults, unsigned int v,
                        fault which)
{
    uint32_t vcpu, last, num = 0;
    const char *comma = "";
    bool is_many;

    for (vcpu = 0; vcpu < process->num_threads; vcpu++)
        num += vnode_of(process, vcpu) == v && faults[vcpu] == which;
    if (!num)
        return;
    is_many = num > 1;
    fprintf(f, "node %u: vcpu%s ", v, is_many ? "s" : "");
    for (vcpu = 0; vcpu < process->num_threads; vcpu = last + 1) {
        for (last = vcpu;
             last < process->num_threads && vnode_of(process, last) == v &&
             faults[last] == which;
             last++)
            ;
        if (last == vcpu)
            continue;
        fprintf(f, "%s%" PRIu32, comma, vcpu);
        if (last - 1 > vcpu)
            fprintf(f, "-%" PRIu32, last - 1);
        comma = ",";
    }
    fprintf(f, " %s\n", sentences[which][is_many]);
}

/* Linux moves nothing among isolated CPUs, however busy one of them is. */
static void print_isolated(FILE *f, const vnuma__process *process)
{
    vnuma_bitmap isolated = { 0 };
    uint32_t vcpu, pcpu, num;

    if (!vnuma__host_setting_set(process->host, VNUMA__ISOLATED, &isolated))
        for (vcpu = 0; vcpu < process->num_threads; vcpu++) {
            const vnuma_bitmap *allowed = &process->threads[vcpu].allowed;

            num = 0;
            VNUMA_BITMAP_FOREACH(pcpu, allowed)
                num += vnuma_bitmap_test(&isolated, pcpu);
            if (num > 1 && num == vnuma_bitmap_count(allowed))
                fprintf(f,
                        "vcpu %" PRIu32 " may run on %" PRIu32
                        " CPUs, all isolated: Linux does not move it among "
                        "them\n",
                        vcpu, num);
        }
    vnuma_bitmap_dispose(&isolated);
}

static void print_threads_drift(FILE *f, const vnuma__process *process)
{
    unsigned char faults[VNUMA__KVM_MAX_VCPUS];
    unsigned int v;
    uint32_t vcpu;
    fault which;

    if (!process->num_threads) {
        fputs("vcpus: no thread is named after one; with "
              "-name NAME,debug-threads=on QEMU names them\n",
              f);
        return;
    }
    if (!process->host)
        return;
    for (vcpu = 0; vcpu < process->num_threads; vcpu++)
        faults[vcpu] = find_fault(process, vcpu);
    for (v = 0; v < process->config->num_vnodes; v++)
        for (which = 0; which < NUM_FAULTS; which++)
            print_fault(f, process, faults, v, which);
    print_isolated(f, process);
}

/* ---- JSON --------------------------------------------------------------- */

static void put_threads(vnuma__json *json, const vnuma__process *process)
{
    uint32_t vcpu;

    vnuma__json_add_array(json, "vcpus");
    for (vcpu = 0; vcpu < process->num_threads; vcpu++) {
        const vnuma__thread *thread = &process->threads[vcpu];

        if (!thread->is_known)
            continue;
        vnuma__json_map(json);
        vnuma__json_add_uint(json, "vcpu", vcpu);
        vnuma__json_add_known(json, "vnode", vnode_of(process, vcpu),
                              process->config->num_vnodes);
        vnuma__json_add_uint(json, "thread", thread->tid);
        vnuma__json_add_known(json, "pcpu", thread->pcpu, VNUMA_ID_UNKNOWN);
        vnuma__json_add_known(json, "pnode", pnode_of(process, thread->pcpu),
                              VNUMA_ID_UNKNOWN);
        vnuma__json_set(json, "hard", &thread->allowed);
        vnuma__json_end_map(json);
    }
    vnuma__json_end_array(json);
}

/* ---- the whole ---------------------------------------------------------- */

static void print_drift(FILE *f, const vnuma__process *process)
{
    vnuma__residence_drift(f, process->config, process->nodes);
    print_threads_drift(f, process);
}

char *vnuma__process_to_text(const vnuma__process *process)
{
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);

    if (!f)
        return NULL;
    if (process->pid) {
        /* Any user may start a process that says it is a guest. */
        vnuma__utf8_print(process->config->name ? process->config->name
                                                : "(no name)",
                          f);
        fprintf(f, ", PID %" PRIu32 "\n", process->pid);
    }
    vnuma__residence_print(f, process->config, process->nodes);
    print_threads(f, process);
    print_drift(f, process);
    return vnuma__print_end(&out, false);
}

/* The sentences, each without its line end. */
static void put_drift(vnuma__json *json, const vnuma__process *process)
{
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);
    char *text = NULL, *line, *rest;

    if (f) {
        print_drift(f, process);
        text = vnuma__print_end(&out, false);
    }
    json->failed |= !text;
    vnuma__json_add_array(json, "drift");
    for (rest = text; text && (line = strsep(&rest, "\n")) && *line;)
        vnuma__json_string(json, line);
    vnuma__json_end_array(json);
    free(text);
}

void vnuma__process_put(vnuma__json *json, const vnuma__process *process)
{
    vnuma__json_add_string(json, "name", process->config->name);
    vnuma__json_add_known(json, "pid", process->pid, 0);
    vnuma__residence_put(json, process->config, process->nodes);
    put_threads(json, process);
    put_drift(json, process);
}
