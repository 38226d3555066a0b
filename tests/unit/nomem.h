/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a step with no memory at each of its allocations. */
#ifndef VNUMA_NOMEM_H
#define VNUMA_NOMEM_H

#include "vnuma.h"

#include "heap.h"
#include "tap.h"

/* Zero is what every _init leaves. */
static inline bool is_zero(const void *ptr, size_t size)
{
    const char *bytes = ptr;
    size_t i;

    for (i = 0; i < size; i++)
        if (bytes[i])
            return false;
    return true;
}

#define CHECK_NOTHING_LEFT(rc, object)                                        \
    CHECK((rc) != VNUMA_ERROR_NOMEM || is_zero(&(object), sizeof(object)))

/* What a step runs returns rc, or for a text whether it came. */
typedef int nomem_step(void);

static inline int text_came(char *text)
{
    int rc = text ? 0 : VNUMA_ERROR_NOMEM;

    free(text);
    return rc;
}

static inline void run_with_each_failing(nomem_step *step, bool fail_rest)
{
    int rc, wanted = step(); /* libc's own first use is not counted */
    unsigned int n, num_calls;
    size_t before;

    heap_start(0, false);
    CHECK_INT(step(), wanted);
    num_calls = heap_calls;
    CHECK(num_calls > 0 || !heap_is_ours());
    for (n = 1; n <= num_calls; n++) {
        before = heap_bytes;
        heap_start(n, fail_rest);
        rc = step();
        heap_stop();
        /* Losing a diagnostic or a reason is no failure. */
        if (rc != VNUMA_ERROR_NOMEM && rc != wanted)
            TAP_DIAG("allocation %u: %d", n, rc);
        CHECK(rc == VNUMA_ERROR_NOMEM || rc == wanted);
        CHECK_UINT(heap_bytes, before);
    }
    printf("# %u allocations, each failed\n", num_calls);
}

#endif
