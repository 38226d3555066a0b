/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Numbers, sizes and letters as other programs read them, at their limits; and
 * tables of JSON members, given what no table of ours meets.
 */
#include "config.h"

#include "base/arena.h"
#include "base/json_members.h"
#include "base/mask.h"
#include "base/print.h"
#include "base/utf8.h"
#include "base/xml.h"
#include "tap.h"

static vnuma__text text_of(const char *string)
{
    return (vnuma__text){ .ptr = string, .len = strlen(string) };
}

/* With a suffix as QEMU reads it; a plain number is of KiB here. */
static void sizes_are_read_as_qemu_reads_them(void)
{
    static const struct {
        const char *text;
        uint64_t bytes; /* UINT64_MAX: it is none */
    } texts[] = {
        { "", UINT64_MAX },
        { "+3", 3 << 10 },
        { "0x10", 16 << 10 },
        { "0xg", UINT64_MAX },
        { "017", 17 << 10 },
        { "1b", 1 },
        { "0x1b", 0x1b << 10 },
        { "0x1 B", UINT64_MAX },
        { "1E", UINT64_C(1) << 60 },
        { "8E", UINT64_MAX },
        { "9007199254740992", UINT64_MAX },
        { "1Z", UINT64_MAX },
        { "1 ", UINT64_MAX },
        { "1KB", UINT64_MAX },
        { "1.5K", 1536 },
        { "1.50000000000009K", 1536 },
        { "1.5", UINT64_MAX },
        { "1.5B", UINT64_MAX },
        { "0x1B", 0x1b << 10 },
        { "0x1K", 1 << 10 },
        { "0x1Z", UINT64_MAX },
    };
    unsigned int i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        uint64_t bytes = UINT64_MAX;
        bool is_read =
            vnuma__text_to_bytes(text_of(texts[i].text), 1 << 10, &bytes);

        if (bytes != texts[i].bytes)
            TAP_DIAG("text \"%s\"", texts[i].text);
        CHECK_UINT(bytes, texts[i].bytes);
        CHECK(is_read == (texts[i].bytes != UINT64_MAX));
    }
}

static void units_are_read_as_libvirt_reads_them(void)
{
    static const struct {
        const char *text;
        uint64_t bytes; /* 0: it is none */
    } texts[] = {
        { "", 1 << 10 },    { "b", 1 },
        { "BYTES", 1 },     { "k", 1 << 10 },
        { "KiB", 1 << 10 }, { "KB", 1000 },
        { "KxB", 0 },       { "Kx", 0 },
        { "KiBy", 0 },      { "BB", 0 },
        { "ZB", 0 },        { "Z", 0 },
        { "BiB", 0 },       { "EiB", UINT64_C(1) << 60 },
    };
    unsigned int i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        CHECK_UINT(vnuma__text_to_unit(text_of(texts[i].text)),
                   texts[i].bytes);
}

static void a_number_of_no_digits_is_none(void)
{
    vnuma__text text = text_of(" +");
    uint64_t value;

    CHECK(!vnuma__text_take_number(&text, 0, &value));
}

static void utf8_is_the_shortest_of_a_letter(void)
{
    static const struct {
        const char *bytes;
        bool is_valid;
    } texts[] = {
        { "a", true },
        { "\xc3\xa9", true },
        { "\xc3", false },
        { "\xc1\xa9", false },
        { "\xe0\x80\x80", false }, /* the long form of another */
        { "\xed\x9f\xbf", true },
        { "\xed\xa0\x80", false }, /* half of a pair of UTF-16 */
        { "\xee\x80\x80", true },
        { "\xf4\x8f\xbf\xbf", true }, /* the last that there is */
        { "\xf4\x90\x80\x80", false },
        { "\xf5\x80\x80\x80", false },
    };
    unsigned int i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        CHECK(vnuma__utf8_is_valid(texts[i].bytes, strlen(texts[i].bytes)) ==
              texts[i].is_valid);
}

static void a_quoted_text_is_one(void)
{
    vnuma__print print;
    char *text;

    REQUIRE(vnuma__print_begin(&print));
    vnuma__print_quoted("a \"b\" c:\\d", print.f);
    text = vnuma__print_end(&print, false);
    CHECK_STR(text, "\"a \\\"b\\\" c:\\\\d\"");
    free(text);
}

static void all_64_bits_are_a_set(void)
{
    CHECK_UINT(vnuma__lowest_bits(0), 0);
    CHECK_UINT(vnuma__lowest_bits(63), INT64_MAX);
    CHECK_UINT(vnuma__lowest_bits(64), UINT64_MAX);
}

static void no_memory_has_every_size(void)
{
    vnuma__arena *arena = NULL;

    CHECK(!vnuma__arena_alloc(&arena, SIZE_MAX));
    vnuma__arena_free(arena);
}

static void never(vnuma__xml *xml, const char *name, const char **attributes)
{
    (void)xml, (void)name, (void)attributes;
    CHECK(false);
}

static void a_document_of_nothing_is_none(void)
{
    vnuma__xml xml = { .text = text_of(""), .start = never };

    CHECK_INT(vnuma__xml_read(&xml), 1);
    CHECK_STR(xml.id, "xml");
    CHECK_UINT(xml.at.len, 0);
    vnuma__xml_dispose(&xml);
}

/* ---- tables of members -------------------------------------------------- */

typedef struct {
    uint32_t id;
} item;

typedef struct {
    bool boolean;
    vnuma_bitmap set;
    unsigned int word;
    item *items;
    unsigned int num_items;
} members;

static const vnuma__member item_table[] = {
    { "id", VNUMA__IS_ID, .at = offsetof(item, id), .max = 9 },
    { NULL },
};

static void put_nothing(vnuma__json *json, const void *from,
                        const void *context)
{
    (void)json, (void)from, (void)context;
}

static const vnuma__member table[] = {
    { "boolean", VNUMA__IS_BOOLEAN, .at = offsetof(members, boolean) },
    { "word", VNUMA__IS_WORD, .at = offsetof(members, word), .unknown = 7,
      .words = (const char *const[]){ "a", "b", NULL }, .wrong = "no word" },
    { "set", VNUMA__IS_SET, .at = offsetof(members, set) },
    { "items", VNUMA__IS_LIST, .at = offsetof(members, items),
      .table = item_table, .size = sizeof(item),
      .num_at = offsetof(members, num_items) },
    { "written", VNUMA__IS_WRITTEN, .put = put_nothing },
    { NULL },
};

static void dispose_members(members *m)
{
    vnuma_bitmap_dispose(&m->set);
    free(m->items);
}

/* Reads them; returns what was said first, which the next call overwrites. */
static const char *read_members(const char *text, members *m)
{
    static char said[128];
    vnuma_source source = { 0 };
    vnuma_diags diags = { 0 };
    vnuma__jsondoc json;
    const vnuma__members reader = { &diags, "test" };

    memset(m, 0, sizeof(*m));
    said[0] = '\0';
    CHECK_INT(vnuma_source_set(&source, "t", text, strlen(text)), 0);
    CHECK_INT(vnuma__jsondoc_parse(vnuma__source_text(&source), &json, &diags),
              0);
    CHECK(!vnuma__members_read(&reader, json.root, table, m) ==
          !diags.num_errors);
    if (diags.num_items)
        snprintf(said, sizeof(said), "%s", vnuma_diags_at(&diags, 0)->message);
    vnuma__jsondoc_dispose(&json);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
    return said;
}

static void members_are_read_until_one_is_wrong(void)
{
    static const struct {
        const char *text, *said;
    } texts[] = {
        { "[]", "" },
        { "{\"written\":1}", "" },
        { "{\"word\":null,\"set\":null,\"items\":null}", "" },
        { "{\"word\":\"c\"}", "no word" },
        { "{\"set\":[1,\"x\",2]}",
          "this is not the number of a CPU or a node" },
    };
    unsigned int i;
    members m;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        CHECK_STR(read_members(texts[i].text, &m), texts[i].said);
        CHECK_UINT(m.word, 7);
        dispose_members(&m);
    }
    read_members("{\"boolean\":1,\"items\":[{\"id\":1},{\"id\":-1},{}]}", &m);
    CHECK(!m.boolean);
    CHECK_UINT(m.num_items, 2);
    dispose_members(&m);
}

static void a_list_has_its_limit(void)
{
    const size_t most = 65536;
    char *text = malloc(2 * most + 32), *end = text;
    members m;
    size_t i;

    REQUIRE(text);
    end += sprintf(end, "{\"set\":[0");
    for (i = 1; i < most; i++)
        end += sprintf(end, ",0");
    strcpy(end, "]}");
    CHECK_STR(read_members(text, &m), "");
    dispose_members(&m);
    strcpy(end, ",0]}");
    CHECK_STR(read_members(text, &m), "this list is too long");
    dispose_members(&m);
    free(text);
}

static void what_is_never_written_is_not(void)
{
    static const vnuma__member rows[] = {
        { "value", VNUMA__IS_VALUE },
        { "written", VNUMA__IS_WRITTEN, .put = put_nothing },
        { NULL },
    };
    vnuma__json json;
    char *text;

    vnuma__json_begin(&json, false);
    vnuma__members_put(&json, rows, rows);
    text = vnuma__json_finish(&json);
    CHECK_STR(text, "{}\n");
    free(text);
}

static const tap_case cases[] = {
    TAP_CASE(sizes_are_read_as_qemu_reads_them),
    TAP_CASE(units_are_read_as_libvirt_reads_them),
    TAP_CASE(a_number_of_no_digits_is_none),
    TAP_CASE(utf8_is_the_shortest_of_a_letter),
    TAP_CASE(a_quoted_text_is_one),
    TAP_CASE(all_64_bits_are_a_set),
    TAP_CASE(no_memory_has_every_size),
    TAP_CASE(a_document_of_nothing_is_none),
    TAP_CASE(members_are_read_until_one_is_wrong),
    TAP_CASE(a_list_has_its_limit),
    TAP_CASE(what_is_never_written_is_not),
};

int main(void)
{
    return TAP_RUN(cases);
}
