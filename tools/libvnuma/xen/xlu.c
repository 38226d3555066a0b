/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The second reader: of the bytes that libxlutil has read every setting must
 * come out the same in our own reader.  Ours knows places, libxlutil is what
 * xl uses; a guest is created only when both agree.
 */
#include "config.h"

#include "base/objects.h"
#include "vnuma_xen.h"

#include <libxlutil.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "cfg/read.h"

/*
 * Theirs is a string or a list, and the other one is NULL.  Lists of ours are
 * not deeper than those that libxlutil accepts.
 */
static bool values_agree(const XLU_Config *xlu, const vnuma__value *ours,
                         const char *string, const XLU_ConfigList *list)
{
    uint32_t i;

    if (!ours->is_list)
        return string && !strcmp(string, ours->string);
    if (!list)
        return false;
    for (i = 0; i < ours->num_items; i++) {
        XLU_ConfigValue *item = xlu_cfg_get_listitem2(list, i);
        XLU_ConfigList *items = NULL;
        char *text = NULL;

        if (!item)
            return false;
        xlu_cfg_value_get_string(xlu, item, &text, 1);
        xlu_cfg_value_get_list(xlu, item, &items, 1);
        if (!values_agree(xlu, &ours->items[i], text, items))
            return false;
    }
    return !xlu_cfg_get_listitem2(list, ours->num_items);
}

static bool setting_agrees(const XLU_Config *xlu,
                           const vnuma__setting *setting)
{
    XLU_ConfigList *list = NULL;
    const char *string = NULL;

    xlu_cfg_get_string(xlu, setting->name, &string, 1);
    xlu_cfg_get_list(xlu, setting->name, &list, NULL, 1);
    return values_agree(xlu, &setting->value, string, list);
}

int vnuma_xen_compare(const vnuma_source *source, const XLU_Config *xlu,
                      vnuma_diags *diags)
{
    vnuma__tree tree = { 0 };
    int rc = vnuma__read(source, &tree, diags);
    uint32_t i;

    for (i = 0; !rc && i < tree.num_settings; i++) {
        const vnuma__setting *setting = &tree.settings[i];

        if (vnuma__tree_find(&tree, setting->name) != setting ||
            setting_agrees(xlu, setting))
            continue;
        vnuma__error(diags, "readers-differ", setting->name_span,
                     "xl's own reader understands %s= differently",
                     setting->name);
        rc = VNUMA_ERROR_CONFIG;
    }
    vnuma__tree_dispose(&tree);
    return rc;
}
