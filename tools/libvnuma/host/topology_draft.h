/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host while it is being read: what the text says, in its order, each with
 * its place.  The readers (xl info, numactl, JSON) only fill a draft;
 * vnuma__draft_finish() checks whether it makes sense.  Everything here is
 * bounded, however long the text is.
 */
#ifndef VNUMA_TOPOLOGY_DRAFT_H
#define VNUMA_TOPOLOGY_DRAFT_H

#include "base/diag.h"
#include "base/text.h"
#include "host/topology.h"

/* The largest node number of Linux, which has the largest of all sources. */
#define VNUMA__PNODE_NUMBER_MAX 1023u
#define VNUMA__MAX_PCIDEVS 65536u
#define VNUMA__MAX_FACTS 1024u
#define VNUMA__MAX_PAGES 1024u /* sizes of pages of all pnodes */
/* After this many mistakes the text is probably something else. */
#define VNUMA__MAX_HOST_ERRORS 10u

typedef struct {
    uint32_t pnode;
    uint64_t memkb, free_memkb;
    uint32_t *distances; /* owned */
    unsigned int num_distances;
    unsigned int column; /* of distances to it; VNUMA_ID_UNKNOWN: none yet */
    vnuma_span span;     /* its number */
    vnuma_span distances_span;
} vnuma__draft_pnode;

typedef struct {
    vnuma_pcpu pcpu;
    vnuma_span span;
} vnuma__draft_pcpu;

typedef struct {
    vnuma_pcidev pcidev;
    vnuma_span span;
} vnuma__draft_pcidev;

typedef struct {
    vnuma_diags *diags;         /* borrowed */
    unsigned int errors_before; /* errors in diags when the draft began */
    vnuma_span text_span;       /* where to report what has no place */
    vnuma_span end_span;        /* where the text ends */
    vnuma__draft_pnode *pnodes; /* owned, like all below */
    unsigned int num_pnodes;
    /* Of the matrix; without any vnuma__draft_finish() says which. */
    unsigned int num_columns;
    bool columns_are_rows; /* in their order, whatever the numbers */
    vnuma__draft_pcpu *pcpus;
    unsigned int num_pcpus;
    vnuma__draft_pcidev *pcidevs;
    unsigned int num_pcidevs;
    /* Pools, facts, pages and knows_load; vnuma__draft_finish() adds more. */
    vnuma_topology host;
    vnuma_span *fact_spans;
} vnuma__draft;

void vnuma__draft_dispose(vnuma__draft *draft);

/* Reports an error of the text; it is VNUMA_ERROR_HOST, to be returned. */
#define vnuma__host_error(draft, id, span, ...)                               \
    (vnuma__error((draft)->diags, (id), (span), __VA_ARGS__), VNUMA_ERROR_HOST)
/* The same of a row: what is wrong with it, and the beginning of @at. */
#define vnuma__host_bad_row(draft, at, what)                                  \
    vnuma__host_error((draft), "host-row", (at).span, "%s: \"%.*s\"", (what), \
                      (int)((at).len < 40 ? (at).len : 40), (at).ptr)

/* Whether the text had no error so far. */
bool vnuma__draft_is_sound(const vnuma__draft *draft);

/* Reports that the text is not whole: it ends "before the distances". */
void vnuma__draft_is_cut(vnuma__draft *draft, const char *where);

/* Whether further reading would only give more errors of the same cause. */
bool vnuma__draft_is_hopeless(const vnuma__draft *draft);

/*
 * Each adds one thing, or reports that there are too many and adds nothing.
 * Returns 0, VNUMA_ERROR_HOST (too many, a number out of range) or
 * VNUMA_ERROR_NOMEM.  *pnode_r and *pool_r are valid until the next is added.
 */
int vnuma__draft_add_pnode(vnuma__draft *draft, uint64_t pnode,
                           vnuma_span span, vnuma__draft_pnode **pnode_r);
int vnuma__draft_add_distance(vnuma__draft *draft, vnuma__draft_pnode *pnode,
                              uint32_t distance, vnuma_span span);
int vnuma__draft_add_pcpu(vnuma__draft *draft, vnuma_pcpu pcpu,
                          vnuma_span span);
int vnuma__draft_add_pcidev(vnuma__draft *draft, vnuma_pcidev pcidev,
                            vnuma_span span);
int vnuma__draft_add_pool(vnuma__draft *draft, uint32_t poolid,
                          vnuma__text name, vnuma_span span,
                          vnuma_pool **pool_r);
/* Of a pnode that is there. */
int vnuma__draft_add_pages(vnuma__draft *draft, vnuma__pages pages,
                           vnuma_span span);
/* @value.ptr is NULL for a line that ends at the colon. */
int vnuma__draft_add_fact(vnuma__draft *draft, vnuma__text key,
                          vnuma__text value);

/* Reports a line that is none of xl info; returns VNUMA_ERROR_HOST. */
int vnuma__draft_no_line(vnuma__draft *draft, vnuma_span span);
/* Adds to the value of the last fact, which has one. */
int vnuma__draft_extend_fact(vnuma__draft *draft, vnuma__text rest);

/* Returns the pnode of that number, or NULL.  Linear: there are few. */
vnuma__draft_pnode *vnuma__draft_find_pnode(vnuma__draft *draft,
                                            uint32_t pnode);

/*
 * Checks the draft as a whole, unless there were errors before, and makes the
 * value.  Returns 0, VNUMA_ERROR_HOST or VNUMA_ERROR_NOMEM.
 */
int vnuma__draft_finish(vnuma__draft *draft, vnuma_topology *topology_r);

/* Reads digits, or a text for an unknown number: "-", "-1", ~0. */
bool vnuma__host_id(vnuma__text text, uint32_t max, uint32_t *id_r);
/* A distance below 10, which ACPI leaves undefined, becomes unknown. */
bool vnuma__host_distance(vnuma__text text, uint32_t *distance_r);
/* Reads "ssss:bb:dd.f"; does not change the pnode. */
bool vnuma__host_address(vnuma__text text, vnuma_pcidev *pcidev);
/* Reads MiB as KiB; ~0 bytes or ~0 in MiB is unknown. */
bool vnuma__host_mib(vnuma__text text, uint64_t *memkb_r);

/* ---- lines and words ---------------------------------------------------- */

/*
 * Calls @read for each line up to the first error, as one mistake makes others
 * of lines below it; *open_r is then the last line, trimmed, if no newline ends
 * it: it may be cut.  Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__host_each_line(vnuma__text text, vnuma__draft *draft,
                          int (*read)(void *reader, vnuma__text line),
                          void *reader, vnuma__text *open_r);
/* Takes the next word off the front; false: none is left. */
bool vnuma__host_word(vnuma__text *rest, vnuma__text *word_r);
/* Whether a last line of a matrix that no newline ends is whole; trimmed. */
bool vnuma__host_ends_in_matrix(vnuma__text line);
/* Overwrites what was pasted around the text with blanks: pasted.c. */
void vnuma__host_unpaste(char *text, uint32_t len);

/* ---- the forms ---------------------------------------------------------- */

/*
 * The titles of xl info's tables.  A title is kept as a fact without a value,
 * to mark where its table was.
 */
#define VNUMA__TITLE_CPUS "cpu_topology"
#define VNUMA__TITLE_DEVICES "device topology"
#define VNUMA__TITLE_NODES "numa_info"

/* A form: how it is known, and what reads it. */
typedef struct {
    /* Beginnings of lines; what every host of the form has comes first. */
    const char *starts[7];
    const char *commands[4]; /* that print it: they may be pasted with it */
    /* Returns 0, also after errors, VNUMA_ERROR_HOST or VNUMA_ERROR_NOMEM. */
    int (*read)(vnuma__text text, vnuma__draft *draft);
} vnuma__host_form;

extern const vnuma__host_form vnuma__json_form, vnuma__libvirt_form,
    vnuma__linux_form, vnuma__numactl_form, vnuma__xl_form;
/* All of them, ended by NULL, and how users are told of them. */
extern const vnuma__host_form *const vnuma__host_forms[];
#define VNUMA__HOST_FORMS_ARE                                                 \
    "give the output of \"xl info -n\", of \"numactl -H\", of "               \
    "\"virsh capabilities\", of \"xl-vnuma topology --json\" or of "          \
    "\"xl-vnuma report\", or a folder with a copy of /sys and /proc"

/* topology_json.c: a host, or a report of one, whose text was parsed. */
int vnuma__draft_read_json(vnuma__draft *draft,
                           const vnuma__jsondoc_value *root);

#endif
