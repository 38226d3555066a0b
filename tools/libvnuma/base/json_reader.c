/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads JSON into a tree that is freed all at once.  Time and memory are
 * linear in the text, and a tree that is larger or deeper than any host needs
 * is refused.
 */
#include "config.h"

#include "base/json_reader.h"

#include <setjmp.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "base/diag.h"

#define VALUES_AT_ONCE 16u

typedef struct {
    vnuma__jsondoc *json;
    vnuma__text text;
    const char *const *closed; /* or NULL */
    yajl_handle handle;
    jmp_buf no_memory;
    unsigned int depth; /* how many lists have not ended */
    unsigned int hidden; /* of these, how many are in a list of closed */
    /* The brackets that close them are the last bytes. */
    char closing[VNUMA__JSON_MAX_DEPTH + 1];
    vnuma__jsondoc_value *lists[VNUMA__JSON_MAX_DEPTH];
    vnuma__jsondoc_value *spare;
    unsigned int num_spare;
    vnuma__jsondoc_value **next; /* where the next value goes */
    uint32_t num_values;
    const char *key; /* of the next value, or NULL */
    uint32_t key_len;
    const char *problem; /* why reading stopped */
} tree_reader;

void vnuma__jsondoc_dispose(vnuma__jsondoc *json)
{
    vnuma__arena_free(json->memory);
    *json = (vnuma__jsondoc){ NULL };
}

/* ---- memory ------------------------------------------------------------- */

/*
 * yajl does not check what its allocator returns, so without memory we leave
 * it by longjmp().
 */
static void *take_memory(tree_reader *reader, size_t size)
{
    void *memory = vnuma__arena_alloc(&reader->json->memory, size);

    if (!memory)
        longjmp(reader->no_memory, 1);
    return memory;
}

/* One by one they would take longer. */
static vnuma__jsondoc_value *take_value(tree_reader *reader)
{
    if (!reader->num_spare) {
        reader->num_spare = VALUES_AT_ONCE;
        reader->spare = take_memory(reader, VALUES_AT_ONCE *
                                                sizeof(*reader->spare));
    }
    reader->num_spare--;
    return reader->spare++;
}

/* What yajl did not have to change is in the text itself. */
static bool is_in_text(const tree_reader *reader, const char *bytes)
{
    return bytes >= reader->text.ptr &&
           bytes < reader->text.ptr + reader->text.len;
}

static const char *keep(tree_reader *reader, const char *bytes, size_t len)
{
    return is_in_text(reader, bytes)
               ? bytes
               : memcpy(take_memory(reader, len), bytes, len);
}

/* What yajl gets is after its size. */
typedef struct {
    size_t size;
    void *bytes[]; /* as the arena aligns */
} block;

static void *yajl_malloc(void *ctx, size_t size)
{
    block *b = take_memory(ctx, sizeof(*b) + size);

    b->size = size;
    return b->bytes;
}

static void *yajl_realloc(void *ctx, void *ptr, size_t size)
{
    const block *old = ptr ? (block *)((char *)ptr - sizeof(block)) : NULL;
    void *moved = yajl_malloc(ctx, size);

    if (old)
        memcpy(moved, ptr, old->size < size ? old->size : size);
    return moved;
}

/* yajl has a few buffers, and doubles them: they may stay with the tree. */
static void yajl_mfree(void *ctx, void *ptr)
{
    (void)ctx;
    (void)ptr;
}

/* ---- what yajl calls; 1 goes on, 0 stops -------------------------------- */

static size_t place_of(const tree_reader *reader)
{
    return yajl_get_bytes_consumed(reader->handle);
}

/* vnuma__text_slice() would take much of a large text's time. */
static vnuma_span span_of(const tree_reader *reader, size_t start, size_t end)
{
    vnuma_span span = reader->text.span;

    if (reader->text.exact) {
        span.end = span.start + (uint32_t)end;
        span.start += (uint32_t)start;
    }
    return span;
}

/* The @len bytes that yajl has just read. */
static vnuma_span span_of_last(const tree_reader *reader, size_t len)
{
    size_t end = place_of(reader);

    return span_of(reader, len <= end ? end - len : end, end);
}

static int add(tree_reader *reader, vnuma__jsondoc_type type, const char *text,
               size_t len, size_t written_len)
{
    vnuma__jsondoc_value *value;

    if (reader->hidden)
        return 1;
    if (reader->num_values++ == VNUMA__JSON_MAX_VALUES) {
        reader->problem = "too many values for a host";
        return 0;
    }
    value = take_value(reader);
    *value = (vnuma__jsondoc_value){
        .type = type,
        .key = reader->key,
        .key_len = reader->key_len,
        .text = keep(reader, text, len),
        .text_len = (uint32_t)len,
        .span = span_of_last(reader, written_len),
    };
    reader->key = NULL;
    reader->key_len = 0;
    *reader->next = value;
    reader->next = &value->next;
    return 1;
}

static int on_null(void *ctx)
{
    return add(ctx, VNUMA__JSON_NULL, "", 0, 4);
}

static int on_boolean(void *ctx, int is_true)
{
    const char *text = is_true ? "true" : "false";

    return add(ctx, VNUMA__JSON_BOOLEAN, text, strlen(text), strlen(text));
}

static int on_number(void *ctx, const char *text, size_t len)
{
    return add(ctx, VNUMA__JSON_NUMBER, text, len, len);
}

/* How long a string with escapes is, with its quotes. */
static size_t written_len(const tree_reader *reader)
{
    const char *text = reader->text.ptr;
    size_t end = place_of(reader), at = end - 2;

    while (at && (text[at] != '"' || text[at - 1] == '\\'))
        at--;
    return end - at;
}

static int on_string(void *ctx, const unsigned char *bytes, size_t len)
{
    const char *text = (const char *)bytes;

    return add(ctx, VNUMA__JSON_STRING, text, len,
               is_in_text(ctx, text) ? len + 2 : written_len(ctx));
}

static int on_key(void *ctx, const unsigned char *bytes, size_t len)
{
    tree_reader *reader = ctx;

    if (reader->hidden)
        return 1;
    reader->key = keep(reader, (const char *)bytes, len);
    reader->key_len = (uint32_t)len;
    return 1;
}

/* How deep those are whose keys may be names, of hosts and guests. */
#define NAMES_DEPTH 2

static bool is_closed(const tree_reader *reader,
                      const vnuma__jsondoc_value *list)
{
    const char *const *key = reader->closed;

    for (; reader->depth != NAMES_DEPTH && key && *key; key++)
        if (list->key && vnuma__jsondoc_has_key(list, *key))
            return true;
    return false;
}

static int open_list(tree_reader *reader, vnuma__jsondoc_type type)
{
    vnuma__jsondoc_value **place = reader->next, *list = NULL;

    if (reader->depth == VNUMA__JSON_MAX_DEPTH) {
        reader->problem = "nested too deeply";
        return 0;
    }
    if (!add(reader, type, "", 0, 1))
        return 0;
    if (!reader->hidden) {
        list = *place;
        list->first = NULL;
        reader->lists[reader->depth] = list;
        reader->next = &list->first;
    }
    reader->hidden += reader->hidden || is_closed(reader, list);
    reader->depth++;
    reader->closing[VNUMA__JSON_MAX_DEPTH - reader->depth] =
        type == VNUMA__JSON_OBJECT ? '}' : ']';
    return 1;
}

static int on_object(void *ctx)
{
    return open_list(ctx, VNUMA__JSON_OBJECT);
}

static int on_array(void *ctx)
{
    return open_list(ctx, VNUMA__JSON_ARRAY);
}

static int on_end(void *ctx)
{
    tree_reader *reader = ctx;
    vnuma__jsondoc_value *list;

    reader->depth--;
    if (reader->hidden && --reader->hidden)
        return 1;
    list = reader->lists[reader->depth];
    list->text_len = span_of_last(reader, 0).end - list->span.start;
    reader->next = &list->next;
    return 1;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_object,
    .yajl_map_key = on_key,
    .yajl_end_map = on_end,
    .yajl_start_array = on_array,
    .yajl_end_array = on_end,
};

/* Reports yajl's own message, which ends in a newline. */
static void report_syntax(tree_reader *reader, vnuma_diags *diags)
{
    unsigned char *words = yajl_get_error(reader->handle, 0, NULL, 0);

    words[strcspn((char *)words, "\n")] = '\0';
    vnuma__error(diags, "json", span_of_last(reader, 1), "%s", (char *)words);
}

/*
 * For a text that ends too early yajl gives no place and nothing that is
 * missing.
 */
static void report_end(tree_reader *reader, vnuma_diags *diags)
{
    uint32_t end = reader->text.len;

    while (end && strchr(" \t\r\n", reader->text.ptr[end - 1]))
        end--;
    vnuma__error(diags, "json", vnuma__text_slice(reader->text, end, end).span,
                 end ? "the text ends before it is complete"
                     : "the text is empty");
    if (reader->depth)
        vnuma__hint(diags, "what is missing ends in %s",
                    reader->closing + VNUMA__JSON_MAX_DEPTH - reader->depth);
}

static int parse_json(tree_reader *reader, vnuma_diags *diags)
{
    yajl_alloc_funcs memory = { yajl_malloc, yajl_realloc, yajl_mfree,
                                reader };
    yajl_status status;

    if (setjmp(reader->no_memory))
        return VNUMA_ERROR_NOMEM;
    reader->handle = yajl_alloc(&callbacks, &memory, reader);
    status =
        yajl_parse(reader->handle, (const unsigned char *)reader->text.ptr,
                   reader->text.len);
    if (status == yajl_status_error)
        report_syntax(reader, diags);
    else if (status == yajl_status_client_canceled)
        vnuma__error(diags, "json", span_of_last(reader, 1), "%s",
                     reader->problem);
    else if (yajl_complete_parse(reader->handle) != yajl_status_ok)
        report_end(reader, diags);
    else
        return 0;
    return 1;
}

int vnuma__jsondoc_parse_open(vnuma__text text, const char *const *closed,
                              vnuma__jsondoc *json_r, vnuma_diags *diags)
{
    tree_reader reader = { .json = json_r, .text = text, .closed = closed };
    int rc;

    *json_r = (vnuma__jsondoc){ NULL };
    reader.next = &json_r->root;
    rc = parse_json(&reader, diags);
    if (rc)
        vnuma__jsondoc_dispose(json_r);
    return rc;
}

int vnuma__jsondoc_parse(vnuma__text text, vnuma__jsondoc *json_r,
                         vnuma_diags *diags)
{
    return vnuma__jsondoc_parse_open(text, NULL, json_r, diags);
}

/* ---- asking ------------------------------------------------------------- */

static bool has_key(const vnuma__jsondoc_value *value, const char *key,
                    size_t len)
{
    return value->key_len == len && (!len || *value->key == *key) &&
           !memcmp(value->key, key, len);
}

const vnuma__jsondoc_value *
vnuma__jsondoc_member(const vnuma__jsondoc_value *object, const char *name)
{
    const vnuma__jsondoc_value *value, *found = NULL;
    size_t len = strlen(name);

    if (!object || object->type != VNUMA__JSON_OBJECT)
        return NULL;
    VNUMA__JSON_FOREACH(value, object)
        if (has_key(value, name, len))
            found = value;
    return found;
}

/* A bit that two keys seldom have both. */
static uint64_t mark_of(const vnuma__jsondoc_value *value)
{
    unsigned int len = value->key_len;
    const char *key = value->key;

    return UINT64_C(1) << ((len ? 5u * len + (unsigned char)key[0] +
                                      3u * (unsigned char)key[len / 2]
                                : 0) %
                           64);
}

const vnuma__jsondoc_value *
vnuma__jsondoc_find_twice(const vnuma__jsondoc_value *list)
{
    const vnuma__jsondoc_value *value, *other, *twice;
    unsigned int num = 0;
    uint64_t seen = 0, bit;

    VNUMA__JSON_FOREACH(value, list) {
        if (list->type != VNUMA__JSON_OBJECT)
            break;
        if (num++ == VNUMA__JSON_MAX_KEYS)
            return value;
        bit = mark_of(value);
        for (other = seen & bit ? list->first : value; other != value;
             other = other->next)
            if (has_key(other, value->key, value->key_len))
                return value;
        seen |= bit;
    }
    VNUMA__JSON_FOREACH(value, list) {
        twice = value->type >= VNUMA__JSON_ARRAY
                    ? vnuma__jsondoc_find_twice(value)
                    : NULL;
        if (twice)
            return twice;
    }
    return NULL;
}

vnuma__text vnuma__jsondoc_text(const vnuma__jsondoc_value *value)
{
    /* A list's length is that of what it is written as, for value->span. */
    uint32_t len = value->type < VNUMA__JSON_ARRAY ? value->text_len : 0;

    return (vnuma__text){ value->text, len, value->span, false };
}

const char *vnuma__jsondoc_numbers(const vnuma__jsondoc_value *object,
                                   const vnuma__numbers *numbers,
                                   uint32_t *num_r)
{
    const vnuma__jsondoc_value *list, *item;
    char *at = numbers->first;
    uint64_t number;

    *num_r = 0;
    list = vnuma__jsondoc_member(object, numbers->key);
    if (!list || list->type != VNUMA__JSON_ARRAY)
        return "is missing";
    VNUMA__JSON_FOREACH(item, list) {
        if ((*num_r)++ == numbers->num)
            return "is too long";
        if (item->type != VNUMA__JSON_NUMBER ||
            !vnuma__text_to_u64(vnuma__jsondoc_text(item), numbers->max,
                                &number))
            return "has an item that is not a number or is too large";
        if (numbers->size == sizeof(uint64_t))
            *(uint64_t *)(void *)at = number;
        else
            *(uint32_t *)(void *)at = (uint32_t)number;
        at += numbers->stride;
    }
    return NULL;
}
