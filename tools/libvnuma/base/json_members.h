/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Members of JSON objects into members of structs, and back, by a table that
 * serves for both.  Lists are of objects, which have a table of their own.
 */
#ifndef VNUMA_JSON_MEMBERS_H
#define VNUMA_JSON_MEMBERS_H

#include "base/json_reader.h"
#include "base/json_writer.h"

typedef struct {
    vnuma_diags *diags;
    const char *id; /* of what is reported */
} vnuma__members;

typedef struct vnuma__member vnuma__member;

/* A member of an object, and of the struct that it goes into. */
struct vnuma__member {
    const char *key; /* NULL: the table ends */
    enum {
        VNUMA__IS_BOOLEAN, /* bool; what is none is false */
        VNUMA__IS_ID,      /* uint32_t; VNUMA_ID_UNKNOWN when it is missing */
        VNUMA__IS_NUMBER,  /* uint64_t */
        VNUMA__IS_SET,     /* vnuma_bitmap */
        VNUMA__IS_STRING,  /* char *, owned */
        VNUMA__IS_WORD,    /* an enumeration: one of some words */
        VNUMA__IS_LIST,    /* of structs, owned; NULL when it is missing */
        VNUMA__IS_WRITTEN, /* by put(), and never read */
        VNUMA__IS_VALUE,   /* borrowed from the tree, or NULL; never written */
    } type;
    size_t at;
    uint64_t max;       /* of an ID or a NUMBER */
    uint64_t unknown;   /* a NUMBER that is missing; written as null if not 0;
                         or a WORD that is missing */
    const char *absent; /* a STRING that is missing */
    bool is_required;   /* an ID that must be there */
    const char *const *words; /* of a WORD; NULL ends them */
    const char *wrong; /* what is wrong with another WORD; with an item of a
                          LIST that is no object, or NULL */
    /* Of a LIST: */
    const vnuma__member *table;
    size_t size;        /* bytes of an item */
    size_t num_at;      /* how many there are, an unsigned int */
    const char *number; /* key of an item's place in it, or NULL */
    const char *twice;  /* what is wrong with two that begin with the same ID,
                           or NULL */
    void (*put)(vnuma__json *json, const void *from, const void *context);
    bool (*is_written)(const void *from); /* or NULL: always */
};

/* Reports what is wrong with a value; returns VNUMA_ERROR_HOST. */
int vnuma__members_bad(const vnuma__members *m,
                       const vnuma__jsondoc_value *value, const char *what);
/* Returns 0, VNUMA_ERROR_HOST (reported) or VNUMA_ERROR_NOMEM. */
int vnuma__members_read(const vnuma__members *m,
                        const vnuma__jsondoc_value *object,
                        const vnuma__member *table, void *into);
void vnuma__members_put(vnuma__json *json, const vnuma__member *table,
                        const void *from);
/* @context: for put() */
void vnuma__members_put_with(vnuma__json *json, const vnuma__member *table,
                             const void *from, const void *context);

/* Reads a number up to @max: whether the value is one. */
bool vnuma__members_number(const vnuma__jsondoc_value *value, uint64_t max,
                           uint64_t *number_r);

#endif
