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

static void put_vnode(FILE *f, const vnuma_plan *plan, unsigned int i)
{
    const vnuma_plan_vnode *vnode = &plan->vnodes[i];
    unsigned int to;

    fprintf(f, "[ \"pnode=%" PRIu32 "\", \"size=%" PRIu64 "\"", vnode->pnode,
            vnode->memkb / 1024);
    if (vnuma_bitmap_count(&vnode->vcpus)) {
        fputs(", \"vcpus=", f);
        vnuma__bitmap_print(&vnode->vcpus, f);
        fputc('"', f);
    }
    fputs(", \"vdistances=", f);
    for (to = 0; to < plan->num_vnodes; to++)
        fprintf(f, "%s%" PRIu32, to ? "," : "", vnode->distances[to]);
    fputs("\" ]", f);
}

/* @between: two vnodes. */
static void put_setting(FILE *f, const vnuma_plan *plan, const char *equals,
                        const char *between)
{
    unsigned int i;

    fprintf(f, "vnuma%s[ ", equals);
    for (i = 0; i < plan->num_vnodes; i++) {
        if (i)
            fprintf(f, ",%s", between);
        put_vnode(f, plan, i);
    }
    fputs(" ]", f);
}

char *vnuma_plan_to_setting(const vnuma_plan *plan)
{
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);

    if (!f)
        return NULL;
    put_setting(f, plan, "=", " ");
    return vnuma__print_end(&out, false);
}

/* In the place of the first vnuma=; the others are removed.  At the beginning
 * when there is none: some last bytes are such that nothing can follow. */
static void put_file(FILE *f, const vnuma_plan *plan,
                     const vnuma_source *source, const vnuma__tree *tree)
{
    static const char indent[] = "\n          ";
    uint32_t from = 0, i;

    for (i = 0; i < tree->num_settings; i++) {
        const vnuma__setting *setting = &tree->settings[i];

        if (strcmp(setting->name, "vnuma") ||
            setting->value.span.source != source ||
            setting->value.span.end > source->extra)
            continue; /* or it is the command line's */
        fwrite(source->text + from, 1, setting->name_span.start - from, f);
        if (!from)
            put_setting(f, plan, " = ", indent);
        from = setting->value.span.end;
    }
    if (!from) {
        put_setting(f, plan, " = ", indent);
        fputc('\n', f);
    }
    fwrite(source->text + from, 1, source->extra - from, f);
}

char *vnuma_plan_to_cfg(const vnuma_plan *plan, const vnuma_source *source)
{
    vnuma_diags diags = { 0 };
    vnuma__print out;
    vnuma__tree tree = { 0 };
    int rc;
    FILE *f = vnuma__print_begin(&out);

    if (!f)
        return NULL;
    rc = vnuma__read(source, &tree, &diags);
    if (rc != VNUMA_ERROR_NOMEM)
        put_file(f, plan, source, &tree);
    vnuma_diags_dispose(&diags);
    vnuma__tree_dispose(&tree);
    return vnuma__print_end(&out, rc == VNUMA_ERROR_NOMEM);
}
