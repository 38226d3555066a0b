/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether xl shrinks dom0 by itself: xl.conf's autoballoon= and its "auto". */
#include "config.h"

#include "dom0/dom0.h"

#include <string.h>

#include "cfg/read.h"

static bool is_limit(const char *at)
{
    return !strncmp(at, "min:", 4) || !strncmp(at, "max:", 4);
}

/*
 * What xl recognises after "dom0_mem=", by a regular expression:
 *
 *     ((min:|max:)? (SIZE | (SIZE "+")? DIGIT DIGIT? "%") ,?)+
 *     SIZE = -? DIGIT+ [bkmgtBKMGT]?
 *
 * As commas are optional, "123%" is 1 and 23%, and "-23%" is -2 and 3%: so
 * only the last one or two digits of a number before a "%" are a percentage.
 * glibc's regcomp(3) frees memory twice when there is no more of it.
 *
 * Returns the end of what is recognised at the beginning, or NULL.
 */
static const char *skip_amount(const char *at)
{
    static const char digits[] = "0123456789";
    bool is_minus;
    size_t num;

    at += is_limit(at) ? 4 : 0;
    is_minus = *at == '-';
    at += is_minus;
    num = strspn(at, digits);
    at += num;
    if (*at == '%')
        return num > is_minus ? at + 1 : NULL;
    if (num && *at && strchr("bkmgtBKMGT", *at) && !is_limit(at))
        at++; /* its unit, and not the m of "min:" */
    if (num && *at == '+') {
        num = strspn(++at, digits);
        at += num;
        if (num > 2 || *at++ != '%')
            return NULL;
    }
    return num ? at : NULL;
}

/* Whether xl recognises all of it, up to a blank or the end. */
static bool xl_understands(const char *value)
{
    do {
        value = skip_amount(value);
        if (value && *value == ',')
            value++;
    } while (value && *value && *value != ' ');
    return value;
}

static bool has_dom0_mem(const char *cmdline)
{
    const char *at = cmdline;
    size_t len;

    while (*at) {
        len = strcspn(at, " ");
        if (!strncmp(at, "dom0_mem=", 9) && xl_understands(at + 9))
            return true;
        at += len + (at[len] == ' ');
    }
    return false;
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
    vnuma__tree tree;
    int rc = 0;

    vnuma__tree_init(&tree);
    if (xl_conf)
        rc = vnuma__read(xl_conf, &tree, diags);
    if (!rc)
        setting = vnuma__tree_find(&tree, "autoballoon");
    if (setting)
        take(&setting->value, &a, diags);
    vnuma__tree_dispose(&tree);
    if (rc)
        return rc;
    if (a.is_auto)
        a.is_on = !has_dom0_mem(cmdline);
    *autoballoon_r = a;
    return 0;
}
