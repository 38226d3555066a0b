/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds out in which form a host was given. */
#include "config.h"

#include "host/topology_draft.h"

#include <stdlib.h>
#include <string.h>

#include "base/diag.h"

static const struct {
    const char *start;
    vnuma__read_host_fn *read;
} forms[] = {
#define FORM(start, read) { start, read },
    VNUMA__HOST_FORMS(FORM)
#undef FORM
};

static vnuma__read_host_fn *find_form(vnuma__text line)
{
    unsigned int i;

    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        if (vnuma__text_starts_with(line, forms[i].start))
            return forms[i].read;
    return NULL;
}

/* Every known form shows itself within this many lines. */
#define LINES_TO_LOOK_AT 64u

static vnuma__read_host_fn *recognise(vnuma__text text)
{
    vnuma__read_host_fn *read = NULL;
    vnuma__text line;
    unsigned int i;

    for (i = 0; !read && i < LINES_TO_LOOK_AT; i++) {
        if (!vnuma__host_line(&text, &line))
            break;
        read = find_form(vnuma__text_trim(line));
    }
    return read;
}

static int read_any(vnuma__text text, vnuma__draft *draft)
{
    vnuma__read_host_fn *read = recognise(text);

    if (read)
        return read(text, draft);
    vnuma__error(draft->diags, "host-form", draft->text_span,
                 text.len ? "this is not the text of a host"
                          : "the text of the host is empty");
    vnuma__hint(draft->diags, VNUMA__HOST_FORMS_ARE);
    return VNUMA_ERROR_HOST;
}

int vnuma__topology_parse(const vnuma_source *source,
                          vnuma_topology *topology_r, vnuma_diags *diags)
{
    vnuma__text text = { NULL, source->len, { source, 0, source->len }, true };
    char *copy = malloc(source->len + 1);
    vnuma__draft draft;
    int rc;

    if (!copy)
        return VNUMA_ERROR_NOMEM;
    memcpy(copy, source->text, source->len);
    copy[source->len] = '\0';
    vnuma__host_unpaste(copy, source->len);
    text.ptr = copy;
    vnuma__draft_init(&draft, source, diags);
    rc = vnuma__has_nul(source, "host-form", diags) ? VNUMA_ERROR_HOST
                                                    : read_any(text, &draft);
    if (rc)
        goto out;
    rc = vnuma__draft_finish(&draft, topology_r);

out:
    vnuma__draft_dispose(&draft);
    free(copy);
    return rc;
}
