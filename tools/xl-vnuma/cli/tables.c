/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ACPI tables that a guest gets in addition; see tables.h. */
#include "config.h"

#include "cli/tables.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/print.h"
#include "guest/config_files.h"
#include "plan/plan_hmat.h"
#include "tables/files.h"
#include "tables/hmat_table.h"
#include "tables/kept.h"

/* ---- options ------------------------------------------------------------ */

/* As a setting of the file, which it overrides. */
int tables_take_hmat(void *into, const char *path)
{
    char **setting = into;
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);

    free(*setting);
    *setting = NULL;
    if (!f)
        return cli_fail(CLI_ENVIRONMENT, "no memory");
    fputs("xl_vnuma_hmat=", f);
    vnuma__print_quoted(path ? path : "host", f);
    *setting = vnuma__print_end(&out, false);
    return *setting ? CLI_OK : cli_fail(CLI_ENVIRONMENT, "no memory");
}

int tables_take_file(void *into, const char *path)
{
    tables_files *files = into;

    if (files->num == sizeof(files->paths) / sizeof(files->paths[0]))
        return cli_fail(
            CLI_USAGE, "--acpi-table %s: no guest has room for so many", path);
    files->paths[files->num++] = path;
    return CLI_OK;
}

/* ---- the HMAT ----------------------------------------------------------- */

static int by_host(cli_guest *guest, const vnuma_plan *plan,
                   const vnuma_topology *topology, vnuma__hmat *hmat)
{
    const vnuma_file_setting *setting = &guest->config->hmat;
    int rc = vnuma__plan_hmat(plan, topology, hmat, &guest->diags);

    if (rc || vnuma__hmat_is_known(hmat))
        return cli_code(rc);
    vnuma__error(&guest->diags, "hmat-host", setting->span,
                 vnuma__hmat_is_known(&topology->hmat)
                     ? "the host's HMAT says nothing of the pnodes that the "
                       "guest is planned on"
                     : "this host has no HMAT that the guest could get");
    vnuma__hint(&guest->diags, "write the speeds into a file: --hmat=FILE, or "
                               "xl_vnuma_hmat = \"FILE\"");
    return CLI_REFUSED;
}

int tables_make_hmat(cli_guest *guest, const vnuma_plan *plan,
                     const vnuma_topology *topology, vnuma__hmat *hmat_r)
{
    const vnuma_file_setting *setting = &guest->config->hmat;
    vnuma__hmat_guest planned;

    if (!setting->path)
        return CLI_OK;
    if (vnuma__hmat_is_hosts(guest->config))
        return by_host(guest, plan, topology, hmat_r);
    if (!setting->text.name)
        return CLI_REFUSED; /* it was a warning that it cannot be read */
    if (plan)
        vnuma__plan_hmat_guest(plan, &planned);
    else
        planned = vnuma__config_hmat_guest(guest->config);
    return cli_code(vnuma__hmat_read_text(&setting->text, &planned, hmat_r,
                                          &guest->diags));
}

/* ---- all tables --------------------------------------------------------- */

typedef struct {
    cli_guest *guest;
    uint8_t *bytes; /* owned */
    size_t len;
} maker;

static int add_bytes(maker *m, const void *bytes, size_t len)
{
    uint8_t *longer = realloc(m->bytes, m->len + len);

    if (!longer)
        return cli_code(VNUMA_ERROR_NOMEM);
    m->bytes = longer;
    memcpy(longer + m->len, bytes, len);
    m->len += len;
    return CLI_OK;
}

static int check_and_add(maker *m, const uint8_t *bytes, size_t len,
                         const char *name, vnuma_span span)
{
    int code = cli_code(vnuma__tables_add(&m->guest->config->tables, bytes,
                                          len, name, span, &m->guest->diags));

    return code ? code : add_bytes(m, bytes, len);
}

static int add_file(maker *m, const char *path)
{
    vnuma_source file = { 0 };
    int rc = vnuma_source_read(&file, path), code;

    if (rc == VNUMA_ERROR_IO)
        code = cli_fail(CLI_ENVIRONMENT, "--acpi-table %s: %s", path,
                        strerror(errno));
    else
        code = rc ? cli_code(rc)
                  : check_and_add(m, (const uint8_t *)file.text, file.len,
                                  path, VNUMA__NOWHERE);
    vnuma_source_dispose(&file);
    return code;
}

static void warn_of_loss(maker *m, const vnuma__hmat_loss *loss)
{
    bool is_latency = vnuma__is_latency(loss->kind);

    if (loss->is_lossy)
        vnuma__warning(&m->guest->diags, "hmat-rounded",
                       m->guest->config->hmat.span,
                       "an HMAT has no room for such different numbers: the "
                       "%s from vnode %" PRIu32 " to vnode %" PRIu32
                       " is %" PRIu64 " %s in it, not %" PRIu64,
                       vnuma__hmat_words[loss->kind], loss->from, loss->to,
                       loss->said, is_latency ? "ps" : "MB/s", loss->value);
}

static int add_hmat(maker *m, const vnuma__hmat *hmat)
{
    vnuma__hmat_loss loss;
    uint8_t *bytes;
    size_t len;
    int code;

    if (!vnuma__hmat_is_known(hmat))
        return CLI_OK;
    if (vnuma__hmat_build(hmat, &bytes, &len, &loss))
        return cli_code(VNUMA_ERROR_NOMEM);
    code =
        check_and_add(m, bytes, len, "the HMAT", m->guest->config->hmat.span);
    if (!code)
        warn_of_loss(m, &loss);
    free(bytes);
    return code;
}

static int add_all(maker *m, const tables_files *files,
                   const vnuma__hmat *hmat)
{
    const vnuma_file_setting *own = &m->guest->config->acpi_firmware;
    unsigned int i;
    int code = CLI_OK;

    if (own->text.name) /* it was checked when it was read */
        code = add_bytes(m, own->text.text, own->text.len);
    for (i = 0; i < files->num && !code; i++)
        code = add_file(m, files->paths[i]);
    if (!code)
        code = add_hmat(m, hmat);
    if (code || m->len <= VNUMA__KEPT_MAX)
        return code;
    vnuma__error(&m->guest->diags, "acpi-count", VNUMA__NOWHERE,
                 "the guest's tables have %zu bytes; at most %u can stay with "
                 "it when it is saved and reboots",
                 m->len, VNUMA__KEPT_MAX);
    return CLI_REFUSED;
}

int tables_make(cli_guest *guest, const tables_files *files,
                const vnuma_plan *plan, const vnuma_topology *topology,
                char **text_r)
{
    maker m = { .guest = guest };
    vnuma__hmat hmat = { 0 };
    int code;

    *text_r = NULL;
    if (!files->num && !guest->config->hmat.path)
        return CLI_OK;
    if (!plan || !vnuma_plan_num_vnodes(plan))
        return files->num ? cli_fail(CLI_USAGE,
                                     "--acpi-table is for guests with vnuma=")
                          : CLI_OK; /* check has warned of the HMAT */
    code = tables_make_hmat(guest, plan, topology, &hmat);
    if (!code)
        code = add_all(&m, files, &hmat);
    if (!code) {
        *text_r = vnuma__kept_format(m.bytes, m.len,
                                     vnuma__hmat_is_hosts(guest->config));
        if (!*text_r)
            code = cli_code(VNUMA_ERROR_NOMEM);
    }
    vnuma__hmat_dispose(&hmat);
    free(m.bytes);
    return code;
}
