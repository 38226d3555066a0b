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

#define HEAD "xl-vnuma 1"

/* ---- making ------------------------------------------------------------- */

/*
 * An interleaved vnode is dealt out without regard to other vnodes, so its
 * extents can be computed again.
 */
static int deal(const vnuma__layout *layout, bool vga_hole, uint32_t v,
                vnuma__parts *parts)
{
    vnuma__vmemrange ranges[VNUMA_MAX_VMEMRANGES];
    vnuma__layout alone = *layout;
    vnuma__extent_plan plan = { 0 };
    uint32_t i;
    int rc;

    alone.vmemranges = ranges;
    alone.num_vmemranges = 0;
    for (i = 0; i < layout->num_vmemranges; i++)
        if (layout->vmemranges[i].vnode == v &&
            alone.num_vmemranges < VNUMA_MAX_VMEMRANGES)
            ranges[alone.num_vmemranges++] = layout->vmemranges[i];
    rc = vnuma__extent_plan_build(&alone, vga_hole, &plan);
    for (i = 0; i < plan.num_sets && !rc; i++)
        if (vnuma__extent_set_pages(&plan.sets[i]))
            vnuma__parts_add(parts, plan.sets[i].pnode,
                             vnuma__extent_set_pages(&plan.sets[i]) *
                                 VNUMA__PAGE_KB);
    vnuma__extent_plan_dispose(&plan);
    return rc;
}

/* Takes at most @pages of those that are elsewhere than on @preferred. */
static void take_spilled(const vnuma_xen_built *built, uint64_t *left,
                         uint32_t preferred, uint64_t pages,
                         vnuma__parts *parts)
{
    unsigned int i;

    for (i = 0; i < built->num_sets; i++) {
        const vnuma_xen_extent_set *set = &built->sets[i];
        uint64_t part = vnuma__min(left[i], pages);

        if (set->preferred != preferred || set->pnode == preferred || !part)
            continue;
        vnuma__parts_add(parts, set->pnode, part * VNUMA__PAGE_KB);
        left[i] -= part;
        pages -= part;
    }
}

int vnuma__promise_make(const vnuma__layout *layout, bool vga_hole,
                        const uint64_t *memkb, const vnuma_xen_built *built,
                        vnuma__promise *promise_r)
{
    uint64_t *left = calloc((size_t)built->num_sets + 1, sizeof(*left));
    uint32_t i, v = layout->num_vnodes;
    int rc = left ? 0 : VNUMA_ERROR_NOMEM;

    memset(promise_r, 0, sizeof(*promise_r));
    for (i = 0; !rc && i < built->num_sets; i++)
        left[i] = vnuma__built_set_pages(&built->sets[i]);
    while (!rc && v--) {
        vnuma__promised *vnode = &promise_r->vnodes[v];
        uint32_t pnode = layout->vnode_to_pnode[v];

        vnode->membind = vnuma__layout_membind(layout, v);
        if (vnode->membind.policy == VNUMA_POLICY_INTERLEAVE)
            rc = deal(layout, vga_hole, v, &vnode->parts);
        else if (vnode->membind.policy == VNUMA_POLICY_PREFERRED)
            take_spilled(built, left, pnode, memkb[v] / VNUMA__PAGE_KB,
                         &vnode->parts);
        if (vnuma__parts_memkb(&vnode->parts) < memkb[v])
            vnuma__parts_add(&vnode->parts, pnode,
                             memkb[v] - vnuma__parts_memkb(&vnode->parts));
    }
    free(left);
    promise_r->num_vnodes = rc ? 0 : layout->num_vnodes;
    return rc;
}

/* ---- the text ----------------------------------------------------------- */

char *vnuma__promise_format(const vnuma__promise *promise)
{
    vnuma__print out;
    bool ok = true;
    char *membind;
    uint32_t v;
    FILE *f = vnuma__print_begin(&out);

    if (!f)
        return NULL;
    fputs(HEAD "\n", f);
    for (v = 0; v < promise->num_vnodes; v++) {
        membind = vnuma_membind_format(&promise->vnodes[v].membind);
        ok &= membind && fprintf(f, "%s;", membind) > 0;
        free(membind);
        vnuma__parts_print(&promise->vnodes[v].parts, f);
        fputc('\n', f);
    }
    return vnuma__print_end(&out, !ok);
}

/* A membind ends at a ";", so it needs no copy. */
static bool parse_vnode(vnuma__text line, vnuma__promised *vnode)
{
    uint32_t semicolon = vnuma__text_find(line, ';');
    vnuma__text rest = vnuma__text_slice(line, semicolon + 1, line.len);
    vnuma__parts *parts = &vnode->parts;

    return semicolon < line.len &&
           vnuma_membind_parse(line.ptr, &vnode->membind) &&
           vnuma__parts_parse(rest, parts) &&
           parts->items[parts->num - 1].pnode < VNUMA_MAX_PNODES;
}

bool vnuma__promise_parse(const char *text, size_t len,
                          vnuma__promise *promise_r)
{
    vnuma__text rest = { .ptr = text, .len = (uint32_t)len }, line;
    uint32_t v = 0;
    bool good;

    promise_r->num_vnodes = 0;
    /* Without its end it was cut. */
    if (!len || len > UINT32_MAX || text[len - 1] != '\n' ||
        memchr(text, '\0', len))
        return false;
    rest.len--;
    good = vnuma__text_next(&rest, '\n', &line) &&
           vnuma__text_equal(line, HEAD) && rest.ptr;
    while (good && vnuma__text_next(&rest, '\n', &line))
        good = v < VNUMA_MAX_VNODES &&
               parse_vnode(line, &promise_r->vnodes[v++]);
    if (good)
        promise_r->num_vnodes = v;
    return good;
}
