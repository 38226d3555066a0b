/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * As test-nomem.c, for what is inside: texts that need memory where an arena
 * has none left, and the pages of a guest.
 */
#include "config.h"

#include "base/json_reader.h"
#include "cfg/read.h"
#include "check/read_kvm.h"
#include "inside.h"
#include "layout/extent_plan.h"
#include "nomem.h"

#define GIB (UINT64_C(1) << 30)
#define LONG 5000 /* what an arena gives a piece of its own */

/*
 * W is a long word, N are many numbers and L many lists.  A long name, sums of
 * long strings and lists; what is no string, and a quote that is typographic.
 */
static const char good[] = "W=1\na='W'\na+='W'\nb=[N]\nb+=[N]";
static const char bad[] = "a=[W, 1]\nb=[\xe2\x80\x9c"
                          "c]\n";
static const char lists[] = "[L[]]";

static char text[8 * LONG];

static void make_text(const char *form)
{
    char *to = text;
    unsigned int i;

    for (; *form; form++)
        if (strchr("WNL", *form))
            for (i = 0; i < LONG; i += 4)
                to = mempcpy(to,
                             *form == 'W'   ? "xxxx"
                             : *form == 'N' ? "123,"
                                            : "[], ",
                             4);
        else
            *to++ = *form;
    *to = '\0';
}

static int read_text(void)
{
    vnuma_source source = { 0 };
    vnuma_diags diags = { 0 };
    vnuma__tree tree = { 0 };
    int rc = vnuma_source_set(&source, "t", text, strlen(text));

    if (!rc)
        rc = vnuma__read(&source, &tree, &diags);
    vnuma__tree_dispose(&tree);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
    return rc;
}

static int read_json(void)
{
    vnuma__jsondoc json = { 0 };
    vnuma_diags diags = { 0 };
    int rc;

    rc = vnuma__jsondoc_parse(
        (vnuma__text){ .ptr = text, .len = strlen(text) }, &json, &diags);
    vnuma__jsondoc_dispose(&json);
    vnuma_diags_dispose(&diags);
    return rc;
}

/* Three vnodes, each with another policy. */
static int cut_pages(vnuma__layout *layout)
{
    vnuma__rooms rooms = { .exists = { true, true, true } };
    const vnuma__extent_set *lacks;
    vnuma__extent_plan plan = { 0 };
    uint64_t pages;
    bool changed;
    int rc;

    layout->membinds[0] =
        (vnuma_membind){ VNUMA_POLICY_PREFERRED, { 0, 1 }, 2 };
    layout->membinds[2] =
        (vnuma_membind){ VNUMA_POLICY_INTERLEAVE, { 0, 1 }, 2 };
    rc = vnuma__layout_gather(layout, true, &changed);
    if (!rc)
        rc = vnuma__extent_plan_build(layout, true, &plan);
    CHECK_NOTHING_LEFT(rc, plan);
    rooms.pages[0] = 1 << 19;
    rooms.pages[1] = rooms.pages[2] = 9 << 18;
    if (!rc)
        rc = vnuma__extent_plan_spill(&plan, &rooms, &lacks, &pages);
    vnuma__extent_plan_dispose(&plan);
    return rc;
}

static int lay_out(void)
{
    uint32_t distances[3] = { 10, 20, 20 };
    vnuma_plan_vnode vnodes[3] = {
        { .pnode = 0, .memkb = 5 << 19 },
        { .pnode = 1, .memkb = 5 << 19 },
        { .pnode = 2, .memkb = 3 << 20 },
    };
    vnuma_plan plan = { .vnodes = vnodes, .num_vnodes = 3 };
    vnuma__layout layout = { 0 };
    unsigned int i;
    int rc;

    for (i = 0; i < 3; i++)
        vnodes[i].distances = distances;
    rc = vnuma__layout_of_plan(&plan, 3 * GIB, 9 * GIB, &layout);
    CHECK_NOTHING_LEFT(rc, layout);
    if (!rc)
        rc = cut_pages(&layout);
    vnuma__layout_dispose(&layout);
    return rc;
}

/* Hosts and guests that checks find much in. */
static vnuma_source guest, host;

static int check_all(void)
{
    vnuma_topology *topology = NULL;
    vnuma_config config = { 0 };
    vnuma_diags diags = { 0 };
    int rc = vnuma_topology_parse(&host, &topology, &diags);

    if (!rc)
        rc = vnuma__guest_parse(&guest, &config, &diags);
    if (!rc)
        rc = vnuma_check(&config, topology, 0, &diags);
    vnuma__config_dispose(&config);
    vnuma_topology_free(topology);
    vnuma_diags_dispose(&diags);
    return rc;
}

static void check_may_run_out_of_memory(void)
{
    static const struct {
        const char *host, *guest;
    } pairs[] = {
        { "numactl-two-28-and-19-gib.txt",
          "type=\"hvm\"\nmemory=4096\nvcpus=4\nmaxvcpus=4\n"
          "cpus=[\"nodes:1\",\"nodes:1\",\"nodes:0\",\"nodes:0\"]\n"
          "vnuma=[[\"pnode=0\",\"size=1537\",\"vcpus=0-1\"],"
          "[\"pnode=1\",\"size=2559\",\"vcpus=2-3\"]]\n" },
    };
    const char *top = getenv("top_srcdir");
    char path[4096];
    unsigned int i;

    for (i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
        snprintf(path, sizeof(path), "%s/tests/hosts/%s", top ? top : ".",
                 pairs[i].host);
        REQUIRE(!vnuma_source_read(&host, path));
        REQUIRE(!vnuma_source_set(&guest, "g", pairs[i].guest,
                                  strlen(pairs[i].guest)));
        run_with_each_failing(check_all, false);
        run_with_each_failing(check_all, true);
        vnuma_source_dispose(&guest);
        vnuma_source_dispose(&host);
    }
}

static void run(const char *form, nomem_step *step)
{
    make_text(form);
    run_with_each_failing(step, false);
    run_with_each_failing(step, true);
}

static void read_long_texts_may_run_out_of_memory(void)
{
    run(good, read_text);
    run(bad, read_text);
    run(lists, read_json);
}

static void lay_out_may_run_out_of_memory(void)
{
    run("", lay_out);
}

static const tap_case cases[] = {
    TAP_CASE(read_long_texts_may_run_out_of_memory),
    TAP_CASE(lay_out_may_run_out_of_memory),
    TAP_CASE(check_may_run_out_of_memory),
};

int main(void)
{
    return TAP_RUN(cases);
}
