/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was promised of a domain's memory; see promise.h. */
#include "config.h"

#include "record/promise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/print.h"
#include "guest/guest.h"
#include "layout/extent_plan.h"
#include "record/parts.h"

#define PROMISE_WORD "xl-vnuma "

void vnuma__promise_init(vnuma__promise *promise)
{
    memset(promise, 0, sizeof(*promise));
}

void vnuma__promise_dispose(vnuma__promise *promise)
{
    uint32_t v;

    for (v = 0; v < promise->num_vnodes; v++)
        free(promise->vnodes[v].parts);
    free(promise->vnodes);
    vnuma__promise_init(promise);
}

static int alloc_vnodes(vnuma__promise *promise, uint32_t num_vnodes)
{
    promise->vnodes = calloc((size_t)num_vnodes + 1, sizeof(*promise->vnodes));
    if (!promise->vnodes)
        return VNUMA_ERROR_NOMEM;
    promise->num_vnodes = num_vnodes;
    return 0;
}

/* ---- parts -------------------------------------------------------------- */

static vnuma_plan_part *find_part(const vnuma__promised *vnode, uint32_t pnode)
{
    unsigned int i;

    for (i = 0; i < vnode->num_parts; i++)
        if (vnode->parts[i].pnode == pnode)
            return &vnode->parts[i];
    return NULL;
}

static int add_part(vnuma__promised *vnode, uint32_t pnode, uint64_t memkb)
{
    vnuma_plan_part *parts = find_part(vnode, pnode);
    unsigned int i;

    if (parts) {
        parts->memkb += memkb;
        return 0;
    }
    parts = reallocarray(vnode->parts, vnode->num_parts + 1, sizeof(*parts));
    if (!parts)
        return VNUMA_ERROR_NOMEM;
    vnode->parts = parts;
    for (i = vnode->num_parts++; i && parts[i - 1].pnode > pnode; i--)
        parts[i] = parts[i - 1];
    parts[i] = (vnuma_plan_part){ pnode, memkb };
    return 0;
}

static uint64_t sum_parts(const vnuma__promised *vnode)
{
    uint64_t memkb = 0;
    unsigned int i;

    for (i = 0; i < vnode->num_parts; i++)
        memkb += vnode->parts[i].memkb;
    return memkb;
}

/* ---- making ------------------------------------------------------------- */

/*
 * An interleaved vnode is dealt out without regard to other vnodes, so its
 * extents can be computed again.
 */
static int deal(const vnuma__layout *layout, bool vga_hole, uint32_t v,
                vnuma__promised *vnode)
{
    vnuma__vmemrange ranges[VNUMA_MAX_VMEMRANGES];
    vnuma__layout alone = *layout;
    vnuma__extent_plan plan;
    uint32_t i;
    int rc;

    alone.vmemranges = ranges;
    alone.num_vmemranges = 0;
    for (i = 0; i < layout->num_vmemranges; i++)
        if (layout->vmemranges[i].vnode == v &&
            alone.num_vmemranges < VNUMA_MAX_VMEMRANGES)
            ranges[alone.num_vmemranges++] = layout->vmemranges[i];
    vnuma__extent_plan_init(&plan);
    rc = vnuma__extent_plan_build(&alone, vga_hole, &plan);
    for (i = 0; i < plan.num_sets && !rc; i++)
        if (vnuma__extent_set_pages(&plan.sets[i]))
            rc = add_part(vnode, plan.sets[i].pnode,
                          vnuma__extent_set_pages(&plan.sets[i]) *
                              VNUMA__PAGE_KB);
    vnuma__extent_plan_dispose(&plan);
    return rc;
}

/* Pages that were populated on another pnode than the preferred one. */
typedef struct {
    uint32_t preferred, pnode;
    uint64_t pages;
} spilled_pages;

typedef struct {
    const vnuma__layout *layout;
    const uint64_t *memkb;
    spilled_pages *spilled; /* not yet taken by a vnode */
    unsigned int num_spilled;
    vnuma__promise *promise;
} maker;

/* Returns how much the vnodes after @v want on its pnode; they spill first. */
static uint64_t preferred_after(const maker *m, uint32_t v)
{
    uint64_t memkb = 0;
    uint32_t i;

    for (i = v + 1; i < m->layout->num_vnodes; i++)
        if (m->layout->membinds[i].policy == VNUMA_POLICY_PREFERRED &&
            m->layout->vnode_to_pnode[i] == m->layout->vnode_to_pnode[v])
            memkb += m->memkb[i];
    return memkb;
}

static uint64_t spilled_from(const maker *m, uint32_t pnode)
{
    uint64_t memkb = 0;
    unsigned int i;

    for (i = 0; i < m->num_spilled; i++)
        if (m->spilled[i].preferred == pnode)
            memkb += m->spilled[i].pages * VNUMA__PAGE_KB;
    return memkb;
}

static int take_spilled(maker *m, uint32_t v, uint64_t memkb)
{
    uint64_t pages = memkb / VNUMA__PAGE_KB, part;
    unsigned int i;
    int rc;

    for (i = 0; i < m->num_spilled && pages; i++) {
        spilled_pages *spilled = &m->spilled[i];

        if (spilled->preferred != m->layout->vnode_to_pnode[v])
            continue;
        part = spilled->pages < pages ? spilled->pages : pages;
        if (!part)
            continue;
        rc = add_part(&m->promise->vnodes[v], spilled->pnode,
                      part * VNUMA__PAGE_KB);
        if (rc)
            return rc;
        spilled->pages -= part;
        pages -= part;
    }
    return 0;
}

static int spill(maker *m, uint32_t v)
{
    uint64_t all = spilled_from(m, m->layout->vnode_to_pnode[v]);
    uint64_t after = preferred_after(m, v);

    return all > after ? take_spilled(m, v, all - after) : 0;
}

/* Starts with the last vnode, which spills first. */
static int make_parts(maker *m, bool vga_hole)
{
    const vnuma__layout *layout = m->layout;
    uint32_t v = layout->num_vnodes;
    uint64_t memkb;
    int rc = 0;

    while (v-- && !rc) {
        vnuma__promised *vnode = &m->promise->vnodes[v];

        vnode->membind = layout->membinds[v];
        if (!vnode->membind.num_pnodes)
            vnode->membind = (vnuma_membind){
                .pnodes = { layout->vnode_to_pnode[v] },
                .num_pnodes = 1,
            };
        if (vnode->membind.policy == VNUMA_POLICY_INTERLEAVE)
            rc = deal(layout, vga_hole, v, vnode);
        else if (vnode->membind.policy == VNUMA_POLICY_PREFERRED)
            rc = spill(m, v);
        memkb = sum_parts(vnode);
        if (!rc && memkb < m->memkb[v])
            rc = add_part(vnode, layout->vnode_to_pnode[v],
                          m->memkb[v] - memkb);
    }
    return rc;
}

static void list_spilled(maker *m, const vnuma_xen_built *built)
{
    const vnuma_xen_extent_set *set = built->sets;
    unsigned int i;

    for (i = 0; i < built->num_sets; i++, set++)
        if (set->preferred != set->pnode)
            m->spilled[m->num_spilled++] =
                (spilled_pages){ set->preferred, set->pnode,
                                 vnuma__built_set_pages(set) };
}

int vnuma__promise_make(const vnuma__layout *layout, bool vga_hole,
                        const uint64_t *memkb, const vnuma_xen_built *built,
                        vnuma__promise *promise_r)
{
    vnuma__promise promise;
    maker m = { .layout = layout, .memkb = memkb, .promise = &promise };
    int rc;

    vnuma__promise_init(&promise);
    m.spilled = calloc((size_t)built->num_sets + 1, sizeof(*m.spilled));
    if (!m.spilled)
        return VNUMA_ERROR_NOMEM;
    list_spilled(&m, built);
    rc = alloc_vnodes(&promise, layout->num_vnodes);
    if (!rc)
        rc = make_parts(&m, vga_hole);
    free(m.spilled);
    if (!rc)
        *promise_r = promise;
    else
        vnuma__promise_dispose(&promise);
    return rc;
}

/* ---- the text ----------------------------------------------------------- */

static int print_vnode(FILE *f, const vnuma__promised *vnode)
{
    char *membind = vnuma_membind_format(&vnode->membind);

    if (!membind)
        return VNUMA_ERROR_NOMEM;
    fprintf(f, "%s;", membind);
    vnuma__parts_print(vnode->parts, vnode->num_parts, f);
    fputc('\n', f);
    free(membind);
    return 0;
}

char *vnuma__promise_format(const vnuma__promise *promise)
{
    vnuma__print out;
    uint32_t v;
    int rc = 0;
    FILE *f;

    f = vnuma__print_begin(&out);
    if (!f)
        return NULL;
    fprintf(f, PROMISE_WORD "%u\n", VNUMA__PROMISE_FORM);
    for (v = 0; v < promise->num_vnodes && !rc; v++)
        rc = print_vnode(f, &promise->vnodes[v]);
    return vnuma__print_end(&out, rc);
}

static int parse_parts(vnuma__text text, vnuma__promised *vnode)
{
    vnuma_plan_part part;
    int rc = 0;

    while (!rc && text.ptr)
        rc = vnuma__parts_next(&text, &part) &&
                     part.pnode < VNUMA_MAX_PNODES &&
                     !find_part(vnode, part.pnode)
                 ? add_part(vnode, part.pnode, part.memkb)
                 : VNUMA_ERROR_CONFIG;
    return rc;
}

static int parse_vnode(vnuma__text line, vnuma__promised *vnode)
{
    uint32_t semicolon = vnuma__text_find(line, ';');
    char *word;
    bool ok;

    if (semicolon == line.len)
        return VNUMA_ERROR_CONFIG;
    word = strndup(line.ptr, semicolon);
    if (!word)
        return VNUMA_ERROR_NOMEM;
    ok = vnuma_membind_parse(word, &vnode->membind);
    free(word);
    return ok ? parse_parts(vnuma__text_slice(line, semicolon + 1, line.len),
                            vnode)
              : VNUMA_ERROR_CONFIG;
}

static int parse_lines(vnuma__text text, vnuma__promise *promise)
{
    vnuma__text line;
    int rc;

    while (text.len) {
        uint32_t end = vnuma__text_find(text, '\n');

        if (end == text.len || promise->num_vnodes == VNUMA_MAX_VNODES)
            return VNUMA_ERROR_CONFIG;
        line = vnuma__text_slice(text, 0, end);
        text = vnuma__text_slice(text, end + 1, text.len);
        rc = parse_vnode(line, &promise->vnodes[promise->num_vnodes++]);
        if (rc)
            return rc;
    }
    return promise->num_vnodes ? 0 : VNUMA_ERROR_CONFIG;
}

int vnuma__promise_parse(const char *text, size_t len,
                         vnuma__promise *promise_r)
{
    static const char head[] = PROMISE_WORD "1\n";
    vnuma__text lines = { .len = 0 };
    vnuma__promise promise;
    int rc;

    _Static_assert(VNUMA__PROMISE_FORM == 1, "as the line says");
    if (len < strlen(head) || len > UINT32_MAX / 2 ||
        memcmp(text, head, strlen(head)) || memchr(text, '\0', len))
        return VNUMA_ERROR_CONFIG;
    lines.ptr = text + strlen(head);
    lines.len = (uint32_t)(len - strlen(head));
    vnuma__promise_init(&promise);
    rc = alloc_vnodes(&promise, VNUMA_MAX_VNODES);
    promise.num_vnodes = 0;
    if (!rc)
        rc = parse_lines(lines, &promise);
    if (!rc)
        *promise_r = promise;
    else
        vnuma__promise_dispose(&promise);
    return rc;
}
