/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Diagnostics as JSON. */
#include "config.h"

#include "base/diag_json.h"

#include "base/diag.h"

/* Where a span begins and ends; null without a place. */
static void put_span(vnuma__json *json, vnuma_span span)
{
    uint32_t line, column, end_line, end_column;
    const char *name;

    vnuma_span_locate(vnuma__after(span), &name, &end_line, &end_column);
    vnuma_span_locate(span, &name, &line, &column);
    vnuma__json_add_known(json, "line", line, 0);
    vnuma__json_add_known(json, "column", column, 0);
    vnuma__json_add_known(json, "end_line", end_line, 0);
    vnuma__json_add_known(json, "end_column", end_column, 0);
}

static void put_fix(vnuma__json *json, const vnuma_diag *diag)
{
    vnuma__json_key(json, "fix");
    if (!diag->fix) {
        vnuma__json_null(json);
        return;
    }
    vnuma__json_map(json);
    put_span(json, diag->fix_span);
    vnuma__json_add_string(json, "replacement", diag->fix);
    vnuma__json_end_map(json);
}

static void put_diag(vnuma__json *json, const vnuma_diag *diag)
{
    uint32_t line, column;
    const char *name;

    vnuma__json_map(json);
    vnuma_span_locate(diag->span, &name, &line, &column);
    vnuma__json_add_string(json, "file", name);
    put_span(json, diag->span);
    vnuma__json_add_string(json, "severity",
                           vnuma__severity_name(diag->severity));
    vnuma__json_add_string(json, "id", diag->id);
    vnuma__json_add_string(json, "message", diag->message);
    vnuma__json_add_string(json, "hint", diag->hint);
    put_fix(json, diag);
    if (diag->related)
        vnuma__json_add_bool(json, "related", true);
    vnuma__json_end_map(json);
}

void vnuma__json_diags(vnuma__json *json, const vnuma_diags *const *list,
                       unsigned int num)
{
    unsigned int i, j, num_errors = 0;

    for (i = 0; i < num; i++) {
        num_errors += list[i]->num_errors;
        json->failed |= list[i]->lost; /* it would not be all */
    }
    vnuma__json_add_bool(json, "valid", !num_errors);
    vnuma__json_add_array(json, "diagnostics");
    for (i = 0; i < num; i++)
        for (j = 0; j < list[i]->num_items; j++)
            put_diag(json, vnuma_diags_at(list[i], j));
    vnuma__json_end_array(json);
}

char *vnuma_diags_list_to_json(const vnuma_diags *const *list,
                               unsigned int num)
{
    vnuma__json json;

    vnuma__json_begin(&json, true);
    vnuma__json_diags(&json, list, num);
    return vnuma__json_finish(&json);
}

char *vnuma_diags_to_json(const vnuma_diags *diags)
{
    return vnuma_diags_list_to_json(&diags, 1);
}
