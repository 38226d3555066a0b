/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Diagnostics: kept, counted, and shown to people and programs. */
#include "config.h"

#include <yajl/yajl_tree.h>

#include "base/diag.h"
#include "tap.h"

static vnuma_source source;
static vnuma_diags diags;

static void begin(const char *text)
{
    vnuma_source_init(&source);
    vnuma_diags_init(&diags);
    CHECK_INT(vnuma_source_set(&source, "g.cfg", text, strlen(text)), 0);
}

static void end(void)
{
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
}

static vnuma_span at(uint32_t start, uint32_t stop)
{
    return (vnuma_span){ &source, start, stop };
}

static void check_format(unsigned int i, bool colour, const char *want)
{
    char *text;

    REQUIRE(i < diags.num_items);
    text = vnuma_diag_format(vnuma_diags_at(&diags, i), colour);
    CHECK_STR(text, want);
    free(text);
}

static void a_place_is_shown_with_its_line(void)
{
    begin("a=1\nb = [ \"x\" ]\n");
    vnuma__error(&diags, "some-id", at(10, 13), "no %s here", "x");
    vnuma__related(&diags, at(0, 1), "see this");
    vnuma__hint(&diags, "write %d", 5);
    check_format(0, false,
                 "g.cfg:2:7: error: no x here [some-id]\n"
                 " b = [ \"x\" ]\n"
                 "       ^~~\n"
                 "hint: write 5\n");
    check_format(1, false,
                 "g.cfg:1:1: note: see this [some-id]\n"
                 " a=1\n"
                 " ^\n");
    CHECK(vnuma_diags_at(&diags, 1)->related);
    end();
}

static void colour_is_for_severity_and_caret(void)
{
    begin("a\n");
    vnuma__warning(&diags, "w", at(0, 0), "x");
    check_format(0, true,
                 "g.cfg:1:1: \033[01;35mwarning:\033[m x [w]\n"
                 " a\n"
                 " \033[01;32m^\033[m\n");
    end();
}

static void no_place_has_no_line(void)
{
    begin("");
    vnuma__note(&diags, "n", VNUMA__NOWHERE, "hello");
    check_format(0, false, "note: hello [n]\n");
    end();
}

static void the_end_of_the_text_is_a_place(void)
{
    begin("ab");
    vnuma__error(&diags, "e", at(2, 2), "m");
    check_format(0, false, "g.cfg:1:3: error: m [e]\n ab\n   ^\n");
    end();
}

static void tabs_and_wide_bytes_keep_the_caret_in_place(void)
{
    begin("\t\xc3\xa9x\n");
    vnuma__error(&diags, "e", at(3, 4), "m");
    check_format(0, false, "g.cfg:1:4: error: m [e]\n \t\xc3\xa9x\n \t ^\n");
    end();
}

static void nothing_reaches_the_terminal_that_it_could_act_on(void)
{
    begin("\033[2J\xff\xe2\x80\xaex\xc2\x9bz\n");
    vnuma__error(&diags, "e", at(8, 9), "bad \033[1m\x07 %s", "\xff");
    check_format(0, false,
                 "g.cfg:1:9: error: bad ?[1m? ? [e]\n"
                 " ?[2J??x?z\n"
                 "       ^\n");
    end();
}

static void a_span_over_lines_is_marked_on_its_first(void)
{
    begin("a=[1,\n2]\n");
    vnuma__error(&diags, "e", at(2, 8), "m");
    check_format(0, false, "g.cfg:1:3: error: m [e]\n a=[1,\n   ^~~\n");
    end();
}

static void long_lines_are_cut_around_the_caret(void)
{
    char line[2001], *text, *second, *third;
    unsigned int i;

    memset(line, 'x', 2000);
    line[2000] = '\0';
    line[1000] = '!';
    begin(line);
    for (i = 0; i < 2000; i += 50) {
        vnuma_diag diag = { VNUMA_SEVERITY_ERROR, "e",  at(i, 2000),
                            (char[]){ "m" },      NULL, false };

        text = vnuma_diag_format(&diag, false);
        REQUIRE(text);
        second = strchr(text, '\n') + 1;
        third = strchr(second, '\n') + 1;
        CHECK(third - second <= 160 && strlen(third) <= 160);
        CHECK(second[strcspn(third, "^")] == (i == 1000 ? '!' : 'x'));
        CHECK((i > 60) == !strncmp(second, " ...", 4));
        free(text);
    }
    end();
}

/* A message quotes what is wrong, and so does a hint. */
static void long_messages_are_cut(void)
{
    char *all = calloc(1, 1000001);
    const vnuma_diag *diag;
    size_t len;

    REQUIRE(all);
    begin("");
    for (len = 0; len < 1000000; len += 2)
        strcpy(all + len, "\u00e9");
    vnuma_diags_add(&diags, VNUMA_SEVERITY_ERROR, "x", VNUMA__NOWHERE, "a%s",
                    all);
    vnuma_diags_add_hint(&diags, "%s", all);
    diag = vnuma_diags_at(&diags, 0);
    CHECK_UINT(strlen(diag->message), 4095 + 3);
    CHECK_STR(diag->message + 4093, "\u00e9...");
    CHECK_UINT(strlen(diag->hint), 4096 + 3);
    /* Bytes of no letter are cut too. */
    memset(all, 0x80, 1000000);
    vnuma_diags_add(&diags, VNUMA_SEVERITY_ERROR, "x", VNUMA__NOWHERE, "%s",
                    all);
    CHECK_UINT(strlen(vnuma_diags_at(&diags, 1)->message), 4092 + 3);
    end();
    free(all);
}

/* Tabs are many cells, and a letter may be several bytes. */
static void a_cut_line_begins_with_a_letter_and_has_its_caret(void)
{
    static const char *const letters[] = { "\t", "\xc3\xa9", "\x80" };
    char line[1001], *text, *second;
    unsigned int i, letter;
    size_t len;

    for (letter = 0; letter < 3; letter++) {
        len = strlen(letters[letter]);
        for (i = 0; i < 1000; i += len)
            memcpy(line + i, letters[letter], len);
        line[1000] = '\0';
        line[501] = '!';
        if (letter < 2)
            line[500] = '!';
        begin(line);
        vnuma__error(&diags, "e", at(501, 502), "m");
        text = vnuma_diag_format(vnuma_diags_at(&diags, 0), false);
        REQUIRE(text);
        second = strchr(text, '\n') + 1;
        CHECK(!strncmp(second, " ...", 4));
        CHECK(letter == 2 || !strncmp(second + 4, letters[letter], len));
        CHECK(strchr(second, '^'));
        free(text);
        end();
    }
}

static void only_the_first_twenty_errors_are_kept(void)
{
    unsigned int i;

    begin("a");
    for (i = 0; i < 1000; i++) {
        vnuma__error(&diags, "e", at(0, 1), "%u", i);
        vnuma__related(&diags, at(0, 1), "of %u", i);
        vnuma__hint(&diags, "hint %u", i);
    }
    vnuma__warning(&diags, "w", at(0, 1), "still there");
    CHECK_UINT(diags.num_errors, 1000);
    CHECK_UINT(diags.num_warnings, 1);
    REQUIRE(diags.num_items == 42);
    CHECK_STR(vnuma_diags_at(&diags, 38)->message, "19");
    CHECK_STR(vnuma_diags_at(&diags, 38)->hint, "hint 19");
    CHECK_STR(vnuma_diags_at(&diags, 40)->id, "too-many");
    CHECK(!vnuma_diags_at(&diags, 40)->hint);
    CHECK_STR(vnuma_diags_at(&diags, 41)->message, "still there");
    /* An earlier one may still get another hint. */
    vnuma__error(&diags, "e", at(0, 1), "1000");
    CHECK(!vnuma__reopen(&diags, "e", VNUMA__NOWHERE));
    CHECK(!vnuma__reopen(&diags, "e", at(1, 1)));
    CHECK(vnuma__reopen(&diags, "e", at(0, 1)));
    vnuma__hint(&diags, "of the first");
    CHECK_STR(vnuma_diags_at(&diags, 0)->hint, "of the first");
    end();
}

static void each_severity_has_its_own_limit(void)
{
    unsigned int i;

    begin("a");
    for (i = 0; i < 100; i++) {
        vnuma__warning(&diags, "w", at(0, 1), "w");
        vnuma__note(&diags, "n", at(0, 1), "n");
    }
    vnuma__error(&diags, "e", at(0, 1), "e");
    CHECK_UINT(diags.num_warnings, 100);
    CHECK_UINT(diags.num_items, 43);
    CHECK_STR(vnuma_diags_at(&diags, 42)->id, "e");
    end();
}

static yajl_val get(yajl_val tree, const char *key)
{
    const char *path[] = { key, NULL };

    return yajl_tree_get(tree, path, yajl_t_any);
}

static void json_holds_everything(void)
{
    yajl_val tree, list, item;
    char *text;

    begin("a=1\nbc\n");
    vnuma__error(&diags, "e", at(4, 6), "quote \" byte \xff letter \xc3\xa9");
    vnuma__hint(&diags, "do");
    vnuma__related(&diags, at(0, 1), "r");
    vnuma__warning(&diags, "w", VNUMA__NOWHERE, "m");
    text = vnuma_diags_to_json(&diags);
    REQUIRE(text);
    tree = yajl_tree_parse(text, NULL, 0);
    REQUIRE(tree);
    CHECK(YAJL_IS_FALSE(get(tree, "valid")));
    list = get(tree, "diagnostics");
    REQUIRE(YAJL_IS_ARRAY(list) && YAJL_GET_ARRAY(list)->len == 3);
    item = YAJL_GET_ARRAY(list)->values[0];
    CHECK_STR(YAJL_GET_STRING(get(item, "file")), "g.cfg");
    CHECK_INT(YAJL_GET_INTEGER(get(item, "line")), 2);
    CHECK_INT(YAJL_GET_INTEGER(get(item, "column")), 1);
    CHECK_INT(YAJL_GET_INTEGER(get(item, "end_line")), 2);
    CHECK_INT(YAJL_GET_INTEGER(get(item, "end_column")), 3);
    CHECK_STR(YAJL_GET_STRING(get(item, "severity")), "error");
    CHECK_STR(YAJL_GET_STRING(get(item, "id")), "e");
    CHECK_STR(YAJL_GET_STRING(get(item, "message")),
              "quote \" byte \xef\xbf\xbd letter \xc3\xa9");
    CHECK_STR(YAJL_GET_STRING(get(item, "hint")), "do");
    CHECK(!get(item, "related"));
    item = YAJL_GET_ARRAY(list)->values[1];
    CHECK(YAJL_IS_TRUE(get(item, "related")));
    CHECK(YAJL_IS_NULL(get(item, "hint")));
    item = YAJL_GET_ARRAY(list)->values[2];
    CHECK(YAJL_IS_NULL(get(item, "file")) && YAJL_IS_NULL(get(item, "line")));
    yajl_tree_free(tree);
    free(text);
    end();
}

static void json_of_nothing_is_valid(void)
{
    yajl_val tree;
    char *text;

    begin("");
    text = vnuma_diags_to_json(&diags);
    REQUIRE(text);
    tree = yajl_tree_parse(text, NULL, 0);
    CHECK(YAJL_IS_TRUE(get(tree, "valid")));
    CHECK(YAJL_IS_ARRAY(get(tree, "diagnostics")));
    CHECK_UINT(YAJL_GET_ARRAY(get(tree, "diagnostics"))->len, 0);
    yajl_tree_free(tree);
    free(text);
    end();
}

/* What is in a string with escapes cannot be replaced at its place. */
static void a_string_has_no_exact_place_inside(void)
{
    begin("'a'1");
    CHECK(!vnuma__exact_place(at(0, 3)).source);
    CHECK_UINT(vnuma__exact_place(at(1, 2)).end, 2);
    CHECK_UINT(vnuma__exact_place(at(3, 3)).end, 3);
    CHECK(!vnuma__exact_place(VNUMA__NOWHERE).source);
    end();
}

static void a_hint_without_a_diagnostic_is_ignored(void)
{
    begin("");
    vnuma__hint(&diags, "x");
    vnuma__related(&diags, VNUMA__NOWHERE, "x");
    CHECK_UINT(diags.num_items, 0);
    end();
    end();
}

static const tap_case cases[] = {
    TAP_CASE(a_place_is_shown_with_its_line),
    TAP_CASE(colour_is_for_severity_and_caret),
    TAP_CASE(no_place_has_no_line),
    TAP_CASE(the_end_of_the_text_is_a_place),
    TAP_CASE(tabs_and_wide_bytes_keep_the_caret_in_place),
    TAP_CASE(nothing_reaches_the_terminal_that_it_could_act_on),
    TAP_CASE(a_span_over_lines_is_marked_on_its_first),
    TAP_CASE(long_lines_are_cut_around_the_caret),
    TAP_CASE(long_messages_are_cut),
    TAP_CASE(a_cut_line_begins_with_a_letter_and_has_its_caret),
    TAP_CASE(only_the_first_twenty_errors_are_kept),
    TAP_CASE(each_severity_has_its_own_limit),
    TAP_CASE(json_holds_everything),
    TAP_CASE(json_of_nothing_is_valid),
    TAP_CASE(a_string_has_no_exact_place_inside),
    TAP_CASE(a_hint_without_a_diagnostic_is_ignored),
};

int main(void)
{
    return TAP_RUN(cases);
}
