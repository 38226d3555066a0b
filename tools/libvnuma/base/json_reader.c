/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads JSON into a flat tree: all values are in one array, linked by index,
 * so that neither reading nor freeing a deep tree needs recursion.  Time and
 * memory are linear in the text, and a tree that is larger than any host needs
 * is refused.
 */
#include "config.h"

#include "base/json_reader.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/grow.h"

typedef struct {
    vnuma__jsondoc *json;
    vnuma__text text;
    yajl_handle handle;
    vnuma__arena *memory; /* owned; yajl's */
    jmp_buf no_memory;
    uint32_t open[VNUMA__JSON_MAX_DEPTH]; /* values that are not yet closed */
    uint32_t last[VNUMA__JSON_MAX_DEPTH]; /* the last child of each, or 0 */
    unsigned int depth;
    uint32_t key, key_len;
    const char *problem; /* why reading stopped; NULL: no memory */
} tree_reader;

void vnuma__jsondoc_init(vnuma__jsondoc *json)
{
    memset(json, 0, sizeof(*json));
}

void vnuma__jsondoc_dispose(vnuma__jsondoc *json)
{
    free(json->values);
    free(json->bytes);
    vnuma__jsondoc_init(json);
}

/* ---- yajl's memory ------------------------------------------------------ */

/* What yajl gets is after its size. */
typedef struct {
    size_t size;
    void *bytes[]; /* as the arena aligns */
} block;

/*
 * yajl does not check what its allocator returns.  Without memory we leave it
 * by longjmp().  All is freed together: yajl has a few buffers, and doubles
 * them.
 */
static void *yajl_malloc(void *ctx, size_t size)
{
    tree_reader *reader = ctx;
    block *b = vnuma__arena_alloc(&reader->memory, sizeof(*b) + size);

    if (!b)
        longjmp(reader->no_memory, 1);
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

static void yajl_mfree(void *ctx, void *ptr)
{
    (void)ctx;
    (void)ptr;
}

/* ---- growing ------------------------------------------------------------ */

static bool keep_bytes(tree_reader *reader, const void *bytes, size_t len,
                       uint32_t *at_r)
{
    vnuma__jsondoc *json = reader->json;
    size_t size = json->size_bytes ? json->size_bytes : 256;
    char *grown;

    /*
     * Sizes fit in 32 bits: the text's does, and unescaping makes it shorter.
     */
    while (size < json->num_bytes + len)
        size *= 2;
    if (size > json->size_bytes) {
        grown = realloc(json->bytes, size);
        if (!grown)
            return false;
        json->bytes = grown;
        json->size_bytes = (uint32_t)size;
    }
    if (len)
        memcpy(json->bytes + json->num_bytes, bytes, len);
    *at_r = json->num_bytes;
    json->num_bytes += (uint32_t)len;
    return true;
}

static bool grow_values(tree_reader *reader)
{
    vnuma__jsondoc *json = reader->json;
    vnuma__jsondoc_value *grown;

    if (json->num_values == VNUMA__JSON_MAX_VALUES) {
        reader->problem = "too many values for a host";
        return false;
    }
    grown = vnuma__grow(json->values, json->num_values, &json->size_values,
                        sizeof(*grown));
    if (!grown)
        return false;
    json->values = grown;
    return true;
}

/* yajl has just read the value's @len bytes. */
static vnuma_span span_of_last(const tree_reader *reader, size_t len)
{
    size_t end = yajl_get_bytes_consumed(reader->handle);
    size_t start = len <= end ? end - len : end;

    return vnuma__text_slice(reader->text, (uint32_t)start, (uint32_t)end)
        .span;
}

static bool add(tree_reader *reader, vnuma__jsondoc_type type,
                const void *text, size_t len, size_t written_len)
{
    vnuma__jsondoc *json = reader->json;
    vnuma__jsondoc_value value = { .type = type };
    uint32_t index = json->num_values;

    if (!grow_values(reader) || !keep_bytes(reader, text, len, &value.text))
        return false;
    value.text_len = (uint32_t)len;
    value.span = span_of_last(reader, written_len);
    value.key = reader->key;
    value.key_len = reader->key_len;
    reader->key_len = 0;
    json->values[json->num_values++] = value;
    if (reader->depth) {
        unsigned int top = reader->depth - 1;

        if (reader->last[top])
            json->values[reader->last[top]].next = index;
        else
            json->values[reader->open[top]].first = index;
        reader->last[top] = index;
    }
    return true;
}

/* ---- what yajl calls; 1 goes on, 0 stops -------------------------------- */

static int on_null(void *ctx)
{
    return add(ctx, VNUMA__JSON_NULL, NULL, 0, 4);
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

    reader->key_len = (uint32_t)len;
    return keep_bytes(reader, text, len, &reader->key);
}

static int open_list(tree_reader *reader, vnuma__jsondoc_type type)
{
    if (reader->depth == VNUMA__JSON_MAX_DEPTH) {
        reader->problem = "nested too deeply for a host";
        return 0;
    }
    if (!add(reader, type, NULL, 0, 1))
        return 0;
    reader->open[reader->depth] = reader->json->num_values - 1;
    reader->last[reader->depth++] = 0;
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
static int report_syntax(tree_reader *reader, vnuma_diags *diags)
{
    unsigned char *words = yajl_get_error(reader->handle, 0, NULL, 0);

    if (!words)
        return VNUMA_ERROR_NOMEM;
    words[strcspn((char *)words, "\n")] = '\0';
    vnuma__error(diags, "json", span_of_last(reader, 1), "%s", (char *)words);
    yajl_free_error(reader->handle, words);
    return 1;
}

/*
 * For a text that ends too early yajl gives no place and nothing that is
 * missing.
 */
static int report_end(tree_reader *reader, vnuma_diags *diags)
{
    char missing[VNUMA__JSON_MAX_DEPTH + 1];
    uint32_t end = reader->text.len;
    unsigned int i;

    while (end && strchr(" \t\r\n", reader->text.ptr[end - 1]))
        end--;
    for (i = 0; i < reader->depth; i++) {
        uint32_t list = reader->open[reader->depth - 1 - i];

        missing[i] =
            reader->json->values[list].type == VNUMA__JSON_OBJECT ? '}' : ']';
    }
    missing[i] = '\0';
    vnuma__error(diags, "json", vnuma__text_slice(reader->text, end, end).span,
                 end ? "the text ends before it is complete"
                     : "the text is empty");
    if (i)
        vnuma__hint(diags, "what is missing ends in %s", missing);
    return 1;
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
    if (status == yajl_status_ok) {
        status = yajl_complete_parse(reader->handle);
        if (status == yajl_status_error)
            return report_end(reader, diags);
    }
    switch (status) {
    case yajl_status_ok:
        break;
    case yajl_status_error:
        return report_syntax(reader, diags);
    case yajl_status_client_canceled:
        if (!reader->problem)
            return VNUMA_ERROR_NOMEM;
        vnuma__error(diags, "json", span_of_last(reader, 1), "%s",
                     reader->problem);
        return 1;
    }
    if (reader->json->num_values)
        return 0;
    vnuma__error(diags, "json", reader->text.span, "the text is empty");
    return 1;
}

int vnuma__jsondoc_parse(vnuma__text text, vnuma__jsondoc *json_r,
                         vnuma_diags *diags)
{
    vnuma__jsondoc json;
    tree_reader reader = { .json = &json, .text = text };
    int rc;

    vnuma__jsondoc_init(&json);
    rc = parse_json(&reader, diags);
    vnuma__arena_free(reader.memory);
    if (rc)
        goto out;
    *json_r = json;
    vnuma__jsondoc_init(&json);

out:
    vnuma__jsondoc_dispose(&json);
    return rc;
}

/* ---- asking ------------------------------------------------------------- */

const vnuma__jsondoc_value *vnuma__jsondoc_root(const vnuma__jsondoc *json)
{
    return &json->values[0];
}

const vnuma__jsondoc_value *
vnuma__jsondoc_first(const vnuma__jsondoc *json,
                     const vnuma__jsondoc_value *list)
{
    return list->first ? &json->values[list->first] : NULL;
}

const vnuma__jsondoc_value *
vnuma__jsondoc_next(const vnuma__jsondoc *json,
                    const vnuma__jsondoc_value *value)
{
    return value->next ? &json->values[value->next] : NULL;
}

const vnuma__jsondoc_value *
vnuma__jsondoc_member(const vnuma__jsondoc *json,
                      const vnuma__jsondoc_value *object, const char *name)
{
    const vnuma__jsondoc_value *value, *found = NULL;

    if (object->type != VNUMA__JSON_OBJECT)
        return NULL;
    VNUMA__JSON_FOREACH(value, json, object)
        if (value->key_len == strlen(name) &&
            !memcmp(json->bytes + value->key, name, value->key_len))
            found = value;
    return found;
}

static bool is_same_key(const vnuma__jsondoc *json,
                        const vnuma__jsondoc_value *a,
                        const vnuma__jsondoc_value *b)
{
    return a->key_len == b->key_len &&
           !memcmp(json->bytes + a->key, json->bytes + b->key, a->key_len);
}

static const vnuma__jsondoc_value *
find_twice_in(const vnuma__jsondoc *json, const vnuma__jsondoc_value *object)
{
    const vnuma__jsondoc_value *value, *other;
    unsigned int num = 0;

    VNUMA__JSON_FOREACH(value, json, object) {
        if (num++ == VNUMA__JSON_MAX_KEYS)
            return value;
        for (other = vnuma__jsondoc_first(json, object); other != value;
             other = vnuma__jsondoc_next(json, other))
            if (is_same_key(json, other, value))
                return value;
    }
    return NULL;
}

const vnuma__jsondoc_value *
vnuma__jsondoc_find_twice(const vnuma__jsondoc *json)
{
    const vnuma__jsondoc_value *twice = NULL;
    uint32_t i;

    for (i = 0; !twice && i < json->num_values; i++)
        if (json->values[i].type == VNUMA__JSON_OBJECT)
            twice = find_twice_in(json, &json->values[i]);
    return twice;
}

vnuma__text vnuma__jsondoc_text(const vnuma__jsondoc *json,
                                const vnuma__jsondoc_value *value)
{
    return (vnuma__text){ json->bytes + value->text, value->text_len,
                          value->span, false };
}

const char *vnuma__jsondoc_numbers(const vnuma__jsondoc *json,
                                   const vnuma__jsondoc_value *object,
                                   const char *name, uint64_t max,
                                   uint64_t *numbers_r, uint32_t room,
                                   uint32_t *num_r)
{
    const vnuma__jsondoc_value *list, *item;
    uint32_t num = 0;

    list = vnuma__jsondoc_member(json, object, name);
    if (!list || list->type != VNUMA__JSON_ARRAY)
        return "is missing";
    VNUMA__JSON_FOREACH(item, json, list) {
        if (num == room)
            return "is too long";
        if (item->type != VNUMA__JSON_NUMBER ||
            !vnuma__text_to_u64(vnuma__jsondoc_text(json, item), max,
                                &numbers_r[num++]))
            return "has an item that is not a number or is too large";
    }
    *num_r = num;
    return NULL;
}
