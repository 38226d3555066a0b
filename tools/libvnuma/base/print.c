/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A text that is written like a file. */
#include "config.h"

#include "base/print.h"

#include <stdlib.h>

FILE *vnuma__print_begin(vnuma__print *print)
{
    print->text = NULL;
    print->f = open_memstream(&print->text, &print->size);
    return print->f;
}

char *vnuma__print_end(vnuma__print *print, bool failed)
{
    failed |= ferror(print->f) != 0;
    failed |= fclose(print->f) != 0;
    if (!failed)
        return print->text;
    free(print->text);
    return NULL;
}
