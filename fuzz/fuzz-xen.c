/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes as a hypervisor: whatever it answers, and however untrue, building or
 * restoring a guest's memory ends, reports each failure, counts no page that
 * it was not told of, and takes back its claim; and what it says of a guest's
 * vNUMA is refused or is a sound record.  The bytes are a guest, and then what
 * is answered to one call after the other.
 */
#include "config.h"

#include <errno.h>

#define FUZZ_CORPUS "xen"
#include "fuzz.h"

#include "decode.h"
#include "inside.h"
#include "record/record.h"
#include "xen/build/refill.h"
#include "xen/hv/hv.h"

#define DOMID 5u
#define MOST_PAGES 2048u
#define MOST_PNODES 4u

/* What stands for Xen. */
typedef struct {
    decoder d;
    vnuma__hv hv;
    bool has_claim, has_refused;
    uint64_t num_pages; /* that it said it gave, less those given back */
} liar;

static int answer(vnuma__hv *hv)
{
    static const int errors[] = { EPERM, ENOMEM, EINVAL, ESRCH, EBUSY };
    liar *xen = hv->backend;
    unsigned int word = take_byte(&xen->d);

    if (word < 250)
        return 0;
    errno = errors[word - 250 < 5 ? word - 250 : 0];
    xen->has_refused = true;
    return VNUMA_ERROR_XEN;
}

/* ---- the seam ----------------------------------------------------------- */

int vnuma__hv_get_memory(vnuma__hv *hv, vnuma__rooms *rooms_r)
{
    liar *xen = hv->backend;
    unsigned int i, p;

    if (answer(hv))
        return VNUMA_ERROR_XEN;
    for (i = 0; i < MOST_PNODES; i++) {
        p = take_below(&xen->d, 16) ? i : take_byte(&xen->d);
        if (p >= VNUMA_MAX_PNODES)
            continue;
        rooms_r->exists[p] = true;
        rooms_r->pages[p] =
            take_below(&xen->d, 8) ? MOST_PAGES : take_number(&xen->d);
    }
    return 0;
}

int vnuma__hv_claim(vnuma__hv *hv, uint32_t domid, uint64_t num_pages)
{
    liar *xen = hv->backend;

    FUZZ_ASSERT(domid == DOMID);
    if (answer(hv))
        return VNUMA_ERROR_XEN;
    xen->has_claim = num_pages;
    return 0;
}

int vnuma__hv_release(vnuma__hv *hv, uint32_t domid, uint64_t *gfns,
                      uint64_t num_gfns)
{
    liar *xen = hv->backend;

    FUZZ_ASSERT(domid == DOMID && num_gfns && gfns[0] < MOST_PAGES);
    if (answer(hv))
        return VNUMA_ERROR_XEN;
    xen->num_pages -= num_gfns;
    return 0;
}

int vnuma__hv_set_vnuma(vnuma__hv *hv, uint32_t domid,
                        const vnuma__layout *layout)
{
    FUZZ_ASSERT(domid == DOMID && layout->num_vnodes);
    return answer(hv);
}

int vnuma__hv_set_node_affinity(vnuma__hv *hv, uint32_t domid,
                                const vnuma_bitmap *pnodes)
{
    FUZZ_ASSERT(domid == DOMID && vnuma_bitmap_count(pnodes));
    return answer(hv);
}

/* Mostly what was asked for; else less, or what cannot be. */
int64_t vnuma__hv_ask_populate(vnuma__hv *hv, uint32_t domid,
                               unsigned int order, uint32_t pnode,
                               const uint64_t *gfns, uint64_t num_gfns)
{
    liar *xen = hv->backend;
    int64_t done = (int64_t)num_gfns;

    FUZZ_ASSERT(domid == DOMID && num_gfns);
    FUZZ_ASSERT(pnode == VNUMA_PNODE_AUTO || pnode < VNUMA_MAX_PNODES);
    FUZZ_ASSERT(!(gfns[num_gfns - 1] & ((UINT64_C(1) << order) - 1)));
    switch (take_below(&xen->d, 16)) {
    case 15:
        done = (int64_t)take_number(&xen->d);
        break;
    case 14:
        done = 0;
        break;
    case 13:
    case 12:
        done = (int64_t)(take_byte(&xen->d) % (num_gfns + 1));
        break;
    default:
        break;
    }
    if (done < 0)
        errno = ENOMEM;
    if (done < 0 || (uint64_t)done > num_gfns)
        xen->has_refused = true;
    else
        xen->num_pages += (uint64_t)done << order;
    return done;
}

int vnuma__hv_ask_vnuma(vnuma__hv *hv, uint32_t domid, vnuma__layout *layout_r)
{
    liar *xen = hv->backend;
    decoder *d = &xen->d;
    uint32_t i;

    FUZZ_ASSERT(domid == DOMID);
    if (answer(hv))
        return VNUMA_ERROR_XEN;
    FUZZ_ASSERT(!vnuma__layout_alloc(layout_r, take_below(d, 8),
                                     take_below(d, 8), take_below(d, 16)));
    for (i = 0; i < layout_r->num_vmemranges; i++)
        layout_r->vmemranges[i] = (vnuma__vmemrange){
            .start = take_number(d),
            .end = take_number(d),
            .vnode = take_below(d, 9),
        };
    for (i = 0; i < layout_r->num_vcpus; i++)
        layout_r->vcpu_to_vnode[i] = take_below(d, 9);
    for (i = 0; i < layout_r->num_vnodes * layout_r->num_vnodes; i++)
        layout_r->distances[i] = (uint32_t)take_number(d);
    return 0;
}

/* ---- what is built ------------------------------------------------------ */

static int restore(liar *xen, const vnuma__build *build, vnuma_diags *diags)
{
    uint64_t num_wanted = take_byte(&xen->d) << 3, gfns[256], i, num;
    vnuma__refill refill = { .is_whole = false };
    unsigned int runs;
    int rc;

    rc = vnuma__refill_begin(&refill, &xen->hv, build, num_wanted, diags);
    for (runs = 0; runs < 16 && xen->d.len && !rc; runs++) {
        uint64_t first = take_below(&xen->d, 16) ? take_byte(&xen->d)
                                                 : take_number(&xen->d);

        num = 1 + take_byte(&xen->d);
        for (i = 0; i < num; i++)
            gfns[i] = first + i;
        rc = vnuma__refill_name(&refill, gfns, num);
    }
    if (!rc)
        rc = vnuma__refill_end(&refill);
    if (!rc)
        FUZZ_ASSERT(refill.built.counts.num_pages <= xen->num_pages);
    vnuma__refill_dispose(&refill);
    return rc;
}

static int build_guest(liar *xen, const vnuma__build *build,
                       vnuma_diags *diags)
{
    vnuma__built built = { .counts = { .sets = NULL } };
    int rc = vnuma__populate(&xen->hv, build, &built, diags);

    if (!rc)
        FUZZ_ASSERT(built.counts.num_pages == xen->num_pages);
    else
        FUZZ_ASSERT(!built.counts.sets && !built.extents.num_sets);
    FUZZ_ASSERT(xen->has_refused || !xen->has_claim);
    vnuma__built_dispose(&built);
    return rc;
}

/* A running guest of which Xen tells: as a record, whatever it is worth. */
static void record_guest(liar *xen)
{
    vnuma_record record = { .has_device_model = false }, again = record;
    vnuma_diags diags = { 0 };
    char *text;
    uint32_t i;
    int rc;

    if (vnuma__hv_get_vnuma(&xen->hv, DOMID, &record.layout)) {
        FUZZ_ASSERT(!record.layout.num_vnodes && !record.layout.vmemranges);
        return;
    }
    for (i = 0; i < record.layout.num_vnodes; i++)
        record.memkb[i] = vnuma__layout_memkb(&record.layout, i);
    text = vnuma_record_format(&record);
    FUZZ_ASSERT(text);
    rc = vnuma__record_parse(text, strlen(text), &again, &diags);
    FUZZ_ASSERT(rc == 0 || rc == VNUMA_ERROR_CONFIG);
    FUZZ_ASSERT(rc || vnuma__layout_is_sane(&again.layout));
    free(text);
    vnuma_diags_dispose(&diags);
    vnuma__record_dispose(&again);
    vnuma__record_dispose(&record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    liar xen = { .d = { data, size } };
    vnuma__layout layout = { .num_vnodes = 0 };
    vnuma_diags diags = { 0 };
    unsigned int what = take_byte(&xen.d);
    vnuma__build build;
    int rc;

    xen.hv.backend = &xen;
    if (!(what & 3)) {
        record_guest(&xen);
        return 0;
    }
    take_layout(&xen.d, MOST_PNODES, MOST_PAGES, &layout);
    build = (vnuma__build){
        .domid = DOMID,
        .layout = &layout,
        .claim = what & 4,
        .vga_hole = has_vga_hole(&layout) && what & 8,
        .later_pages = what >> 4,
    };
    rc = what & 1 ? build_guest(&xen, &build, &diags)
                  : restore(&xen, &build, &diags);
    FUZZ_ASSERT(rc == 0 || rc == VNUMA_ERROR_NOFIT || rc == VNUMA_ERROR_XEN);
    FUZZ_ASSERT(!rc == !diags.num_errors);
    fuzz_check_diags(&diags, NULL);
    vnuma_diags_dispose(&diags);
    vnuma__layout_dispose(&layout);
    return 0;
}
