/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the beginning of a saved guest; see saved.h. */
#include "config.h"

#include "record/saved.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"

void vnuma__saved_dispose(vnuma__saved *s)
{
    free(s->optional);
    vnuma__save_config_dispose(&s->config);
    vnuma_record_free(s->record);
    *s = (vnuma__saved){ 0 };
}

/* Reads all @len bytes; VNUMA_ERROR_CONFIG if the file ends before. */
static int read_all(vnuma__saved *s, int fd, void *bytes, size_t len,
                    const char *what, vnuma_diags *diags)
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
        s->num_read += (size_t)r;
    }
    return 0;
}

/* What is there may be something else, of another program. */
static bool has_record(const vnuma__saved *s)
{
    return s->head.extra_len &&
           vnuma_record_is_text((const char *)s->optional + s->head.extra_at,
                                s->head.extra_len);
}

int vnuma__saved_read(vnuma__saved *s, int fd, vnuma_diags *diags)
{
    int rc;

    rc = read_all(s, fd, s->header, sizeof(s->header), "its header", diags);
    if (!rc)
        rc = vnuma__save_read_header(s->header, &s->head, diags);
    if (rc)
        return rc;
    s->optional = malloc((size_t)s->head.optional_len + 1);
    if (!s->optional)
        return VNUMA_ERROR_NOMEM;
    rc = read_all(s, fd, s->optional, s->head.optional_len,
                  "the guest's configuration", diags);
    if (!rc)
        rc = vnuma__save_read_optional(s->optional, &s->head, diags);
    if (!rc && s->head.is_json && s->head.config_len)
        rc = vnuma__save_read_config(s->optional + s->head.config_at,
                                     s->head.config_len, &s->config, diags);
    if (!rc && has_record(s))
        rc = vnuma_record_parse((const char *)s->optional + s->head.extra_at,
                                s->head.extra_len, &s->record, diags);
    return rc;
}

bool vnuma__saved_has_vnuma(const vnuma__saved *s)
{
    /* Set when all that is before it was read. */
    return s->config.has_vnuma || has_record(s);
}
