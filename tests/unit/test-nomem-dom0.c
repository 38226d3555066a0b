/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As test-nomem.c, for the functions of vnuma_dom0.h. */
#include "config.h"

#include "nomem.h"
#include "plan-case.h"

/* The input of each step: made while there is memory. */
static plan_case c;

static const char grub[] = "A=dom0_mem=1G\n"
                           "GRUB_CMDLINE_XEN=\"$A dom0_nodes=0 x\"\n"
                           "GRUB_CMDLINE_XEN_DEFAULT='dom0_max_vcpus=99'\n";

static int judge_dom0(const vnuma_dom0_cmdline *cmdline, vnuma_diags *diags)
{
    vnuma_dom0_autoballoon autoballoon;
    vnuma_dom0_limits limits;
    char *options;
    int rc;

    vnuma_dom0_limits_init(&limits);
    rc = vnuma_dom0_parse(cmdline, &limits, diags);
    if (rc)
        return rc;
    rc = vnuma_dom0_get_autoballoon(&c.guest_source, cmdline->text,
                                    &autoballoon, diags);
    if (rc)
        return rc;
    vnuma_dom0_check(&limits, &c.topology, NULL, diags);
    vnuma_dom0_check_autoballoon(&limits, &autoballoon, diags);
    options = vnuma_dom0_suggest(&limits, &c.topology);
    rc = options ? text_came(vnuma_dom0_replace(cmdline, options))
                 : VNUMA_ERROR_NOMEM;
    free(options);
    return rc;
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

static int read_grub(void)
{
    vnuma_dom0_grub *read = vnuma_dom0_grub_new();
    vnuma_dom0_cmdline cmdline;
    vnuma_source source;
    vnuma_diags diags;
    int rc;

    if (!read)
        return VNUMA_ERROR_NOMEM;
    vnuma_source_init(&source);
    vnuma_diags_init(&diags);
    vnuma_dom0_cmdline_init(&cmdline);
    rc = vnuma_source_set(&source, "grub", grub, strlen(grub));
    if (!rc)
        rc = vnuma_dom0_grub_read(read, &source, &diags);
    if (!rc)
        rc = vnuma_dom0_grub_cmdline(read, &cmdline);
    CHECK_NOTHING_LEFT(rc, cmdline);
    if (!rc)
        rc = judge_dom0(&cmdline, &diags);
    vnuma_dom0_cmdline_dispose(&cmdline);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
    vnuma_dom0_grub_free(read);
    return rc;
}

/* The guest's file stands for xl.conf, which has the same grammar. */
static void run(nomem_step *step)
{
    case_host(&c, KNL);
    case_guest(&c, "autoballoon=\"auto\"\n");
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

static const tap_case cases[] = {
    TAP_CASE(read_dom0_line_may_run_out_of_memory),
    TAP_CASE(read_grub_may_run_out_of_memory),
};

int main(void)
{
    return TAP_RUN(cases);
}
