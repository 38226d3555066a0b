/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In the place of cli.c: the last message of what is tested. */
#ifndef VNUMA_TEST_SAID_H
#define VNUMA_TEST_SAID_H

#include <stdarg.h>

#include "cli/cli.h"

static char said[4096];

int cli_fail(int code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(said, sizeof(said), format, args);
    va_end(args);
    return code;
}

#endif
