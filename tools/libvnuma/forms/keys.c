/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Items, and tables of keys: from items to members of a value, and back. */
#include "config.h"

#include "forms/reader.h"

#include <inttypes.h>
#include <string.h>

#define MAX_OPTIONS 4096u /* bounds time */

void vnuma__kvm_wrong(vnuma__kvm_reader *r, const char *id, vnuma__text text,
                      const char *name, const char *meant, uint64_t number)
{
    vnuma__wrong wrong = { id, text, name, meant, number };

    if (r->report)
        r->report(r->diags, &wrong);
}

bool vnuma__is_too_many(vnuma__kvm_reader *r, const vnuma__item *item)
{
    if (++r->num_options <= MAX_OPTIONS)
        return false;
    if (r->num_options == MAX_OPTIONS + 1)
        vnuma__kvm_wrong(r, "too-many-values", vnuma__span_text(item->span),
                         NULL, "options", 0);
    r->config->unsound = VNUMA_ABOUT_EVERYTHING;
    return true;
}

vnuma__text vnuma__text_made(vnuma__kvm_reader *r, const char *bytes,
                             uint32_t len, vnuma_span span)
{
    char *copy = vnuma__kvm_alloc(&r->make, (size_t)len + 1);

    if (len)
        memcpy(copy, bytes, len);
    return (vnuma__text){ copy, len, span, false };
}

vnuma__item *vnuma__item_add(vnuma__kvm_reader *r, vnuma__item *parent,
                             vnuma__text name, vnuma__text value)
{
    vnuma__item *item = vnuma__kvm_alloc(&r->make, sizeof(*item));

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

static const char *const flags[] = { "off",  "on", "no", "yes", "false",
                                     "true", "n",  "y",  "0",   "1" };

/* ---- reading ------------------------------------------------------------ */

/* As the program of the form reads it: QEMU also "0x10", Proxmox no "+4". */
static bool take_number(const vnuma__kvm_reader *r, vnuma__text *text,
                        uint64_t *value_r)
{
    if (r->kvm->form == VNUMA__FORM_PROXMOX)
        return vnuma__text_take_digits(text, 10, value_r);
    return vnuma__text_take_number(
        text, r->kvm->form == VNUMA__FORM_QEMU ? 0 : 10, value_r);
}

static bool take_count(vnuma__kvm_reader *r, vnuma__text text,
                       const vnuma__key *key, vnuma_number *number)
{
    uint64_t max = key->max ? key->max : UINT32_MAX, value;
    vnuma__text rest = text;
    bool is_number = take_number(r, &rest, &value) && !rest.len;

    if (!is_number || value > max)
        vnuma__kvm_wrong(r, is_number ? "number-range" : "bad-number", text,
                         key->name, "a number", max);
    else
        *number = (vnuma_number){ value << key->shift, text.span };
    return is_number && value <= max;
}

/* After a mistake as it is meant: "1GB". */
static bool take_bytes(vnuma__kvm_reader *r, vnuma__text text,
                       const char *name, uint64_t unit, vnuma_number *number)
{
    uint64_t max = VNUMA__MAX_MIB << 20, value;
    bool is_right = vnuma__text_to_bytes(text, unit, &value), is_meant;
    uint32_t end = text.len;

    end -= end && (text.ptr[end - 1] & ~0x20) == 'B';
    end -= end && (text.ptr[end - 1] & ~0x20) == 'I';
    is_meant = is_right || vnuma__text_to_bytes(
                               vnuma__text_slice(text, 0, end), unit, &value);
    if (!is_right)
        vnuma__kvm_wrong(r, "bad-number", text, name, "a size that QEMU reads",
                         is_meant ? end : 0);
    else if (value > max)
        vnuma__kvm_wrong(r, "number-range", text, name, "a size", max);
    if (!is_meant || value > max)
        return false;
    *number = (vnuma_number){ value, text.span };
    return true;
}

static bool take_kib(vnuma__kvm_reader *r, const vnuma__item *item,
                     vnuma__text text, const vnuma__key *key,
                     vnuma_number *number)
{
    const vnuma__item *unit = vnuma__item_find(item->parent, "unit");
    uint64_t factor = unit ? vnuma__text_to_unit(unit->value) : 1024;
    vnuma__key count = *key;

    if (!factor) {
        vnuma__kvm_wrong(r, "bad-number", unit->value, NULL, NULL, 0);
        return false;
    }
    count.max = INT64_MAX / factor;
    if (!take_count(r, text, &count, number))
        return false;
    number->value *= factor;
    if (number->value > VNUMA__MAX_MIB << 20) /* the sum may replace it */
        number->value = VNUMA__MAX_MIB << 20;
    return true;
}

/* "N" or "N-M"; in libvirt's it begins with a digit, and may have blanks. */
static bool take_bounds(const vnuma__kvm_reader *r, vnuma__text text,
                        uint64_t *first_r, uint64_t *last_r)
{
    bool is_libvirt = r->kvm->form == VNUMA__FORM_LIBVIRT;

    if ((is_libvirt && text.len && text.ptr[0] == '+') ||
        !take_number(r, &text, first_r))
        return false;
    *last_r = *first_r;
    if (is_libvirt)
        text = vnuma__text_skip_space(text);
    if (text.len && text.ptr[0] == '-') {
        text = vnuma__text_slice(text, 1, text.len);
        if (!take_number(r, &text, last_r))
            return false;
    }
    return !text.len;
}

static void take_range(vnuma__kvm_reader *r, vnuma__text text,
                       const char *name, uint32_t max, vnuma__set *set)
{
    bool is_excluded = text.len && text.ptr[0] == '^';
    vnuma__text rest = vnuma__text_slice(text, is_excluded, text.len);
    uint64_t first, last;

    if (!take_bounds(r, rest, &first, &last) || (is_excluded && last > first))
        vnuma__kvm_wrong(r, "bad-number", text, name,
                         "a number or a range N-M", 0);
    else if (first > last)
        vnuma__kvm_wrong(r, "range-backwards", text, name, NULL, 0);
    else if (last > max)
        vnuma__kvm_wrong(r, "number-range", text, name, NULL, max);
    else if (r->num_ranges++ >= VNUMA__MAX_RANGES) {
        if (r->num_ranges == VNUMA__MAX_RANGES + 1)
            vnuma__kvm_wrong(r, "too-many-values", text, NULL,
                             "numbers in lists", 0);
    } else if (is_excluded)
        vnuma__set_take(&r->make, set, (uint32_t)first, (uint32_t)last);
    else
        vnuma__set_add(&r->make, set, (uint32_t)first, (uint32_t)last,
                       text.span);
}

static void take_set(vnuma__kvm_reader *r, vnuma__text text, char separator,
                     const char *name, uint32_t max, vnuma__set *set)
{
    vnuma__text rest = text, piece;

    if (!vnuma__set_is_given(set))
        set->span = text.span;
    if (!separator)
        take_range(r, text, name, max, set);
    while (separator && vnuma__text_next(&rest, separator, &piece))
        if (piece.len || rest.ptr || piece.ptr == text.ptr)
            take_range(r, piece, name, max, set);
}

static bool take_flag(vnuma__kvm_reader *r, vnuma__text text, const char *name,
                      vnuma_number *number)
{
    unsigned int i, num = r->kvm->form == VNUMA__FORM_PROXMOX ? 10 : 8;

    for (i = 0; i < num && !vnuma__text_equal(text, flags[i]);)
        i++;
    if (i == num)
        vnuma__kvm_wrong(r, "bad-number", text, name, "\"on\" or \"off\"", 0);
    else
        *number = (vnuma_number){ i & 1, text.span };
    return i < num;
}

static bool take_word(vnuma__kvm_reader *r, vnuma__text text,
                      const vnuma__key *key, vnuma_number *number)
{
    unsigned int i, num = 0;
    bool is_right = false;

    while (key->words[num] && !is_right)
        is_right = vnuma__text_equal(text, key->words[num++]);
    i = is_right ? num - 1 : vnuma__nearest_name(text, key->words, num);
    if (vnuma__text_equal(text, "strict") || vnuma__text_equal(text, "bind"))
        i = VNUMA__KVM_STRICT; /* the other format's word */
    if (!is_right)
        vnuma__kvm_wrong(r, "policy-unknown", text, key->name,
                         i < num ? key->words[i] : NULL, 0);
    if (i < num)
        *number = (vnuma_number){ i, text.span };
    return i < num;
}

/* Whether it is of the type that QEMU wants, or not of JSON. */
static bool is_typed(vnuma__kvm_reader *r, const vnuma__item *item,
                     vnuma__kind kind, const char *name)
{
    bool is_right;
    static const unsigned char types[] = {
        [VNUMA__BYTES] = VNUMA__JSON_NUMBER,
        [VNUMA__COUNT] = VNUMA__JSON_NUMBER,
        [VNUMA__FLAG] = VNUMA__JSON_BOOLEAN,
        [VNUMA__WORD] = VNUMA__JSON_STRING,
        [VNUMA__TEXT] = VNUMA__JSON_STRING,
        [VNUMA__SET] = VNUMA__JSON_ARRAY,
    };

    is_right = !item->json || item->json == types[kind] + 1;
    if (!is_right)
        vnuma__kvm_wrong(r, "bad-number",
                         item->value.ptr ? item->value : item->name, name,
                         "of its type in JSON", 0);
    return is_right;
}

static bool take_value(vnuma__kvm_reader *r, const vnuma__item *item,
                       const vnuma__key *key, char separator, void *into)
{
    uint32_t max = (uint32_t)(key->max ? key->max : UINT32_MAX);
    unsigned int num_errors = r->diags->num_errors;
    const vnuma__item *member;
    vnuma__text text = item->value;

    if (!text.ptr) /* it is a list or object of JSON, or a mere word */
        text = (vnuma__text){ "", 0, item->span, false };
    if (!is_typed(r, item, key->kind, key->name))
        return false;
    switch (key->kind) {
    case VNUMA__COUNT:
        return take_count(r, text, key, into);
    case VNUMA__BYTES:
        return take_bytes(r, text, key->name, 1, into);
    case VNUMA__MIB:
        return take_bytes(r, text, key->name, 1 << 20, into);
    case VNUMA__KIB:
        return take_kib(r, item, text, key, into);
    case VNUMA__FLAG:
        if (!item->value.ptr && !item->first)
            text = (vnuma__text){ "on", 2, item->span, false };
        return take_flag(r, text, key->name, into);
    case VNUMA__WORD:
        return take_word(r, text, key, into);
    case VNUMA__TEXT:
        *(vnuma__text *)into = text;
        break;
    case VNUMA__SET:
        VNUMA__ITEM_FOREACH(member, item)
            if (is_typed(r, member, VNUMA__COUNT, key->name))
                take_set(r, member->value, '\0', key->name, max, into);
        if (!item->first && !item->json)
            take_set(r, text, separator, key->name, max, into);
        break;
    case VNUMA__UNIT:
        break;
    }
    return r->diags->num_errors == num_errors;
}

/* Returns what was meant, or the end of the table. */
static const vnuma__key *unknown_key(vnuma__kvm_reader *r,
                                     const vnuma__item *item,
                                     const vnuma__row *row)
{
    const char *names[64] = { NULL };
    unsigned int num = 0, i;

    for (; num < 64 && row->keys[num].name; num++)
        names[num] = row->keys[num].name;
    i = vnuma__nearest_name(item->name, names, num);
    vnuma__kvm_wrong(r, "unknown-key", item->name,
                     row->is_xml ? row->name : row->of,
                     i < num ? names[i] : NULL, row->is_xml);
    return &row->keys[row->is_xml ? num : i];
}

static bool is_passed_over(const vnuma__row *row, const vnuma__item *item)
{
    return row->is_open || item->tag_end || !item->name.len ||
           (row->first && vnuma__text_equal(item->name, row->first));
}

/*
 * @list: before it.  "cpus=0,2": QEMU takes 2 for an option of its own.  Here
 * it is what it was meant to be, so that nothing else follows from it.
 */
static bool take_item(vnuma__kvm_reader *r, const vnuma__item *item,
                      const vnuma__row *row, const vnuma__key **list,
                      char *into)
{
    const vnuma__key *key = row->keys;
    bool has_value = item->value.ptr || item->first;

    while (key->name && !vnuma__text_equal(item->name, key->name))
        key++;
    if (!key->name && is_passed_over(row, item))
        return true;
    if (!key->name && *list && !has_value &&
        vnuma__digit(item->name.ptr[0]) < 10) {
        vnuma__kvm_wrong(r, "list-comma", item->name, (*list)->name, NULL, 0);
        take_set(r, item->name, '\0', (*list)->name, (uint32_t)(*list)->max,
                 (void *)(into + (*list)->member));
        return true;
    }
    if (!key->name)
        key = unknown_key(r, item, row);
    if (!key->name)
        return row->is_xml;
    *list = key->kind == VNUMA__SET && !row->separator ? key : NULL;
    if (has_value || key->kind == VNUMA__FLAG)
        return take_value(r, item, key, row->separator, into + key->member);
    vnuma__kvm_wrong(r, "empty-value", item->name, key->name, NULL, 0);
    return false;
}

void vnuma__take_into(vnuma__kvm_reader *r, const vnuma__item *item,
                      const vnuma__row *row, void *into)
{
    const vnuma__key *list = NULL;
    const vnuma__item *child;

    VNUMA__ITEM_FOREACH(child, item)
        if (!take_item(r, child, row, &list, into))
            r->config->unsound |= row->about;
}

void *vnuma__take_row(vnuma__kvm_reader *r, const vnuma__item *item,
                      const vnuma__row *row)
{
    void *into = (char *)r->kvm + row->list;

    if (row->size)
        into = vnuma__kvm_append(&r->make, into, row->size, vnuma__head(item));
    else if (row->list)
        ((vnuma__kvm_tune *)into)->span = vnuma__head(item);
    vnuma__take_into(r, item, row, into);
    return into;
}

/* ---- writing ------------------------------------------------------------ */

static const struct {
    const char *before, *equals, *after, *special;
} marks[] = {
    [VNUMA__AS_OPTIONS] = { ",", "=", "", "" },
    [VNUMA__AS_SHELL] = { ",", "=", "", " \t\n'\"\\$`*?[]#~&|;<>(){}!" },
    [VNUMA__AS_JSON] = { ",\"", "\":", "", "\"\\'" },
    [VNUMA__AS_XML] = { " ", "='", "'", "<&'" },
    [VNUMA__AS_LINES] = { "\n", ": ", "", "" },
};

static void put_text(FILE *f, vnuma__text text, vnuma__how how)
{
    const char *quote = how == VNUMA__AS_JSON ? "\"" : "";
    uint32_t i;

    fputs(quote, f);
    for (i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (c == ',' && (how == VNUMA__AS_OPTIONS || how == VNUMA__AS_SHELL))
            putc(',', f);
        if (!c || (!strchr(marks[how].special, c) &&
                   (how != VNUMA__AS_JSON || (unsigned char)c >= ' ')))
            putc(c, f);
        else
            fprintf(f,
                    how == VNUMA__AS_JSON  ? "\\u%04x"
                    : how == VNUMA__AS_XML ? "&#%d;"
                    : c == '\n'            ? "'%c'"
                                           : "\\%c",
                    c);
    }
    fputs(quote, f);
}

/* Bytes as QEMU reads them: "512M", "1000000B". */
static void put_bytes(FILE *f, uint64_t bytes, bool is_json)
{
    bool is_mib = bytes % (1 << 20) == 0 && !is_json;

    fprintf(f, "%" PRIu64 "%s", is_mib ? bytes >> 20 : bytes,
            is_json  ? ""
            : is_mib ? "M"
                     : "B");
}

static void put_set(FILE *f, const vnuma__set *set, const char *between,
                    bool is_json)
{
    const vnuma__range *range;
    uint32_t i;

    for (range = set->first; range; range = range->next) {
        fprintf(f, "%s%" PRIu32, range == set->first ? "" : between,
                range->first);
        if (range->last > range->first && !is_json)
            fprintf(f, "-%" PRIu32, range->last);
        for (i = range->first; is_json && i++ < range->last;)
            fprintf(f, ",%" PRIu32, i);
    }
}

static void put_value(FILE *f, const vnuma__row *row, const vnuma__key *key,
                      const void *from, vnuma__how how)
{
    const vnuma_number *number = from;
    bool is_json = how == VNUMA__AS_JSON;
    char between[64] = { row->separator, '\0' };
    vnuma__text word = { .ptr = NULL };

    switch (key->kind) {
    case VNUMA__COUNT:
    case VNUMA__KIB:
        fprintf(f, "%" PRIu64,
                number->value >> (key->kind == VNUMA__KIB ? 10 : key->shift));
        break;
    case VNUMA__BYTES:
    case VNUMA__MIB:
        put_bytes(f, number->value, is_json);
        break;
    case VNUMA__FLAG:
        fputs(flags[(number->value & 1) + (is_json                  ? 4
                                           : how == VNUMA__AS_LINES ? 8
                                                                    : 0)],
              f);
        break;
    case VNUMA__WORD:
        word.ptr = key->words[number->value];
        word.len = strlen(word.ptr);
        put_text(f, word, how);
        break;
    case VNUMA__TEXT:
        put_text(f, *(const vnuma__text *)from, how);
        break;
    case VNUMA__SET:
        if (!row->separator)
            snprintf(between, sizeof(between), ",%s=", key->name);
        fputs(is_json ? "[" : "", f);
        put_set(f, from, is_json ? "," : between, is_json);
        fputs(is_json ? "]" : "", f);
        break;
    case VNUMA__UNIT:
        fputs("KiB", f);
        break;
    }
}

static bool is_given(const vnuma__key *key, const void *from)
{
    if (key->kind == VNUMA__TEXT)
        return ((const vnuma__text *)from)->ptr != NULL;
    if (key->kind == VNUMA__SET)
        return ((const vnuma__set *)from)->first != NULL;
    return key->kind == VNUMA__UNIT ||
           vnuma__is_given(((const vnuma_number *)from)->span);
}

void vnuma__put_row(FILE *f, const vnuma__row *row, const void *from,
                    vnuma__how how, bool goes_on)
{
    const vnuma__key *key;

    for (key = row->keys; key->name; key++) {
        const void *member = (const char *)from + key->member;

        if (!is_given(key, member))
            continue;
        fputs(marks[how].before + (goes_on ? 0 : 1), f);
        if (goes_on || !row->first || how == VNUMA__AS_JSON ||
            strcmp(key->name, row->first) != 0)
            fprintf(f, "%s%s", key->name, marks[how].equals);
        put_value(f, row, key, member, how);
        fputs(marks[how].after, f);
        goes_on = true;
    }
}
