/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reporting what is wrong in a text: the library's own half of the diagnostics
 * declared in vnuma.h.  Reporting returns nothing and never fails: when memory
 * runs out, the counts are still right.  It leaves errno as it was.
 */
#ifndef VNUMA_DIAG_H
#define VNUMA_DIAG_H

#include "base/objects.h"

/* Short names of the public functions. */
#define vnuma__error(diags, id, span, ...)                                    \
    vnuma_diags_add(diags, VNUMA_SEVERITY_ERROR, id, span, __VA_ARGS__)
#define vnuma__warning(diags, id, span, ...)                                  \
    vnuma_diags_add(diags, VNUMA_SEVERITY_WARNING, id, span, __VA_ARGS__)
/* An error without a place; returns @rc, so that it can be returned. */
#define vnuma__fail(diags, rc, id, ...)                                       \
    (vnuma__error((diags), (id), VNUMA__NOWHERE, __VA_ARGS__), (rc))
/* A remark that stands for itself. */
#define vnuma__note(diags, id, span, ...)                                     \
    vnuma_diags_add(diags, VNUMA_SEVERITY_NOTE, id, span, __VA_ARGS__)
#define vnuma__related vnuma_diags_add_related
#define vnuma__hint vnuma_diags_add_hint
#define vnuma__fix vnuma_diags_add_fix
/* In the place of a piece of a string; none where that is not exact. */
#define vnuma__fix_text(diags, text, ...)                                     \
    vnuma_diags_add_fix(diags, (text).exact ? (text).span : VNUMA__NOWHERE,   \
                        __VA_ARGS__)
/* The empty place after, or before, what is at a place. */
static inline vnuma_span vnuma__after(vnuma_span span)
{
    return (vnuma_span){ span.source, span.end, span.end };
}
static inline vnuma_span vnuma__first_byte(vnuma_span span)
{
    return (vnuma_span){ span.source, span.start, span.start + 1 };
}
/*
 * A piece of a string of which only the place is known: that of the whole
 * string, with its quotes, if that is not exact.  Then no place.
 */
vnuma_span vnuma__exact_place(vnuma_span span);

/*
 * Finds a diagnostic by its id and the beginning of its place, takes its hint
 * and fix away, and gives it the next ones; false: there is none.
 */
bool vnuma__reopen(vnuma_diags *diags, const char *id, vnuma_span span);

/* Returns "note", "warning" or "error". */
const char *vnuma__severity_name(vnuma_severity severity);

/* How many diagnostics of each severity are kept; all are counted. */
#define VNUMA__MAX_KEPT 20u

#define VNUMA__NOWHERE ((vnuma_span){ NULL, 0, 0 })

/* Whether a further error would only be counted, so need not be looked for. */
bool vnuma__is_enough(const vnuma_diags *diags);

/*
 * vnuma__diags_sort - put the diagnostics from @first on in order of place
 *
 * Related notes stay with their diagnostic.  Diagnostics without a place come
 * last.
 */
void vnuma__diags_sort(vnuma_diags *diags, unsigned int first);

#endif
