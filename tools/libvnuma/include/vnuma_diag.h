/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvnuma: diagnostics, which say what is wrong and where.  Reporting never
 * fails: without memory an item is lost, but it is counted.
 */
#ifndef VNUMA_DIAG_PUBLIC_H
#define VNUMA_DIAG_PUBLIC_H

#include "vnuma_base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    VNUMA_SEVERITY_NOTE,
    VNUMA_SEVERITY_WARNING,
    VNUMA_SEVERITY_ERROR,
} vnuma_severity;

typedef struct {
    vnuma_severity severity;
    const char *id; /* static; stable: output, man page and tests use it */
    vnuma_span span;
    char *message; /* owned; one line, no full stop */
    char *hint;    /* owned; what to write instead, or NULL */
    bool related;  /* a note that belongs to the diagnostic before it */
    /*
     * What mends it, where that is certain: @fix (owned) in the place of the
     * bytes of @fix_span, which are none where it is to be added.  NULL: the
     * hint says all there is.
     */
    char *fix;
    vnuma_span fix_span;
} vnuma_diag;

/*
 * At most 20 items of each severity are kept, related ones not counted; when
 * there were more, a note with the id "too-many" stands in place of the first
 * that was not.
 */
typedef struct {
    void *items; /* the library's; vnuma_diags_at() reads it */
    unsigned int num_items;
    unsigned int num_errors;   /* right even when an item was lost */
    unsigned int num_warnings; /* likewise */
    unsigned int num_notes;    /* likewise; without the related ones */
    bool lost;                 /* there was no memory to keep an item */
    bool dropped;              /* internal: the last report was not kept */
    unsigned int reopened;     /* internal: what gets hints; 0: the last */
} vnuma_diags;

void vnuma_diags_init(vnuma_diags *diags); /* to all zeroes */
void vnuma_diags_dispose(vnuma_diags *diags);

/* In the order reported, from 0 below num_items; borrowed. */
const vnuma_diag *vnuma_diags_at(const vnuma_diags *diags, unsigned int index);

#ifdef __GNUC__
#define VNUMA_PRINTF(text, args)                                              \
    __attribute__((__format__(__printf__, text, args)))
#else
#define VNUMA_PRINTF(text, args)
#endif

/*
 * vnuma_diags_add - report something
 * @id:   static; what is not libvnuma's own has ids of its own
 * @span: source NULL: at no place; else the source outlives @diags
 *
 * vnuma_diags_add_related() adds a second place to what was reported last,
 * vnuma_diags_add_hint() what to write instead, in place of an earlier hint,
 * and vnuma_diags_add_fix() the same as a replacement of @place, which a
 * program can apply; with a place outside of a file it does nothing.
 */
void vnuma_diags_add(vnuma_diags *diags, vnuma_severity severity,
                     const char *id, vnuma_span span, const char *format, ...)
    VNUMA_PRINTF(5, 6);
void vnuma_diags_add_related(vnuma_diags *diags, vnuma_span span,
                             const char *format, ...) VNUMA_PRINTF(3, 4);
void vnuma_diags_add_hint(vnuma_diags *diags, const char *format, ...)
    VNUMA_PRINTF(2, 3);
void vnuma_diags_add_fix(vnuma_diags *diags, vnuma_span place,
                         const char *format, ...) VNUMA_PRINTF(3, 4);

/*
 * vnuma_diag_format - a diagnostic as people and editors read it
 * @colour: mark severity and caret with ANSI sequences
 *
 * "FILE:LINE:COLUMN: SEVERITY: MESSAGE [ID]", then the line and a caret below
 * it, then the hint; without a place only "SEVERITY: MESSAGE [ID]".  Bytes of
 * the text that a terminal would act on are shown as "?".
 *
 * Returns a string to be freed by the caller, or NULL without memory.
 */
char *vnuma_diag_format(const vnuma_diag *diag, bool colour);

/*
 * vnuma_diags_to_json - {"valid": ..., "diagnostics": [...]}
 *
 * The form is in the man page xl-vnuma(1).  "valid" is num_errors == 0.  Each
 * diagnostic has "file", "line", "column", "end_line", "end_column" (all null
 * when it has no place; the end is the byte after the last), "severity", "id",
 * "message", "hint" (null: none), "fix" (null: none) and, on a related note,
 * "related": true.  A fix has "line", "column", "end_line", "end_column" and
 * "replacement".
 * Bytes that are not UTF-8 become U+FFFD.
 *
 * Returns a string to be freed by the caller, or NULL without memory.
 */
char *vnuma_diags_to_json(const vnuma_diags *diags);
/* The same of several texts, in one object. */
char *vnuma_diags_list_to_json(const vnuma_diags *const *list,
                               unsigned int num);

#ifdef __cplusplus
}
#endif

#endif
