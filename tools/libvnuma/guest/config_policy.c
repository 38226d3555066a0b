/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where memory may go, a setting that only libvnuma has:
 *
 *     xl_vnuma_policy = POLICY | [ POLICY, ... ]      one for each vnode
 *     POLICY          = strict | preferred | interleave=PNODES
 *     PNODES          = N | N-M, ...
 */
#include "config.h"

#include "guest/guest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const vnuma_policy_item *vnuma__policy_of(const vnuma_config *config,
                                          unsigned int vnode)
{
    const vnuma_policies *policies = &config->policies;

    if (!policies->is_list)
        vnode = 0;
    return vnode < policies->num_items ? &policies->items[vnode] : NULL;
}

/* ---- reading ------------------------------------------------------------ */

static void parse_pnodes(vnuma__config_reader *p, vnuma__text text,
                         vnuma_policy_item *item)
{
    vnuma__text piece;
    int rc = 0;

    item->pnodes_span = text.span;
    while (!rc && vnuma__text_next(&text, ',', &piece))
        rc = vnuma__text_add_range(piece, VNUMA_MAX_PNODES - 1, &item->pnodes);
    if (rc != VNUMA_ERROR_CONFIG) {
        p->rc = rc;
        return;
    }
    vnuma__error(p->diags, "policy-unknown", piece.span,
                 "interleave= needs pnodes from 0 to %u, not \"%.*s\"",
                 VNUMA_MAX_PNODES - 1, VNUMA__TEXT_ARG(piece));
    vnuma__hint(p->diags, "write numbers and ranges: \"interleave=0-3,5\"");
}

static void report_policy(vnuma__config_reader *p, vnuma__text text)
{
    unsigned int meant =
        vnuma__nearest_name(text, vnuma__policy_names, VNUMA__NUM_POLICIES);

    vnuma__error(p->diags, "policy-unknown", text.span,
                 "\"%.*s\" is not a policy for memory", VNUMA__TEXT_ARG(text));
    if (vnuma__text_equal(text, "interleave"))
        vnuma__hint(p->diags, "name the pnodes: \"interleave=0-3\"");
    else if (meant < VNUMA__NUM_POLICIES)
        vnuma__hint(p->diags, "did you mean %s?", vnuma__policy_names[meant]);
    else
        vnuma__hint(p->diags, "write \"strict\", \"preferred\" or "
                              "\"interleave=0-3\"");
}

static void parse_policy(vnuma__config_reader *p, const vnuma__value *value,
                         vnuma_policy_item *item)
{
    vnuma__text text = vnuma__text_trim(vnuma__value_text(value));
    uint32_t equals = vnuma__text_find(text, '=');
    vnuma__text name = vnuma__text_slice(text, 0, equals);
    unsigned int policy = 0;

    item->span = value->span;
    while (policy < VNUMA__NUM_POLICIES &&
           !vnuma__text_equal(name, vnuma__policy_names[policy]))
        policy++;
    if (policy == VNUMA__NUM_POLICIES ||
        (policy == VNUMA_POLICY_INTERLEAVE) != (equals < text.len)) {
        report_policy(p, text);
        return;
    }
    item->policy = policy;
    if (policy == VNUMA_POLICY_INTERLEAVE)
        parse_pnodes(p, vnuma__text_slice(text, equals + 1, text.len), item);
}

void vnuma__parse_policies(vnuma__config_reader *p)
{
    vnuma_policies *policies = p->into;
    const vnuma__value *strings;
    uint32_t num, i;

    policies->span = p->setting->value.span;
    policies->is_list = p->setting->value.is_list;
    /* One more than allowed is kept, so that the check reports the number. */
    num = vnuma__setting_strings(p, VNUMA_MAX_VNODES + 1, &strings);
    policies->items =
        vnuma__config_alloc(p, num + 1u, sizeof(*policies->items));
    for (i = 0; i < num && !p->rc; i++) {
        policies->num_items = i + 1;
        parse_policy(p, &strings[i], &policies->items[i]);
    }
}
