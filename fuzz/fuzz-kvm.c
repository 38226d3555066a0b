/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a guest in the forms of KVM.  Every diagnostic has its place in
 * the text and a row in the table of checks, and can be printed.  A guest that
 * is accepted is as a plan relies on, and what is exported of it as QEMU's
 * options, libvirt's document or Proxmox's conf reads back without errors as
 * the same nodes, unless it was said that the format cannot say it.
 */
#include "config.h"

#include <string.h>

#include "inside.h"
#include "check/check_export.h"
#include "plan/write_xl.h"

#define FUZZ_CORPUS "kvm"
#include "fuzz.h"

typedef struct {
    vnuma_source source;
    vnuma_config config;
    vnuma_diags diags;
    int rc;
} guest;

static void guest_read(guest *g, const char *text, size_t len)
{
    memset(g, 0, sizeof(*g));
    FUZZ_ASSERT(!vnuma_source_set(&g->source, "fuzz", text, len));
    g->source.is_arguments = vnuma__is_arguments(&g->source);
    g->rc = vnuma__guest_parse(&g->source, &g->config, &g->diags);
    FUZZ_ASSERT(g->rc == (g->diags.num_errors ? VNUMA_ERROR_CONFIG : 0));
    g->rc = vnuma_check(&g->config, NULL, 0, &g->diags);
    FUZZ_ASSERT(g->rc == (g->diags.num_errors ? VNUMA_ERROR_CONFIG : 0));
}

static void guest_dispose(guest *g)
{
    vnuma_diags_dispose(&g->diags);
    vnuma__config_dispose(&g->config);
    vnuma_source_dispose(&g->source);
}

static void check_accepted(const vnuma_config *config)
{
    vnuma_bitmap all = { 0 };
    unsigned int i;
    uint32_t vcpu;

    FUZZ_ASSERT(config->num_vnodes <= VNUMA_MAX_VNODES);
    for (i = 0; i < config->num_vnodes; i++) {
        const vnuma_vnode *vnode = &config->vnodes[i];

        FUZZ_ASSERT(!vnode->num_distances ||
                    vnode->num_distances == config->num_vnodes);
        VNUMA_BITMAP_FOREACH(vcpu, &vnode->vcpus) {
            FUZZ_ASSERT(vcpu < vnuma_config_max_vcpus(config));
            FUZZ_ASSERT(!vnuma_bitmap_test(&all, vcpu));
            FUZZ_ASSERT(!vnuma_bitmap_set(&all, vcpu));
        }
    }
    if (config->num_vnodes)
        FUZZ_ASSERT(vnuma_bitmap_count(&all) ==
                    vnuma_config_max_vcpus(config));
    vnuma_bitmap_dispose(&all);
}

static void check_same(const vnuma_config *a, const vnuma_config *b)
{
    unsigned int i;
    uint32_t vcpu;

    FUZZ_ASSERT(b->num_vnodes == (a->kvm->is_one_node ? 1 : a->num_vnodes));
    FUZZ_ASSERT(vnuma_config_max_vcpus(a) == vnuma_config_max_vcpus(b));
    for (i = 0; i < a->num_vnodes; i++) {
        FUZZ_ASSERT(a->vnodes[i].memkb.value == b->vnodes[i].memkb.value);
        VNUMA_BITMAP_FOREACH(vcpu, &a->vnodes[i].vcpus)
            FUZZ_ASSERT(vnuma_bitmap_test(&b->vnodes[i].vcpus, vcpu));
    }
}

static void check_export(const guest *g, vnuma__form form, vnuma__style style)
{
    vnuma__port_options options = { .plan = NULL };
    vnuma_diags diags = { 0 };
    vnuma__hmat hmat = { 0 };
    vnuma__port port;
    guest again;
    char *text;

    FUZZ_ASSERT(!vnuma__port_make(&g->config, &options, &port, &diags));
    vnuma__check_export(&port, form, &diags);
    text = form == VNUMA__FORM_XL ? vnuma__port_to_xl(&port)
                                  : vnuma__kvm_write(port.kvm, form, style);
    FUZZ_ASSERT(text);
    FUZZ_ASSERT(!vnuma__port_to_hmat(port.kvm, &hmat));
    vnuma__hmat_dispose(&hmat);
    guest_read(&again, text, strlen(text));
    if (!diags.num_items && form != VNUMA__FORM_XL) {
        FUZZ_ASSERT(!again.rc);
        check_same(&g->config, &again.config);
    }
    guest_dispose(&again);
    vnuma__port_dispose(&port);
    free(text);
    vnuma_diags_dispose(&diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned int i;
    guest g;

    guest_read(&g, (const char *)data, size);
    fuzz_check_diags(&g.diags, &g.source);
    fuzz_check_ids(&g.diags);
    if (!g.rc && g.config.kvm) {
        check_accepted(&g.config);
        for (i = VNUMA__FORM_XL; i <= VNUMA__FORM_PROXMOX; i++)
            check_export(&g, i, VNUMA__STYLE_LINES);
        check_export(&g, VNUMA__FORM_QEMU, VNUMA__STYLE_JSON);
    }
    guest_dispose(&g);
    return 0;
}
