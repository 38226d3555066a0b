/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The record of a saved guest and its text; see record.h for the form. */
#include "config.h"

#include "record/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/json_reader.h"
#include "base/json_writer.h"

#define ADDRESS_MAX (UINT64_C(1) << 52)

void vnuma__record_init(vnuma_record *record)
{
    memset(record, 0, sizeof(*record));
}

void vnuma__record_dispose(vnuma_record *record)
{
    vnuma__layout_dispose(&record->layout);
    vnuma__record_init(record);
}

void vnuma__record_xen_of(const vnuma_topology *topology, uint32_t xen_r[2])
{
    static const char *const keys[] = { "xen_major", "xen_minor" };
    uint64_t number;
    unsigned int i;

    for (i = 0; i < 2; i++) {
        const char *fact = vnuma_topology_fact(topology, keys[i]);

        xen_r[i] = 0;
        if (fact &&
            vnuma__text_to_u64((vnuma__text){ .ptr = fact,
                                              .len = (uint32_t)strlen(fact) },
                               UINT16_MAX, &number))
            xen_r[i] = (uint32_t)number;
    }
}

uint64_t vnuma__record_video_memkb(const vnuma_record *record)
{
    return record->memkb[0] - vnuma__layout_memkb(&record->layout, 0);
}

/* ---- writing ------------------------------------------------------------ */

/* Without pnodes a membind means strict, on the vnode's pnode. */
static char *format_membind(const vnuma__layout *layout, uint32_t v)
{
    vnuma_membind strict = {
        .pnodes = { layout->vnode_to_pnode[v] },
        .num_pnodes = 1,
    };

    return vnuma_membind_format(
        layout->membinds[v].num_pnodes ? &layout->membinds[v] : &strict);
}

static int put_membinds(vnuma__json *json, const vnuma_record *record)
{
    uint32_t v;
    char *text;

    if (!vnuma__layout_has_policies(&record->layout))
        return 0;
    vnuma__json_add_array(json, "places");
    for (v = 0; v < record->layout.num_vnodes; v++) {
        text = format_membind(&record->layout, v);
        if (!text)
            return VNUMA_ERROR_NOMEM;
        vnuma__json_string(json, text);
        free(text);
    }
    vnuma__json_end_array(json);
    return 0;
}

char *vnuma_record_format(const vnuma_record *record)
{
    const vnuma__layout *layout = &record->layout;
    const vnuma__vmemrange *ranges = layout->vmemranges;
    uint32_t n = layout->num_vnodes, num_ranges = layout->num_vmemranges;
    char *object, *text = NULL;
    vnuma__json json;
    int rc;

    vnuma__json_init(&json, false);
    vnuma__json_map(&json);
    vnuma__json_add_bool(&json, "device_model", record->has_device_model);
    vnuma__json_add_bool(&json, "pinned", record->is_pinned);
    VNUMA__JSON_LIST(&json, "pnodes", layout->vnode_to_pnode, n);
    VNUMA__JSON_LIST(&json, "memkb", record->memkb, n);
    VNUMA__JSON_LIST(&json, "vcpu_to_vnode", layout->vcpu_to_vnode,
                     layout->num_vcpus);
    VNUMA__JSON_LIST(&json, "distances", layout->distances, n * n);
    VNUMA__JSON_LIST(&json, "host_distances", record->host_distances, n * n);
    VNUMA__JSON_LIST(&json, "xen", record->xen, 2);
    VNUMA__JSON_NUMBERS(&json, "range_start", ranges, ranges->start,
                        num_ranges);
    VNUMA__JSON_NUMBERS(&json, "range_end", ranges, ranges->end, num_ranges);
    VNUMA__JSON_NUMBERS(&json, "range_vnode", ranges, ranges->vnode,
                        num_ranges);
    rc = put_membinds(&json, record);
    if (!rc)
        vnuma__json_end_map(&json);
    object = vnuma__json_finish(&json);
    if (object && !rc &&
        asprintf(&text, VNUMA__RECORD_WORD "%u\n%s\n", VNUMA__RECORD_FORM,
                 object) < 0)
        text = NULL;
    free(object);
    return text;
}

/* ---- reading ------------------------------------------------------------ */

bool vnuma_record_is_text(const char *text, size_t len)
{
    return len >= strlen(VNUMA__RECORD_WORD) &&
           !memcmp(text, VNUMA__RECORD_WORD, strlen(VNUMA__RECORD_WORD));
}

typedef struct {
    const vnuma__jsondoc *json;
    const vnuma__jsondoc_value *root;
    vnuma_diags *diags;
} record_reader;

typedef const vnuma__jsondoc_value *value_ptr;

/* @key: what is wrong is said of that member; NULL: of the whole. */
static int bad_member(record_reader *r, const char *key, const char *what)
{
    return vnuma__fail(r->diags, VNUMA_ERROR_CONFIG, "save-record",
                       "what xl-vnuma added to the saved guest is damaged: "
                       "%s%s%s%s",
                       key ? "\"" : "", key ? key : "", key ? "\" " : "",
                       what);
}

static int bad_record(record_reader *r, const char *what)
{
    return bad_member(r, NULL, what);
}

/* Reads a list of at most @room numbers up to @max. */
static int read_numbers(record_reader *r, const char *key, uint64_t max,
                        uint64_t *numbers_r, uint32_t room, uint32_t *num_r)
{
    const char *wrong = vnuma__jsondoc_numbers(r->json, r->root, key, max,
                                               numbers_r, room, num_r);

    return wrong ? bad_member(r, key, wrong) : 0;
}

/* Reads exactly @num numbers into an array of 32 bits each. */
static int read_exactly(record_reader *r, const char *key, uint32_t max,
                        uint32_t *numbers_r, uint32_t num)
{
    uint64_t numbers[VNUMA_MAX_VNODES * VNUMA_MAX_VNODES];
    uint32_t i, found;
    int rc;

    rc = read_numbers(r, key, max, numbers, num, &found);
    if (rc)
        return rc;
    if (found != num)
        return bad_member(r, key, "is too short");
    for (i = 0; i < num; i++)
        numbers_r[i] = (uint32_t)numbers[i];
    return 0;
}

static int read_boolean(record_reader *r, const char *key, bool *boolean_r)
{
    value_ptr value = vnuma__jsondoc_member(r->json, r->root, key);

    if (!value || value->type != VNUMA__JSON_BOOLEAN)
        return bad_member(r, key, "is missing");
    *boolean_r =
        vnuma__text_equal(vnuma__jsondoc_text(r->json, value), "true");
    return 0;
}

static int read_ranges(record_reader *r, vnuma__layout *layout)
{
    uint64_t start[VNUMA_MAX_VMEMRANGES], end[VNUMA_MAX_VMEMRANGES];
    uint64_t vnode[VNUMA_MAX_VMEMRANGES];
    uint32_t i, num = layout->num_vmemranges, num_ends, num_vnodes;
    int rc;

    rc = read_numbers(r, "range_start", ADDRESS_MAX, start, num, &num);
    if (!rc)
        rc = read_numbers(r, "range_end", ADDRESS_MAX, end, num, &num_ends);
    if (!rc)
        rc = read_numbers(r, "range_vnode", layout->num_vnodes - 1, vnode, num,
                          &num_vnodes);
    if (rc)
        return rc;
    if (num_ends != num || num_vnodes != num)
        return bad_record(r, "the lists of ranges differ in length");
    for (i = 0; i < num; i++)
        layout->vmemranges[i] =
            (vnuma__vmemrange){ start[i], end[i], (uint32_t)vnode[i] };
    return 0;
}

/* Checks that the policy and pnodes that were read fit the vnode's pnode. */
static bool is_membind_of(const vnuma_membind *membind, uint32_t pnode)
{
    unsigned int i, j;

    for (i = 0; i < membind->num_pnodes; i++) {
        if (membind->pnodes[i] >= VNUMA_MAX_PNODES)
            return false;
        for (j = 0; j < i; j++)
            if (membind->pnodes[i] == membind->pnodes[j])
                return false;
    }
    if (membind->policy == VNUMA_POLICY_INTERLEAVE)
        return true;
    return membind->pnodes[0] == pnode &&
           (membind->policy == VNUMA_POLICY_PREFERRED ||
            membind->num_pnodes == 1);
}

static bool read_membind(vnuma__text text, uint32_t pnode,
                         vnuma_membind *membind_r)
{
    char word[sizeof("interleave") + VNUMA_MAX_PNODES * sizeof(",63")];

    if (text.len >= sizeof(word) || memchr(text.ptr, '\0', text.len) ||
        memchr(text.ptr, ';', text.len))
        return false;
    memcpy(word, text.ptr, text.len);
    word[text.len] = '\0';
    return vnuma_membind_parse(word, membind_r) &&
           is_membind_of(membind_r, pnode);
}

static int read_membinds(record_reader *r, vnuma__layout *layout)
{
    value_ptr list = vnuma__jsondoc_member(r->json, r->root, "places"), item;
    uint32_t v = 0;

    if (!list)
        return 0;
    if (list->type != VNUMA__JSON_ARRAY)
        return bad_member(r, "places", "is not a list");
    VNUMA__JSON_FOREACH(item, r->json, list) {
        if (v == layout->num_vnodes)
            return bad_member(r, "places", "is too long");
        if (item->type != VNUMA__JSON_STRING ||
            !read_membind(vnuma__jsondoc_text(r->json, item),
                          layout->vnode_to_pnode[v], &layout->membinds[v]))
            return bad_member(r, "places",
                              "has an item that does not fit its vnode");
        v++;
    }
    return v == layout->num_vnodes ? 0
                                   : bad_member(r, "places", "is too short");
}

static int check_ranges(record_reader *r, const vnuma_record *record)
{
    uint64_t page_mask = (UINT64_C(1) << VNUMA__PAGE_SHIFT) - 1, next = 0;
    const vnuma__layout *layout = &record->layout;
    uint32_t i;

    for (i = 0; i < layout->num_vmemranges; i++) {
        const vnuma__vmemrange *range = &layout->vmemranges[i];

        if (range->start < next || range->end <= range->start ||
            ((range->start | range->end) & page_mask))
            return bad_record(r, "its ranges of memory are invalid");
        next = range->end;
    }
    for (i = 0; i < layout->num_vnodes; i++) {
        uint64_t memkb = vnuma__layout_memkb(layout, i);

        /* Only vnode 0 has memory that is in no range: video RAM. */
        if (memkb > record->memkb[i] || (i && memkb != record->memkb[i]))
            return bad_record(
                r, "its ranges of memory are not the vnodes' sizes");
    }
    return 0;
}

/* Returns the required lengths of the lists. */
static int read_lengths(record_reader *r, uint32_t *num_vnodes_r,
                        uint32_t *num_vcpus_r, uint32_t *num_ranges_r)
{
    uint64_t numbers[VNUMA_MAX_VMEMRANGES];
    int rc;

    rc = read_numbers(r, "pnodes", VNUMA_MAX_PNODES - 1, numbers,
                      VNUMA_MAX_VNODES, num_vnodes_r);
    if (!rc)
        rc = read_numbers(r, "vcpu_to_vnode", VNUMA_MAX_VNODES, numbers,
                          VNUMA_MAX_VCPUS, num_vcpus_r);
    if (!rc)
        rc = read_numbers(r, "range_start", ADDRESS_MAX, numbers,
                          VNUMA_MAX_VMEMRANGES, num_ranges_r);
    if (!rc && (!*num_vnodes_r || !*num_vcpus_r || !*num_ranges_r))
        rc = bad_record(r, "it has no vnodes, no vcpus or no memory");
    return rc;
}

static int read_record(record_reader *r, vnuma_record *record)
{
    vnuma__layout *layout = &record->layout;
    uint32_t n, num_vcpus, num_ranges, num;
    int rc;

    if (r->root->type != VNUMA__JSON_OBJECT)
        return bad_record(r, "it is not an object");
    rc = read_lengths(r, &n, &num_vcpus, &num_ranges);
    if (!rc)
        rc = vnuma__layout_alloc(layout, num_ranges, n, num_vcpus);
    if (!rc)
        rc = read_boolean(r, "device_model", &record->has_device_model);
    if (!rc)
        rc = read_boolean(r, "pinned", &record->is_pinned);
    if (!rc)
        rc = read_exactly(r, "pnodes", VNUMA_MAX_PNODES - 1,
                          layout->vnode_to_pnode, n);
    if (!rc)
        rc = read_exactly(r, "vcpu_to_vnode", n - 1, layout->vcpu_to_vnode,
                          num_vcpus);
    if (!rc)
        rc = read_exactly(r, "distances", UINT32_MAX - 1, layout->distances,
                          n * n);
    if (!rc)
        rc = read_exactly(r, "host_distances", UINT8_MAX,
                          record->host_distances, n * n);
    if (!rc)
        rc = read_numbers(r, "memkb", ADDRESS_MAX >> 10, record->memkb, n,
                          &num);
    if (!rc && num != n)
        rc = bad_member(r, "memkb", "is too short");
    if (!rc && vnuma__jsondoc_member(r->json, r->root, "xen"))
        rc = read_exactly(r, "xen", UINT16_MAX, record->xen, 2);
    if (!rc)
        rc = read_ranges(r, layout);
    if (!rc)
        rc = read_membinds(r, layout);
    return rc ? rc : check_ranges(r, record);
}

/* Reads the line before the object; *len_r is its length. */
static int read_form(record_reader *r, const char *text, size_t len,
                     size_t *len_r)
{
    const char *number = text + strlen(VNUMA__RECORD_WORD);
    const char *end = memchr(text, '\n', len);
    vnuma__text digits = { 0 };
    uint64_t form;

    if (end) {
        digits.ptr = number;
        digits.len = (uint32_t)(end - number);
    }
    if (!end || !vnuma__text_to_u64(digits, UINT32_MAX, &form))
        return bad_record(r, "it does not say its form");
    if (form != VNUMA__RECORD_FORM) {
        vnuma__error(r->diags, "save-form", VNUMA__NOWHERE,
                     "the guest was saved by another xl-vnuma, in form "
                     "%" PRIu64 "; this one reads form %u",
                     form, VNUMA__RECORD_FORM);
        vnuma__hint(r->diags, "restore it with that xl-vnuma, or with xl, "
                              "without its placement");
        return VNUMA_ERROR_CONFIG;
    }
    *len_r = (size_t)(end - text) + 1;
    return 0;
}

int vnuma__record_parse(const char *text, size_t len, vnuma_record *record_r,
                        vnuma_diags *diags)
{
    record_reader reader = { .diags = diags };
    vnuma__text object = { 0 };
    vnuma_record record;
    vnuma__jsondoc json;
    vnuma_diags ignored;
    size_t line;
    int rc;

    vnuma__record_init(&record);
    vnuma__jsondoc_init(&json);
    vnuma_diags_init(&ignored);
    if (!vnuma_record_is_text(text, len) || len > VNUMA__RECORD_MAX) {
        rc = bad_record(&reader, "it is not a record");
        goto out;
    }
    rc = read_form(&reader, text, len, &line);
    if (rc)
        goto out;
    object.ptr = text + line;
    object.len = (uint32_t)(len - line);
    rc = vnuma__jsondoc_parse(object, &json, &ignored);
    if (rc == 1)
        rc = bad_record(&reader, "it is not JSON");
    if (rc)
        goto out;
    reader.json = &json;
    reader.root = vnuma__jsondoc_root(&json);
    rc = read_record(&reader, &record);
    if (rc)
        goto out;
    *record_r = record;
    vnuma__record_init(&record);

out:
    vnuma_diags_dispose(&ignored);
    vnuma__jsondoc_dispose(&json);
    vnuma__record_dispose(&record);
    return rc;
}
