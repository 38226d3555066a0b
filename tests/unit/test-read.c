/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl.cfg's grammar: what is read from a text, and what is said, where, about
 * one that is wrong.
 */
#include "config.h"

#include "cfg/read.h"
#include "tap.h"

typedef struct {
    vnuma_source source;
    vnuma_diags diags;
    vnuma__tree tree;
    int rc;
} reading;

static void read_bytes(reading *r, const char *text, size_t len)
{
    vnuma_source_init(&r->source);
    vnuma_diags_init(&r->diags);
    r->tree = (vnuma__tree){ 0 };
    CHECK_INT(vnuma_source_set(&r->source, "t", text, len), 0);
    r->rc = vnuma__read(&r->source, &r->tree, &r->diags);
}

static void dispose(reading *r)
{
    vnuma__tree_dispose(&r->tree);
    vnuma_diags_dispose(&r->diags);
    vnuma_source_dispose(&r->source);
}

/* A value as text: strings in <>, lists in []. */
static void print_value(FILE *f, const vnuma__value *value)
{
    uint32_t i;

    if (!value->is_list) {
        fprintf(f, "<%s>", value->string);
        return;
    }
    fputc('[', f);
    for (i = 0; i < value->num_items; i++)
        print_value(f, &value->items[i]);
    fputc(']', f);
}

static const struct {
    const char *text, *name, *want;
} good[] = {
    { "a=1", "a", "<1>" },
    { "a=1\n", "a", "<1>" },
    { "a = 0x1f;b='x'", "b", "<x>" },
    { ";;\n;a=\"1\";\n", "a", "<1>" },
    { "# c\na=1 # c\n", "a", "<1>" },
    { "a=[]", "a", "[]" },
    { "a=[\n\n]", "a", "[]" },
    { "a=[1,]", "a", "[<1>]" },
    { "a=[\n1\n,\n2\n,\n]", "a", "[<1><2>]" },
    { "a=[ # c\n1, # c\n2 # c\n]", "a", "[<1><2>]" },
    { "a=[[],[[1],2],'x']", "a", "[[][[<1>]<2>]<x>]" },
    { "a=1\na=2", "a", "<2>" },
    { "a=1\na=[2]", "a", "[<2>]" },
    { "a='x'\na+='y'\na+=\"z\"", "a", "<xyz>" },
    { "a+='y'", "a", "<y>" },
    { "a=[1]\na+=[2,3]\na+=[]\na+=[4]", "a", "[<1><2><3><4>]" },
    { "a='x'\na+='y'\na='z'\na+='w'", "a", "<zw>" },
    { "a='x'\na=[1]\na+=[2]", "a", "[<1><2>]" },
    { "a._9b=1", "a._9b", "<1>" },
    { "a='\\'\"\\\\'", "a", "<'\"\\>" },
    { "a=\"\\a\\b\\f\\n\\r\\t\\v\"", "a", "<\a\b\f\n\r\t\v>" },
    { "a='\t\r\x80\xff'", "a", "<\t\r\x80\xff>" },
    { "# \r \x01 \xff\na=1", "a", "<1>" },
    /* xl leaves nothing of an octal escape, read as strtoul(, 10) reads */
    { "a='x\\012y'", "a", "<xy>" },
    { "a='x\\0123y'", "a", "<xy>" },
    { "a='x\\01234y'", "a", "<x4y>" },
    { "a='x\\1 +2y'", "a", "<xy>" },
    { "a='x\\7-99'", "a", "<x>" },
    /* a last byte that begins no word is never reported by xl */
    { "a=1+", "a", "<1>" },
    { "a=1\r", "a", "<1>" },
    { "a=1\n#", "a", "<1>" },
    { "a=1 '", "a", "<1>" },
    { "a=10G", "a", "<10>" },
    { "a=10.", "a", "<10>" },
    { "a=1\xff", "a", "<1>" },
};

static void good_texts_have_their_values(void)
{
    const vnuma__setting *setting;
    unsigned int i;
    size_t size;
    char *got;
    reading r;
    FILE *f;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        read_bytes(&r, good[i].text, strlen(good[i].text));
        setting = vnuma__tree_find(&r.tree, good[i].name);
        f = open_memstream(&got, &size);
        if (setting)
            print_value(f, &setting->value);
        fclose(f);
        if (r.rc || strcmp(got, good[i].want))
            TAP_DIAG("text \"%s\"", good[i].text);
        CHECK_INT(r.rc, 0);
        CHECK_UINT(r.diags.num_errors, 0);
        CHECK_STR(got, good[i].want);
        free(got);
        dispose(&r);
    }
}

/* The errors of each: "LINE:COLUMN id" in order, separated by commas. */
static const struct {
    const char *text, *want;
} bad[] = {
    { "a", "1:2 syntax" },
    { "a=", "1:3 syntax" },
    { "a=\n", "1:3 syntax" },
    { "a=\nb=1", "1:3 syntax" },
    { "a=\n[1,\n2]\nb=", "1:3 syntax,4:3 syntax" },
    { "a==1", "1:3 syntax" },
    { "=1\n", "1:1 syntax" },
    { "1=1\n", "1:1 syntax" },
    { "a=1 b=2", "1:5 syntax" },
    { "a=1 2\nb=1 2\n", "1:5 syntax,2:5 syntax" },
    { "a=1,\n", "1:4 syntax" },
    { "a=1]", "1:4 syntax" },
    { "]\n", "1:1 syntax" },
    { "a=[,]", "1:4 syntax" },
    { "a=[1,,2]", "1:6 syntax" },
    { "a=[1;2]", "1:5 syntax" },
    { "a=['x' 'y' 'z']", "1:8 missing-comma,1:12 missing-comma" },
    { "a=[['x'] ['y']]", "1:10 missing-comma" },
    { "a=[1,2\n", "1:7 missing-bracket" },
    { "a=[\n[1,2,\n3]\nb=1\n", "4:1 missing-bracket" },
    { "a=[ [1 ]\n", "1:9 missing-bracket" },
    { "a=[pnode=0, size=1]", "1:4 unquoted,1:13 unquoted" },
    { "a=[pnode=0,\nsize_=1]", "1:4 unquoted,2:1 unquoted" },
    { "a=hvm\nb=True\n", "1:3 unquoted,2:3 unquoted" },
    { "a=10G\n", "1:3 unquoted" },
    { "a=-1\n", "1:3 unquoted" },
    { "a=1.5\n", "1:3 unquoted" },
    { "a=[10G]", "1:4 unquoted" },
    { "Name='x'\n", "1:1 upper-case" },
    { "a-b=1\n", "1:1 syntax" },
    { "'a'=1\n", "1:1 syntax" },
    { "import os\nif x:\n", "1:1 python" },
    { "a='x\nb=1\n", "1:3 unterminated-string" },
    { "a=['x]\nb=1\n", "1:4 unterminated-string" },
    { "a=['x\\\n']", "1:4 unterminated-string,2:1 unterminated-string" },
    { "a='x\\qy\\x41'", "1:5 bad-escape,1:8 bad-escape" },
    { "a='\\1x'", "1:4 bad-escape" },
    { "a='\\12'\nb='\\1", "1:4 bad-escape,2:3 unterminated-string" },
    { "a=1\r\nb=2\r\n", "1:4 carriage-return" },
    { "a=1 # no newline", "1:5 unended-comment" },
    { "a=[\xe2\x80\x9cx\xe2\x80\x9d,\xe2\x80\x9cy\xe2\x80\x9d]\n",
      "1:4 typographic-quote" },
    { "a='x\xe2\x80\x99\nb=\xe2\x80\x98y'\n",
      "1:5 typographic-quote,2:3 typographic-quote" },
    { "\xef\xbb\xbf"
      "a=1\n",
      "1:1 non-ascii" },
    { "a\xc2\xa0=1\n", "1:2 non-ascii" },
    { "\xc3\xa9=1\n", "1:1 non-ascii" },
    { "\x7f"
      "ELF\x02\x01\n1\n2\n3\n",
      "1:1 not-text" },
    { "a=1\nb=\xff\xfe\n", "2:3 not-text" },
    { "\xfe\xffx", "1:1 not-text" },
    { "a=\xe2\x80\x8b"
      "1\n",
      "1:3 non-ascii" },
    { "a=\xc2\xa0\xc2\xa0"
      "1\n",
      "1:3 non-ascii" },
    { "a='x'\na+=[1]\n", "2:4 add-type" },
    { "a=[1]\na+='x'\na=1\na+='2'\n", "2:4 add-type" },
    { "a=1\nb=\nc=[\nd=2\ne=f\n",
      "2:3 syntax,4:1 missing-bracket,5:3 unquoted" },
};

static char *errors_of(const vnuma_diags *diags)
{
    uint32_t line, column;
    const char *name;
    unsigned int i;
    size_t size;
    char *text;
    FILE *f;

    f = open_memstream(&text, &size);
    for (i = 0; i < diags->num_items; i++) {
        const vnuma_diag *diag = vnuma_diags_at(diags, i);

        if (diag->severity != VNUMA_SEVERITY_ERROR)
            continue;
        vnuma_span_locate(diag->span, &name, &line, &column);
        fprintf(f, "%s%u:%u %s", ftell(f) ? "," : "", line, column, diag->id);
    }
    fclose(f);
    return text;
}

static void bad_texts_have_their_errors(void)
{
    unsigned int i;
    reading r;
    char *got;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        read_bytes(&r, bad[i].text, strlen(bad[i].text));
        got = errors_of(&r.diags);
        if (strcmp(got, bad[i].want))
            TAP_DIAG("text \"%s\"", bad[i].text);
        CHECK_INT(r.rc, VNUMA_ERROR_CONFIG);
        CHECK_STR(got, bad[i].want);
        free(got);
        dispose(&r);
    }
}

/* Of each text: all that is said, with what it is said of, as MESSAGE; HINT;
 * "WHAT MENDS IT". */
static const struct {
    const char *text, *want;
} said[] = {
    { "a='\\012x\\013'\n",
      "<\\012>: xl leaves out octal escapes; write the character itself" },
    { "a='\\012'\nb='\\1x'\n",
      "<\\012>: xl leaves out octal escapes; write the character itself. "
      "<\\1>: xl does not know the escape \\1; write \\\\ for a backslash" },
    { "a='\\qx\\x41'\n",
      "<\\q>: xl does not know the escape \\q; write \\\\ for a backslash. "
      "<\\x>: xl does not know the escape \\x; write the character itself; "
      "xl refuses every \\x" },
    { "a=\xe2\x80\xa6x\n",
      "<\xe2\x80\xa6>: \xe2\x80\xa6 (U+2026) outside of a string" },
    { "a='x\xe2\x80\xa6\xe2\x80\x99,\xe2\x80\x98y\xe2\x80\x99\n",
      "<\xe2\x80\x99>: a string that begins with ' ends with the typographic "
      "quote \xe2\x80\x99; write '; \"','y'\". <,>: expected the end of the "
      "line or \";\" after the value, found \",\"; several values are a "
      "list: [ ..., ... ]" },
    { "a=[\xe2\x80\x9cx\xe2\x80\x9d,\n\xe2\x80\x9cy\xe2\x80\x9d]\n",
      "<\xe2\x80\x9c>: typographic quote \xe2\x80\x9c where xl needs a plain "
      "one; write \"; \"\"x\",\". <\xe2\x80\x9c>: typographic quote "
      "\xe2\x80\x9c where xl needs a plain one; write \"; \"\"y\"]\"" },
    { "\n\n\xe2\x80\x98" "a\xe2\x80\x99=1\n\xe2\x80\x9b" "b\xe2\x80\x9f=1\n",
      "<\xe2\x80\x98>: typographic quote \xe2\x80\x98 where xl needs a plain "
      "one; write '; \"'a'=1\". <\xe2\x80\x98" "a\xe2\x80\x99>: expected the "
      "name of a setting, found a string; names are written without quotes. "
      "<\xe2\x80\x9b>: typographic quote \xe2\x80\x9b where xl needs a plain "
      "one; write '; \"'b\xe2\x80\x9f=1\". <\xe2\x80\x9b" "b\xe2\x80\x9f=1>: "
      "expected the name of a setting, found a string" },
    { "a=\xe2\x80\x8b" "1\n",
      "<\xe2\x80\x8b>: zero width space (U+200B); remove it; \"\"" },
    { "a=\xc2\xa0" "1\n",
      "<\xc2\xa0>: no-break space (U+00A0) where xl needs a plain one; write "
      "a space; \" \"" },
    { "\xef\xbb\xbf" "a=1\n",
      "<\xef\xbb\xbf>: byte order mark (U+FEFF); remove it; \"\"" },
    { "a=1\xc3\xa9\n",
      "<\xc3\xa9>: \xc3\xa9 (U+00E9) outside of a string" },
    { "a=\nb=1\n",
      "<\n>: expected a value after \"=\", found the end of the line" },
    { "a=\n1\n",
      "<\n>: expected a value after \"=\", found the end of the line; begin "
      "the value on the same line" },
    { "a+=\n'1'\n",
      "<\n>: expected a value after \"+=\", found the end of the line; begin "
      "the value on the same line" },
    { "a=1 [\n2\n]\nb=1\n",
      "<[>: expected the end of the line or \";\" after the value, found "
      "\"[\"" },
    { "a=[ x\nb=1\n",
      "<x>: \"x\" is neither a number nor a string in quotes; write \"x\"; "
      "\"\"x\"\". <b>: expected \",\" or \"]\", found \"b\". <>: expected "
      "\"]\", found the end of the file. <[>: this list is not closed" },
    { "a='x\n",
      "<'x>: this string has no closing ' on its line" },
    { "a=1\r\n",
      "<\r>: carriage return: the file has DOS line ends; remove them: sed "
      "-i 's/\\r$//' FILE" },
    { "a=1 \r \n",
      "<\r>: carriage return outside of a string; remove them: sed -i "
      "'s/\\r$//' FILE" },
    { "a=[on, False, (no), x\\y, z ]\n",
      "<on>: \"on\" is neither a number nor a string in quotes; write 1; "
      "\"1\". <False>: \"False\" is neither a number nor a string in quotes; "
      "write 0; \"0\". <(no)>: \"(no)\" is neither a number nor a string in "
      "quotes. <x\\y>: \"x\\y\" is neither a number nor a string in quotes. "
      "<z>: \"z\" is neither a number nor a string in quotes; write \"z\"; "
      "\"\"z\"\"" },
    { "a=[qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq]\n",
      "<qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq>: "
      "\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq\" is neither a number nor a "
      "string in quotes; write \"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq\"; "
      "\"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq\"\"" },
    { "a=[qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq]\n",
      "<qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq>: "
      "\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq\" is neither a number nor "
      "a string in quotes" },
    { "a=[qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq]\n",
      "<qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq>: "
      "\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq...\" is neither a number "
      "nor a string in quotes" },
};

static char *all_said(const vnuma_diags *diags)
{
    unsigned int i;
    size_t size;
    char *text;
    FILE *f;

    f = open_memstream(&text, &size);
    for (i = 0; i < diags->num_items; i++) {
        const vnuma_diag *diag = vnuma_diags_at(diags, i);
        const vnuma_span *span = &diag->span;

        fprintf(f, "%s<%.*s>: %s", i ? ". " : "",
                span->source ? (int)(span->end - span->start) : 0,
                span->source ? span->source->text + span->start : "",
                diag->message);
        if (diag->hint)
            fprintf(f, "; %s", diag->hint);
        if (diag->fix)
            fprintf(f, "; \"%s\"", diag->fix);
    }
    fclose(f);
    return text;
}

static void what_is_said_is_all_of_it(void)
{
    unsigned int i;
    reading r;
    char *got;

    for (i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        read_bytes(&r, said[i].text, strlen(said[i].text));
        got = all_said(&r.diags);
        CHECK_STR(got, said[i].want);
        free(got);
        dispose(&r);
    }
}

static const tap_case cases[] = {
    TAP_CASE(good_texts_have_their_values),
    TAP_CASE(bad_texts_have_their_errors),
    TAP_CASE(what_is_said_is_all_of_it),
};

int main(void)
{
    return TAP_RUN(cases);
}
