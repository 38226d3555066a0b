/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Members of JSON objects and of structs: one table reads and writes them. */
#include "config.h"

#include "base/json_members.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"

/*
 * Far more than Xen has; bounds the memory that a file can make us allocate.
 */
#define MAX_LIST 65536u
#define MAX_ROWS 24u /* of a table */

typedef const vnuma__jsondoc_value *value_ptr;

int vnuma__members_bad(const vnuma__members *m, value_ptr value,
                       const char *what)
{
    vnuma__error(m->diags, m->id, value->span, "%s", what);
    return VNUMA_ERROR_HOST;
}

bool vnuma__members_number(value_ptr value, uint64_t max, uint64_t *number_r)
{
    return value->type == VNUMA__JSON_NUMBER &&
           vnuma__text_to_u64(vnuma__jsondoc_text(value), max, number_r);
}

static int get_number(const vnuma__members *m, value_ptr value,
                      const vnuma__member *member, uint64_t *number_r)
{
    if (!value || value->type == VNUMA__JSON_NULL ||
        vnuma__members_number(value, member->max, number_r))
        return 0;
    vnuma__error(m->diags, m->id, value->span,
                 "\"%s\" is not a whole number up to %" PRIu64, member->key,
                 member->max);
    return VNUMA_ERROR_HOST;
}

static int get_id(const vnuma__members *m, value_ptr object, value_ptr value,
                  const vnuma__member *member, uint32_t *id_r)
{
    uint64_t number = VNUMA_ID_UNKNOWN;
    int rc = get_number(m, value, member, &number);

    *id_r = number;
    if (rc || !member->is_required || number != VNUMA_ID_UNKNOWN)
        return rc;
    vnuma__error(m->diags, m->id, object->span, "\"%s\" is missing",
                 member->key);
    return VNUMA_ERROR_HOST;
}

/*
 * A list and its length, which is bounded; one that is missing or null is
 * empty, and NULL.
 */
static int take_list(const vnuma__members *m, value_ptr list,
                     value_ptr *list_r, unsigned int *num_r)
{
    value_ptr item;

    *num_r = 0;
    *list_r = NULL;
    if (!list || list->type == VNUMA__JSON_NULL)
        return 0;
    if (list->type != VNUMA__JSON_ARRAY)
        return vnuma__members_bad(m, list, "this is not a list");
    VNUMA__JSON_FOREACH(item, list)
        if (++*num_r > MAX_LIST)
            return vnuma__members_bad(m, list, "this list is too long");
    *list_r = list;
    return 0;
}

static int get_set(const vnuma__members *m, value_ptr value, vnuma_bitmap *set)
{
    unsigned int num;
    value_ptr list, item;
    uint64_t bit;
    int rc = take_list(m, value, &list, &num);

    for (item = vnuma__jsondoc_first(list); item && !rc; item = item->next)
        rc = vnuma__members_number(item, VNUMA_BITMAP_MAX - 1, &bit)
                 ? vnuma_bitmap_set(set, bit)
                 : vnuma__members_bad(
                       m, item, "this is not the number of a CPU or a node");
    return rc;
}

static int get_string(value_ptr value, const char *absent, char **string_r)
{
    vnuma__text text = { absent, strlen(absent), VNUMA__NOWHERE, false };

    if (value && value->type == VNUMA__JSON_STRING)
        text = vnuma__jsondoc_text(value);
    *string_r = strndup(text.ptr, text.len); /* the caller has it */
    return *string_r ? 0 : VNUMA_ERROR_NOMEM;
}

static int get_word(const vnuma__members *m, value_ptr value,
                    const vnuma__member *member, unsigned int *word_r)
{
    unsigned int i;

    *word_r = (unsigned int)member->unknown;
    if (!value || value->type == VNUMA__JSON_NULL)
        return 0;
    for (i = 0; member->words[i]; i++)
        if (value->type == VNUMA__JSON_STRING &&
            vnuma__text_equal(vnuma__jsondoc_text(value), member->words[i])) {
            *word_r = i;
            return 0;
        }
    return vnuma__members_bad(m, value, member->wrong);
}

/* Those of a list with "twice" begin with their number. */
static int compare_items(const void *a, const void *b)
{
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;

    return (one > other) - (one < other);
}

/* In the order of their numbers; which is there twice is said of the list. */
static int sort_list(const vnuma__members *m, value_ptr list,
                     const vnuma__member *member, char *items,
                     unsigned int num)
{
    unsigned int i;

    if (!member->twice)
        return 0;
    qsort(items, num, member->size, compare_items);
    for (i = 1; i < num; i++, items += member->size)
        if (!compare_items(items, items + member->size))
            return vnuma__members_bad(m, list, member->twice);
    return 0;
}

static int get_list(const vnuma__members *m, value_ptr value,
                    const vnuma__member *member, void *into)
{
    unsigned int num, *num_r = (void *)((char *)into + member->num_at);
    value_ptr list, item;
    char *items, *at;
    int rc = take_list(m, value, &list, &num);

    if (rc || !list)
        return rc;
    items = at = calloc((size_t)num + 1, member->size);
    if (!items)
        return VNUMA_ERROR_NOMEM;
    memcpy((char *)into + member->at, &items, sizeof(items));
    for (item = vnuma__jsondoc_first(list); item && !rc;
         item = item->next, at += member->size) {
        ++*num_r;
        rc = member->wrong && item->type != VNUMA__JSON_OBJECT
                 ? vnuma__members_bad(m, item, member->wrong)
                 : vnuma__members_read(m, item, member->table, at);
    }
    return rc ? rc : sort_list(m, list, member, items, num);
}

/* @value: of the member, or NULL */
static int get_member(const vnuma__members *m, value_ptr object,
                      value_ptr value, const vnuma__member *member,
                      void *struct_r)
{
    void *into = (char *)struct_r + member->at;

    switch (member->type) {
    case VNUMA__IS_BOOLEAN:
        *(bool *)into = value && value->type == VNUMA__JSON_BOOLEAN &&
                        vnuma__text_equal(vnuma__jsondoc_text(value), "true");
        return 0;
    case VNUMA__IS_ID:
        return get_id(m, object, value, member, into);
    case VNUMA__IS_NUMBER:
        *(uint64_t *)into = member->unknown;
        return get_number(m, value, member, into);
    case VNUMA__IS_SET:
        return get_set(m, value, into);
    case VNUMA__IS_STRING:
        return get_string(value, member->absent, into);
    case VNUMA__IS_WORD:
        return get_word(m, value, member, into);
    case VNUMA__IS_LIST:
        return get_list(m, value, member, struct_r);
    case VNUMA__IS_VALUE:
        *(value_ptr *)into = value;
        return 0;
    case VNUMA__IS_WRITTEN:;
    }
    return 0;
}

/*
 * The last member of each key, which is the one that counts.  Objects that we
 * wrote are in the table's order: the row after the last is looked at first.
 */
static void find_members(value_ptr object, const vnuma__member *table,
                         unsigned int num_rows, value_ptr *found)
{
    unsigned int row = 0, tried;
    value_ptr value;

    if (object->type != VNUMA__JSON_OBJECT)
        return;
    VNUMA__JSON_FOREACH(value, object)
        for (tried = 0; tried < num_rows; tried++) {
            unsigned int at = row;

            row = row + 1 < num_rows ? row + 1 : 0;
            if (vnuma__jsondoc_has_key(value, table[at].key)) {
                found[at] = value;
                break;
            }
        }
}

int vnuma__members_read(const vnuma__members *m, value_ptr object,
                        const vnuma__member *table, void *into)
{
    value_ptr found[MAX_ROWS] = { NULL };
    unsigned int num = 0, row;
    int rc = 0;

    while (table[num].key)
        num++;
    assert(num <= MAX_ROWS);
    find_members(object, table, num, found);
    for (row = 0; row < num && !rc; row++)
        rc = get_member(m, object, found[row], &table[row], into);
    return rc;
}

static void put_list(vnuma__json *json, const vnuma__member *member,
                     const void *from, const void *context)
{
    unsigned int num, i;
    const char *item;

    memcpy(&item, (const char *)from + member->at, sizeof(item));
    memcpy(&num, (const char *)from + member->num_at, sizeof(num));
    vnuma__json_add_array(json, member->key);
    for (i = 0; i < num; i++, item += member->size) {
        vnuma__json_map(json);
        if (member->number)
            vnuma__json_add_uint(json, member->number, i);
        vnuma__members_put_with(json, member->table, item, context);
        vnuma__json_end_map(json);
    }
    vnuma__json_end_array(json);
}

static void put_member(vnuma__json *json, const vnuma__member *member,
                       const void *from, const void *context)
{
    const void *at = (const char *)from + member->at;

    switch (member->type) {
    case VNUMA__IS_BOOLEAN:
        vnuma__json_add_bool(json, member->key, *(const bool *)at);
        break;
    case VNUMA__IS_ID:
        vnuma__json_add_known(json, member->key, *(const uint32_t *)at,
                              VNUMA_ID_UNKNOWN);
        break;
    case VNUMA__IS_NUMBER:
        if (member->unknown)
            vnuma__json_add_known(json, member->key, *(const uint64_t *)at,
                                  member->unknown);
        else
            vnuma__json_add_uint(json, member->key, *(const uint64_t *)at);
        break;
    case VNUMA__IS_SET:
        vnuma__json_set(json, member->key, at);
        break;
    case VNUMA__IS_STRING:
        vnuma__json_add_string(json, member->key, *(char *const *)at);
        break;
    case VNUMA__IS_WORD:
        vnuma__json_add_string(json, member->key,
                               member->words[*(const unsigned int *)at]);
        break;
    case VNUMA__IS_LIST:
        put_list(json, member, from, context);
        break;
    case VNUMA__IS_WRITTEN:
        member->put(json, from, context);
        break;
    case VNUMA__IS_VALUE:;
    }
}

void vnuma__members_put_with(vnuma__json *json, const vnuma__member *table,
                             const void *from, const void *context)
{
    for (; table->key; table++)
        if (!table->is_written || table->is_written(from))
            put_member(json, table, from, context);
}

void vnuma__members_put(vnuma__json *json, const vnuma__member *table,
                        const void *from)
{
    vnuma__members_put_with(json, table, from, NULL);
}
