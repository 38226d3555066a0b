/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as what libvirt gives its hook when a guest starts.  Whatever it
 * is, the guest starts or is refused for a reason; and what is left for the
 * object in libvirtd is a guest that it can read.
 */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>

/* Where the hook leaves it; with --host, which this has, on stdout. */
static int leave(const char *text);
#define fputs(text, f) leave(text)
#include "commands/cmd_libvirt.c"
#undef fputs

#include "inside.h"

#define FUZZ_CORPUS "libvirt"
#include "fuzz.h"

static const char host_text[] =
    "{\"nodes\":["
    "{\"node\":0,\"memkb\":4194304,\"free_memkb\":1048576,\"cpus\":[0,1],"
    "\"distances\":[10,21]},"
    "{\"node\":1,\"memkb\":4194304,\"free_memkb\":2097152,\"cpus\":[2,3],"
    "\"distances\":[21,10]}]}";

static const uint8_t *document;
static size_t document_len;
static bool is_said, is_left;

/* ---- the rest of the command -------------------------------------------- */

int cli_read_source(vnuma_source *source, const char *path)
{
    FUZZ_ASSERT(!strcmp(path, "-"));
    return vnuma_source_set(source, "-", (const char *)document, document_len);
}

int cli_code(int rc)
{
    return !rc                       ? CLI_OK
           : rc == VNUMA_ERROR_NOMEM ? CLI_ENVIRONMENT
                                     : CLI_REFUSED;
}

int cli_fail(int code, const char *format, ...)
{
    (void)format;
    is_said = true;
    return code;
}

void cli_print_diag(const vnuma_diag *diag)
{
    (void)diag;
    is_said = true;
}

void cli_print_lost(const vnuma_diags *diags)
{
    (void)diags;
}

int cli_read_options(const cli_option *table, int argc, char **argv)
{
    (void)table;
    (void)argc;
    (void)argv;
    optind = 1;
    return CLI_GO_ON;
}

int cli_usage(void)
{
    return CLI_USAGE;
}

void kept_load(vnuma__homes *homes_r)
{
    (void)homes_r;
}

int ledger_load_host(vnuma__ledger *l, const cli_options *options,
                     vnuma_topology **host_r, vnuma_source *text_r)
{
    vnuma_diags diags = { 0 };
    vnuma_source source = { 0 };

    (void)l;
    (void)options;
    (void)text_r;
    FUZZ_ASSERT(!vnuma_source_set(&source, "h", host_text, strlen(host_text)));
    FUZZ_ASSERT(!vnuma_topology_parse(&source, host_r, &diags));
    vnuma_source_dispose(&source);
    return CLI_OK;
}

int cli_guest_check(cli_guest *guest, const char *path,
                    const vnuma_topology *topology, char *const *settings,
                    unsigned int num_settings, bool is_planned)
{
    int rc = vnuma_config_parse(&guest->source, &guest->config, &guest->diags);

    (void)path;
    (void)settings;
    (void)num_settings;
    (void)is_planned;
    if (rc != VNUMA_ERROR_NOMEM)
        rc = vnuma_check(guest->config, topology, VNUMA_CHECK_NOT_FIT,
                         &guest->diags);
    return cli_code(rc);
}

void cli_guest_dispose(cli_guest *guest)
{
    vnuma_config_free(guest->config);
    vnuma_diags_dispose(&guest->diags);
    vnuma_source_dispose(&guest->source);
}

/* ---- what is left ------------------------------------------------------- */

static int leave(const char *text)
{
    vnuma_config config = { .name = NULL };
    vnuma_source source = { 0 };
    vnuma_diags diags = { 0 };

    is_left = true;
    FUZZ_ASSERT(text && !vnuma_source_set(&source, "left", text,
                                          strlen(text)));
    FUZZ_ASSERT(!vnuma__config_parse(&source, &config, &diags));
    FUZZ_ASSERT(config.num_vnodes || config.vnuma_auto);
    vnuma__config_dispose(&config);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char words[][8] = { "libvirt", "guest", "start", "begin", "-" };
    static char *argv[] = { words[0], words[1], words[2],
                            words[3], words[4], NULL };
    const cli_options options = { .host_path = "host" };
    int code;

    document = data;
    document_len = size;
    is_said = is_left = false;
    code = main_libvirt(&options, 5, argv);
    FUZZ_ASSERT(code == CLI_OK || (code == CLI_REFUSED && is_said));
    FUZZ_ASSERT(!is_left || code == CLI_OK);
    return 0;
}
