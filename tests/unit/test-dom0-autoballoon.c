/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether xl shrinks dom0 by itself. */
#include "config.h"

#include "tap.h"
#include "inside.h"

static void autoballoon_is_what_xl_would_do(void)
{
    static const struct {
        const char *conf, *cmdline;
        bool is_on;
    } cases[] = {
        { NULL, "", true },
        { NULL, "dom0_mem=1G", false },
        { NULL, "x dom0_mem=1G,max:2G y", false },
        { NULL, "dom0_mem=-1G+5%", false },
        { NULL, "dom0_mem=0x200M", true },
        { NULL, "dom0_mem=", true },
        { NULL, "xdom0_mem=1G", true },
        { NULL, "dom0_mem=min:1G,max:2G", false },
        { NULL, "dom0_mem=1G+123%", true },
        { NULL, "dom0_mem=123%", false }, /* to xl "1" and "23%" */
        { NULL, "dom0_mem=1GB", true },
        { "autoballoon=\"auto\"\n", "dom0_mem=1G", false },
        { "autoballoon=\"on\"\n", "dom0_mem=1G", true },
        { "autoballoon=1\n", "dom0_mem=1G", true },
        { "autoballoon=\"off\"\n", "", false },
        { "autoballoon=\"maybe\"\n", "dom0_mem=1G", false },
        { "# autoballoon=\"on\"\n", "dom0_mem=1G", false },
    };
    vnuma_dom0_autoballoon a;
    vnuma_source conf;
    vnuma_diags diags;
    unsigned int i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        vnuma_source_init(&conf);
        vnuma_diags_init(&diags);
        if (cases[i].conf)
            CHECK(!vnuma_source_set(&conf, "xl.conf", cases[i].conf,
                                    strlen(cases[i].conf)));
        CHECK(!vnuma_dom0_get_autoballoon(cases[i].conf ? &conf : NULL,
                                          cases[i].cmdline, &a, &diags));
        CHECK(a.is_on == cases[i].is_on);
        vnuma_diags_dispose(&diags);
        vnuma_source_dispose(&conf);
    }
}

static const tap_case cases[] = {
    TAP_CASE(autoballoon_is_what_xl_would_do),
};

int main(void)
{
    return TAP_RUN(cases);
}
