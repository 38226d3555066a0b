/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the beginning of a saved guest; see saved.h. */
#include "config.h"

#include "run/saved.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "cli/cli.h"

void saved_init(saved *s)
{
    memset(s, 0, sizeof(*s));
}

void saved_dispose(saved *s)
{
    free(s->optional);
    vnuma__save_config_dispose(&s->config);
    vnuma_record_free(s->record);
    saved_init(s);
}

/* Reads all @len bytes; VNUMA_ERROR_CONFIG if the file ends before. */
static int read_all(int fd, void *bytes, size_t len, const char *what,
                    vnuma_diags *diags)
{
    char *p = bytes;
    size_t done = 0;
    ssize_t r;

    while (done < len) {
        r = read(fd, p + done, len - done);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return VNUMA_ERROR_IO;
        if (!r) {
            vnuma__error(diags, "save-truncated", VNUMA__NOWHERE,
                         "the saved guest is cut off in %s: %zu of %zu bytes "
                         "are there",
                         what, done, len);
            return VNUMA_ERROR_CONFIG;
        }
        done += (size_t)r;
    }
    return 0;
}

static int read_record(saved *s, vnuma_diags *diags)
{
    const char *extra = (const char *)s->optional + s->head.extra_at;
    uint32_t len = s->head.extra_len;

    /* It may be something else, of another program. */
    if (!len || !vnuma_record_is_text(extra, len))
        return 0;
    return vnuma_record_parse(extra, len, &s->record, diags);
}

static int read_beginning(saved *s, int fd, vnuma_diags *diags)
{
    int rc;

    rc = read_all(fd, s->header, sizeof(s->header), "its header", diags);
    if (!rc)
        rc = vnuma__save_read_header(s->header, &s->head, diags);
    if (rc)
        return rc;
    s->optional = malloc((size_t)s->head.optional_len + 1);
    if (!s->optional)
        return VNUMA_ERROR_NOMEM;
    rc = read_all(fd, s->optional, s->head.optional_len,
                  "the guest's configuration", diags);
    if (!rc)
        rc = vnuma__save_read_optional(s->optional, &s->head, diags);
    if (!rc && s->head.is_json && s->head.config_len)
        rc = vnuma__save_read_config(s->optional + s->head.config_at,
                                     s->head.config_len, &s->config, diags);
    return rc ? rc : read_record(s, diags);
}

/*
 * The part of a file that was read last.  libxc's stream lists a million page
 * numbers, 1,024 a record, so the next record is mostly in the same part.
 */
typedef struct {
    int fd;
    uint64_t at;
    size_t len;
    uint8_t bytes[1 << 16];
} window;

static int fill(window *w, uint64_t offset, size_t len)
{
    ssize_t r;

    w->at = offset;
    w->len = 0;
    while (w->len < len) {
        r = pread(w->fd, w->bytes + w->len, sizeof(w->bytes) - w->len,
                  (off_t)(offset + w->len));
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            return VNUMA_ERROR_IO;
        w->len += (size_t)r;
    }
    return 0;
}

static int read_at(void *user, uint64_t offset, void *bytes_r, size_t len)
{
    window *w = user;
    size_t part;
    char *p;
    int rc;

    for (p = bytes_r; len; p += part, offset += part, len -= part) {
        part = len < sizeof(w->bytes) ? len : sizeof(w->bytes);
        if (offset < w->at || offset - w->at > w->len ||
            w->len - (offset - w->at) < part) {
            rc = fill(w, offset, part);
            if (rc)
                return rc;
        }
        memcpy(p, w->bytes + (offset - w->at), part);
    }
    return 0;
}

static int check_rest(const saved *s, int fd, uint64_t size,
                      vnuma_diags *diags)
{
    window w = { .fd = fd };
    vnuma__save_input input = { .size = size, .read = read_at, .user = &w };

    /* xl converts streams of Xen before 4.6 first. */
    if (!s->head.is_stream_v2)
        return 0;
    return vnuma__save_check_stream(
        &input, VNUMA__SAVE_HEADER_LEN + (uint64_t)s->head.optional_len,
        diags);
}

static int say(int rc, const char *what, vnuma_diags *diags)
{
    int saved_errno = errno;

    cli_print_diags(diags);
    if (rc == VNUMA_ERROR_IO)
        return cli_fail(CLI_ENVIRONMENT, "%s: %s", what,
                        strerror(saved_errno));
    if (rc == VNUMA_ERROR_NOMEM)
        return cli_fail(CLI_ENVIRONMENT, "%s: no memory to read it", what);
    return rc ? cli_fail(cli_code(rc), "%s: no guest can be restored from it",
                         what)
              : CLI_OK;
}

int saved_read_file(saved *s, const char *path)
{
    vnuma_diags diags;
    struct stat st;
    int fd, rc;

    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st)) {
        cli_fail(CLI_ENVIRONMENT, "%s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return CLI_ENVIRONMENT;
    }
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) {
        close(fd);
        return cli_fail(CLI_ENVIRONMENT,
                        "%s: must be a file that can be read twice, here and "
                        "then by xl",
                        path);
    }
    vnuma_diags_init(&diags);
    rc = read_beginning(s, fd, &diags);
    if (!rc && S_ISREG(st.st_mode))
        rc = check_rest(s, fd, (uint64_t)st.st_size, &diags);
    rc = say(rc, path, &diags);
    vnuma_diags_dispose(&diags);
    close(fd);
    return rc;
}

int saved_read_stream(saved *s, int fd)
{
    vnuma_diags diags;
    int code;

    vnuma_diags_init(&diags);
    code = say(read_beginning(s, fd, &diags), "incoming guest", &diags);
    vnuma_diags_dispose(&diags);
    return code;
}
