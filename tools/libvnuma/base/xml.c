/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * expat gives the bytes of each tag, in which attributes are found.
 */
#include "config.h"

#include "base/xml.h"

#include <expat.h>

#define MAX_ATTRIBUTES 16384u /* no element of libvirt's has 20 */

/* Of older releases: for them a text of ours is short enough. */
#if !HAVE_DECL_XML_GETCURRENTBYTEINDEX64
#define XML_GetCurrentByteIndex64 XML_GetCurrentByteIndex
#define XML_GetCurrentByteCount64 XML_GetCurrentByteCount
#endif

vnuma__text vnuma__xml_current(const vnuma__xml *xml)
{
    int64_t at = XML_GetCurrentByteIndex64(xml->parser);
    uint32_t start = at < 0 ? 0 : (uint32_t)at;

    return vnuma__text_slice(
        xml->text, start,
        start + (uint32_t)XML_GetCurrentByteCount64(xml->parser));
}

void vnuma__xml_stop(vnuma__xml *xml, const char *id, const char *problem)
{
    if (xml->id)
        return;
    xml->id = id;
    xml->problem = problem;
    xml->at = vnuma__xml_current(xml);
    XML_StopParser(xml->parser, XML_FALSE);
    /* Some more may come after it. */
    XML_SetElementHandler(xml->parser, NULL, NULL);
    XML_SetCharacterDataHandler(xml->parser, NULL);
}

vnuma__text vnuma__xml_attribute(vnuma__text *rest, vnuma__text *value_r)
{
    vnuma__text name = vnuma__text_skip_space(*rest), value;
    uint32_t equals = vnuma__text_find(name, '=');
    char quote;

    value =
        vnuma__text_skip_space(vnuma__text_slice(name, equals + 1, name.len));
    name = vnuma__text_trim(vnuma__text_slice(name, 0, equals));
    quote = value.ptr[0]; /* expat has seen that there is one */
    value = vnuma__text_slice(value, 1, value.len);
    *rest = vnuma__text_slice(value, vnuma__text_find(value, quote) + 1,
                              value.len);
    *value_r = vnuma__text_slice(value, 0, vnuma__text_find(value, quote));
    return name;
}

/* ---- what expat calls --------------------------------------------------- */

static void XMLCALL on_start(void *user, const char *name,
                             const char **attributes)
{
    vnuma__xml *xml = user;

    if (xml->depth++ == VNUMA__XML_MAX_DEPTH)
        vnuma__xml_stop(xml, "too-deep", "elements are nested too deeply");
    else
        xml->start(xml, name, attributes);
}

static void XMLCALL on_end(void *user, const char *name)
{
    vnuma__xml *xml = user;

    (void)name;
    xml->depth--;
    xml->end(xml);
}

static void XMLCALL on_data(void *user, const char *bytes, int len)
{
    vnuma__xml *xml = user;

    xml->data(xml, bytes, len);
}

static void XMLCALL on_doctype(void *user, const char *name, const char *id,
                               const char *public_id, int has_internal)
{
    (void)name, (void)id, (void)public_id, (void)has_internal;
    vnuma__xml_stop(user, "xml",
                    "document types, and entities of their own, are not read");
}

/* ---- the whole ---------------------------------------------------------- */

/*
 * expat keeps all attributes of a tag before it tells of the first: this finds
 * a tag that has too many, before that.  There is no "<" in their values.
 */
static bool find_long_tag(vnuma__text text, vnuma__text *tag_r)
{
    uint32_t num, i;

    while (text.len) {
        *tag_r = vnuma__text_slice(text, 0, vnuma__text_find(text, '<'));
        for (i = num = 0; i < tag_r->len; i++)
            num += tag_r->ptr[i] == '=';
        if (num > MAX_ATTRIBUTES)
            return true;
        text = vnuma__text_slice(text, tag_r->len + 1, text.len);
    }
    return false;
}

int vnuma__xml_read(vnuma__xml *xml)
{
    XML_Parser parser;
    enum XML_Error error;

    if (find_long_tag(xml->text, &xml->at)) {
        xml->id = "xml";
        xml->problem = "an element has more attributes than any should";
        return 1;
    }
    xml->parser = parser = XML_ParserCreate(NULL);
    if (!parser)
        return VNUMA_ERROR_NOMEM;
    XML_SetUserData(parser, xml);
    XML_SetElementHandler(parser, on_start, on_end);
    if (xml->data)
        XML_SetCharacterDataHandler(parser, on_data);
    XML_SetStartDoctypeDeclHandler(parser, on_doctype);
    if (XML_Parse(parser, xml->text.ptr, (int)xml->text.len, XML_TRUE) ==
        XML_STATUS_OK)
        return 0;
    error = XML_GetErrorCode(parser);
    if (error == XML_ERROR_NO_MEMORY)
        return VNUMA_ERROR_NOMEM;
    vnuma__xml_stop(xml, "xml", XML_ErrorString(error));
    return 1;
}

void vnuma__xml_dispose(vnuma__xml *xml)
{
    if (xml->parser)
        XML_ParserFree(xml->parser);
    xml->parser = NULL;
}
