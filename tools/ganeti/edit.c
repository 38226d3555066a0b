/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The request as hail gets it.  It is Ganeti's own, byte for byte, but for a
 * few members: what is not ours to know is passed on, in every version.
 */
#include "config.h"

#include "ganeti/ganeti.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "base/json_writer.h"
#include "base/print.h"

#define MOST_MIB 1e15 /* far more than there is, and no sum overflows */

/* The bytes [start, end) become a text. */
typedef struct {
    uint32_t start, end;
    uint32_t turn; /* among those at one place */
    char *text;    /* owned */
} edit;

typedef struct {
    cluster *c;
    edit *edits; /* owned */
    uint32_t num;
    bool failed;
} editor;

static void add(editor *e, uint32_t start, uint32_t end, char *text)
{
    if (text && VNUMA__GROW(e->edits, e->num)) {
        e->edits[e->num] = (edit){ start, end, e->num, text };
        e->num++;
        return;
    }
    free(text);
    e->failed = true;
}

/* Sets a member of an object, which it may not have. */
static void set(editor *e, value_ptr object, const char *key, char *text)
{
    value_ptr member = vnuma__jsondoc_member(object, key);
    uint32_t start = object->span.start + 1;
    char *whole = NULL;

    if (member) {
        vnuma__text bytes = value_bytes(e->c->text, member);

        add(e, bytes.span.start, bytes.span.end, text);
        return;
    }
    if (text && asprintf(&whole, "\"%s\": %s%s", key, text,
                         vnuma__jsondoc_first(object) ? ", " : "") < 0)
        whole = NULL;
    free(text);
    add(e, start, start, whole);
}

char *json_of(const char *string)
{
    vnuma__json json;

    vnuma__json_init(&json, false);
    vnuma__json_string(&json, string);
    return vnuma__json_finish(&json);
}

static char *number(int64_t value)
{
    char *text;

    return asprintf(&text, "%" PRId64, value) < 0 ? NULL : text;
}

/* ---- hosts -------------------------------------------------------------- */

static void change(editor *e, value_ptr object, const char *key, int64_t by)
{
    value_ptr member = vnuma__jsondoc_member(object, key);
    char text[32];
    double before;

    if (!by || !member || member->type != VNUMA__JSON_NUMBER ||
        member->text_len >= sizeof(text))
        return;
    memcpy(text, member->text, member->text_len);
    text[member->text_len] = '\0';
    before = strtod(text, NULL);
    if (before > -MOST_MIB && before < MOST_MIB)
        set(e, object, key, number((int64_t)before + by));
}

bool host_is_asked(const host *h, bool stale)
{
    return h->fits && h->report >= (stale ? REPORT_STALE : REPORT_CURRENT);
}

static void edit_hosts(editor *e)
{
    unsigned int i;

    for (i = 0; i < e->c->num_hosts; i++) {
        host *h = &e->c->hosts[i];

        change(e, h->value, "free_memory", h->memory_mib);
        change(e, h->value, "free_disk", h->disk_mib);
        if (h->is_shut)
            set(e, h->value, "drained", strdup("true"));
    }
}

/* ---- guests ------------------------------------------------------------- */

static char *with_nodes(const cluster *c, const guest *g)
{
    vnuma__text inner = value_bytes(c->text, g->value);
    char *text, *name = json_of(g->name);

    if (!name ||
        asprintf(&text, "%s: {\"nodes\": %s, %.*s", name, g->nodes,
                 (int)inner.len - 1, inner.ptr + 1) < 0)
        text = NULL;
    free(name);
    return text;
}

static void edit_guests(editor *e)
{
    value_ptr list = vnuma__jsondoc_member(e->c->json.root, "instances");
    uint32_t start = list->span.start + 1;
    bool was_empty = !vnuma__jsondoc_first(list);
    unsigned int i, left = 0;

    for (i = 0; i < e->c->num_guests; i++)
        if (e->c->guests[i].nodes)
            set(e, e->c->guests[i].value, "nodes",
                strdup(e->c->guests[i].nodes));
    for (i = 0; i < e->c->num_added; i++)
        left += e->c->added[i].nodes != NULL;
    for (i = 0; i < e->c->num_added; i++) {
        if (!e->c->added[i].nodes)
            continue;
        add(e, start, start, with_nodes(e->c, &e->c->added[i]));
        left--;
        if (left || !was_empty)
            add(e, start, start, strdup(", "));
    }
}

/* ---- the request -------------------------------------------------------- */

static char *names_of_asked(const cluster *c, bool stale)
{
    vnuma__json json;
    unsigned int i;

    vnuma__json_init(&json, false);
    vnuma__json_array(&json);
    for (i = 0; i < c->num_hosts; i++)
        if (host_is_asked(&c->hosts[i], stale))
            vnuma__json_string(&json, c->hosts[i].name);
    vnuma__json_end_array(&json);
    return vnuma__json_finish(&json);
}

static bool is_asked_about(const question *q, const guest *g)
{
    return q->guest ? q->guest == g : !tags_ask(g->value);
}

/* "instances" of the request, with those that this question is about. */
static char *list_of_wanted(const cluster *c, const question *q)
{
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);
    const char *before = "[";
    unsigned int i;
    char *text;

    if (!f)
        return NULL;
    for (i = 0; i < c->num_wanted; i++) {
        const guest *g = c->wanted[i];

        if (!is_asked_about(q, g))
            continue;
        fputs(before, f);
        before = ", ";
        if (g->is_new) {
            vnuma__text bytes = value_bytes(c->text, g->value);

            fwrite(bytes.ptr, 1, bytes.len, f);
            continue;
        }
        text = json_of(g->name);
        fputs(text ? text : "", f);
        free(text);
    }
    fputs(*before == '[' ? "[]" : "]", f);
    return vnuma__print_end(&out, false);
}

/* One of several to add is asked for alone, as hail can then be restricted. */
static char *alone(const cluster *c, const question *q)
{
    char *names = names_of_asked(c, q->stale), *text;
    vnuma__text bytes = value_bytes(c->text, q->guest->value);

    if (!names || asprintf(&text,
                           "{\"type\": \"allocate\", "
                           "\"restrict-to-nodes\": %s, %.*s",
                           names, (int)bytes.len - 1, bytes.ptr + 1) < 0)
        text = NULL;
    free(names);
    return text;
}

static void edit_request(editor *e, const question *q)
{
    cluster *c = e->c;
    vnuma__text whole = value_bytes(c->text, c->request);
    unsigned int i;

    for (i = 0; i < c->num_hosts; i++)
        c->hosts[i].is_shut = q->restrict_to && c->type >= ASKED_RELOCATE &&
                              c->hosts[i].is_usable &&
                              !host_is_asked(&c->hosts[i], q->stale) &&
                              q->guest->primary != &c->hosts[i];
    if (q->restrict_to && c->type == ASKED_ALLOCATE)
        set(e, c->request, "restrict-to-nodes", names_of_asked(c, q->stale));
    else if (q->restrict_to && c->type == ASKED_MULTI)
        add(e, whole.span.start, whole.span.end, alone(c, q));
    else if (c->type != ASKED_RELOCATE)
        set(e, c->request, "instances", list_of_wanted(c, q));
}

/* ---- the whole ---------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
    const edit *x = a, *y = b;

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return (x->turn > y->turn) - (x->turn < y->turn);
}

bool edit_input(cluster *c, const question *q, FILE *f)
{
    editor e = { .c = c };
    uint32_t at = 0, i;

    edit_request(&e, q);
    edit_hosts(&e);
    edit_guests(&e);
    if (e.num)
        qsort(e.edits, e.num, sizeof(*e.edits), by_place);
    for (i = 0; i < e.num; i++) {
        fwrite(c->text.ptr + at, 1, e.edits[i].start - at, f);
        fputs(e.edits[i].text, f);
        at = e.edits[i].end;
        free(e.edits[i].text);
    }
    fwrite(c->text.ptr + at, 1, c->text.len - at, f);
    free(e.edits);
    return !e.failed;
}
