/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether xl shrinks dom0 by itself: xl.conf's autoballoon= and its "auto". */
#include "config.h"

#include "dom0/dom0.h"

#include <string.h>

#include "cfg/read.h"

/*
 * What xl recognises after "dom0_mem=": amounts, each with an optional "min:"
 * or "max:" before it and "," after it; only decimal numbers; a "-" before a
 * size but not before a percentage:
 *
 *     ((min:|max:)? (SIZE | (SIZE "+")? DIGIT DIGIT? "%") ,?)+
 *     SIZE = -? DIGIT+ [bkmgtBKMGT]?
 *
 * A text can be read in several ways at once ("123%" is 1 and 23%), so these
 * are sets of states.  xl itself uses regcomp(3), which in glibc frees memory
 * twice when there is no more of it.
 */
enum {
    START = 1 << 0,    /* an amount may begin */
    NUMBER = 1 << 1,   /* after min: or max:, or START */
    MINUS = 1 << 2,    /* after "-" */
    DIGITS = 1 << 3,   /* in a size */
    SUFFIX = 1 << 4,   /* after its unit */
    PLUS = 1 << 5,     /* after "+" */
    PERCENT1 = 1 << 6, /* after the first digit of a percentage */
    PERCENT2 = 1 << 7, /* after its second digit */
    END = 1 << 8,      /* of an amount; a comma may follow */
};

/* Adds the states that are reached without another byte. */
static unsigned int close_states(unsigned int states)
{
    if (states & (DIGITS | SUFFIX))
        states |= END;
    if (states & END)
        states |= START;
    if (states & START)
        states |= NUMBER;
    return states;
}

static const struct {
    unsigned int from;
    const char *bytes;
    unsigned int to;
} steps[] = {
#define ANY_DIGIT "0123456789"
    { NUMBER, "-", MINUS },
    { NUMBER | MINUS | DIGITS, ANY_DIGIT, DIGITS },
    { DIGITS, "bkmgtBKMGT", SUFFIX },
    { DIGITS | SUFFIX, "+", PLUS },
    { NUMBER | PLUS, ANY_DIGIT, PERCENT1 },
    { PERCENT1, ANY_DIGIT, PERCENT2 },
    { PERCENT1 | PERCENT2, "%", END },
    { END, ",", START },
};

static bool xl_understands(const char *value, size_t len)
{
    unsigned int states = START, next, behind_prefix[4] = { 0 };
    unsigned int i;
    size_t at;

    for (at = 0; at < len; at++) {
        states = close_states(states | behind_prefix[at % 4]);
        behind_prefix[at % 4] = 0;
        if ((states & START) && len - at >= 4 &&
            (!memcmp(value + at, "min:", 4) || !memcmp(value + at, "max:", 4)))
            behind_prefix[at % 4] = NUMBER; /* four bytes on */
        next = 0;
        for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
            if ((states & steps[i].from) && strchr(steps[i].bytes, value[at]))
                next |= steps[i].to;
        states = next;
    }
    /* Only the end of an amount leads back to START. */
    return len && (close_states(states) & START);
}

static bool has_dom0_mem(const char *cmdline)
{
    const char *at = cmdline;
    size_t len;

    while (*at) {
        len = strcspn(at, " ");
        if (len > 9 && !memcmp(at, "dom0_mem=", 9) &&
            xl_understands(at + 9, len - 9))
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
