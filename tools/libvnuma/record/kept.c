/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file with the places that guests had; see kept.h. */
#include "config.h"

#include "record/kept.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/store.h"

const char *vnuma__kept_dir(void)
{
    /* Set for programs that run from the build tree. */
    const char *dir = getenv("XL_VNUMA_KEPT");

    return dir ? dir : "/var/lib/xl-vnuma";
}

static int read_file(vnuma_source *source)
{
    int rc = vnuma__store_read(vnuma__kept_dir(), VNUMA__KEPT_FILE, source);

    return rc == VNUMA_ERROR_IO && errno == ENOENT ? 0 : rc;
}

int vnuma__kept_read(vnuma_source *source, vnuma__homes *homes_r,
                     vnuma_diags *diags)
{
    int rc;

    *homes_r = (vnuma__homes){ 0 };
    rc = read_file(source);
    if (!rc)
        rc = vnuma__homes_read(source, homes_r, diags);
    return rc;
}

int vnuma__kept_add(const char *uuid, const char *name,
                    const vnuma__lived *lived)
{
    /* Others have it for milliseconds. */
    int fd = vnuma__store_lock(vnuma__kept_dir(), 2000);
    vnuma_source source = { 0 };
    char *text = NULL;
    int rc = fd < 0 ? VNUMA_ERROR_IO : read_file(&source), saved_errno;

    if (!rc) {
        text =
            vnuma__homes_add(&source, uuid, name, lived, (uint64_t)time(NULL));
        rc = text ? vnuma__store_write(vnuma__kept_dir(), VNUMA__KEPT_FILE,
                                       text)
                  : VNUMA_ERROR_NOMEM;
    }
    saved_errno = errno;
    free(text);
    vnuma_source_dispose(&source);
    if (fd >= 0)
        close(fd);
    errno = saved_errno;
    return rc;
}
