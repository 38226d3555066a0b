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

typedef struct {
    vnuma__jsondoc *json;
    vnuma__text text;
    yajl_handle handle;
    jmp_buf no_memory;
    unsigned int depth; /* how many lists are not yet closed */
    /* The brackets that close them are the last bytes. */
    char closing[VNUMA__JSON_MAX_DEPTH + 1];
    /* Where the next value of each depth goes. */
    vnuma__jsondoc_value **next[VNUMA__JSON_MAX_DEPTH + 1];
    uint32_t num_values;
    vnuma__jsondoc_key *key; /* of the next value, or NULL */
    const char *problem;     /* why reading stopped */
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

/* What yajl did not have to change is in the text itself. */
static const char *keep_text(tree_reader *reader, const char *bytes,
                             size_t len)
{
    const char *text = reader->text.ptr;

    if (bytes >= text && bytes + len <= text + reader->text.len)
        return bytes;
    return memcpy(take_memory(reader, len), bytes, len);
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

/* yajl has just read the value's @len bytes. */
static vnuma_span span_of_last(const tree_reader *reader, size_t len)
{
    size_t end = yajl_get_bytes_consumed(reader->handle);
    size_t start = len <= end ? end - len : end;

    /* As vnuma__text_slice(), of which most of a large text's time would be. */
    if (!reader->text.exact)
        return reader->text.span;
    return (vnuma_span){ reader->text.span.source,
                         reader->text.span.start + (uint32_t)start,
                         reader->text.span.start + (uint32_t)end };
}

static int add(tree_reader *reader, vnuma__jsondoc_type type, const void *text,
               size_t len, size_t written_len)
{
    vnuma__jsondoc_value *value;

    if (reader->num_values++ == VNUMA__JSON_MAX_VALUES) {
        reader->problem = "too many values for a host";
        return 0;
    }
    value = take_memory(reader, sizeof(*value));
    *value = (vnuma__jsondoc_value){
        .type = type,
        .key = reader->key,
        .text = keep_text(reader, text, len),
        .text_len = (uint32_t)len,
        .span = span_of_last(reader, written_len),
    };
    reader->key = NULL;
    *reader->next[reader->depth] = value;
    reader->next[reader->depth] = &value->next;
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

static int on_string(void *ctx, const unsigned char *text, size_t len)
{
    return add(ctx, VNUMA__JSON_STRING, text, len, len + 2);
}

static int on_key(void *ctx, const unsigned char *text, size_t len)
{
    tree_reader *reader = ctx;

    reader->key = take_memory(reader, sizeof(*reader->key) + len);
    reader->key->len = (uint32_t)len;
    memcpy(reader->key->bytes, text, len);
    return 1;
}

static int open_list(tree_reader *reader, vnuma__jsondoc_type type)
{
    vnuma__jsondoc_value **place = reader->next[reader->depth];

    if (reader->depth == VNUMA__JSON_MAX_DEPTH) {
        reader->problem = "nested too deeply for a host";
        return 0;
    }
    if (!add(reader, type, "", 0, 1))
        return 0;
    (*place)->first = NULL;
    reader->depth++;
    reader->closing[VNUMA__JSON_MAX_DEPTH - reader->depth] =
        type == VNUMA__JSON_OBJECT ? '}' : ']';
    reader->next[reader->depth] = &(*place)->first;
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

    reader->depth--;
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

int vnuma__jsondoc_parse(vnuma__text text, vnuma__jsondoc *json_r,
                         vnuma_diags *diags)
{
    tree_reader reader = { .json = json_r, .text = text };
    int rc;

    *json_r = (vnuma__jsondoc){ NULL };
    reader.next[0] = &json_r->root;
    rc = parse_json(&reader, diags);
    if (rc)
        vnuma__jsondoc_dispose(json_r);
    return rc;
}

/* ---- asking ------------------------------------------------------------- */

static bool has_key(const vnuma__jsondoc_value *value, const char *key,
                    size_t len)
{
    return value->key->len == len && !memcmp(value->key->bytes, key, len);
}

const vnuma__jsondoc_value *
vnuma__jsondoc_member(const vnuma__jsondoc_value *object, const char *name)
{
    const vnuma__jsondoc_value *value, *found = NULL;

    if (!object || object->type != VNUMA__JSON_OBJECT)
        return NULL;
    VNUMA__JSON_FOREACH(value, object)
        if (has_key(value, name, strlen(name)))
            found = value;
    return found;
}

const vnuma__jsondoc_value *
vnuma__jsondoc_find_twice(const vnuma__jsondoc_value *list)
{
    const vnuma__jsondoc_value *value, *other, *twice;
    unsigned int num = 0;

    VNUMA__JSON_FOREACH(value, list) {
        if (list->type != VNUMA__JSON_OBJECT)
            break;
        if (num++ == VNUMA__JSON_MAX_KEYS)
            return value;
        for (other = list->first; other != value; other = other->next)
            if (has_key(other, value->key->bytes, value->key->len))
                return value;
    }
    VNUMA__JSON_FOREACH(value, list) {
        twice = vnuma__jsondoc_find_twice(value);
        if (twice)
            return twice;
    }
    return NULL;
}

vnuma__text vnuma__jsondoc_text(const vnuma__jsondoc_value *value)
{
    return (vnuma__text){ value->text, value->text_len, value->span, false };
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
