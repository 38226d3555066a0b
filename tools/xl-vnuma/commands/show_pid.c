/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* xl-vnuma show --pid: a guest of KVM that runs, or a copy of its /proc. */
#include "config.h"

#include "commands/show_pid.h"

#include <stdlib.h>
#include <string.h>

#include "cli/guest_files.h"
#include "show/residence.h"

/* A file of the process's folder. */
static int read_file(const char *pid, const char *name, vnuma_source *source)
{
    char *path;
    int code;

    if (asprintf(&path, strchr(pid, '/') ? "%s/%s" : "/proc/%s/%s", pid,
                 name) < 0)
        return cli_code(VNUMA_ERROR_NOMEM);
    code = cli_read_source(source, path);
    free(path);
    return code;
}

static vnuma__text text_of(const vnuma_source *source)
{
    return vnuma__span_text((vnuma_span){ source, 0, source->len });
}

int show_pid(const char *pid)
{
    vnuma_source maps = { 0 }, numa_maps = { 0 };
    vnuma__residence nodes[VNUMA_MAX_VNODES];
    cli_guest guest = { 0 };
    int code = read_file(pid, "cmdline", &guest.source);

    if (!code)
        code = read_file(pid, "maps", &maps);
    if (!code)
        code = read_file(pid, "numa_maps", &numa_maps);
    if (!code)
        code = cli_guest_check(&guest, pid, NULL, NULL, 0, true);
    if (code == CLI_REFUSED)
        cli_print_diags(&guest.diags);
    if (!code && !guest.config->kvm)
        code = cli_fail(CLI_REFUSED, "%s: this is no guest of KVM", pid);
    if (!code && !guest.config->num_vnodes)
        code = cli_fail(CLI_REFUSED, "%s: this guest has no nodes", pid);
    if (!code) {
        vnuma__residence_find(guest.config, text_of(&maps),
                              text_of(&numa_maps), nodes);
        code = cli_answer(vnuma__residence_to_text(guest.config, nodes));
    }
    cli_guest_dispose(&guest);
    vnuma_source_dispose(&maps);
    vnuma_source_dispose(&numa_maps);
    return code;
}
