/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reporting what is wrong in a text: the library's own half of the diagnostics
 * declared in vnuma.h.  Reporting returns nothing and never fails: when memory
 * runs out, the counts are still right.
 */
#ifndef VNUMA_DIAG_H
#define VNUMA_DIAG_H

#include "vnuma.h"

#define VNUMA__PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

void vnuma__error(vnuma_diags *diags, const char *id, vnuma_span span,
                  const char *fmt, ...) VNUMA__PRINTF(4, 5);
void vnuma__warning(vnuma_diags *diags, const char *id, vnuma_span span,
                    const char *fmt, ...) VNUMA__PRINTF(4, 5);
/* A note of its own, as opposed to vnuma__related(). */
void vnuma__note(vnuma_diags *diags, const char *id, vnuma_span span,
                 const char *fmt, ...) VNUMA__PRINTF(4, 5);
/* Adds a second place to the diagnostic that was reported last. */
void vnuma__related(vnuma_diags *diags, vnuma_span span, const char *fmt, ...)
    VNUMA__PRINTF(3, 4);
/*
 * Adds to the diagnostic that was reported last what to write instead.
 * Related notes do not count as the last one; an earlier hint is replaced.
 */
void vnuma__hint(vnuma_diags *diags, const char *fmt, ...) VNUMA__PRINTF(2, 3);

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
 * last.  Without memory the order stays as it was.
 */
void vnuma__diags_sort(vnuma_diags *diags, unsigned int first);

#endif
