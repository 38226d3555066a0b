/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes a guest into a document of libvirt: elements that say something of
 * nodes are replaced or added, every other byte stays.
 */
#include "config.h"

#include "forms/reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/print.h"

static const char *const names[] = { "memory", "currentMemory", "vcpu" };
#define NUM_NUMBERS (sizeof(names) / sizeof(*names))

typedef struct {
    const vnuma__kvm *kvm, *old;
    const char *text; /* of the document */
    uint32_t at;      /* the bytes before it are written */
    FILE *f;
    bool is_put[VNUMA__NUM_XML_GROUPS];
    uint64_t numbers[NUM_NUMBERS]; /* 0: stays, or was written */
} editor;

static void copy_to(editor *e, uint32_t end)
{
    if (end > e->at) {
        fwrite(e->text + e->at, 1, end - e->at, e->f);
        e->at = end;
    }
}

/* ---- places ------------------------------------------------------------- */

/* Where the blanks before it begin, if only they are before it in its line. */
static uint32_t line_start(const editor *e, uint32_t at)
{
    uint32_t start = at;

    while (start && strchr(" \t", e->text[start - 1]))
        start--;
    return !start || e->text[start - 1] == '\n' ? start : at;
}

/* Whether an element is alone in its lines. */
static bool has_lines(const editor *e, const vnuma__item *item)
{
    uint32_t start = line_start(e, item->span.start);

    return item->span.end < item->span.source->len &&
           e->text[item->span.end] == '\n' && start &&
           e->text[start - 1] == '\n';
}

/* ---- groups ------------------------------------------------------------- */

/* The group of an element that is below its parent, or VNUMA__NUM_XML_GROUPS. */
static unsigned int group_of(const editor *e, const vnuma__item *item)
{
    unsigned int i, j;

    for (i = 0; item->tag_end && i < VNUMA__NUM_XML_GROUPS; i++) {
        const vnuma__xml_group *group = &vnuma__xml_groups[i];

        if (group->parent
                ? !vnuma__text_equal(item->parent->name, group->parent)
                : item->parent != e->old->document)
            continue;
        for (j = 0; j < 4 && group->children[j]; j++)
            if (vnuma__text_equal(item->name, group->children[j]))
                return i;
    }
    return VNUMA__NUM_XML_GROUPS;
}

/* Puts a group in the place of its first element; the others go. */
static void replace(editor *e, const vnuma__item *item, unsigned int i)
{
    bool is_alone = has_lines(e, item);

    copy_to(e, is_alone ? line_start(e, item->span.start) : item->span.start);
    if (!e->is_put[i])
        vnuma__xml_groups[i].write(e->kvm, e->f);
    e->is_put[i] = true;
    e->at = item->span.end + is_alone;
}

/* To before an element's end tag; its "/>" becomes one. */
static void open_end(editor *e, const vnuma__item *item)
{
    uint32_t end = item->span.end;

    if (end == item->tag_end) {
        copy_to(e, end - 2);
        fputs(">\n", e->f);
        return;
    }
    while (end && e->text[end - 1] != '<')
        end--;
    copy_to(e, line_start(e, end - 1));
}

static void close_end(editor *e, const vnuma__item *item)
{
    uint32_t start = line_start(e, item->span.start);

    if (item->span.end != item->tag_end)
        return;
    fprintf(e->f, "%.*s</%.*s>", (int)(item->span.start - start),
            e->text + start, VNUMA__TEXT_ARG(item->name));
    e->at = item->span.end;
}

/* What is below the parent of groups, which all are below <domain>. */
static void edit_parent(editor *e, const vnuma__item *parent)
{
    const vnuma__item *item;
    unsigned int i;

    VNUMA__ITEM_FOREACH(item, parent) {
        i = group_of(e, item);
        if (i < VNUMA__NUM_XML_GROUPS)
            replace(e, item, i);
    }
    for (i = 0; i < VNUMA__NUM_XML_GROUPS; i++) {
        const vnuma__xml_group *group = &vnuma__xml_groups[i];

        if (e->is_put[i] || !group->parent ||
            !vnuma__text_equal(parent->name, group->parent))
            continue;
        e->is_put[i] = true;
        if (!group->write(e->kvm, NULL))
            continue;
        open_end(e, parent);
        group->write(e->kvm, e->f);
        close_end(e, parent);
    }
}

/* ---- numbers ------------------------------------------------------------ */

/* Those that are others now; what is right stays as it is written. */
static void find_numbers(editor *e)
{
    uint64_t bytes = e->kvm->bytes.value;

    if (!vnuma__is_given(e->old->bytes.span) || e->old->bytes.value != bytes) {
        e->numbers[0] = bytes >> 10;
        if (vnuma__is_given(e->old->current.span) &&
            e->old->current.value == e->old->bytes.value)
            e->numbers[1] = bytes >> 10;
    }
    if (e->old->maxvcpus.value != e->kvm->maxvcpus.value ||
        !vnuma__item_find(e->old->document, "vcpu"))
        e->numbers[2] = e->kvm->maxvcpus.value;
}

/* How many vcpus there are at first, in the start tag of <vcpu>. */
static void edit_current(editor *e, const vnuma__item *item)
{
    const vnuma__item *now = vnuma__item_find(item, "current");
    uint64_t num = e->kvm->vcpus.value, old = e->old->vcpus.value;

    if (now ? num == old : num == e->kvm->maxvcpus.value)
        return;
    copy_to(e, now ? now->value.span.start : item->name.span.end);
    fprintf(e->f, now ? "%" PRIu64 : " current='%" PRIu64 "'", num);
    e->at = now ? now->value.span.end : e->at;
}

/* Between the tags of an element, with its unit. */
static void edit_number(editor *e, const vnuma__item *item)
{
    const vnuma__item *unit = vnuma__item_find(item, "unit");
    unsigned int i;

    if (vnuma__text_equal(item->name, "vcpu"))
        edit_current(e, item);
    for (i = 0; i < NUM_NUMBERS; i++) {
        if (!item->value.ptr || !e->numbers[i] ||
            !vnuma__text_equal(item->name, names[i]))
            continue;
        if (unit) {
            copy_to(e, unit->value.span.start);
            fputs("KiB", e->f);
            e->at = unit->value.span.end;
        }
        copy_to(e, item->value.span.start);
        fprintf(e->f, "%" PRIu64, e->numbers[i]);
        e->at = item->value.span.end;
        e->numbers[i] = 0;
    }
}

/* ---- the document ------------------------------------------------------- */

/* What the document has is changed in place; then the rest is added. */
static void edit(editor *e, const vnuma__item *domain)
{
    const vnuma__item *item;
    unsigned int i;

    find_numbers(e);
    VNUMA__ITEM_FOREACH(item, domain) {
        i = group_of(e, item);
        if (i < VNUMA__NUM_XML_GROUPS)
            replace(e, item, i);
        else if (item->tag_end) {
            edit_number(e, item);
            edit_parent(e, item);
        }
    }
    open_end(e, domain);
    for (i = 0; i < NUM_NUMBERS; i++) {
        if (!e->numbers[i])
            continue;
        fprintf(e->f, "  <%s", names[i]);
        if (i < 2)
            fputs(" unit='KiB'", e->f);
        else if (e->kvm->vcpus.value != e->numbers[i])
            fprintf(e->f, " current='%" PRIu64 "'", e->kvm->vcpus.value);
        fprintf(e->f, ">%" PRIu64 "</%s>\n", e->numbers[i], names[i]);
    }
    for (i = 0; i < VNUMA__NUM_XML_GROUPS; i++) {
        const char *parent = vnuma__xml_groups[i].parent;

        if (e->is_put[i] || !vnuma__xml_groups[i].write(e->kvm, NULL))
            continue;
        if (parent)
            fprintf(e->f, "  <%s>\n", parent);
        vnuma__xml_groups[i].write(e->kvm, e->f);
        if (parent)
            fprintf(e->f, "  </%s>\n", parent);
    }
    close_end(e, domain);
    copy_to(e, domain->span.source->len);
}

char *vnuma__kvm_write_into(const vnuma__kvm *kvm,
                            const vnuma_config *document)
{
    const vnuma__kvm *old = document->kvm;
    editor e = { kvm,       old,  old->document->span.source->text, 0, NULL,
                 { false }, { 0 } };
    vnuma__print out;

    e.f = vnuma__print_begin(&out);
    if (!e.f)
        return NULL;
    edit(&e, old->document);
    return vnuma__print_end(&out, false);
}

/* Into a document that has only what libvirt demands. */
char *vnuma__write_xml(const vnuma__kvm *kvm)
{
    vnuma_config config = { 0 };
    vnuma_source source = { 0 };
    vnuma_diags diags = { 0 };
    vnuma__kvm_reader r = { .source = &source,
                            .config = &config,
                            .diags = &diags };
    char *made = NULL;

    if (asprintf(&source.text,
                 "<domain type='kvm'>\n  <name>%s</name>\n  <os>\n"
                 "    <type arch='x86_64'>hvm</type>\n  </os>\n</domain>\n",
                 kvm->name.ptr ? kvm->name.ptr : "guest") < 0)
        return NULL;
    source.len = (uint32_t)strlen(source.text);
    if (!vnuma__kvm_read(&r, VNUMA__FORM_LIBVIRT))
        made = vnuma__kvm_write_into(kvm, &config);
    vnuma__config_dispose(&config);
    vnuma_diags_dispose(&diags);
    free(source.text);
    return made;
}
