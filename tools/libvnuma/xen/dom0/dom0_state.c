/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dom0's settings as a value, and the record of what they were:
 *
 *   xl-vnuma dom0 1
 *   boot 4a1f...                      the kernel's boot_id
 *   original
 *   memory TARGET STATIC-MAX MAX      KiB
 *   vcpu online 0-3 0-7               hard, soft; one line for each vcpu
 *   previous                          only during a change
 *   ...
 *   end
 */
#include "config.h"

#include "xen/dom0/dom0_change.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "base/print.h"
#include "base/store.h"
#include "base/text.h"

void vnuma__dom0_settings_dispose(vnuma_xen_dom0_settings *settings)
{
    unsigned int i;

    for (i = 0; i < settings->num_vcpus; i++) {
        vnuma_bitmap_dispose(&settings->vcpus[i].hard);
        vnuma_bitmap_dispose(&settings->vcpus[i].soft);
    }
    free(settings->vcpus);
    memset(settings, 0, sizeof(*settings));
}

/* NULL: no memory. */
static vnuma_xen_dom0_vcpu *add_vcpu(vnuma_xen_dom0_settings *settings)
{
    if (!VNUMA__GROW(settings->vcpus, settings->num_vcpus))
        return NULL;
    settings->vcpus[settings->num_vcpus] = (vnuma_xen_dom0_vcpu){ 0 };
    return &settings->vcpus[settings->num_vcpus++];
}

int vnuma__dom0_settings_copy(const vnuma_xen_dom0_settings *from,
                              vnuma_xen_dom0_settings *to_r)
{
    vnuma_xen_dom0_settings copy = *from;
    vnuma_xen_dom0_vcpu *vcpu;
    unsigned int i;

    copy.vcpus = NULL;
    copy.num_vcpus = 0;
    for (i = 0; i < from->num_vcpus; i++) {
        vcpu = add_vcpu(&copy);
        if (!vcpu || vnuma_bitmap_copy(&from->vcpus[i].hard, &vcpu->hard) ||
            vnuma_bitmap_copy(&from->vcpus[i].soft, &vcpu->soft)) {
            vnuma__dom0_settings_dispose(&copy);
            return VNUMA_ERROR_NOMEM;
        }
        vcpu->online = from->vcpus[i].online;
    }
    vnuma__dom0_settings_dispose(to_r);
    *to_r = copy;
    return 0;
}

bool vnuma__dom0_same_affinity(const vnuma_xen_dom0_vcpu *a,
                               const vnuma_xen_dom0_vcpu *b)
{
    return vnuma_bitmap_equal(&a->hard, &b->hard) &&
           vnuma_bitmap_equal(&a->soft, &b->soft);
}

bool vnuma__dom0_settings_equal(const vnuma_xen_dom0_settings *a,
                                const vnuma_xen_dom0_settings *b)
{
    unsigned int i;

    if (a->target_memkb != b->target_memkb ||
        a->static_max_memkb != b->static_max_memkb ||
        a->max_memkb != b->max_memkb || a->num_vcpus != b->num_vcpus)
        return false;
    for (i = 0; i < a->num_vcpus; i++)
        if (a->vcpus[i].online != b->vcpus[i].online ||
            !vnuma__dom0_same_affinity(&a->vcpus[i], &b->vcpus[i]))
            return false;
    return true;
}

void vnuma_xen_dom0_init(vnuma_xen_dom0 *dom0)
{
    memset(dom0, 0, sizeof(*dom0));
}

void vnuma_xen_dom0_dispose(vnuma_xen_dom0 *dom0)
{
    vnuma__dom0_settings_dispose(&dom0->settings);
    vnuma__dom0_settings_dispose(&dom0->original);
    vnuma_bitmap_dispose(&dom0->online);
    free(dom0->pcpus);
    vnuma_xen_dom0_init(dom0);
}

/* ---- the text ----------------------------------------------------------- */

void vnuma__dom0_record_dispose(vnuma__dom0_record *record)
{
    vnuma__dom0_settings_dispose(&record->original);
    vnuma__dom0_settings_dispose(&record->previous);
    record->is_changing = false;
}

#define FIRST_LINE "xl-vnuma dom0 1\n"
#define ORIGINAL "original\n"

/*
 * How a record begins; that of another boot does not apply to this one.  When
 * it is not known which this is, no record may pass for another boot's: it
 * would be replaced, and dom0's old settings would be lost.
 */
typedef char header[128];

static int make_header(header text)
{
    vnuma_source boot = { 0 };
    int rc = vnuma_source_read(&boot, "/proc/sys/kernel/random/boot_id");

    if (!rc)
        snprintf(text, sizeof(header), FIRST_LINE "boot %.64s", boot.text);
    vnuma_source_dispose(&boot);
    return rc;
}

static int put_settings(FILE *f, const vnuma_xen_dom0_settings *settings)
{
    unsigned int i;

    fprintf(f, "memory %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
            settings->target_memkb, settings->static_max_memkb,
            settings->max_memkb);
    for (i = 0; i < settings->num_vcpus; i++) {
        char *hard = vnuma_bitmap_format(&settings->vcpus[i].hard);
        char *soft = vnuma_bitmap_format(&settings->vcpus[i].soft);

        if (hard && soft)
            fprintf(f, "vcpu %s %s %s\n",
                    settings->vcpus[i].online ? "online" : "offline", hard,
                    soft);
        free(hard);
        free(soft);
        if (!hard || !soft)
            return VNUMA_ERROR_NOMEM;
    }
    return 0;
}

char *vnuma__dom0_record_to_text(const vnuma__dom0_record *record)
{
    vnuma__print out;
    header begin;
    FILE *f;
    int rc;

    if (make_header(begin))
        return NULL;
    f = vnuma__print_begin(&out);
    if (!f)
        return NULL;
    fprintf(f, "%s" ORIGINAL, begin);
    rc = put_settings(f, &record->original);
    if (record->is_changing && !rc) {
        fputs("previous\n", f);
        rc = put_settings(f, &record->previous);
    }
    fputs("end\n", f);
    return vnuma__print_end(&out, rc);
}

static int read_set(const char *word, vnuma_bitmap *set_r)
{
    vnuma__text text = { .ptr = word, .len = strlen(word) }, piece;
    int rc = 0;

    if (!strcmp(word, "none"))
        return 0;
    while (!rc && vnuma__text_next(&text, ',', &piece))
        rc = vnuma__text_add_range(piece, VNUMA_BITMAP_MAX - 1, set_r);
    return rc;
}

static int read_vcpu(const char *line, vnuma_xen_dom0_settings *settings)
{
    char state[8], hard[16384], soft[16384];
    vnuma_xen_dom0_vcpu *vcpu;
    int rc;

    if (sscanf(line, "vcpu %7s %16383s %16383s", state, hard, soft) != 3)
        return VNUMA_ERROR_CONFIG;
    vcpu = add_vcpu(settings);
    if (!vcpu)
        return VNUMA_ERROR_NOMEM;
    vcpu->online = !strcmp(state, "online");
    rc = read_set(hard, &vcpu->hard);
    return rc ? rc : read_set(soft, &vcpu->soft);
}

static int read_line(const char *line, vnuma__dom0_record *record)
{
    vnuma_xen_dom0_settings *s =
        record->is_changing ? &record->previous : &record->original;

    if (!strcmp(line, "previous")) {
        record->is_changing = true;
        return 0;
    }
    if (!strncmp(line, "vcpu ", 5))
        return read_vcpu(line, s);
    return sscanf(line, "memory %" SCNu64 " %" SCNu64 " %" SCNu64,
                  &s->target_memkb, &s->static_max_memkb, &s->max_memkb) == 3
               ? 0
               : VNUMA_ERROR_CONFIG;
}

/* Reads the lines after the header, up to "end". */
static int read_lines(char *rest, vnuma__dom0_record *record)
{
    const char *line = NULL;
    int rc = 0;

    while (!rc && (line = strsep(&rest, "\n")) && strcmp(line, "end"))
        rc = read_line(line, record);
    if (!rc && (!line || !record->original.num_vcpus ||
                (record->is_changing &&
                 record->previous.num_vcpus != record->original.num_vcpus)))
        rc = VNUMA_ERROR_CONFIG;
    return rc;
}

int vnuma__dom0_record_parse(const char *text, vnuma__dom0_record *record_r)
{
    vnuma__dom0_record record = { .is_changing = false };
    header begin;
    char *copy;
    int rc;

    if (strncmp(text, FIRST_LINE "boot ", strlen(FIRST_LINE "boot ")))
        return VNUMA_ERROR_CONFIG;
    rc = make_header(begin);
    if (rc)
        return rc;
    if (strncmp(text, begin, strlen(begin))) {
        errno = ENOENT; /* of another boot: same as none */
        return VNUMA_ERROR_IO;
    }
    text += strlen(begin);
    if (strncmp(text, ORIGINAL, strlen(ORIGINAL)))
        return VNUMA_ERROR_CONFIG;
    copy = strdup(text + strlen(ORIGINAL));
    rc = copy ? read_lines(copy, &record) : VNUMA_ERROR_NOMEM;
    free(copy);
    if (rc)
        vnuma__dom0_record_dispose(&record);
    else
        *record_r = record;
    return rc;
}

/* ---- the file ----------------------------------------------------------- */

#define MAX_TEXT (4u << 20)

int vnuma__dom0_record_read(const char *dir, vnuma__dom0_record *record_r)
{
    vnuma_source source = { 0 };
    int rc = vnuma__store_read(dir, VNUMA__DOM0_RECORD, &source);

    if (!rc && (source.len > MAX_TEXT || strlen(source.text) < source.len))
        rc = VNUMA_ERROR_CONFIG;
    if (!rc)
        rc = vnuma__dom0_record_parse(source.text, record_r);
    vnuma_source_dispose(&source);
    return rc;
}

int vnuma__dom0_record_write(const char *dir, const vnuma__dom0_record *record)
{
    char *text;
    int rc;

    errno = ENOMEM;
    text = vnuma__dom0_record_to_text(record);
    rc = errno == ENOMEM ? VNUMA_ERROR_NOMEM : VNUMA_ERROR_IO;
    if (text)
        rc = vnuma__store_write(dir, VNUMA__DOM0_RECORD, text);
    free(text);
    return rc;
}
