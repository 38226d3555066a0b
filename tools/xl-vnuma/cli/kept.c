/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said of the places that guests had; see guest_files.h. */
#include "config.h"

#include "cli/guest_files.h"

#include <errno.h>
#include <string.h>

#include "base/diag.h"
#include "record/kept.h"

static void warn(int rc, const char *what)
{
    if (rc)
        cli_fail(CLI_OK, "%s/" VNUMA__KEPT_FILE ": %s: %s", vnuma__kept_dir(),
                 what,
                 rc == VNUMA_ERROR_NOMEM ? "no memory" : strerror(errno));
}

void kept_load(vnuma__homes *homes_r)
{
    vnuma_source source = { 0 };
    vnuma_diags diags = { 0 };

    warn(vnuma__kept_read(&source, homes_r, &diags),
         "it is not known where the guest lived");
    cli_end(&diags, 0);
    vnuma_source_dispose(&source);
}

void kept_add(const char *uuid, const char *name, const vnuma__lived *lived)
{
    warn(vnuma__kept_add(uuid, name, lived),
         "where the guest lives is not kept");
}

void kept_tell(const vnuma_plan *plan, vnuma_diags *diags)
{
    const char *reason = plan->reasons;

    for (; reason && *reason; reason += strlen(reason) + 1)
        if (!strncmp(reason, VNUMA__LIVED_WORDS, strlen(VNUMA__LIVED_WORDS)))
            vnuma__note(diags, "lived", VNUMA__NOWHERE, "%s", reason);
}
