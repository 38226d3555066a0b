/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an instance's tags say of its vnodes: vnuma:auto, vnuma:2 (as many
 * vnodes), vnuma:policy:preferred.  They become the lines of an xl.cfg(5), so
 * that there is one reader of what a guest is.
 */
#include "config.h"

#include "ganeti/ganeti.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/print.h"

#define PREFIX "vnuma:"
#define POLICY PREFIX "policy:"

static bool is_ours(value_ptr tag)
{
    return tag->type == VNUMA__JSON_STRING &&
           vnuma__text_starts_with(vnuma__jsondoc_text(tag), PREFIX);
}

bool tags_ask(value_ptr value)
{
    value_ptr tag;

    VNUMA__JSON_FOREACH(tag, vnuma__jsondoc_member(value, "tags"))
        if (is_ours(tag))
            return true;
    return false;
}

typedef struct {
    uint64_t num_vnodes; /* 0: auto */
    bool has_number, is_preferred;
} wish;

/* False: it is not one of ours, or contradicts an earlier one. */
static bool read_tag(vnuma__text tag, wish *w)
{
    vnuma__text rest = vnuma__text_slice(tag, strlen(PREFIX), tag.len);
    uint64_t num = 0;

    if (vnuma__text_starts_with(tag, POLICY)) {
        w->is_preferred = vnuma__text_equal(tag, POLICY "preferred");
        return w->is_preferred || vnuma__text_equal(tag, POLICY "strict");
    }
    if (!vnuma__text_equal(rest, "auto") &&
        (!vnuma__text_to_u64(rest, VNUMA_MAX_VNODES, &num) || !num))
        return false;
    if (w->has_number && num != w->num_vnodes)
        return false;
    w->has_number = true;
    w->num_vnodes = num;
    return true;
}

static int take_tag(vnuma__text tag, vnuma__text hypervisor, wish *w,
                    vnuma_diags *diags)
{
    if (hypervisor.len && !vnuma__text_equal(hypervisor, "xen-hvm"))
        return vnuma__fail(diags, VNUMA_ERROR_CONFIG, "tag",
                           "tags vnuma: are for the hypervisor xen-hvm");
    if (read_tag(tag, w))
        return 0;
    vnuma__error(diags, "tag", VNUMA__NOWHERE,
                 "the tag %.*s is none of vnuma:auto, vnuma:1 to vnuma:%u, "
                 "vnuma:policy:strict and vnuma:policy:preferred, or "
                 "contradicts another",
                 VNUMA__TEXT_ARG(tag), VNUMA_MAX_VNODES);
    return VNUMA_ERROR_CONFIG;
}

static vnuma__text text_of(value_ptr value)
{
    return value && value->type == VNUMA__JSON_STRING
               ? vnuma__jsondoc_text(value)
               : (vnuma__text){ .ptr = "" };
}

static int read_tags(const guest *g, wish *w, vnuma_diags *diags)
{
    vnuma__text hypervisor =
        text_of(vnuma__jsondoc_member(g->value, "hypervisor"));
    value_ptr tag;
    int rc = 0;

    VNUMA__JSON_FOREACH(tag, vnuma__jsondoc_member(g->value, "tags"))
        if (is_ours(tag) && !rc)
            rc = take_tag(text_of(tag), hypervisor, w, diags);
    return rc;
}

/* One line is one setting, as xl takes them as arguments too. */
static void put_settings(FILE *f, const wish *w)
{
    uint64_t i;

    fputs(w->num_vnodes ? "vnuma=" : "vnuma=\"auto\"", f);
    for (i = 0; i < w->num_vnodes; i++)
        fprintf(f, "%s[\"pnode=auto\"]", i ? "," : "[");
    fprintf(f, "%s\n%s", w->num_vnodes ? "]" : "",
            w->is_preferred ? "xl_vnuma_policy=\"preferred\"\n" : "");
}

static char *write_config(const guest *g, const wish *w)
{
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);

    if (!f)
        return NULL;
    fprintf(f, "type=\"hvm\"\nmemory=%" PRIu64 "\nvcpus=%" PRIu64 "\n",
            g->memory_mib, g->vcpus);
    put_settings(f, w);
    return vnuma__print_end(&out, false);
}

int tags_print(const char *hypervisor, char **tags, FILE *f,
               vnuma_diags *diags)
{
    vnuma__text is = { .ptr = hypervisor, .len = strlen(hypervisor) };
    wish w = { .num_vnodes = 0 };
    bool asks = false;
    int rc = 0;

    for (; *tags && !rc; tags++) {
        vnuma__text tag = { .ptr = *tags, .len = strlen(*tags) };

        if (!vnuma__text_starts_with(tag, PREFIX))
            continue;
        asks = true;
        rc = take_tag(tag, is, &w, diags);
    }
    if (asks && !rc)
        put_settings(f, &w);
    return rc;
}

int tags_config(const guest *g, vnuma_source *source, vnuma_config **config_r,
                vnuma_diags *diags)
{
    wish w = { .num_vnodes = 0 };
    char *text;
    int rc;

    vnuma_source_init(source);
    *config_r = NULL;
    rc = read_tags(g, &w, diags);
    if (rc)
        return rc;
    text = write_config(g, &w);
    rc = text ? vnuma_source_set(source, g->name, text, strlen(text))
              : VNUMA_ERROR_NOMEM;
    free(text);
    if (!rc)
        rc = vnuma_config_parse(source, config_r, diags);
    if (!rc)
        rc = vnuma_check(*config_r, NULL, VNUMA_CHECK_NOT_FIT, diags);
    return rc;
}
