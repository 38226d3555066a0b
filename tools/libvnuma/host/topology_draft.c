/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Filling the draft of a host, and the numbers, words and lines that the
 * readers of all its forms need.  topology_finish.c judges the finished draft.
 */
#include "config.h"

#include "host/topology_draft.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"

bool vnuma__draft_is_sound(const vnuma__draft *draft)
{
    return draft->diags->num_errors == draft->errors_before;
}

void vnuma__draft_is_cut(vnuma__draft *draft, const char *where)
{
    vnuma__error(draft->diags, "host-truncated", draft->end_span,
                 "the text ends %s", where);
}

void vnuma__draft_dispose(vnuma__draft *draft)
{
    unsigned int i;

    for (i = 0; i < draft->num_pnodes; i++)
        free(draft->pnodes[i].distances);
    vnuma__topology_dispose(&draft->host);
    free(draft->pnodes);
    free(draft->pcpus);
    free(draft->pcidevs);
    free(draft->fact_spans);
}

bool vnuma__draft_is_hopeless(const vnuma__draft *draft)
{
    return draft->diags->num_errors - draft->errors_before >=
           VNUMA__MAX_HOST_ERRORS;
}

/* Makes room for one more thing of @size bytes, up to @max things. */
static int grow_things(vnuma__draft *draft, void *things, unsigned int num,
                       size_t size, unsigned int max, const char *what,
                       vnuma_span span)
{
    if (num >= max)
        return vnuma__host_error(draft, "host-size", span,
                                 "the host has more than %u %s", max, what);
    return vnuma__grow(things, num, size) ? 0 : VNUMA_ERROR_NOMEM;
}

int vnuma__draft_add_pnode(vnuma__draft *draft, uint64_t pnode,
                           vnuma_span span, vnuma__draft_pnode **pnode_r)
{
    int rc;

    if (pnode > VNUMA__PNODE_NUMBER_MAX)
        return vnuma__host_error(draft, "host-node", span,
                                 "%" PRIu64
                                 " is not a node number: the largest is %u",
                                 pnode, VNUMA__PNODE_NUMBER_MAX);
    rc = grow_things(draft, &draft->pnodes, draft->num_pnodes,
                     sizeof(*draft->pnodes), VNUMA_MAX_PNODES,
                     "nodes, which Xen does not support", span);
    if (rc)
        return rc;
    *pnode_r = &draft->pnodes[draft->num_pnodes++];
    **pnode_r = (vnuma__draft_pnode){
        .pnode = (uint32_t)pnode,
        .memkb = VNUMA_MEMKB_UNKNOWN,
        .free_memkb = VNUMA_MEMKB_UNKNOWN,
        .column = VNUMA_ID_UNKNOWN,
        .span = span,
        .distances_span = span,
    };
    return 0;
}

vnuma__draft_pnode *vnuma__draft_find_pnode(vnuma__draft *draft,
                                            uint32_t pnode)
{
    unsigned int i;

    for (i = 0; i < draft->num_pnodes; i++)
        if (draft->pnodes[i].pnode == pnode)
            return &draft->pnodes[i];
    return NULL;
}

int vnuma__draft_add_distance(vnuma__draft *draft, vnuma__draft_pnode *pnode,
                              uint32_t distance, vnuma_span span)
{
    if (!pnode->num_distances)
        pnode->distances_span.start = span.start;
    pnode->distances_span.end = span.end;
    if (pnode->num_distances > VNUMA__PNODE_NUMBER_MAX)
        return vnuma__host_error(draft, "host-distances", span,
                                 "more than %u distances in one row",
                                 VNUMA__PNODE_NUMBER_MAX + 1);
    if (!VNUMA__GROW(pnode->distances, pnode->num_distances))
        return VNUMA_ERROR_NOMEM;
    pnode->distances[pnode->num_distances++] = distance;
    return 0;
}

int vnuma__draft_add_pcpu(vnuma__draft *draft, vnuma_pcpu pcpu,
                          vnuma_span span)
{
    int rc;

    rc = grow_things(draft, &draft->pcpus, draft->num_pcpus,
                     sizeof(*draft->pcpus), VNUMA_BITMAP_MAX, "CPUs", span);
    if (rc)
        return rc;
    draft->pcpus[draft->num_pcpus++] = (vnuma__draft_pcpu){ pcpu, span };
    return 0;
}

int vnuma__draft_add_pcidev(vnuma__draft *draft, vnuma_pcidev pcidev,
                            vnuma_span span)
{
    int rc;

    rc = grow_things(draft, &draft->pcidevs, draft->num_pcidevs,
                     sizeof(*draft->pcidevs), VNUMA__MAX_PCIDEVS,
                     "PCI devices", span);
    if (rc)
        return rc;
    draft->pcidevs[draft->num_pcidevs++] =
        (vnuma__draft_pcidev){ pcidev, span };
    return 0;
}

int vnuma__draft_add_pages(vnuma__draft *draft, vnuma__pages pages,
                           vnuma_span span)
{
    vnuma_topology *host = &draft->host;
    unsigned int i;
    int rc;

    for (i = 0; i < host->num_pages; i++)
        if (host->pages[i].pnode == pages.pnode &&
            host->pages[i].page_kb == pages.page_kb)
            return vnuma__host_error(draft, "host-pages", span,
                                     "pages of %" PRIu64
                                     " KiB are given twice for node %" PRIu32,
                                     pages.page_kb, pages.pnode);
    rc = grow_things(draft, &host->pages, host->num_pages,
                     sizeof(*host->pages), VNUMA__MAX_PAGES,
                     "sizes of pages on its nodes", span);
    if (!rc)
        host->pages[host->num_pages++] = pages;
    return rc;
}

/* Other control characters cannot be printed as a line and read again. */
static bool is_one_line(vnuma__text text)
{
    uint32_t i;

    for (i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' && text.ptr[i] != '\t')
            return false;
    return true;
}

int vnuma__draft_add_pool(vnuma__draft *draft, uint32_t poolid,
                          vnuma__text name, vnuma_span span,
                          vnuma_pool **pool_r)
{
    vnuma_topology *host = &draft->host;
    unsigned int i;
    char *copy;
    int rc;

    for (i = 0; i < host->num_pools; i++)
        if (host->pools[i].poolid == poolid)
            return vnuma__host_error(draft, "host-pool", span,
                                     "pool %u is given twice", poolid);
    if (!is_one_line(name))
        return vnuma__host_error(draft, "host-pool", name.span,
                                 "this is not the name of a pool");
    rc = grow_things(draft, &host->pools, host->num_pools,
                     sizeof(*host->pools), VNUMA__MAX_POOLS, "pools", span);
    if (rc)
        return rc;
    copy = strndup(name.ptr, name.len); /* the caller has it */
    if (!copy)
        return VNUMA_ERROR_NOMEM;
    *pool_r = &host->pools[host->num_pools++];
    **pool_r = (vnuma_pool){ .poolid = poolid, .name = copy };
    return 0;
}

static bool is_sound_key(vnuma__text key)
{
    vnuma__text trimmed = vnuma__text_trim(key);

    return key.len && trimmed.len == key.len && is_one_line(key) &&
           !memchr(key.ptr, ':', key.len) &&
           !(key.ptr[0] >= '0' && key.ptr[0] <= '9');
}

int vnuma__draft_no_line(vnuma__draft *draft, vnuma_span span)
{
    return vnuma__host_error(draft, "host-line", span,
                             "this is not a line of \"xl info\"");
}

int vnuma__draft_add_fact(vnuma__draft *draft, vnuma__text key,
                          vnuma__text value)
{
    vnuma_topology *host = &draft->host;
    vnuma_fact fact;

    if (!is_sound_key(key) || !is_one_line(value))
        return vnuma__draft_no_line(draft, key.span);
    if (host->num_facts == VNUMA__MAX_FACTS)
        return vnuma__host_error(draft, "host-size", key.span,
                                 "more than %u lines that are not about nodes",
                                 VNUMA__MAX_FACTS);
    if (!VNUMA__GROW(host->facts, host->num_facts) ||
        !VNUMA__GROW(draft->fact_spans, host->num_facts))
        return VNUMA_ERROR_NOMEM;
    fact.key = strndup(key.ptr, key.len); /* the caller has it */
    /* the caller has it */
    fact.value = value.ptr ? strndup(value.ptr, value.len) : NULL;
    draft->fact_spans[host->num_facts] = value.ptr ? value.span : key.span;
    host->facts[host->num_facts++] = fact;
    return fact.key && (fact.value || !value.ptr) ? 0 : VNUMA_ERROR_NOMEM;
}

int vnuma__draft_extend_fact(vnuma__draft *draft, vnuma__text rest)
{
    vnuma_fact *fact = &draft->host.facts[draft->host.num_facts - 1];
    char *longer;

    if (!is_one_line(rest))
        return vnuma__draft_no_line(draft, rest.span);
    if (asprintf(&longer, "%s%.*s", fact->value, VNUMA__TEXT_ARG(rest)) < 0)
        return VNUMA_ERROR_NOMEM;
    free(fact->value);
    fact->value = longer;
    return 0;
}

/* ---- numbers ------------------------------------------------------------ */

/*
 * xl prints Xen's ~0 with %d; other versions and tools print it with %u, or
 * "-".
 */
static bool is_absent(vnuma__text text)
{
    return vnuma__text_equal(text, "-") || vnuma__text_equal(text, "-1") ||
           vnuma__text_equal(text, "4294967295");
}

bool vnuma__host_id(vnuma__text text, uint32_t max, uint32_t *id_r)
{
    uint64_t value;

    if (is_absent(text)) {
        *id_r = VNUMA_ID_UNKNOWN;
        return true;
    }
    if (!vnuma__text_to_u64(text, max, &value))
        return false;
    *id_r = (uint32_t)value;
    return true;
}

bool vnuma__host_distance(vnuma__text text, uint32_t *distance_r)
{
    if (!vnuma__host_id(text, VNUMA_DISTANCE_UNREACHABLE, distance_r))
        return false;
    if (*distance_r < VNUMA_DISTANCE_LOCAL)
        *distance_r = VNUMA_DISTANCE_UNKNOWN;
    return true;
}

/* 4294967295 is 4 PiB less 1 MiB, but no machine has so much. */
bool vnuma__host_mib(vnuma__text text, uint64_t *memkb_r)
{
    uint64_t mib;

    if (is_absent(text) || vnuma__text_equal(text, "18446744073709551615")) {
        *memkb_r = VNUMA_MEMKB_UNKNOWN;
        return true;
    }
    if (!vnuma__text_to_u64(text, UINT64_MAX >> 20, &mib))
        return false;
    *memkb_r = mib == UINT64_MAX >> 20 ? VNUMA_MEMKB_UNKNOWN : mib << 10;
    return true;
}

/* ---- lines and words ---------------------------------------------------- */

int vnuma__host_each_line(vnuma__text text, vnuma__draft *draft,
                          int (*read)(void *reader, vnuma__text line),
                          void *reader, vnuma__text *open_r)
{
    vnuma__text line;
    uint32_t end;

    *open_r = vnuma__text_slice(text, 0, 0);
    while (text.len && vnuma__draft_is_sound(draft)) {
        end = vnuma__text_find(text, '\n');
        line = vnuma__text_slice(text, 0, end);
        if (end == text.len)
            *open_r = vnuma__text_trim(line);
        if (end && line.ptr[end - 1] == '\r')
            line = vnuma__text_slice(line, 0, end - 1);
        if (read(reader, line) == VNUMA_ERROR_NOMEM)
            return VNUMA_ERROR_NOMEM;
        text = vnuma__text_slice(text, end + 1, text.len);
    }
    return 0;
}

/*
 * A matrix ends with a node's distance to itself, which is 10.  Cut off within
 * other numbers a text would be read as another host.
 */
bool vnuma__host_ends_in_matrix(vnuma__text line)
{
    return line.len > 2 && !memcmp(line.ptr + line.len - 2, "10", 2) &&
           strchr(" \t,", line.ptr[line.len - 3]);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool vnuma__host_word(vnuma__text *rest, vnuma__text *word_r)
{
    uint32_t start = 0, end;

    while (start < rest->len && is_blank(rest->ptr[start]))
        start++;
    end = start;
    while (end < rest->len && !is_blank(rest->ptr[end]))
        end++;
    *word_r = vnuma__text_slice(*rest, start, end);
    *rest = vnuma__text_slice(*rest, end, rest->len);
    return end > start;
}
