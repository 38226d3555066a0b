/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Settings that name files for the guest's ACPI, and what is in those files:
 *
 *     acpi_firmware = "FILE"            xl's: tables for an HVM guest
 *     xl_vnuma_hmat = "host" | "FILE"   ours: the host's HMAT, or a text
 *
 * Parsing reads no file; vnuma__config_read_files() does, for who wants that.
 */
#include "config.h"

#include "guest/config_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "guest/guest.h"
#include "tables/files.h"

/* ---- settings ----------------------------------------------------------- */

static void parse_file(vnuma__config_reader *p, const char *wanted,
                       vnuma_file_setting *file)
{
    const vnuma__value *value = &p->setting->value;

    if (!vnuma__is_string(p, wanted))
        return;
    if (!value->len) {
        vnuma__error(p->diags, "file-unreadable", value->span,
                     "%s= names no file", p->setting->name);
        return;
    }
    file->path = strdup(value->string);
    file->span = value->span;
    if (!file->path)
        p->rc = VNUMA_ERROR_NOMEM;
}

void vnuma__parse_acpi_firmware(vnuma__config_reader *p)
{
    parse_file(p, "the name of a file", p->into);
    if (p->config->acpi_firmware.path && p->config->type != VNUMA_GUEST_HVM) {
        vnuma__warning(p->diags, "acpi-ignored", p->setting->value.span,
                       "xl reads acpi_firmware= for HVM guests only");
        if (p->config->type == VNUMA_GUEST_PVH)
            vnuma__hint(p->diags, "create --acpi-table gives the tables to a "
                                  "PVH guest");
    }
}

/* It comes after vnuma= in the order of reading. */
void vnuma__parse_hmat(vnuma__config_reader *p)
{
    parse_file(p, "\"host\" or the name of a file", p->into);
    if (p->config->hmat.path && !vnuma__is_given(p->config->vnodes_span))
        vnuma__warning(p->diags, "hmat-alone", p->setting->value.span,
                       "without vnuma= there are no vnodes to have an HMAT");
}

/* What hvmloader takes for a TPM is a device model's, or vtpm='s. */
void vnuma__parse_vtpm(vnuma__config_reader *p)
{
    if (p->setting->value.is_list && p->setting->value.num_items)
        p->config->tables.has_tpm = true;
}

void vnuma__parse_device_model_args(vnuma__config_reader *p)
{
    const vnuma__value *value = &p->setting->value;
    uint32_t i;

    for (i = 0; value->is_list && i < value->num_items; i++)
        if (!value->items[i].is_list &&
            strstr(value->items[i].string, "tpm-tis"))
            p->config->tables.has_tpm = true;
}

/* xl ignores a value that is no number. */
static bool is_number(const vnuma__config_reader *p, bool is_zero)
{
    vnuma__text text = vnuma__value_text(&p->setting->value);
    unsigned int base;
    uint64_t value;

    return !p->setting->value.is_list &&
           vnuma__parse_c_number(text, &base, &value) && !value == is_zero;
}

void vnuma__parse_laptop_slate(vnuma__config_reader *p)
{
    p->config->tables.has_slate = is_number(p, false);
}

/* A table of hvmloader's that is there unless this is 0. */
void vnuma__parse_table_off(vnuma__config_reader *p)
{
    p->config->tables.num_off += is_number(p, true);
}

/* ---- files -------------------------------------------------------------- */

bool vnuma__hmat_is_hosts(const vnuma_config *config)
{
    return config->hmat.path && !strcmp(config->hmat.path, "host");
}

/* What the command line names may be a pipe, as /dev/stdin is. */
static int read_named(const vnuma_file_setting *file, vnuma_source *source)
{
    /* "-" is a name here, as it is to xl. */
    const char *path = strcmp(file->path, "-") ? file->path : "./-";

    if (file->span.source && file->span.start >= file->span.source->extra)
        return vnuma_source_read(source, path);
    return vnuma__source_read_regular(source, path);
}

static int read_file(const vnuma_file_setting *file, vnuma_source *source,
                     vnuma_severity severity, vnuma_diags *diags)
{
    int rc = read_named(file, source);

    if (rc != VNUMA_ERROR_IO)
        return rc;
    vnuma_diags_add(diags, severity, "file-unreadable", file->span, "%s: %s",
                    file->path,
                    errno ? strerror(errno) : "this is not a regular file");
    if (severity != VNUMA_SEVERITY_ERROR)
        vnuma__hint(diags, "it has to be on the host that creates the guest");
    return severity == VNUMA_SEVERITY_ERROR ? VNUMA_ERROR_CONFIG : 0;
}

vnuma__hmat_guest vnuma__config_hmat_guest(const vnuma_config *config)
{
    vnuma__hmat_guest guest = vnuma__hmat_any_guest;
    bool has_vcpus = false;
    unsigned int i;

    if (!config->num_vnodes || config->num_vnodes > VNUMA_MAX_VNODES ||
        (config->unsound & (VNUMA_ABOUT_VNODES | VNUMA_ABOUT_VCPUS)))
        return guest;
    guest.num_vnodes = config->num_vnodes;
    for (i = 0; i < config->num_vnodes; i++)
        has_vcpus |= vnuma__is_given(config->vnodes[i].vcpus_span);
    for (i = 0; i < config->num_vnodes; i++) {
        const vnuma_vnode *vnode = &config->vnodes[i];

        guest.has_vcpus[i] = !has_vcpus || vnode->num_vcpu_ranges;
        guest.has_memory[i] =
            !vnuma__is_given(vnode->memkb.span) || vnode->memkb.value;
    }
    return guest;
}

static int read_hmat(vnuma_config *config, vnuma_severity severity,
                     vnuma_diags *diags)
{
    vnuma__hmat_guest guest = vnuma__config_hmat_guest(config);
    vnuma__hmat hmat = { 0 };
    int rc = read_file(&config->hmat, &config->hmat.text, severity, diags);

    if (!rc && config->hmat.text.name)
        rc = vnuma__hmat_read_text(&config->hmat.text, &guest, &hmat, diags);
    vnuma__hmat_dispose(&hmat);
    return rc;
}

static int read_firmware(vnuma_config *config, vnuma_severity severity,
                         vnuma_diags *diags)
{
    vnuma_file_setting *file = &config->acpi_firmware;
    int rc = read_file(file, &file->text, severity, diags);

    if (rc || !file->text.name)
        return rc;
    return vnuma__tables_add(&config->tables, (const uint8_t *)file->text.text,
                             file->text.len, file->path, file->span, diags);
}

int vnuma__config_read_files(vnuma_config *config, vnuma_severity severity,
                             vnuma_diags *diags)
{
    bool has_hmat = config->hmat.path && !vnuma__hmat_is_hosts(config) &&
                    vnuma__is_given(config->vnodes_span);
    bool has_tables =
        config->acpi_firmware.path && config->type == VNUMA_GUEST_HVM;
    int rc = 0, also = 0;

    if (has_tables)
        rc = read_firmware(config, severity, diags);
    if (has_hmat && rc != VNUMA_ERROR_NOMEM)
        also = read_hmat(config, severity, diags);
    return also == VNUMA_ERROR_NOMEM || !rc ? also : rc;
}
