/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds out in which form a host was given. */
#include "config.h"

#include "host/topology_draft.h"

#include <stdlib.h>
#include <string.h>

const vnuma__host_form *const vnuma__host_forms[] = {
    &vnuma__json_form,    &vnuma__libvirt_form, &vnuma__linux_form,
    &vnuma__numactl_form, &vnuma__xl_form,      NULL,
};

static bool shows(const vnuma__host_form *form, vnuma__text line)
{
    const char *const *start;

    for (start = form->starts; *start; start++)
        if (vnuma__text_starts_with(line, *start))
            return true;
    return false;
}

/* Every known form shows itself within this many lines. */
#define LINES_TO_LOOK_AT 64u

/* The form of the first line that shows one, or NULL. */
static const vnuma__host_form *recognise(vnuma__text text)
{
    vnuma__text line;
    unsigned int i, f;

    for (i = 0; i < LINES_TO_LOOK_AT && vnuma__text_next(&text, '\n', &line);
         i++)
        for (f = 0; vnuma__host_forms[f]; f++)
            if (shows(vnuma__host_forms[f], line))
                return vnuma__host_forms[f];
    return NULL;
}

static int read_any(vnuma__text text, vnuma__draft *draft)
{
    const vnuma__host_form *form = recognise(text);

    if (form)
        return form->read(text, draft);
    vnuma__error(draft->diags, "host-form", draft->text_span,
                 text.len ? "this is not the text of a host"
                          : "the text of the host is empty");
    vnuma__hint(draft->diags, VNUMA__HOST_FORMS_ARE);
    return VNUMA_ERROR_HOST;
}

static vnuma__draft draft_of(const vnuma_source *source, vnuma_diags *diags)
{
    return (vnuma__draft){
        .diags = diags,
        .errors_before = diags->num_errors,
        .text_span = { source, 0, 0 },
        .end_span = { source, source->len, source->len },
    };
}

int vnuma__topology_from_json(const vnuma_source *source,
                              const vnuma__jsondoc_value *root,
                              vnuma_topology *topology_r, vnuma_diags *diags)
{
    vnuma__draft draft = draft_of(source, diags);
    int rc;

    rc = vnuma__draft_read_json(&draft, root);
    if (!rc)
        rc = vnuma__draft_finish(&draft, topology_r);
    vnuma__draft_dispose(&draft);
    return rc;
}

int vnuma__topology_parse(const vnuma_source *source,
                          vnuma_topology *topology_r, vnuma_diags *diags)
{
    vnuma__text text = { NULL, source->len, { source, 0, source->len }, true };
    char *copy = malloc(source->len + 1);
    vnuma__draft draft = draft_of(source, diags);
    int rc;

    if (!copy)
        return VNUMA_ERROR_NOMEM;
    memcpy(copy, source->text, source->len);
    copy[source->len] = '\0';
    vnuma__host_unpaste(copy, source->len);
    text.ptr = copy;
    rc = vnuma__has_nul(source, "host-form", diags) ? VNUMA_ERROR_HOST
                                                    : read_any(text, &draft);
    if (!rc)
        rc = vnuma__draft_finish(&draft, topology_r);
    vnuma__draft_dispose(&draft);
    free(copy);
    return rc;
}
