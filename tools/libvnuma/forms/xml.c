/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An XML document as items: elements and, below each, its attributes.  expat
 * parses; it gives the bytes of each tag, in which attributes are found.
 */
#include "config.h"

#include "forms/reader.h"

#include <expat.h>
#include <string.h>

#define MAX_DEPTH 64u /* libvirt's documents have some 10 */
#define MAX_ITEMS 200000u

typedef struct {
    vnuma__kvm_reader *r;
    XML_Parser parser;
    vnuma__item *at; /* the element that is open */
    unsigned int depth;
    uint32_t num_items;
    bool is_stopped;
} xml_reader;

/* The bytes of what expat tells now. */
static vnuma__text current(const xml_reader *x)
{
    vnuma__text all =
        vnuma__span_text((vnuma_span){ x->r->source, 0, x->r->source->len });
    XML_Index at = XML_GetCurrentByteIndex(x->parser);
    uint32_t start = at < 0 ? 0 : (uint32_t)at;

    return vnuma__text_slice(
        all, start, start + (uint32_t)XML_GetCurrentByteCount(x->parser));
}

static void stop(xml_reader *x, const char *id, const char *problem)
{
    vnuma__kvm_wrong(x->r, id, current(x), NULL, problem, 0);
    x->is_stopped = true;
    XML_StopParser(x->parser, XML_FALSE);
}

/* The next attribute of a tag that is well-formed; @rest is after its name. */
static vnuma__text next_attribute(vnuma__text *rest, vnuma__text *value_r)
{
    vnuma__text name = vnuma__text_skip_space(*rest), value;
    uint32_t equals = vnuma__text_find(name, '=');

    value =
        vnuma__text_skip_space(vnuma__text_slice(name, equals + 1, name.len));
    name = vnuma__text_trim(vnuma__text_slice(name, 0, equals));
    if (value.len) {
        char quote = value.ptr[0];

        value = vnuma__text_slice(value, 1, value.len);
        *rest = vnuma__text_slice(value, vnuma__text_find(value, quote) + 1,
                                  value.len);
        value = vnuma__text_slice(value, 0, vnuma__text_find(value, quote));
    }
    *value_r = value;
    return name;
}

static void XMLCALL on_start(void *user, const char *name, const char **atts)
{
    xml_reader *x = user;
    vnuma__text tag = current(x), rest, value, key;
    uint32_t len = strlen(name);

    if (x->depth++ == MAX_DEPTH) {
        stop(x, "too-deep", "elements are nested too deeply for a guest");
        return;
    }
    x->at = vnuma__item_add(x->r, x->at, vnuma__text_slice(tag, 1, 1 + len),
                            vnuma__no_text);
    x->at->span = tag.span;
    x->at->tag_end = tag.span.end;
    rest = vnuma__text_slice(tag, 1 + len, tag.len);
    for (; *atts; atts += 2) {
        key = next_attribute(&rest, &value);
        if (value.len && memchr(value.ptr, '&', value.len))
            value =
                vnuma__text_made(x->r, atts[1], strlen(atts[1]), value.span);
        vnuma__item_add(x->r, x->at, key, value);
        x->num_items++;
    }
    if (x->num_items++ > MAX_ITEMS)
        stop(x, "too-many-values", "more elements than any guest has");
}

/* The text of an element without others is up to a comment, or to its end. */
static void XMLCALL on_end(void *user, const char *name)
{
    xml_reader *x = user;
    vnuma__item *item = x->at;
    vnuma__text tag = current(x), text;

    (void)name;
    if (tag.len && tag.span.end > item->tag_end)
        item->span.end = tag.span.end;
    text = vnuma__span_text(
        (vnuma_span){ x->r->source, item->tag_end, item->span.end });
    text = vnuma__text_trim(
        vnuma__text_slice(text, 0, vnuma__text_find(text, '<')));
    if (text.len && !(item->last && item->last->tag_end)) {
        item->value = text;
        vnuma__item_add(x->r, item, vnuma__text_slice(text, 0, 0), text);
    }
    x->depth--;
    x->at = item->parent;
}

static void XMLCALL on_doctype(void *user, const char *name, const char *id,
                               const char *public_id, int has_internal)
{
    (void)name, (void)id, (void)public_id, (void)has_internal;
    stop(user, "xml",
         "a guest has no document type, and no entities of its "
         "own");
}

bool vnuma__read_xml(vnuma__kvm_reader *r, vnuma__item *root)
{
    xml_reader x = { .r = r, .at = root };
    enum XML_Error error;

    r->xml = x.parser = XML_ParserCreate(NULL);
    if (!x.parser)
        vnuma__kvm_no_memory(&r->make);
    XML_SetUserData(x.parser, &x);
    XML_SetElementHandler(x.parser, on_start, on_end);
    XML_SetStartDoctypeDeclHandler(x.parser, on_doctype);
    if (XML_Parse(x.parser, r->source->text, (int)r->source->len, XML_TRUE) ==
        XML_STATUS_OK)
        return true;
    error = XML_GetErrorCode(x.parser);
    if (error == XML_ERROR_NO_MEMORY)
        vnuma__kvm_no_memory(&r->make);
    if (!x.is_stopped)
        vnuma__kvm_wrong(r, "xml", current(&x), NULL, XML_ErrorString(error),
                         0);
    r->config->unsound = VNUMA_ABOUT_EVERYTHING;
    return false;
}

void vnuma__xml_free(void *parser)
{
    if (parser)
        XML_ParserFree(parser);
}
