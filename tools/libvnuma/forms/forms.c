/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The forms of a guest's text, known by content: xl.cfg(5), QEMU's line,
 * libvirt's XML, Proxmox's conf.
 */
#include "config.h"

#include "forms/reader.h"

#include <ctype.h>

#include "base/print.h"

/* The first line that says something: "key: value", not "key = value". */
static bool is_proxmox(vnuma__text rest)
{
    vnuma__text line;
    uint32_t i = 0;

    while (vnuma__text_next(&rest, '\n', &line)) {
        if (!line.len || line.ptr[0] == '#')
            continue;
        while (i < line.len &&
               (line.ptr[i] == '_' || isalnum((unsigned char)line.ptr[i])))
            i++;
        return i && i < line.len && line.ptr[i] == ':';
    }
    return false;
}

vnuma__form vnuma__guest_form(const vnuma_source *source)
{
    vnuma__text whole =
        vnuma__span_text((vnuma_span){ source, 0, source->len });
    vnuma__text text = whole;

    if (vnuma__text_starts_with(text, "\xef\xbb\xbf"))
        text = vnuma__text_slice(text, 3, text.len);
    text = vnuma__text_skip_space(text);
    if (text.len && text.ptr[0] == '<')
        return VNUMA__FORM_LIBVIRT;
    if (is_proxmox(whole))
        return VNUMA__FORM_PROXMOX;
    return vnuma__is_qemu(source) ? VNUMA__FORM_QEMU : VNUMA__FORM_XL;
}

static int read_form(vnuma__kvm_reader *r, vnuma__form form)
{
    if (setjmp(r->make.no_memory))
        return VNUMA_ERROR_NOMEM;
    r->make.memory = &r->config->memory;
    r->kvm = r->config->kvm = vnuma__kvm_alloc(&r->make, sizeof(*r->kvm));
    r->kvm->form = form;
    r->kvm->whole = (vnuma_span){ r->source, 0, 0 };
    if (form == VNUMA__FORM_QEMU)
        vnuma__read_qemu(r);
    else if (form == VNUMA__FORM_LIBVIRT)
        vnuma__read_libvirt(r);
    else
        vnuma__read_proxmox(r);
    vnuma__kvm_settle(&r->make, r->config);
    return 0;
}

int vnuma__kvm_read(vnuma__kvm_reader *r, vnuma__form form)
{
    int rc = read_form(r, form);

    vnuma__jsondoc_dispose(&r->json);
    vnuma__xml_dispose(&r->xml);
    return rc;
}

char *vnuma__kvm_write(const vnuma__kvm *kvm, vnuma__form form,
                       vnuma__style style)
{
    vnuma__print out;
    FILE *f;

    if (form == VNUMA__FORM_LIBVIRT)
        return vnuma__write_xml(kvm);
    f = vnuma__print_begin(&out);
    if (!f)
        return NULL;
    if (form == VNUMA__FORM_QEMU)
        vnuma__write_qemu(kvm, style, f);
    else
        vnuma__write_proxmox(kvm, f);
    return vnuma__print_end(&out, false);
}
