/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compares our reader with libxlutil on the same bytes, through their public
 * interfaces: both accept or both refuse, with the same names and the same
 * values at every depth.
 *
 * libxlutil cannot list its names.  It is asked for everything in the text
 * that could be a name, which also finds a name that we lack.
 */
#include "config.h"

#include "compare.h"

#include <libxlutil.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/read.h"

/* libxlutil leaks on some errors; do not report that. */
const char *__lsan_default_suppressions(void);
__attribute__((visibility("default"))) const char *
__lsan_default_suppressions(void)
{
    return "leak:libxlutil";
}

#define NAME_BYTES "abcdefghijklmnopqrstuvwxyz0123456789._"

/*
 * libxlutil asserts that a string ends where strlen() says, and so aborts on a
 * NUL in a string.  Such a NUL has a quote before it on its line.
 */
static bool would_abort(const char *text, size_t len)
{
    bool seen_quote = false;
    size_t i;

    for (i = 0; i < len; i++) {
        if (text[i] == '\n')
            seen_quote = false;
        else if (text[i] == '"' || text[i] == '\'')
            seen_quote = true;
        else if (!text[i] && seen_quote)
            return true;
    }
    return false;
}

static __attribute__((format(printf, 2, 3))) bool
differs(char why[COMPARE_WHY], const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(why, COMPARE_WHY, fmt, ap);
    va_end(ap);
    return false;
}

/* Recurses as deep as the value; libxlutil limits that depth. */
static bool same_value(const XLU_Config *cfg, XLU_ConfigValue *theirs,
                       const vnuma__value *ours, char why[COMPARE_WHY])
{
    XLU_ConfigList *list;
    char *string;
    uint32_t i;

    if (ours->is_list != (xlu_cfg_value_type(theirs) == XLU_LIST))
        return differs(why, "one has a list, the other a string");
    if (!ours->is_list) {
        xlu_cfg_value_get_string(cfg, theirs, &string, 1);
        return !strcmp(string, ours->string) ||
               differs(why, "xl reads <%s>, we read <%s>", string,
                       ours->string);
    }
    xlu_cfg_value_get_list(cfg, theirs, &list, 1);
    for (i = 0; i < ours->num_items; i++) {
        theirs = xlu_cfg_get_listitem2(list, i);
        if (!theirs)
            return differs(why, "xl has only %u items", i);
        if (!same_value(cfg, theirs, &ours->items[i], why))
            return false;
    }
    return !xlu_cfg_get_listitem2(list, i) ||
           differs(why, "we have only %u items", i);
}

static bool same_setting(const XLU_Config *cfg, const char *name,
                         const vnuma__value *ours, char why[COMPARE_WHY])
{
    XLU_ConfigValue *theirs;
    XLU_ConfigList *list;
    const char *string;
    uint32_t i;
    int num;

    if (!ours->is_list)
        return (!xlu_cfg_get_string(cfg, name, &string, 1) &&
                !strcmp(string, ours->string)) ||
               differs(why, "%s is <%s> for us", name, ours->string);
    if (xlu_cfg_get_list(cfg, name, &list, &num, 1))
        return differs(why, "%s is a list for us", name);
    if ((uint32_t)num != ours->num_items)
        return differs(why, "%s has %d items, for us %u", name, num,
                       ours->num_items);
    for (i = 0; i < ours->num_items; i++) {
        theirs = xlu_cfg_get_listitem2(list, i);
        if (!same_value(cfg, theirs, &ours->items[i], why))
            return false;
    }
    return true;
}

static bool has_all_names(const XLU_Config *cfg, const vnuma__tree *tree,
                          const char *text, size_t text_len,
                          char why[COMPARE_WHY])
{
    const char *p = text, *end = text + text_len;
    const char *string;
    char name[256];
    size_t len;

    while (p < end) {
        len = strspn(p, NAME_BYTES);
        if (len && len < sizeof(name)) {
            memcpy(name, p, len);
            name[len] = '\0';
            if (xlu_cfg_get_string(cfg, name, &string, 1) != ESRCH &&
                !vnuma__tree_find(tree, name))
                return differs(why, "%s is missing", name);
        }
        p += len + 1;
    }
    return true;
}

static bool same_settings(const XLU_Config *cfg, const vnuma__tree *tree,
                          const char *text, size_t len, char why[COMPARE_WHY])
{
    uint32_t i;

    for (i = 0; i < tree->num_names; i++) {
        const vnuma__setting *setting = tree->by_name[i];

        if (!same_setting(cfg, setting->name, &setting->value, why))
            return false;
    }
    return has_all_names(cfg, tree, text, len, why);
}

comparison compare_readers(const char *text, size_t len, FILE *report,
                           char why[COMPARE_WHY])
{
    comparison result = COMPARE_DIFFERENT;
    XLU_Config *cfg = NULL;
    vnuma_source source;
    vnuma_diags diags;
    vnuma__tree tree = { 0 };
    int rc, r;

    vnuma_source_init(&source);
    vnuma_diags_init(&diags);
    if (vnuma_source_set(&source, "t", text, len))
        abort();
    rc = vnuma__read(&source, &tree, &diags);
    if (rc != (diags.num_errors ? VNUMA_ERROR_CONFIG : 0)) {
        differs(why, "returned %d with %u errors", rc, diags.num_errors);
        goto out;
    }
    if (would_abort(text, len)) {
        result = COMPARE_SKIPPED;
        goto out;
    }

    cfg = xlu_cfg_init(report, "t");
    if (!cfg)
        abort();
    r = xlu_cfg_readdata(cfg, text, len);
    if (r && rc) {
        result = COMPARE_REFUSED;
    } else if (r) {
        differs(why, "only xl refuses it");
    } else if (rc) {
        differs(why, "only we refuse it: %s",
                vnuma_diags_at(&diags, 0)->message);
    } else if (same_settings(cfg, &tree, source.text, len, why)) {
        result = COMPARE_ACCEPTED;
    }

out:
    if (cfg)
        xlu_cfg_destroy(cfg);
    vnuma__tree_dispose(&tree);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
    return result;
}
