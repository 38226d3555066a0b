/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists of the host's CPUs and devices in a guest's settings:
 *
 *     cpus = "LIST" | [ "LIST", ... ]        the same for cpus_soft
 *     LIST = TERM,...
 *     TERM = all | [^][node:|nodes:]N[-M]
 *     pci  = [ "[SEGMENT:]BUS:DEVICE.FUNCTION...", ... ]
 *
 * A term adds to the terms before it, with "^" it takes away from them.  Which
 * pcpus a term means depends on the host; see guest.c.
 */
#include "config.h"

#include "guest/guest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"

/*
 * The most terms of one setting: more than any host needs; bounds the checks.
 */
#define MAX_TERMS 4096u

/* ---- terms -------------------------------------------------------------- */

static bool skip_prefix(vnuma__text *text, const char *prefix)
{
    if (!vnuma__text_starts_with(*text, prefix))
        return false;
    *text = vnuma__text_slice(*text, strlen(prefix), text->len);
    return true;
}

static bool read_term(vnuma__config_reader *p, vnuma__text piece,
                      vnuma_affinity_term *term_r)
{
    const char *name = p->setting->name;
    vnuma__text text = piece;
    vnuma__range_end ends[2];

    *term_r = (vnuma_affinity_term){ .span = piece.span };
    term_r->is_excluded = skip_prefix(&text, "^");
    term_r->is_pnodes =
        skip_prefix(&text, "node:") || skip_prefix(&text, "nodes:");
    if (vnuma__text_equal(text, "all") && !term_r->is_excluded) {
        term_r->is_all = true;
        return true;
    }
    if (!vnuma__parse_range(text, ends) || ends[0].value >= VNUMA_BITMAP_MAX ||
        ends[1].value >= VNUMA_BITMAP_MAX) {
        vnuma__error(p->diags, "bad-cpus", piece.span,
                     "%s= has a piece that names no CPUs: \"%.*s\"", name,
                     VNUMA__TEXT_ARG(piece));
        vnuma__hint(p->diags, "write numbers, ranges and nodes: "
                              "\"0-3,^2\", \"nodes:0-1\", or \"all\"");
        return false;
    }
    term_r->first = ends[0].value;
    term_r->last = ends[1].value;
    if (term_r->first <= term_r->last)
        return true;
    vnuma__error(p->diags, "range-backwards", text.span,
                 "%s= has a range that is backwards: %.*s", name,
                 VNUMA__TEXT_ARG(text));
    vnuma__hint(p->diags, "write %" PRIu32 "-%" PRIu32, term_r->last,
                term_r->first);
    vnuma__fix_text(p->diags, text, "%" PRIu32 "-%" PRIu32, term_r->last,
                    term_r->first);
    return false;
}

static void parse_affinity(vnuma__config_reader *p, vnuma__text text,
                           uint32_t *left, vnuma_affinity *affinity)
{
    vnuma_affinity_term term;
    vnuma__text piece;

    affinity->span = text.span;
    while (!vnuma__is_enough(p->diags) && vnuma__next_piece(&text, &piece)) {
        if (!read_term(p, piece, &term))
            continue;
        if (!*left) {
            vnuma__error(p->diags, "bad-cpus", piece.span,
                         "%s= has more than %u pieces", p->setting->name,
                         MAX_TERMS);
            return;
        }
        *left -= 1;
        if (!VNUMA__GROW(affinity->terms, affinity->num_terms)) {
            p->rc = VNUMA_ERROR_NOMEM;
            return;
        }
        affinity->terms[affinity->num_terms++] = term;
    }
}

void vnuma__parse_affinities(vnuma__config_reader *p)
{
    vnuma_affinities *affinities = p->into;
    const vnuma__value *strings;
    uint32_t num, left = MAX_TERMS, i;

    affinities->span = p->setting->value.span;
    affinities->is_list = p->setting->value.is_list;
    /* xl ignores entries for vcpus above the largest possible number. */
    num = vnuma__setting_strings(p, VNUMA_MAX_VCPUS, &strings);
    affinities->items =
        vnuma__config_alloc(p, num + 1u, sizeof(*affinities->items));
    for (i = 0; i < num && !p->rc; i++) {
        affinities->num_items = i + 1;
        parse_affinity(p, vnuma__value_text(&strings[i]), &left,
                       &affinities->items[i]);
    }
}

/* ---- devices ------------------------------------------------------------ */

/* Takes off hexadecimal digits and the separator after them, if any. */
static bool take_hex(vnuma__text *text, const char *separators, uint32_t max,
                     uint32_t *value_r)
{
    uint64_t value;

    if (!vnuma__text_take_digits(text, 16, &value) || value > max ||
        (text->len && !strchr(separators, text->ptr[0])))
        return false;
    *text = vnuma__text_slice(*text, 1, text->len);
    *value_r = value;
    return true;
}

static bool has_segment(vnuma__text text)
{
    uint32_t colon = vnuma__text_find(text, ':');
    vnuma__text rest = vnuma__text_slice(text, colon + 1, text.len);

    return colon < text.len &&
           vnuma__text_find(rest, ':') < vnuma__text_find(rest, '.');
}

/* The address is at the beginning, or after "bdf=" anywhere in the text. */
static vnuma__text find_address(vnuma__text text)
{
    vnuma__text found = text, piece;

    while (vnuma__next_piece(&text, &piece))
        if (skip_prefix(&piece, "bdf="))
            found = piece;
    return found;
}

static bool read_pcidev(vnuma__text text, vnuma_guest_pcidev *pcidev_r)
{
    uint32_t segment = 0, bus, device, function = 0;

    *pcidev_r = (vnuma_guest_pcidev){ .span = text.span };
    text = find_address(text);
    if (has_segment(text) && !take_hex(&text, ":", UINT16_MAX, &segment))
        return false;
    if (!take_hex(&text, ":", UINT8_MAX, &bus) ||
        !take_hex(&text, ".", 31, &device))
        return false;
    pcidev_r->is_every_function = skip_prefix(&text, "*");
    if (!pcidev_r->is_every_function && !take_hex(&text, "@,", 7, &function))
        return false;
    pcidev_r->segment = segment;
    pcidev_r->bus = bus;
    pcidev_r->device = device;
    pcidev_r->function = function;
    return true;
}

/* Devices only improve a plan, so xl is left to report a bad one. */
void vnuma__parse_pcidevs(vnuma__config_reader *p)
{
    const vnuma__value *value = &p->setting->value;
    vnuma_config *config = p->config;
    uint32_t num = value->num_items, i;

    if (!value->is_list || !num)
        return;
    if (num > VNUMA_MAX_PCIDEVS)
        num = VNUMA_MAX_PCIDEVS;
    config->pcidevs = vnuma__config_alloc(p, num, sizeof(*config->pcidevs));
    for (i = 0; i < num && !p->rc; i++)
        if (!value->items[i].is_list &&
            read_pcidev(vnuma__value_text(&value->items[i]),
                        &config->pcidevs[config->num_pcidevs]))
            config->num_pcidevs++;
}
