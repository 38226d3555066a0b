/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dom0_nodes=, dom0_max_vcpus= and dom0_vcpus_pin, as Xen reads them. */
#include "config.h"

#include "dom0/dom0.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PV_VCPUS 8192u

/* ---- dom0_nodes= -------------------------------------------------------- */

/* "0-3" */
void vnuma__dom0_mend_nodes(const char *item, bool fine, char *out)
{
    char list[VNUMA__DOM0_ROOM];
    unsigned long first, last;
    char *end;
    int len = 0;

    first = strtoul(item, &end, 10);
    if (fine || end == item || *end != '-' ||
        (last = strtoul(end + 1, &end, 10)) >= VNUMA_MAX_PNODES || *end)
        return;
    for (; first <= last && len < (int)VNUMA__DOM0_ROOM; first++)
        len += snprintf(list + len, VNUMA__DOM0_ROOM - len, "%s%lu",
                        len ? "," : "", first);
    if (len < (int)VNUMA__DOM0_ROOM && len)
        strcpy(out, list);
}

static void add_pxm(vnuma__dom0_value *v, uint32_t start, uint32_t end)
{
    vnuma_dom0_limits *limits = v->limits;
    vnuma__dom0_number pxm;

    if (limits->num_pxms == VNUMA_MAX_PNODES) {
        vnuma__error(v->diags, "dom0-value",
                     vnuma__dom0_value_span(v, start, end),
                     "Xen takes at most %u nodes here", VNUMA_MAX_PNODES);
        return;
    }
    pxm = vnuma__dom0_read_number(v);
    if (v->at < end) {
        vnuma__dom0_refuse(v, v->at, end, "here the number should end",
                           vnuma__dom0_peek(v) == '-'
                               ? "there are no ranges: name each node, as 0,1"
                               : "commas separate the numbers");
        vnuma__dom0_fix_item(v, vnuma__dom0_mend_nodes);
        return;
    }
    if (pxm.wrapped || pxm.value > UINT32_MAX)
        vnuma__error(v->diags, "dom0-number",
                     vnuma__dom0_value_span(v, start, end),
                     "no node has such a number");
    limits->pxms[limits->num_pxms++] =
        (vnuma_number){ (uint32_t)pxm.value,
                        vnuma__dom0_value_span(v, start, end) };
}

static bool is_word(const vnuma__dom0_value *v, uint32_t end, const char *word)
{
    vnuma__text text = vnuma__span_text(vnuma__dom0_value_span(v, v->at, end));
    size_t len = strlen(word);

    /* Xen ends the word at any of these. */
    return vnuma__text_starts_with(text, word) &&
           (text.len == len || strchr(":;=", text.ptr[len]));
}

static void parse_node(vnuma__dom0_value *v, uint32_t end)
{
    if (isdigit((unsigned char)vnuma__dom0_peek(v)))
        add_pxm(v, v->at, end);
    else if (is_word(v, end, "relaxed"))
        v->limits->relaxed = true;
    else if (is_word(v, end, "strict"))
        v->limits->relaxed = false;
    else
        vnuma__dom0_refuse(v, v->at, end,
                           "here a node's number, \"strict\" or \"relaxed\" "
                           "is expected",
                           "for any node leave dom0_nodes= out");
}

/* After a mistake in one piece Xen reads the next ones. */
void vnuma__dom0_parse_nodes(vnuma__dom0_value *v)
{
    const char *text = v->option->all.source->text, *comma;
    uint32_t end;

    v->limits->nodes_span = v->option->all;
    for (;;) {
        comma = memchr(text + v->at, ',', v->end - v->at);
        end = comma ? (uint32_t)(comma - text) : v->end;
        parse_node(v, end);
        if (!comma)
            return;
        v->at = end + 1;
    }
}

/* ---- dom0_max_vcpus= ---------------------------------------------------- */

static uint32_t read_count(vnuma__dom0_value *v)
{
    uint32_t start = v->at;
    vnuma__dom0_number count = vnuma__dom0_read_number(v);
    vnuma_span span = vnuma__dom0_value_span(v, start, v->at);

    if (count.wrapped || count.value > UINT32_MAX)
        vnuma__error(v->diags, "dom0-number", span,
                     "too large; Xen reads it as %" PRIu32,
                     (uint32_t)count.value);
    else if (count.is_octal)
        vnuma__warning(v->diags, "dom0-octal", span,
                       "a number that begins with 0 is octal: %" PRIu64,
                       count.value);
    return (uint32_t)count.value;
}

/*
 * Xen accepts two mistakes: an empty value is one vcpu, and one wrong
 * character after the first number is ignored.
 */
void vnuma__dom0_parse_vcpus(vnuma__dom0_value *v)
{
    vnuma_dom0_limits *limits = v->limits;
    bool is_most_only = vnuma__dom0_peek(v) == '-';
    uint32_t start = v->at;

    if (limits->vcpus_span.source)
        vnuma__dom0_given_again(v, limits->vcpus_span, v->option->all);
    limits->vcpus_span = v->option->all;
    if (!is_most_only) {
        limits->min_vcpus = read_count(v);
        if (!limits->min_vcpus)
            limits->min_vcpus = 1;
        if (v->at == v->end)
            limits->max_vcpus = limits->min_vcpus;
        if (start == v->end)
            vnuma__dom0_refuse(v, v->option->all.start, v->option->all.end,
                               "no number: Xen gives dom0 one vcpu",
                               "write dom0_max_vcpus=N");
    }
    if (vnuma__dom0_peek(v) == '-') {
        v->at++;
        if (is_most_only || v->at < v->end)
            limits->max_vcpus = read_count(v);
    }
    if (v->at < v->end)
        vnuma__dom0_refuse(v, v->at, v->end,
                           "here a number of vcpus or its end is expected",
                           "it is dom0_max_vcpus=N, MIN-MAX, MIN- or -MAX");
}

uint32_t vnuma_dom0_num_vcpus(const vnuma_dom0_limits *limits,
                              uint32_t num_pcpus)
{
    uint32_t num = num_pcpus;

    if (num < limits->min_vcpus)
        num = limits->min_vcpus;
    if (num > limits->max_vcpus)
        num = limits->max_vcpus;
    return num < MAX_PV_VCPUS ? num : MAX_PV_VCPUS;
}

/* ---- dom0_vcpus_pin ----------------------------------------------------- */

static int read_boolean(const vnuma__dom0_value *v)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {
        { "1", true },        { "0", false },     { "on", true },
        { "no", false },      { "yes", true },    { "off", false },
        { "true", true },     { "false", false }, { "enable", true },
        { "disable", false }, { "", true },
    };
    unsigned int i;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (vnuma__text_equal(vnuma__dom0_rest(v), words[i].word))
            return words[i].value;
    return -1;
}

void vnuma__dom0_parse_pin(vnuma__dom0_value *v)
{
    int value = read_boolean(v);

    if (value < 0) {
        vnuma__dom0_refuse(v, v->at, v->end, "this is not a boolean",
                           "Xen takes no list here: dom0_vcpus_pin pins each "
                           "vcpu to the pcpu of its number; on or off");
        if (strspn(v->option->all.source->text + v->at, "0123456789,-") >=
            v->end - v->at)
            vnuma__fix(v->diags,
                       vnuma__dom0_value_span(v, v->option->key.end, v->end),
                       "%s", "");
        return;
    }
    v->limits->vcpus_pin = value != v->option->is_negated;
    v->limits->pin_span = v->option->all;
}
