/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The forms of a guest's text, known by content: xl.cfg(5), QEMU's line,
 * libvirt's XML, Proxmox's conf.
 */
#include "config.h"

#include "kvm/reader.h"

#include <string.h>

#include "base/access.h"

const vnuma__form_words vnuma__words_of[] = {
    [VNUMA__FORM_QEMU] = { "-m",
                           "-smp",
                           "-numa node",
                           { "default", "preferred", "bind", "interleave",
                             "default" } },
    [VNUMA__FORM_LIBVIRT] = { "<memory>",
                              "<vcpu>",
                              "<cell>",
                              { "default", "preferred", "strict", "interleave",
                                "restrictive" } },
    [VNUMA__FORM_PROXMOX] = { "memory:",
                              "sockets: and cores:",
                              "numaN:",
                              { "default", "preferred", "bind", "interleave",
                                "default" } },
};

/* The first line that says something: "key: value", not "key = value". */
static bool is_proxmox(const vnuma_source *source)
{
    vnuma__text rest =
                    vnuma__span_text((vnuma_span){ source, 0, source->len }),
                line;
    uint32_t i;

    while (vnuma__text_next(&rest, '\n', &line)) {
        if (!line.len || line.ptr[0] == '#')
            continue;
        for (i = 0; i < line.len; i++)
            if (line.ptr[i] != '_' &&
                (line.ptr[i] < '0' ||
                 (line.ptr[i] > '9' && (line.ptr[i] | 0x20) < 'a') ||
                 (line.ptr[i] | 0x20) > 'z'))
                break;
        return i && i < line.len && line.ptr[i] == ':';
    }
    return false;
}

vnuma__form vnuma__guest_form(const vnuma_source *source)
{
    vnuma__text text =
        vnuma__span_text((vnuma_span){ source, 0, source->len });

    if (vnuma__text_starts_with(text, "\xef\xbb\xbf"))
        text = vnuma__text_slice(text, 3, text.len);
    text = vnuma__text_skip_space(text);
    if (text.len && text.ptr[0] == '<')
        return VNUMA__FORM_LIBVIRT;
    if (is_proxmox(source))
        return VNUMA__FORM_PROXMOX;
    return vnuma__is_qemu(source) ? VNUMA__FORM_QEMU : VNUMA__FORM_XL;
}

static int read_form(vnuma__kvm_reader *r, vnuma__form form)
{
    if (setjmp(r->no_memory))
        return VNUMA_ERROR_NOMEM;
    r->kvm = r->config->kvm = vnuma__kvm_alloc(r, sizeof(*r->kvm));
    r->kvm->form = form;
    r->kvm->whole = (vnuma_span){ r->source, 0, 0 };
    r->config->type = VNUMA_GUEST_KVM;
    if (form == VNUMA__FORM_QEMU)
        vnuma__read_qemu(r);
    else if (form == VNUMA__FORM_LIBVIRT)
        vnuma__read_libvirt(r);
    else
        vnuma__read_proxmox(r);
    return 0;
}

int vnuma__guest_parse(const vnuma_source *source, vnuma_config *config_r,
                       vnuma_diags *diags)
{
    vnuma__form form = vnuma__guest_form(source);
    vnuma__kvm_reader r = { .source = source,
                            .config = config_r,
                            .diags = diags };
    unsigned int num_errors = diags->num_errors;
    unsigned int first = diags->num_items;
    int rc;

    if (form == VNUMA__FORM_XL)
        return vnuma__config_parse(source, config_r, diags);
    rc = read_form(&r, form);
    vnuma__jsondoc_dispose(&r.json);
    vnuma__xml_free(r.xml);
    if (rc) {
        vnuma__config_dispose(config_r);
        return VNUMA_ERROR_NOMEM;
    }
    vnuma__diags_sort(diags, first);
    return diags->num_errors > num_errors ? VNUMA_ERROR_CONFIG : 0;
}

int vnuma_config_parse(const vnuma_source *source, vnuma_config **config_r,
                       vnuma_diags *diags)
{
    VNUMA__MAKE(config_r, vnuma__guest_parse(source, made, diags),
                VNUMA_ERROR_CONFIG);
}
