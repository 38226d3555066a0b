/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as Xen's command line, and as GRUB's settings.  Every place is in
 * the text, errors and the return value agree, dom0 never gets more than there
 * is, and the suggested options have no mistake.
 */
#include "config.h"

#include <string.h>

#include "inside.h"

#define FUZZ_CORPUS "dom0"
#include "fuzz.h"

#define AVAIL_MEMKB (UINT64_C(64) << 20)

static void check_suggestion(const vnuma_dom0_cmdline *cmdline,
                             const vnuma_dom0_limits *limits)
{
    char *line = vnuma_dom0_suggest(cmdline, limits, NULL, NULL, true),
         *second;
    vnuma_dom0_cmdline again;
    vnuma_dom0_limits fresh;
    vnuma_source source;
    vnuma_diags diags;

    FUZZ_ASSERT(line);
    vnuma_source_init(&source);
    vnuma_dom0_cmdline_init(&again);
    vnuma_diags_init(&diags);
    FUZZ_ASSERT(!vnuma_source_set(&source, "again", line, strlen(line)));
    FUZZ_ASSERT(!vnuma_dom0_cmdline_set(&again, &source));
    if (!strstr(line, "SIZE")) {
        FUZZ_ASSERT(!vnuma_dom0_parse(&again, &fresh, &diags));
        second = vnuma_dom0_suggest(&again, &fresh, NULL, NULL, true);
        FUZZ_ASSERT(second && !strcmp(line, second));
        free(second);
    }
    vnuma_diags_dispose(&diags);
    vnuma_dom0_cmdline_dispose(&again);
    vnuma_source_dispose(&source);
    free(line);
}

static void check_line(const vnuma_source *source,
                       const vnuma_dom0_cmdline *cmdline)
{
    vnuma_dom0_limits limits;
    vnuma_dom0_memory memory;
    vnuma_diags diags;
    int rc;

    vnuma_diags_init(&diags);
    rc = vnuma_dom0_parse(cmdline, &limits, &diags);
    FUZZ_ASSERT(rc == (diags.num_errors ? VNUMA_ERROR_CONFIG : 0));
    vnuma_dom0_check(&limits, NULL, NULL, &diags);
    fuzz_check_diags(&diags, source);
    vnuma_dom0_resolve(&limits, AVAIL_MEMKB, &memory);
    FUZZ_ASSERT(memory.memkb <= AVAIL_MEMKB);
    FUZZ_ASSERT(memory.memkb <= memory.max_memkb);
    check_suggestion(cmdline, &limits);
    vnuma_diags_dispose(&diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vnuma_dom0_grub *grub;
    vnuma_dom0_cmdline cmdline;
    vnuma_dom0_srat srat;
    vnuma_source source;
    vnuma_diags diags;
    unsigned int i;
    int rc;

    FUZZ_ASSERT(!vnuma_dom0_grub_make(&grub));
    vnuma_source_init(&source);
    vnuma_dom0_cmdline_init(&cmdline);
    vnuma_diags_init(&diags);
    FUZZ_ASSERT(!vnuma_source_set(&source, "fuzz", (const char *)data, size));
    FUZZ_ASSERT(!vnuma_dom0_cmdline_set(&cmdline, &source));
    check_line(&source, &cmdline);
    rc = vnuma_dom0_grub_read(grub, &source, &diags);
    FUZZ_ASSERT(rc == (diags.num_errors ? VNUMA_ERROR_CONFIG : 0));
    fuzz_check_diags(&diags, &source);
    for (i = 0; i < vnuma_dom0_grub_num_lines(grub); i++) {
        vnuma_dom0_cmdline_dispose(&cmdline);
        rc = vnuma_dom0_grub_cmdline(grub, i, &cmdline);
        FUZZ_ASSERT(!rc || (rc == VNUMA_ERROR_CONFIG && diags.num_errors));
        if (!rc)
            check_line(&source, &cmdline);
    }
    vnuma_dom0_srat_parse(data, size, &srat);
    vnuma_diags_dispose(&diags);
    vnuma_dom0_grub_free(grub);
    vnuma_dom0_cmdline_dispose(&cmdline);
    vnuma_source_dispose(&source);
    return 0;
}
