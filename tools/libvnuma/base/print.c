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

FILE *vnuma__print_begin(vnuma__print *print)
{
    *print = (vnuma__print){ .text = NULL };
    print->f = fopencookie(print, "w",
                           (cookie_io_functions_t){ .write = keep_bytes });
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

void vnuma__print_quoted(const char *text, FILE *f)
{
    fputc('"', f);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', f);
        fputc(*text, f);
    }
    fputc('"', f);
}
