/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said of dom0's limits on a host, and the manual's examples of it. */
#include "config.h"

#include "tap.h"
#include "inside.h"

static void read_tree(vnuma_source *source, const char *name)
{
    const char *srcdir = getenv("top_srcdir");
    char *path;

    vnuma_source_init(source);
    if (asprintf(&path, "%s/%s", srcdir ? srcdir : ".", name) < 0 ||
        vnuma_source_read(source, path))
        abort();
    free(path);
}

typedef struct {
    vnuma_source host_source, source;
    vnuma_topology host;
    vnuma_dom0_cmdline cmdline;
    vnuma_dom0_grub *grub;
    vnuma_dom0_limits limits;
    vnuma_diags diags;
} checked;

static bool has(const vnuma_diags *diags, const char *id)
{
    unsigned int i;

    for (i = 0; i < diags->num_items; i++)
        if (!strcmp(vnuma_diags_at(diags, i)->id, id))
            return true;
    return false;
}

static void check(checked *c, const char *text, const vnuma_dom0_srat *srat)
{
    memset(c, 0, sizeof(*c));
    read_tree(&c->host_source, "tests/hosts/xl-info-n-2node.txt");
    if (vnuma_dom0_grub_make(&c->grub) ||
        vnuma__topology_parse(&c->host_source, &c->host, &c->diags) ||
        vnuma_source_set(&c->source, "text", text, strlen(text)))
        abort();
    if (strncmp(text, "GRUB_", 5) && strncmp(text, "menuentry", 9)) {
        if (vnuma_dom0_cmdline_set(&c->cmdline, &c->source))
            abort();
    } else {
        vnuma_dom0_grub_read(c->grub, &c->source, &c->diags);
        if (!has(&c->diags, "grub-shell") &&
            vnuma_dom0_grub_cmdline(c->grub, 0, &c->cmdline))
            abort();
    }
    vnuma_dom0_parse(&c->cmdline, &c->limits, &c->diags);
    vnuma_dom0_check(&c->limits, &c->host, srat, &c->diags);
}

static void dispose(checked *c)
{
    vnuma_diags_dispose(&c->diags);
    vnuma_dom0_grub_free(c->grub);
    vnuma_dom0_cmdline_dispose(&c->cmdline);
    vnuma__topology_dispose(&c->host);
    vnuma_source_dispose(&c->source);
    vnuma_source_dispose(&c->host_source);
}

/* "(...)" describes what can not be shown. */
static void the_manuals_examples_show_what_they_are_of(void)
{
    const vnuma_check_info *infos;
    char want[64], *item, *start;
    vnuma_source manual;
    unsigned int i, num;
    checked c;

    read_tree(&manual, "docs/man/xl-vnuma-checks.7.pod");
    infos = vnuma_dom0_check_list(&num);
    for (i = 0; i < num; i++) {
        snprintf(want, sizeof(want), "\n=item B<%s>\n", infos[i].id);
        item = strstr(manual.text, want);
        REQUIRE(item);
        start = strstr(item, "\n    ") + 5;
        start = strndup(start, strcspn(start, "\n"));
        if (*start != '(') {
            check(&c, start, NULL);
            if (!has(&c.diags, infos[i].id)) {
                tap_failed = true;
                TAP_DIAG("%s: %s does not show it", infos[i].id, start);
            }
            dispose(&c);
        }
        free(start);
    }
    vnuma_source_dispose(&manual);
}

/* With all that is recommended there is nothing to say. */
static void a_good_line_has_no_diagnostics(void)
{
    const vnuma_dom0_srat srat = { { 0, 1 }, 2 };
    checked c;

    check(&c, "dom0_mem=1536M,max:1536M dom0_max_vcpus=2 dom0_nodes=0", &srat);
    CHECK_UINT(c.diags.num_items, 0);
    dispose(&c);
}

static void nodes_are_told_from_proximity_domains(void)
{
    const vnuma_dom0_srat srat = { { 1, 0 }, 2 };
    checked c;

    check(&c, "dom0_mem=1G,max:1G dom0_nodes=0 dom0_max_vcpus=2", &srat);
    CHECK_UINT(c.diags.num_warnings, 1);
    CHECK_UINT(c.diags.num_errors, 0);
    if (c.diags.num_items)
        CHECK_STR(vnuma_diags_at(&c.diags, 0)->hint,
                  "Xen's node 0 is proximity domain 1");
    dispose(&c);
    check(&c, "dom0_mem=1G,max:1G dom0_nodes=5 dom0_max_vcpus=2", &srat);
    CHECK_UINT(c.diags.num_errors, 1);
    dispose(&c);
}

static void what_follows_from_a_mistake_is_not_reported(void)
{
    checked c;

    check(&c, "dom0_mem=1G,max:1Q dom0_nodes=x dom0_max_vcpus=2", NULL);
    CHECK_UINT(c.diags.num_errors, 2);
    CHECK_UINT(c.diags.num_warnings, 0);
    dispose(&c);
}

static void numa_off_is_reported_where_there_are_nodes(void)
{
    static const struct {
        const char *text;
        bool wanted;
    } lines[] = {
        { "numa=off", true },           { "numa=noacpi", true },
        { "numa=on", false },           { "numa=off numa=on", false },
        { "a numa=on numa=off", true }, { "numa=fake=4", false },
        { "a -- numa=off", false },     { "xnuma=off", false },
        { "no-numa", false },
    };
    const vnuma_dom0_srat two = { { 0, 1 }, 2 }, one = { { 0 }, 1 };
    unsigned int i;
    checked c;

    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        check(&c, lines[i].text, NULL);
        CHECK(has(&c.diags, "dom0-numa") == lines[i].wanted);
        dispose(&c);
    }
    /* Xen shows one node then; the SRAT has them. */
    check(&c, "numa=off", NULL);
    vnuma_diags_dispose(&c.diags);
    vnuma_dom0_check(&c.limits, NULL, &one, &c.diags);
    CHECK(!has(&c.diags, "dom0-numa"));
    vnuma_dom0_check(&c.limits, NULL, &two, &c.diags);
    CHECK(has(&c.diags, "dom0-numa"));
    dispose(&c);
}

/* Our own text of a host says so in its first lines. */
static void memory_that_is_not_known_is_not_endless(void)
{
    vnuma_fact fact = { (char *)"total_memory", (char *)"-1" };
    const vnuma_topology host = { .facts = &fact, .num_facts = 1 };

    CHECK_UINT(vnuma_dom0_avail_memkb(&host), 0);
}

static void memory_that_dom0_would_take_is_spread_over_the_nodes(void)
{
    uint64_t before[2];
    checked c;

    check(&c, "", NULL);
    before[0] = c.host.pnodes[0].free_memkb;
    before[1] = c.host.pnodes[1].free_memkb;
    vnuma_dom0_shift(&c.host, 1000, 3000);
    CHECK_UINT(c.host.pnodes[0].free_memkb, before[0] - 1000);
    CHECK_UINT(c.host.pnodes[1].free_memkb, before[1] - 1000);
    vnuma_dom0_shift(&c.host, 3000, 1000);
    CHECK_UINT(c.host.pnodes[1].free_memkb, before[1]);
    vnuma_dom0_shift(&c.host, 0, UINT64_MAX);
    CHECK_UINT(c.host.pnodes[0].free_memkb, 0);
    dispose(&c);
}

static const tap_case cases[] = {
    TAP_CASE(the_manuals_examples_show_what_they_are_of),
    TAP_CASE(a_good_line_has_no_diagnostics),
    TAP_CASE(nodes_are_told_from_proximity_domains),
    TAP_CASE(what_follows_from_a_mistake_is_not_reported),
    TAP_CASE(numa_off_is_reported_where_there_are_nodes),
    TAP_CASE(memory_that_is_not_known_is_not_endless),
    TAP_CASE(memory_that_dom0_would_take_is_spread_over_the_nodes),
};

int main(void)
{
    return TAP_RUN(cases);
}
