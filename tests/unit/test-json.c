/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON from outside: what is read, what is refused, and where that is said. */
#include "config.h"

#include <string.h>

#include "base/json_reader.h"
#include "vnuma.h"

#include "tap.h"

typedef struct {
    vnuma_source source;
    vnuma__jsondoc json;
    vnuma_diags diags;
    int rc;
} json_case;

static void begin(json_case *c, const char *text, size_t len)
{
    vnuma__text whole;

    memset(c, 0, sizeof(*c));
    CHECK_INT(vnuma_source_set(&c->source, "text", text, len), 0);
    whole = (vnuma__text){ c->source.text, c->source.len,
                           { &c->source, 0, c->source.len }, true };
    c->rc = vnuma__jsondoc_parse(whole, &c->json, &c->diags);
    CHECK_UINT(c->diags.num_errors, c->rc ? 1 : 0);
    CHECK(!c->rc == !!c->json.root);
}

static void end(json_case *c)
{
    vnuma__jsondoc_dispose(&c->json);
    vnuma_diags_dispose(&c->diags);
    vnuma_source_dispose(&c->source);
}

static void values_are_read_as_they_are_written(void)
{
    static const struct {
        const char *text, *value;
    } texts[] = {
        { "0", "0" },
        { "-0.5e-10", "-0.5e-10" },
        { " 12E+3\n", "12E+3" },
        { "true", "true" },
        { "\tfalse ", "false" },
        { "null", "" },
        { "\"\"", "" },
        { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
        { "\"\\u0041\\u00e9\\u20aC\"", "A\303\251\342\202\254" },
        { "\"\\ud83d\\ude00x\"", "\360\237\230\200x" },
        { "\"\303\251\"", "\303\251" },
    };
    json_case c;
    unsigned int i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        begin(&c, texts[i].text, strlen(texts[i].text));
        REQUIRE(!c.rc);
        CHECK(vnuma__text_equal(vnuma__jsondoc_text(c.json.root),
                                texts[i].value));
        end(&c);
    }
}

/* The place is yajl's: the last byte that it has read. */
static void others_are_refused_where_they_go_wrong(void)
{
    static const struct {
        const char *text;
        uint32_t at;
    } texts[] = {
        { "01", 2 },
        { "+1", 0 },
        { "1.x", 1 },
        { "-a", 0 },
        { "1ex", 1 },
        { "trux", 2 },
        { "[1,]", 3 },
        { "[,1]", 1 },
        { "[1 2]", 3 },
        { "[1}", 2 },
        { "{\"a\" 1}", 5 },
        { "{\"a\":}", 5 },
        { "{a:1}", 1 },
        { "{\"a\":1,}", 7 },
        { "1 1", 3 },
        { "\"\\x\"", 1 },
        { "\"\\u12g4\"", 4 },
        { "\"\n\"", 0 },
        { "\"\377\"", 1 },
        { "[[[[[[[[[[[[[[[[[", 16 },
    };
    json_case c;
    unsigned int i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        begin(&c, texts[i].text, strlen(texts[i].text));
        REQUIRE(c.rc == 1);
        CHECK_UINT(vnuma_diags_at(&c.diags, 0)->span.start, texts[i].at);
        end(&c);
    }
    begin(&c, "1\0", 2);
    CHECK_INT(c.rc, 1);
    end(&c);
}

/* Wherever a text is cut, that is said, and nothing after it is read. */
static void a_text_that_ends_too_early_is_told(void)
{
    static const char text[] =
        "{\"a\":[1.5e+1,\"\\u0041\\n\",true,null],\"b\":{\"c\":-2}}";
    json_case c;
    size_t len;

    for (len = 0; len < strlen(text); len++) {
        begin(&c, text, len);
        CHECK_INT(c.rc, 1);
        CHECK(strstr(vnuma_diags_at(&c.diags, 0)->message, "the text"));
        end(&c);
    }
}

static void too_many_values_are_refused(void)
{
    static const char list[] = "[],";
    const size_t num = VNUMA__JSON_MAX_VALUES, len = strlen(list);
    char *text = malloc(1 + num * len);
    json_case c;
    size_t i;

    REQUIRE(text);
    text[0] = '[';
    for (i = 0; i < num; i++)
        memcpy(text + 1 + i * len, list, len);
    text[num * len] = ']';
    begin(&c, text, num * len + 1);
    CHECK_INT(c.rc, 1);
    CHECK(strstr(vnuma_diags_at(&c.diags, 0)->message, "too many values"));
    end(&c);
    free(text);
}

static void spans_are_of_what_is_written(void)
{
    static const char text[] = "[\"a\\\"b\", \"\\\\\", \"c\", -1.5, null, true]";
    static const char *const written[] = { "\"a\\\"b\"", "\"\\\\\"", "\"c\"",
                                           "-1.5",        "null",     "true" };
    const vnuma__jsondoc_value *value;
    unsigned int i = 0;
    json_case c;

    begin(&c, text, strlen(text));
    REQUIRE(!c.rc);
    VNUMA__JSON_FOREACH(value, c.json.root) {
        CHECK_UINT(value->span.end - value->span.start, strlen(written[i]));
        CHECK(!memcmp(text + value->span.start, written[i],
                      strlen(written[i])));
        i++;
    }
    CHECK_UINT(i, 6);
    end(&c);
    begin(&c, "\"\\n\"", 4);
    REQUIRE(!c.rc);
    CHECK_UINT(c.json.root->span.start, 0);
    end(&c);
}

static void lists_have_their_members_and_their_bytes(void)
{
    static const char text[] = " {\"a\": [1, {}], \"b\\u0063\": 2, \"a\": 3}";
    const vnuma__jsondoc_value *list;
    json_case c;

    begin(&c, text, strlen(text));
    REQUIRE(!c.rc);
    CHECK_UINT(c.json.root->span.start, 1);
    CHECK_UINT(c.json.root->text_len, strlen(text) - 1);
    list = vnuma__jsondoc_first(c.json.root);
    CHECK_UINT(list->text_len, strlen("[1, {}]"));
    CHECK_UINT(list->first->next->text_len, 2);
    CHECK(vnuma__jsondoc_member(c.json.root, "bc"));
    CHECK(vnuma__text_equal(
        vnuma__jsondoc_text(vnuma__jsondoc_member(c.json.root, "a")), "3"));
    CHECK(vnuma__jsondoc_find_twice(c.json.root));
    CHECK(!vnuma__jsondoc_member(c.json.root, ""));
    CHECK(!vnuma__jsondoc_first(list->first));
    end(&c);
    begin(&c, "{\"\":1,\"ab\":2}", 13);
    CHECK(vnuma__jsondoc_member(c.json.root, ""));
    CHECK(!vnuma__jsondoc_member(c.json.root, "a"));
    CHECK(!vnuma__jsondoc_member(c.json.root, "ac"));
    end(&c);
}

static void a_list_of_numbers_has_only_them(void)
{
    static const struct {
        const char *text, *wrong;
    } texts[] = {
        { "{\"a\":[1,2]}", NULL },
        { "{\"b\":[1]}", "is missing" },
        { "{\"a\":1}", "is missing" },
        { "{\"a\":[1,2,3]}", "is too long" },
        { "{\"a\":[\"1\"]}",
          "has an item that is not a number or is too large" },
        { "{\"a\":[8]}", "has an item that is not a number or is too large" },
    };
    uint32_t list[2], num;
    const vnuma__numbers numbers = { "a",           7, list, sizeof(*list),
                                     sizeof(*list), 2 };
    const char *wrong;
    unsigned int i;
    json_case c;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        begin(&c, texts[i].text, strlen(texts[i].text));
        wrong = vnuma__jsondoc_numbers(c.json.root, &numbers, &num);
        CHECK_STR(wrong ? wrong : "", texts[i].wrong ? texts[i].wrong : "");
        end(&c);
    }
}

/* Each key is compared with those that could be the same only. */
static void keys_that_are_there_twice_are_found(void)
{
    static const struct {
        const char *text;
        bool has;
    } texts[] = {
        { "{\"a\":1,\"b\":2,\"ab\":3,\"\":4}", false },
        { "{\"\":1,\"a\":2,\"\":3}", true },
        { "{\"a\":1,\"\\u0061\":2}", true },
        { "[{\"x\":[{\"abc\":1,\"adc\":2,\"abc\":3}]}]", true },
        { "{\"abc\":1,\"abd\":2,\"aad\":3,\"cab\":{\"abc\":4}}", false },
    };
    char many[129 * 8 + 2], *end_of = many;
    unsigned int i;
    json_case c;

    /* So many that they are not compared pass for two. */
    for (i = 0; i < 129; i++)
        end_of += sprintf(end_of, "%c\"%03u\":0", i ? ',' : '{', i);
    strcpy(end_of, "}");
    begin(&c, many, strlen(many));
    CHECK(vnuma__jsondoc_find_twice(c.json.root));
    end(&c);

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        begin(&c, texts[i].text, strlen(texts[i].text));
        REQUIRE(!c.rc);
        CHECK(!vnuma__jsondoc_find_twice(c.json.root) == !texts[i].has);
        end(&c);
    }
}

static void closed_lists_are_empty_and_no_others(void)
{
    static const char *const closed[] = { "no", "nor", NULL };
    static const char text[] =
        "{\"no\":[1,{\"a\":[2]},\"\\n\"],\"yes\":[3],\"nor\":{\"b\":{\"no\":4}},"
        "\"n\":{\"no\":5,\"nor\":[8]},\"list\":[[6],{\"no\":[7]}]}";
    vnuma_source source = { 0 };
    const vnuma__jsondoc_value *root, *value;
    vnuma_diags diags = { 0 };
    vnuma__jsondoc json;

    CHECK_INT(vnuma_source_set(&source, "text", text, strlen(text)), 0);
    REQUIRE(!vnuma__jsondoc_parse_open(
        (vnuma__text){ source.text, source.len, { &source, 0, source.len },
                       true },
        closed, &json, &diags));
    root = json.root;
    value = vnuma__jsondoc_member(root, "no");
    CHECK(!vnuma__jsondoc_first(value));
    CHECK_UINT(value->text_len, strlen("[1,{\"a\":[2]},\"\\n\"]"));
    CHECK(vnuma__jsondoc_first(vnuma__jsondoc_member(root, "yes")));
    value = vnuma__jsondoc_member(root, "nor");
    CHECK(!vnuma__jsondoc_first(value));
    CHECK_UINT(value->text_len, strlen("{\"b\":{\"no\":4}}"));
    value = vnuma__jsondoc_member(root, "n");
    CHECK(vnuma__text_equal(
        vnuma__jsondoc_text(vnuma__jsondoc_member(value, "no")), "5"));
    CHECK(vnuma__jsondoc_first(vnuma__jsondoc_member(value, "nor")));
    value = vnuma__jsondoc_first(vnuma__jsondoc_member(root, "list"));
    CHECK(vnuma__jsondoc_first(value) && !value->key);
    CHECK(!vnuma__jsondoc_first(vnuma__jsondoc_first(value->next)));
    vnuma__jsondoc_dispose(&json);
    vnuma_source_dispose(&source);
}

static const tap_case cases[] = {
    TAP_CASE(values_are_read_as_they_are_written),
    TAP_CASE(others_are_refused_where_they_go_wrong),
    TAP_CASE(a_text_that_ends_too_early_is_told),
    TAP_CASE(too_many_values_are_refused),
    TAP_CASE(spans_are_of_what_is_written),
    TAP_CASE(lists_have_their_members_and_their_bytes),
    TAP_CASE(a_list_of_numbers_has_only_them),
    TAP_CASE(keys_that_are_there_twice_are_found),
    TAP_CASE(closed_lists_are_empty_and_no_others),
};

int main(void)
{
    return TAP_RUN(cases);
}
