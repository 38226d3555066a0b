/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads a guest in any form.  What readers of forms/ find wrong in a text gets
 * its words here: one function for each id.
 */
#include "config.h"

#include "check/read_kvm.h"

#include <inttypes.h>
#include <string.h>

#include "base/access.h"
#include "forms/reader.h"

typedef struct {
    vnuma_diags *diags;
    const vnuma__wrong *w;
    vnuma__text text; /* its own */
    vnuma_span span;
} wrong;

#define error(of, ...) vnuma__error((of)->diags, (of)->w->id, __VA_ARGS__)
#define hint(of, ...) vnuma__hint((of)->diags, __VA_ARGS__)
#define fix(of, ...) vnuma__fix_text((of)->diags, (of)->text, __VA_ARGS__)
#define TEXT(of) VNUMA__TEXT_ARG((of)->text)

/* ---- characters that a web page made of ASCII ones ---------------------- */

static const struct {
    const char *bytes, *meant;
} typographic[] = {
    { "\xe2\x80\x93", "-" },  { "\xe2\x80\x94", "--" },
    { "\xc3\x97", "x" },      { "\xcb\x86", "^" },
    { "\xef\xbc\x8c", "," },  { "\xe2\x80\x9c", "\"" },
    { "\xe2\x80\x9d", "\"" }, { "\xe2\x80\x98", "'" },
    { "\xe2\x80\x99", "'" },  { "\xc2\xa0", " " },
    { "\xef\xbc\x9d", "=" },  { "\xef\xbc\x9b", ";" },
};

/* Whether there is one, which is then what is wrong. */
static bool report_typographic(vnuma_diags *diags, vnuma__text text)
{
    unsigned int i;
    uint32_t at;

    for (at = 0; at < text.len; at++) {
        if (!(text.ptr[at] & 0x80))
            continue;
        for (i = 0; i < sizeof(typographic) / sizeof(*typographic); i++) {
            uint32_t len = strlen(typographic[i].bytes);
            vnuma__text there = vnuma__text_slice(text, at, at + len);

            if (!vnuma__text_equal(there, typographic[i].bytes))
                continue;
            vnuma__error(diags, "non-ascii", there.span,
                         "\"%s\" is not ASCII, as word processors and web "
                         "pages make it",
                         typographic[i].bytes);
            vnuma__hint(diags, "write %s", typographic[i].meant);
            vnuma__fix_text(diags, there, "%s", typographic[i].meant);
            return true;
        }
    }
    return false;
}

/* ---- what is wrong ------------------------------------------------------ */

static void bad_number(const wrong *x)
{
    int right = (int)x->w->number;

    if (!x->w->meant) {
        error(x, x->span, "\"%.*s\" is not a unit of memory", TEXT(x));
        hint(x, "write KiB, MiB or GiB");
        return;
    }
    error(x, x->span, "%s%s is \"%.*s\", which is not %s",
          *x->w->name ? x->w->name : "it", *x->w->name ? "=" : "", TEXT(x),
          x->w->meant);
    if (x->text.len && memchr(x->text.ptr, '$', x->text.len)) {
        hint(x, "what a variable holds is not known here: write the value");
    } else if (right && x->w->meant[2] == 's') {
        hint(x, "write %.*s, which is in powers of 1024", right, x->text.ptr);
        fix(x, "%.*s", right, x->text.ptr);
    }
}

static void number_range(const wrong *x)
{
    if (x->w->meant)
        error(x, x->span, "%s%s is %.*s, more than %" PRIu64,
              *x->w->name ? x->w->name : "it", *x->w->name ? "=" : "", TEXT(x),
              x->w->number);
    else
        error(x, x->span, "%s=%.*s: the largest that there can be is %" PRIu64,
              x->w->name, TEXT(x), x->w->number);
}

static void range_backwards(const wrong *x)
{
    uint32_t dash = vnuma__text_find(x->text, '-');
    vnuma__text first = vnuma__text_slice(x->text, 0, dash);
    vnuma__text last = vnuma__text_slice(x->text, dash + 1, x->text.len);

    error(x, x->span, "%s=%.*s is backwards", x->w->name, TEXT(x));
    hint(x, "write %.*s-%.*s", VNUMA__TEXT_ARG(last), VNUMA__TEXT_ARG(first));
    fix(x, "%.*s-%.*s", VNUMA__TEXT_ARG(last), VNUMA__TEXT_ARG(first));
}

static void wrong_word(const wrong *x)
{
    bool is_type = !strcmp(x->w->name, "qom-type");

    if (is_type)
        vnuma__error(x->diags, "unknown-key", x->span,
                     "-object has no type %.*s", TEXT(x));
    else
        error(x, x->span, "%s= has no value \"%.*s\"", x->w->name, TEXT(x));
    if (x->w->meant) {
        hint(x, is_type ? "did you mean %s?" : "write %s", x->w->meant);
        fix(x, "%s", x->w->meant);
    }
}

static void unknown_key(const wrong *x)
{
    bool is_xml = x->w->number;
    const char *slash = strrchr(x->w->name, '/');
    const char *name = slash ? slash + 1 : x->w->name;

    if (!strcmp(x->w->name, "-numa"))
        error(x, x->span,
              "-numa begins with node, dist, cpu, hmat-lb or hmat-cache");
    else if (!strcmp(x->w->name, "numa"))
        vnuma__warning(x->diags, x->w->id, x->span,
                       "Proxmox has numa0: to numa7:, and passes this over");
    else
        vnuma_diags_add(
            x->diags, is_xml ? VNUMA_SEVERITY_WARNING : VNUMA_SEVERITY_ERROR,
            x->w->id, x->span,
            is_xml ? "<%s> has no attribute %.*s=, and libvirt passes it over"
                   : "%s has no option %.*s=",
            name, TEXT(x));
    if (x->w->meant) {
        hint(x, "did you mean %s?", x->w->meant);
        fix(x, "%s", x->w->meant);
    }
}

static void list_comma(const wrong *x)
{
    const char *list = x->w->name;

    error(x, x->span, "after a comma stands the next option, and %.*s is none",
          TEXT(x));
    hint(x, "write %s= again: %s=%.*s", list, list, TEXT(x));
    fix(x, "%s=%.*s", list, TEXT(x));
}

static void empty_value(const wrong *x)
{
    error(x, x->span, "%s has no value", x->w->name);
}

static void option_equals(const wrong *x)
{
    uint32_t equals = (uint32_t)x->w->number;
    vnuma__text value = vnuma__text_slice(x->text, equals + 1, x->text.len);

    error(x, x->span, "-%s and its value are two words", x->w->name);
    hint(x, "write -%s %.*s", x->w->name, VNUMA__TEXT_ARG(value));
    vnuma__fix_text(x->diags, vnuma__text_slice(x->text, equals, equals + 1),
                    " ");
}

static void open_quote(const wrong *x)
{
    error(x, x->span, "this quote does not end");
}

static void line_break(const wrong *x)
{
    error(x, x->span,
          "the command ends here, before options in the next line");
    hint(x, "write \\ at the end of the line");
    vnuma__fix(x->diags, x->text.span, " \\");
}

static void shell_variable(const wrong *x)
{
    vnuma__note(x->diags, x->w->id, x->span,
                "what this stands for is not known here");
    hint(x, "write its options, if any is about memory or nodes");
}

static void cache_unit(const wrong *x)
{
    vnuma__warning(x->diags, x->w->id, x->span,
                   "libvirt passes this over: the size of a cache is in KiB");
    hint(x, "write how many KiB it has, with unit='KiB'");
}

static void too_many(const wrong *x)
{
    error(x, x->span, "more %s than any guest needs", x->w->meant);
}

static void as_meant(const wrong *x)
{
    error(x, x->span, "%s", x->w->meant);
}

static void report(vnuma_diags *diags, const vnuma__wrong *w)
{
    static const struct {
        const char *id;
        void (*words)(const wrong *x);
    } table[] = {
        { "bad-number", bad_number },
        { "number-range", number_range },
        { "range-backwards", range_backwards },
        { "policy-unknown", wrong_word },
        { "unknown-key", unknown_key },
        { "list-comma", list_comma },
        { "empty-value", empty_value },
        { "option-equals", option_equals },
        { "unterminated-string", open_quote },
        { "line-break", line_break },
        { "shell-variable", shell_variable },
        { "cache-unit", cache_unit },
        { "xml", as_meant },
        { "too-deep", as_meant },
        { "too-many-values", too_many },
    };
    const wrong x = { diags, w, w->text, w->text.span };
    unsigned int i;

    if (w->text.len && report_typographic(diags, w->text))
        return;
    for (i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (!strcmp(table[i].id, w->id))
            table[i].words(&x);
}

/* ---- reading ------------------------------------------------------------ */

int vnuma__guest_parse(const vnuma_source *source, vnuma_config *config_r,
                       vnuma_diags *diags)
{
    vnuma__form form = vnuma__guest_form(source);
    vnuma__kvm_reader r = {
        .source = source, .config = config_r, .diags = diags, .report = report
    };
    unsigned int num_errors = diags->num_errors;
    unsigned int first = diags->num_items;

    if (form == VNUMA__FORM_XL)
        return vnuma__config_parse(source, config_r, diags);
    if (vnuma__kvm_read(&r, form)) {
        vnuma__config_dispose(config_r);
        return VNUMA_ERROR_NOMEM;
    }
    vnuma__diags_sort(diags, first);
    return diags->num_errors > num_errors ? VNUMA_ERROR_CONFIG : 0;
}

int vnuma_config_parse(const vnuma_source *source, vnuma_config **config_r,
                       vnuma_diags *diags)
{
    VNUMA__MAKE(config_r, vnuma__guest_parse(source, made, diags),
                VNUMA_ERROR_CONFIG);
}
