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

/*
 * The array is enlarged when num_items reaches a power of two, so its size is
 * not stored.
 */
static bool grow_items(vnuma_diags *diags)
{
    vnuma_diag *items;
    size_t room;

    if (diags->num_items & (diags->num_items - 1))
        return true;
    room = diags->num_items ? 2 * (size_t)diags->num_items : 1;
    items = reallocarray(diags->items, room, sizeof(*items));
    if (!items)
        return false;
    diags->items = items;
    return true;
}

static VNUMA__PRINTF(6, 0) void keep(vnuma_diags *diags,
                                     vnuma_severity severity, bool related,
                                     const char *id, vnuma_span span,
                                     const char *fmt, va_list ap)
{
    char *message = NULL;

    diags->dropped = true;
    diags->reopened = 0;
    if (!grow_items(diags) || vasprintf(&message, fmt, ap) < 0) {
        diags->lost = true;
        return;
    }
    items_of(diags)[diags->num_items++] = (vnuma_diag){
        .severity = severity,
        .id = id,
        .span = span,
        .message = message,
        .related = related,
    };
    diags->dropped = false;
}

static VNUMA__PRINTF(3, 4) void keep_note(vnuma_diags *diags, const char *id,
                                          const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    keep(diags, VNUMA_SEVERITY_NOTE, false, id, VNUMA__NOWHERE, fmt, ap);
    va_end(ap);
}

/*
 * A hostile text can hold a mistake in every byte, so only VNUMA__MAX_KEPT of
 * each severity are kept.  Beyond the limit one note is added; the rest are
 * only counted.
 */
static VNUMA__PRINTF(5, 0) void report(vnuma_diags *diags,
                                       vnuma_severity severity, const char *id,
                                       vnuma_span span, const char *fmt,
                                       va_list ap)
{
    const struct {
        const char *plural;
        unsigned int *num;
    } counts[] = {
        [VNUMA_SEVERITY_NOTE] = { "notes", &diags->num_notes },
        [VNUMA_SEVERITY_WARNING] = { "warnings", &diags->num_warnings },
        [VNUMA_SEVERITY_ERROR] = { "errors", &diags->num_errors },
    };
    unsigned int nth = ++*counts[severity].num;

    if (nth <= VNUMA__MAX_KEPT) {
        keep(diags, severity, false, id, span, fmt, ap);
        return;
    }
    if (nth == VNUMA__MAX_KEPT + 1)
        keep_note(diags, "too-many", "further %s are not shown",
                  counts[severity].plural);
    diags->dropped = true;
}

static VNUMA__PRINTF(3, 0) void relate(vnuma_diags *diags, vnuma_span span,
                                       const char *fmt, va_list ap)
{
    if (diags->dropped || !diags->num_items)
        return;
    keep(diags, VNUMA_SEVERITY_NOTE, true,
         vnuma_diags_at(diags, diags->num_items - 1)->id, span, fmt, ap);
    diags->dropped = false; /* a lost note does not lose what it belongs to */
}

/* The diagnostic that hints belong to, or NULL. */
static vnuma_diag *find_open(vnuma_diags *diags)
{
    unsigned int at = diags->reopened ? diags->reopened : diags->num_items;

    if ((diags->dropped && !diags->reopened) || !at)
        return NULL;
    while (items_of(diags)[at - 1].related && at > 1)
        at--;
    return &items_of(diags)[at - 1];
}

static VNUMA__PRINTF(3, 0) void set_text(vnuma_diags *diags, char **text,
                                         const char *fmt, va_list ap)
{
    char *made = NULL;

    if (vasprintf(&made, fmt, ap) < 0) {
        diags->lost = true;
        return;
    }
    free(*text);
    *text = made;
}

static VNUMA__PRINTF(2, 0) void set_hint(vnuma_diags *diags, const char *fmt,
                                         va_list ap)
{
    vnuma_diag *diag = find_open(diags);

    if (diag)
        set_text(diags, &diag->hint, fmt, ap);
}

static VNUMA__PRINTF(3, 0) void set_fix(vnuma_diags *diags, vnuma_span place,
                                        const char *fmt, va_list ap)
{
    vnuma_diag *diag = find_open(diags);

    if (!diag || !place.source || place.end > place.source->extra)
        return;
    diag->fix_span = place;
    set_text(diags, &diag->fix, fmt, ap);
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

/* The body of a function that reports by @call, which uses ap; keeps errno. */
#define REPORT(call)                                                          \
    int saved_errno = errno;                                                  \
    va_list ap;                                                               \
                                                                              \
    va_start(ap, fmt);                                                        \
    call;                                                                     \
    va_end(ap);                                                               \
    errno = saved_errno

void vnuma_diags_add(vnuma_diags *diags, vnuma_severity severity,
                     const char *id, vnuma_span span, const char *fmt, ...)
{
    REPORT(report(diags, severity, id, span, fmt, ap));
}

void vnuma_diags_add_related(vnuma_diags *diags, vnuma_span span,
                             const char *fmt, ...)
{
    REPORT(relate(diags, span, fmt, ap));
}

void vnuma_diags_add_hint(vnuma_diags *diags, const char *fmt, ...)
{
    REPORT(set_hint(diags, fmt, ap));
}

void vnuma_diags_add_fix(vnuma_diags *diags, vnuma_span place, const char *fmt,
                         ...)
{
    REPORT(set_fix(diags, place, fmt, ap));
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

/* A diagnostic and the related notes that follow it. */
typedef struct {
    unsigned int index, count;
    vnuma_span span;
} group;

static int compare_groups(const void *a, const void *b)
{
    const group *x = a, *y = b;
    uint32_t x_start = x->span.source ? x->span.start : UINT32_MAX;
    uint32_t y_start = y->span.source ? y->span.start : UINT32_MAX;

    if (x_start != y_start)
        return x_start < y_start ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

static unsigned int find_groups(const vnuma_diag *items, unsigned int num,
                                group *groups)
{
    unsigned int i, num_groups = 0;

    for (i = 0; i < num; i++)
        if (items[i].related && num_groups)
            groups[num_groups - 1].count++;
        else
            groups[num_groups++] = (group){ i, 1, items[i].span };
    return num_groups;
}

void vnuma__diags_sort(vnuma_diags *diags, unsigned int first)
{
    unsigned int num = diags->num_items - first, num_groups, i, j, k = 0;
    vnuma_diag *items, *sorted;
    group *groups;

    if (num < 2)
        return;
    items = items_of(diags) + first;
    sorted = calloc(num, sizeof(*sorted));
    groups = calloc(num, sizeof(*groups));
    if (!sorted || !groups)
        goto out;

    num_groups = find_groups(items, num, groups);
    qsort(groups, num_groups, sizeof(*groups), compare_groups);
    for (i = 0; i < num_groups; i++)
        for (j = 0; j < groups[i].count; j++)
            sorted[k++] = items[groups[i].index + j];
    for (i = 0; i < num; i++)
        items[i] = sorted[i];

out:
    free(sorted);
    free(groups);
}
