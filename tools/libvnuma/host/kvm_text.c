/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host of KVM with its settings and remarks, for people and as JSON. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/json_writer.h"
#include "host/kvm_host.h"
#include "host/topology_draft.h"

/* ---- text --------------------------------------------------------------- */

static void print_memory(FILE *f, uint64_t memkb)
{
    if (memkb == VNUMA_MEMKB_UNKNOWN)
        fprintf(f, " %10s", "?");
    else
        fprintf(f, " %10" PRIu64, memkb >> 10);
}

static void print_node(FILE *f, const vnuma_topology *host, unsigned int i)
{
    const vnuma_pnode *pnode = &host->pnodes[i];
    int width, to;

    fprintf(f, "%5" PRIu32, pnode->pnode);
    print_memory(f, pnode->memkb);
    print_memory(f, pnode->free_memkb);
    fputs("  ", f);
    width = vnuma__bitmap_print(&pnode->pcpus, f);
    fprintf(f, "%*s", width < 24 ? 24 - width : 0, "");
    for (to = 0; to < (int)host->num_pnodes; to++) {
        uint32_t distance = host->distances[(size_t)i * host->num_pnodes + to];

        if (distance == VNUMA_DISTANCE_UNKNOWN)
            fputs("   ?", f);
        else
            fprintf(f, " %3" PRIu32, distance);
    }
    fputc('\n', f);
}

static void print_pages(FILE *f, const vnuma__pages *pages)
{
    fprintf(f, "%5" PRIu32 "  %-10s %10" PRIu64, pages->pnode,
            vnuma__page_size_of(pages->page_kb).s, pages->total);
    if (pages->free == VNUMA_PAGES_UNKNOWN)
        fprintf(f, " %10s", "?");
    else
        fprintf(f, " %10" PRIu64, pages->free);
    fprintf(f, " %10" PRIu64 "\n", pages->surplus);
}

static void print_setting(FILE *f, const vnuma_topology *host,
                          vnuma__host_setting setting)
{
    const vnuma__host_setting_row *row = &vnuma__host_settings[setting];
    const char *value = vnuma_topology_fact(host, row->file);
    uint64_t number = vnuma__host_setting_number(host, setting);

    if (!row->title || !value)
        return;
    if (row->kind == VNUMA__SETTING_FLAG && number != VNUMA_ID_UNKNOWN)
        value = number ? "on" : "off";
    else if (!*value || *value == '(')
        value = "none";
    fprintf(f, "%-28s %s\n", row->title, value);
}

static void print_remarks(FILE *f, const vnuma_diags *remarks)
{
    unsigned int i;

    for (i = 0; i < remarks->num_items; i++) {
        char *text = vnuma_diag_format(vnuma_diags_at(remarks, i), false);

        fprintf(f, "\n%s", text ? text : "no memory for a remark\n");
        free(text);
    }
}

char *vnuma__kvm_host_to_text(const vnuma_topology *host)
{
    vnuma_diags remarks = { 0 };
    vnuma__host_setting s;
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);
    unsigned int i;
    bool is_lost;

    if (!f)
        return NULL;
    fprintf(f, "%5s %10s %10s  %-24s %s\n", "node", "MiB", "free", "CPUs",
            "distances");
    for (i = 0; i < host->num_pnodes; i++)
        print_node(f, host, i);
    if (host->num_pages)
        fprintf(f, "\n%5s  %-10s %10s %10s %10s\n", "node", "huge pages",
                "all", "free", "surplus");
    for (i = 0; i < host->num_pages; i++)
        print_pages(f, &host->pages[i]);
    if (host->num_facts)
        fputc('\n', f);
    for (s = 0; s < VNUMA__NUM_SETTINGS; s++)
        print_setting(f, host, s);
    vnuma__kvm_host_remark(host, &remarks);
    print_remarks(f, &remarks);
    is_lost = remarks.lost;
    vnuma_diags_dispose(&remarks);
    return vnuma__print_end(&out, is_lost);
}

/* ---- JSON --------------------------------------------------------------- */

static void put_list(vnuma__json *json, const vnuma_topology *host,
                     vnuma__host_setting setting)
{
    vnuma_bitmap set = { 0 };

    if (vnuma__host_setting_set(host, setting, &set))
        json->failed = true;
    vnuma__json_set(json, vnuma__host_settings[setting].key, &set);
    vnuma_bitmap_dispose(&set);
}

static void put_words(vnuma__json *json, const char *key, const char *words)
{
    vnuma__text rest = { .ptr = words, .len = strlen(words) }, word;
    char *copy;

    vnuma__json_add_array(json, key);
    while (vnuma__host_word(&rest, &word)) {
        copy = strndup(word.ptr, word.len);
        json->failed |= !copy;
        vnuma__json_string(json, copy);
        free(copy);
    }
    vnuma__json_end_array(json);
}

/* What is not known is null. */
static void put_setting(vnuma__json *json, const vnuma_topology *host,
                        vnuma__host_setting setting)
{
    const vnuma__host_setting_row *row = &vnuma__host_settings[setting];
    const char *value = vnuma_topology_fact(host, row->file);
    uint64_t number = vnuma__host_setting_number(host, setting);

    if (!row->key)
        return;
    if (value && row->kind == VNUMA__SETTING_LIST)
        put_list(json, host, setting);
    else if (value && row->kind == VNUMA__SETTING_WORDS)
        put_words(json, row->key, value);
    else if (row->kind == VNUMA__SETTING_FLAG && number != VNUMA_ID_UNKNOWN)
        vnuma__json_add_bool(json, row->key, number);
    else
        vnuma__json_add_known(json, row->key, number, VNUMA_ID_UNKNOWN);
}

static void put_remark(vnuma__json *json, const vnuma_diag *remark)
{
    vnuma__json_map(json);
    vnuma__json_add_string(json, "id", remark->id);
    vnuma__json_add_string(json, "severity",
                           vnuma__severity_name(remark->severity));
    vnuma__json_add_string(json, "message", remark->message);
    vnuma__json_add_string(json, "hint", remark->hint);
    vnuma__json_end_map(json);
}

char *vnuma__kvm_host_to_json(const vnuma_topology *host)
{
    vnuma_diags remarks = { 0 };
    vnuma__host_setting s;
    vnuma__json json;
    unsigned int i;

    vnuma__kvm_host_remark(host, &remarks);
    vnuma__json_begin(&json, true);
    vnuma__topology_put(&json, host);
    vnuma__json_add_map(&json, "kvm");
    for (s = 0; s < VNUMA__NUM_SETTINGS; s++)
        put_setting(&json, host, s);
    vnuma__json_end_map(&json);
    vnuma__json_add_array(&json, "remarks");
    for (i = 0; i < remarks.num_items; i++)
        put_remark(&json, vnuma_diags_at(&remarks, i));
    vnuma__json_end_array(&json);
    json.failed |= remarks.lost;
    vnuma_diags_dispose(&remarks);
    return vnuma__json_finish(&json);
}
