/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest's text in any form, and the words for what is wrong in it. */
#ifndef VNUMA_CHECK_READ_KVM_H
#define VNUMA_CHECK_READ_KVM_H

#include "forms/forms.h"

/* As vnuma_config_parse(), into one that is empty. */
int vnuma__guest_parse(const vnuma_source *source, vnuma_config *config_r,
                       vnuma_diags *diags);

#endif
