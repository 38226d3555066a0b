/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes a guest into a document of libvirt: elements that say something of
 * nodes are replaced or added, every other byte stays.
 */
#include "config.h"

#include "kvm/port.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "base/print.h"
#include "kvm/reader.h"

/* These bytes of the document become that text. */
typedef struct {
    uint32_t start, end;
    unsigned int nth; /* of two at one place the first is first */
    char *text;       /* owned; NULL: nothing */
} edit;

typedef struct {
    const vnuma_source *source;
    const vnuma__item *domain;
    edit *edits; /* owned */
    unsigned int num;
    bool failed; /* no memory */
} editor;

/* @text: owned from now on. */
static void add_edit(editor *e, uint32_t start, uint32_t end, char *text)
{
    if (e->failed || !VNUMA__GROW(e->edits, e->num)) {
        e->failed = true;
        free(text);
        return;
    }
    e->edits[e->num] = (edit){ start, end, e->num, text };
    e->num++;
}

static int compare_edits(const void *a, const void *b)
{
    const edit *x = a, *y = b;

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return x->nth < y->nth ? -1 : 1;
}

/* ---- places ------------------------------------------------------------- */

/* Blanks before an element in its line; none where more stands there. */
static vnuma__text indent_of(const vnuma__item *item)
{
    vnuma_span span = item->span;

    span.end = span.start;
    while (span.start && strchr(" \t", span.source->text[span.start - 1]))
        span.start--;
    if (span.start && span.source->text[span.start - 1] != '\n')
        span.start = span.end;
    return vnuma__span_text(span);
}

/* The whole lines of an element that is alone in them, else itself. */
static vnuma_span lines_of(const vnuma__item *item)
{
    vnuma__text indent = indent_of(item);
    vnuma_span span = item->span;
    bool ends_line =
        span.end < span.source->len && span.source->text[span.end] == '\n';

    if (ends_line && indent.span.start &&
        span.source->text[indent.span.start - 1] == '\n') {
        span.start = indent.span.start;
        span.end++;
    }
    return span;
}

static bool is_empty(const vnuma__item *item)
{
    return item->span.end == item->tag_end;
}

/* Before the end tag of @parent, or in the place of its "/>". */
static void insert(editor *e, const vnuma__item *parent, char *text)
{
    vnuma__text indent = indent_of(parent);
    uint32_t at = parent->span.end, end = at;
    char *whole = NULL;
    int r;

    if (!text)
        return;
    if (is_empty(parent)) {
        at -= 2;
        r = asprintf(&whole, ">\n%s%.*s</%.*s>", text, VNUMA__TEXT_ARG(indent),
                     VNUMA__TEXT_ARG(parent->name));
        free(text);
        if (r < 0)
            e->failed = true;
        else
            add_edit(e, at, end, whole);
        return;
    }
    while (at && e->source->text[at - 1] != '<')
        at--;
    at--; /* at the end tag; its line may begin with blanks */
    end = at;
    while (at && strchr(" \t", e->source->text[at - 1]))
        at--;
    if (at && e->source->text[at - 1] != '\n')
        at = end;
    add_edit(e, at, at, text);
}

/* ---- elements ----------------------------------------------------------- */

/* ---- what they say ------------------------------------------------------ */

static void write_topology(const vnuma__port *port, FILE *f)
{
    const uint64_t *level = port->smp.level;

    fprintf(f,
            "    <topology sockets='%" PRIu64 "' dies='%" PRIu64
            "' cores='%" PRIu64 "' threads='%" PRIu64 "'/>\n",
            level[SOCKETS], level[DIES], level[CORES], level[THREADS]);
}

static void write_cell(const vnuma__port *port, unsigned int v, FILE *f)
{
    const vnuma__port_node *node = &port->nodes[v];
    unsigned int w;

    fprintf(f, "      <cell id='%u'", v);
    if (vnuma_bitmap_count(node->vcpus)) {
        fputs(" cpus='", f);
        vnuma__write_set(node->vcpus, ",", f);
        fputc('\'', f);
    }
    fprintf(f, " memory='%" PRIu64 "' unit='KiB'%s", node->bytes >> 10,
            node->share ? " memAccess='shared'" : "");
    fputs(port->has_distances ? ">\n        <distances>\n" : "/>\n", f);
    for (w = 0; port->has_distances && w < port->num_nodes; w++)
        fprintf(f, "          <sibling id='%u' value='%" PRIu32 "'/>\n", w,
                w != v && node->distances[w] <= VNUMA_DISTANCE_LOCAL
                    ? VNUMA_DISTANCE_LOCAL + 1
                    : node->distances[w]);
    if (port->has_distances)
        fputs("        </distances>\n      </cell>\n", f);
}

static void write_cells(const vnuma__port *port, FILE *f)
{
    unsigned int v;

    fputs(port->num_nodes ? "    <numa>\n" : "", f);
    for (v = 0; v < port->num_nodes; v++)
        write_cell(port, v, f);
    fputs(port->num_nodes ? "    </numa>\n" : "", f);
}

static void write_numatune(const vnuma__port *port, FILE *f)
{
    bool is_begun = false;
    unsigned int v;

    for (v = 0; v < port->num_nodes; v++) {
        const vnuma__port_node *node = &port->nodes[v];

        if (!node->policy)
            continue;
        fprintf(f, "%s    <memnode cellid='%u' mode='%s' nodeset='",
                is_begun ? "" : "  <numatune>\n", v,
                vnuma__words_of[VNUMA__FORM_LIBVIRT].policies[node->policy]);
        vnuma__write_mask(node->pnodes, ",", f);
        fputs("'/>\n", f);
        is_begun = true;
    }
    fputs(is_begun ? "  </numatune>\n" : "", f);
}

static void write_pages(const vnuma__port *port, FILE *f)
{
    bool is_begun = false;
    unsigned int v;

    for (v = 0; v < port->num_nodes; v++) {
        if (!port->nodes[v].page)
            continue;
        fprintf(f,
                "%s      <page size='%" PRIu64 "' unit='KiB' "
                "nodeset='%u'/>\n",
                is_begun ? "" : "    <hugepages>\n", port->nodes[v].page >> 10,
                v);
        is_begun = true;
    }
    fputs(is_begun ? "    </hugepages>\n" : "", f);
}

/* Huge pages are allocated at once anyway. */
static void write_allocation(const vnuma__port *port, FILE *f)
{
    bool is_wanted = false;
    unsigned int v;

    for (v = 0; v < port->num_nodes; v++)
        is_wanted |= port->nodes[v].prealloc && !port->nodes[v].page;
    fputs(is_wanted ? "    <allocation mode='immediate'/>\n" : "", f);
}

/* Numbers of pcpus only: "nodes:0" depends on the host. */
static bool write_terms(const vnuma_affinity *pin, FILE *f)
{
    bool is_begun = false;
    unsigned int i;

    for (i = 0; i < pin->num_terms; i++) {
        const vnuma_affinity_term *term = &pin->terms[i];

        if (term->is_all || term->is_pnodes)
            continue;
        fprintf(f, "%s%s%" PRIu32, is_begun ? "," : "",
                term->is_excluded ? "^" : "", term->first);
        if (term->last > term->first)
            fprintf(f, "-%" PRIu32, term->last);
        is_begun = true;
    }
    return is_begun;
}

static bool has_terms(const vnuma_affinity *pin)
{
    unsigned int i;

    for (i = 0; i < pin->num_terms; i++)
        if (pin->terms[i].is_all || pin->terms[i].is_pnodes)
            return false;
    return pin->num_terms > 0;
}

static void write_pins(const vnuma__port *port, FILE *f)
{
    const vnuma_affinities *pins = port->pins;
    uint32_t vcpu;
    unsigned int v;

    for (vcpu = 0; vcpu < port->max_vcpus; vcpu++) {
        const vnuma_bitmap *pcpus = NULL;
        const vnuma_affinity *pin = NULL;

        for (v = 0; v < port->num_nodes; v++)
            if (vnuma_bitmap_test(port->nodes[v].vcpus, vcpu))
                pcpus = port->nodes[v].pcpus;
        if (pins)
            pin = !pins->is_list           ? &pins->items[0]
                  : vcpu < pins->num_items ? &pins->items[vcpu]
                                           : NULL;
        if (pin ? !has_terms(pin) : !pcpus)
            continue;
        fprintf(f, "    <vcpupin vcpu='%" PRIu32 "' cpuset='", vcpu);
        if (pin)
            write_terms(pin, f);
        else
            vnuma__write_set(pcpus, ",", f);
        fputs("'/>\n", f);
    }
}

/* ---- the document ------------------------------------------------------- */

/* What replaces or joins the children of an element below <domain>. */
static const struct {
    const char *parent; /* NULL: <domain> itself */
    struct {
        const char *name;
        void (*write)(const vnuma__port *port, FILE *f);
    } children[2];
} groups[] = {
    { "cpu", { { "topology", write_topology }, { "numa", write_cells } } },
    { NULL, { { "numatune", write_numatune } } },
    { "memoryBacking",
      { { "hugepages", write_pages }, { "allocation", write_allocation } } },
    { "cputune", { { "vcpupin", write_pins } } },
};

/* Returns the text, owned; NULL: there is none, or no memory. */
static char *write_group(editor *e, unsigned int i, const vnuma__port *port,
                         bool is_wrapped)
{
    const char *parent = groups[i].parent;
    vnuma__print inner, outer;
    FILE *f = vnuma__print_begin(&inner);
    unsigned int j;
    char *text;

    for (j = 0; f && j < 2 && groups[i].children[j].name; j++)
        groups[i].children[j].write(port, f);
    text = f ? vnuma__print_end(&inner, false) : NULL;
    e->failed |= !text;
    if (text && *text && is_wrapped) {
        f = vnuma__print_begin(&outer);
        if (f)
            fprintf(f, "  <%s>\n%s  </%s>\n", parent, text, parent);
        free(text);
        text = f ? vnuma__print_end(&outer, false) : NULL;
        e->failed |= !text;
    }
    if (text && !*text) {
        free(text);
        text = NULL;
    }
    return text;
}

static bool is_of_group(const vnuma__item *item, unsigned int i)
{
    unsigned int j;

    for (j = 0; j < 2 && groups[i].children[j].name; j++)
        if (item->is_element &&
            vnuma__text_equal(item->name, groups[i].children[j].name))
            return true;
    return false;
}

/* In the place of the first that is there, else at the end. */
static void put_group(editor *e, unsigned int i, const vnuma__port *port)
{
    const vnuma__item *at = e->domain, *item;
    vnuma_span lines;
    char *text;

    if (groups[i].parent)
        at = vnuma__item_find(e->domain, groups[i].parent);
    text = write_group(e, i, port, !at);
    VNUMA__ITEM_FOREACH(item, at) {
        if (!is_of_group(item, i))
            continue;
        lines = lines_of(item);
        if (text)
            add_edit(e, lines.start, lines.start, text);
        text = NULL;
        add_edit(e, lines.start, lines.end, NULL);
    }
    insert(e, at ? at : e->domain, text);
}

/* The number between the tags of an element; it is made if it is missing. */
static void put_number(editor *e, const char *name, const char *unit,
                       uint64_t number)
{
    const vnuma__item *item = vnuma__item_find(e->domain, name);
    const vnuma__item *old_unit = vnuma__item_find(item, "unit");
    char *text;

    if (asprintf(&text,
                 item && item->value.ptr ? "%" PRIu64
                                         : "  <%2$s%3$s>%1$" PRIu64
                                           "</%2$s>\n",
                 number, name, unit) < 0) {
        e->failed = true;
        return;
    }
    if (!item || !item->value.ptr) {
        insert(e, e->domain, text);
        return;
    }
    add_edit(e, item->value.span.start, item->value.span.end, text);
    if (old_unit)
        add_edit(e, old_unit->value.span.start, old_unit->value.span.end,
                 strdup("KiB"));
}

/* What is right already stays as it is written. */
static void put_numbers(editor *e, const vnuma__port *port,
                        const vnuma_config *document)
{
    const vnuma__kvm *kvm = document->kvm;

    if (!vnuma__is_given(kvm->bytes.span) || kvm->bytes.value != port->bytes)
        put_number(e, "memory", " unit='KiB'", port->bytes >> 10);
    if (vnuma__is_given(kvm->current.span) &&
        kvm->current.value == kvm->bytes.value &&
        kvm->bytes.value != port->bytes)
        put_number(e, "currentMemory", " unit='KiB'", port->bytes >> 10);
    if (document->maxvcpus.value != port->max_vcpus ||
        !vnuma__item_find(e->domain, "vcpu"))
        put_number(e, "vcpu", "", port->max_vcpus);
}

static char *apply(editor *e)
{
    const vnuma_source *source = e->source;
    uint32_t at = 0;
    vnuma__print out;
    FILE *f = e->failed ? NULL : vnuma__print_begin(&out);
    unsigned int i;

    if (!f)
        return NULL;
    if (e->num)
        qsort(e->edits, e->num, sizeof(*e->edits), compare_edits);
    for (i = 0; i < e->num; i++) {
        fwrite(source->text + at, 1, e->edits[i].start - at, f);
        fputs(e->edits[i].text ? e->edits[i].text : "", f);
        at = e->edits[i].end;
    }
    fwrite(source->text + at, 1, source->len - at, f);
    return vnuma__print_end(&out, false);
}

char *vnuma__port_into(const vnuma__port *port, const vnuma_config *document)
{
    const vnuma__item *domain = document->kvm->document;
    editor e = { .source = domain->span.source, .domain = domain };
    char *text;
    unsigned int i;

    put_numbers(&e, port, document);
    for (i = 0; i < sizeof(groups) / sizeof(*groups); i++)
        put_group(&e, i, port);
    text = apply(&e);
    for (i = 0; i < e.num; i++)
        free(e.edits[i].text);
    free(e.edits);
    return text;
}

/* A document that has only what libvirt demands. */
char *vnuma__port_to_xml(const vnuma__port *port)
{
    static const char begin[] = "<domain type='kvm'>\n  <name>";
    static const char end[] = "</name>\n  <os>\n"
                              "    <type arch='x86_64'>hvm</type>\n"
                              "  </os>\n</domain>\n";
    vnuma_config config = { 0 };
    vnuma_source source = { 0 };
    vnuma_diags diags = { 0 };
    vnuma__print out;
    char *text = NULL, *made = NULL;
    FILE *f = vnuma__print_begin(&out);

    if (f) {
        vnuma__write_name(begin, port->name ? port->name : "guest", end, f);
        text = vnuma__print_end(&out, false);
    }
    if (text && !vnuma_source_set(&source, "made", text, out.size) &&
        !vnuma__guest_parse(&source, &config, &diags))
        made = vnuma__port_into(port, &config);
    free(text);
    vnuma__config_dispose(&config);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
    return made;
}
