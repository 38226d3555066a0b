/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What GRUB's files make of Xen's command line, and where a mistake is. */
#include "config.h"

#include "tap.h"
#include "inside.h"

static const struct {
    const char *text, *wanted;
    bool is_wrong;
} grubs[] = {
    { "GRUB_CMDLINE_XEN=\"a b\"\n", "a b", false },
    { "GRUB_CMDLINE_XEN_DEFAULT=a\nGRUB_CMDLINE_XEN=b\n", "b a", false },
    { "GRUB_CMDLINE_XEN=a\nGRUB_CMDLINE_XEN=b\n", "b", false },
    { "GRUB_CMDLINE_XEN=a\nGRUB_CMDLINE_XEN+=\" b\"\n", "a b", false },
    { "GRUB_CMDLINE_XEN='a $b'\n", "a $b", false },
    { "B=x\nGRUB_CMDLINE_XEN=\"a $B\"\n", "a x", false },
    { "B=x\nGRUB_CMDLINE_XEN=\"a${B}y\"\n", "axy", false },
    { "GRUB_CMDLINE_XEN=\"$NONE\"a\n", "a", false },
    { "GRUB_CMDLINE_XEN=a\\ b'c'\"d\"\n", "a bcd", false },
    { "GRUB_CMDLINE_XEN=\"a\\\"b\\$c\\d\"\n", "a\"b$c\\d", false },
    { "GRUB_CMDLINE_XEN=\"a\\\nb\"\n", "ab", false },
    { "# GRUB_CMDLINE_XEN=a\n", "", false },
    { "GRUB_CMDLINE_XEN=a # b\n", "a", false },
    { "export GRUB_CMDLINE_XEN=a\n", "a", false },
    { "GRUB_X=y GRUB_CMDLINE_XEN=a\n", "a", false },
    { "echo GRUB_CMDLINE_XEN=a\n", "", false },
    { "X=`a b`; GRUB_CMDLINE_XEN=a\n", "a", false },
    { "GRUB_CMDLINE_XEN=\"a $(lsb_release (x)) b\"\n", "a  b", false },
    { "GRUB_CMDLINE_XEN=\"${X:-b}\"\n", "", false },
    { "GRUB_CMDLINE_XEN=\"a\n", "a\n", true },
    { "GRUB_CMDLINE_XEN='a", "a", true },
    { "GRUB_CMDLINE_XEN", "", false },
    { "GRUB_CMDLINE_XEN=", "", false },
    { "=a\n+=b\n$\n\\", "", false },
};

static void grub_files_are_read_as_sh_reads_them(void)
{
    vnuma_dom0_cmdline cmdline;
    vnuma_dom0_grub *grub;
    vnuma_source source;
    vnuma_diags diags;
    unsigned int i;
    int rc;

    for (i = 0; i < sizeof(grubs) / sizeof(grubs[0]); i++) {
        grub = vnuma_dom0_grub_new();
        REQUIRE(grub);
        vnuma_dom0_cmdline_init(&cmdline);
        vnuma_source_init(&source);
        vnuma_diags_init(&diags);
        CHECK(!vnuma_source_set(&source, "grub", grubs[i].text,
                                strlen(grubs[i].text)));
        rc = vnuma_dom0_grub_read(grub, &source, &diags);
        CHECK(!!rc == grubs[i].is_wrong);
        CHECK(!vnuma_dom0_grub_cmdline(grub, &cmdline));
        if (strcmp(cmdline.text ? cmdline.text : "", grubs[i].wanted)) {
            tap_failed = true;
            TAP_DIAG("%s: \"%s\"", grubs[i].text,
                     cmdline.text ? cmdline.text : "");
        }
        vnuma_dom0_cmdline_dispose(&cmdline);
        vnuma_dom0_grub_free(grub);
        vnuma_diags_dispose(&diags);
        vnuma_source_dispose(&source);
    }
}

static void a_mistake_is_found_in_the_file_it_is_in(void)
{
    static const char text[] = "A=\"dom0_mem=1Q\"\n"
                               "GRUB_CMDLINE_XEN=\"x $A\"\n";
    vnuma_dom0_grub *grub = vnuma_dom0_grub_new();
    vnuma_dom0_cmdline cmdline;
    vnuma_dom0_limits limits;
    vnuma_source source;
    vnuma_diags diags;
    uint32_t line = 0, column = 0;
    const char *name;

    REQUIRE(grub);
    vnuma_dom0_cmdline_init(&cmdline);
    vnuma_source_init(&source);
    vnuma_diags_init(&diags);
    CHECK(!vnuma_source_set(&source, "grub", text, strlen(text)));
    CHECK(!vnuma_dom0_grub_read(grub, &source, &diags));
    CHECK(!vnuma_dom0_grub_cmdline(grub, &cmdline));
    vnuma_dom0_parse(&cmdline, &limits, &diags);
    REQUIRE(diags.num_errors == 1);
    vnuma_span_locate(vnuma_diags_at(&diags, 0)->span, &name, &line, &column);
    CHECK_UINT(line, 1);
    CHECK_UINT(column, 14);
    vnuma_dom0_cmdline_dispose(&cmdline);
    vnuma_dom0_grub_free(grub);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
}

static const tap_case cases[] = {
    TAP_CASE(grub_files_are_read_as_sh_reads_them),
    TAP_CASE(a_mistake_is_found_in_the_file_it_is_in),
};

int main(void)
{
    return TAP_RUN(cases);
}
