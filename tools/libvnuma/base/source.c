/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Texts and places in them: reads a file or standard input whole, appends the
 * command line's settings as xl does, and turns a span into line and column.
 */
#include "config.h"

#include "vnuma.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

#define READ_SIZE 16384u

void vnuma_source_init(vnuma_source *source)
{
    memset(source, 0, sizeof(*source));
}

void vnuma_source_dispose(vnuma_source *source)
{
    int saved_errno = errno;

    free(source->name);
    free(source->text);
    vnuma_source_init(source);
    errno = saved_errno;
}

static int too_big(void)
{
    errno = EFBIG;
    return VNUMA_ERROR_IO;
}

/* @text: owned, and has room for one byte more; NULL: there is no memory */
static int take(vnuma_source *source, const char *name, char *text, size_t len)
{
    vnuma_source taken = { .name = strdup(name), .text = text };

    if (!taken.name || !text) {
        vnuma_source_dispose(&taken);
        return VNUMA_ERROR_NOMEM;
    }
    text[len] = '\0';
    taken.len = taken.extra = len;
    vnuma_source_dispose(source);
    *source = taken;
    return 0;
}

int vnuma_source_set(vnuma_source *source, const char *name, const char *text,
                     size_t len)
{
    char *copy;

    if (len > VNUMA_SOURCE_MAX)
        return too_big();
    copy = malloc(len + 1);
    if (copy && len)
        memcpy(copy, text, len);
    return take(source, name, copy, len);
}

/*
 * Reads until the end, not until the file's size: it may be a pipe, a file in
 * /proc, or growing.  Of a text that is too long only the beginning is read.
 */
static int read_all(int fd, char **text_r, size_t *len_r)
{
    char *text = NULL, *larger;
    size_t len = 0, room = 0;
    ssize_t r;

    do {
        if (len == room) {
            room = room ? 2 * room : READ_SIZE;
            larger = realloc(text, room + 1);
            if (!larger) {
                free(text);
                return VNUMA_ERROR_NOMEM;
            }
            text = larger;
        }
        r = read(fd, text + len, room - len);
        len += r > 0 ? (size_t)r : 0;
    } while (r < 0 ? errno == EINTR : r && len <= VNUMA_SOURCE_MAX);
    if (r < 0 || len > VNUMA_SOURCE_MAX) {
        free(text);
        return r < 0 ? VNUMA_ERROR_IO : too_big();
    }
    *text_r = text;
    *len_r = len;
    return 0;
}

int vnuma__source_read_fd(vnuma_source *source, const char *name, int fd)
{
    char *text;
    size_t len;
    int rc = read_all(fd, &text, &len);

    return rc ? rc : take(source, name, text, len);
}

int vnuma_source_read(vnuma_source *source, const char *path)
{
    bool is_stdin = !strcmp(path, "-");
    int fd = STDIN_FILENO, saved_errno, rc;

    if (!is_stdin)
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return VNUMA_ERROR_IO;
    rc = vnuma__source_read_fd(source, is_stdin ? "<stdin>" : path, fd);
    saved_errno = errno;
    if (!is_stdin)
        close(fd);
    errno = saved_errno;
    return rc;
}

/*
 * Looked at without being opened, so what is in its place may be anything.
 * What Linux makes when it is read has no size: /proc/kmsg, which waits, and
 * takes what it gives from others.
 */
static int open_regular(const char *path)
{
    int found = open(path, O_PATH | O_CLOEXEC), fd = -1, saved_errno;
    char again[32];
    struct stat st = { .st_mode = 0 }; /* of no kind, if it cannot be told */

    if (found < 0)
        return -1;
    errno = 0;
    fstat(found, &st);
    if (S_ISREG(st.st_mode)) {
        snprintf(again, sizeof(again), "/proc/self/fd/%d", found);
        fd = open(st.st_size ? again : "/dev/null", O_RDONLY | O_CLOEXEC);
    }
    saved_errno = errno;
    close(found);
    errno = saved_errno;
    return fd;
}

int vnuma__source_read_regular(vnuma_source *source, const char *path)
{
    int fd = open_regular(path), saved_errno, rc;

    if (fd < 0)
        return VNUMA_ERROR_IO;
    rc = vnuma__source_read_fd(source, path, fd);
    saved_errno = errno;
    close(fd);
    errno = saved_errno;
    return rc;
}

/* Appends before, then text, then a newline. */
static int append(vnuma_source *source, const char *before, const char *text)
{
    size_t before_len = strlen(before), len = strlen(text);
    char *bigger, *end;

    if (len > VNUMA_SOURCE_MAX ||
        source->len + before_len + len + 1 > VNUMA_SOURCE_MAX)
        return too_big();
    bigger = realloc(source->text, source->len + before_len + len + 2);
    if (!bigger)
        return VNUMA_ERROR_NOMEM;
    source->text = bigger;
    end = mempcpy(bigger + source->len, before, before_len);
    end = mempcpy(end, text, len);
    *end++ = '\n';
    *end = '\0';
    source->len = end - bigger;
    return 0;
}

static bool has_extra(const vnuma_source *source)
{
    return source->extra < source->len;
}

int vnuma_source_append(vnuma_source *source, const char *setting)
{
    bool is_first = !has_extra(source);
    uint32_t file_len = source->len;
    int rc = append(source, is_first ? "\n" : "", setting);

    if (!rc && is_first)
        source->extra = file_len + 1;
    return rc;
}

int vnuma_source_append_end(vnuma_source *source)
{
    return has_extra(source) ? append(source, "", "") : 0;
}

void vnuma_span_locate(vnuma_span span, const char **name_r, uint32_t *line_r,
                       uint32_t *column_r)
{
    const vnuma_source *source = span.source;
    const char *p, *line, *at;
    char separator = source && source->is_arguments ? '\0' : '\n';

    if (!source) {
        *name_r = NULL;
        *line_r = *column_r = 0;
        return;
    }
    assert(span.start <= source->len);
    at = source->text + span.start;
    if (has_extra(source) && span.start >= source->extra) {
        *name_r = "<command line>";
        line = source->text + source->extra;
    } else {
        *name_r = source->name;
        line = source->text;
    }
    /* The first is the program, unless it is an option. */
    *line_r = !source->is_arguments || *line == '-';
    while ((p = memchr(line, separator, at - line))) {
        (*line_r)++;
        line = p + 1;
    }
    *column_r = at - line + 1;
}
