/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks a guest's file against a host and shows on which pnodes it would be.
 *
 *   cc -o plan plan.c $(pkg-config --cflags --libs libvnuma)
 *   plan GUEST.cfg HOST
 */
#include <stdio.h>
#include <stdlib.h>

#define LIBVNUMA_API_VERSION 0x000100
#include <vnuma.h>

static void print_diags(const vnuma_diags *diags)
{
    unsigned int i;
    char *text;

    for (i = 0; i < diags->num_items; i++) {
        text = vnuma_diag_format(vnuma_diags_at(diags, i), false);
        fputs(text ? text : "no memory\n", stderr);
        free(text);
    }
}

/* HOST is the text of "xl info -n", of "numactl -H", or our JSON. */
static int read_host(const char *path, vnuma_source *source,
                     vnuma_topology **host_r, vnuma_diags *diags)
{
    int rc;

    rc = vnuma_source_read(source, path);
    if (rc)
        perror(path);
    else
        rc = vnuma_topology_parse(source, host_r, diags);
    return rc;
}

/* Every mistake in one run: checks follow even what did not parse. */
static int read_guest(const char *path, vnuma_source *source,
                      const vnuma_topology *host, vnuma_config **config_r,
                      vnuma_diags *diags)
{
    int rc, checked;

    rc = vnuma_source_read(source, path);
    if (rc) {
        perror(path);
        return rc;
    }
    rc = vnuma_config_parse(source, config_r, diags);
    if (rc && rc != VNUMA_ERROR_CONFIG)
        return rc;
    checked = vnuma_check(*config_r, host, 0, diags);
    return rc ? rc : checked;
}

int main(int argc, char **argv)
{
    vnuma_source guest_source, host_source;
    vnuma_topology *host = NULL;
    vnuma_config *config = NULL;
    vnuma_plan *plan = NULL;
    vnuma_diags diags;
    char *text = NULL;
    int rc;

    if (argc != 3) {
        fprintf(stderr, "usage: plan GUEST.cfg HOST\n");
        return 2;
    }
    vnuma_source_init(&guest_source);
    vnuma_source_init(&host_source);
    vnuma_diags_init(&diags);

    rc = read_host(argv[2], &host_source, &host, &diags);
    if (!rc)
        rc = read_guest(argv[1], &guest_source, host, &config, &diags);
    if (!rc)
        rc = vnuma_plan_build(config, host, NULL, &plan, &diags);
    print_diags(&diags);
    if (!rc)
        text = vnuma_plan_to_text(plan);
    if (text)
        fputs(text, stdout);
    free(text);

    vnuma_diags_dispose(&diags);
    vnuma_plan_free(plan);
    vnuma_config_free(config);
    vnuma_topology_free(host);
    vnuma_source_dispose(&host_source);
    vnuma_source_dispose(&guest_source);
    return rc ? 1 : 0;
}
