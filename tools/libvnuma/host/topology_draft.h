/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host while it is being read: what the text said, in the order it said it,
 * each with its place.  The readers (xl info, numactl, JSON) only fill a
 * draft; whether it makes sense is asked once, in vnuma__draft_finish().
 * Everything here is bounded, however long the text is.
 */
#ifndef VNUMA_TOPOLOGY_DRAFT_H
#define VNUMA_TOPOLOGY_DRAFT_H

#include "base/text.h"
#include "vnuma.h"

/* A Linux node number, the largest of the sources', is below this. */
#define VNUMA__PNODE_NUMBER_MAX 1023u
#define VNUMA__MAX_PCIDEVS 65536u
#define VNUMA__MAX_FACTS 1024u
/* After this many mistakes the text is something else. */
#define VNUMA__MAX_HOST_ERRORS 10u

typedef struct {
    uint32_t pnode;
    uint64_t memkb, free_memkb;
    uint32_t *distances; /* owned */
    unsigned int num_distances;
    unsigned int row; /* its place in the text, counted from 0 */
    vnuma_span span;  /* its number */
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
    unsigned int errors_before; /* of diags, when the draft began */
    vnuma_span text_span;       /* where to say what has no place */
    vnuma__draft_pnode *pnodes; /* owned; likewise the following */
    unsigned int num_pnodes;
    /* The pnode numbers over the columns of the matrix; none: see finish. */
    uint32_t *columns;
    unsigned int num_columns;
    vnuma__draft_pcpu *pcpus;
    unsigned int num_pcpus, size_pcpus;
    vnuma__draft_pcidev *pcidevs;
    unsigned int num_pcidevs, size_pcidevs;
    vnuma_fact *facts;
    vnuma_span *fact_spans;
    unsigned int num_facts;
} vnuma__draft;

void vnuma__draft_init(vnuma__draft *draft, const vnuma_source *source,
                       vnuma_diags *diags);
void vnuma__draft_dispose(vnuma__draft *draft);

/* True when reading on would only repeat what was reported. */
bool vnuma__draft_is_hopeless(const vnuma__draft *draft);

/*
 * Each adds one thing, or reports that there are too many and adds nothing.
 * Return 0, VNUMA_ERROR_HOST (too many, a number out of range) or
 * VNUMA_ERROR_NOMEM.
 */
int vnuma__draft_add_pnode(vnuma__draft *draft, uint64_t pnode,
                           vnuma_span span, vnuma__draft_pnode **pnode_r);
int vnuma__draft_add_distance(vnuma__draft *draft, vnuma__draft_pnode *pnode,
                              uint32_t distance, vnuma_span span);
int vnuma__draft_add_column(vnuma__draft *draft, uint32_t pnode,
                            vnuma_span span);
int vnuma__draft_add_pcpu(vnuma__draft *draft, vnuma_pcpu pcpu,
                          vnuma_span span);
int vnuma__draft_add_pcidev(vnuma__draft *draft, vnuma_pcidev pcidev,
                            vnuma_span span);
/* @value.ptr NULL: a line that ends at the colon. */
int vnuma__draft_add_fact(vnuma__draft *draft, vnuma__text key,
                          vnuma__text value);

/* The pnode of that number, or NULL: a walk, for there are few. */
vnuma__draft_pnode *vnuma__draft_find_pnode(vnuma__draft *draft,
                                            uint32_t pnode);

/*
 * Compares everything with everything else and makes the value.
 * Returns 0, VNUMA_ERROR_HOST or VNUMA_ERROR_NOMEM.
 */
int vnuma__draft_finish(vnuma__draft *draft, vnuma_topology *topology_r);

/* Digits, or one of the ways to say that a number is not there: - -1 ~0. */
bool vnuma__host_id(vnuma__text text, uint32_t max, uint32_t *id_r);
/* Distances that ACPI leaves undefined (below 10) are unknown. */
bool vnuma__host_distance(vnuma__text text, uint32_t *distance_r);
/* "ssss:bb:dd.f", the pnode is not touched. */
bool vnuma__host_address(vnuma__text text, vnuma_pcidev *pcidev);
/* MiB -> KiB; ~0 as bytes or as MiB is unknown. */
bool vnuma__host_mib(vnuma__text text, uint64_t *memkb_r);

/* ---- lines and words ------------------------------------------------------ */

/* Takes the next line, without its end, off the front; false: none left. */
bool vnuma__host_line(vnuma__text *rest, vnuma__text *line_r);
/* Takes the next word off the front; false: none left. */
bool vnuma__host_word(vnuma__text *rest, vnuma__text *word_r);
bool vnuma__host_starts_with(vnuma__text text, const char *prefix);

/* ---- the forms ------------------------------------------------------------- */

int vnuma__read_xl_info(vnuma__text text, vnuma__draft *draft);
int vnuma__read_numactl(vnuma__text text, vnuma__draft *draft);
int vnuma__read_host_json(vnuma__text text, vnuma__draft *draft);

/* Titles of xl info's tables: facts without a value, where a table stands. */
#define VNUMA__TITLE_CPUS "cpu_topology"
#define VNUMA__TITLE_DEVICES "device topology"
#define VNUMA__TITLE_NODES "numa_info"

#endif
