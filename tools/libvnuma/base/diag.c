/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Collecting diagnostics: how many are kept, and the rule that reporting never
 * fails.  render.c and diag_json.c show them.
 */
#include "config.h"

#include "base/diag.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"

static vnuma_diag *items_of(const vnuma_diags *diags)
{
    return diags->items;
}

const vnuma_diag *vnuma_diags_at(const vnuma_diags *diags, unsigned int index)
{
    return &items_of(diags)[index];
}

void vnuma_diags_init(vnuma_diags *diags)
{
    memset(diags, 0, sizeof(*diags));
}

void vnuma_diags_dispose(vnuma_diags *diags)
{
    unsigned int i;

    for (i = 0; i < diags->num_items; i++) {
        free(items_of(diags)[i].message);
        free(items_of(diags)[i].hint);
        free(items_of(diags)[i].fix);
    }
    free(diags->items);
    vnuma_diags_init(diags);
}

#define MAX_TEXT 4096u /* bytes; a list of a host's nodes has some 1000 */

/* A message quotes what is wrong, which may be as long as the file. */
static void cut(char *text)
{
    size_t len = strlen(text);

    if (len <= MAX_TEXT)
        return;
    for (len = MAX_TEXT; (text[len] & 0xc0) == 0x80 && len > MAX_TEXT - 4;)
        len--;
    strcpy(text + len, "...");
}

/* A diagnostic whose message is @fmt; a failure loses it.  Keeps errno. */
static VNUMA_PRINTF(3, 0) void keep(vnuma_diags *diags, vnuma_diag diag,
                                    const char *fmt, va_list ap)
{
    int saved_errno = errno;

    diags->reopened = 0;
    diags->dropped =
        !vnuma__grow(&diags->items, diags->num_items, sizeof(diag)) ||
        vasprintf(&diag.message, fmt, ap) < 0;
    if (diags->dropped) {
        diags->lost = true;
    } else {
        cut(diag.message);
        items_of(diags)[diags->num_items++] = diag;
    }
    errno = saved_errno;
}

/*
 * A hostile text can hold a mistake in every byte, so only VNUMA__MAX_KEPT of
 * each severity are kept.  Beyond the limit one note is added; the rest are
 * only counted.
 */
void vnuma_diags_add(vnuma_diags *diags, vnuma_severity severity,
                     const char *id, vnuma_span span, const char *fmt, ...)
{
    static const char *const further[] = {
        [VNUMA_SEVERITY_NOTE] = "further notes are not shown",
        [VNUMA_SEVERITY_WARNING] = "further warnings are not shown",
        [VNUMA_SEVERITY_ERROR] = "further errors are not shown",
    };
    unsigned int *const counts[] = {
        [VNUMA_SEVERITY_NOTE] = &diags->num_notes,
        [VNUMA_SEVERITY_WARNING] = &diags->num_warnings,
        [VNUMA_SEVERITY_ERROR] = &diags->num_errors,
    };
    unsigned int nth = ++*counts[severity];
    vnuma_diag diag = { .severity = severity, .id = id, .span = span };
    va_list ap;

    if (nth == VNUMA__MAX_KEPT + 1) {
        diag =
            (vnuma_diag){ .severity = VNUMA_SEVERITY_NOTE, .id = "too-many" };
        fmt = further[severity];
    }
    va_start(ap, fmt);
    if (nth <= VNUMA__MAX_KEPT + 1)
        keep(diags, diag, fmt, ap);
    va_end(ap);
    if (nth > VNUMA__MAX_KEPT)
        diags->dropped = true;
}

void vnuma_diags_add_related(vnuma_diags *diags, vnuma_span span,
                             const char *fmt, ...)
{
    vnuma_diag diag = {
        .severity = VNUMA_SEVERITY_NOTE,
        .span = span,
        .related = true,
    };
    va_list ap;

    if (diags->dropped || !diags->num_items)
        return;
    diag.id = items_of(diags)[diags->num_items - 1].id;
    va_start(ap, fmt);
    keep(diags, diag, fmt, ap);
    va_end(ap);
    diags->dropped = false; /* a lost note does not lose what it belongs to */
}

/* The diagnostic that hints belong to, or NULL. */
static vnuma_diag *find_open(vnuma_diags *diags)
{
    unsigned int at = diags->reopened ? diags->reopened : diags->num_items;

    if ((diags->dropped && !diags->reopened) || !at)
        return NULL;
    while (items_of(diags)[at - 1].related) /* the first is not */
        at--;
    return &items_of(diags)[at - 1];
}

/* Keeps errno. */
static VNUMA_PRINTF(3, 0) void set_text(vnuma_diags *diags, char **text,
                                        const char *fmt, va_list ap)
{
    int saved_errno = errno;
    char *made = NULL;

    if (vasprintf(&made, fmt, ap) < 0) {
        diags->lost = true;
    } else {
        free(*text);
        *text = made;
    }
    errno = saved_errno;
}

void vnuma_diags_add_hint(vnuma_diags *diags, const char *fmt, ...)
{
    vnuma_diag *diag = find_open(diags);
    va_list ap;

    va_start(ap, fmt);
    if (diag)
        set_text(diags, &diag->hint, fmt, ap);
    va_end(ap);
    if (diag && diag->hint)
        cut(diag->hint);
}

void vnuma_diags_add_fix(vnuma_diags *diags, vnuma_span place, const char *fmt,
                         ...)
{
    vnuma_diag *diag = find_open(diags);
    va_list ap;

    if (!diag || !place.source || place.end > place.source->extra)
        return;
    diag->fix_span = place;
    va_start(ap, fmt);
    set_text(diags, &diag->fix, fmt, ap);
    va_end(ap);
}

bool vnuma__reopen(vnuma_diags *diags, const char *id, vnuma_span span)
{
    unsigned int i;
    vnuma_diag *diag;

    for (i = 0; i < diags->num_items; i++) {
        diag = &items_of(diags)[i];
        if (strcmp(diag->id, id) || diag->span.source != span.source ||
            diag->span.start != span.start)
            continue;
        free(diag->hint);
        free(diag->fix);
        diag->hint = diag->fix = NULL;
        diags->reopened = i + 1;
        return true;
    }
    return false;
}

vnuma_span vnuma__exact_place(vnuma_span span)
{
    bool is_string = span.source && span.end > span.start &&
                     strchr("'\"", span.source->text[span.end - 1]);

    return is_string ? VNUMA__NOWHERE : span;
}

bool vnuma__is_enough(const vnuma_diags *diags)
{
    return diags->num_errors > VNUMA__MAX_KEPT;
}

/* ---- order -------------------------------------------------------------- */

static uint32_t place_of(const vnuma_diag *diag)
{
    return diag->span.source ? diag->span.start : UINT32_MAX;
}

void vnuma__diags_sort(vnuma_diags *diags, unsigned int first)
{
    vnuma_diag *items = diags->items, diag;
    unsigned int i, at, to = first;

    for (i = first; i < diags->num_items; i++) {
        diag = items[i];
        if (diag.related) { /* the first is not */
            to++; /* after what it belongs to, or its note before */
        } else {
            for (to = at = i; at > first; at--) {
                if (items[at - 1].related)
                    continue;
                if (place_of(&items[at - 1]) <= place_of(&diag))
                    break;
                to = at - 1;
            }
        }
        memmove(&items[to + 1], &items[to], (i - to) * sizeof(diag));
        items[to] = diag;
    }
}
