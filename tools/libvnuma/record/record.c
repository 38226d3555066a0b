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
#include "tables/kept.h"

#define ADDRESS_MAX (UINT64_C(1) << 52)

void vnuma__record_dispose(vnuma_record *record)
{
    vnuma__layout_dispose(&record->layout);
    free(record->acpi_tables);
    *record = (vnuma_record){ 0 };
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

/* ---- lists of numbers --------------------------------------------------- */

#define NUM_LISTS 9u
#define NUMBERS VNUMA__NUMBERS
#define LIST VNUMA__NUMBER_LIST

/* For writing and reading; without numbers the text has no such list. */
static void find_lists(vnuma_record *record, bool has_xen,
                       vnuma__numbers lists_r[NUM_LISTS])
{
    vnuma__layout *l = &record->layout;
    vnuma__vmemrange *ranges = l->vmemranges;
    uint32_t n = l->num_vnodes, num_ranges = l->num_vmemranges;
    const vnuma__numbers lists[NUM_LISTS] = {
        LIST("pnodes", VNUMA_MAX_PNODES - 1, l->vnode_to_pnode, n),
        LIST("memkb", ADDRESS_MAX >> 10, record->memkb, n),
        LIST("vcpu_to_vnode", n - 1, l->vcpu_to_vnode, l->num_vcpus),
        LIST("distances", UINT32_MAX - 1, l->distances, n * n),
        LIST("host_distances", UINT8_MAX, record->host_distances, n * n),
        NUMBERS("range_start", ADDRESS_MAX, ranges, ranges->start, num_ranges),
        NUMBERS("range_end", ADDRESS_MAX, ranges, ranges->end, num_ranges),
        NUMBERS("range_vnode", n - 1, ranges, ranges->vnode, num_ranges),
        LIST("xen", UINT16_MAX, record->xen, has_xen ? 2 : 0),
    };

    memcpy(lists_r, lists, sizeof(lists));
}

/* ---- writing ------------------------------------------------------------ */

static void put_membinds(vnuma__json *json, const vnuma__layout *layout)
{
    vnuma_membind membind;
    uint32_t v;
    char *text;

    if (!vnuma__layout_has_policies(layout))
        return;
    vnuma__json_add_array(json, "places");
    for (v = 0; v < layout->num_vnodes; v++) {
        membind = vnuma__layout_membind(layout, v);
        text = vnuma_membind_format(&membind);
        json->failed |= !text;
        vnuma__json_string(json, text);
        free(text);
    }
    vnuma__json_end_array(json);
}

char *vnuma_record_format(const vnuma_record *record)
{
    vnuma__numbers lists[NUM_LISTS];
    vnuma__json json;
    unsigned int i;

    find_lists((vnuma_record *)record, record->xen[0], lists); /* to read */
    vnuma__json_init(&json, false);
    if (json.out.f)
        fprintf(json.out.f, VNUMA__RECORD_WORD "%u\n", VNUMA__RECORD_FORM);
    vnuma__json_map(&json);
    vnuma__json_add_bool(&json, "device_model", record->has_device_model);
    vnuma__json_add_bool(&json, "pinned", record->is_pinned);
    for (i = 0; i < NUM_LISTS; i++)
        if (lists[i].num)
            vnuma__json_add_numbers(&json, lists[i].key, lists[i].first,
                                    lists[i].size, lists[i].stride,
                                    lists[i].num);
    put_membinds(&json, &record->layout);
    if (record->acpi_tables)
        vnuma__json_add_string(&json, "acpi_tables", record->acpi_tables);
    return vnuma__json_finish(&json);
}

char *vnuma__record_format_bare(const vnuma_record *record)
{
    vnuma_record bare = *record; /* of which nothing is freed */

    bare.acpi_tables = NULL;
    return vnuma_record_format(&bare);
}

/* ---- reading ------------------------------------------------------------ */

bool vnuma_record_is_text(const char *text, size_t len)
{
    return len >= strlen(VNUMA__RECORD_WORD) &&
           !memcmp(text, VNUMA__RECORD_WORD, strlen(VNUMA__RECORD_WORD));
}

typedef struct {
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

static int read_list(record_reader *r, const vnuma__numbers *list)
{
    uint32_t num;
    const char *wrong = vnuma__jsondoc_numbers(r->root, list, &num);

    if (!wrong && num < list->num)
        wrong = "is too short";
    return wrong ? bad_member(r, list->key, wrong) : 0;
}

static int read_boolean(record_reader *r, const char *key, bool *boolean_r)
{
    value_ptr value = vnuma__jsondoc_member(r->root, key);

    if (!value || value->type != VNUMA__JSON_BOOLEAN)
        return bad_member(r, key, "is missing");
    *boolean_r = vnuma__text_equal(vnuma__jsondoc_text(value), "true");
    return 0;
}

/* Checks that the policy and pnodes that were read fit the vnode's pnode. */
static bool is_membind_of(const vnuma_membind *membind, uint32_t pnode)
{
    uint64_t seen = 0;
    unsigned int i;

    for (i = 0; i < membind->num_pnodes; i++) {
        if (membind->pnodes[i] >= VNUMA_MAX_PNODES ||
            (seen >> membind->pnodes[i] & 1))
            return false;
        seen |= UINT64_C(1) << membind->pnodes[i];
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
    value_ptr list = vnuma__jsondoc_member(r->root, "places"), item;
    uint32_t v = 0;

    if (!list)
        return 0;
    if (list->type != VNUMA__JSON_ARRAY)
        return bad_member(r, "places", "is not a list");
    VNUMA__JSON_FOREACH(item, list) {
        if (v == layout->num_vnodes)
            return bad_member(r, "places", "is too long");
        if (item->type != VNUMA__JSON_STRING ||
            !read_membind(vnuma__jsondoc_text(item),
                          layout->vnode_to_pnode[v], &layout->membinds[v]))
            return bad_member(r, "places",
                              "has an item that does not fit its vnode");
        v++;
    }
    return v == layout->num_vnodes ? 0
                                   : bad_member(r, "places", "is too short");
}

/* They come with a stream: what cannot be walked would end the guest. */
static int read_tables(record_reader *r, char **tables_r)
{
    value_ptr value = vnuma__jsondoc_member(r->root, "acpi_tables");
    vnuma__text text;
    uint8_t *bytes;
    bool is_hosts;
    size_t len;
    int rc;

    if (!value)
        return 0;
    if (value->type != VNUMA__JSON_STRING)
        return bad_member(r, "acpi_tables", "is not a string");
    text = vnuma__jsondoc_text(value);
    rc = vnuma__kept_parse(text.ptr, text.len, &bytes, &len, &is_hosts);
    if (rc == VNUMA_ERROR_CONFIG)
        return bad_member(r, "acpi_tables", "has no sound tables");
    if (rc)
        return rc;
    free(bytes);
    *tables_r = strndup(text.ptr, text.len);
    return *tables_r ? 0 : VNUMA_ERROR_NOMEM;
}

static int check_ranges(record_reader *r, const vnuma_record *record)
{
    uint64_t most = VNUMA__HIGHMEM_START; /* no more than this is left out */
    const vnuma__layout *layout = &record->layout;
    bool is_valid = vnuma__layout_is_sane(layout);
    uint64_t end = 0;
    uint32_t i;

    for (i = 0; i < layout->num_vmemranges; i++) {
        is_valid &= layout->vmemranges[i].start < layout->vmemranges[i].end;
        end = layout->vmemranges[i].end;
    }
    if (!is_valid)
        return bad_record(r, "its ranges of memory are invalid");
    for (i = 0; i < layout->num_vnodes; i++) {
        uint64_t memkb = vnuma__layout_memkb(layout, i);

        /* Only vnode 0 has memory that is in no range: video RAM. */
        if (memkb > record->memkb[i] || (i && memkb != record->memkb[i]))
            return bad_record(
                r, "its ranges of memory are not the vnodes' sizes");
        most += memkb << 10;
    }
    return end > most ? bad_record(r, "its ranges of memory are invalid") : 0;
}

/* Allocates what the lengths of three lists ask for. */
static int read_lengths(record_reader *r, vnuma__layout *layout)
{
    uint64_t numbers[VNUMA_MAX_VMEMRANGES];
    const vnuma__numbers lists[] = {
        LIST("pnodes", ADDRESS_MAX, numbers, VNUMA_MAX_VNODES),
        LIST("vcpu_to_vnode", ADDRESS_MAX, numbers, VNUMA_MAX_VCPUS),
        LIST("range_start", ADDRESS_MAX, numbers, VNUMA_MAX_VMEMRANGES),
    };
    const char *wrong;
    unsigned int i;
    uint32_t num[3];

    for (i = 0; i < 3; i++) {
        wrong = vnuma__jsondoc_numbers(r->root, &lists[i], &num[i]);
        if (wrong)
            return bad_member(r, lists[i].key, wrong);
        if (!num[i])
            return bad_record(r, "it has no vnodes, no vcpus or no memory");
    }
    return vnuma__layout_alloc(layout, num[2], num[0], num[1]);
}

static int read_record(record_reader *r, vnuma_record *record)
{
    vnuma__numbers lists[NUM_LISTS];
    unsigned int i;
    int rc;

    if (r->root->type != VNUMA__JSON_OBJECT)
        return bad_record(r, "it is not an object");
    rc = read_lengths(r, &record->layout);
    if (!rc)
        rc = read_boolean(r, "device_model", &record->has_device_model);
    if (!rc)
        rc = read_boolean(r, "pinned", &record->is_pinned);
    if (rc)
        return rc;
    find_lists(record, vnuma__jsondoc_member(r->root, "xen"), lists);
    for (i = 0; i < NUM_LISTS && !rc; i++)
        if (lists[i].num)
            rc = read_list(r, &lists[i]);
    if (!rc)
        rc = read_membinds(r, &record->layout);
    if (!rc)
        rc = read_tables(r, &record->acpi_tables);
    return rc ? rc : check_ranges(r, record);
}

/* Reads the line before the object. */
static int read_form(record_reader *r, const char *text, size_t len,
                     vnuma__text *object_r)
{
    vnuma__text all = { .ptr = text, .len = (uint32_t)len };
    uint32_t end = vnuma__text_find(all, '\n');
    uint64_t form;

    if (!vnuma_record_is_text(text, len) || len > VNUMA__RECORD_MAX)
        return bad_record(r, "it is not a record");
    if (end == all.len ||
        !vnuma__text_to_u64(
            vnuma__text_slice(all, strlen(VNUMA__RECORD_WORD), end),
            UINT32_MAX, &form))
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
    *object_r = vnuma__text_slice(all, end + 1, all.len);
    return 0;
}

int vnuma__record_parse(const char *text, size_t len, vnuma_record *record_r,
                        vnuma_diags *diags)
{
    record_reader reader = { .diags = diags };
    vnuma__jsondoc json = { NULL };
    vnuma__text object = { 0 };
    vnuma_diags ignored = { 0 };
    int rc = read_form(&reader, text, len, &object);

    if (!rc)
        rc = vnuma__jsondoc_parse(object, &json, &ignored);
    if (rc == 1)
        rc = bad_record(&reader, "it is not JSON");
    reader.root = json.root;
    if (!rc)
        rc = read_record(&reader, record_r);
    if (rc)
        vnuma__record_dispose(record_r);
    vnuma_diags_dispose(&ignored);
    vnuma__jsondoc_dispose(&json);
    return rc;
}
