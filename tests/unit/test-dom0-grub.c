/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What GRUB's files make of Xen's command line, and where a mistake is. */
#include "config.h"

#include "tap.h"
#include "inside.h"
#include "dom0/dom0.h"

typedef struct {
    vnuma_dom0_grub *grub;
    vnuma_source sources[2];
    vnuma_dom0_cmdline cmdline; /* the first */
    char *text;                 /* of it */
    vnuma_diags diags;
    char summary[80]; /* "LINE:COLUMN ID" of each diagnostic */
} grub_case;

static void summarise(grub_case *c)
{
    uint32_t line, column;
    const char *name;
    unsigned int i;

    for (i = 0; i < c->diags.num_items; i++) {
        const vnuma_diag *diag = vnuma_diags_at(&c->diags, i);
        size_t len = strlen(c->summary);

        vnuma_span_locate(diag->span, &name, &line, &column);
        snprintf(c->summary + len, sizeof(c->summary) - len,
                 "%s%" PRIu32 ":%" PRIu32 " %s", i ? ", " : "", line, column,
                 diag->id);
    }
}

static void read_files(grub_case *c, const char *env, const char *text)
{
    const char *texts[] = { env, text };
    unsigned int i;

    memset(c, 0, sizeof(*c));
    if (vnuma_dom0_grub_make(&c->grub))
        abort();
    for (i = env ? 0 : 1; i < 2; i++)
        if (vnuma_source_set(&c->sources[i], "grub", texts[i],
                             strlen(texts[i])) ||
            vnuma_dom0_grub_read(c->grub, &c->sources[i], &c->diags) ==
                VNUMA_ERROR_NOMEM)
            abort();
    summarise(c);
    if (vnuma_dom0_grub_cmdline(c->grub, 0, &c->cmdline) &&
        !strstr(c->summary, "grub-"))
        abort();
    c->text = vnuma_dom0_cmdline_text(&c->cmdline);
    if (!c->text)
        abort();
}

static void dispose(grub_case *c)
{
    free(c->text);
    vnuma_dom0_cmdline_dispose(&c->cmdline);
    vnuma_dom0_grub_free(c->grub);
    vnuma_diags_dispose(&c->diags);
    vnuma_source_dispose(&c->sources[0]);
    vnuma_source_dispose(&c->sources[1]);
}

static void expect(const char *env, const char *text, const char *wanted,
                   const char *summary)
{
    grub_case c;

    read_files(&c, env, text);
    if (strcmp(c.text, wanted) || strcmp(c.summary, summary)) {
        tap_failed = true;
        TAP_DIAG("%s: \"%s\", %s", text, c.text, c.summary);
    }
    dispose(&c);
}

/* ---- settings ----------------------------------------------------------- */

#define X "GRUB_CMDLINE_XEN="

/* What is known, and the diagnostics; after grub-shell nothing is known. */
static const char *const settings[][3] = {
    { X "\"a b\"\n", "a b", "" },
    { X "'a b'", "a b", "" },
    { "GRUB_CMDLINE_XEN_DEFAULT=a\n" X "b\n", "b a", "" },
    { X "a\n" X "b\n", "b", "" },
    { "# " X "a\n#" X "b\n", "", "" },
    { X "a # b\n", "a", "" },
    { "  export " X "a\n", "a", "" },
    { X "\n", "", "" },
    { "GRUB_CMDLINE_XEN", "", "1:1 grub-shell" },
    { "", "", "" },
    { "# for multiboot\n" X "a\n", "a", "" },
    { "GRUB_D=`lsb_release -i 2> /dev/null || echo Debian`\n" X "a\n", "a",
      "" },
    { "GRUB_D=\"$(. /etc/os-release; echo \"$NAME\")\"\n" X "a\n", "a", "" },
    { "GRUB_Y=\"a\nb\"\n" X "a\n", "a", "" },
    { "GRUB_CMDLINE_LINUX_XEN_REPLACE=\"quiet\"\n", "", "" },
    { "GRUB_CMDLINE_LINUX=\"quiet numa=off\"\n", "", "" },
    /* only a shell can tell */
    { X "\"$A\"\n", "", "1:19 grub-shell" },
    { X "\"a $(b) c\"\n", "", "1:19 grub-shell" },
    { X "`b`\n", "", "1:18 grub-shell" },
    { X "'a $b'\n", "", "1:19 grub-shell" }, /* GRUB expands it */
    { X "\"a\\\nb\"\n", "", "1:19 grub-shell" },
    { "GRUB_CMDLINE_XEN+=\" a\"\n", "", "1:1 grub-shell" },
    { X "a; b\n", "", "1:18 grub-shell" },
    { X "\"a\";\n", "", "1:19 grub-shell" },
    { X "a\nif b; then\n\t" X "c\nfi\n", "", "3:2 grub-shell" },
    { "[ a ] && " X "c\n", "", "1:10 grub-shell" },
    { ". /etc/x\n", "", "1:1 grub-shell" },
    { "source x\n", "", "1:1 grub-shell" },
    { "echo " X "a\n" X "b\n", "b", "" },
    { X "b\nif [ \"$A\" = \"\" ]; then\n\tgrub_warn \"a\" \\\n \"b\"\nfi\n",
      "b", "" },
    /* mistakes, of which the cause is said once */
    { X "\"a b\n", "a b", "1:18 grub-quote" },
    { X "\"a b\nGRUB_TERMINAL=\"console\"\n", "a b", "1:18 grub-quote" },
    { "GRUB_TIMEOUT=\"5\n" X "\"a\"\n", "a", "1:14 grub-quote" },
    { X "\"a\nb=1 c\"\n", "a b=1 c", "1:20 grub-line" },
    { "A=0\r\n\r\n" X "\"a\"\r\nGRUB_CMDLINE_XEN_DEFAULT=b\r\n", "a b",
      "3:21 grub-line" },
    { X " \"a b\"\n", "a b", "1:18 grub-blank" },
    { "GRUB_CMDLINE_XEN = a b\n", "a b", "1:17 grub-blank" },
    { X "a=1 b=2\n", "a=1 b=2", "1:21 grub-blank" },
    { "GRUB_CMD_LINE_XEN=a\n", "a", "1:1 grub-name" },
    { "GRUB_XEN_CMDLINE_DEFAULT=a\n", "a", "1:1 grub-name" },
    { "grub_cmdline_xen=a\n", "a", "1:1 grub-name" },
    { X "\"a\" b=1\n", "a b=1", "1:21 grub-blank" },
    { X "\xe2\x80\x9c"
        "a b=1\xe2\x80\x9d\n",
      "a b=1", "1:18 grub-quote" },
    { X "\xe2\x80\x98"
        "a\xe2\x80\x99 \n",
      "a", "1:18 grub-quote" },
    /* no quotes: a part of one, and a dash */
    { X "\xe2\x80", "\xe2\x80", "" },
    { X "\xe2\x80\n" X "a\n", "a", "" },
    { X "\xe2\x80\x93" "a\n", "\xe2\x80\x93" "a", "" },
    { "GRUB_CMDLINE_LINUX=\"quiet dom0_mem=1G x\"\n" X "a", "a dom0_mem=1G",
      "1:27 dom0-behind" },
};

static void settings_are_read_as_far_as_they_are_plain(void)
{
    unsigned int i;

    for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        expect(NULL, settings[i][0], settings[i][1], settings[i][2]);
}

/* Settings, and what each of GRUB's two for Xen should be. */
static const char *const halves[][3] = {
    { X "\"dom0_mem=1G,max:1G a\"\nGRUB_CMDLINE_XEN_DEFAULT=b\n",
      "dom0_mem=1G,max:1G a", "b" },
    { X "\"a dom0_mem=1GB\"\nGRUB_CMDLINE_XEN_DEFAULT=b\n",
      "a dom0_mem=1G,max:1G", "b" },
    { X "a\n", "a", "dom0_mem=SIZE,max:SIZE" },
    { X "dom0_mem=1G\nGRUB_CMDLINE_XEN_DEFAULT=dom0_mem=2G\n",
      "dom0_mem=1G", "dom0_mem=2G,max:2G" },
    { X "a\nGRUB_CMDLINE_LINUX=dom0_mem=2G,max:2G\n", "a",
      "dom0_mem=2G,max:2G" },
    { "GRUB_CMDLINE_XEN_DEFAULT=\"a -- dom0_mem=1G,max:1G q\"\n", "",
      "a dom0_mem=1G,max:1G -- q" },
    /* What is missing must be before the "--". */
    { X "\"a -- q\"\nGRUB_CMDLINE_XEN_DEFAULT=r\n", "a",
      "dom0_mem=SIZE,max:SIZE -- q r" },
};

static void each_setting_keeps_its_options(void)
{
    vnuma_dom0_limits limits;
    unsigned int i, j;
    char *text;
    grub_case c;

    for (i = 0; i < sizeof(halves) / sizeof(halves[0]); i++) {
        read_files(&c, NULL, halves[i][0]);
        vnuma_dom0_parse(&c.cmdline, &limits, &c.diags);
        for (j = 0; j < 2; j++) {
            text = vnuma__dom0_suggest_setting(
                &c.cmdline, &limits, NULL, NULL,
                vnuma__dom0_grub_num_xen(c.grub), !j, true);
            CHECK_STR(text, halves[i][1 + j]);
            free(text);
        }
        dispose(&c);
    }
}

/* What is proposed is written, and then there is nothing to say. */
static void a_fix_mends_a_setting(void)
{
    static const char *const texts[] = {
        X "\"a b\n",
        X "\"a\nb=1 c\"\n",
        "GRUB_CMD_LINE_XEN=a\n",
        X "\"a\"\r\n",
        X " \"a b\" # c\n",
        "GRUB_CMDLINE_XEN = a b\n",
        X "a=1 b=2 \n",
        X "\"a\" b=1\n",
    };
    const vnuma_diag *diag;
    char mended[128];
    unsigned int i;
    grub_case c;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        read_files(&c, NULL, texts[i]);
        diag = vnuma_diags_at(&c.diags, 0);
        REQUIRE(diag->fix);
        snprintf(mended, sizeof(mended), "%.*s%s%s",
                 (int)diag->fix_span.start, texts[i], diag->fix,
                 texts[i] + diag->fix_span.end);
        dispose(&c);
        read_files(&c, NULL, mended);
        CHECK_STR(c.summary, "");
        dispose(&c);
    }
}

/* ---- grub.cfg ----------------------------------------------------------- */

/* As update-grub writes it, with another option in each entry. */
#define ENTRIES                                                               \
    "function savedefault {\n  if [ -z \"$b\" ]; then\n    x\n  fi\n}\n"      \
    "menuentry 'Linux' $menuentry_id_option 'linux' {\n"                      \
    "\tlinux /vmlinuz quiet\n}\n"                                             \
    "menuentry 'L, with Xen' --class xen $menuentry_id_option 'simple' {\n"   \
    "\tif [ \"$p\" = \"pc\" ]; then\n\t\txen_rm_opts=\n\tfi\n"                \
    "\tmultiboot2\t/xen.gz placeholder  a=1 ${xen_rm_opts}\n"                 \
    "\tmodule2\t/vmlinuz placeholder ro\n}\n"                                 \
    "submenu 'Advanced' $menuentry_id_option 'advanced' {\n"                  \
    "\tsubmenu 'Xen 4.17' $menuentry_id_option 'xen' {\n"                     \
    "\tmenuentry 'one' --id one {\n"                                          \
    "\t\tmultiboot2 --quirk-x /boot/xen.gz placeholder b=\"1\"\n\t}\n"        \
    "\tmenuentry \"two\" {\n"                                                 \
    "\t\tmultiboot2 /boot/xen.gz c ${xen_rm_opts}\n\t}\n"                     \
    "\t}\n}\n"                                                                \
    "menuentry 'hurd' {\n\tmultiboot /gnumach.gz d\n}\n"

static const struct {
    const char *env, *head, *wanted, *summary;
} cfgs[] = {
    { NULL, "set default=\"1\"\n", "placeholder a=1", "" },
    { NULL, "set default='L, with Xen'\n", "placeholder a=1", "" },
    { NULL, "set default=simple\n", "placeholder a=1", "" },
    { NULL, "set default=\"2>0>1\"\n", "c", "" },
    { NULL, "set default=\"advanced>Xen 4.17>two\"\n", "c", "" },
    { NULL, "set default=\"advanced>0>one\"\n", "", "20:49 grub-shell" },
    { "next_entry=2>0>two\n", "set default=1\n", "c", "" },
    { "saved_entry=simple\nnext_entry=\n",
      "if [ \"${next_entry}\" ] ; then\n  set default=\"${next_entry}\"\n"
      "else\n  set default=\"${saved_entry}\"\nfi\n",
      "placeholder a=1", "" },
    /* not Xen's, not there, or not known: all of them are looked at */
    { NULL, "set default=0\n", "", "1:13 grub-default, 20:49 grub-shell" },
    { NULL, "set default=9\n", "", "1:13 grub-default, 20:49 grub-shell" },
    { NULL, "set default=\"${saved_entry}\"\n", "",
      "1:1 grub-default, 20:49 grub-shell" },
};

static void the_default_entry_of_grub_cfg_counts(void)
{
    char text[4096];
    unsigned int i;

    for (i = 0; i < sizeof(cfgs) / sizeof(cfgs[0]); i++) {
        snprintf(text, sizeof(text), "%s%s", cfgs[i].head, ENTRIES);
        expect(cfgs[i].env, text, cfgs[i].wanted, cfgs[i].summary);
    }
}

static void entries_are_counted_when_none_is_the_default(void)
{
    static const char text[] = "menuentry 'a' {\n multiboot /xen.gz a\n}\n"
                               "menuentry 'b' {\n multiboot /xen.gz b\n"
                               " module /linux dom0_mem=1G\n}\n"
                               "menuentry 'c' {\n multiboot /xen.gz a\n}\n";
    grub_case c;

    read_files(&c, NULL, text);
    CHECK_STR(c.summary, "6:16 dom0-behind, 1:1 grub-default");
    CHECK_UINT(vnuma_dom0_grub_num_lines(c.grub), 2);
    CHECK_STR(c.text, "a dom0_mem=1G");
    vnuma_dom0_cmdline_dispose(&c.cmdline);
    CHECK(!vnuma_dom0_grub_cmdline(c.grub, 1, &c.cmdline));
    free(c.text);
    c.text = vnuma_dom0_cmdline_text(&c.cmdline);
    CHECK_STR(c.text, "b dom0_mem=1G");
    dispose(&c);
    expect(NULL, "menuentry 'a' {\n linux x\n}\nmultiboot\n", "",
           "1:1 grub-default");
}

static const tap_case cases[] = {
    TAP_CASE(settings_are_read_as_far_as_they_are_plain),
    TAP_CASE(each_setting_keeps_its_options),
    TAP_CASE(a_fix_mends_a_setting),
    TAP_CASE(the_default_entry_of_grub_cfg_counts),
    TAP_CASE(entries_are_counted_when_none_is_the_default),
};

int main(void)
{
    return TAP_RUN(cases);
}
