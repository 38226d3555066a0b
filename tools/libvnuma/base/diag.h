/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reporting what is wrong in a text: the library's own half of the diagnostics
 * declared in vnuma.h.  Reporting returns nothing and never fails: with no
 * memory left the counts are still right.
 */
#ifndef VNUMA_DIAG_H
#define VNUMA_DIAG_H

#include "vnuma.h"

#define VNUMA__PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

void vnuma__error(vnuma_diags *diags, const char *id, vnuma_span span,
                  const char *fmt, ...) VNUMA__PRINTF(4, 5);
void vnuma__warning(vnuma_diags *diags, const char *id, vnuma_span span,
                    const char *fmt, ...) VNUMA__PRINTF(4, 5);
/* A remark that stands for itself. */
void vnuma__note(vnuma_diags *diags, const char *id, vnuma_span span,
                 const char *fmt, ...) VNUMA__PRINTF(4, 5);
/* A second place that belongs to the diagnostic reported last. */
void vnuma__related(vnuma_diags *diags, vnuma_span span, const char *fmt, ...)
    VNUMA__PRINTF(3, 4);
/*
 * What to write instead, for the diagnostic reported last (the one that the
 * related notes belong to); replaces an earlier hint.
 */
void vnuma__hint(vnuma_diags *diags, const char *fmt, ...) VNUMA__PRINTF(2, 3);

/* "note", "warning", "error". */
const char *vnuma__severity_name(vnuma_severity severity);

/* How many items of each severity a vnuma_diags keeps; it counts them all. */
#define VNUMA__MAX_KEPT 20u

#define VNUMA__NOWHERE ((vnuma_span){ NULL, 0, 0 })

/* Whether no further error would be kept, so that looking for one is idle. */
bool vnuma__is_enough(const vnuma_diags *diags);

/*
 * vnuma__diags_sort - put the diagnostics from @first on in order of place
 *
 * Related notes stay with the diagnostic they belong to.  What is at no place
 * comes last.  Without memory the order stays as it was.
 */
void vnuma__diags_sort(vnuma_diags *diags, unsigned int first);

#endif
