/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * compare-json CFG JSON: whether libvnuma reads from CFG what "xl create -n"
 * printed of it.  What the file leaves to us (pnode=auto and the like) is not
 * compared: xl has no value for it.  Exit status 0: the same; 1: what differs
 * is on stdout; 3: a file could not be read.  Runs in the rig's dom0.
 */
#include "config.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_tree.h>

#include "inside.h"

static unsigned int differences;

__attribute__((format(printf, 1, 2))) static void differ(const char *format,
                                                         ...)
{
    va_list args;

    differences++;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

/* libxl leaves out members that are 0. */
static uint64_t number(yajl_val object, const char *key)
{
    const char *path[] = { key, NULL };
    yajl_val value = yajl_tree_get(object, path, yajl_t_number);

    return value ? strtoull(YAJL_GET_NUMBER(value), NULL, 10) : 0;
}

static yajl_val array(yajl_val object, const char *key)
{
    const char *path[] = { key, NULL };

    return yajl_tree_get(object, path, yajl_t_array);
}

static size_t length(yajl_val list)
{
    return YAJL_IS_ARRAY(list) ? YAJL_GET_ARRAY(list)->len : 0;
}

static uint64_t item(yajl_val list, size_t i)
{
    return strtoull(YAJL_GET_NUMBER(YAJL_GET_ARRAY(list)->values[i]), NULL,
                    10);
}

static void compare_vcpus(unsigned int i, const vnuma_vnode *ours,
                          yajl_val theirs)
{
    yajl_val vcpus = array(theirs, "vcpus");
    size_t j;

    if (length(vcpus) != vnuma_bitmap_count(&ours->vcpus))
        differ("vnode %u: %u vcpus, xl has %zu", i,
               vnuma_bitmap_count(&ours->vcpus), length(vcpus));
    for (j = 0; j < length(vcpus); j++)
        if (!vnuma_bitmap_test(&ours->vcpus, item(vcpus, j)))
            differ("vnode %u: no vcpu %" PRIu64 ", xl has it", i,
                   item(vcpus, j));
}

static void compare_distances(unsigned int i, const vnuma_vnode *ours,
                              yajl_val theirs)
{
    yajl_val distances = array(theirs, "distances");
    unsigned int j;

    for (j = 0; j < ours->num_distances; j++)
        if (j >= length(distances) ||
            item(distances, j) != ours->distances[j].value)
            differ("vnode %u: distance %" PRIu64 " to %u, xl has another", i,
                   ours->distances[j].value, j);
}

static void compare_vnode(unsigned int i, const vnuma_vnode *ours,
                          yajl_val theirs)
{
    if (ours->pnode.value != VNUMA_PNODE_AUTO &&
        ours->pnode.value != number(theirs, "pnode"))
        differ("vnode %u: pnode %" PRIu64 ", xl has %" PRIu64, i,
               ours->pnode.value, number(theirs, "pnode"));
    if (ours->memkb.span.source &&
        ours->memkb.value != number(theirs, "memkb"))
        differ("vnode %u: %" PRIu64 " KiB, xl has %" PRIu64, i,
               ours->memkb.value, number(theirs, "memkb"));
    compare_vcpus(i, ours, theirs);
    compare_distances(i, ours, theirs);
}

static void compare(const vnuma_config *config, yajl_val json)
{
    const char *path[] = { "b_info", "vnuma_nodes", NULL };
    yajl_val vnodes = yajl_tree_get(json, path, yajl_t_array);
    unsigned int i;

    if (length(vnodes) != config->num_vnodes) {
        differ("%u vnodes, xl has %zu", config->num_vnodes, length(vnodes));
        return;
    }
    for (i = 0; i < config->num_vnodes; i++)
        compare_vnode(i, &config->vnodes[i],
                      YAJL_GET_ARRAY(vnodes)->values[i]);
}

int main(int argc, char **argv)
{
    vnuma_source cfg, json;
    vnuma_config config;
    vnuma_diags diags;
    char error[256];
    yajl_val tree;

    vnuma_source_init(&cfg);
    vnuma_source_init(&json);
    memset(&config, 0, sizeof(config));
    vnuma_diags_init(&diags);
    if (argc != 3 || vnuma_source_read(&cfg, argv[1]) ||
        vnuma_source_read(&json, argv[2])) {
        fputs("usage: compare-json CFG JSON\n", stderr);
        return 3;
    }
    tree = yajl_tree_parse(json.text, error, sizeof(error));
    if (!tree) {
        printf("no JSON: %s\n", error);
        return 3;
    }
    if (vnuma__config_parse(&cfg, &config, &diags))
        differ("we refuse it: %s", vnuma_diags_at(&diags, 0)->message);
    else
        compare(&config, tree);
    yajl_tree_free(tree);
    vnuma_diags_dispose(&diags);
    vnuma__config_dispose(&config);
    vnuma_source_dispose(&json);
    vnuma_source_dispose(&cfg);
    return differences ? 1 : 0;
}
