/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether xl shrinks dom0 by itself: xl.conf's autoballoon= and its "auto". */
#include "config.h"

#include "dom0/dom0.h"

#include <regex.h>
#include <string.h>

#include "cfg/read.h"

/*
 * Whether xl recognises a dom0_mem=, by its own regular expression.
 * Returns VNUMA_ERROR_NOMEM without memory.
 */
static int find_dom0_mem(const char *cmdline, bool *is_found)
{
    static const char pattern[] =
        "(^| )dom0_mem=((|min:|max:)(-?[0-9]+[bBkKmMgGtT]?|"
        "(-?[0-9]+[bBkKmMgGtT]?\\+)?[0-9]{1,2}%),?)+($| )";
    regex_t regex;

    if (regcomp(&regex, pattern, REG_NOSUB | REG_EXTENDED))
        return VNUMA_ERROR_NOMEM;
    *is_found = !regexec(&regex, cmdline, 0, NULL, 0);
    regfree(&regex);
    return 0;
}

static void take(const vnuma__value *value, vnuma_dom0_autoballoon *a,
                 vnuma_diags *diags)
{
    static const struct {
        const char *word;
        bool is_auto, is_on;
    } words[] = {
        { "on", false, true },   { "1", false, true },
        { "off", false, false }, { "0", false, false },
        { "auto", true, false },
    };
    unsigned int i;

    a->span = value->span;
    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (!value->is_list && !strcmp(value->string, words[i].word)) {
            a->is_auto = words[i].is_auto;
            a->is_on = words[i].is_on;
            return;
        }
    a->is_invalid = true;
    vnuma__warning(diags, "dom0-autoballoon", value->span,
                   "xl does not know this value and uses \"auto\"");
    vnuma__hint(diags, "write \"off\", \"on\" or \"auto\"");
}

int vnuma_dom0_get_autoballoon(const vnuma_source *xl_conf,
                               const char *cmdline,
                               vnuma_dom0_autoballoon *autoballoon_r,
                               vnuma_diags *diags)
{
    vnuma_dom0_autoballoon a = { .is_auto = true };
    const vnuma__setting *setting = NULL;
    vnuma__tree tree = { 0 };
    bool is_found = false;
    int rc = 0;

    if (xl_conf)
        rc = vnuma__read(xl_conf, &tree, diags);
    if (!rc)
        setting = vnuma__tree_find(&tree, "autoballoon");
    if (setting)
        take(&setting->value, &a, diags);
    vnuma__tree_dispose(&tree);
    if (!rc && a.is_auto)
        rc = find_dom0_mem(cmdline, &is_found);
    a.is_on |= a.is_auto && !is_found;
    if (!rc)
        *autoballoon_r = a;
    return rc;
}
