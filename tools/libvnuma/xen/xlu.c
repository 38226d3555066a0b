/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The second reader: libxlutil reads the bytes that our own reader accepted,
 * and every setting must come out the same.  Our reader knows places,
 * libxlutil is what xl will use; a guest is created only when both agree.
 */
#include "config.h"

#include "base/objects.h"
#include "vnuma_xen.h"

#include <libxlutil.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "cfg/read.h"

typedef struct {
    XLU_Config *xlu;
    char *said;
    size_t said_len;
    FILE *report;
} judge;

static void judge_dispose(judge *j)
{
    if (j->xlu)
        xlu_cfg_destroy(j->xlu);
    if (j->report)
        fclose(j->report);
    free(j->said);
}

static int judge_init(judge *j, const vnuma_source *source)
{
    memset(j, 0, sizeof(*j));
    j->report = open_memstream(&j->said, &j->said_len);
    if (j->report)
        j->xlu = xlu_cfg_init(j->report, source->name);
    return j->xlu ? 0 : VNUMA_ERROR_NOMEM;
}

static bool values_agree(const judge *j, const vnuma__value *ours,
                         XLU_ConfigValue *theirs, unsigned int depth);

static bool lists_agree(const judge *j, const vnuma__value *ours,
                        const XLU_ConfigList *theirs, unsigned int depth)
{
    uint32_t i;

    for (i = 0; i < ours->num_items; i++) {
        XLU_ConfigValue *item = xlu_cfg_get_listitem2(theirs, i);

        if (!item || !values_agree(j, &ours->items[i], item, depth + 1))
            return false;
    }
    return !xlu_cfg_get_listitem2(theirs, ours->num_items);
}

/* Deeper than any list that our reader accepts. */
#define MAX_DEPTH 10000

static bool values_agree(const judge *j, const vnuma__value *ours,
                         XLU_ConfigValue *theirs, unsigned int depth)
{
    XLU_ConfigList *list;
    char *string;

    if (depth > MAX_DEPTH ||
        ours->is_list != (xlu_cfg_value_type(theirs) == XLU_LIST))
        return false;
    if (!ours->is_list)
        return !xlu_cfg_value_get_string(j->xlu, theirs, &string, 1) &&
               !strcmp(string, ours->string);
    return !xlu_cfg_value_get_list(j->xlu, theirs, &list, 1) &&
           lists_agree(j, ours, list, depth);
}

static bool setting_agrees(const judge *j, const vnuma__setting *setting)
{
    const vnuma__value *ours = &setting->value;
    XLU_ConfigList *list;
    const char *string;

    if (!ours->is_list)
        return !xlu_cfg_get_string(j->xlu, setting->name, &string, 1) &&
               !strcmp(string, ours->string);
    return !xlu_cfg_get_list(j->xlu, setting->name, &list, NULL, 1) &&
           lists_agree(j, ours, list, 0);
}

static int compare_readings(const judge *j, const vnuma__tree *tree,
                            vnuma_diags *diags)
{
    uint32_t i;

    for (i = 0; i < tree->num_settings; i++) {
        const vnuma__setting *setting = &tree->settings[i];

        if (vnuma__tree_find(tree, setting->name) != setting ||
            setting_agrees(j, setting))
            continue;
        vnuma__error(diags, "readers-differ", setting->name_span,
                     "xl's own reader understands %s= differently",
                     setting->name);
        return VNUMA_ERROR_CONFIG;
    }
    return 0;
}

int vnuma_xen_compare(const vnuma_source *source, vnuma_diags *diags)
{
    vnuma__tree tree;
    judge j;
    int rc;

    vnuma__tree_init(&tree);
    rc = judge_init(&j, source);
    if (rc)
        goto out;
    rc = vnuma__read(source, &tree, diags);
    if (rc)
        goto out;
    if (xlu_cfg_readdata(j.xlu, source->text, source->len)) {
        fflush(j.report);
        vnuma__error(diags, "readers-differ", (vnuma_span){ source, 0, 0 },
                     "xl's own reader refuses this file: %.*s",
                     (int)strcspn(j.said ? j.said : "", "\n"),
                     j.said ? j.said : "");
        rc = VNUMA_ERROR_CONFIG;
        goto out;
    }
    rc = compare_readings(&j, &tree, diags);

out:
    vnuma__tree_dispose(&tree);
    judge_dispose(&j);
    return rc;
}
