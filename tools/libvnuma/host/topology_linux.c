/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host as its Linux tells in /sys and /proc: lines of these files, each with
 * the path before it, as "grep -s ''" of several files prints them.
 *
 *   line = PATH ":" the line of that file
 *
 * Files may be in any order but for /proc/version, which is the last: it shows
 * that the text is whole.  Files that are not known are passed over.
 *
 * What can be had of a node is more than what is free: Linux gives back what
 * it keeps of files.  It is counted as Linux counts MemAvailable, which is of
 * the whole host: if the nodes have more together, each gets its part of that.
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "host/kvm_host.h"
#include "host/topology_draft.h"

#define NODE "/sys/devices/system/node/"
#define CPU "/sys/devices/system/cpu/cpu"
#define RESERVED "/sys/kernel/mm/hugepages/"
#define MAX_PAGES (UINT64_C(1) << 52)

typedef struct {
    uint32_t socket, core; /* one more than the number; 0: not known */
} place;

typedef struct {
    vnuma__draft *draft;
    place *places;      /* owned; by number of CPU */
    uint64_t available; /* MemAvailable; VNUMA_MEMKB_UNKNOWN */
    vnuma_span online_span;
    unsigned int num_online; /* nodes; if online_span has a source */
    vnuma__text mounts_path; /* of /proc/mounts, if it was there */
    char mounts[1024];       /* those of hugetlbfs, with blanks between them */
    bool has_flags, has_end;
} linux_reader;

/* ---- pieces of paths ---------------------------------------------------- */

/* Takes the beginning off a text; false: it has another. */
static bool take(vnuma__text *text, const char *beginning)
{
    if (!vnuma__text_starts_with(*text, beginning))
        return false;
    *text = vnuma__text_slice(*text, strlen(beginning), text->len);
    return true;
}

static bool take_number(vnuma__text *text, uint64_t *number_r)
{
    return vnuma__text_take_digits(text, 10, number_r) > 0;
}

/* Takes "KEY:" off a line that has it. */
static bool take_key(vnuma__text *line, vnuma__text *key_r)
{
    return vnuma__text_next(line, ':', key_r) && line->ptr;
}

/* "2048 kB" */
static bool read_kb(vnuma__text value, uint64_t *memkb_r)
{
    vnuma__text word;

    return vnuma__host_word(&value, &word) &&
           vnuma__text_to_u64(word, VNUMA_MEMKB_UNKNOWN >> 8, memkb_r) &&
           vnuma__text_equal(vnuma__text_trim(value), "kB");
}

/* ---- nodes -------------------------------------------------------------- */

static int read_cpulist(linux_reader *reader, vnuma__draft_pnode *pnode,
                        vnuma__text value)
{
    vnuma_pcpu pcpu = { .core = VNUMA_ID_UNKNOWN,
                        .socket = VNUMA_ID_UNKNOWN,
                        .pnode = pnode->pnode };
    uint32_t first, next = 0;
    int rc = 0;

    while (!rc && value.len) {
        if (!vnuma__host_take_range(&value, VNUMA_BITMAP_MAX, &first, &next))
            return vnuma__host_bad_row(reader->draft, value,
                                       "this is not a list of CPUs");
        for (; !rc && first < next; first++) {
            pcpu.pcpu = first;
            rc = vnuma__draft_add_pcpu(reader->draft, pcpu, value.span);
        }
    }
    return rc;
}

static int read_distances(linux_reader *reader, vnuma__draft_pnode *pnode,
                          vnuma__text value)
{
    vnuma__text word;
    uint32_t distance;
    int rc = 0;

    if (pnode->num_distances)
        return vnuma__host_bad_row(reader->draft, value,
                                   "the distances of this node are given "
                                   "twice");
    while (!rc && vnuma__host_word(&value, &word)) {
        if (!vnuma__host_distance(word, &distance))
            return vnuma__host_bad_row(reader->draft, word,
                                       "this is not a distance");
        rc = vnuma__draft_add_distance(reader->draft, pnode, distance,
                                       word.span);
    }
    return rc;
}

/* "Node 0 MemTotal:       14772440 kB"; free memory is a sum. */
static void read_meminfo(vnuma__draft_pnode *pnode, vnuma__text value)
{
    static const char *const summands[] = { "MemFree", "Active(file)",
                                            "Inactive(file)", "SReclaimable" };
    vnuma__text key, word;
    uint64_t memkb;
    unsigned int i;

    vnuma__host_word(&value, &word);
    vnuma__host_word(&value, &word);
    if (!take_key(&value, &key) || !read_kb(value, &memkb))
        return;
    if (vnuma__text_equal(key, "MemTotal"))
        pnode->memkb = memkb;
    for (i = 0; i < sizeof(summands) / sizeof(summands[0]); i++)
        if (vnuma__text_equal(key, summands[i]))
            pnode->free_memkb = pnode->free_memkb == VNUMA_MEMKB_UNKNOWN
                                    ? memkb
                                    : pnode->free_memkb + memkb;
}

/* Those of that size, which are added if they are new; NULL: @rc_r. */
static vnuma__pages *find_pages(linux_reader *reader,
                                const vnuma__draft_pnode *pnode,
                                uint64_t page_kb, vnuma_span span, int *rc_r)
{
    vnuma_topology *host = &reader->draft->host;
    const vnuma__pages none = { pnode->pnode, page_kb, 0, VNUMA_PAGES_UNKNOWN,
                                0 };
    unsigned int i;

    for (i = 0; i < host->num_pages; i++)
        if (host->pages[i].pnode == pnode->pnode &&
            host->pages[i].page_kb == page_kb)
            return &host->pages[i];
    *rc_r = vnuma__draft_add_pages(reader->draft, none, span);
    return *rc_r ? NULL : &host->pages[host->num_pages - 1];
}

/* @path: "hugepages-2048kB/nr_hugepages" */
static int read_pages(linux_reader *reader, const vnuma__draft_pnode *pnode,
                      vnuma__text path, vnuma__text value)
{
    uint64_t page_kb, number;
    vnuma__pages *pages;
    int rc = 0;

    if (!take(&path, "hugepages-") || !take_number(&path, &page_kb) ||
        !page_kb || page_kb > UINT64_C(1) << 40 || !take(&path, "kB/"))
        return 0;
    if (!vnuma__text_to_u64(vnuma__text_trim(value), MAX_PAGES, &number))
        return vnuma__host_bad_row(reader->draft, value,
                                   "this is not a number of pages");
    pages = find_pages(reader, pnode, page_kb, value.span, &rc);
    if (!pages)
        return rc;
    if (vnuma__text_equal(path, "nr_hugepages"))
        pages->total = number;
    else if (vnuma__text_equal(path, "free_hugepages"))
        pages->free = number;
    else if (vnuma__text_equal(path, "surplus_hugepages"))
        pages->surplus = number;
    return 0;
}

/* "0-3,8": only how many they are, to compare. */
static int read_online(linux_reader *reader, vnuma__text value)
{
    uint32_t first, next = 0;

    value = vnuma__text_trim(value);
    reader->online_span = value.span;
    reader->num_online = 0;
    while (value.len) {
        if (!vnuma__host_take_range(&value, VNUMA__PNODE_NUMBER_MAX + 1,
                                    &first, &next))
            return vnuma__host_bad_row(reader->draft, value,
                                       "this is not a list of nodes");
        reader->num_online += next - first;
    }
    return 0;
}

/* @path: after NODE */
static int read_node(linux_reader *reader, vnuma__text path, vnuma__text value)
{
    vnuma__draft_pnode *pnode;
    uint64_t number;
    int rc;

    if (vnuma__text_equal(path, "online"))
        return read_online(reader, value);
    if (!take(&path, "node") || !take_number(&path, &number) ||
        !take(&path, "/"))
        return 0;
    pnode = number > VNUMA__PNODE_NUMBER_MAX
                ? NULL
                : vnuma__draft_find_pnode(reader->draft, (uint32_t)number);
    if (!pnode) {
        rc = vnuma__draft_add_pnode(reader->draft, number, path.span, &pnode);
        if (rc)
            return rc;
    }
    if (vnuma__text_equal(path, "cpulist"))
        return read_cpulist(reader, pnode, vnuma__text_trim(value));
    if (vnuma__text_equal(path, "distance"))
        return read_distances(reader, pnode, value);
    if (vnuma__text_equal(path, "meminfo"))
        read_meminfo(pnode, value);
    return take(&path, "hugepages/") ? read_pages(reader, pnode, path, value)
                                     : 0;
}

/* ---- CPUs and settings -------------------------------------------------- */

/*
 * @path: "3/topology/physical_package_id".  A core is known by its first CPU,
 * as Linux counts core_id from 0 in each die.
 */
static void read_cpu(linux_reader *reader, vnuma__text path, vnuma__text value)
{
    uint64_t pcpu, number;

    if (!take_number(&path, &pcpu) || pcpu >= VNUMA_BITMAP_MAX ||
        !take(&path, "/topology/") || !take_number(&value, &number) ||
        number >= INT32_MAX)
        return;
    if (vnuma__text_equal(path, "physical_package_id"))
        reader->places[pcpu].socket = (uint32_t)number + 1;
    else if (vnuma__text_equal(path, "thread_siblings_list"))
        reader->places[pcpu].core = (uint32_t)number + 1;
}

/* Of a CPU's flags only what KVM needs; all CPUs have the same. */
static int read_flags(linux_reader *reader, vnuma__text path,
                      vnuma__text value)
{
    static const char *const wanted[] = { "vmx", "svm",  "ept",
                                          "npt", "vpid", "flexpriority" };
    char found[64] = "";
    vnuma__text key, word;
    unsigned int i;

    if (reader->has_flags || !take_key(&value, &key) ||
        !vnuma__text_equal(key, "flags"))
        return 0;
    reader->has_flags = true;
    while (vnuma__host_word(&value, &word))
        for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
            if (vnuma__text_equal(word, wanted[i]) &&
                !strstr(found, wanted[i]))
                strcat(strcat(found, *found ? " " : ""), wanted[i]);
    return vnuma__draft_add_fact(
        reader->draft, path,
        (vnuma__text){ found, strlen(found), value.span, false });
}

/* "SwapTotal: 2048 kB" of the whole host, and what could be had of it. */
static int read_memory(linux_reader *reader, vnuma__text path,
                       vnuma__text value)
{
    vnuma__text key, number;
    uint64_t memkb;

    if (!take_key(&value, &key) || !read_kb(value, &memkb))
        return 0;
    if (vnuma__text_equal(key, "MemAvailable"))
        reader->available = memkb;
    if (!vnuma__text_equal(key, "SwapTotal"))
        return 0;
    vnuma__host_word(&value, &number);
    return vnuma__draft_add_fact(reader->draft, path, number);
}

/* "hugetlbfs /dev/hugepages hugetlbfs rw 0 0"; others are passed over. */
static void read_mount(linux_reader *reader, vnuma__text path,
                       vnuma__text value)
{
    size_t len = strlen(reader->mounts);
    vnuma__text word, point;

    reader->mounts_path = path;
    if (vnuma__host_word(&value, &word) && vnuma__host_word(&value, &point) &&
        vnuma__host_word(&value, &word) &&
        vnuma__text_equal(word, "hugetlbfs") &&
        point.len + 2 < sizeof(reader->mounts) - len)
        sprintf(reader->mounts + len, len ? " %.*s" : "%.*s",
                VNUMA__TEXT_ARG(point));
}

static bool is_reserved(vnuma__text path)
{
    static const char end[] = "kB/resv_hugepages";

    return vnuma__text_starts_with(path, RESERVED) && path.len > sizeof(end) &&
           !memcmp(path.ptr + path.len - strlen(end), end, strlen(end));
}

static int read_setting(linux_reader *reader, vnuma__text path,
                        vnuma__text value)
{
    vnuma__host_setting setting = vnuma__host_setting_of(path.ptr, path.len);

    if (setting == VNUMA__CPU_FLAGS)
        return read_flags(reader, path, value);
    if (setting == VNUMA__SWAP)
        return read_memory(reader, path, value);
    if (setting == VNUMA__HUGETLBFS) {
        read_mount(reader, path, value);
        return 0;
    }
    if (setting == VNUMA__NUM_SETTINGS && !is_reserved(path))
        return 0;
    return vnuma__draft_add_fact(reader->draft, path, vnuma__text_trim(value));
}

/* ---- the whole ---------------------------------------------------------- */

static int read_line(void *user, vnuma__text line)
{
    linux_reader *reader = user;
    uint32_t colon = vnuma__text_find(line, ':');
    vnuma__text path = vnuma__text_slice(line, 0, colon);
    vnuma__text value = vnuma__text_slice(line, colon + 1, line.len);

    path = vnuma__text_skip_space(path);
    if (!vnuma__text_trim(line).len)
        return 0;
    if (!vnuma__text_starts_with(path, "/"))
        return vnuma__host_bad_row(reader->draft, line,
                                   "this is not a file of /sys or /proc");
    if (colon == line.len)
        return 0; /* it is cut, or says nothing */
    if (take(&path, NODE))
        return read_node(reader, path, value);
    if (take(&path, CPU)) {
        read_cpu(reader, path, value);
        return 0;
    }
    reader->has_end |= vnuma__text_equal(path, "/proc/version");
    return read_setting(reader, path, value);
}

/* Columns are in the order of numbers, whatever the order of the files. */
static void set_columns(vnuma__draft *draft)
{
    unsigned int i, j;

    draft->num_columns = draft->num_pnodes;
    for (i = 0; i < draft->num_pnodes; i++) {
        draft->pnodes[i].column = 0;
        for (j = 0; j < draft->num_pnodes; j++)
            draft->pnodes[i].column +=
                draft->pnodes[j].pnode < draft->pnodes[i].pnode;
    }
    for (i = 0; i < draft->num_pnodes; i++)
        if (draft->pnodes[i].num_distances)
            return;
    draft->num_columns = 0;
}

static void set_free(linux_reader *reader)
{
    vnuma__draft *draft = reader->draft;
    uint64_t all = 0;
    unsigned int i;

    for (i = 0; i < draft->num_pnodes; i++)
        vnuma__add_memkb(&all, draft->pnodes[i].free_memkb);
    if (all == VNUMA_MEMKB_UNKNOWN || reader->available >= all)
        return;
    for (i = 0; i < draft->num_pnodes; i++)
        draft->pnodes[i].free_memkb =
            (uint64_t)((double)draft->pnodes[i].free_memkb / (double)all *
                       (double)reader->available);
}

static void set_places(linux_reader *reader)
{
    unsigned int i;

    for (i = 0; i < reader->draft->num_pcpus; i++) {
        vnuma_pcpu *pcpu = &reader->draft->pcpus[i].pcpu;
        const place *at = &reader->places[pcpu->pcpu];

        if (at->core && at->socket) {
            pcpu->core = at->core - 1;
            pcpu->socket = at->socket - 1;
        }
    }
}

static void finish(linux_reader *reader)
{
    vnuma__draft *draft = reader->draft;

    if (!reader->has_end)
        vnuma__draft_is_cut(draft, "before /proc/version");
    else if (reader->online_span.source &&
             reader->num_online != draft->num_pnodes)
        vnuma__error(draft->diags, "host-count", reader->online_span,
                     "%u nodes are online, %u described", reader->num_online,
                     draft->num_pnodes);
    set_columns(draft);
    set_free(reader);
    set_places(reader);
}

static int read_linux(vnuma__text text, vnuma__draft *draft)
{
    linux_reader reader = { .draft = draft, .available = VNUMA_MEMKB_UNKNOWN };
    vnuma__text open;
    int rc;

    reader.places = calloc(VNUMA_BITMAP_MAX, sizeof(*reader.places));
    if (!reader.places)
        return VNUMA_ERROR_NOMEM;
    rc = vnuma__host_each_line(text, draft, read_line, &reader, &open);
    if (!rc && reader.mounts_path.ptr)
        rc = vnuma__draft_add_fact(
            draft, reader.mounts_path,
            (vnuma__text){ reader.mounts, strlen(reader.mounts),
                           reader.mounts_path.span, false });
    if (!rc && vnuma__draft_is_sound(draft))
        finish(&reader);
    free(reader.places);
    return rc;
}

const vnuma__host_form vnuma__linux_form = {
    .starts = { NODE },
    .commands = { NULL },
    .read = read_linux,
};
