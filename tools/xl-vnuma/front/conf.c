/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads xl-vnuma.conf, which has the grammar of xl.cfg; see front.h. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "cfg/read.h"
#include "front/front.h"

static void take_setting(const vnuma__setting *setting, bool *falls_back_r,
                         vnuma_diags *diags)
{
    vnuma__text text = vnuma__value_text(&setting->value);

    if (strcmp(setting->name, "fallback") != 0) {
        vnuma__error(diags, "conf-key", setting->name_span,
                     "there is no setting \"%s\"", setting->name);
        vnuma__hint(diags, "they are in xl-vnuma.conf(5)");
        return;
    }
    *falls_back_r = vnuma__text_equal(text, "stock");
    if (!*falls_back_r && !vnuma__text_equal(text, "refuse"))
        vnuma__error(diags, "conf-value", setting->value.span,
                     "fallback is \"refuse\" or \"stock\"");
}

bool front_falls_back(bool *falls_back_r)
{
    vnuma_source source = { 0 };
    vnuma_diags diags = { 0 };
    vnuma__tree tree = { 0 };
    unsigned int i;
    char *text;
    bool ok;

    *falls_back_r = false;
    if (!vnuma_source_read(&source, FRONT_CONF)) {
        if (vnuma__read(&source, &tree, &diags) == VNUMA_ERROR_NOMEM)
            vnuma__error(&diags, "conf-file", VNUMA__NOWHERE, "no memory");
    } else if (errno != ENOENT) {
        vnuma__error(&diags, "conf-file", VNUMA__NOWHERE, FRONT_CONF ": %s",
                     strerror(errno));
    }
    for (i = 0; i < tree.num_settings; i++)
        take_setting(&tree.settings[i], falls_back_r, &diags);
    for (i = 0; i < diags.num_items; i++) {
        text = vnuma_diag_format(vnuma_diags_at(&diags, i), false);
        fputs(text ? text : "no memory\n", stderr);
        free(text);
    }
    ok = !diags.num_errors;
    *falls_back_r &= ok;
    vnuma__tree_dispose(&tree);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
    return ok;
}
