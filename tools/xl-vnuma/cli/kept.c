/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file with the places that guests had; see guest_files.h. */
#include "config.h"

#include "cli/guest_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/store.h"

#define FILE_NAME "places"

static const char *kept_dir(void)
{
    /* Set for programs that run from the build tree. */
    const char *dir = getenv("XL_VNUMA_KEPT");

    return dir ? dir : "/var/lib/xl-vnuma";
}

static void warn(int rc, const char *what)
{
    if (rc)
        cli_fail(CLI_OK, "%s/" FILE_NAME ": %s: %s", kept_dir(), what,
                 rc == VNUMA_ERROR_NOMEM ? "no memory" : strerror(errno));
}

/* No file is an empty one. */
static int read_kept(vnuma_source *source)
{
    int rc = vnuma__store_read(kept_dir(), FILE_NAME, source);

    return rc == VNUMA_ERROR_IO && errno == ENOENT ? 0 : rc;
}

void kept_load(vnuma__homes *homes_r)
{
    vnuma_source source = { 0 };
    vnuma_diags diags = { 0 };
    int rc;

    *homes_r = (vnuma__homes){ 0 };
    rc = read_kept(&source);
    if (!rc)
        rc = vnuma__homes_read(&source, homes_r, &diags);
    warn(rc, "it is not known where the guest lived");
    cli_end(&diags, 0);
    vnuma_source_dispose(&source);
}

void kept_add(const char *uuid, const char *name, const vnuma__lived *lived)
{
    /* Others have it for milliseconds. */
    int fd = vnuma__store_lock(kept_dir(), 2000);
    vnuma_source source = { 0 };
    char *text = NULL;
    int rc = fd < 0 ? VNUMA_ERROR_IO : read_kept(&source);

    if (!rc) {
        text =
            vnuma__homes_add(&source, uuid, name, lived, (uint64_t)time(NULL));
        rc = text ? vnuma__store_write(kept_dir(), FILE_NAME, text)
                  : VNUMA_ERROR_NOMEM;
    }
    warn(rc, "where the guest lives is not kept");
    free(text);
    vnuma_source_dispose(&source);
    if (fd >= 0)
        close(fd);
}

void kept_tell(const vnuma_plan *plan, vnuma_diags *diags)
{
    const char *reason = plan->reasons;

    for (; reason && *reason; reason += strlen(reason) + 1)
        if (!strncmp(reason, VNUMA__LIVED_WORDS, strlen(VNUMA__LIVED_WORDS)))
            vnuma__note(diags, "lived", VNUMA__NOWHERE, "%s", reason);
}
