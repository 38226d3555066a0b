/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Xen's command line as it should stand: what was given stays; what Xen
 * refuses is mended where it is known what was meant, else left out; what is
 * missing is added.
 */
#include "config.h"

#include "dom0/dom0.h"

#include <inttypes.h>
#include <string.h>

#include "base/print.h"

#define MIB(memkb) ((memkb) >> 10)
#define ROOM VNUMA__DOM0_ROOM

typedef struct {
    const vnuma_topology *topology;
    const vnuma_dom0_srat *srat;
    FILE *f;           /* NULL: only to find what there is */
    uint32_t num_xen;  /* of the pieces: those of GRUB_CMDLINE_XEN */
    bool is_xen;       /* those are written, else all others */
    bool is_left_out;  /* the option being read is not among them */
    const char *blank; /* before the next option */
    const char *key;   /* of the option being written; NULL: none */
    size_t len;        /* of it */
    unsigned int num_sizes, last_plain; /* of dom0_mem= */
    unsigned int num_nodes;
    unsigned int seen; /* a bit for each kind of option */
    bool has_max, has_vcpus;
    bool was_real_mode; /* the option before */
    unsigned int num;   /* of options before GRUB's last two */
} suggesting;

/* Whether Xen accepts an option, on this host. */
static bool is_fine(const suggesting *s, const char *key, const char *item)
{
    char text[2 * ROOM];
    vnuma_source source = { .name = text, .text = text };
    vnuma_span piece = { .source = &source };
    const vnuma_dom0_cmdline line = { &piece, 1 };
    vnuma_dom0_limits limits;
    vnuma_diags diags = { 0 };
    bool fine;

    snprintf(text, sizeof(text), "%s%s", key, item);
    piece.end = source.len = strlen(text);
    fine = !vnuma_dom0_parse(&line, &limits, &diags) &&
           !vnuma_dom0_check(&limits, s->topology, s->srat, &diags);
    vnuma_diags_dispose(&diags);
    return fine;
}

/* ---- what was meant ----------------------------------------------------- */

/* "4x": Xen reads the number. */
static void mend_vcpus(const char *item, bool fine, char *out)
{
    if (!fine)
        out[strspn(item, "0123456789")] = '\0';
}

/* "=0-3": a list, as for other programs. */
static void mend_pin(const char *item, bool fine, char *out)
{
    if (*item == ':')
        *out = '=';
    if (!fine && strlen(item) > 1 &&
        !item[1 + strspn(item + 1, "0123456789,-")])
        *out = '\0';
}

/* By vnuma__dom0_key(). */
static const struct {
    const char *key, *separators;
    void (*mend)(const char *item, bool fine, char *out);
} kinds[] = {
    { "dom0_mem=", ",;", vnuma__dom0_mend_size },
    { "dom0_nodes=", ",;", vnuma__dom0_mend_nodes },
    { "dom0_max_vcpus=", "", mend_vcpus },
    { "dom0_vcpus_pin", "", mend_pin },
};

/* ---- writing ------------------------------------------------------------ */

static void put(suggesting *s, const char *key, const char *item)
{
    bool goes_on =
        s->key == key && s->len + 1 + strlen(item) <= VNUMA__DOM0_MAX_OPTION;
    int len;

    if (!s->f || s->is_left_out)
        return;
    len = fprintf(s->f, "%s%s%s", goes_on ? "," : s->blank, goes_on ? "" : key,
                  item);
    s->len = goes_on ? s->len + len : len - strlen(s->blank);
    s->key = key;
    s->blank = " ";
}

static void put_size(suggesting *s, const char *item)
{
    bool is_plain = strncmp(item, "min:", 4) && strncmp(item, "max:", 4);
    char max[ROOM + 4];

    s->num_sizes++;
    s->has_max |= !strncmp(item, "max:", 4);
    put(s, kinds[VNUMA__DOM0_MEM].key, item);
    if (!s->f && is_plain)
        s->last_plain = s->num_sizes;
    snprintf(max, sizeof(max), "max:%s", item);
    if (s->f && s->num_sizes == s->last_plain && !s->has_max &&
        is_fine(s, kinds[VNUMA__DOM0_MEM].key, max))
        put(s, kinds[VNUMA__DOM0_MEM].key, max);
}

/* Xen takes so many nodes in all; words are none. */
static bool has_room_for(suggesting *s, const char *nodes)
{
    for (; *nodes; nodes += strcspn(nodes, ","), nodes += *nodes == ',')
        s->num_nodes += *nodes >= '0' && *nodes <= '9';
    return s->num_nodes <= VNUMA_MAX_PNODES;
}

static void put_item(suggesting *s, int kind, const char *key,
                     const char *text, uint32_t len)
{
    char item[ROOM], out[ROOM];
    bool fine;

    if (len >= ROOM - strlen(key) - 4)
        return;
    snprintf(item, ROOM, "%.*s", (int)len, text);
    strcpy(out, item);
    fine = is_fine(s, key, item);
    kinds[kind].mend(item, fine, out);
    if (strcmp(item, out) ? !is_fine(s, key, out) : !fine)
        return;
    if (kind == VNUMA__DOM0_NODES && !has_room_for(s, out))
        return;
    s->has_vcpus |= kind == VNUMA__DOM0_VCPUS;
    if (kind == VNUMA__DOM0_MEM)
        put_size(s, out);
    else
        put(s, key, out);
}

static void put_option(suggesting *s, const vnuma__dom0_option *o, int kind)
{
    const char *text = o->all.source->text, *key = kinds[kind].key;
    uint32_t at = kind == VNUMA__DOM0_PIN ? o->key.end : o->value.start, end;

    if (o->is_negated && kind != VNUMA__DOM0_PIN)
        return;
    if (o->is_negated)
        key = "no-dom0_vcpus_pin";
    s->key = NULL;
    for (;; at = end + 1) {
        for (end = at; end < o->all.end; end++)
            if (strchr(kinds[kind].separators, text[end]))
                break;
        put_item(s, kind, key, text + at, end - at);
        if (end >= o->all.end)
            return;
    }
}

/* Not what would end the line: that is in no boot loader's. */
static void put_other(suggesting *s, const vnuma__dom0_option *o)
{
    vnuma__text text = vnuma__span_text(o->all);

    if (!s->f || s->is_left_out || vnuma__text_find(text, '\n') < text.len)
        return;
    fprintf(s->f, "%s%.*s", s->blank, VNUMA__TEXT_ARG(text));
    s->blank = " ";
}

/* What GRUB adds: "placeholder" first, "no-real-mode edd=off" last. */
static bool is_grubs(suggesting *s, const vnuma__dom0_option *o,
                     unsigned int index)
{
    bool is_edd = vnuma__dom0_is_key(o, "edd") && s->was_real_mode &&
                  o->value.end - o->value.start == 3;

    if (!s->f) {
        s->was_real_mode = o->is_negated && vnuma__dom0_is_key(o, "real-mode");
        s->num = is_edd ? index - 1 : UINT32_MAX;
    }
    return index >= s->num ||
           (!*s->blank && vnuma__dom0_is_key(o, "placeholder"));
}

/*
 * dom0's options, and those of others before or after " -- ", which is never
 * in GRUB_CMDLINE_XEN: that is before all that may be missing.
 */
static void put_line(suggesting *s, const vnuma_dom0_cmdline *line,
                     bool has_ours, bool has_others, bool is_after)
{
    vnuma__dom0_option o = { .piece = 0 };
    unsigned int i;
    int kind;

    s->num_sizes = s->num_nodes = s->seen = 0;
    for (i = 0; vnuma__dom0_next(line, &o); i++) {
        kind = vnuma__dom0_key(&o);
        s->is_left_out = s->is_xen != (o.piece < s->num_xen && !o.is_after);
        if (is_grubs(s, &o, i) || vnuma__dom0_is_key(&o, "--"))
            continue;
        if (kind < 0 && has_others && o.is_after == is_after)
            put_other(s, &o);
        if (kind < 0 || !has_ours || (o.is_after && s->seen & 1u << kind))
            continue;
        put_option(s, &o, kind);
        s->seen |= o.is_after ? 0 : 1u << kind;
    }
    s->is_left_out = false;
}

static void put_missing(suggesting *s, const vnuma_dom0_limits *limits)
{
    uint64_t memkb = s->topology ? vnuma_dom0_avail_memkb(s->topology) : 0;
    uint32_t pcpus =
        s->topology ? vnuma__dom0_num_pcpus(limits, s->topology, s->srat) : 0;
    char size[32] = "SIZE", vcpus[16];

    if (memkb) {
        memkb = (UINT64_C(1) << 20) + memkb / 100 * 5;
        memkb = memkb < UINT64_C(8) << 20 ? memkb : UINT64_C(8) << 20;
        snprintf(size, sizeof(size), "%" PRIu64 "M",
                 (MIB(memkb) + 63) / 64 * 64);
    }
    if (!s->num_sizes)
        fprintf(s->f, "%sdom0_mem=%s,max:%s", s->blank, size, size);
    s->blank = s->num_sizes ? s->blank : " ";
    snprintf(vcpus, sizeof(vcpus), "%" PRIu32, pcpus < 16 ? pcpus : 16);
    if (pcpus && !s->has_vcpus)
        put(s, kinds[VNUMA__DOM0_VCPUS].key, vcpus);
}

char *vnuma__dom0_suggest_setting(const vnuma_dom0_cmdline *cmdline,
                                  const vnuma_dom0_limits *limits,
                                  const vnuma_topology *topology,
                                  const vnuma_dom0_srat *srat,
                                  uint32_t num_xen, bool is_xen, bool is_whole)
{
    suggesting s = { .topology = topology,
                     .srat = srat,
                     .num_xen = num_xen,
                     .is_xen = is_xen,
                     .blank = "" };
    vnuma__print out;

    if (!vnuma__print_begin(&out))
        return NULL;
    put_line(&s, cmdline, true, false, false);
    s.f = out.f;
    put_line(&s, cmdline, true, is_whole, false);
    if (!is_xen)
        put_missing(&s, limits);
    s.blank = " -- ";
    put_line(&s, cmdline, false, is_whole, true);
    return vnuma__print_end(&out, false);
}

char *vnuma_dom0_suggest(const vnuma_dom0_cmdline *cmdline,
                         const vnuma_dom0_limits *limits,
                         const vnuma_topology *topology,
                         const vnuma_dom0_srat *srat, bool is_whole)
{
    return vnuma__dom0_suggest_setting(cmdline, limits, topology, srat, 0,
                                       false, is_whole);
}
