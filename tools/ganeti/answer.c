/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What hail answers. */
#include "config.h"

#include "ganeti/ganeti.h"

#include <stdlib.h>

#include "base/diag.h"

void answer_dispose(answer *a)
{
    free(a->info);
    vnuma__jsondoc_dispose(&a->json);
    vnuma_source_dispose(&a->source);
}

bool answer_read(answer *a, const char *text, size_t len)
{
    vnuma_diags diags = { 0 };
    value_ptr success, info;
    int rc;

    if (vnuma_source_set(&a->source, "hail", text, len))
        return false;
    rc = vnuma__jsondoc_parse(vnuma__source_text(&a->source), &a->json,
                              &diags);
    vnuma_diags_dispose(&diags);
    if (rc)
        return false;
    success = vnuma__jsondoc_member(a->json.root, "success");
    info = vnuma__jsondoc_member(a->json.root, "info");
    a->result = vnuma__jsondoc_member(a->json.root, "result");
    if (!success || success->type != VNUMA__JSON_BOOLEAN || !info ||
        info->type != VNUMA__JSON_STRING || !a->result ||
        a->result->type != VNUMA__JSON_ARRAY)
        return false;
    a->success = vnuma__text_equal(vnuma__jsondoc_text(success), "true");
    a->info = cluster_string(vnuma__jsondoc_text(info));
    return a->info;
}
