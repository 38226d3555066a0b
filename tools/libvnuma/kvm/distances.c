/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All distances of a guest, where some are written. */
#include "config.h"

#include "kvm/kvm.h"

#include <stdlib.h>

static void make_distances(vnuma__maker *m, vnuma_config *config)
{
    unsigned int num = config->num_vnodes, v, w;
    const vnuma__kvm_dist *dist;

    for (v = 0; v < num; v++) {
        vnuma_vnode *vnode = &config->vnodes[v];

        vnode->distances = calloc(num, sizeof(*vnode->distances));
        if (!vnode->distances)
            vnuma__kvm_no_memory(m);
        vnode->num_distances = num;
        vnode->distances_span = config->kvm->dists->span;
        for (w = 0; w < num; w++)
            vnode->distances[w] =
                (vnuma_number){ v == w ? VNUMA_DISTANCE_LOCAL : 20,
                                VNUMA__NOWHERE };
    }
    for (dist = config->kvm->dists; dist; dist = dist->next)
        if (dist->from.value < num && dist->to.value < num)
            config->vnodes[dist->from.value].distances[dist->to.value] =
                dist->value;
}

/* The way back: of libvirt's two for one pair it is as the first was. */
static vnuma_number way_back(const vnuma_config *config, unsigned int from,
                             unsigned int to)
{
    const vnuma__kvm_dist *dist = config->kvm->dists;

    while (dist && (dist->from.value != to || dist->to.value != from))
        dist = dist->next;
    return dist && config->kvm->form == VNUMA__FORM_LIBVIRT
               ? dist->value
               : config->vnodes[to].distances[from];
}

/*
 * libvirt writes none when all that its cells have are as without any; where
 * a cell has some it has to have all for that.
 */
static bool are_plain(const vnuma_config *config)
{
    unsigned int num = config->num_vnodes, v, w, plain;

    for (v = 0; v < num; v++) {
        const vnuma_number *row = config->vnodes[v].distances;
        bool has_some = false;

        for (w = plain = 0; w < num; w++) {
            has_some |= vnuma__is_given(row[w].span);
            plain +=
                v == w || (vnuma__is_given(row[w].span) && row[w].value == 20);
        }
        if (has_some && plain < num)
            return false;
    }
    return config->kvm->form == VNUMA__FORM_LIBVIRT;
}

/* One direction is enough where all pairs are the same both ways. */
void vnuma__kvm_settle_distances(vnuma__maker *m, vnuma_config *config)
{
    unsigned int num = config->num_vnodes, v, w;
    bool is_plain;

    if (!config->kvm->dists)
        return;
    make_distances(m, config);
    for (v = 0; v < num; v++)
        for (w = 0; w < num; w++) {
            vnuma_number *there = &config->vnodes[v].distances[w];
            vnuma_number back = way_back(config, v, w);

            if (!vnuma__is_given(there->span) && vnuma__is_given(back.span))
                *there = back;
        }
    is_plain = are_plain(config);
    for (v = 0; v < num; v++) {
        vnuma_vnode *vnode = &config->vnodes[v];

        for (w = 0; w < num; w++)
            if (!vnuma__is_given(vnode->distances[w].span))
                vnode->distances[w].span = config->kvm->dists->span;
        if (is_plain) {
            free(vnode->distances);
            vnode->distances = NULL;
            vnode->num_distances = 0;
            vnode->distances_span = VNUMA__NOWHERE;
        }
    }
}
