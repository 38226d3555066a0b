/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Items and what becomes of them: numbers, sizes, lists and words, with a
 * diagnostic where one is wrong.
 */
#include "config.h"

#include "kvm/reader.h"

#include <inttypes.h>
#include <string.h>

#define MAX_OPTIONS 4096u /* bounds time */

_Noreturn void vnuma__kvm_no_memory(vnuma__kvm_reader *r)
{
    longjmp(r->no_memory, 1);
}

void *vnuma__kvm_alloc(vnuma__kvm_reader *r, size_t size)
{
    void *memory = vnuma__arena_alloc(&r->config->memory, size);

    if (!memory)
        vnuma__kvm_no_memory(r);
    return memset(memory, 0, size);
}

vnuma__text vnuma__text_made(vnuma__kvm_reader *r, const char *bytes,
                             uint32_t len, vnuma_span span)
{
    char *copy = vnuma__kvm_alloc(r, (size_t)len + 1);

    if (len)
        memcpy(copy, bytes, len);
    return (vnuma__text){ copy, len, span, false };
}

vnuma__item *vnuma__item_add(vnuma__kvm_reader *r, vnuma__item *parent,
                             vnuma__text name, vnuma__text value)
{
    vnuma__item *item = vnuma__kvm_alloc(r, sizeof(*item));

    item->name = name;
    item->value = value;
    item->parent = parent;
    item->span = name.span;
    if (value.ptr)
        item->span.end = value.span.end;
    if (parent->last)
        parent->last->next = item;
    else
        parent->first = item;
    return parent->last = item;
}

vnuma__item *vnuma__item_find(const vnuma__item *parent, const char *name)
{
    vnuma__item *item, *found = NULL;

    VNUMA__ITEM_FOREACH(item, parent)
        if (vnuma__text_equal(item->name, name))
            found = item;
    return found;
}

bool vnuma__is_too_many(vnuma__kvm_reader *r, const vnuma__item *item)
{
    if (r->num_options++ < MAX_OPTIONS)
        return false;
    if (r->num_options == MAX_OPTIONS + 1)
        vnuma__error(r->diags, "too-many-values", item->name.span,
                     "more than %u options of memory and NUMA", MAX_OPTIONS);
    r->config->unsound = VNUMA_ABOUT_EVERYTHING;
    return true;
}

void vnuma__take_name(vnuma__kvm_reader *r, vnuma__text name)
{
    if (r->config->name)
        return;
    r->config->name = strndup(name.ptr, name.len);
    if (!r->config->name)
        vnuma__kvm_no_memory(r);
}

/* ---- sets --------------------------------------------------------------- */

bool vnuma__set_has(const vnuma__set *set, uint32_t number)
{
    const vnuma__range *range;
    bool has = false;

    for (range = set->first; range; range = range->next)
        if (number >= range->first && number <= range->last)
            has = !range->is_excluded;
    return has;
}

uint32_t vnuma__set_lowest(const vnuma__set *set)
{
    uint32_t i;

    for (i = 0; i < VNUMA__KVM_MAX_VCPUS; i++)
        if (vnuma__set_has(set, i))
            return i;
    return UINT32_MAX;
}

unsigned int vnuma__set_count(const vnuma__set *set)
{
    unsigned int i, num = 0;

    for (i = 0; i < VNUMA_MAX_PNODES; i++)
        num += vnuma__set_has(set, i);
    return num;
}

/* ---- characters --------------------------------------------------------- */

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

bool vnuma__has_typographic(vnuma__kvm_reader *r, vnuma__text text)
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
            vnuma__error(r->diags, "non-ascii", there.span,
                         "\"%s\" is not ASCII, as word processors and web "
                         "pages make it",
                         typographic[i].bytes);
            vnuma__hint(r->diags, "write %s", typographic[i].meant);
            vnuma__fix_text(r->diags, there, "%s", typographic[i].meant);
            return true;
        }
    }
    return false;
}

/* ---- numbers ------------------------------------------------------------ */

/* A value that is wrong for its key. */
static void report_value(vnuma__kvm_reader *r, vnuma__text text,
                         const char *name, const char *wanted)
{
    if (vnuma__has_typographic(r, text))
        return;
    vnuma__error(r->diags, "bad-number", text.span,
                 "%s= is \"%.*s\", which is not %s", name,
                 VNUMA__TEXT_ARG(text), wanted);
    if (memchr(text.ptr, '$', text.len))
        vnuma__hint(r->diags, "what a variable holds is not known here: "
                              "write the value");
}

bool vnuma__take_count(vnuma__kvm_reader *r, vnuma__text text,
                       const char *name, uint64_t max, vnuma_number *number_r)
{
    uint64_t value;

    if (vnuma__text_to_u64(text, max, &value)) {
        *number_r = (vnuma_number){ value, text.span };
        return true;
    }
    if (vnuma__text_is_digits(text))
        vnuma__error(r->diags, "number-range", text.span,
                     "%s= is %.*s, more than %" PRIu64, name,
                     VNUMA__TEXT_ARG(text), max);
    else
        report_value(r, text, name, "a number");
    return false;
}

/* The unit of a suffix, or 0. */
static uint64_t suffix_unit(vnuma__text text)
{
    static const char letters[] = "BKMGTPE";
    const char *found =
        text.len == 1 ? strchr(letters, text.ptr[0] & ~0x20) : NULL;

    return found && *found ? UINT64_C(1) << 10 * (found - letters) : 0;
}

bool vnuma__text_to_bytes(vnuma__text text, uint64_t unit, uint64_t *bytes_r)
{
    bool is_hex = vnuma__text_starts_with(text, "0x") ||
                  vnuma__text_starts_with(text, "0X");
    uint64_t whole, part = 0, scale = 1;
    vnuma__text digits;
    uint32_t num;

    if (is_hex)
        text = vnuma__text_slice(text, 2, text.len);
    num = vnuma__text_take_digits(&text, is_hex ? 16 : 10, &whole);
    if (!num)
        return false;
    if (!is_hex && text.len && text.ptr[0] == '.') {
        digits = text = vnuma__text_slice(text, 1, text.len);
        num = vnuma__text_take_digits(&text, 10, &part);
        digits = vnuma__text_slice(digits, 0, num < 9 ? num : 9);
        vnuma__text_take_digits(&digits, 10, &part);
        for (num = num < 9 ? num : 9; num; num--)
            scale *= 10;
    }
    if (text.len) {
        unit = suffix_unit(text);
        if (!unit || (is_hex && unit == 1))
            return false;
    }
    if (whole > UINT64_MAX / 2 / unit)
        return false;
    *bytes_r = whole * unit + (uint64_t)((long double)part * unit / scale);
    return true;
}

static bool take_bytes(vnuma__kvm_reader *r, vnuma__text text,
                       const char *name, uint64_t unit, vnuma_number *number)
{
    uint32_t end = text.len;
    bool is_right = vnuma__text_to_bytes(text, unit, &number->value);

    if (!is_right)
        report_value(r, text, name, "a size that QEMU reads");
    end -= end && (text.ptr[end - 1] & ~0x20) == 'B';
    end -= end && (text.ptr[end - 1] & ~0x20) == 'I';
    if (!is_right) {
        if (!vnuma__text_to_bytes(vnuma__text_slice(text, 0, end), unit,
                                  &number->value))
            return false;
        vnuma__hint(r->diags, "write %.*s, which is in powers of 1024",
                    (int)end, text.ptr);
        vnuma__fix_text(r->diags, text, "%.*s", (int)end, text.ptr);
    }
    if (number->value > VNUMA__MAX_MIB << 20) {
        vnuma__error(r->diags, "number-range", text.span,
                     "%s=%.*s is more than any machine can have", name,
                     VNUMA__TEXT_ARG(text));
        return false;
    }
    number->span = text.span;
    return true;
}

/* ---- lists -------------------------------------------------------------- */

static void take_range(vnuma__kvm_reader *r, vnuma__text text,
                       const char *name, uint32_t max, vnuma__set *set)
{
    vnuma__range *range, made = { .span = text.span };
    vnuma__text rest = text;
    uint64_t first, last;
    uint32_t num;

    if (rest.len && rest.ptr[0] == '^') {
        made.is_excluded = true;
        rest = vnuma__text_slice(rest, 1, rest.len);
    }
    num = vnuma__text_take_digits(&rest, 10, &first);
    last = first;
    if (num && rest.len > 1 && rest.ptr[0] == '-') {
        rest = vnuma__text_slice(rest, 1, rest.len);
        num = vnuma__text_take_digits(&rest, 10, &last);
    }
    if (!num || rest.len) {
        report_value(r, text, name, "a number or a range N-M");
    } else if (first > last) {
        vnuma__error(r->diags, "range-backwards", text.span,
                     "%s=%.*s is backwards", name, VNUMA__TEXT_ARG(text));
        vnuma__hint(r->diags, "write %" PRIu64 "-%" PRIu64, last, first);
        vnuma__fix_text(r->diags, text, "%" PRIu64 "-%" PRIu64, last, first);
    } else if (last > max) {
        vnuma__error(r->diags, "number-range", text.span,
                     "%s=%.*s: the largest that there can be is %" PRIu32,
                     name, VNUMA__TEXT_ARG(text), max);
    } else if (r->num_ranges++ < VNUMA__MAX_RANGES) {
        made.first = (uint32_t)first;
        made.last = (uint32_t)last;
        range = vnuma__kvm_alloc(r, sizeof(*range));
        *range = made;
        if (set->last)
            set->last->next = range;
        else
            set->first = range;
        set->last = range;
    } else if (r->num_ranges == VNUMA__MAX_RANGES + 1) {
        vnuma__error(r->diags, "too-many-values", text.span,
                     "more numbers in lists than any guest needs");
    }
}

void vnuma__take_set(vnuma__kvm_reader *r, vnuma__text text, char separator,
                     const char *name, uint32_t max, vnuma__set *set)
{
    vnuma__text rest = text, piece;

    if (!vnuma__set_is_given(set))
        set->span = text.span;
    if (vnuma__has_typographic(r, text))
        return;
    if (!separator)
        take_range(r, text, name, max, set);
    while (separator && vnuma__text_next(&rest, separator, &piece))
        take_range(r, piece, name, max, set);
}

/* ---- keys --------------------------------------------------------------- */

static bool take_flag(vnuma__kvm_reader *r, vnuma__text text, const char *name,
                      vnuma_number *number)
{
    static const char *const words[] = { "off",  "on", "no", "yes", "false",
                                         "true", "n",  "y",  "0",   "1" };
    unsigned int i;

    for (i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (vnuma__text_equal(text, words[i])) {
            *number = (vnuma_number){ i & 1, text.span };
            return true;
        }
    report_value(r, text, name, "\"on\" or \"off\"");
    return false;
}

static bool take_word(vnuma__kvm_reader *r, vnuma__text text,
                      const vnuma__key *key, vnuma_number *number)
{
    unsigned int i, num = 0;

    for (; key->words[num]; num++)
        if (vnuma__text_equal(text, key->words[num])) {
            *number = (vnuma_number){ num, text.span };
            return true;
        }
    if (vnuma__has_typographic(r, text))
        return false;
    vnuma__error(r->diags, "policy-unknown", text.span,
                 "%s= has no value \"%.*s\"", key->name,
                 VNUMA__TEXT_ARG(text));
    i = vnuma__nearest_name(text, key->words, num);
    if (vnuma__text_equal(text, "strict") || vnuma__text_equal(text, "bind"))
        i = VNUMA__KVM_STRICT; /* the other format's word */
    if (i < num) {
        vnuma__hint(r->diags, "write %s", key->words[i]);
        vnuma__fix_text(r->diags, text, "%s", key->words[i]);
        *number = (vnuma_number){ i, text.span };
    }
    return i < num;
}

/*
 * "cpus=0,2": QEMU takes 2 for an option of its own.  Here it is what it was
 * meant to be, so that nothing else follows from it.
 */
static bool report_comma(vnuma__kvm_reader *r, const vnuma__item *item,
                         const vnuma__key *key, void *into)
{
    const char *list = key ? key->name : "";

    if (!key || item->value.ptr || !item->name.len ||
        vnuma__digit(item->name.ptr[0]) > 9)
        return false;
    vnuma__error(r->diags, "list-comma", item->name.span,
                 "after a comma stands the next option, and %.*s is none",
                 VNUMA__TEXT_ARG(item->name));
    vnuma__hint(r->diags, "write %s= again: %s=%.*s", list, list,
                VNUMA__TEXT_ARG(item->name));
    vnuma__fix_text(r->diags, item->name, "%s=%.*s", list,
                    VNUMA__TEXT_ARG(item->name));
    vnuma__take_set(r, item->name, '\0', list,
                    (uint32_t)(key->max ? key->max : UINT32_MAX),
                    (void *)((char *)into + key->member));
    return true;
}

/* Returns what was meant, or the end of the table. */
static const vnuma__key *report_unknown(vnuma__kvm_reader *r,
                                        const vnuma__item *item,
                                        const vnuma__keys *keys)
{
    const char *names[64];
    unsigned int num = 0, i;

    for (; keys->keys[num].name && num < 64; num++)
        names[num] = keys->keys[num].name;
    if (vnuma__has_typographic(r, item->name))
        return &keys->keys[num];
    i = vnuma__nearest_name(item->name, names, num);
    vnuma_diags_add(
        r->diags, keys->is_xml ? VNUMA_SEVERITY_WARNING : VNUMA_SEVERITY_ERROR,
        "unknown-key", item->name.span, "%s has no %s %.*s=%s", keys->of,
        keys->is_xml ? "attribute" : "option", VNUMA__TEXT_ARG(item->name),
        keys->is_xml ? ", and libvirt passes it over" : "");
    if (i < num) {
        vnuma__hint(r->diags, "did you mean %s?", names[i]);
        vnuma__fix_text(r->diags, item->name, "%s", names[i]);
    }
    return &keys->keys[i];
}

static bool take_value(vnuma__kvm_reader *r, const vnuma__item *item,
                       const vnuma__key *key, char separator, void *into)
{
    uint64_t max = key->max ? key->max : UINT32_MAX;
    unsigned int num_errors = r->diags->num_errors;
    const vnuma__item *member;
    vnuma__text text = item->value;

    if (!text.ptr) /* it is a list or object of JSON */
        text = (vnuma__text){ "", 0, item->span, false };

    switch (key->kind) {
    case VNUMA__COUNT:
        return vnuma__take_count(r, text, key->name, max, into);
    case VNUMA__BYTES:
        return take_bytes(r, text, key->name, 1, into);
    case VNUMA__MIB:
        return take_bytes(r, text, key->name, 1 << 20, into);
    case VNUMA__FLAG:
        return take_flag(r, text, key->name, into);
    case VNUMA__WORD:
        return take_word(r, text, key, into);
    case VNUMA__TEXT:
        *(vnuma__text *)into = text;
        break;
    case VNUMA__SET:
        VNUMA__ITEM_FOREACH(member, item) {
            vnuma__take_set(r, member->value.ptr ? member->value : text, '\0',
                            key->name, (uint32_t)max, into);
        }
        if (!item->first)
            vnuma__take_set(r, text, separator, key->name, (uint32_t)max,
                            into);
        break;
    case VNUMA__KNOWN:
        break;
    }
    return r->diags->num_errors == num_errors;
}

bool vnuma__take_keys(vnuma__kvm_reader *r, const vnuma__item *item,
                      const vnuma__keys *keys, void *into)
{
    const vnuma__key *key, *list = NULL;
    const vnuma__item *child;
    bool all_known = true;
    vnuma__item on;

    VNUMA__ITEM_FOREACH(child, item) {
        for (key = keys->keys; key->name; key++)
            if (vnuma__text_equal(child->name, key->name))
                break;
        if (!key->name) {
            if (keys->is_open || child->is_element ||
                report_comma(r, child, list, into))
                continue;
            key = report_unknown(r, child, keys);
            if (keys->is_xml)
                continue;
        }
        all_known &= key->name != NULL;
        if (!key->name)
            continue;
        list = key->kind == VNUMA__SET && !keys->separator ? key : NULL;
        on = *child;
        if (!child->value.ptr && !child->first && key->kind == VNUMA__FLAG)
            on.value = (vnuma__text){ "on", 2, child->name.span, false };
        if (on.value.ptr || on.first) {
            all_known &= take_value(r, &on, key, keys->separator,
                                    (char *)into + key->member);
        } else if (key->kind != VNUMA__KNOWN) {
            vnuma__error(r->diags, "empty-value", child->name.span,
                         "%s has no value", key->name);
            all_known = false;
        }
    }
    return all_known;
}
