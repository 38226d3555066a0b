/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The value of vnuma=: a list of vnodes, each a list of options, each a
 * string. config_list.c reads the lists inside vcpus= and vdistances=.
 *
 *     vnuma  = "auto" | [ vnode, ... ]
 *     vnode  = [ "KEY=VALUE", ... ]
 *     KEY    = pnode | size | vcpus | vdistances
 *
 * xl skips unknown options, uses the last of two equal ones, and stops reading
 * a number at the first byte that is not part of it; all of that is reported.
 */
#include "config.h"

#include "guest/guest.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void parse_pnode(vnuma__config_reader *p, vnuma__text text,
                        vnuma_vnode *vnode)
{
    uint64_t pnode;

    if (vnuma__text_equal(text, "auto")) {
        vnode->pnode.span = text.span;
        return;
    }
    if (vnuma__text_to_u64(text, UINT32_MAX - 1, &pnode)) {
        vnode->pnode = (vnuma_number){ pnode, text.span };
        return;
    }
    vnuma__error(p->diags, "bad-number", text.span,
                 "pnode= is not the number of a node: \"%.*s\"",
                 VNUMA__TEXT_ARG(text));
    vnuma__hint(p->diags, "write digits only, or \"pnode=auto\"");
}

static void parse_size(vnuma__config_reader *p, vnuma__text text,
                       vnuma_vnode *vnode)
{
    uint64_t mib;

    if (vnuma__text_to_u64(text, VNUMA__MAX_MIB, &mib)) {
        vnode->memkb = (vnuma_number){ mib << 10, text.span };
    } else if (vnuma__text_is_digits(text)) {
        vnuma__error(p->diags, "number-range", text.span,
                     "size= is %.*s MiB, more than any machine can have",
                     VNUMA__TEXT_ARG(text));
        vnuma__hint(p->diags, "size= is in MiB, not in KiB or bytes");
    } else {
        vnuma__error(p->diags, "bad-number", text.span,
                     "size= is not a number: \"%.*s\"", VNUMA__TEXT_ARG(text));
        if (vnuma__text_to_mib(text, &mib)) {
            vnuma__hint(
                p->diags,
                "size= is in MiB, a plain number: \"size=%" PRIu64 "\"", mib);
            vnuma__fix_option(p, text, "%" PRIu64, mib);
        } else
            vnuma__hint(p->diags, "size= is in MiB, digits only");
    }
}

/* ---- options ------------------------------------------------------------ */

#define ABOUT_EVERY_KEY                                                       \
    (VNUMA_ABOUT_PNODE | VNUMA_ABOUT_SIZE | VNUMA_ABOUT_VCPUS |               \
     VNUMA_ABOUT_DISTANCES)

/* A value with a mistake is unsound. */
static const struct {
    const char *name;
    unsigned int about;
    void (*parse)(vnuma__config_reader *p, vnuma__text value,
                  vnuma_vnode *vnode);
} keys[] = {
    { "pnode", VNUMA_ABOUT_PNODE, parse_pnode },
    { "size", VNUMA_ABOUT_SIZE, parse_size },
    { "vcpus", VNUMA_ABOUT_VCPUS, vnuma__parse_vcpus },
    { "vdistances", VNUMA_ABOUT_DISTANCES, vnuma__parse_distances },
    { NULL, ABOUT_EVERY_KEY, NULL }, /* NO_KEY */
};

#define NUM_KEYS (sizeof(keys) / sizeof(*keys) - 1)
#define NO_KEY NUM_KEYS

static const char *const key_names[NUM_KEYS] = { "pnode", "size", "vcpus",
                                                 "vdistances" };

/* One vnode while it is read. */
typedef struct {
    vnuma__config_reader *p;
    vnuma_vnode *vnode;
    vnuma_span given[NUM_KEYS]; /* where; source NULL: not yet */
    unsigned int meant;         /* VNUMA_ABOUT_ of misspelt options */
    vnuma_span option;          /* the string that is read */
} vnode_parser;

static unsigned int find_key(vnuma__text name)
{
    unsigned int key;

    for (key = 0; key < NUM_KEYS; key++)
        if (vnuma__text_equal(name, keys[key].name))
            break;
    return key;
}

static void report_unknown_key(vnode_parser *v, vnuma__text name)
{
    unsigned int key = vnuma__nearest_name(name, key_names, NUM_KEYS);

    vnuma__error(v->p->diags, "unknown-key", name.span,
                 "a vnode has no option %.*s=", VNUMA__TEXT_ARG(name));
    if (key == NO_KEY)
        vnuma__hint(v->p->diags,
                    "the options are pnode, size, vcpus and vdistances");
    else {
        vnuma__hint(v->p->diags, "did you mean %s?", keys[key].name);
        if (!vnuma__is_given(v->given[key]))
            vnuma__fix_option(v->p, name, "%s", keys[key].name);
    }
    v->meant |= keys[key].about;
}

/* "vdistance10, 31", "pnode 0", "size:512": the letters, then the value. */
static void report_missing_equals(vnode_parser *v, vnuma__text text)
{
    vnuma__text name, value;
    unsigned int key;
    uint32_t i = 0;

    while (i < text.len &&
           (isalpha((unsigned char)text.ptr[i]) || text.ptr[i] == '_'))
        i++;
    name = vnuma__text_slice(text, 0, i);
    while (i < text.len &&
           (isspace((unsigned char)text.ptr[i]) || strchr(":-", text.ptr[i])))
        i++;
    value = vnuma__text_slice(text, i, text.len);
    key = find_key(name);
    if (key == NO_KEY)
        key = vnuma__nearest_name(name, key_names, NUM_KEYS);

    vnuma__error(v->p->diags, "missing-equals", text.span,
                 "an option of a vnode without \"=\": \"%.*s\"",
                 VNUMA__TEXT_ARG(text));
    if (key != NO_KEY && value.len) {
        vnuma__hint(v->p->diags, "write \"%s=%.*s\"", keys[key].name,
                    VNUMA__TEXT_ARG(value));
        if (!vnuma__is_given(v->given[key]))
            vnuma__fix_option(v->p, text, "%s=%.*s", keys[key].name,
                              VNUMA__TEXT_ARG(value));
    } else
        vnuma__hint(v->p->diags, "write \"KEY=VALUE\", KEY is pnode, size, "
                                 "vcpus or vdistances");
    v->meant |= keys[key].about;
}

/*
 * "vcpus=0-3,size=512": returns where the second option starts, or text.len.
 */
static uint32_t find_inner_option(vnuma__text value)
{
    uint32_t equals = vnuma__text_find(value, '='), start = equals;
    vnuma__text name;

    while (start && value.ptr[start - 1] != ',' && value.ptr[start - 1] != ' ')
        start--;
    name = vnuma__text_trim(vnuma__text_slice(value, start, equals));
    return equals < value.len && start && find_key(name) != NO_KEY ? start
                                                                   : value.len;
}

/* Cuts off white space, and a comma at the end. */
static vnuma__text trim_comma(vnuma__text text)
{
    text = vnuma__text_trim(text);
    if (text.len && text.ptr[text.len - 1] == ',')
        text = vnuma__text_slice(text, 0, text.len - 1);
    return vnuma__text_trim(text);
}

/* The quote that begins the string stands between the two as well. */
static void fix_joined(vnode_parser *v, vnuma__text first, vnuma__text second)
{
    vnuma_span gap = { first.span.source, first.span.end, second.span.start };
    char quote = v->option.source->text[v->option.start];

    if (first.exact && v->p->config->unsound != VNUMA_ABOUT_EVERYTHING &&
        strchr("'\"", quote))
        vnuma__fix(v->p->diags, gap, "%c, %c", quote, quote);
}

static void report_inner_option(vnode_parser *v, unsigned int key,
                                vnuma__text value, uint32_t inner)
{
    vnuma__text first = trim_comma(vnuma__text_slice(value, 0, inner));
    vnuma__text second = vnuma__text_slice(value, inner, value.len);

    vnuma__error(v->p->diags, "options-joined", second.span,
                 "two options in one string");
    vnuma__hint(v->p->diags, "write \"%s=%.*s\", \"%.*s\"", keys[key].name,
                VNUMA__TEXT_ARG(first), VNUMA__TEXT_ARG(second));
    fix_joined(v, first, second);
    v->p->config->unsound |= ABOUT_EVERY_KEY;
}

static void parse_value(vnode_parser *v, unsigned int key, vnuma__text name,
                        vnuma__text value)
{
    unsigned int num_errors = v->p->diags->num_errors;
    uint32_t inner = find_inner_option(value);

    if (vnuma__is_given(v->given[key])) {
        vnuma__error(v->p->diags, "key-twice", name.span,
                     "%s= is given twice in one vnode", keys[key].name);
        vnuma__related(v->p->diags, v->given[key], "first given here");
        vnuma__hint(v->p->diags, "each vnode has a [ ... ] of its own");
    } else if (!value.len) {
        vnuma__error(v->p->diags, "empty-value", name.span, "%s= has no value",
                     keys[key].name);
        vnuma__hint(v->p->diags, "leave the option out to have it filled in");
    } else if (inner < value.len) {
        report_inner_option(v, key, value, inner);
    } else {
        keys[key].parse(v->p, value, v->vnode);
    }
    if (!vnuma__is_given(v->given[key]))
        v->given[key] = name.span;
    if (v->p->diags->num_errors > num_errors)
        v->p->config->unsound |= keys[key].about;
}

static void parse_option(vnode_parser *v, const vnuma__value *option)
{
    vnuma__text text, name, value;
    unsigned int key;
    uint32_t equals;

    if (option->is_list) {
        vnuma__error(v->p->diags, "wrong-kind", option->span,
                     "an option of a vnode is a list, wanted a string");
        vnuma__hint(v->p->diags, "write \"KEY=VALUE\"");
        v->meant |= ABOUT_EVERY_KEY;
        return;
    }
    v->option = option->span;
    text = vnuma__value_text(option);
    equals = vnuma__text_find(text, '=');
    if (equals == text.len) {
        report_missing_equals(v, text);
        return;
    }
    name = vnuma__text_trim(vnuma__text_slice(text, 0, equals));
    value = vnuma__text_trim(vnuma__text_slice(text, equals + 1, text.len));
    key = find_key(name);
    if (key == NO_KEY)
        report_unknown_key(v, name);
    else
        parse_value(v, key, name, value);
}

/* ---- vnodes ------------------------------------------------------------- */

static void parse_vnode(vnuma__config_reader *p, const vnuma__value *value,
                        vnuma_vnode *vnode)
{
    vnode_parser v = { .p = p, .vnode = vnode };
    unsigned int key;
    uint32_t i;

    vnode->span = value->span;
    vnode->pnode.value = VNUMA_PNODE_AUTO;
    if (!value->is_list) {
        vnuma__error(p->diags, "wrong-kind", value->span,
                     "a vnode is a string, wanted a list");
        vnuma__hint(p->diags, "write vnuma = [ [ \"pnode=0\", ... ], ... ]: "
                              "each vnode has a [ ... ] of its own");
        p->config->unsound |= VNUMA_ABOUT_EVERYTHING;
        return;
    }
    if (!value->num_items) {
        vnuma__error(p->diags, "vnode-empty", value->span,
                     "a vnode without any option");
        vnuma__hint(p->diags, "write [ \"pnode=auto\" ] to have all of it "
                              "filled in");
        vnuma__fix(p->diags, value->span, "[ \"pnode=auto\" ]");
        p->config->unsound |= ABOUT_EVERY_KEY;
        return;
    }
    for (i = 0; i < value->num_items && !p->rc; i++) {
        if (vnuma__is_enough(p->diags))
            return;
        parse_option(&v, &value->items[i]);
    }
    /* An option that was misspelt must not also be reported as missing. */
    for (key = 0; key < NUM_KEYS; key++)
        if (!vnuma__is_given(v.given[key]))
            p->config->unsound |= v.meant & keys[key].about;
}

static void report_string(vnuma__config_reader *p, const vnuma__value *value)
{
    vnuma__text text = vnuma__value_text(value);

    if (vnuma__text_equal(text, "auto")) {
        p->config->vnuma_auto = true;
        return;
    }
    vnuma__error(p->diags, "vnuma-value", text.span,
                 "vnuma= is neither a list of vnodes nor \"auto\": \"%.*s\"",
                 VNUMA__TEXT_ARG(text));
    vnuma__hint(p->diags, "write vnuma = [ [ \"pnode=0\", ... ], ... ]");
}

static void check_num_vnodes(vnuma__config_reader *p,
                             const vnuma__value *value)
{
    if (!value->num_items) {
        vnuma__warning(p->diags, "vnuma-empty", value->span,
                       "vnuma= has no vnode: the guest gets one node, "
                       "anywhere");
        vnuma__hint(p->diags, "leave vnuma= out, or write vnuma = \"auto\"");
    } else if (value->num_items > VNUMA_MAX_VNODES) {
        vnuma__error(p->diags, "vnode-too-many",
                     value->items[VNUMA_MAX_VNODES].span,
                     "%" PRIu32 " vnodes, Xen allows %u", value->num_items,
                     VNUMA_MAX_VNODES);
        p->config->unsound |= VNUMA_ABOUT_EVERYTHING;
    }
}

/*
 * Whether all vnodes are strings: the inner brackets were forgotten, and one
 * report of it is enough.
 */
static bool lacks_brackets(const vnuma__value *value)
{
    uint32_t i;

    for (i = 0; i < value->num_items; i++)
        if (value->items[i].is_list)
            return false;
    return value->num_items > 1;
}

void vnuma__parse_vnuma(vnuma__config_reader *p)
{
    const vnuma__value *value = &p->setting->value;
    vnuma_config *config = p->config;
    uint32_t num = value->num_items, i;

    config->vnodes_span = value->span;
    if (!value->is_list) {
        report_string(p, value);
        return;
    }
    check_num_vnodes(p, value);
    if (!num)
        return;
    if (lacks_brackets(value))
        num = 1;
    else if (num > VNUMA_MAX_VNODES)
        num = VNUMA_MAX_VNODES;
    config->vnodes = vnuma__config_alloc(p, num, sizeof(*config->vnodes));
    for (i = 0; i < num && !p->rc; i++) {
        parse_vnode(p, &value->items[i], &config->vnodes[i]);
        config->num_vnodes = i + 1;
    }
}
