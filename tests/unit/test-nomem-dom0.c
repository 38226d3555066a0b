/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As test-nomem.c, for the functions of vnuma_dom0.h. */
#include "config.h"

#include "nomem.h"
#include "plan-case.h"

/* The input of each step: made while there is memory. */
static plan_case c;

static const char grub[] = "GRUB_CMDLINE_XEN=\"dom0_mem=1G dom0_nodes=0 x\"\n"
                           "GRUB_CMDLINE_XEN_DEFAULT='dom0_max_vcpus=99'\n";
static const char grub_cfg[] = "set default='a>b'\n"
                               "submenu a {\n"
                               " menuentry 'c' {\n"
                               "  multiboot2 /xen.gz dom0_mem=2G\n"
                               " }\n"
                               " menuentry \"b\" {\n"
                               "  multiboot2 /xen.gz placeholder dom0_mem=1G\n"
                               "  module2 /linux quiet\n"
                               " }\n"
                               "}\n";

static int judge_dom0(const vnuma_dom0_cmdline *cmdline, vnuma_diags *diags)
{
    vnuma_dom0_autoballoon autoballoon;
    vnuma_dom0_limits limits;
    int rc;

    vnuma_dom0_limits_init(&limits);
    rc = vnuma_dom0_parse(cmdline, &limits, diags);
    if (rc)
        return rc;
    rc = vnuma_dom0_get_autoballoon(&c.guest_source, "dom0_mem=1G",
                                    &autoballoon, diags);
    if (rc)
        return rc;
    vnuma_dom0_check(&limits, &c.topology, NULL, diags);
    vnuma_dom0_check_autoballoon(&limits, &autoballoon, diags);
    rc = text_came(vnuma_dom0_cmdline_text(cmdline));
    if (rc)
        return rc;
    return text_came(
        vnuma_dom0_suggest(cmdline, &limits, &c.topology, NULL, true));
}

static int read_dom0_line(void)
{
    vnuma_dom0_cmdline cmdline;
    vnuma_source source;
    vnuma_diags diags;
    int rc;

    vnuma_source_init(&source);
    vnuma_diags_init(&diags);
    vnuma_dom0_cmdline_init(&cmdline);
    rc = vnuma_source_set(&source, "line", "dom0_mem=1G,max:2G -- x", 23);
    if (!rc)
        rc = vnuma_dom0_cmdline_set(&cmdline, &source);
    CHECK_NOTHING_LEFT(rc, cmdline);
    if (!rc)
        rc = judge_dom0(&cmdline, &diags);
    vnuma_dom0_cmdline_dispose(&cmdline);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
    return rc;
}

static int read_grub_text(const char *text)
{
    vnuma_dom0_grub *read = NULL;
    vnuma_dom0_cmdline cmdline;
    vnuma_source source;
    vnuma_diags diags;
    int rc = vnuma_dom0_grub_make(&read);

    if (rc)
        return rc;
    vnuma_source_init(&source);
    vnuma_diags_init(&diags);
    vnuma_dom0_cmdline_init(&cmdline);
    rc = vnuma_source_set(&source, "grub", text, strlen(text));
    if (!rc)
        rc = vnuma_dom0_grub_read(read, &source, &diags);
    if (!rc)
        rc = vnuma_dom0_grub_cmdline(read, 0, &cmdline);
    CHECK_NOTHING_LEFT(rc, cmdline);
    if (!rc)
        rc = judge_dom0(&cmdline, &diags);
    vnuma_dom0_cmdline_dispose(&cmdline);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
    vnuma_dom0_grub_free(read);
    return rc;
}

static int read_grub(void)
{
    return read_grub_text(grub);
}

static int read_grub_cfg(void)
{
    return read_grub_text(grub_cfg);
}

/*
 * The guest's file stands for xl.conf, which has the same grammar.  It is not
 * "auto": glibc's regcomp(3) frees memory twice when there is no more of it.
 */
static void run(nomem_step *step)
{
    case_host(&c, KNL);
    case_guest(&c, "autoballoon=\"on\"\n");
    run_with_each_failing(step, false);
    run_with_each_failing(step, true);
    case_dispose(&c);
}

static void read_dom0_line_may_run_out_of_memory(void)
{
    run(read_dom0_line);
}

static void read_grub_may_run_out_of_memory(void)
{
    run(read_grub);
}

static void read_grub_cfg_may_run_out_of_memory(void)
{
    run(read_grub_cfg);
}

static const tap_case cases[] = {
    TAP_CASE(read_dom0_line_may_run_out_of_memory),
    TAP_CASE(read_grub_may_run_out_of_memory),
    TAP_CASE(read_grub_cfg_may_run_out_of_memory),
};

int main(void)
{
    return TAP_RUN(cases);
}
