/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads, checks and plans a guest's file; see guest_files.h. */
#include "config.h"

#include "cli/guest_files.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/print.h"
#include "forms/forms.h"
#include "guest/config_files.h"

void cli_guest_dispose(cli_guest *guest)
{
    vnuma_diags_dispose(&guest->diags);
    vnuma_config_free(guest->config);
    vnuma_source_dispose(&guest->source);
}

static int read_source(cli_guest *guest, const char *path)
{
    if (!guest->source.text && !guest->code)
        guest->code = cli_read_source(&guest->source, path);
    return guest->code;
}

bool cli_guest_is_kvm(cli_guest *guest, const char *path)
{
    return !read_source(guest, path) &&
           vnuma__guest_form(&guest->source) != VNUMA__FORM_XL;
}

bool cli_guests_are_kvm(cli_guests *guests)
{
    unsigned int i;

    for (i = 0; i < guests->num; i++)
        if (!cli_guest_is_kvm(&guests->files[i], guests->paths[i]))
            return false;
    return guests->num;
}

static int read_texts(cli_guest *guest, const char *path,
                      char *const *settings, unsigned int num_settings)
{
    unsigned int i;
    int rc = 0, code;

    code = read_source(guest, path);
    if (code)
        return code;
    if (vnuma__guest_form(&guest->source) != VNUMA__FORM_XL && num_settings)
        return cli_fail(CLI_USAGE, "%s: settings and --policy are for files "
                        "of xl", path);
    guest->source.is_arguments = vnuma__is_arguments(&guest->source);
    for (i = 0; i < num_settings && !rc; i++)
        rc = vnuma_source_append(&guest->source, settings[i]);
    if (num_settings && !rc)
        rc = vnuma_source_append_end(&guest->source);
    if (rc)
        return cli_fail(CLI_ENVIRONMENT, "%s: %s", path,
                        rc == VNUMA_ERROR_NOMEM ? "no memory to read it"
                                                : "too much text");
    return CLI_OK;
}

int cli_guest_check(cli_guest *guest, const char *path,
                    const vnuma_topology *topology, char *const *settings,
                    unsigned int num_settings, bool is_planned)
{
    int rc, checked, code;

    code = read_texts(guest, path, settings, num_settings);
    if (code)
        return code;
    rc = vnuma_config_parse(&guest->source, &guest->config, &guest->diags);
    if (rc && rc != VNUMA_ERROR_CONFIG)
        return cli_code(rc);
    checked = vnuma_check(guest->config, topology,
                          is_planned ? VNUMA_CHECK_NOT_FIT : 0, &guest->diags);
    return cli_code(rc ? rc : checked);
}

int cli_guest_read_files(cli_guest *guest, bool is_here)
{
    /* It could not be read at all; a guest of KVM has no such settings. */
    if (!guest->config || guest->config->kvm)
        return CLI_OK;
    return cli_code(vnuma__config_read_files(
        guest->config,
        is_here ? VNUMA_SEVERITY_ERROR : VNUMA_SEVERITY_WARNING,
        &guest->diags));
}

void cli_guest_find_home(cli_guest *guest, const vnuma__homes *homes)
{
    vnuma__homes_find(homes, guest->config->uuid, guest->config->name,
                      &guest->lived);
}

/* ---- several ------------------------------------------------------------ */

/* As /proc/PID/cmdline would have it. */
static int keep_command(vnuma_source *source, char **words, unsigned int num)
{
    vnuma__print text;
    FILE *f = vnuma__print_begin(&text);
    char *joined = NULL;
    unsigned int i;
    int rc = VNUMA_ERROR_NOMEM;

    for (i = 0; f && i < num; i++)
        fwrite(words[i], 1, strlen(words[i]) + 1, f);
    if (f)
        joined = vnuma__print_end(&text, false);
    if (joined)
        rc = vnuma_source_set(source, "<command line>", joined, text.size);
    free(joined);
    return rc ? cli_fail(CLI_ENVIRONMENT, "no memory") : CLI_OK;
}

int cli_guests_take(cli_guests *guests, int argc, char **argv)
{
    bool is_command = !strcmp(argv[optind - 1], "--");
    unsigned int num = argc - optind;
    int code =
        cli_guests_init(guests, argv + optind, is_command ? 1 : num);

    if (code || !is_command)
        return code;
    return keep_command(&guests->files[0].source, argv + optind, num);
}

int cli_guests_init(cli_guests *guests, char **paths, unsigned int num)
{
    guests->num = 0;
    guests->paths = paths;
    guests->files = calloc(num, sizeof(*guests->files));
    guests->plans = calloc(num, sizeof(*guests->plans));
    if (!guests->files || !guests->plans)
        return cli_code(VNUMA_ERROR_NOMEM);
    guests->num = num;
    return CLI_OK;
}

int cli_guests_add(cli_guests *guests, unsigned int i,
                   const vnuma_config *config)
{
    cli_guest *file = &guests->files[i];
    const char *name = file->source.name;

    if (vnuma_plan_guest_make(config, name ? name : guests->paths[i],
                              &guests->plans[i]))
        return cli_code(VNUMA_ERROR_NOMEM);
    guests->plans[i]->lived = &file->lived;
    return CLI_OK;
}

void cli_guests_dispose(cli_guests *guests)
{
    unsigned int i;

    for (i = 0; i < guests->num; i++) {
        vnuma_plan_guest_free(guests->plans[i]);
        cli_guest_dispose(&guests->files[i]);
    }
    free(guests->plans);
    free(guests->files);
}
