/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A text that is written like a file.  Not by open_memstream(): in glibc it
 * loses what there is no memory for, and neither ferror() nor fclose() says so.
 */
#include "config.h"

#include "base/print.h"

#include <stdlib.h>
#include <string.h>

/* Less than @len bytes tell stdio of an error, for ferror(). */
static ssize_t keep_bytes(void *cookie, const char *bytes, size_t len)
{
    vnuma__print *print = cookie;
    size_t needed = print->size + len + 1;
    char *text;

    if (needed > print->room) {
        text = realloc(print->text, 2 * needed);
        if (!text)
            return 0;
        print->text = text;
        print->room = 2 * needed;
    }
    memcpy(print->text + print->size, bytes, len);
    print->size += len;
    print->text[print->size] = '\0';
    return (ssize_t)len;
}

/* For ftell(): how much has come so far. */
static int find_end(void *cookie, off64_t *offset, int whence)
{
    vnuma__print *print = cookie;

    if (*offset || whence == SEEK_SET)
        return -1;
    *offset = (off64_t)print->size;
    return 0;
}

FILE *vnuma__print_begin(vnuma__print *print)
{
    const cookie_io_functions_t calls = { .write = keep_bytes,
                                          .seek = find_end };

    *print = (vnuma__print){ .text = NULL };
    print->f = fopencookie(print, "w", calls);
    return print->f;
}

char *vnuma__print_end(vnuma__print *print, bool failed)
{
    failed |= ferror(print->f) != 0;
    failed |= fclose(print->f) != 0;
    if (!failed)
        return print->text ? print->text : strdup("");
    free(print->text);
    return NULL;
}
