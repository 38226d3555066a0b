/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The text of "xl info -n", read and printed.  What xl prints, and so what is
 * read:
 *
 *   text    = { line }
 *   line    = key " : " value                        a fact, kept as it is
 *           | "cpu_topology :"     heading { number ":" core socket pnode }
 *           | "device topology :"  heading { ssss ":" bb ":" dd "." f pnode }
 *           | "numa_info :"        heading { number ":" size free distances }
 *
 * The tables and their rows may be in any order.  Where Xen has no value, xl
 * prints ~0 as -1; it prints no row that has no value at all.
 */
#include "config.h"

#include "host/topology_draft.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/print.h"

/* ---- tables, read and printed ------------------------------------------- */

typedef struct {
    const char *title;
    const char *heading; /* beginning of the line after the title */
    bool (*is_row)(vnuma__text line); /* which does not begin with a blank */
    int (*read_row)(vnuma__draft *draft, vnuma__text line);
    void (*print)(const vnuma_topology *topology, FILE *f);
} table;

/* "   0:  ..." */
static bool is_numbered(vnuma__text line)
{
    return vnuma__digit(line.ptr[0]) < 10;
}

/* Takes "number:" off the front. */
static bool take_number(vnuma__text *rest, vnuma__text *word_r,
                        uint64_t *number_r)
{
    return vnuma__text_next(rest, ':', word_r) && rest->ptr &&
           vnuma__text_to_u64(*word_r, UINT64_MAX, number_r);
}

static int read_cpu_row(vnuma__draft *draft, vnuma__text line)
{
    uint32_t ids[3];
    vnuma__text word, number;
    uint64_t pcpu;
    unsigned int i;

    if (!take_number(&line, &number, &pcpu) || pcpu >= VNUMA_BITMAP_MAX)
        return vnuma__host_bad_row(draft, number, "this is not a CPU number");
    for (i = 0; i < 3; i++) {
        if (!vnuma__host_word(&line, &word))
            return vnuma__host_bad_row(
                draft, number, "core, socket or node is missing for CPU");
        if (!vnuma__host_id(word, INT32_MAX, &ids[i]))
            return vnuma__host_bad_row(draft, word, "this is not a number");
    }
    if (vnuma__host_word(&line, &word))
        return vnuma__host_bad_row(draft, word,
                                   "this row has too many columns");
    return vnuma__draft_add_pcpu(
        draft, (vnuma_pcpu){ (uint32_t)pcpu, ids[0], ids[1], ids[2] },
        number.span);
}

static void print_cpus(const vnuma_topology *topology, FILE *f)
{
    unsigned int i;

    fputs("cpu:    core    socket     node\n", f);
    for (i = 0; i < topology->num_pcpus; i++) {
        const vnuma_pcpu *pcpu = &topology->pcpus[i];

        fprintf(f,
                "%3" PRIu32 ":    %4" PRId32 "     %4" PRId32 "     %4" PRId32
                "\n",
                pcpu->pcpu, (int32_t)pcpu->core, (int32_t)pcpu->socket,
                (int32_t)pcpu->pnode);
    }
}

static int read_distances(vnuma__draft *draft, vnuma__draft_pnode *pnode,
                          vnuma__text list)
{
    vnuma__text item;
    uint32_t distance;
    int rc;

    while (vnuma__text_next(&list, ',', &item)) {
        if (!vnuma__host_distance(item, &distance))
            return vnuma__host_bad_row(draft, item, "this is not a distance");
        rc = vnuma__draft_add_distance(draft, pnode, distance, item.span);
        if (rc)
            return rc;
    }
    return 0;
}

static int read_node_row(vnuma__draft *draft, vnuma__text line)
{
    vnuma__draft_pnode *pnode;
    vnuma__text word, number;
    uint64_t value;
    int rc;

    if (!take_number(&line, &number, &value))
        return vnuma__host_bad_row(draft, number, "this is not a node number");
    rc = vnuma__draft_add_pnode(draft, value, number.span, &pnode);
    if (rc)
        return rc;
    if (!vnuma__host_word(&line, &word) ||
        !vnuma__host_mib(word, &pnode->memkb))
        return vnuma__host_bad_row(draft, word,
                                   "this is not an amount of memory in MiB");
    if (!vnuma__host_word(&line, &word) ||
        !vnuma__host_mib(word, &pnode->free_memkb))
        return vnuma__host_bad_row(
            draft, word, "this is not an amount of free memory in MiB");
    line = vnuma__text_trim(line);
    return line.len ? read_distances(draft, pnode, line) : 0;
}

/* Unknown is -1, as xl prints what it does not know in its other columns. */
static int64_t to_mib(uint64_t memkb)
{
    return memkb == VNUMA_MEMKB_UNKNOWN ? -1 : (int64_t)(memkb >> 10);
}

/* One column for each number up to the last, also for missing ones. */
static void print_distances(const vnuma_topology *topology, unsigned int row,
                            FILE *f)
{
    const uint32_t *distance =
        &topology->distances[(size_t)row * topology->num_pnodes];
    uint32_t number = 0;
    unsigned int i;

    for (i = 0; i < topology->num_pnodes; i++) {
        for (; number < topology->pnodes[i].pnode; number++)
            fputs(number ? ",-1" : "-1", f);
        fprintf(f, "%s%" PRId32, number++ ? "," : "", (int32_t)distance[i]);
    }
}

static void print_nodes(const vnuma_topology *topology, FILE *f)
{
    unsigned int i;

    fputs("node:    memsize    memfree    distances\n", f);
    for (i = 0; i < topology->num_pnodes; i++) {
        const vnuma_pnode *pnode = &topology->pnodes[i];

        fprintf(f, "%4" PRIu32 ":    %6" PRId64 "     %6" PRId64 "      ",
                pnode->pnode, to_mib(pnode->memkb), to_mib(pnode->free_memkb));
        print_distances(topology, i, f);
        fputc('\n', f);
    }
}

/* ssss:bb:dd.f */
static bool is_address(vnuma__text line)
{
    static const char form[] = "xxxx:xx:xx.x";
    unsigned int i;

    if (line.len < sizeof(form) - 1)
        return false;
    for (i = 0; i < sizeof(form) - 1; i++)
        if (form[i] == 'x' ? vnuma__digit(line.ptr[i]) > 15
                           : line.ptr[i] != form[i])
            return false;
    return true;
}

bool vnuma__host_address(vnuma__text text, vnuma_pcidev *pcidev)
{
    char address[sizeof("ssss:bb:dd.f")] = "";

    if (text.len != sizeof(address) - 1 || !is_address(text))
        return false;
    memcpy(address, text.ptr, text.len);
    return sscanf(address, "%hx:%hhx:%hhx.%hhx", &pcidev->segment,
                  &pcidev->bus, &pcidev->device, &pcidev->function) == 4 &&
           pcidev->device < 32 && pcidev->function < 8;
}

static int read_device_row(vnuma__draft *draft, vnuma__text line)
{
    vnuma_pcidev pcidev = { 0 };
    vnuma__text address, word;

    vnuma__host_word(&line, &address);
    if (!vnuma__host_address(address, &pcidev))
        return vnuma__host_bad_row(draft, address,
                                   "this is not the address of a PCI device");
    if (!vnuma__host_word(&line, &word) ||
        !vnuma__host_id(word, VNUMA__PNODE_NUMBER_MAX, &pcidev.pnode))
        return vnuma__host_bad_row(draft, word, "this is not a node number");
    if (vnuma__host_word(&line, &word))
        return vnuma__host_bad_row(draft, word,
                                   "this row has too many columns");
    if (pcidev.pnode == VNUMA_ID_UNKNOWN)
        return 0;
    return vnuma__draft_add_pcidev(draft, pcidev, address.span);
}

#define NO_DEVICES "No device topology data available"

static void print_devices(const vnuma_topology *topology, FILE *f)
{
    unsigned int i;

    fputs("device           node\n", f);
    for (i = 0; i < topology->num_pcidevs; i++) {
        const vnuma_pcidev *pcidev = &topology->pcidevs[i];

        fprintf(f, "%04x:%02x:%02x.%01x      %" PRId32 "\n", pcidev->segment,
                pcidev->bus, pcidev->device, pcidev->function,
                (int32_t)pcidev->pnode);
    }
    if (!topology->num_pcidevs)
        fputs(NO_DEVICES "\n", f);
}

/* In xl's order. */
static const table tables[] = {
    { VNUMA__TITLE_CPUS, "cpu:", is_numbered, read_cpu_row, print_cpus },
    { VNUMA__TITLE_DEVICES, "device  ", is_address, read_device_row,
      print_devices },
    { VNUMA__TITLE_NODES, "node:", is_numbered, read_node_row, print_nodes },
};

#define NUM_TABLES (sizeof(tables) / sizeof(tables[0]))

static const table *find_table(vnuma__text title)
{
    unsigned int i;

    for (i = 0; i < NUM_TABLES; i++)
        if (vnuma__text_equal(title, tables[i].title))
            return &tables[i];
    return NULL;
}

/* ---- reading ------------------------------------------------------------ */

/*
 * There is a blank after each key of xl's, so "On Monday, Joe wrote:" is none;
 * and none has a "=", but Xen's command line has.
 */
static bool has_no_key(vnuma__text line)
{
    uint32_t colon = vnuma__text_find(line, ':');

    return colon == line.len || vnuma__text_find(line, '=') < colon ||
           !colon || !strchr(" \t", line.ptr[colon - 1]);
}

/*
 * The rest of a fact that a mail program or a terminal has wrapped, where it
 * is certain how the two belong together: after a blank that is still there.
 */
static bool is_rest(const vnuma__draft *draft, vnuma__text line)
{
    const vnuma_topology *host = &draft->host;
    const char *value =
        host->num_facts ? host->facts[host->num_facts - 1].value : NULL;
    size_t len = value ? strlen(value) : 0;

    return has_no_key(line) && len && value[len - 1] == ' ';
}

typedef struct {
    vnuma__draft *draft;
    const table *in; /* what the last title began; NULL: none did */
} xl_reader;

/* Reads a fact or the title of a table. */
static int read_fact(xl_reader *reader, vnuma__text line)
{
    vnuma__draft *draft = reader->draft;
    vnuma__text key, value = { NULL, 0, line.span, false };
    uint32_t at = vnuma__text_find(line, ':');

    if (has_no_key(line))
        return vnuma__draft_no_line(draft, line.span);
    key = vnuma__text_trim(vnuma__text_slice(line, 0, at));
    if (++at < line.len)
        value = vnuma__text_slice(line, at + (line.ptr[at] == ' '), line.len);
    reader->in = find_table(key);
    if (reader->in) {
        if (value.ptr && vnuma__text_trim(value).len)
            return vnuma__host_bad_row(draft, value,
                                       "nothing may follow this title");
        value.ptr = NULL;
        value.len = 0;
    }
    return vnuma__draft_add_fact(draft, key, value);
}

static int read_line(void *user, vnuma__text line)
{
    xl_reader *reader = user;
    const table *in = reader->in;

    line = vnuma__text_skip_space(line);
    if (!line.len)
        return 0;
    if (in && in->is_row(line))
        return in->read_row(reader->draft, line);
    if (in && (vnuma__text_starts_with(line, in->heading) ||
               vnuma__text_starts_with(line, NO_DEVICES)))
        return 0;
    return is_rest(reader->draft, line)
               ? vnuma__draft_extend_fact(reader->draft, line)
               : read_fact(reader, line);
}

/*
 * xl's last line is always the same; without it the text may be a part that
 * somebody copied, or cut.
 */
static void check_end(vnuma__draft *draft, vnuma__text open, const table *in)
{
    const char *end = vnuma_topology_fact(&draft->host, "xend_config_format");
    const char *nodes = vnuma_topology_fact(&draft->host, "nr_nodes");

    if (end && !strcmp(end, "4"))
        return;
    if (open.len && !(in && vnuma__host_ends_in_matrix(open)))
        vnuma__draft_is_cut(draft, "inside a line");
    else if (!end && (!draft->num_pnodes ||
                      (nodes && strtoul(nodes, NULL, 10) > draft->num_pnodes)))
        vnuma__draft_is_cut(draft, "before all nodes are described");
}

static int read_xl_info(vnuma__text text, vnuma__draft *draft)
{
    xl_reader reader = { .draft = draft };
    vnuma__text open;
    int rc = vnuma__host_each_line(text, draft, read_line, &reader, &open);

    if (!rc && vnuma__draft_is_sound(draft))
        check_end(draft, open, reader.in);
    return rc;
}

const vnuma__host_form vnuma__xl_form = {
    .starts = { "nr_nodes ", "nr_cpus ", VNUMA__TITLE_CPUS,
                VNUMA__TITLE_DEVICES, VNUMA__TITLE_NODES, "xen_version " },
    .commands = { "xl info -n", "xl info --numa", "xl-vnuma topology" },
    .read = read_xl_info,
};

/* ---- printing ----------------------------------------------------------- */

static void print_number(const char *key, int64_t number, FILE *f)
{
    fprintf(f, "%-23s: %" PRId64 "\n", key, number);
}

/* Prints what xl prints before its tables, as far as it is known. */
static void print_summary(const vnuma_topology *topology, FILE *f)
{
    uint64_t memkb = 0, free_memkb = 0;
    unsigned int i, num_online = 0;

    for (i = 0; i < topology->num_pcpus; i++)
        num_online += topology->pcpus[i].pnode != VNUMA_ID_UNKNOWN;
    for (i = 0; i < topology->num_pnodes; i++) {
        const vnuma_pnode *pnode = &topology->pnodes[i];

        vnuma__add_memkb(&memkb, pnode->memkb);
        vnuma__add_memkb(&free_memkb, pnode->free_memkb);
    }
    print_number("nr_cpus", num_online, f);
    if (topology->num_pcpus)
        print_number("max_cpu_id",
                     topology->pcpus[topology->num_pcpus - 1].pcpu, f);
    print_number("nr_nodes", topology->num_pnodes, f);
    print_number("total_memory", to_mib(memkb), f);
    print_number("free_memory", to_mib(free_memkb), f);
}

static void print_table(const vnuma_topology *topology, const table *which,
                        FILE *f)
{
    fprintf(f, "%-23s:\n", which->title);
    which->print(topology, f);
}

/* Else its facts, if there are any, are files of Linux. */
static bool is_of_xl(const vnuma_topology *topology)
{
    unsigned int i;

    for (i = 0; i < topology->num_facts; i++)
        if (topology->facts[i].key[0] != '/')
            return true;
    return false;
}

char *vnuma_topology_to_text(const vnuma_topology *topology)
{
    bool printed[NUM_TABLES] = { false };
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);
    unsigned int i;

    if (!f)
        return NULL;
    if (!is_of_xl(topology))
        print_summary(topology, f);
    for (i = 0; i < topology->num_facts; i++) {
        const vnuma_fact *fact = &topology->facts[i];
        const table *which = find_table(
            (vnuma__text){ .ptr = fact->key, .len = strlen(fact->key) });

        if (!which)
            fprintf(f, "%-22s :%s%s\n", fact->key, fact->value ? " " : "",
                    fact->value ? fact->value : "");
        else if (!printed[which - tables])
            print_table(topology, which, f);
        if (which)
            printed[which - tables] = true;
    }
    for (i = 0; i < NUM_TABLES; i++)
        if (!printed[i])
            print_table(topology, &tables[i], f);
    return vnuma__print_end(&out, false);
}
