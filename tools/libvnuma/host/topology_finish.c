/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks the draft of a host: every count, number and matrix is compared with
 * the others, whichever form they came from.  The rest of the library trusts
 * the result.
 */
#include "config.h"

#include "host/topology_draft.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* qsort() is not stable: equal ones stay in the order of the text. */
static int compare(uint32_t a, vnuma_span a_span, uint32_t b,
                   vnuma_span b_span)
{
    uint64_t x = (uint64_t)a << 32 | a_span.start;
    uint64_t y = (uint64_t)b << 32 | b_span.start;

    return (x > y) - (x < y);
}

static int compare_pnodes(const void *a, const void *b)
{
    const vnuma__draft_pnode *x = a, *y = b;

    return compare(x->pnode, x->span, y->pnode, y->span);
}

static int compare_pcpus(const void *a, const void *b)
{
    const vnuma__draft_pcpu *x = a, *y = b;

    return compare(x->pcpu.pcpu, x->span, y->pcpu.pcpu, y->span);
}

static int compare_pages(const void *a, const void *b)
{
    const vnuma__pages *x = a, *y = b;

    if (x->pnode != y->pnode)
        return x->pnode < y->pnode ? -1 : 1;
    return (x->page_kb > y->page_kb) - (x->page_kb < y->page_kb);
}

/* ---- what can be wrong -------------------------------------------------- */

static void check_pnodes(vnuma__draft *draft)
{
    unsigned int i;

    for (i = 0; i < draft->num_pnodes; i++) {
        const vnuma__draft_pnode *pnode = &draft->pnodes[i];

        if (i && pnode[-1].pnode == pnode->pnode) {
            vnuma__error(draft->diags, "host-node-twice", pnode->span,
                         "node %u is given twice", pnode->pnode);
            vnuma__related(draft->diags, pnode[-1].span, "first given here");
        }
        if (pnode->memkb != VNUMA_MEMKB_UNKNOWN &&
            pnode->free_memkb != VNUMA_MEMKB_UNKNOWN &&
            pnode->free_memkb > pnode->memkb)
            vnuma__warning(draft->diags, "host-memory", pnode->span,
                           "node %u has more free memory (%" PRIu64
                           " MiB) than memory (%" PRIu64 " MiB)",
                           pnode->pnode, pnode->free_memkb >> 10,
                           pnode->memkb >> 10);
    }
}

static void check_pages(vnuma__draft *draft)
{
    unsigned int i;

    for (i = 0; i < draft->host.num_pages; i++) {
        const vnuma__pages *pages = &draft->host.pages[i];

        if (pages->surplus > pages->total ||
            (pages->free > pages->total && pages->free != VNUMA_PAGES_UNKNOWN))
            vnuma__error(draft->diags, "host-pages", draft->text_span,
                         "node %" PRIu32 " has %" PRIu64
                         " pages of %" PRIu64 " KiB, and more that are free "
                         "or surplus",
                         pages->pnode, pages->total, pages->page_kb);
        if (vnuma__draft_is_hopeless(draft))
            return;
    }
}

static void check_pcpus(vnuma__draft *draft)
{
    unsigned int i;

    for (i = 0; i < draft->num_pcpus; i++) {
        const vnuma__draft_pcpu *pcpu = &draft->pcpus[i];

        if (vnuma__draft_is_hopeless(draft))
            return;
        if (i && pcpu[-1].pcpu.pcpu == pcpu->pcpu.pcpu) {
            vnuma__error(draft->diags, "host-cpu-twice", pcpu->span,
                         "CPU %u is given twice", pcpu->pcpu.pcpu);
            vnuma__related(draft->diags, pcpu[-1].span, "first given here");
        }
        if (pcpu->pcpu.pnode != VNUMA_ID_UNKNOWN &&
            !vnuma__draft_find_pnode(draft, pcpu->pcpu.pnode))
            vnuma__error(draft->diags, "host-cpu-node", pcpu->span,
                         "CPU %u is on node %u, which does not exist",
                         pcpu->pcpu.pcpu, pcpu->pcpu.pnode);
    }
}

static void check_pcidevs(vnuma__draft *draft)
{
    unsigned int i;

    for (i = 0; i < draft->num_pcidevs; i++) {
        const vnuma__draft_pcidev *pcidev = &draft->pcidevs[i];

        if (vnuma__draft_is_hopeless(draft))
            return;
        if (!vnuma__draft_find_pnode(draft, pcidev->pcidev.pnode))
            vnuma__error(draft->diags, "host-device-node", pcidev->span,
                         "PCI device on node %u, which does not exist",
                         pcidev->pcidev.pnode);
    }
}

/* ---- facts that count what is in the tables ------------------------------ */

/* A CPU without a node is offline; a host may count it or not. */
static unsigned int count_online(const vnuma__draft *draft)
{
    unsigned int num = 0, i;

    for (i = 0; i < draft->num_pcpus; i++)
        num += draft->pcpus[i].pcpu.pnode != VNUMA_ID_UNKNOWN;
    return num;
}

typedef struct {
    const char *key, *what;
    uint64_t least, most; /* what the tables allow */
} counted;

static void check_count(const vnuma__draft *draft, unsigned int fact,
                        const counted *count)
{
    const char *value = draft->host.facts[fact].value;
    vnuma__text text = { value, value ? (uint32_t)strlen(value) : 0,
                         draft->fact_spans[fact], false };
    uint64_t said;

    if (!vnuma__text_to_u64(vnuma__text_trim(text), UINT64_MAX, &said))
        vnuma__error(draft->diags, "host-count", text.span,
                     "%s is not a number", count->key);
    else if (said < count->least || said > count->most)
        vnuma__error(draft->diags, "host-count", text.span,
                     "%s is %" PRIu64 ", but the tables have %" PRIu64 " %s",
                     count->key, said,
                     said < count->least ? count->least : count->most,
                     count->what);
}

/* CPUs are sorted. */
static void check_counts(const vnuma__draft *draft)
{
    unsigned int num = draft->num_pcpus, fact, i;
    const counted counts[] = {
        { "nr_nodes", "nodes", draft->num_pnodes, draft->num_pnodes },
        { "nr_cpus", "CPUs", count_online(draft), num },
        { "max_cpu_id", "as the number of the last CPU",
          num ? draft->pcpus[num - 1].pcpu.pcpu : 0, UINT64_MAX },
    };

    for (fact = 0; fact < draft->host.num_facts; fact++)
        for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
            if (!vnuma__draft_is_hopeless(draft) &&
                !strcmp(draft->host.facts[fact].key, counts[i].key))
                check_count(draft, fact, &counts[i]);
}

/* ---- the matrix --------------------------------------------------------- */

/*
 * Finds each pnode's column.  A text that names its columns is believed.  xl
 * prints no row for a node number that does not exist, but a column; other
 * texts have as many columns as rows.  Without gaps both are the same.  This
 * runs before the rows are sorted, as columns are in the order of rows.
 */
static void find_columns(vnuma__draft *draft)
{
    unsigned int i, num_columns = 0, last = 0;
    bool by_number; /* one column for each number, also for missing ones */

    if (draft->num_columns)
        return;
    for (i = 0; i < draft->num_pnodes; i++) {
        if (draft->pnodes[i].num_distances > num_columns)
            num_columns = draft->pnodes[i].num_distances;
        if (draft->pnodes[i].pnode > last)
            last = draft->pnodes[i].pnode;
    }
    if (!num_columns) /* a host that does not know its distances */
        return;
    by_number = !draft->columns_are_rows && num_columns == last + 1;
    draft->num_columns = by_number ? num_columns : draft->num_pnodes;
    for (i = 0; i < draft->num_pnodes; i++)
        draft->pnodes[i].column = by_number ? draft->pnodes[i].pnode : i;
}

static void check_distances(vnuma__draft *draft)
{
    unsigned int i;

    for (i = 0; i < draft->num_pnodes; i++) {
        const vnuma__draft_pnode *pnode = &draft->pnodes[i];

        if (pnode->num_distances != draft->num_columns)
            vnuma__error(draft->diags, "host-distances", pnode->distances_span,
                         "node %u has %u distances, needs %u (one per node)",
                         pnode->pnode, pnode->num_distances,
                         draft->num_columns);
    }
}

static void fill_distances(const vnuma__draft *draft, uint32_t *distances)
{
    unsigned int row, to;

    for (row = 0; row < draft->num_pnodes; row++)
        for (to = 0; to < draft->num_pnodes; to++) {
            const vnuma__draft_pnode *from = &draft->pnodes[row];
            unsigned int column = draft->pnodes[to].column;

            *distances++ = column < from->num_distances
                               ? from->distances[column]
                               : VNUMA_DISTANCE_UNKNOWN;
        }
}

/* ---- the value ---------------------------------------------------------- */

static int fill_pcpus(vnuma__draft *draft)
{
    unsigned int i;

    for (i = 0; i < draft->num_pcpus; i++) {
        vnuma_pcpu pcpu = draft->pcpus[i].pcpu;
        const vnuma__draft_pnode *of =
            vnuma__draft_find_pnode(draft, pcpu.pnode);

        draft->host.pcpus[i] = pcpu;
        if (of &&
            vnuma_bitmap_set(&draft->host.pnodes[of - draft->pnodes].pcpus,
                             pcpu.pcpu))
            return VNUMA_ERROR_NOMEM;
    }
    return 0;
}

static int make_host(vnuma__draft *draft)
{
    size_t num_pnodes = draft->num_pnodes, i;
    vnuma_topology *host = &draft->host;

    host->pnodes = calloc(num_pnodes, sizeof(*host->pnodes));
    host->distances =
        calloc(num_pnodes * num_pnodes, sizeof(*host->distances));
    /* One more, as calloc(0) may return NULL. */
    host->pcpus = calloc(draft->num_pcpus + 1, sizeof(*host->pcpus));
    host->pcidevs = calloc(draft->num_pcidevs + 1, sizeof(*host->pcidevs));
    if (!host->pnodes || !host->distances || !host->pcpus || !host->pcidevs)
        return VNUMA_ERROR_NOMEM;

    host->num_pnodes = draft->num_pnodes;
    host->num_pcpus = draft->num_pcpus;
    host->num_pcidevs = draft->num_pcidevs;
    for (i = 0; i < num_pnodes; i++) {
        host->pnodes[i].pnode = draft->pnodes[i].pnode;
        host->pnodes[i].memkb = draft->pnodes[i].memkb;
        host->pnodes[i].free_memkb = draft->pnodes[i].free_memkb;
    }
    for (i = 0; i < draft->num_pcidevs; i++)
        host->pcidevs[i] = draft->pcidevs[i].pcidev;
    fill_distances(draft, host->distances);
    return fill_pcpus(draft);
}

static int check_all(vnuma__draft *draft)
{
    if (!vnuma__draft_is_sound(draft))
        return VNUMA_ERROR_HOST;
    if (!draft->num_pnodes) {
        vnuma__error(draft->diags, "host-no-nodes", draft->text_span,
                     "the text does not describe any node");
        vnuma__hint(draft->diags, "\"xl info\" needs -n, and \"numactl\" "
                                  "needs -H");
        return VNUMA_ERROR_HOST;
    }
    find_columns(draft);
    qsort(draft->pnodes, draft->num_pnodes, sizeof(*draft->pnodes),
          compare_pnodes);
    if (draft->num_pcpus)
        qsort(draft->pcpus, draft->num_pcpus, sizeof(*draft->pcpus),
              compare_pcpus);
    if (draft->host.num_pages)
        qsort(draft->host.pages, draft->host.num_pages,
              sizeof(*draft->host.pages), compare_pages);
    check_pnodes(draft);
    check_distances(draft);
    check_counts(draft);
    check_pcpus(draft);
    check_pcidevs(draft);
    check_pages(draft);
    return vnuma__draft_is_sound(draft) ? 0 : VNUMA_ERROR_HOST;
}

int vnuma__draft_finish(vnuma__draft *draft, vnuma_topology *topology_r)
{
    int rc = check_all(draft);

    if (!rc)
        rc = make_host(draft);
    if (!rc) {
        *topology_r = draft->host;
        draft->host = (vnuma_topology){ 0 };
    }
    return rc;
}
