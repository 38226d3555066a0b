/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Saved guests: the record that we add, xl's header, the streams. */
#include "config.h"

#include "inside.h"
#include "record/record.h"
#include "record/savefile.h"
#include "tables/kept.h"
#include "tap.h"

#define MIB (UINT64_C(1) << 20)

/* ---- the record --------------------------------------------------------- */

static void make_record(vnuma_record *record)
{
    static const uint32_t distances[] = { 10, 31, 31, 10 };
    vnuma__layout *layout = &record->layout;

    *record = (vnuma_record){ 0 };
    CHECK_INT(vnuma__layout_alloc(layout, 3, 2, 4), 0);
    layout->vmemranges[0] = (vnuma__vmemrange){ 0, 240 * MIB, 0 };
    layout->vmemranges[1] = (vnuma__vmemrange){ 240 * MIB, 256 * MIB, 1 };
    layout->vmemranges[2] = (vnuma__vmemrange){ 4096 * MIB, 4336 * MIB, 1 };
    layout->vnode_to_pnode[0] = 5;
    layout->vcpu_to_vnode[3] = 1;
    memcpy(layout->distances, distances, sizeof(distances));
    memcpy(record->host_distances, distances, sizeof(distances));
    record->host_distances[1] = 41;
    record->xen[0] = 4;
    record->xen[1] = 17;
    record->memkb[0] = 256 * 1024;
    record->memkb[1] = 256 * 1024;
    record->has_device_model = true;
    record->is_pinned = true;
}

#define CHECK_SAME(a, b, num) CHECK(!memcmp((a), (b), (num) * sizeof((a)[0])))

/* A member that is never written reads back to the same text all the same. */
static void check_same_record(const vnuma_record *a, const vnuma_record *b)
{
    const vnuma__layout *x = &a->layout, *y = &b->layout;
    uint32_t i, n = x->num_vnodes;

    CHECK_UINT(y->num_vnodes, n);
    CHECK_UINT(y->num_vcpus, x->num_vcpus);
    CHECK_UINT(y->num_vmemranges, x->num_vmemranges);
    for (i = 0; i < y->num_vmemranges; i++) {
        CHECK_UINT(y->vmemranges[i].start, x->vmemranges[i].start);
        CHECK_UINT(y->vmemranges[i].end, x->vmemranges[i].end);
        CHECK_UINT(y->vmemranges[i].vnode, x->vmemranges[i].vnode);
    }
    CHECK_SAME(x->vnode_to_pnode, y->vnode_to_pnode, n);
    CHECK_SAME(x->vcpu_to_vnode, y->vcpu_to_vnode, x->num_vcpus);
    CHECK_SAME(x->distances, y->distances, n * n);
    CHECK_SAME(a->host_distances, b->host_distances, n * n);
    CHECK_SAME(a->memkb, b->memkb, n);
    CHECK_SAME(a->xen, b->xen, 2);
    CHECK_INT(b->has_device_model, a->has_device_model);
    CHECK_INT(b->is_pinned, a->is_pinned);
}

static void a_record_reads_back_to_the_same(void)
{
    vnuma_record record, again = { 0 };
    vnuma_diags diags;
    char *text, *second;

    vnuma_diags_init(&diags);
    make_record(&record);
    text = vnuma_record_format(&record);
    REQUIRE(text);
    CHECK(vnuma_record_is_text(text, strlen(text)));
    CHECK_INT(vnuma__record_parse(text, strlen(text), &again, &diags), 0);
    check_same_record(&record, &again);
    second = vnuma_record_format(&again);
    REQUIRE(second);
    CHECK_STR(second, text);
    CHECK_UINT(vnuma__record_video_memkb(&again), 16 * 1024);
    free(second);
    free(text);
    vnuma__record_dispose(&again);
    vnuma__record_dispose(&record);
    vnuma_diags_dispose(&diags);
}

/* Vnode 0 prefers pnode 5, vnode 1 is spread over pnodes 0, 2 and 63. */
static void make_policies(vnuma_record *record)
{
    make_record(record);
    record->layout.membinds[0] =
        (vnuma_membind){ VNUMA_POLICY_PREFERRED, { 5, 0 }, 2 };
    record->layout.membinds[1] =
        (vnuma_membind){ VNUMA_POLICY_INTERLEAVE, { 0, 2, 63 }, 3 };
}

static void policies_travel(void)
{
    vnuma_record record, again = { 0 };
    vnuma_config config;
    vnuma_diags diags;
    char *text;

    vnuma_diags_init(&diags);
    memset(&config, 0, sizeof(config));
    make_policies(&record);
    text = vnuma_record_format(&record);
    REQUIRE(text);
    CHECK(strstr(text, "\"places\":[\"preferred:5,0\","
                       "\"interleave:0,2,63\"]"));
    CHECK_INT(vnuma__record_parse(text, strlen(text), &again, &diags), 0);
    REQUIRE(again.layout.num_vnodes == 2);
    CHECK(vnuma__layout_has_policies(&again.layout));
    CHECK_UINT(again.layout.membinds[0].policy, VNUMA_POLICY_PREFERRED);
    CHECK_UINT(again.layout.membinds[0].pnodes[1], 0);
    CHECK_UINT(again.layout.membinds[1].num_pnodes, 3);
    CHECK_UINT(again.layout.membinds[1].pnodes[2], 63);
    CHECK_INT(vnuma__record_to_config(&again, NULL, true, &config), 0);
    REQUIRE(config.policies.num_items == 2 && config.policies.is_list);
    CHECK_UINT(config.policies.items[0].policy, VNUMA_POLICY_PREFERRED);
    CHECK_UINT(vnuma_bitmap_count(&config.policies.items[0].pnodes), 0);
    CHECK_UINT(config.policies.items[1].policy, VNUMA_POLICY_INTERLEAVE);
    CHECK_UINT(vnuma_bitmap_count(&config.policies.items[1].pnodes), 3);
    CHECK(vnuma_bitmap_test(&config.policies.items[1].pnodes, 63));
    vnuma__config_dispose(&config);
    free(text);
    vnuma__record_dispose(&again);
    vnuma__record_dispose(&record);
    vnuma_diags_dispose(&diags);
}

/* A table of 40 bytes, "HMAT". */
#define KEPT "host:SE1BVCgAAAABrQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="

static void tables_travel(void)
{
    vnuma_record record, again = { 0 };
    char *text, *bare;
    vnuma_diags diags;
    uint8_t *bytes;
    bool is_hosts;
    size_t len;

    vnuma_diags_init(&diags);
    make_record(&record);
    REQUIRE(
        !vnuma__kept_parse(KEPT, strlen(KEPT), &bytes, &len, &is_hosts));
    free(bytes);
    record.acpi_tables = strdup(KEPT);
    text = vnuma_record_format(&record);
    bare = vnuma__record_format_bare(&record);
    REQUIRE(text && bare);
    CHECK(!strstr(bare, "acpi_tables"));
    CHECK_STR(record.acpi_tables, KEPT);
    CHECK_INT(vnuma__record_parse(text, strlen(text), &again, &diags), 0);
    CHECK_STR(again.acpi_tables, KEPT);
    vnuma__record_dispose(&again);
    CHECK_INT(vnuma__record_parse(bare, strlen(bare), &again, &diags), 0);
    CHECK(!again.acpi_tables);
    vnuma__record_dispose(&again);
    vnuma__record_dispose(&record);
    vnuma_diags_dispose(&diags);
    free(bare);
    free(text);
}

/* As every guest had it, and most will: nothing is said, all is strict. */
static void strict_guests_travel_as_before(void)
{
    vnuma_record record;
    vnuma_config config;
    char *text;

    memset(&config, 0, sizeof(config));
    make_record(&record);
    record.layout.membinds[0] =
        (vnuma_membind){ VNUMA_POLICY_STRICT, { 5 }, 1 };
    text = vnuma_record_format(&record);
    REQUIRE(text);
    CHECK(!strstr(text, "places"));
    CHECK_INT(vnuma__record_to_config(&record, NULL, true, &config), 0);
    CHECK_UINT(config.policies.num_items, 0);
    free(text);
    vnuma__config_dispose(&config);
    vnuma__record_dispose(&record);
}

static void check_refusal(const char *text, const char *id, const char *part)
{
    vnuma_record record = { 0 };
    vnuma_diags diags;

    vnuma_diags_init(&diags);
    CHECK_INT(vnuma__record_parse(text, strlen(text), &record, &diags),
              VNUMA_ERROR_CONFIG);
    CHECK_UINT(record.layout.num_vnodes, 0);
    REQUIRE(diags.num_items == 1);
    CHECK_STR(vnuma_diags_at(&diags, 0)->id, id);
    if (!strstr(vnuma_diags_at(&diags, 0)->message, part)) {
        CHECK_STR(vnuma_diags_at(&diags, 0)->message, part);
    }
    vnuma_diags_dispose(&diags);
}

/* One vnode of 1 MiB with a vcpu; @member stands last, where it counts. */
static void check_member(const char *member, const char *part)
{
    char text[1024];

    snprintf(
        text, sizeof(text),
        "xl-vnuma 1\n{\"device_model\":false,\"pinned\":false,\"pnodes\":[0],"
        "\"memkb\":[1024],\"vcpu_to_vnode\":[0],\"distances\":[10],"
        "\"host_distances\":[10],\"range_start\":[0],"
        "\"range_end\":[1048576],\"range_vnode\":[0],%s}\n",
        member);
    check_refusal(text, "save-record", part);
}

static void check_place(const char *place)
{
    char member[512];

    snprintf(member, sizeof(member), "\"places\":[%s]", place);
    check_member(member, "\"places\" has an item that does not fit");
}

static void a_damaged_record_is_refused(void)
{
    char longer[400];

    check_refusal("xl-vnuma 1\n", "save-record", "not JSON");
    check_refusal("xl-vnuma one\n{}", "save-record", "its form");
    check_refusal("xl-vnuma 1", "save-record", "its form");
    check_refusal("something else", "save-record", "not a record");
    check_refusal("xl-vnuma 1\n{}\n", "save-record", "\"pnodes\" is missing");
    check_refusal("xl-vnuma 1\n[]\n", "save-record", "not an object");
    check_member("\"pnodes\":[]", "no vnodes");
    check_member("\"pnodes\":[0,1]", "\"memkb\" is too short");
    check_member("\"pnodes\":[-1]", "\"pnodes\" has an item");
    check_member("\"pnodes\":[4294967295]", "\"pnodes\" has an item");
    check_member("\"vcpu_to_vnode\":[1]", "\"vcpu_to_vnode\" has an item");
    check_member("\"distances\":[10,20]", "\"distances\" is too long");
    check_member("\"device_model\":1", "\"device_model\" is missing");
    check_member("\"range_end\":[0]", "are invalid");
    check_member("\"range_end\":[1]", "are invalid");
    check_member("\"range_end\":[2097152]", "are not the vnodes' sizes");
    check_member("\"range_start\":[1125899906842624],"
                 "\"range_end\":[1125899907891200]",
                 "are invalid");
    check_member("\"range_end\":[]", "\"range_end\" is too short");
    check_member("\"range_start\":[1048576]", "are invalid");
    check_member("\"memkb\":[18446744073709551616]",
                 "\"memkb\" has an item");
    check_member("\"pnodes\":[64]", "\"pnodes\" has an item");
    check_member("\"places\":1", "\"places\" is not a list");
    check_member("\"places\":[]", "\"places\" is too short");
    check_member("\"places\":[\"strict:0\",\"strict:0\"]",
                 "\"places\" is too long");
    check_place("1");
    check_place("\"strict\"");
    check_place("\"strict:1\"");
    check_place("\"strict:0,1\"");
    check_place("\"preferred:1,0\"");
    check_place("\"preferred:0,0\"");
    check_place("\"interleave:\"");
    check_place("\"interleave:1,1\"");
    check_place("\"interleave:64\"");
    check_place("\"interleave:4294967296\"");
    check_place("\"interleave:0;\"");
    check_place("\"interleave:0\\u0000\"");
    snprintf(longer, sizeof(longer), "\"interleave:%0300d\"", 0);
    check_place(longer);
}

static void damaged_tables_are_refused(void)
{
    check_member("\"acpi_tables\":[]", "\"acpi_tables\" is not a string");
    check_member("\"acpi_tables\":\"\"", "has no sound tables");
    check_member("\"acpi_tables\":\"host:AAAA\"", "has no sound tables");
    /* A table of length 0. */
    check_member("\"acpi_tables\":\"host:SE1BVAAAAAABrQAAAAAAAAAAAAAAAAAAAAAA"
                 "AAAAAAAAAAAAAAAAAA==\"",
                 "has no sound tables");
}

static void an_unknown_form_is_refused_not_guessed(void)
{
    check_refusal("xl-vnuma 2\n{}\n", "save-form", "in form 2");
}

static void a_record_is_a_guest_to_plan(void)
{
    vnuma_record record;
    vnuma_config config;

    memset(&config, 0, sizeof(config));
    make_record(&record);
    CHECK_INT(vnuma__record_to_config(&record, "g", true, &config), 0);
    REQUIRE(config.num_vnodes == 2);
    CHECK_UINT(config.vnodes[0].pnode.value, 5);
    CHECK_UINT(config.vnodes[1].memkb.value, 256 * 1024);
    CHECK_UINT(config.vnodes[1].distances[0].value, 31);
    CHECK_UINT(vnuma_bitmap_count(&config.vnodes[0].vcpus), 3);
    CHECK(vnuma_bitmap_test(&config.vnodes[1].vcpus, 3));
    CHECK_STR(config.name, "g");
    vnuma__config_dispose(&config);
    CHECK_INT(vnuma__record_to_config(&record, NULL, false, &config), 0);
    CHECK_UINT(config.vnodes[0].pnode.value, VNUMA_PNODE_AUTO);
    vnuma__config_dispose(&config);
    vnuma__record_dispose(&record);
}

/* ---- a whole file ------------------------------------------------------- */

typedef struct {
    uint8_t bytes[65536];
    size_t len;
} file;

static void put(file *f, const void *bytes, size_t len)
{
    memcpy(f->bytes + f->len, bytes, len);
    f->len += len;
}

static void put_u32(file *f, uint32_t value)
{
    put(f, &value, sizeof(value));
}

static void put_zeroes(file *f, size_t len)
{
    memset(f->bytes + f->len, 0, len);
    f->len += len;
}

static void put_header(file *f, uint32_t flags, uint32_t optional_len)
{
    put(f, "Xen saved domain, xl format\n \0 \r", 32);
    put_u32(f, 0x01020304);
    put_u32(f, flags);
    put_u32(f, 0);
    put_u32(f, optional_len);
}

static void put_record(file *f, uint32_t type, uint32_t len)
{
    put_u32(f, type);
    put_u32(f, len);
}

/* Two pages, the second of which is not there. */
static void put_pages(file *f)
{
    uint64_t pfns[] = { 7, UINT64_C(0xf000000000000008) };

    put_record(f, 1, 8 + sizeof(pfns) + 4096);
    put_u32(f, 2);
    put_u32(f, 0);
    put(f, pfns, sizeof(pfns));
    put_zeroes(f, 4096);
}

static void put_streams(file *f)
{
    put(f, "LibxlFmt\0\0\0\2\0\0\0\0", 16);
    put_record(f, 1, 0);
    put(f, "\xff\xff\xff\xff\xff\xff\xff\xffXENF\0\0\0\3", 16);
    put_zeroes(f, 24);
    put_pages(f);
    put_record(f, 9, 5); /* HVM context, padded */
    put_zeroes(f, 8);
    put_record(f, 0, 0);
    put_record(f, 3, 16); /* a device model's state */
    put_zeroes(f, 16);
    put_record(f, 0, 0);
}

static int read_file(void *user, uint64_t offset, void *bytes_r, size_t len)
{
    const file *f = user;

    CHECK(offset + len <= f->len);
    memcpy(bytes_r, f->bytes + offset, len);
    return 0;
}

static int check_streams(file *f, vnuma_diags *diags)
{
    vnuma__save_input input = { .size = f->len, .read = read_file, .user = f };

    return vnuma__save_check_stream(&input, 0, diags);
}

static void a_whole_stream_is_whole(void)
{
    static file f;
    vnuma_diags diags;

    f.len = 0;
    vnuma_diags_init(&diags);
    put_streams(&f);
    CHECK_INT(check_streams(&f, &diags), 0);
    CHECK_UINT(diags.num_items, 0);
    vnuma_diags_dispose(&diags);
}

static void a_stream_cut_anywhere_is_truncated(void)
{
    static file f;
    vnuma_diags diags;
    size_t len;

    f.len = 0;
    put_streams(&f);
    for (len = f.len; len--;) {
        f.len = len;
        vnuma_diags_init(&diags);
        CHECK_INT(check_streams(&f, &diags), VNUMA_ERROR_CONFIG);
        REQUIRE(diags.num_items == 1);
        CHECK_STR(vnuma_diags_at(&diags, 0)->id, "save-truncated");
        vnuma_diags_dispose(&diags);
    }
}

static void damage_is_named(void)
{
    static const struct {
        size_t at;
        uint8_t byte;
        const char *part;
    } damages[] = {
        { 0, 'X', "does not begin here" },
        { 11, 3, "unknown version" },
        { 15, 1, "options that are not known" },
        { 16, 99, "unknown type" },
        { 24, 0, "no memory image" },
        { 32, 'Y', "no memory image" },
        { 39, 4, "unknown version" },
        { 64 + 7, 0x10, "record is too long" },
        { 64 + 4, 4, "other pages than it lists" },
        { 72, 0, "does not list them" },
    };
    static file f;
    vnuma_diags diags;
    unsigned int i;

    for (i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        f.len = 0;
        put_streams(&f);
        f.bytes[damages[i].at] = damages[i].byte;
        vnuma_diags_init(&diags);
        CHECK_INT(check_streams(&f, &diags), VNUMA_ERROR_CONFIG);
        REQUIRE(diags.num_items == 1);
        if (!strstr(vnuma_diags_at(&diags, 0)->message, damages[i].part))
            CHECK_STR(vnuma_diags_at(&diags, 0)->message, damages[i].part);
        vnuma_diags_dispose(&diags);
    }
}

/* ---- the beginning ------------------------------------------------------ */

static int read_header(uint32_t flags, uint32_t optional_len,
                       vnuma__save_head *head, vnuma_diags *diags)
{
    static file f;

    f.len = 0;
    put_header(&f, flags, optional_len);
    CHECK_UINT(f.len, VNUMA__SAVE_HEADER_LEN);
    return vnuma__save_read_header(f.bytes, head, diags);
}

static void the_parts_of_the_optional_data_are_found(void)
{
    static const char config[] =
        "{\"c_info\":{\"name\":\"g\","
        "\"uuid\":\"84065e93-707e-43cb-9b78-547373B49F6E\"},"
        "\"b_info\":{\"vnuma_nodes\":[{}]}}";
    static const char evil[] =
        "{\"c_info\":{\"name\":\"a\\u001b[2J\xc3\xa4\","
        "\"uuid\":\"84065e93-707e-43cb-9b78-5473/../49f6e\"}}";
    static const char no_uuid[] = "{\"c_info\":{\"uuid\":\"84065e93\"}}";
    vnuma__save_config found = { 0 };
    vnuma__save_head head;
    vnuma_diags diags;
    static file f;

    f.len = 0;
    vnuma_diags_init(&diags);
    put_u32(&f, sizeof(config));
    put(&f, config, sizeof(config));
    put(&f, "extra", 5);
    CHECK_INT(read_header(3, (uint32_t)f.len, &head, &diags), 0);
    CHECK(head.is_json && head.is_stream_v2);
    CHECK_INT(vnuma__save_read_optional(f.bytes, &head, &diags), 0);
    CHECK_UINT(head.config_len, sizeof(config));
    CHECK_UINT(head.extra_len, 5);
    CHECK(!memcmp(f.bytes + head.extra_at, "extra", 5));
    CHECK_INT(vnuma__save_read_config(f.bytes + head.config_at,
                                      head.config_len, &found, &diags),
              0);
    CHECK_STR(found.name, "g");
    CHECK_STR(found.uuid, "84065e93-707e-43cb-9b78-547373B49F6E");
    CHECK(found.has_vnuma);
    vnuma__save_config_dispose(&found);
    CHECK_INT(vnuma__save_read_config(evil, strlen(evil), &found, &diags), 0);
    CHECK_STR(found.name, "a?[2J\xc3\xa4");
    CHECK_STR(found.uuid, "");
    vnuma__save_config_dispose(&found);
    CHECK_INT(vnuma__save_read_config(no_uuid, strlen(no_uuid), &found,
                                      &diags),
              0);
    CHECK_STR(found.uuid, "");
    vnuma__save_config_dispose(&found);
    CHECK_INT(vnuma__save_read_config("{\"c", 3, &found, &diags),
              VNUMA_ERROR_CONFIG);
    vnuma_diags_dispose(&diags);
}

static void a_header_is_made_to_promise_more(void)
{
    vnuma__save_head head;
    vnuma_diags diags;
    static file f;

    f.len = 0;
    vnuma_diags_init(&diags);
    put_header(&f, 3, 100);
    vnuma__save_lengthen(f.bytes, 23);
    CHECK_INT(vnuma__save_read_header(f.bytes, &head, &diags), 0);
    CHECK_UINT(head.optional_len, 123);
    vnuma_diags_dispose(&diags);
}

static void a_wrong_beginning_is_refused(void)
{
    vnuma__save_head head;
    vnuma_diags diags;
    static file f;

    vnuma_diags_init(&diags);
    CHECK_INT(read_header(7, 0, &head, &diags), VNUMA_ERROR_CONFIG);
    CHECK_STR(vnuma_diags_at(&diags, 0)->id, "save-form");
    CHECK_INT(read_header(3, UINT32_MAX, &head, &diags), VNUMA_ERROR_CONFIG);
    f.len = 0;
    put_header(&f, 3, 0);
    f.bytes[35] ^= 1;
    CHECK_INT(vnuma__save_read_header(f.bytes, &head, &diags),
              VNUMA_ERROR_CONFIG);
    f.bytes[0] = 'x';
    CHECK_INT(vnuma__save_read_header(f.bytes, &head, &diags),
              VNUMA_ERROR_CONFIG);
    CHECK_INT(read_header(3, 3, &head, &diags), 0);
    CHECK_INT(vnuma__save_read_optional(f.bytes, &head, &diags),
              VNUMA_ERROR_CONFIG);
    CHECK_INT(read_header(3, 8, &head, &diags), 0);
    f.len = 0;
    put_u32(&f, 5);
    put_u32(&f, 0);
    CHECK_INT(vnuma__save_read_optional(f.bytes, &head, &diags),
              VNUMA_ERROR_CONFIG);
    vnuma_diags_dispose(&diags);
}

static const tap_case cases[] = {
    TAP_CASE(a_record_reads_back_to_the_same),
    TAP_CASE(policies_travel),
    TAP_CASE(tables_travel),
    TAP_CASE(damaged_tables_are_refused),
    TAP_CASE(strict_guests_travel_as_before),
    TAP_CASE(a_damaged_record_is_refused),
    TAP_CASE(an_unknown_form_is_refused_not_guessed),
    TAP_CASE(a_record_is_a_guest_to_plan),
    TAP_CASE(a_whole_stream_is_whole),
    TAP_CASE(a_stream_cut_anywhere_is_truncated),
    TAP_CASE(damage_is_named),
    TAP_CASE(the_parts_of_the_optional_data_are_found),
    TAP_CASE(a_header_is_made_to_promise_more),
    TAP_CASE(a_wrong_beginning_is_refused),
};

int main(void)
{
    return TAP_RUN(cases);
}
