/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libc is not instrumented.  What it wrote to the buffer of a stream is taken
 * for written only when the stream is closed, so a text that is longer than
 * the buffer (base/print.c) would be a finding.
 */
#define _GNU_SOURCE
#undef fopencookie
#include <stdio.h>

#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>

static cookie_write_function_t *real_write; /* all streams have the same */

static ssize_t write_known(void *cookie, const char *bytes, size_t len)
{
    __msan_unpoison(bytes, len);
    return real_write(cookie, bytes, len);
}

FILE *fuzz_fopencookie(void *cookie, const char *mode,
                       cookie_io_functions_t functions)
{
    real_write = functions.write;
    functions.write = write_known;
    return fopencookie(cookie, mode, functions);
}
#endif
