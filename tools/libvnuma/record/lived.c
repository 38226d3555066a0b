/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where guests lived; see lived.h for the text. */
#include "config.h"

#include "record/lived.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/json_reader.h"
#include "base/json_writer.h"
#include "base/print.h"
#include "record/record.h"

void vnuma__lived_of_plan(const vnuma_plan *plan, vnuma__lived *lived_r)
{
    unsigned int v;

    memset(lived_r, 0, sizeof(*lived_r)); /* they are compared as bytes */
    for (v = 0; v < plan->num_vnodes; v++) {
        lived_r->pnodes[v] = plan->vnodes[v].pnode;
        lived_r->memkb[v] = plan->vnodes[v].memkb;
    }
    lived_r->num_vnodes = v;
}

void vnuma__lived_of_record(const vnuma_record *record, vnuma__lived *lived_r)
{
    unsigned int v;

    for (v = 0; v < record->layout.num_vnodes; v++) {
        lived_r->pnodes[v] = record->layout.vnode_to_pnode[v];
        lived_r->memkb[v] = record->memkb[v];
    }
    lived_r->num_vnodes = v;
}

bool vnuma__lived_fits(const vnuma__lived *lived, const vnuma_config *full)
{
    bool is_open = false;
    unsigned int v;

    if (lived->num_vnodes != full->num_vnodes)
        return false;
    for (v = 0; v < full->num_vnodes; v++) {
        const vnuma_vnode *vnode = &full->vnodes[v];
        bool is_named = vnode->pnode.value != VNUMA_PNODE_AUTO;

        is_open |= !is_named;
        if (vnode->memkb.value != lived->memkb[v] ||
            (is_named && vnode->pnode.value != lived->pnodes[v]))
            return false;
    }
    return is_open;
}

void vnuma__lived_print(const vnuma__lived *lived, const vnuma_plan *plan,
                        FILE *f)
{
    const char *before = "; not there again: vnode ";
    unsigned int v;

    fprintf(f, VNUMA__LIVED_WORDS "pnode%s ",
            lived->num_vnodes > 1 ? "s" : "");
    for (v = 0; v < lived->num_vnodes; v++)
        fprintf(f, "%s%" PRIu32, v ? "," : "", lived->pnodes[v]);
    for (v = 0; v < lived->num_vnodes; v++)
        if (plan->vnodes[v].pnode != lived->pnodes[v]) {
            fprintf(f, "%s%u", before, v);
            before = ",";
        }
    fputs(*before == ',' ? "\n" : "; every vnode is there again\n", f);
}

/* ---- a line ------------------------------------------------------------- */

/* How a line is about a guest; what is more counts more. */
typedef enum { BROKEN, OTHER, SAME_NAME, SAME_UUID } about;

static bool read_places(const vnuma__jsondoc *json, vnuma__lived *lived)
{
    const vnuma__jsondoc_value *root = vnuma__jsondoc_root(json);
    uint64_t pnodes[VNUMA_MAX_VNODES];
    uint32_t num = 0, num_sizes = 0, v;

    if (vnuma__jsondoc_numbers(json, root, "pnodes", VNUMA_MAX_PNODES - 1,
                               pnodes, VNUMA_MAX_VNODES, &num) ||
        vnuma__jsondoc_numbers(json, root, "memkb", UINT64_MAX, lived->memkb,
                               VNUMA_MAX_VNODES, &num_sizes))
        return false;
    for (v = 0; v < num; v++)
        lived->pnodes[v] = (uint32_t)pnodes[v];
    lived->num_vnodes = num;
    return num && num == num_sizes;
}

static bool is_member(const vnuma__jsondoc *json, const char *key,
                      const char *wanted)
{
    const vnuma__jsondoc_value *value =
        vnuma__jsondoc_member(json, vnuma__jsondoc_root(json), key);

    return wanted && value && value->type == VNUMA__JSON_STRING &&
           vnuma__text_equal(vnuma__jsondoc_text(json, value), wanted);
}

/* Returns 0 or VNUMA_ERROR_NOMEM. */
static int read_line(vnuma__text line, const char *uuid, const char *name,
                     vnuma__lived *lived_r, about *about_r)
{
    vnuma_diags ignored;
    vnuma__jsondoc json;
    int rc;

    *about_r = BROKEN;
    vnuma_diags_init(&ignored);
    vnuma__jsondoc_init(&json);
    rc = vnuma__jsondoc_parse(line, &json, &ignored);
    if (!rc && vnuma__jsondoc_root(&json)->type == VNUMA__JSON_OBJECT &&
        read_places(&json, lived_r))
        *about_r = is_member(&json, "uuid", uuid)   ? SAME_UUID
                   : is_member(&json, "name", name) ? SAME_NAME
                                                    : OTHER;
    vnuma__jsondoc_dispose(&json);
    vnuma_diags_dispose(&ignored);
    return rc == VNUMA_ERROR_NOMEM ? rc : 0;
}

/* Takes the next line that is not empty off *@rest. */
static bool next_line(vnuma__text *rest, vnuma__text *line_r)
{
    while (vnuma__text_next(rest, '\n', line_r))
        if (line_r->len)
            return true;
    return false;
}

static vnuma__text whole(const vnuma_source *kept)
{
    return (vnuma__text){
        .ptr = kept->text ? kept->text : "",
        .len = kept->len,
        .span = { kept, 0, kept->len },
        .exact = true,
    };
}

/* ---- all lines ---------------------------------------------------------- */

int vnuma__lived_find(const vnuma_source *kept, const char *uuid,
                      const char *name, vnuma__lived *lived_r,
                      vnuma_diags *diags)
{
    vnuma__text rest = whole(kept), line;
    about best = SAME_NAME, is;
    bool is_broken = false;
    vnuma__lived lived;
    int rc = 0;

    lived_r->num_vnodes = 0;
    while (!rc && next_line(&rest, &line)) {
        rc = read_line(line, uuid, name, &lived, &is);
        if (!rc && is == BROKEN && !is_broken) {
            vnuma__warning(diags, "lived", line.span,
                           "this line does not say where a guest lived, and "
                           "is left out");
            is_broken = true;
        }
        if (!rc && is >= best) {
            best = is;
            *lived_r = lived;
        }
    }
    return rc;
}

static char *format_line(const char *uuid, const char *name,
                         const vnuma__lived *lived, uint64_t time)
{
    vnuma__json json;

    vnuma__json_init(&json, false);
    vnuma__json_map(&json);
    vnuma__json_add_string(&json, "name", name);
    vnuma__json_add_string(&json, "uuid", uuid);
    vnuma__json_add_uint(&json, "time", time);
    VNUMA__JSON_LIST(&json, "pnodes", lived->pnodes, lived->num_vnodes);
    VNUMA__JSON_LIST(&json, "memkb", lived->memkb, lived->num_vnodes);
    vnuma__json_end_map(&json);
    return vnuma__json_finish(&json);
}

char *vnuma__lived_add(const vnuma_source *kept, const char *uuid,
                       const char *name, const vnuma__lived *lived,
                       uint64_t time)
{
    char *added = format_line(uuid, name, lived, time), *text = NULL;
    vnuma__text rest = whole(kept), line;
    vnuma__lived old;
    vnuma__print out;
    about is;
    int rc = 0;
    FILE *f;

    f = added ? vnuma__print_begin(&out) : NULL;
    if (!f)
        goto out;
    while (!rc && next_line(&rest, &line)) {
        rc = read_line(line, uuid, name, &old, &is);
        if (is == OTHER && rest.len < VNUMA__LIVED_MAX)
            fprintf(f, "%.*s\n", VNUMA__TEXT_ARG(line));
    }
    fprintf(f, "%s\n", added);
    text = vnuma__print_end(&out, rc);

out:
    free(added);
    return text;
}
