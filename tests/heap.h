/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A heap that can fail and that is measured: malloc() and its family for the
 * whole program, libc's own use of it included.  For one .c file of a program.
 * Under a sanitizer, which has a heap of its own, nothing fails and nothing is
 * measured: heap_is_ours() is false.
 */
#ifndef HEAP_H
#define HEAP_H

#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static volatile unsigned int heap_calls; /* since the last heap_start() */
static unsigned int heap_fail; /* the call that fails, from 1; 0: none */
static bool heap_fail_rest;    /* and all after it */
/* volatile: compilers know that malloc() changes no variable */
static volatile size_t heap_bytes, heap_peak;

static inline void heap_start(unsigned int fail, bool fail_rest)
{
    heap_calls = 0;
    heap_fail = fail;
    heap_fail_rest = fail_rest;
    heap_peak = heap_bytes;
}

static inline void heap_stop(void)
{
    heap_fail = 0;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    !defined(__GLIBC__)

static inline bool heap_is_ours(void)
{
    return false;
}

#else

static inline bool heap_is_ours(void)
{
    return true;
}

/* libc has to find them. */
#define HEAP_EXPORT __attribute__((visibility("default")))

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t num, size_t size);
void *__libc_realloc(void *ptr, size_t size);
void __libc_free(void *ptr);

static bool heap_fails(void)
{
    heap_calls++;
    if (!heap_fail || heap_calls < heap_fail ||
        (heap_calls > heap_fail && !heap_fail_rest))
        return false;
    errno = ENOMEM;
    return true;
}

static void *heap_count(void *ptr)
{
    if (ptr)
        heap_bytes += malloc_usable_size(ptr);
    if (heap_bytes > heap_peak)
        heap_peak = heap_bytes;
    return ptr;
}

HEAP_EXPORT void *malloc(size_t size)
{
    return heap_fails() ? NULL : heap_count(__libc_malloc(size));
}

HEAP_EXPORT void *calloc(size_t num, size_t size)
{
    return heap_fails() ? NULL : heap_count(__libc_calloc(num, size));
}

HEAP_EXPORT void *realloc(void *ptr, size_t size)
{
    size_t before = ptr ? malloc_usable_size(ptr) : 0;
    void *moved;

    if (heap_fails())
        return NULL;
    moved = __libc_realloc(ptr, size);
    if (moved)
        heap_bytes -= before;
    return heap_count(moved);
}

/* glibc's own does not come here. */
HEAP_EXPORT void *reallocarray(void *ptr, size_t num, size_t size)
{
    if (size && num > SIZE_MAX / size) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(ptr, num * size);
}

HEAP_EXPORT void free(void *ptr)
{
    int saved_errno = errno;

    if (ptr)
        heap_bytes -= malloc_usable_size(ptr);
    __libc_free(ptr);
    errno = saved_errno;
}

#endif
#endif
