/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Quoting: between single quotes a shell takes everything as it stands. */
#include "config.h"

#include "cli/shell.h"

#include <stdio.h>
#include <stdlib.h>

char *shell_quote(const char *text)
{
    char *quoted = NULL;
    size_t size;
    FILE *f;

    f = open_memstream(&quoted, &size);
    if (!f)
        return NULL;
    putc('\'', f);
    for (; *text; text++)
        if (*text == '\'')
            fputs("'\\''", f);
        else
            putc(*text, f);
    putc('\'', f);
    if (fclose(f)) {
        free(quoted);
        return NULL;
    }
    return quoted;
}
