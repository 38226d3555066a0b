/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What plan -o writes, by libxlutil: it reads the file, every value of vnuma=
 * is the plan's, check finds nothing in it, and the bytes that are not
 * vnuma='s are those of the guest's file.
 */
#include "config.h"

#include <libxl.h>
#include <libxlutil.h>

#include "plan-case.h"

#define REST "type = \"hvm\"\nmemory = 512\nvcpus = 2\n"
#define HOLE "\001" /* where the list is in the expected file */

static const struct {
    const char *name, *text, *expected;
} files[] = {
    { "one line", REST "vnuma = [ [\"size=256\"], [\"size=256\"] ]\nx = 1\n",
      REST "vnuma = " HOLE "\nx = 1\n" },
    { "auto", "vnuma=\"auto\" # the plan's\n" REST,
      "vnuma = " HOLE " # the plan's\n" REST },
    { "auto in single quotes", "vnuma='auto';" REST,
      "vnuma = " HOLE ";" REST },
    { "many lines, comments inside",
      REST "vnuma = [ # two\n  [ \"pnode=0\", # first\n    \"size=256\" ],\n"
           "# and\n  [ \"size=256\" ]\n]\t# end\n\n# last\n",
      REST "vnuma = " HOLE "\t# end\n\n# last\n" },
    { "no newline at the end",
      REST "vnuma = [ [\"size=256\"], [\"size=256\"] ]",
      REST "vnuma = " HOLE },
    { "a semicolon at the end",
      REST "vnuma = [ [\"size=256\"], [\"size=256\"] ];",
      REST "vnuma = " HOLE ";" },
    { "twice",
      "vnuma = \"auto\"\n" REST "# it\n"
      "vnuma = [ [\"size=256\"], [\"size=256\"] ]\n",
      "vnuma = " HOLE "\n" REST "# it\n\n" },
    { "twice on one line", REST "vnuma=\"auto\"; vnuma = \"auto\"; x = 1\n",
      REST "vnuma = " HOLE "; ; x = 1\n" },
    { "three times, many lines",
      "  vnuma = [\n [\"size=1\"],\n [\"size=2\"] ]  \n" REST
      "vnuma = [ [\"size=3\"] ] # no\nvnuma = \"auto\"\n",
      "  vnuma = " HOLE "  \n" REST " # no\n\n" },
    { "a sum",
      REST "vnuma = [ [\"size=256\"] ]\nvnuma += [ [\"size=256\"] ]\n",
      REST "vnuma = " HOLE "\n\n" },
    { "a sum of one", REST "vnuma+=[ [\"size=512\"] ]", REST "vnuma = " HOLE },
    { "a sum of three with others between",
      "vnuma = [ [\"size=128\"] ]; " REST
      "vnuma += [ [\"size=128\"] ]\nx = 1\n"
      "vnuma += [ [\"size=256\"] ] # all\ny = 1\n",
      "vnuma = " HOLE "; " REST "\nx = 1\n # all\ny = 1\n" },
    { "tabs and a blank first line",
      "\n\tvnuma\t=\t[\t[\t\"size=512\"\t]\t]\t\n" REST,
      "\n\tvnuma = " HOLE "\t\n" REST },
    { "a return in a comment", REST "vnuma = \"auto\" # dos\r\n",
      REST "vnuma = " HOLE " # dos\r\n" },
};

/* ---- by libxlutil ------------------------------------------------------- */

/* The options of a vnode as "pnode=0 size=256 ". */
static void print_vnode(XLU_Config *cfg, XLU_ConfigValue *value, char *text,
                        size_t size)
{
    XLU_ConfigList *options = NULL;
    XLU_ConfigValue *option;
    char *string;
    int i;

    *text = '\0';
    CHECK_INT(xlu_cfg_value_get_list(cfg, value, &options, 1), 0);
    for (i = 0; options && (option = xlu_cfg_get_listitem2(options, i)); i++) {
        CHECK_INT(xlu_cfg_value_get_string(cfg, option, &string, 1), 0);
        snprintf(text + strlen(text), size - strlen(text), "%s ", string);
    }
}

static void print_planned(const vnuma_plan *plan, unsigned int v, char *text,
                          size_t size)
{
    const vnuma_plan_vnode *vnode = &plan->vnodes[v];
    char *vcpus = vnuma_bitmap_format(&vnode->vcpus);
    unsigned int w;

    snprintf(text, size, "pnode=%u size=%u ", vnode->pnode,
             (unsigned int)(vnode->memkb / 1024));
    if (vnuma_bitmap_count(&vnode->vcpus))
        snprintf(text + strlen(text), size - strlen(text), "vcpus=%s ", vcpus);
    snprintf(text + strlen(text), size - strlen(text), "vdistances=");
    for (w = 0; w < plan->num_vnodes; w++)
        snprintf(text + strlen(text), size - strlen(text), "%s%u",
                 w ? "," : "", vnode->distances[w]);
    snprintf(text + strlen(text), size - strlen(text), " ");
    free(vcpus);
}

static void check_by_xlutil(const vnuma_plan *plan, const char *text)
{
    XLU_Config *cfg = xlu_cfg_init(stdout, "written");
    char found[1024], wanted[1024];
    XLU_ConfigList *list = NULL;
    unsigned int v;
    int num = 0;

    CHECK_INT(xlu_cfg_readdata(cfg, text, (int)strlen(text)), 0);
    CHECK_INT(xlu_cfg_get_list(cfg, "vnuma", &list, &num, 1), 0);
    CHECK_UINT(num, plan->num_vnodes);
    for (v = 0; list && v < plan->num_vnodes; v++) {
        print_vnode(cfg, xlu_cfg_get_listitem2(list, (int)v), found,
                    sizeof(found));
        print_planned(plan, v, wanted, sizeof(wanted));
        CHECK_STR(found, wanted);
    }
    xlu_cfg_destroy(cfg);
}

/* ---- by ourselves ------------------------------------------------------- */

/* check --strict, but for settings that the test invents. */
static void check_is_clean(const char *text, const vnuma_topology *topology)
{
    vnuma_config config;
    vnuma_source source;
    vnuma_diags diags;
    unsigned int i;

    vnuma_source_init(&source);
    memset(&config, 0, sizeof(config));
    vnuma_diags_init(&diags);
    CHECK_INT(vnuma_source_set(&source, "written", text, strlen(text)), 0);
    CHECK_INT(vnuma__config_parse(&source, &config, &diags), 0);
    CHECK_INT(vnuma_check(&config, topology, 0, &diags), 0);
    CHECK(vnuma_config_is_full(&config));
    for (i = 0; i < diags.num_items; i++)
        if (vnuma_diags_at(&diags, i)->severity != VNUMA_SEVERITY_NOTE &&
            strcmp(vnuma_diags_at(&diags, i)->id, "setting-unknown")) {
            TAP_DIAG("%s", vnuma_diags_at(&diags, i)->message);
            tap_failed = true;
        }
    vnuma_diags_dispose(&diags);
    vnuma__config_dispose(&config);
    vnuma_source_dispose(&source);
}

static void check_bytes(const char *text, const char *expected)
{
    size_t before = strcspn(expected, HOLE);
    size_t after = strlen(expected) - before - 1, len = strlen(text);

    REQUIRE(len > before + after);
    CHECK(!strncmp(text, expected, before));
    CHECK_STR(text + len - after, expected + before + 1);
    CHECK(text[before] == '[');
    CHECK(text[len - after - 1] == ']');
}

static void every_file_is_rewritten_in_place(void)
{
    unsigned int i;

    for (i = 0; i < sizeof(files) / sizeof(*files); i++) {
        bool failed = tap_failed;
        plan_case c;
        char *text;

        case_plan(&c, KNL, files[i].text);
        CHECK_INT(c.rc, 0);
        text = vnuma_plan_to_cfg(&c.plan, &c.guest_source);
        REQUIRE(text);
        check_bytes(text, files[i].expected);
        check_by_xlutil(&c.plan, text);
        check_is_clean(text, &c.topology);
        if (tap_failed && !failed)
            TAP_DIAG("%s:\n%s", files[i].name, text);
        free(text);
        case_dispose(&c);
    }
}

/* xl refuses them, so there is nothing to be kept. */
static void line_ends_of_dos_are_refused_by_both(void)
{
    static const char text[] = "memory = 512\r\nvnuma = \"auto\"\r\n";
    FILE *report = fopen("/dev/null", "w");
    XLU_Config *cfg = xlu_cfg_init(report, "dos");
    vnuma_config config;
    vnuma_source source;
    vnuma_diags diags;

    vnuma_source_init(&source);
    memset(&config, 0, sizeof(config));
    vnuma_diags_init(&diags);
    CHECK(xlu_cfg_readdata(cfg, text, (int)strlen(text)));
    CHECK_INT(vnuma_source_set(&source, "dos", text, strlen(text)), 0);
    CHECK_INT(vnuma__config_parse(&source, &config, &diags),
              VNUMA_ERROR_CONFIG);
    REQUIRE(diags.num_items);
    CHECK_STR(vnuma_diags_at(&diags, 0)->id, "carriage-return");
    vnuma_diags_dispose(&diags);
    vnuma__config_dispose(&config);
    vnuma_source_dispose(&source);
    xlu_cfg_destroy(cfg);
    fclose(report);
}

static const tap_case cases[] = {
    TAP_CASE(every_file_is_rewritten_in_place),
    TAP_CASE(line_ends_of_dos_are_refused_by_both),
};

int main(void)
{
    return TAP_RUN(cases);
}
