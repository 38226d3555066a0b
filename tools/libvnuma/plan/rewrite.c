/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A plan as the setting that stock xl reads, with every value explicit: as an
 * argument for xl, or instead of the file's own setting, with every other byte
 * of the file unchanged.
 */
#include "config.h"

#include "cfg/read.h"
#include "plan/plan_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/print.h"

bool vnuma_config_is_full(const vnuma_config *config)
{
    bool has_vcpus = false;
    unsigned int i;

    for (i = 0; i < config->num_vnodes; i++) {
        const vnuma_vnode *vnode = &config->vnodes[i];

        if (vnode->pnode.value == VNUMA_PNODE_AUTO ||
            !vnode->memkb.span.source ||
            vnode->num_distances != config->num_vnodes)
            return false;
        has_vcpus |= vnode->vcpus_span.source != NULL;
    }
    return has_vcpus && !config->vnuma_auto;
}

static int put_vnode(FILE *f, const vnuma_plan *plan, unsigned int i)
{
    const vnuma_plan_vnode *vnode = &plan->vnodes[i];
    unsigned int to;
    char *vcpus;

    fprintf(f, "[ \"pnode=%" PRIu32 "\", \"size=%" PRIu64 "\"", vnode->pnode,
            vnode->memkb / 1024);
    if (vnuma_bitmap_count(&vnode->vcpus)) {
        vcpus = vnuma_bitmap_format(&vnode->vcpus);
        if (!vcpus)
            return VNUMA_ERROR_NOMEM;
        fprintf(f, ", \"vcpus=%s\"", vcpus);
        free(vcpus);
    }
    fputs(", \"vdistances=", f);
    for (to = 0; to < plan->num_vnodes; to++)
        fprintf(f, "%s%" PRIu32, to ? "," : "", vnode->distances[to]);
    fputs("\" ]", f);
    return 0;
}

/* @indent: what is written between two vnodes. */
static int put_list(FILE *f, const vnuma_plan *plan, const char *indent)
{
    unsigned int i;
    int rc = 0;

    fputs("[ ", f);
    for (i = 0; i < plan->num_vnodes && !rc; i++) {
        if (i)
            fprintf(f, ",%s", indent);
        rc = put_vnode(f, plan, i);
    }
    fputs(" ]", f);
    return rc;
}

char *vnuma_plan_to_setting(const vnuma_plan *plan)
{
    vnuma__print out;
    FILE *f;
    int rc;

    f = vnuma__print_begin(&out);
    if (!f)
        return NULL;
    fputs("vnuma=", f);
    rc = put_list(f, plan, " ");
    return vnuma__print_end(&out, rc);
}

/* The file up to a byte, and the setting after it. */
static char *append(const vnuma_plan *plan, const vnuma_source *source,
                    uint32_t end)
{
    vnuma__print out;
    FILE *f;
    int rc;

    f = vnuma__print_begin(&out);
    if (!f)
        return NULL;
    fwrite(source->text, 1, end, f);
    if (end && source->text[end - 1] != '\n')
        fputc('\n', f);
    fputs("vnuma = ", f);
    rc = put_list(f, plan, "\n          ");
    fputc('\n', f);
    return vnuma__print_end(&out, rc);
}

static bool is_read(const char *text)
{
    vnuma_source source;
    vnuma_config config;
    vnuma_diags diags;
    bool ok;

    vnuma_source_init(&source);
    vnuma__config_init(&config);
    vnuma_diags_init(&diags);
    ok = !vnuma_source_set(&source, "", text, strlen(text)) &&
         !vnuma__config_parse(&source, &config, &diags);
    vnuma_diags_dispose(&diags);
    vnuma__config_dispose(&config);
    vnuma_source_dispose(&source);
    return ok;
}

/* xl ignores some last bytes, which must not come before other bytes then. */
static char *append_readable(const vnuma_plan *plan,
                             const vnuma_source *source)
{
    uint32_t end = source->extra;
    char *text = append(plan, source, end);

    if (!text || !end || source->text[end - 1] == '\n' || is_read(text))
        return text;
    free(text);
    return append(plan, source, end - 1);
}

/* ---- instead of the file's own setting ---------------------------------- */

static bool is_vnuma_of_file(const vnuma_source *source,
                             const vnuma__setting *setting)
{
    return !strcmp(setting->name, "vnuma") &&
           setting->value.span.source == source &&
           setting->value.span.end <= source->extra;
}

/* The last vnuma=, which counts; NULL: the file has none. */
static const vnuma__setting *find_last(const vnuma_source *source,
                                       const vnuma__tree *tree)
{
    uint32_t i;

    for (i = tree->num_settings; i--;)
        if (is_vnuma_of_file(source, &tree->settings[i]))
            return &tree->settings[i];
    return NULL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The bytes of a setting; whole lines if nothing else is on them. */
static vnuma_span find_extent(const vnuma_source *source,
                              const vnuma__setting *setting)
{
    vnuma_span span = setting->name_span;
    uint32_t start = span.start, end = setting->value.span.end;

    span.end = end;
    while (start && is_blank(source->text[start - 1]))
        start--;
    while (end < source->extra && is_blank(source->text[end]))
        end++;
    if ((!start || source->text[start - 1] == '\n') && end < source->extra &&
        source->text[end] == '\n') {
        span.start = start;
        span.end = end + 1;
    }
    return span;
}

/* What += adds to is removed, so the last setting is written with =. */
static int put_last(FILE *f, const vnuma_plan *plan,
                    const vnuma_source *source, const vnuma__setting *last,
                    uint32_t from)
{
    uint32_t start =
        last->is_addition ? last->name_span.start : last->value.span.start;
    int rc;

    fwrite(source->text + from, 1, start - from, f);
    if (last->is_addition)
        fputs("vnuma = ", f);
    rc = put_list(f, plan, "\n          ");
    fwrite(source->text + last->value.span.end, 1,
           source->extra - last->value.span.end, f);
    return rc;
}

/* Earlier settings are removed: the last one says everything. */
static char *replace(const vnuma_plan *plan, const vnuma_source *source,
                     const vnuma__tree *tree, const vnuma__setting *last)
{
    const vnuma__setting *setting;
    vnuma__print out;
    uint32_t from = 0;
    FILE *f;
    int rc;

    f = vnuma__print_begin(&out);
    if (!f)
        return NULL;
    for (setting = tree->settings; setting < last; setting++) {
        vnuma_span gone;

        if (!is_vnuma_of_file(source, setting))
            continue;
        gone = find_extent(source, setting);
        fwrite(source->text + from, 1, gone.start - from, f);
        from = gone.end;
    }
    rc = put_last(f, plan, source, last, from);
    return vnuma__print_end(&out, rc);
}

char *vnuma_plan_to_cfg(const vnuma_plan *plan, const vnuma_source *source)
{
    const vnuma__setting *last;
    vnuma_diags diags;
    vnuma__tree tree;
    char *text = NULL;
    int rc;

    vnuma__tree_init(&tree);
    vnuma_diags_init(&diags);
    rc = vnuma__read(source, &tree, &diags);
    if (rc != VNUMA_ERROR_NOMEM) {
        last = find_last(source, &tree);
        text = last ? replace(plan, source, &tree, last)
                    : append_readable(plan, source);
    }
    vnuma_diags_dispose(&diags);
    vnuma__tree_dispose(&tree);
    return text;
}
