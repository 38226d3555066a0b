/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An XML document as items: elements and, below each, its attributes. */
#include "config.h"

#include "forms/reader.h"

#include <string.h>

#define MAX_ITEMS 200000u

typedef struct {
    vnuma__kvm_reader *r;
    vnuma__item *at; /* the element that is open */
    uint32_t num_items;
} xml_reader;

static void on_start(vnuma__xml *xml, const char *name, const char **atts)
{
    xml_reader *x = xml->user;
    vnuma__text tag = vnuma__xml_current(xml), rest, value, key;
    uint32_t len = strlen(name);

    x->at = vnuma__item_add(x->r, x->at, vnuma__text_slice(tag, 1, 1 + len),
                            vnuma__no_text);
    x->at->span = tag.span;
    x->at->tag_end = tag.span.end;
    rest = vnuma__text_slice(tag, 1 + len, tag.len);
    for (; *atts; atts += 2) {
        key = vnuma__xml_attribute(&rest, &value);
        if (value.len && memchr(value.ptr, '&', value.len))
            value =
                vnuma__text_made(x->r, atts[1], strlen(atts[1]), value.span);
        vnuma__item_add(x->r, x->at, key, value);
        x->num_items++;
    }
    if (x->num_items++ > MAX_ITEMS)
        vnuma__xml_stop(xml, "too-many-values", "elements");
}

/*
 * The text of an element without others is up to a comment, or to its end;
 * libvirt takes blanks before a number, and none after it.
 */
static void on_end(vnuma__xml *xml)
{
    xml_reader *x = xml->user;
    vnuma__item *item = x->at;
    vnuma__text tag = vnuma__xml_current(xml), text;

    if (tag.len && tag.span.end > item->tag_end)
        item->span.end = tag.span.end;
    text = vnuma__span_text(
        (vnuma_span){ x->r->source, item->tag_end, item->span.end });
    text = vnuma__text_skip_space(
        vnuma__text_slice(text, 0, vnuma__text_find(text, '<')));
    if (text.len && !(item->last && item->last->tag_end)) {
        item->value = text;
        vnuma__item_add(x->r, item, vnuma__text_slice(text, 0, 0), text);
    }
    x->at = item->parent;
}

bool vnuma__read_xml(vnuma__kvm_reader *r, vnuma__item *root)
{
    xml_reader x = { .r = r, .at = root };
    int rc;

    r->xml = (vnuma__xml){ .text = vnuma__source_text(r->source),
                           .user = &x,
                           .start = on_start,
                           .end = on_end };
    rc = vnuma__xml_read(&r->xml);
    if (rc == VNUMA_ERROR_NOMEM)
        vnuma__kvm_no_memory(&r->make);
    if (!rc)
        return true;
    vnuma__kvm_wrong(r, r->xml.id, r->xml.at, NULL, r->xml.problem, 0);
    r->config->unsound = VNUMA_ABOUT_EVERYTHING;
    return false;
}
