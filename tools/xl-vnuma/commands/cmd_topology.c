/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* topology: prints the host as xl info -n, as JSON, or drawn. */
#include "config.h"

#include <unistd.h>

#include "cli/show.h"
#include "commands/commands.h"
#include "host/kvm_host.h"

int main_topology(const cli_options *options, int argc, char **argv)
{
    picture_options picture = { .path = NULL };
    bool json = false, draw = false, kvm = IS_KVM;
    const cli_option table[] = {
        { .name = "json", .flag = &json },
        { .name = "kvm", .flag = &kvm },
        { .name = "draw", .flag = &draw },
        { .name = "output", .letter = 'o', .take = picture_take_path,
          .into = &picture },
        { .name = "theme", .take = picture_take_theme, .into = &picture },
        { .name = NULL },
    };
    vnuma_topology *host = NULL;
    int code = cli_read_options(table, argc, argv);

    if (code != CLI_GO_ON)
        return code;
    if (optind != argc || json + (draw || picture.path) > 1)
        return cli_usage();

    code = kvm ? cli_kvm_host_load(options, &host, NULL)
               : cli_host_load(options, &host, NULL);
    if (!code && (draw || picture.path))
        code = picture_out(host, NULL, &picture);
    else if (!code && kvm)
        code = cli_answer(json ? vnuma__kvm_host_to_json(host)
                               : vnuma__kvm_host_to_text(host));
    else if (!code)
        code = cli_answer(json ? vnuma_topology_to_json(host)
                               : vnuma_topology_to_text(host));
    vnuma_topology_free(host);
    return code;
}
