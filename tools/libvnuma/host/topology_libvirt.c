/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The XML of "virsh capabilities", of which this is read:
 *
 *   <capabilities><host><topology><cells num=>
 *     <cell id=>
 *       <memory unit='KiB'>N</memory>
 *       <pages unit='KiB' size=>N</pages>             how many the node has
 *       <distances><sibling id= value=/></distances>
 *       <cpus num=><cpu id= socket_id= core_id= siblings=/></cpus>
 *
 * Free memory is not in it.  libvirt names the size of ordinary pages first.
 */
#include "config.h"

#include "host/topology_draft.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "base/xml.h"

/* A page cannot be larger, nor be counted further. */
#define MAX_PAGE_KB (UINT64_C(1) << 40)
#define MAX_PAGES (UINT64_C(1) << 52)

typedef enum {
    OTHER, /* what is not read, with all inside */
    ROOT,  /* in which the document is */
    CAPABILITIES,
    HOST,
    TOPOLOGY,
    CELLS,
    CELL,
    MEMORY,
    PAGES,
    DISTANCES,
    SIBLING,
    CPUS,
    CPU,
} element;

typedef struct {
    vnuma__draft *draft;
    vnuma__xml xml;
    element open[VNUMA__XML_MAX_DEPTH + 1];
    int rc; /* why reading stopped, if it is not the XML's */
    vnuma__draft_pnode *cell;
    char number[24]; /* what is inside MEMORY or PAGES */
    unsigned int num_digits;
    vnuma_span number_span; /* of the tag before it */
    uint64_t page_kb;       /* of the PAGES that is open; 0: ordinary pages */
    bool has_ordinary;      /* pages of the cell */
    uint32_t *columns; /* owned; the siblings of the first cell that has any */
    unsigned int num_columns, first; /* number of cells up to that one */
    vnuma_span counted_span[2];      /* of num= of cells and of cpus */
    uint64_t counted[2], num_cpus;
} xml_reader;

/* ---- places and numbers ------------------------------------------------- */

static vnuma_span current(const xml_reader *x)
{
    return vnuma__xml_current(&x->xml).span;
}

/* Ends reading after an error, which was reported, or without memory. */
static void keep(xml_reader *x, int rc)
{
    if (!rc)
        return;
    x->rc = rc;
    vnuma__xml_stop(&x->xml, "host-xml", NULL);
}

static void bad_element(xml_reader *x, const char *what)
{
    if (x->rc)
        return;
    keep(x, vnuma__host_error(x->draft, "host-xml", current(x), "%s", what));
}

static vnuma__text find(const char **attributes, const char *name)
{
    vnuma__text none = { .ptr = NULL };

    for (; *attributes; attributes += 2)
        if (!strcmp(attributes[0], name))
            return (vnuma__text){ .ptr = attributes[1],
                                  .len = strlen(attributes[1]) };
    return none;
}

/* An attribute that is missing is unknown, and so is one that is "-1". */
static bool read_id(const char **attributes, const char *name, uint32_t *id_r)
{
    vnuma__text text = find(attributes, name);

    *id_r = VNUMA_ID_UNKNOWN;
    return !text.ptr || vnuma__host_id(text, INT32_MAX, id_r);
}

/* libvirt has one unit here, whatever it takes in domains. */
static void check_unit(xml_reader *x, const char **attributes)
{
    vnuma__text unit = find(attributes, "unit");

    if (unit.ptr && !vnuma__text_equal(unit, "KiB"))
        bad_element(x, "the unit is not KiB");
}

/* ---- elements ----------------------------------------------------------- */

static void count(xml_reader *x, const char **attributes, unsigned int which)
{
    vnuma__text num = find(attributes, "num");

    x->counted_span[which] = VNUMA__NOWHERE;
    if (!num.ptr)
        return;
    if (!vnuma__text_to_u64(num, UINT32_MAX, &x->counted[which]))
        bad_element(x, "num= is not a number");
    else
        x->counted_span[which] = current(x);
}

static void check_count(xml_reader *x, unsigned int which, uint64_t found)
{
    if (!x->counted_span[which].source || x->counted[which] == found || x->rc)
        return;
    keep(x, vnuma__host_error(
                x->draft, "host-count", x->counted_span[which],
                "%" PRIu64 " %s announced, %" PRIu64 " described",
                x->counted[which], which ? "CPUs" : "nodes", found));
}

static void on_cells(xml_reader *x, const char **attributes)
{
    count(x, attributes, 0);
}

static void on_cell(xml_reader *x, const char **attributes)
{
    uint64_t id;

    if (!vnuma__text_to_u64(find(attributes, "id"), UINT64_MAX, &id)) {
        bad_element(x, "id= is not a node number");
        return;
    }
    x->has_ordinary = false;
    keep(x, vnuma__draft_add_pnode(x->draft, id, current(x), &x->cell));
}

static void on_memory(xml_reader *x, const char **attributes)
{
    check_unit(x, attributes);
    x->num_digits = 0;
    x->number_span = current(x);
}

static void on_pages(xml_reader *x, const char **attributes)
{
    vnuma__text size = find(attributes, "size");

    on_memory(x, attributes);
    if (!vnuma__text_to_u64(size, MAX_PAGE_KB, &x->page_kb) || !x->page_kb)
        bad_element(x, "size= is not the size of a page");
    if (!x->has_ordinary)
        x->page_kb = 0;
    x->has_ordinary = true;
}

/*
 * All cells name the same siblings in the same order, as libvirt writes them:
 * these are the columns of the matrix.
 */
static void on_sibling(xml_reader *x, const char **attributes)
{
    unsigned int column = x->cell->num_distances;
    uint32_t id, distance;

    if (!vnuma__host_id(find(attributes, "id"), VNUMA__PNODE_NUMBER_MAX,
                        &id) ||
        !vnuma__host_distance(find(attributes, "value"), &distance)) {
        bad_element(x, "this is not a distance to a node");
        return;
    }
    if (!x->num_columns)
        x->first = x->draft->num_pnodes;
    if (x->first == x->draft->num_pnodes && column == x->num_columns) {
        if (!VNUMA__GROW(x->columns, x->num_columns)) {
            keep(x, VNUMA_ERROR_NOMEM);
            return;
        }
        x->columns[x->num_columns++] = id;
    }
    if (column >= x->num_columns || x->columns[column] != id)
        bad_element(x, "the cells before have other siblings");
    else
        keep(x, vnuma__draft_add_distance(x->draft, x->cell, distance,
                                          current(x)));
}

static void on_cpus(xml_reader *x, const char **attributes)
{
    x->num_cpus = 0;
    count(x, attributes, 1);
}

/*
 * A CPU's core is the first of its siblings: core_id begins again in each die.
 */
static void on_cpu(xml_reader *x, const char **attributes)
{
    vnuma__text siblings = find(attributes, "siblings");
    vnuma_pcpu pcpu = { .pnode = x->cell->pnode };
    uint64_t number, first;

    if (!vnuma__text_to_u64(find(attributes, "id"), VNUMA_BITMAP_MAX - 1,
                            &number) ||
        !read_id(attributes, "socket_id", &pcpu.socket) ||
        !read_id(attributes, "core_id", &pcpu.core)) {
        bad_element(x, "this is not a CPU");
        return;
    }
    pcpu.pcpu = (uint32_t)number;
    if (vnuma__text_take_digits(&siblings, 10, &first) &&
        first < VNUMA_BITMAP_MAX)
        pcpu.core = (uint32_t)first;
    x->num_cpus++;
    keep(x, vnuma__draft_add_pcpu(x->draft, pcpu, current(x)));
}

/* What is in them is known once they end. */
static void end_number(xml_reader *x, element which)
{
    vnuma__text text = { x->number, x->num_digits, x->number_span, false };
    uint64_t number;

    text = vnuma__text_trim(text);
    if (!vnuma__text_to_u64(text, MAX_PAGES, &number))
        bad_element(x, "this is not an amount");
    else if (which == MEMORY)
        x->cell->memkb = number;
    else if (x->page_kb)
        keep(x, vnuma__draft_add_pages(
                    x->draft,
                    (vnuma__pages){ x->cell->pnode, x->page_kb, number,
                                    VNUMA_PAGES_UNKNOWN, 0 },
                    x->number_span));
}

static const struct {
    const char *name;
    element in;
    void (*start)(xml_reader *x, const char **attributes);
} elements[] = {
    [CAPABILITIES] = { "capabilities", ROOT, NULL },
    [HOST] = { "host", CAPABILITIES, NULL },
    [TOPOLOGY] = { "topology", HOST, NULL },
    [CELLS] = { "cells", TOPOLOGY, on_cells },
    [CELL] = { "cell", CELLS, on_cell },
    [MEMORY] = { "memory", CELL, on_memory },
    [PAGES] = { "pages", CELL, on_pages },
    [DISTANCES] = { "distances", CELL, NULL },
    [SIBLING] = { "sibling", DISTANCES, on_sibling },
    [CPUS] = { "cpus", CELL, on_cpus },
    [CPU] = { "cpu", CPUS, on_cpu },
};

/* ---- as they come ------------------------------------------------------- */

static void on_start(vnuma__xml *xml, const char *name, const char **atts)
{
    xml_reader *x = xml->user;
    element which = OTHER, e;

    for (e = CAPABILITIES; e <= CPU; e++)
        if (elements[e].in == x->open[xml->depth - 1] &&
            !strcmp(elements[e].name, name))
            which = e;
    x->open[xml->depth] = which;
    if (which != OTHER && elements[which].start)
        elements[which].start(x, atts);
}

static void on_end(vnuma__xml *xml)
{
    xml_reader *x = xml->user;
    element which = x->open[xml->depth + 1];

    if (which == MEMORY || which == PAGES)
        end_number(x, which);
    else if (which == CPUS)
        check_count(x, 1, x->num_cpus);
    else if (which == CELLS)
        check_count(x, 0, x->draft->num_pnodes);
}

/* What does not fit is too long for a number. */
static void on_data(vnuma__xml *xml, const char *bytes, int len)
{
    xml_reader *x = xml->user;
    element which = x->open[xml->depth];
    int i;

    for (i = 0; (which == MEMORY || which == PAGES) && i < len; i++) {
        if (x->num_digits < sizeof(x->number))
            x->number[x->num_digits++] = bytes[i];
        else
            x->number[0] = '?';
    }
}

/* ---- the whole ---------------------------------------------------------- */

static void set_columns(const xml_reader *x)
{
    vnuma__draft_pnode *pnode;
    unsigned int i;

    for (i = 0; i < x->num_columns; i++) {
        pnode = vnuma__draft_find_pnode(x->draft, x->columns[i]);
        if (pnode)
            pnode->column = i;
    }
    x->draft->num_columns = x->num_columns;
}

static int read_libvirt(vnuma__text text, vnuma__draft *draft)
{
    /* Before a declaration of XML there may be no blanks. */
    xml_reader x = {
        .draft = draft,
        .open = { ROOT },
        .xml = { .text = vnuma__text_slice(text, vnuma__text_find(text, '<'),
                                           text.len),
                 .start = on_start,
                 .end = on_end,
                 .data = on_data },
    };
    int rc;

    x.xml.user = &x;
    rc = vnuma__xml_read(&x.xml);
    if (!rc)
        set_columns(&x);
    else if (rc != VNUMA_ERROR_NOMEM)
        rc = x.rc ? x.rc
                  : vnuma__host_error(draft, "host-xml", x.xml.at.span, "%s",
                                      x.xml.problem);
    vnuma__xml_dispose(&x.xml);
    free(x.columns);
    return rc;
}

const vnuma__host_form vnuma__libvirt_form = {
    .starts = { "<capabilities" },
    .commands = { "virsh capabilities" },
    .read = read_libvirt,
};
