/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The text of "numactl -H", which describes the host where Xen does not run
 * (in dom0 it describes only dom0).  What numactl prints:
 *
 *   "available:" count "nodes" [ "(" list ")" ]
 *   for each node:
 *     "node" number "cpus:" { number } | { range "," } "(" count ")"
 *     "node" number "size:" MiB "MB" | "<not available>"
 *     "node" number "free:" MiB "MB" | "<not available>"
 *   "node distances:"
 *   "node" { number }
 *   { number ":" { distance } }
 *
 * or, instead of the matrix, "No distance information available.".  Newer
 * versions print CPUs as ranges and a count (--cpu-compress).
 */
#include "config.h"

#include "host/topology_draft.h"

#include <inttypes.h>
#include <string.h>

#define NO_DISTANCES "No distance information available."

typedef struct {
    vnuma__draft *draft;
    bool in_distances;
    bool has_end; /* the matrix, or the line instead of it, was there */
    /* Whose row of CPUs is read, or was the line before; else NULL. */
    vnuma__draft_pnode *cpus_of;
    uint64_t num_cpus; /* that the row has named */
    vnuma_span available_span;
    uint64_t available; /* number of nodes, if available_span has a source */
} numactl_reader;

/* ---- node N cpus, size, free -------------------------------------------- */

/* "5" or "0-3", with or without a comma at the end. */
static bool parse_range(vnuma__text word, uint64_t *first_r, uint64_t *last_r)
{
    uint32_t dash;

    if (word.len && word.ptr[word.len - 1] == ',')
        word = vnuma__text_slice(word, 0, word.len - 1);
    dash = vnuma__text_find(word, '-');
    if (!vnuma__text_to_u64(vnuma__text_slice(word, 0, dash),
                            VNUMA_BITMAP_MAX - 1, first_r))
        return false;
    *last_r = *first_r;
    return dash == word.len ||
           (vnuma__text_to_u64(vnuma__text_slice(word, dash + 1, word.len),
                               VNUMA_BITMAP_MAX - 1, last_r) &&
            *first_r <= *last_r);
}

/* "(8)": how many CPUs the ranges before it name. */
static int check_cpu_count(numactl_reader *reader, vnuma__text word)
{
    uint64_t said;

    if (word.ptr[word.len - 1] != ')' ||
        !vnuma__text_to_u64(vnuma__text_slice(word, 1, word.len - 1),
                            UINT64_MAX, &said))
        return vnuma__host_bad_row(reader->draft, word,
                                   "this is not a number of CPUs");
    if (said == reader->num_cpus)
        return 0;
    return vnuma__host_error(reader->draft, "host-count", word.span,
                             "%" PRIu64 " CPUs announced, %" PRIu64 " named",
                             said, reader->num_cpus);
}

static int read_cpus(numactl_reader *reader, vnuma__text rest)
{
    vnuma_pcpu pcpu = { 0, VNUMA_ID_UNKNOWN, VNUMA_ID_UNKNOWN,
                        reader->cpus_of->pnode };
    uint64_t first, last, i;
    vnuma__text word;
    int rc;

    while (vnuma__host_word(&rest, &word)) {
        if (word.ptr[0] == '(')
            return check_cpu_count(reader, word);
        if (!parse_range(word, &first, &last))
            return vnuma__host_bad_row(reader->draft, word,
                                       "this is not a CPU number");
        for (i = first; i <= last; i++) {
            pcpu.pcpu = (uint32_t)i;
            rc = vnuma__draft_add_pcpu(reader->draft, pcpu, word.span);
            if (rc)
                return rc;
        }
        reader->num_cpus += last - first + 1;
    }
    return 0;
}

static int read_memory(vnuma__draft *draft, vnuma__text rest,
                       uint64_t *memkb_r)
{
    vnuma__text word;

    rest = vnuma__text_trim(rest);
    if (vnuma__text_equal(rest, "<not available>"))
        return 0;
    if (!vnuma__host_word(&rest, &word) || !vnuma__host_mib(word, memkb_r))
        return vnuma__host_bad_row(draft, word,
                                   "this is not an amount of memory in MB");
    if (!vnuma__text_equal(vnuma__text_trim(rest), "MB"))
        return vnuma__host_bad_row(draft, rest, "the unit is not MB");
    return 0;
}

/*
 * The row of a node's CPUs is its first and adds it, also when it has none; the
 * others find it.
 */
static int get_pnode(numactl_reader *reader, vnuma__text word, bool is_first,
                     vnuma__draft_pnode **pnode_r)
{
    uint64_t pnode;

    if (!vnuma__text_to_u64(word, UINT64_MAX, &pnode))
        return vnuma__host_bad_row(reader->draft, word,
                                   "this is not a node number");
    *pnode_r = NULL;
    if (!is_first && pnode <= VNUMA__PNODE_NUMBER_MAX)
        *pnode_r = vnuma__draft_find_pnode(reader->draft, (uint32_t)pnode);
    if (*pnode_r)
        return 0;
    if (!is_first) {
        vnuma__error(reader->draft->diags, "host-row", word.span,
                     "there is no row \"node %" PRIu64 " cpus:\" before this",
                     pnode);
        vnuma__hint(reader->draft->diags,
                    "numactl prints one for each node, an empty one for a "
                    "node without CPUs");
    }
    return vnuma__draft_add_pnode(reader->draft, pnode, word.span, pnode_r);
}

/* Reads what follows "node" outside of the matrix. */
static int read_property(numactl_reader *reader, vnuma__text rest)
{
    vnuma__draft_pnode *pnode;
    vnuma__text number, word;
    bool is_cpus, is_size;
    int rc;

    vnuma__host_word(&rest, &number);
    vnuma__host_word(&rest, &word);
    is_cpus = vnuma__text_equal(word, "cpus:");
    is_size = vnuma__text_equal(word, "size:");
    if (!is_cpus && !is_size && !vnuma__text_equal(word, "free:"))
        return vnuma__host_bad_row(reader->draft, word,
                                   "this is not a line of \"numactl -H\"");
    rc = get_pnode(reader, number, is_cpus, &pnode);
    if (rc)
        return rc;
    reader->cpus_of = is_cpus ? pnode : NULL;
    reader->num_cpus = 0;
    if (is_cpus)
        return read_cpus(reader, rest);
    return read_memory(reader->draft, rest,
                       is_size ? &pnode->memkb : &pnode->free_memkb);
}

/* ---- the matrix --------------------------------------------------------- */

static int read_columns(vnuma__draft *draft, vnuma__text rest)
{
    vnuma__draft_pnode *pnode;
    vnuma__text word;
    uint32_t id;

    while (vnuma__host_word(&rest, &word)) {
        pnode = vnuma__host_id(word, VNUMA__PNODE_NUMBER_MAX, &id)
                    ? vnuma__draft_find_pnode(draft, id)
                    : NULL;
        if (!pnode)
            return vnuma__host_bad_row(draft, word,
                                       "this node does not exist");
        pnode->column = draft->num_columns++;
    }
    return 0;
}

/* "   0:   10   16 ..." */
static int read_row(vnuma__draft *draft, vnuma__text line)
{
    vnuma__draft_pnode *pnode;
    vnuma__text number, word;
    uint32_t id, distance;
    int rc;

    vnuma__host_word(&line, &number);
    if (!number.len || number.ptr[number.len - 1] != ':')
        return vnuma__host_bad_row(draft, number,
                                   "this is not a line of \"numactl -H\"");
    number = vnuma__text_slice(number, 0, number.len - 1);
    if (!vnuma__host_id(number, VNUMA__PNODE_NUMBER_MAX, &id))
        return vnuma__host_bad_row(draft, number, "this is not a node number");
    pnode = vnuma__draft_find_pnode(draft, id);
    if (!pnode)
        return vnuma__host_bad_row(draft, number, "this node does not exist");
    if (pnode->num_distances)
        return vnuma__host_bad_row(draft, number,
                                   "the distances of this node are given "
                                   "twice");
    while (vnuma__host_word(&line, &word)) {
        if (!vnuma__host_distance(word, &distance))
            return vnuma__host_bad_row(draft, word, "this is not a distance");
        rc = vnuma__draft_add_distance(draft, pnode, distance, word.span);
        if (rc)
            return rc;
    }
    return 0;
}

/* ---- the whole ---------------------------------------------------------- */

static int read_available(numactl_reader *reader, vnuma__text rest)
{
    vnuma__text word;

    vnuma__host_word(&rest, &word);
    if (!vnuma__text_to_u64(word, UINT64_MAX, &reader->available))
        return vnuma__host_bad_row(reader->draft, word,
                                   "this is not a number of nodes");
    reader->available_span = word.span;
    return 0;
}

static int read_line(void *user, vnuma__text line)
{
    numactl_reader *reader = user;
    vnuma__text rest = line, word;
    uint64_t first, last;

    if (!vnuma__host_word(&rest, &word))
        return 0;
    /* What a mail program has wrapped: numbers below a row of CPUs. */
    if (reader->cpus_of &&
        (word.ptr[0] == '(' || parse_range(word, &first, &last)))
        return read_cpus(reader, line);
    reader->cpus_of = NULL;
    line = vnuma__text_trim(line);
    if (vnuma__text_equal(word, "available:"))
        return read_available(reader, rest);
    if (vnuma__text_equal(line, "node distances:")) {
        reader->in_distances = reader->has_end = true;
        return 0;
    }
    if (vnuma__text_equal(line, NO_DISTANCES)) {
        reader->has_end = true;
        return 0;
    }
    if (!vnuma__text_equal(word, "node"))
        return read_row(reader->draft, line);
    return reader->in_distances ? read_columns(reader->draft, rest)
                                : read_property(reader, rest);
}

static bool has_every_row(const vnuma__draft *draft)
{
    unsigned int i;

    for (i = 0; i < draft->num_pnodes; i++)
        if (!draft->pnodes[i].num_distances)
            return false;
    return draft->num_columns;
}

/* NULL: the text is whole; @open: its last line, if no newline ends it. */
static const char *find_cut(const numactl_reader *reader, vnuma__text open)
{
    if (!reader->has_end)
        return "before the distances";
    if (reader->in_distances && !has_every_row(reader->draft))
        return "inside the matrix of distances";
    if (open.len && !vnuma__host_ends_in_matrix(open) &&
        !vnuma__text_equal(open, NO_DISTANCES))
        return "inside a line";
    return NULL;
}

/*
 * In dom0 numactl shows dom0.  Nothing in its output tells, but what was
 * pasted with it may: a prompt, for one.
 */
static void remark_on_dom0(const numactl_reader *reader)
{
    const vnuma_source *source = reader->draft->text_span.source;

    if (reader->draft->num_pnodes != 1 || (!strcasestr(source->text, "xen") &&
                                           !strcasestr(source->text, "dom0")))
        return;
    vnuma__note(reader->draft->diags, "host-dom0", reader->available_span,
                "this is of a machine with Xen and has one node: in dom0 "
                "numactl shows dom0's own view, not the host");
    vnuma__hint(reader->draft->diags, "give the output of \"xl info -n\"");
}

static void check_end(numactl_reader *reader, vnuma__text open)
{
    const char *cut = find_cut(reader, open);

    if (cut)
        vnuma__draft_is_cut(reader->draft, cut);
    if (cut || !reader->available_span.source ||
        reader->available == reader->draft->num_pnodes)
        return;
    vnuma__error(reader->draft->diags, "host-count", reader->available_span,
                 "%" PRIu64 " nodes announced, %u described",
                 reader->available, reader->draft->num_pnodes);
}

static int read_numactl(vnuma__text text, vnuma__draft *draft)
{
    numactl_reader reader = { .draft = draft };
    vnuma__text open;
    int rc = vnuma__host_each_line(text, draft, read_line, &reader, &open);

    if (!rc && vnuma__draft_is_sound(draft)) {
        remark_on_dom0(&reader);
        check_end(&reader, open);
    }
    return rc;
}

const vnuma__host_form vnuma__numactl_form = {
    .starts = { "available: ", "node distances:" },
    .commands = { "numactl -H", "numactl --hardware" },
    .read = read_numactl,
};
