/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The forms that a guest of KVM has as a text: which one it is, from text to
 * value, and back.
 */
#ifndef VNUMA_FORMS_H
#define VNUMA_FORMS_H

#include "kvm/kvm.h"

vnuma__form vnuma__guest_form(const vnuma_source *source);
/* Is it a command as /proc/PID/cmdline has it, with NULs? */
bool vnuma__is_arguments(const vnuma_source *source);

/* How options of QEMU are written. */
typedef enum {
    VNUMA__STYLE_LINES, /* one a line, for a shell */
    VNUMA__STYLE_ARGS,  /* one word a line */
    VNUMA__STYLE_JSON,  /* -object in JSON */
} vnuma__style;

/*
 * Writes what is given; of that, what a format cannot say is left out
 * (check/check_export.h).  The form is not xl's.  To be freed by the caller;
 * NULL: no memory.
 */
char *vnuma__kvm_write(const vnuma__kvm *kvm, vnuma__form form,
                       vnuma__style style);
/* Into a document of libvirt, of which every other byte stays. */
char *vnuma__kvm_write_into(const vnuma__kvm *kvm,
                            const vnuma_config *document);

#endif
