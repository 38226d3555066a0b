/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether xl shrinks dom0 by itself. */
#include "config.h"

#include <regex.h>

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

/* The judge is regcomp(3), which xl uses. */
static void autoballoon_understands_what_xl_understands(void)
{
    static const char *const parts[] = { "min:", "max:", "-", "+", "%", ",",
                                         "1",    "23",   "G", "k", "x", ":" };
    regex_t regex;
    uint32_t seed = 1;
    unsigned int n, i, num, num_understood = 0;

    REQUIRE(!regcomp(&regex,
                     "^((min:|max:)?(-?[0-9]+[bkmgtBKMGT]?|"
                     "(-?[0-9]+[bkmgtBKMGT]?[+])?[0-9][0-9]?%),?)+$",
                     REG_EXTENDED | REG_NOSUB));
    for (n = 0; n < 100000; n++) {
        char line[80] = "dom0_mem=";
        vnuma_dom0_autoballoon a;
        vnuma_diags diags;
        bool wanted;

        num = 1 + n % 8;
        for (i = 0; i < num; i++) {
            seed = seed * 1664525u + 1013904223u;
            strcat(line, parts[(seed >> 16) % 12]);
        }
        wanted = !regexec(&regex, line + 9, 0, NULL, 0);
        num_understood += wanted;
        vnuma_diags_init(&diags);
        CHECK(!vnuma_dom0_get_autoballoon(NULL, line, &a, &diags));
        if (a.is_on == wanted)
            TAP_DIAG("%s", line);
        CHECK(a.is_on != wanted);
        vnuma_diags_dispose(&diags);
    }
    CHECK(num_understood > 1000);
    regfree(&regex);
}

static const tap_case cases[] = {
    TAP_CASE(autoballoon_is_what_xl_would_do),
    TAP_CASE(autoballoon_understands_what_xl_understands),
};

int main(void)
{
    return TAP_RUN(cases);
}
