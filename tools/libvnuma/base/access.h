/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bodies that many public functions of objects share: reading a member,
 * making an object and freeing it.  What each does is said in include/.
 */
#ifndef VNUMA_ACCESS_H
#define VNUMA_ACCESS_H

#include <stdlib.h>

/* A function that reads an object; @value is an expression of it. */
#define VNUMA__READER(type, name, owner, value)                               \
    type name(const owner *object)                                            \
    {                                                                         \
        return object->value;                                                 \
    }

/* The same for a member that is an object itself; borrowed. */
#define VNUMA__PART_READER(type, name, owner, member)                         \
    const type *name(const owner *object)                                     \
    {                                                                         \
        return &object->member;                                               \
    }

/* The same for one of its items; @value is an expression of index. */
#define VNUMA__ITEM_READER(type, name, owner, value)                          \
    type name(const owner *object, unsigned int index)                        \
    {                                                                         \
        return value;                                                         \
    }

/* OWNER_num_ITEMs() and OWNER_ITEM_at(), which borrows. */
#define VNUMA__LIST_READERS(type, owner, item)                                \
    VNUMA__READER(unsigned int, owner##_num_##item##s, owner, num_##item##s)  \
    VNUMA__ITEM_READER(const type *, owner##_##item##_at, owner,              \
                       &object->item##s[index])

#define VNUMA__FREE(owner, dispose)                                           \
    void owner##_free(owner *object)                                          \
    {                                                                         \
        if (object)                                                           \
            dispose(object);                                                  \
        free(object);                                                         \
    }

/*
 * The body of a function that makes an object, by a call that fills in @made;
 * with the error @kept (or 0) it is the caller's all the same.
 */
#define VNUMA__MAKE(object_r, call, kept)                                     \
    __typeof__(*(object_r)) made = calloc(1, sizeof(*made));                  \
    int rc = made ? (call) : VNUMA_ERROR_NOMEM;                               \
                                                                              \
    if (rc && rc != (kept))                                                   \
        free(made);                                                           \
    else                                                                      \
        *(object_r) = made;                                                   \
    return rc

#endif
