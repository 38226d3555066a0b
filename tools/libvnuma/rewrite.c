/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A plan as the setting that plain xl reads: every value explicit.  As a line
 * to give to xl, or in the place of the guest's own setting, with every other
 * byte of the file as it was.
 */
#include "config.h"

#include "vnuma.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* @indent: what stands between two vnodes. */
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

static char *finish(FILE *f, char **text, int rc)
{
    if (fclose(f) || rc) {
        free(*text);
        return NULL;
    }
    return *text;
}

char *vnuma_plan_to_setting(const vnuma_plan *plan)
{
    char *text = NULL;
    size_t size;
    FILE *f;
    int rc;

    f = open_memstream(&text, &size);
    if (!f)
        return NULL;
    fputs("vnuma=", f);
    rc = put_list(f, plan, " ");
    return finish(f, &text, rc);
}

/* Whether the setting's value is one piece of the file, not a sum. */
static bool is_replaceable(const vnuma_source *source, vnuma_span span)
{
    return span.source == source && span.start < span.end &&
           span.end <= source->extra;
}

char *vnuma_plan_to_cfg(const vnuma_plan *plan, const vnuma_source *source,
                        const vnuma_config *config)
{
    vnuma_span span = config->vnuma_span;
    char *text = NULL;
    size_t size;
    FILE *f;
    int rc;

    f = open_memstream(&text, &size);
    if (!f)
        return NULL;
    if (!config->vnuma_is_sum && is_replaceable(source, span)) {
        fwrite(source->text, 1, span.start, f);
        rc = put_list(f, plan, "\n          ");
        fwrite(source->text + span.end, 1, source->extra - span.end, f);
    } else {
        /* The last setting of a name is the one that counts. */
        fwrite(source->text, 1, source->extra, f);
        if (source->extra && source->text[source->extra - 1] != '\n')
            fputc('\n', f);
        fputs("vnuma = ", f);
        rc = put_list(f, plan, "\n          ");
        fputc('\n', f);
    }
    return finish(f, &text, rc);
}
