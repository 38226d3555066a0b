/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* xl-vnuma dom0: its table of subcommands, and "check". */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/diag_json.h"
#include "base/json_writer.h"
#include "cli/guest_files.h"
#include "commands/commands.h"
#include "commands/dom0.h"
#include "dom0/dom0.h"

static const struct {
    const char *name;
    int (*main)(const cli_options *options, int argc, char **argv);
} subcommands[] = {
    { "show", dom0_show },
    { "check", dom0_check },
    { "set", dom0_set },
    { "reset", dom0_reset },
};

int main_dom0(const cli_options *options, int argc, char **argv)
{
    unsigned int i;

    if (argc < 2)
        return cli_usage();
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
        return cli_help();
    for (i = 0; i < sizeof(subcommands) / sizeof(subcommands[0]); i++)
        if (!strcmp(argv[1], subcommands[i].name)) {
            optind = 0;
            return subcommands[i].main(options, argc - 1, argv + 1);
        }
    cli_fail(CLI_USAGE, "dom0: there is no subcommand \"%s\"", argv[1]);
    return cli_usage();
}

/* ---- check -------------------------------------------------------------- */

typedef struct {
    bool json, strict;
    const char *cmdline, *grub;
    vnuma_topology *host; /* owned; NULL: none is known */
    bool is_live;
    dom0_line line;
    bool is_grub_wrong; /* so that all of its settings are to be written */
    vnuma_dom0_limits limits;
    vnuma_dom0_srat found_srat;
    const vnuma_dom0_srat *srat; /* NULL: not known */
    cli_guests guests;
    unsigned int num_planned; /* of those that were looked at */
    vnuma_diags diags;
} checking;

static int load_host(const cli_options *options, checking *c)
{
    int code;

    if (c->cmdline || c->grub)
        code = cli_host_or_none(options, &c->host, "");
    else
        code = cli_host_load(options, &c->host, NULL);
    if (code && !options->host_path)
        fputs("xl-vnuma: use --cmdline TEXT, --grub FILE or --host FILE for "
              "a command line from elsewhere\n",
              stderr);
    c->is_live = c->host && !options->host_path;
    return code;
}

static int load_line(checking *c)
{
    const char *text;
    int code;

    if (c->cmdline)
        return dom0_line_from_text(&c->line, "<command line>", c->cmdline);
    if (c->grub) {
        code = dom0_line_from_grub(&c->line, c->grub, &c->diags);
        c->is_grub_wrong = c->diags.num_errors;
        return code;
    }
    text = dom0_host_cmdline(c->host);
    if (!text)
        return cli_fail(CLI_ENVIRONMENT,
                        "the host's text does not have Xen's command line: "
                        "give it with --cmdline or --grub");
    return dom0_line_from_text(&c->line, "xen_commandline", text);
}

static void load_srat(checking *c)
{
    vnuma_source source = { 0 };

    if (!vnuma_source_read(&source, "/sys/firmware/acpi/tables/SRAT") &&
        vnuma_dom0_srat_parse((const uint8_t *)source.text, source.len,
                              &c->found_srat))
        c->srat = &c->found_srat;
    vnuma_source_dispose(&source);
}

/* The host's own command line, or as little as is known of it. */
static uint64_t memkb_now(const checking *c, uint64_t avail_memkb)
{
    const char *text = dom0_host_cmdline(c->host);
    vnuma_dom0_memory memory = { 0, 0 };
    vnuma_dom0_limits limits;
    vnuma_diags diags = { 0 };
    dom0_line line = { .num_sources = 0 };

    if (!text)
        return 0;
    if (!dom0_line_from_text(&line, "", text)) {
        vnuma_dom0_parse(&line.line, &limits, &diags);
        vnuma_dom0_resolve(&limits, avail_memkb, &memory);
    }
    vnuma_diags_dispose(&diags);
    dom0_line_dispose(&line);
    return memory.memkb;
}

/* The last one has no room; the notes are on those left out. */
static void does_not_fit(checking *c, unsigned int last)
{
    const vnuma_diags *diags;
    unsigned int g, i;

    vnuma__error(&c->diags, "dom0-guests", VNUMA__NOWHERE,
                 "%s does not fit next to dom0%s",
                 c->guests.files[last].source.name,
                 c->num_planned > 1 ? " and the guests before it" : "");
    for (g = 0; g <= last; g++) {
        diags = vnuma_plan_guest_diags(c->guests.plans[g]);
        c->diags.lost |= diags->lost;
        for (i = 0; i < diags->num_items; i++) {
            const vnuma_diag *diag = vnuma_diags_at(diags, i);

            if (diag->severity == VNUMA_SEVERITY_ERROR)
                vnuma__related(&c->diags, diag->span, "%s", diag->message);
        }
    }
}

/* A guest that does not fit is left out for those after it. */
static int check_guest(checking *c, unsigned int i)
{
    cli_guest *guest = &c->guests.files[i];
    int code, added, rc;

    code = cli_guest_check(guest, c->guests.paths[i], c->host, NULL, 0, true);
    if (code == CLI_REFUSED)
        cli_print_diags(&guest->diags);
    added = cli_guests_add(&c->guests, i, code ? NULL : guest->config);
    if (code || added)
        return CLI_REFUSED;
    c->num_planned++;
    rc = vnuma_plan_several(c->guests.plans, i + 1, c->host, NULL, NULL);
    if (rc && rc != VNUMA_ERROR_NOMEM) {
        does_not_fit(c, i);
        c->guests.plans[i]->config = NULL;
        c->num_planned--;
    }
    return cli_code(rc);
}

/* Each guest next to those before it, in the memory that dom0 leaves. */
static int check_guests(checking *c, int num, char **paths)
{
    uint64_t avail_memkb, now_memkb;
    vnuma_dom0_memory memory;
    int i, code;

    if (!num)
        return CLI_OK;
    if (!c->host)
        return cli_fail(CLI_ENVIRONMENT, "a host is needed to see whether "
                                         "guests fit: use --host FILE");
    code = cli_guests_init(&c->guests, paths, num);
    if (code)
        return code;
    avail_memkb = vnuma_dom0_avail_memkb(c->host);
    now_memkb = memkb_now(c, avail_memkb);
    vnuma_dom0_resolve(&c->limits, avail_memkb, &memory);
    if (now_memkb)
        vnuma_dom0_shift(c->host, now_memkb, memory.memkb);
    for (i = 0; i < num && (!i || c->guests.plans[i - 1]); i++)
        if (check_guest(c, i))
            code = CLI_REFUSED;
    return code;
}

static void check_line(checking *c, const vnuma_dom0_cmdline *line,
                       vnuma_dom0_limits *limits)
{
    vnuma_dom0_autoballoon autoballoon;
    char *text;

    vnuma_dom0_parse(line, limits, &c->diags);
    vnuma_dom0_check(limits, c->host, c->srat, &c->diags);
    text = c->is_live ? vnuma_dom0_cmdline_text(line) : NULL;
    if (text && dom0_autoballoon(text, &autoballoon))
        vnuma_dom0_check_autoballoon(limits, &autoballoon, &c->diags);
    free(text);
}

/* The answer is about the first line; of other entries come remarks only. */
static int check_lines(checking *c)
{
    unsigned int i,
        num = c->grub ? vnuma_dom0_grub_num_lines(c->line.grub) : 1;
    int code = CLI_OK;

    check_line(c, &c->line.line, &c->limits);
    for (i = 1; i < num && !code; i++) {
        vnuma_dom0_cmdline line;
        vnuma_dom0_limits limits;

        vnuma_dom0_cmdline_init(&line);
        code = cli_code(vnuma_dom0_grub_cmdline(c->line.grub, i, &line));
        if (!code)
            check_line(c, &line, &limits);
        vnuma_dom0_cmdline_dispose(&line);
    }
    return code;
}

/* The line to write, and as GRUB's settings; each is owned. */
typedef struct {
    char *options, *whole;
    char *xen; /* NULL: it stays as it is */
    char *xen_default;
} suggested;

static int answer_json(const checking *c, const suggested *s)
{
    const vnuma_diags *list[] = { &c->diags };
    vnuma_dom0_memory memory;
    vnuma__json json;

    vnuma__json_begin(&json, true);
    vnuma__json_diags(&json, list, 1);
    if (c->host) {
        vnuma_dom0_resolve(&c->limits, vnuma_dom0_avail_memkb(c->host),
                           &memory);
        vnuma__json_add_uint(&json, "memkb", memory.memkb);
        vnuma__json_add_known(&json, "max_memkb", memory.max_memkb,
                              VNUMA_MEMKB_UNKNOWN);
    }
    vnuma__json_add_string(&json, "options", s->options);
    vnuma__json_add_string(&json, "cmdline", s->whole);
    if (c->grub) {
        vnuma__json_add_string(&json, "grub_cmdline_xen", s->xen);
        vnuma__json_add_string(&json, "grub_cmdline_xen_default",
                               s->xen_default);
    }
    return cli_answer(vnuma__json_finish(&json));
}

static int answer_text(const suggested *s)
{
    printf("%s\n\nOn Debian, in /etc/default/grub:\n", s->options);
    if (s->xen)
        printf("  GRUB_CMDLINE_XEN=\"%s\"\n", s->xen);
    printf("  GRUB_CMDLINE_XEN_DEFAULT=\"%s\"\n"
           "then run update-grub and reboot.\n",
           s->xen_default);
    return CLI_OK;
}

/* False: no memory. */
static bool suggest(const checking *c, suggested *s)
{
    const vnuma_dom0_cmdline *line = &c->line.line;
    vnuma_dom0_cmdline xen = { line->pieces, 0 };
    char *now;

    if (c->grub)
        xen.num_pieces = vnuma__dom0_grub_num_xen(c->line.grub);
    s->options = vnuma_dom0_suggest(line, &c->limits, c->host, c->srat, false);
    s->whole = vnuma_dom0_suggest(line, &c->limits, c->host, c->srat, true);
    s->xen = vnuma__dom0_suggest_setting(line, &c->limits, c->host, c->srat,
                                         xen.num_pieces, true, true);
    s->xen_default = vnuma__dom0_suggest_setting(
        line, &c->limits, c->host, c->srat, xen.num_pieces, false, true);
    now = vnuma_dom0_cmdline_text(&xen);
    if (!s->options || !s->whole || !s->xen || !s->xen_default || !now) {
        free(now);
        return false;
    }
    if (!xen.num_pieces || (!c->is_grub_wrong && !strcmp(s->xen, now))) {
        free(s->xen);
        s->xen = NULL;
    }
    free(now);
    return true;
}

static int answer_check(const checking *c)
{
    suggested s = { NULL, NULL, NULL, NULL };
    int code;

    if (!suggest(c, &s))
        code = cli_fail(CLI_ENVIRONMENT, "no memory");
    else if (c->json)
        code = answer_json(c, &s);
    else
        code = answer_text(&s);
    free(s.options);
    free(s.whole);
    free(s.xen);
    free(s.xen_default);
    return code;
}

static int check_all(const cli_options *options, checking *c, int num_guests,
                     char **guests)
{
    int code, answered = CLI_OK;
    bool is_known;

    code = load_host(options, c);
    if (!code)
        code = load_line(c);
    is_known = !code;
    if (c->is_live)
        load_srat(c);
    if (!code)
        code = check_lines(c);
    if (!code)
        code = check_guests(c, num_guests, guests);
    if (code && code != CLI_REFUSED)
        return code;
    if (!c->json)
        cli_print_diags(&c->diags);
    /* Without a line there is nothing but what is wrong. */
    if (is_known)
        answered = answer_check(c);
    else if (c->json)
        answered = cli_answer(vnuma_diags_to_json(&c->diags));
    if (answered)
        return answered;
    if (c->diags.num_errors || (c->strict && c->diags.num_warnings))
        return CLI_REFUSED;
    return code;
}

int dom0_check(const cli_options *options, int argc, char **argv)
{
    checking c = { .json = false };
    bool list = false;
    const cli_option table[] = {
        { .name = "json", .flag = &c.json },
        { .name = "strict", .flag = &c.strict },
        { .name = "list", .flag = &list },
        { .name = "cmdline", .value = &c.cmdline },
        { .name = "grub", .value = &c.grub },
        { .name = NULL },
    };
    int code = cli_read_options(table, argc, argv);

    if (code != CLI_GO_ON)
        return code;
    if (list)
        return cli_list_checks(vnuma_dom0_check_list);
    if (c.cmdline && c.grub)
        return cli_fail(CLI_USAGE, "--cmdline or --grub, not both");

    code = check_all(options, &c, argc - optind, argv + optind);
    vnuma_diags_dispose(&c.diags);
    cli_guests_dispose(&c.guests);
    dom0_line_dispose(&c.line);
    vnuma_topology_free(c.host);
    return code;
}
