/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the beginning of a saved guest; see saved.h. */
#include "config.h"

#include "run/saved.h"

#include <errno.h>
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
        if (!r)
            return vnuma__fail(
                diags, VNUMA_ERROR_CONFIG, "save-truncated",
                "the saved guest is cut off in %s: %zu of %zu bytes "
                "are there",
                what, done, len);
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
 * libxc's stream lists a million page numbers, 1,024 a record, so the next
 * record is mostly in the buffer, and seeking does not leave it.
 */
#define BUFFER_SIZE (1 << 16)

static int read_at(void *user, uint64_t offset, void *bytes_r, size_t len)
{
    return fseeko(user, (off_t)offset, SEEK_SET) ||
                   fread(bytes_r, 1, len, user) != len
               ? VNUMA_ERROR_IO
               : 0;
}

static int check_rest(const saved *s, FILE *f, uint64_t size,
                      vnuma_diags *diags)
{
    vnuma__save_input input = { .size = size, .read = read_at, .user = f };

    /* xl converts streams of Xen before 4.6 first. */
    if (!s->head.is_stream_v2)
        return 0;
    setvbuf(f, NULL, _IOFBF, BUFFER_SIZE);
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
    FILE *f = fopen(path, "re");
    int rc;

    if (!f || fstat(fileno(f), &st)) {
        cli_fail(CLI_ENVIRONMENT, "%s: %s", path, strerror(errno));
        if (f)
            fclose(f);
        return CLI_ENVIRONMENT;
    }
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) {
        fclose(f);
        return cli_fail(CLI_ENVIRONMENT,
                        "%s: must be a file that can be read twice, here and "
                        "then by xl",
                        path);
    }
    vnuma_diags_init(&diags);
    rc = read_beginning(s, fileno(f), &diags);
    if (!rc && S_ISREG(st.st_mode))
        rc = check_rest(s, f, (uint64_t)st.st_size, &diags);
    rc = say(rc, path, &diags);
    vnuma_diags_dispose(&diags);
    fclose(f);
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
