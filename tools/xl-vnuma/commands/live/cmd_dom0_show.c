/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* xl-vnuma dom0 show: what Xen's options give dom0, and what it has. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "cli/xen_calls.h"
#include "commands/dom0.h"

#define MIB(memkb) ((memkb) >> 10)
#define PAGE_KB 4

typedef struct {
    vnuma_xen_dom0 dom0;
    vnuma_xen_residency residency;
    bool has_residency;
    vnuma_topology *host; /* owned */
    dom0_line line;
    vnuma_dom0_limits limits;
    vnuma_dom0_autoballoon autoballoon;
    bool has_autoballoon;
} showing;

static int gather(showing *s, bool by_hypervisor)
{
    vnuma_xen *xen = NULL;
    vnuma_diags diags = { 0 }, remarks = { 0 };
    const char *text;
    int rc, code;

    rc = vnuma_xen_open(&xen, &diags);
    if (!rc)
        rc = vnuma_xen_get_topology(xen, &s->host, &diags);
    if (!rc)
        rc = vnuma_xen_dom0_get(xen, &s->dom0, &diags);
    if (!rc && by_hypervisor) {
        rc = vnuma_xen_get_residency(xen, 0, &s->residency, &diags);
        s->has_residency = !rc;
    }
    code = cli_end(&diags, rc);
    if (!code) {
        text = dom0_host_cmdline(s->host);
        text = text ? text : "";
        code = dom0_line_from_text(&s->line, "xen_commandline", text);
        /* Mistakes in it are reported by "check". */
        vnuma_dom0_parse(&s->line.line, &s->limits, &remarks);
        s->has_autoballoon = dom0_autoballoon(text, &s->autoballoon);
    }
    vnuma_xen_close(xen);
    vnuma_diags_dispose(&remarks);
    return code;
}

/* ---- text --------------------------------------------------------------- */

static void print_amount(const char *name, const vnuma_dom0_amount *amount)
{
    if (!amount->is_given)
        return;
    printf("  %s%s", name, amount->is_minus ? "all but " : "");
    if (amount->memkb || !amount->percent)
        printf("%" PRIu64 " MiB", MIB(amount->memkb));
    if (amount->percent)
        printf("%s%" PRIu32 " %%", amount->memkb ? " and " : "",
               amount->percent);
    putchar('\n');
}

static void print_options(const showing *s)
{
    const vnuma_dom0_limits *l = &s->limits;
    unsigned int i;

    puts("Xen's command line:");
    if (!l->has_mem)
        puts("  no dom0_mem=: all memory");
    print_amount("memory ", &l->mem);
    print_amount("at least ", &l->min);
    print_amount("at most ", &l->max);
    if (l->num_pxms) {
        fputs("  proximity domains ", stdout);
        for (i = 0; i < l->num_pxms; i++)
            printf("%s%" PRIu64, i ? "," : "", l->pxms[i].value);
        puts(l->relaxed ? ", preferred" : "");
    }
    if (l->vcpus_span.source && l->min_vcpus == l->max_vcpus)
        printf("  %" PRIu32 " vcpus\n", l->max_vcpus);
    else if (l->vcpus_span.source && l->max_vcpus == UINT32_MAX)
        printf("  at least %" PRIu32 " vcpus\n", l->min_vcpus);
    else if (l->vcpus_span.source)
        printf("  %" PRIu32 " to %" PRIu32 " vcpus\n", l->min_vcpus,
               l->max_vcpus);
    if (l->vcpus_pin)
        puts("  vcpus pinned");
    if (s->has_autoballoon)
        printf("xl's autoballoon: %s%s\n", s->autoballoon.is_on ? "on" : "off",
               s->autoballoon.is_auto
                   ? s->autoballoon.is_on ? " (auto, and xl sees no dom0_mem=)"
                                          : " (auto, and dom0_mem= is given)"
                   : "");
}

static void print_memory(const showing *s)
{
    const vnuma_xen_dom0_settings *t = &s->dom0.settings;
    unsigned int i;

    printf("memory: %" PRIu64 " MiB; target %" PRIu64 " MiB, maximum %" PRIu64
           " MiB, ",
           MIB(s->dom0.memkb), MIB(t->target_memkb), MIB(t->static_max_memkb));
    if (t->max_memkb >= VNUMA_XEN_DOM0_UNLIMITED_MEMKB)
        puts("no limit in Xen");
    else
        printf("limit in Xen %" PRIu64 " MiB\n", MIB(t->max_memkb));
    for (i = 0; i < s->residency.num_nodes; i++)
        if (s->residency.nodes[i].num_pages)
            printf("  pnode %" PRIu32 ": %" PRIu64 " MiB (%" PRIu64
                   " pages)\n",
                   s->residency.nodes[i].pnode,
                   MIB(s->residency.nodes[i].num_pages * PAGE_KB),
                   s->residency.nodes[i].num_pages);
}

static void print_vcpus(const showing *s)
{
    const vnuma_xen_dom0_settings *t = &s->dom0.settings;
    unsigned int i;

    printf("vcpus: %u of %u\n", vnuma_bitmap_count(&s->dom0.online),
           t->num_vcpus);
    for (i = 0; i < t->num_vcpus; i++) {
        if (!vnuma_bitmap_test(&s->dom0.online, i)) {
            printf("  vcpu %u: off\n", i);
            continue;
        }
        printf("  vcpu %u: on pcpu %" PRIu32 ", may use ", i,
               s->dom0.pcpus[i]);
        vnuma__bitmap_print(&t->vcpus[i].hard, stdout);
        fputs(", prefers ", stdout);
        vnuma__bitmap_print(&t->vcpus[i].soft, stdout);
        putchar('\n');
    }
}

static int print_text(const showing *s)
{
    print_options(s);
    print_memory(s);
    print_vcpus(s);
    if (s->dom0.is_interrupted)
        puts("A change was interrupted: \"xl-vnuma dom0 reset\" takes it "
             "back.");
    else if (s->dom0.is_changed)
        printf("Changed: \"xl-vnuma dom0 reset\" goes back to %" PRIu64
               " MiB.\n",
               MIB(s->dom0.original.target_memkb));
    return CLI_OK;
}

/* ---- JSON --------------------------------------------------------------- */

/* The key of what may not be known, which is then null. */
static bool put_known(vnuma__json *json, const char *key, bool is_known)
{
    vnuma__json_key(json, key);
    if (!is_known)
        vnuma__json_null(json);
    return is_known;
}

static void put_amount(vnuma__json *json, const char *key,
                       const vnuma_dom0_amount *amount)
{
    if (!put_known(json, key, amount->is_given))
        return;
    vnuma__json_map(json);
    vnuma__json_add_uint(json, "memkb", amount->memkb);
    vnuma__json_add_uint(json, "percent", amount->percent);
    vnuma__json_add_bool(json, "minus", amount->is_minus);
    vnuma__json_end_map(json);
}

static void put_limits(vnuma__json *json, const vnuma_dom0_limits *l)
{
    unsigned int i;

    vnuma__json_add_map(json, "limits");
    put_amount(json, "mem", &l->mem);
    put_amount(json, "min", &l->min);
    put_amount(json, "max", &l->max);
    vnuma__json_add_array(json, "proximity_domains");
    for (i = 0; i < l->num_pxms; i++)
        vnuma__json_uint(json, l->pxms[i].value);
    vnuma__json_end_array(json);
    vnuma__json_add_bool(json, "relaxed", l->relaxed);
    vnuma__json_add_uint(json, "min_vcpus", l->min_vcpus);
    vnuma__json_add_known(json, "max_vcpus", l->max_vcpus, UINT32_MAX);
    vnuma__json_add_bool(json, "vcpus_pin", l->vcpus_pin);
    vnuma__json_end_map(json);
}

static void put_autoballoon(vnuma__json *json, const showing *s)
{
    if (!put_known(json, "autoballoon", s->has_autoballoon))
        return;
    vnuma__json_map(json);
    vnuma__json_add_bool(json, "auto", s->autoballoon.is_auto);
    vnuma__json_add_bool(json, "on", s->autoballoon.is_on);
    vnuma__json_end_map(json);
}

static void put_nodes(vnuma__json *json, const showing *s)
{
    unsigned int i;

    if (!put_known(json, "nodes", s->has_residency))
        return;
    vnuma__json_array(json);
    for (i = 0; i < s->residency.num_nodes; i++) {
        vnuma__json_map(json);
        vnuma__json_add_uint(json, "node", s->residency.nodes[i].pnode);
        vnuma__json_add_uint(json, "memkb",
                             s->residency.nodes[i].num_pages * PAGE_KB);
        vnuma__json_end_map(json);
    }
    vnuma__json_end_array(json);
}

static void put_vcpus(vnuma__json *json, const vnuma_xen_dom0 *dom0)
{
    unsigned int i;

    vnuma__json_add_array(json, "vcpus");
    for (i = 0; i < dom0->settings.num_vcpus; i++) {
        vnuma__json_map(json);
        vnuma__json_add_uint(json, "vcpu", i);
        vnuma__json_add_bool(json, "online",
                             vnuma_bitmap_test(&dom0->online, i));
        vnuma__json_add_uint(json, "cpu", dom0->pcpus[i]);
        vnuma__json_set(json, "hard", &dom0->settings.vcpus[i].hard);
        vnuma__json_set(json, "soft", &dom0->settings.vcpus[i].soft);
        vnuma__json_end_map(json);
    }
    vnuma__json_end_array(json);
}

static int print_json(const showing *s)
{
    const vnuma_xen_dom0_settings *t = &s->dom0.settings;
    const char *text = dom0_host_cmdline(s->host);
    vnuma__json json;

    vnuma__json_begin(&json, true);
    vnuma__json_add_string(&json, "cmdline", text ? text : "");
    put_limits(&json, &s->limits);
    put_autoballoon(&json, s);
    vnuma__json_add_uint(&json, "memkb", s->dom0.memkb);
    vnuma__json_add_uint(&json, "target_memkb", t->target_memkb);
    vnuma__json_add_uint(&json, "static_max_memkb", t->static_max_memkb);
    vnuma__json_add_known(&json, "max_memkb",
                          t->max_memkb >= VNUMA_XEN_DOM0_UNLIMITED_MEMKB
                              ? VNUMA_XEN_DOM0_UNLIMITED_MEMKB
                              : t->max_memkb,
                          VNUMA_XEN_DOM0_UNLIMITED_MEMKB);
    put_nodes(&json, s);
    put_vcpus(&json, &s->dom0);
    vnuma__json_add_bool(&json, "changed", s->dom0.is_changed);
    vnuma__json_add_bool(&json, "interrupted", s->dom0.is_interrupted);
    return cli_answer(vnuma__json_finish(&json));
}

int dom0_show(const cli_options *options, int argc, char **argv)
{
    bool json = false, by_hypervisor = false;
    const cli_option table[] = {
        { .name = "json", .flag = &json },
        { .name = "verify", .take = cli_take_verify, .into = &by_hypervisor },
        { .name = NULL },
    };
    showing s = { .has_residency = false };
    int code = cli_read_options(table, argc, argv);

    if (code != CLI_GO_ON)
        return code;
    if (optind != argc)
        return cli_usage();
    code = cli_only_here(options, "dom0 show");
    if (code)
        return code;

    code = gather(&s, by_hypervisor);
    if (!code)
        code = json ? print_json(&s) : print_text(&s);
    dom0_line_dispose(&s.line);
    vnuma_topology_free(s.host);
    vnuma_xen_residency_dispose(&s.residency);
    vnuma_xen_dom0_dispose(&s.dom0);
    return code;
}
