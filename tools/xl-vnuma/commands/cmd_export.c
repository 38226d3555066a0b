/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl-vnuma export and import: the same guest in another format.  They differ
 * in what they write when the format is not said, and import also reads a
 * guest that runs.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "check/check_export.h"
#include "cli/guest_files.h"
#include "cli/tables.h"
#include "commands/commands.h"
#include "forms/forms.h"
#include "guest/config_files.h"
#include "plan/write_xl.h"
#include "show/guest_json.h"
#include "tables/hmat_text.h"

typedef struct {
    vnuma__form format, from; /* from: XL: whatever it is */
    bool plan, json, args;
    const char *output, *into, *pid;
    char *hmat;            /* owned; of --hmat as a setting of the guest */
    const char *hmat_into; /* import: where the guest's HMAT is written */
    vnuma__hmat hmat_made; /* of a guest of xl */
    vnuma__port_options port;
    vnuma_topology *host;  /* owned; of --plan */
    vnuma_plan *plan_made; /* owned */
} export_args;

/* ---- options ------------------------------------------------------------ */

static int take_format(void *into, const char *argument)
{
    static const char *const names[] = { [VNUMA__FORM_XL] = "xl",
                                         [VNUMA__FORM_QEMU] = "qemu",
                                         [VNUMA__FORM_LIBVIRT] = "libvirt",
                                         [VNUMA__FORM_PROXMOX] = "proxmox" };
    vnuma__form *format = into;
    unsigned int i;

    for (i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (!strcmp(argument, names[i])) {
            *format = i;
            return CLI_OK;
        }
    return cli_fail(CLI_USAGE,
                    "there is no format %s: it is qemu, libvirt, "
                    "proxmox or xl",
                    argument);
}

static int take_page(void *into, const char *argument)
{
    vnuma__text text = { .ptr = argument, .len = strlen(argument) };
    vnuma__port_options *options = into;

    options->has_page = true;
    if (vnuma__text_to_bytes(text, 1, &options->page) &&
        options->page >= 1 << 16 && !(options->page & (options->page - 1)))
        return CLI_OK;
    return cli_fail(CLI_USAGE, "--hugepages=%s: write 2M or 1G", argument);
}

/* ---- the work ----------------------------------------------------------- */

static char *write_text(const export_args *args, const vnuma__port *port)
{
    vnuma__style style = args->json   ? VNUMA__STYLE_JSON
                         : args->args ? VNUMA__STYLE_ARGS
                                      : VNUMA__STYLE_LINES;

    if (args->json && args->format != VNUMA__FORM_QEMU)
        return vnuma__port_to_json(port, args->plan_made);
    return args->format == VNUMA__FORM_XL
               ? vnuma__port_to_xl(port)
               : vnuma__kvm_write(port->kvm, args->format, style);
}

/* Into the document of --into, which keeps every other byte. */
static int write_into(const export_args *args, const vnuma__port *port,
                      char **text_r)
{
    cli_guest document = { 0 };
    int code = cli_read_source(&document.source, args->into);

    if (!code)
        code = cli_code(vnuma_config_parse(&document.source, &document.config,
                                           &document.diags));
    if (code == CLI_REFUSED)
        cli_print_diags(&document.diags);
    if (!code && (!document.config->kvm || !document.config->kvm->document))
        code = cli_fail(CLI_REFUSED, "%s: --into is for a document of libvirt",
                        args->into);
    if (!code)
        *text_r = vnuma__kvm_write_into(port->kvm, document.config);
    cli_guest_dispose(&document);
    return code;
}

/* What a guest of KVM says of the speed of memory, for its xl.cfg to name. */
static int write_hmat(const export_args *args, vnuma__port *port)
{
    vnuma__hmat hmat = { 0 };
    char *text = NULL;
    int code = cli_code(vnuma__port_to_hmat(port->kvm, &hmat));

    if (!code && !vnuma__hmat_is_known(&hmat))
        return cli_fail(CLI_REFUSED,
                        "--hmat=%s: the guest has no latencies, "
                        "bandwidths and caches",
                        args->hmat_into);
    if (!code)
        text = vnuma__hmat_to_text(&hmat);
    if (!code && !text)
        code = cli_code(VNUMA_ERROR_NOMEM);
    if (!code)
        code = cli_write_file(args->hmat_into, text);
    port->hmat_path = args->hmat_into;
    vnuma__hmat_dispose(&hmat);
    free(text);
    return code;
}

static int answer(export_args *args, cli_guest *guest)
{
    vnuma__port port = { NULL };
    char *text = NULL;
    int code;

    args->port.plan = args->plan_made;
    args->port.topology = args->host;
    code = cli_code(
        vnuma__port_make(guest->config, &args->port, &port, &guest->diags));
    if (!code && args->hmat_into)
        code = write_hmat(args, &port);
    if (!code && (!args->json || args->format == VNUMA__FORM_QEMU))
        vnuma__check_export(&port,
                            args->into ? VNUMA__FORM_LIBVIRT : args->format,
                            &guest->diags);
    if (!code && args->into)
        code = write_into(args, &port, &text);
    else if (!code)
        text = write_text(args, &port);
    vnuma__port_dispose(&port);
    cli_print_diags(&guest->diags);
    if (code)
        return code;
    if (!text || !args->output || !strcmp(args->output, "-"))
        return cli_answer(text);
    code = cli_write_file(args->output, text);
    free(text);
    return code;
}

/* Of a guest of xl; without a plan its vnodes are those that are written. */
static int make_hmat(export_args *args, cli_guest *guest)
{
    const vnuma_config *config = guest->config;
    int code;

    if (!config->hmat.path ||
        (!args->plan_made &&
         (!config->num_vnodes || vnuma__hmat_is_hosts(config))))
        return CLI_OK;
    code =
        tables_make_hmat(guest, args->plan_made, args->host, &args->hmat_made);
    if (vnuma__hmat_is_known(&args->hmat_made))
        args->port.hmat = &args->hmat_made;
    return code;
}

static int export_guest(export_args *args, cli_guest *guest, const char *path)
{
    int code = cli_guest_check(guest, path, args->host, &args->hmat,
                               args->hmat ? 1 : 0, true);
    int also = cli_guest_read_files(guest, true);
    vnuma__form form;

    code = code ? code : also;
    if (code > CLI_REFUSED)
        return code;
    form = vnuma__guest_form(&guest->source);
    if (args->from != VNUMA__FORM_XL && form != args->from)
        return cli_fail(CLI_REFUSED, "%s: this is of another format", path);
    if (!code && args->plan)
        code = cli_code(vnuma_plan_build(
            guest->config, args->host,
            &(vnuma_plan_options){ .has_page = args->port.has_page,
                                   .page_kb = args->port.page >> 10 },
            &args->plan_made, &guest->diags));
    if (!code)
        code = make_hmat(args, guest);
    if (code)
        cli_print_diags(&guest->diags);
    return code ? code : answer(args, guest);
}

static int run(const cli_options *options, export_args *args, int argc,
               char **argv)
{
    cli_guests guests = { .num = 0 };
    char *pid_path = NULL, *paths[1];
    int code;

    if (args->pid && asprintf(&pid_path, "/proc/%s/cmdline", args->pid) < 0)
        return cli_code(VNUMA_ERROR_NOMEM);
    paths[0] = pid_path;
    code = pid_path ? cli_guests_init(&guests, paths, 1)
                    : cli_guests_take(&guests, argc, argv);
    if (!code && guests.num > 1)
        code = cli_usage();
    if (!code && args->plan)
        code = cli_kvm_host_load(options, &args->host, NULL);
    if (!code)
        code = export_guest(args, &guests.files[0], guests.paths[0]);
    cli_guests_dispose(&guests);
    vnuma__hmat_dispose(&args->hmat_made);
    vnuma_plan_free(args->plan_made);
    vnuma_topology_free(args->host);
    free(pid_path);
    return code;
}

int main_export(const cli_options *options, int argc, char **argv)
{
    export_args args = { .format = VNUMA__FORM_QEMU };
    const cli_option table[] = {
        { .name = "format", .take = take_format, .into = &args.format },
        { .name = "into", .value = &args.into },
        { .name = "plan", .flag = &args.plan },
        { .name = "hugepages", .take = take_page, .into = &args.port },
        { .name = "prealloc", .flag = &args.port.prealloc },
        { .name = "args", .flag = &args.args },
        { .name = "json", .flag = &args.json },
        { .name = "output", .letter = 'o', .value = &args.output },
        { .name = "hmat",
          .take = tables_take_hmat,
          .into = &args.hmat,
          .is_optional = true },
        { .name = NULL },
    };
    int code = cli_read_options(table, argc, argv);

    if (code == CLI_GO_ON)
        code = optind < argc ? run(options, &args, argc, argv) : cli_usage();
    free(args.hmat);
    return code;
}

int main_import(const cli_options *options, int argc, char **argv)
{
    export_args args = { .format = VNUMA__FORM_XL };
    const cli_option table[] = {
        { .name = "from", .take = take_format, .into = &args.from },
        { .name = "json", .flag = &args.json },
        { .name = "pid", .value = &args.pid },
        { .name = "hmat", .value = &args.hmat_into },
        { .name = "output", .letter = 'o', .value = &args.output },
        { .name = NULL },
    };
    int code = cli_read_options(table, argc, argv);

    if (code != CLI_GO_ON)
        return code;
    return (optind == argc) == !!args.pid ? run(options, &args, argc, argv)
                                          : cli_usage();
}
