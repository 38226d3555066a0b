/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as what xenstored answers to the front, which asks it by its
 * protocol alone.  A value is only what was answered, and has an end.
 */
#include "config.h"

#define ROOT ""
#include "front/guest.c"

#define FUZZ_CORPUS "xenstore"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char value[XENSTORE_MAX], question[65536];
    static int ends[2];
    FILE *xenstore;
    bool has;

    /* More than a socket holds is more than is read. */
    if (size > 16384)
        return 0;
    FUZZ_ASSERT(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    xenstore = fdopen(ends[0], "r");
    FUZZ_ASSERT(xenstore);
    FUZZ_ASSERT(write(ends[1], data, size) == (ssize_t)size);
    FUZZ_ASSERT(!shutdown(ends[1], SHUT_WR));
    has = xenstore_read(xenstore, 3, "name", value);
    FUZZ_ASSERT(!has || (size >= sizeof(head) + strlen(value) &&
                         strlen(value) < XENSTORE_MAX));
    is_domain(xenstore, "guest", 3);
    FUZZ_ASSERT(read(ends[1], question, sizeof(question)) > 0);
    FUZZ_ASSERT(!strcmp(question + sizeof(head), "/local/domain/3/name"));
    fclose(xenstore);
    close(ends[1]);
    return 0;
}
