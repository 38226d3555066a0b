/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between single quotes a shell takes every other character literally. */
#include "config.h"

#include "cli/cli.h"

#include "base/print.h"

char *shell_quote(const char *text)
{
    vnuma__print out;
    FILE *f;

    f = vnuma__print_begin(&out);
    if (!f)
        return NULL;
    putc('\'', f);
    for (; *text; text++)
        if (*text == '\'')
            fputs("'\\''", f);
        else
            putc(*text, f);
    putc('\'', f);
    return vnuma__print_end(&out, false);
}
