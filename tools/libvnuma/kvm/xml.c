/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An XML document as items: elements and, below each, its attributes.  expat
 * parses; it gives the bytes of each tag, in which attributes are found.
 */
#include "config.h"

#include "kvm/reader.h"

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
    const char *id, *problem; /* why reading stopped; or NULL */
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
    x->id = id;
    x->problem = problem;
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
    static const vnuma__text none = { .ptr = NULL };
    xml_reader *x = user;
    vnuma__text tag = current(x), rest, value, key;
    uint32_t len = strlen(name);

    if (x->depth++ == MAX_DEPTH) {
        stop(x, "too-deep", "elements are nested too deeply for a guest");
        return;
    }
    x->at =
        vnuma__item_add(x->r, x->at, vnuma__text_slice(tag, 1, 1 + len), none);
    x->at->is_element = true;
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

static void XMLCALL on_end(void *user, const char *name)
{
    xml_reader *x = user;
    vnuma__text tag = current(x);

    (void)name;
    if (tag.len && tag.span.end > x->at->tag_end)
        x->at->span.end = tag.span.end;
    if (x->at->value.ptr)
        x->at->value = vnuma__text_trim(x->at->value);
    x->depth--;
    x->at = x->at->parent;
}

/* The text of an element is from its first to its last byte. */
static void XMLCALL on_text(void *user, const char *bytes, int len)
{
    xml_reader *x = user;
    vnuma__text text = current(x);
    vnuma_span span = text.span;

    (void)bytes;
    (void)len;
    if (!x->at->value.ptr) {
        x->at->value = text;
        return;
    }
    span.start = x->at->value.span.start;
    x->at->value = vnuma__span_text(span);
}

static void XMLCALL on_doctype(void *user, const char *name, const char *id,
                               const char *public_id, int has_internal)
{
    (void)name;
    (void)id;
    (void)public_id;
    (void)has_internal;
    stop(user, "xml",
         "a guest has no document type, and no entities of its "
         "own");
}

static void report(const xml_reader *x)
{
    vnuma_span span = current(x).span;

    if (x->problem)
        vnuma__error(x->r->diags, x->id, span, "%s", x->problem);
    else
        vnuma__error(x->r->diags, "xml", span, "%s",
                     XML_ErrorString(XML_GetErrorCode(x->parser)));
    x->r->config->unsound = VNUMA_ABOUT_EVERYTHING;
}

bool vnuma__read_xml(vnuma__kvm_reader *r, vnuma__item *root)
{
    xml_reader x = { .r = r, .at = root };
    enum XML_Error error;

    r->xml = x.parser = XML_ParserCreate(NULL);
    if (!x.parser)
        vnuma__kvm_no_memory(r);
    XML_SetUserData(x.parser, &x);
    XML_SetElementHandler(x.parser, on_start, on_end);
    XML_SetCharacterDataHandler(x.parser, on_text);
    XML_SetStartDoctypeDeclHandler(x.parser, on_doctype);
    if (XML_Parse(x.parser, r->source->text, (int)r->source->len, XML_TRUE) ==
        XML_STATUS_OK)
        return true;
    error = XML_GetErrorCode(x.parser);
    if (error == XML_ERROR_NO_MEMORY)
        vnuma__kvm_no_memory(r);
    report(&x);
    return false;
}

void vnuma__xml_free(void *parser)
{
    if (parser)
        XML_ParserFree(parser);
}
