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
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_SIZE 65536u

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

int vnuma_source_set(vnuma_source *source, const char *name, const char *text,
                     size_t len)
{
    vnuma_source copy;

    if (len > VNUMA_SOURCE_MAX)
        return too_big();
    vnuma_source_init(&copy);
    copy.name = strdup(name);
    copy.text = malloc(len + 1);
    if (!copy.name || !copy.text) {
        vnuma_source_dispose(&copy);
        return VNUMA_ERROR_NOMEM;
    }
    if (len)
        memcpy(copy.text, text, len);
    copy.text[len] = '\0';
    copy.len = copy.extra = len;
    vnuma_source_dispose(source);
    *source = copy;
    return 0;
}

/* *size_r is how much to ask for first: the file's size if it has one. */
static int open_file(const char *path, int *fd_r, size_t *size_r)
{
    struct stat st;

    *fd_r = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
                              : STDIN_FILENO;
    if (*fd_r < 0 || fstat(*fd_r, &st))
        return VNUMA_ERROR_IO;
    if (S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return VNUMA_ERROR_IO;
    }
    if (S_ISREG(st.st_mode) && st.st_size > (off_t)VNUMA_SOURCE_MAX)
        return too_big();
    *size_r = S_ISREG(st.st_mode) ? (size_t)st.st_size : READ_SIZE;
    return 0;
}

/*
 * Reads until the end, not until the file's size: it may be a pipe, a file in
 * /proc, or growing.
 */
static int read_all(int fd, size_t size, char **text_r, size_t *len_r)
{
    char *text = NULL, *bigger;
    size_t len = 0, room = 0;
    ssize_t r;

    size++; /* one more byte, so that read() meets the end */
    do {
        if (len == room) {
            room = room ? 2 * room : size;
            bigger = realloc(text, room + 1);
            if (!bigger) {
                free(text);
                return VNUMA_ERROR_NOMEM;
            }
            text = bigger;
        }
        r = read(fd, text + len, room - len);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0) {
            free(text);
            return VNUMA_ERROR_IO;
        }
        len += r;
        if (len > VNUMA_SOURCE_MAX) {
            free(text);
            return too_big();
        }
    } while (r);

    bigger = realloc(text, len + 1);
    if (bigger)
        text = bigger;
    text[len] = '\0';
    *text_r = text;
    *len_r = len;
    return 0;
}

int vnuma_source_read(vnuma_source *source, const char *path)
{
    int fd = -1, saved_errno, rc;
    vnuma_source fresh;
    size_t size, len;

    vnuma_source_init(&fresh);
    rc = open_file(path, &fd, &size);
    if (rc)
        goto out;
    rc = read_all(fd, size, &fresh.text, &len);
    if (rc)
        goto out;
    fresh.name = strdup(strcmp(path, "-") ? path : "<stdin>");
    if (!fresh.name) {
        rc = VNUMA_ERROR_NOMEM;
        goto out;
    }
    fresh.len = fresh.extra = len;
    vnuma_source_dispose(source);
    *source = fresh;
    vnuma_source_init(&fresh);

out:
    saved_errno = errno;
    if (fd > STDERR_FILENO || (fd >= 0 && strcmp(path, "-")))
        close(fd);
    vnuma_source_dispose(&fresh);
    errno = saved_errno;
    return rc;
}

/* Appends before, then text, then a newline. */
static int append(vnuma_source *source, const char *before, const char *text)
{
    size_t before_len = strlen(before), len = strlen(text);
    char *bigger;

    if (len > VNUMA_SOURCE_MAX ||
        source->len + before_len + len + 1 > VNUMA_SOURCE_MAX)
        return too_big();
    bigger = realloc(source->text, source->len + before_len + len + 2);
    if (!bigger)
        return VNUMA_ERROR_NOMEM;
    source->text = bigger;
    memcpy(bigger + source->len, before, before_len);
    source->len += before_len;
    memcpy(bigger + source->len, text, len);
    source->len += len;
    bigger[source->len++] = '\n';
    bigger[source->len] = '\0';
    return 0;
}

static bool has_extra(const vnuma_source *source)
{
    return source->extra < source->len;
}

int vnuma_source_append(vnuma_source *source, const char *setting)
{
    uint32_t file_len = source->len;
    int rc;

    if (has_extra(source))
        return append(source, "", setting);
    rc = append(source, "\n", setting);
    source->extra = rc ? source->len : file_len + 1;
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
    *line_r = 1;
    while ((p = memchr(line, '\n', at - line))) {
        (*line_r)++;
        line = p + 1;
    }
    *column_r = at - line + 1;
}
