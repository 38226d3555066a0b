/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads Xen's command line from an argument, GRUB's files or the host. */
#include "config.h"

#include "commands/dom0.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#define XL_CONF "/etc/xen/xl.conf"

void dom0_line_dispose(dom0_line *line)
{
    unsigned int i;

    vnuma_dom0_cmdline_dispose(&line->line);
    vnuma_dom0_grub_free(line->grub);
    for (i = 0; i < line->num_sources; i++)
        vnuma_source_dispose(&line->sources[i]);
}

int dom0_line_from_text(dom0_line *line, const char *name, const char *text)
{
    vnuma_source *source = &line->sources[line->num_sources++];

    if (vnuma_source_set(source, name, text, strlen(text)) ||
        vnuma_dom0_cmdline_set(&line->line, source))
        return cli_fail(CLI_ENVIRONMENT, "no memory");
    return CLI_OK;
}

static int read_file(dom0_line *line, const char *path, vnuma_diags *diags)
{
    vnuma_source *source;
    int code, rc;

    if (line->num_sources == sizeof(line->sources) / sizeof(line->sources[0]))
        return cli_fail(CLI_ENVIRONMENT, "%s: too many files", path);
    source = &line->sources[line->num_sources];
    code = cli_read_source(source, path);
    if (code)
        return code;
    line->num_sources++;
    rc = vnuma_dom0_grub_read(line->grub, source, diags);
    /* Mistakes in it are in diags. */
    return rc == VNUMA_ERROR_NOMEM ? cli_code(rc) : CLI_OK;
}

/* What grub.cfg refers to, next to it. */
static void read_grubenv(dom0_line *line, const char *path, vnuma_diags *diags)
{
    const char *slash = strrchr(path, '/');
    vnuma_source *source = &line->sources[line->num_sources];
    char name[4096];

    if (snprintf(name, sizeof(name), "%.*sgrubenv",
                 slash ? (int)(slash + 1 - path) : 0,
                 path) >= (int)sizeof(name) ||
        vnuma_source_read(source, name))
        return;
    line->num_sources++;
    vnuma_dom0_grub_read(line->grub, source, diags);
}

/* FILE and then FILE.d, as grub-mkconfig reads them. */
int dom0_line_from_grub(dom0_line *line, const char *path, vnuma_diags *diags)
{
    glob_t files = { .gl_pathc = 0 };
    char pattern[4096];
    int code;
    size_t i;

    if (vnuma_dom0_grub_make(&line->grub))
        return cli_fail(CLI_ENVIRONMENT, "no memory");
    read_grubenv(line, path, diags);
    code = read_file(line, path, diags);
    if (!code && strcmp(path, "-") &&
        snprintf(pattern, sizeof(pattern), "%s.d/*.cfg", path) <
            (int)sizeof(pattern) &&
        !glob(pattern, 0, NULL, &files)) {
        for (i = 0; i < files.gl_pathc && !code; i++)
            code = read_file(line, files.gl_pathv[i], diags);
        globfree(&files);
    }
    if (code)
        return code;
    return cli_code(vnuma_dom0_grub_cmdline(line->grub, 0, &line->line));
}

const char *dom0_host_cmdline(const vnuma_topology *topology)
{
    return topology ? vnuma_topology_fact(topology, "xen_commandline") : NULL;
}

bool dom0_autoballoon(const char *cmdline,
                      vnuma_dom0_autoballoon *autoballoon_r)
{
    vnuma_source conf = { 0 };
    vnuma_diags diags = { 0 };
    int rc = vnuma_source_read(&conf, XL_CONF);

    if (!rc || errno == ENOENT)
        rc = vnuma_dom0_get_autoballoon(rc ? NULL : &conf, cmdline,
                                        autoballoon_r, &diags);
    autoballoon_r->span.source = NULL; /* conf ends here */
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&conf);
    return !rc;
}
