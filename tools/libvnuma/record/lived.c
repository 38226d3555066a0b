/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where guests lived; see lived.h for the text. */
#include "config.h"

#include "record/lived.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/grow.h"
#include "base/json_members.h"
#include "base/print.h"
#include "record/record.h"

#define MAX_HOMES 65536u /* no file that we wrote has as many */

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

static const vnuma__member of_home[] = {
    { "name", VNUMA__IS_STRING, offsetof(vnuma__home, name), .absent = "" },
    { "uuid", VNUMA__IS_STRING, offsetof(vnuma__home, uuid), .absent = "" },
    { NULL },
};

static bool read_lived(const vnuma__jsondoc_value *root, vnuma__lived *lived)
{
    const vnuma__numbers pnodes = VNUMA__NUMBER_LIST(
        "pnodes", VNUMA_MAX_PNODES - 1, lived->pnodes, VNUMA_MAX_VNODES);
    const vnuma__numbers sizes = VNUMA__NUMBER_LIST(
        "memkb", UINT64_MAX, lived->memkb, VNUMA_MAX_VNODES);
    uint32_t num_sizes;

    return root->type == VNUMA__JSON_OBJECT &&
           !vnuma__jsondoc_numbers(root, &pnodes, &lived->num_vnodes) &&
           !vnuma__jsondoc_numbers(root, &sizes, &num_sizes) && num_sizes &&
           num_sizes == lived->num_vnodes;
}

/* Returns 0, 1 for what cannot be read, or VNUMA_ERROR_NOMEM. */
static int read_home(const vnuma__jsondoc_value *value, vnuma__home *home)
{
    vnuma_diags ignored = { 0 };
    const vnuma__members members = { &ignored, "lived" };
    int rc = 1;

    if (read_lived(value, &home->lived))
        rc = vnuma__members_read(&members, value, of_home, home);
    vnuma_diags_dispose(&ignored);
    return rc;
}

/* Returns the same. */
static int read_line(vnuma__text line, vnuma__home *home)
{
    vnuma_diags ignored = { 0 };
    vnuma__jsondoc json;
    int rc = vnuma__jsondoc_parse(line, &json, &ignored);

    if (!rc)
        rc = read_home(json.root, home);
    home->start = line.span.start;
    home->end = line.span.end;
    vnuma__jsondoc_dispose(&json);
    vnuma_diags_dispose(&ignored);
    return rc;
}

static char *format_line(const char *uuid, const char *name,
                         const vnuma__lived *lived, uint64_t time)
{
    vnuma__json json;

    vnuma__json_begin(&json, false);
    vnuma__json_add_string(&json, "name", name);
    vnuma__json_add_string(&json, "uuid", uuid);
    vnuma__json_add_uint(&json, "time", time);
    VNUMA__JSON_LIST(&json, "pnodes", lived->pnodes, lived->num_vnodes);
    VNUMA__JSON_LIST(&json, "memkb", lived->memkb, lived->num_vnodes);
    return vnuma__json_finish(&json);
}

/* ---- all lines ---------------------------------------------------------- */

void vnuma__homes_dispose(vnuma__homes *homes)
{
    uint32_t i;

    for (i = 0; i < homes->num_items; i++) {
        free(homes->items[i].name);
        free(homes->items[i].uuid);
    }
    free(homes->items);
    *homes = (vnuma__homes){ 0 };
}

/* Adds a guest to which nothing belongs yet; NULL: no memory. */
static vnuma__home *add_home(vnuma__homes *homes)
{
    vnuma__home *home;

    if (!VNUMA__GROW(homes->items, homes->num_items))
        return NULL;
    home = &homes->items[homes->num_items++];
    memset(home, 0, sizeof(*home));
    return home;
}

int vnuma__homes_read(const vnuma_source *kept, vnuma__homes *homes_r,
                      vnuma_diags *diags)
{
    vnuma__text rest = vnuma__source_text(kept);
    bool is_broken = false;
    vnuma__home *home;
    vnuma__text line;
    int rc = 0;

    *homes_r = (vnuma__homes){ 0 };
    while (rc != VNUMA_ERROR_NOMEM && homes_r->num_items < MAX_HOMES &&
           vnuma__text_next(&rest, '\n', &line)) {
        if (!line.len)
            continue;
        home = add_home(homes_r);
        rc = home ? read_line(line, home) : VNUMA_ERROR_NOMEM;
        if (rc != 1)
            continue;
        homes_r->num_items--; /* it has no strings yet */
        if (!is_broken)
            vnuma__warning(diags, "lived", line.span,
                           "this line does not say where a guest lived, and "
                           "is left out");
        is_broken = true;
    }
    if (rc != VNUMA_ERROR_NOMEM)
        return 0;
    vnuma__homes_dispose(homes_r);
    return rc;
}

int vnuma__homes_from_json(const vnuma__jsondoc_value *list,
                           vnuma__homes *homes_r)
{
    const vnuma__jsondoc_value *item;
    vnuma__home *home;
    int rc = 0;

    VNUMA__JSON_FOREACH(item, list) {
        if (rc == VNUMA_ERROR_NOMEM || homes_r->num_items == MAX_HOMES)
            break;
        home = add_home(homes_r);
        rc = home ? read_home(item, home) : VNUMA_ERROR_NOMEM;
        homes_r->num_items -= rc == 1; /* it has no strings yet */
    }
    return rc == VNUMA_ERROR_NOMEM ? rc : 0;
}

int vnuma__homes_from_report(const vnuma_source *text, vnuma__homes *homes_r)
{
    vnuma_diags ignored = { 0 };
    vnuma__jsondoc json;
    int rc = vnuma__jsondoc_parse(vnuma__source_text(text), &json, &ignored);

    if (!rc && vnuma__jsondoc_member(json.root, "report"))
        rc = vnuma__homes_from_json(vnuma__jsondoc_member(json.root, "places"),
                                    homes_r);
    vnuma__jsondoc_dispose(&json);
    vnuma_diags_dispose(&ignored);
    return rc == VNUMA_ERROR_NOMEM ? rc : 0;
}

static bool is_word(const char *word, const char *wanted)
{
    return wanted && *wanted && !strcmp(word, wanted);
}

void vnuma__homes_find(const vnuma__homes *homes, const char *uuid,
                       const char *name, vnuma__lived *lived_r)
{
    const vnuma__home *found = NULL;
    uint32_t i;

    for (i = 0; i < homes->num_items; i++) /* the last one, rather by UUID */
        if (is_word(homes->items[i].uuid, uuid) ||
            (is_word(homes->items[i].name, name) &&
             !(found && is_word(found->uuid, uuid))))
            found = &homes->items[i];
    lived_r->num_vnodes = 0;
    if (found)
        *lived_r = found->lived;
}

char *vnuma__homes_add(const vnuma_source *kept, const char *uuid,
                       const char *name, const vnuma__lived *lived,
                       uint64_t time)
{
    char *added = format_line(uuid, name, lived, time), *text = NULL;
    vnuma_diags ignored = { 0 };
    vnuma__homes homes = { 0 };
    vnuma__print out;
    uint32_t i;

    if (!added || vnuma__homes_read(kept, &homes, &ignored))
        goto out;
    if (!vnuma__print_begin(&out))
        goto out;
    for (i = 0; i < homes.num_items; i++) {
        const vnuma__home *old = &homes.items[i];

        if (!is_word(old->uuid, uuid) && !is_word(old->name, name) &&
            kept->len - old->end < VNUMA__LIVED_MAX)
            fprintf(out.f, "%.*s\n", (int)(old->end - old->start),
                    kept->text + old->start);
    }
    fputs(added, out.f);
    text = vnuma__print_end(&out, false);

out:
    vnuma__homes_dispose(&homes);
    vnuma_diags_dispose(&ignored);
    free(added);
    return text;
}
