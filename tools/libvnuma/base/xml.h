/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads XML from outside, element by element, each with its place.  expat
 * parses; document types are refused, and so is what is nested too deeply.
 */
#ifndef VNUMA_XML_H
#define VNUMA_XML_H

#include "base/text.h"

#define VNUMA__XML_MAX_DEPTH 64u /* libvirt's documents have some 10 */

typedef struct vnuma__xml vnuma__xml;

struct vnuma__xml {
    vnuma__text text; /* all of it, in a source */
    void *user;       /* for these: */
    /* Attributes are names and values in turns, which NULL ends. */
    void (*start)(vnuma__xml *xml, const char *name, const char **attributes);
    void (*end)(vnuma__xml *xml);
    void (*data)(vnuma__xml *xml, const char *bytes, int len); /* or NULL */
    /* Why it ended early, and where: "xml", "too-deep" or another id. */
    const char *id, *problem;
    vnuma__text at;
    void *parser;       /* owned */
    unsigned int depth; /* of what is open; for end(), of what stays so */
};

/* Returns 0; 1: it ended early; or VNUMA_ERROR_NOMEM. */
int vnuma__xml_read(vnuma__xml *xml);
/* Also after a jump out of one of the functions. */
void vnuma__xml_dispose(vnuma__xml *xml);

/* For these functions: the bytes of what is told now; and to end here. */
vnuma__text vnuma__xml_current(const vnuma__xml *xml);
void vnuma__xml_stop(vnuma__xml *xml, const char *id, const char *problem);
/*
 * Takes the next attribute off *@rest, which is what follows an element's name
 * in its tag; returns its name.
 */
vnuma__text vnuma__xml_attribute(vnuma__text *rest, vnuma__text *value_r);

#endif
