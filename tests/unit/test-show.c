/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domains against their promises, and the picture of them. */
#include "config.h"

#include "inside.h"

#include "heap.h"
#include "show/scene.h"
#include "tap.h"

/* ---- helpers ------------------------------------------------------------ */

typedef struct {
    vnuma_source host_source, source;
    vnuma_diags diags;
    vnuma_topology topology;
    vnuma_domains domains;
    int rc;
} fixture;

static void set(fixture *f, const char *host, const char *domains)
{
    memset(f, 0, sizeof(*f));
    CHECK_INT(vnuma_source_set(&f->host_source, "host", host, strlen(host)),
              0);
    CHECK_INT(
        vnuma_source_set(&f->source, "domains", domains, strlen(domains)), 0);
    CHECK_INT(vnuma__topology_parse(&f->host_source, &f->topology, &f->diags),
              0);
    f->rc =
        vnuma__domains_parse(&f->source, &f->topology, &f->domains, &f->diags);
}

static void dispose(fixture *f)
{
    vnuma__domains_dispose(&f->domains);
    vnuma__topology_dispose(&f->topology);
    vnuma_diags_dispose(&f->diags);
    vnuma_source_dispose(&f->source);
    vnuma_source_dispose(&f->host_source);
}

#define HOST                                                                  \
    "{\"nodes\": ["                                                           \
    "{\"node\": 0, \"memkb\": 4096, \"free_memkb\": 1024, \"cpus\": [0,1],"   \
    " \"distances\": [10,21,31]},"                                            \
    "{\"node\": 1, \"memkb\": 4096, \"free_memkb\": 1024, \"cpus\": [2,3],"   \
    " \"distances\": [21,10,null]},"                                          \
    "{\"node\": 2, \"memkb\": 4096, \"free_memkb\": 1024, \"cpus\": [],"      \
    " \"distances\": [31,31,10]}]}"

/* A domain of two vnodes of 100 pages, on pnodes A and B. */
#define TWO(a, b, rest)                                                       \
    "{\"domains\": [{\"domid\": 1, \"name\": \"g\", \"vnodes\": ["            \
    "{\"pnode\": " #a ", \"memkb\": 400, \"vcpus\": [0]},"                    \
    "{\"pnode\": " #b ", \"memkb\": 400, \"vcpus\": [1]}], " rest "}]}"

static void check_pages(const char *domains, uint64_t first, uint64_t second,
                        uint64_t stray)
{
    fixture f;

    set(&f, HOST, domains);
    REQUIRE(!f.rc && f.domains.num_items == 1);
    CHECK_UINT(f.domains.items[0].vnodes[0].num_pages, first);
    CHECK_UINT(f.domains.items[0].vnodes[1].num_pages, second);
    CHECK_UINT(f.domains.items[0].stray_pages, stray);
    dispose(&f);
}

/* ---- pages -------------------------------------------------------------- */

static void pages_on_other_pnodes_are_stray(void)
{
    check_pages(TWO(0, 1,
                    "\"pages\": [{\"pnode\": 0, \"pages\": 90},"
                    "{\"pnode\": 1, \"pages\": 100},"
                    "{\"pnode\": 2, \"pages\": 10}]"),
                90, 100, 10);
}

static void pages_on_the_wrong_one_of_two_pnodes_are_stray(void)
{
    check_pages(TWO(0, 1,
                    "\"pages\": [{\"pnode\": 0, \"pages\": 60},"
                    "{\"pnode\": 1, \"pages\": 140}]"),
                60, 100, 40);
}

static void special_pages_beyond_all_memory_are_at_home(void)
{
    check_pages(TWO(0, 1,
                    "\"pages\": [{\"pnode\": 0, \"pages\": 105},"
                    "{\"pnode\": 1, \"pages\": 100}]"),
                105, 100, 0);
}

/* What vnode 1 lacks the guest has given back. */
static void special_pages_of_a_ballooned_guest_are_at_home(void)
{
    check_pages(TWO(0, 1,
                    "\"pages\": [{\"pnode\": 0, \"pages\": 118},"
                    "{\"pnode\": 1, \"pages\": 70}]"),
                118, 70, 0);
    check_pages(TWO(0, 1,
                    "\"pages\": [{\"pnode\": 0, \"pages\": 366},"
                    "{\"pnode\": 1, \"pages\": 70}]"),
                356, 70, 10);
}

static void vnodes_of_one_pnode_share_its_pages(void)
{
    check_pages(TWO(1, 1,
                    "\"pages\": [{\"pnode\": 1, \"pages\": 150},"
                    "{\"pnode\": 2, \"pages\": 50}]"),
                100, 50, 50);
}

/* Vnode 0 is spread over pnodes 0 and 2, vnode 1 is on pnode 1. */
#define SPREAD(pages)                                                         \
    "{\"domains\": [{\"domid\": 1, \"name\": \"g\", \"vnodes\": ["            \
    "{\"pnode\": 0, \"memkb\": 400, \"vcpus\": [0],"                          \
    " \"policy\": \"interleave\", \"parts\": [{\"pnode\": 0, \"memkb\": "     \
    "200},"                                                                   \
    " {\"pnode\": 2, \"memkb\": 200}]},"                                      \
    "{\"pnode\": 1, \"memkb\": 400, \"vcpus\": [1]}], " pages "}]}"

static void pages_where_a_policy_promised_them_are_at_home(void)
{
    check_pages(SPREAD("\"pages\": [{\"pnode\": 0, \"pages\": 52},"
                       "{\"pnode\": 1, \"pages\": 100},"
                       "{\"pnode\": 2, \"pages\": 50}]"),
                102, 100, 0);
    check_pages(SPREAD("\"pages\": [{\"pnode\": 0, \"pages\": 40},"
                       "{\"pnode\": 1, \"pages\": 100},"
                       "{\"pnode\": 2, \"pages\": 60}]"),
                90, 100, 10);
}

static void parts_are_in_every_answer(void)
{
    char *text, *json, *metrics;
    fixture f;

    set(&f, HOST, SPREAD("\"pages\": []"));
    REQUIRE(!f.rc);
    text = vnuma_domains_to_text(&f.domains, &f.topology);
    json = vnuma_domains_to_json(&f.domains, &f.topology);
    metrics = vnuma_domains_to_metrics(&f.domains, &f.topology);
    REQUIRE(text && json && metrics);
    CHECK(
        strstr(text, "interleave: 50 pages on pnode 0, 50 pages on pnode 2"));
    CHECK(strstr(json, "\"policy\": \"interleave\""));
    CHECK(strstr(metrics, "pnode=\"2\"} 50\n"));
    free(metrics);
    free(json);
    free(text);
    dispose(&f);
}

static void what_was_not_counted_is_unknown(void)
{
    check_pages(TWO(0, 1, "\"pages\": null"), VNUMA_PAGES_UNKNOWN,
                VNUMA_PAGES_UNKNOWN, VNUMA_PAGES_UNKNOWN);
    check_pages(TWO(null, null,
                    "\"promise\": \"unknown\", \"pages\": "
                    "[{\"pnode\": 1, \"pages\": 200}]"),
                VNUMA_PAGES_UNKNOWN, VNUMA_PAGES_UNKNOWN, VNUMA_PAGES_UNKNOWN);
}

/* ---- drift -------------------------------------------------------------- */

#define VCPU(number, more)                                                    \
    "{\"vcpu\": " #number ", \"vnode\": " #number ", \"online\": true, " more \
    "}"
#define FINE1 VCPU(1, "\"hard\": [2,3], \"soft\": [2,3]")

static void check_drift(const char *domains, const char *wanted)
{
    fixture f;

    set(&f, HOST, domains);
    REQUIRE(!f.rc && f.domains.num_items == 1);
    CHECK_UINT(f.domains.items[0].num_drift, wanted ? 1 : 0);
    if (wanted && f.domains.items[0].num_drift)
        CHECK_STR(f.domains.items[0].drift[0], wanted);
    dispose(&f);
}

#define DRIFT(vcpu0) TWO(0, 1, "\"vcpus\": [" VCPU(0, vcpu0) ", " FINE1 "]")

static void a_vcpu_beside_its_memory_is_no_drift(void)
{
    check_drift(DRIFT("\"hard\": [0,1,2,3], \"soft\": [0,1]"), NULL);
    check_drift(DRIFT("\"hard\": [0], \"soft\": [0,1,2,3]"), NULL);
    /* Waiting where it was last is not running there. */
    check_drift(DRIFT("\"hard\": [0,1,2,3], \"soft\": [0,1], \"pcpu\": 2"),
                NULL);
}

static void each_way_to_be_away_is_told(void)
{
    check_drift(DRIFT("\"hard\": [2,3], \"soft\": [0,1]"),
                "vcpu 0 cannot run near its memory on pnode 0: its hard "
                "affinity has none of that pnode's CPUs");
    check_drift(DRIFT("\"hard\": [0,1,2,3], \"soft\": [0,1,2,3]"),
                "vcpu 0 may run away from its memory on pnode 0: its affinity "
                "names CPUs of other pnodes too");
    /* soft affinity that hard affinity rules out says nothing */
    check_drift(DRIFT("\"hard\": [1,2], \"soft\": [0]"),
                "vcpu 0 may run away from its memory on pnode 0: its affinity "
                "names CPUs of other pnodes too");
    check_drift(DRIFT("\"hard\": [0,1,2,3], \"soft\": [0,1], \"pcpu\": 2, "
                      "\"running\": true"),
                "vcpu 0 runs away from its memory on pnode 0 now, though its "
                "soft affinity is there");
    check_drift(TWO(2, 1, "\"vcpus\": [" VCPU(0, "\"hard\": [0]") "]"),
                "vcpu 0 cannot run near its memory: pnode 2 has no CPUs");
    check_drift(TWO(5, 1, "\"vcpus\": []"),
                "vnode 0 was promised pnode 5, which the host does not have");
    check_drift(TWO(0, 1, "\"vnodes_in_xen\": 0"),
                "its configuration has 2 vnodes, Xen holds 0 for it");
}

static void vcpus_with_the_same_drift_are_told_in_one_sentence(void)
{
    check_drift("{\"domains\": [{\"domid\": 1, \"vnodes\": [{\"pnode\": 0, "
                "\"memkb\": 400}], \"vcpus\": ["
                "{\"vcpu\": 0, \"vnode\": 0, \"online\": true, \"hard\": [2]},"
                "{\"vcpu\": 1, \"vnode\": 0, \"online\": true, \"hard\": [3]},"
                "{\"vcpu\": 2, \"vnode\": 0, \"hard\": [3]}]}]}",
                "vcpus 0-2 cannot run near their memory on pnode 0: their "
                "hard affinity has none of that pnode's CPUs");
}

/* ---- reading ------------------------------------------------------------ */

#define VNODE(members)                                                        \
    "{\"domains\": [{\"domid\": 1, \"vnodes\": [{" members "}]}]}"

static void what_is_no_list_of_domains_is_refused(void)
{
    static const char *const texts[] = {
        "",
        "[]",
        "{}",
        "{\"domains\": 1}",
        "{\"domains\": [1]}",
        "{\"domains\": [{}]}",
        "{\"domains\": [{\"domid\": -1}]}",
        "{\"domains\": [{\"domid\": 1, \"vnodes\": {}}]}",
        "{\"domains\": [{\"domid\": 1, \"vnodes\": [{\"pnode\": 64}]}]}",
        "{\"domains\": [{\"domid\": 1}, {\"domid\": 2}, {\"domid\": 1}]}",
        "{\"domains\": [{\"domid\": 1, \"vcpus\": [{}]}]}",
        "{\"domains\": [{\"domid\": 1, \"vnodes\": [{\"vcpus\": [65536]}]}]}",
        "{\"domains\": [{\"domid\": 1, \"pages\": [{\"pages\": 1}]}]}",
        "{\"domains\": [{\"domid\": 1, \"promise\": \"perhaps\"}]}",
        VNODE("\"policy\": \"loose\""),
        VNODE("\"policy\": 1"),
        VNODE("\"parts\": 1"),
        VNODE("\"parts\": [{\"memkb\": 4}]"),
        VNODE("\"parts\": [{\"pnode\": 64, \"memkb\": 4}]"),
        VNODE("\"parts\": [{\"pnode\": 1}, {\"pnode\": 1}]"),
    };
    unsigned int i;
    fixture f;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        set(&f, HOST, texts[i]);
        CHECK_INT(f.rc, VNUMA_ERROR_HOST);
        CHECK_UINT(f.diags.num_errors, 1);
        CHECK_UINT(f.domains.num_items, 0);
        dispose(&f);
    }
}

static void as_many_domains_as_are_read(void)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    unsigned int i;
    fixture many;

    REQUIRE(f);
    fputs("{\"domains\": [{\"domid\": 0}", f);
    for (i = 1; i < 65536; i++)
        fprintf(f, ",{\"domid\":%u}", i);
    fputs("]}", f);
    fclose(f);
    set(&many, HOST, text);
    CHECK_INT(many.rc, 0);
    CHECK_UINT(many.domains.num_items, 65536);
    dispose(&many);
    free(text);
}

static void check_reading_again(const char *domains)
{
    char *first, *second;
    fixture f, again;

    set(&f, HOST, domains);
    REQUIRE(!f.rc);
    first = vnuma_domains_to_json(&f.domains, &f.topology);
    REQUIRE(first);
    set(&again, HOST, first);
    REQUIRE(!again.rc);
    second = vnuma_domains_to_json(&again.domains, &again.topology);
    CHECK_STR(second, first);
    free(first);
    free(second);
    dispose(&again);
    dispose(&f);
}

static void json_is_read_as_it_was_written(void)
{
    check_reading_again(
        DRIFT("\"hard\": [2,3], \"soft\": [0,1], \"pcpu\": 3"));
    check_reading_again(SPREAD("\"pages\": [{\"pnode\": 0, \"pages\": 9}]"));
}

/* As libxl finds one: what is all digits is a number, never a name. */
static void a_number_is_no_name(void)
{
    static const struct {
        const char *which;
        uint32_t domid;
    } words[] = { { "7", 7 }, { "1", 1 }, { "07", 7 }, { "7x", 3 } };
    unsigned int i;
    fixture f;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        set(&f, "{\"nodes\": [{\"node\": 0}]}",
            "{\"domains\": [{\"domid\": 1, \"name\": \"7\"},"
            "{\"domid\": 7, \"name\": \"x\"},"
            "{\"domid\": 3, \"name\": \"7x\"}]}");
        CHECK(vnuma_domains_keep(&f.domains, words[i].which));
        REQUIRE(f.domains.num_items == 1);
        CHECK_UINT(f.domains.items[0].domid, words[i].domid);
        CHECK(!vnuma_domains_keep(&f.domains, "9"));
        dispose(&f);
    }
}

/* ESC, C1's CSI, and the marks that change the direction of writing. */
static void a_name_does_nothing_to_a_terminal(void)
{
    char *text;
    fixture f;

    set(&f, "{\"nodes\": [{\"node\": 0}]}",
        "{\"domains\": [{\"domid\": 1, \"name\": "
        "\"a\\u001b\\u009b\\u0085\\u202e"
        "\\u2066\\u061c\\u00e9\"}]}");
    text = vnuma_domains_to_text(&f.domains, &f.topology);
    REQUIRE(text);
    CHECK(strstr(text, "a??????\xc3\xa9 (domid 1"));
    free(text);
    dispose(&f);
}

/* ---- pictures ----------------------------------------------------------- */

/* A host of @num nodes, and as many domains; some names are no text. */
static void make_big(fixture *f, unsigned int num)
{
    char *host = NULL, *domains = NULL;
    size_t size;
    unsigned int i, j;
    FILE *h, *d;

    h = open_memstream(&host, &size);
    d = open_memstream(&domains, &size);
    fputs("{\"nodes\": [", h);
    fputs("{\"domains\": [", d);
    for (i = 0; i < num; i++) {
        fprintf(h,
                "%s{\"node\": %u, \"memkb\": 268435456, \"free_memkb\": %u,"
                "\"cpus\": [",
                i ? "," : "", i, 1000000 * i);
        for (j = 0; j < 16; j++)
            fprintf(h, "%s%u", j ? "," : "", 16 * i + j);
        fputs("], \"distances\": [", h);
        for (j = 0; j < num; j++)
            fprintf(h, "%s%u", j ? "," : "", i == j ? 10 : 20 + (i ^ j));
        fputs("]}", h);
        fprintf(d,
                "%s{\"domid\": %u, \"name\": \"a-long-name-of-a-guest-%u"
                "\\u001b[2J\", \"memkb\": 8388608, \"vnodes\": [{\"pnode\":"
                " %u, \"memkb\": 4194304}, {\"pnode\": 0, \"memkb\": "
                "4194304}]}",
                i ? "," : "", i, i, i);
    }
    fputs("]}", h);
    fputs("]}", d);
    fclose(h);
    fclose(d);
    set(f, host, domains);
    CHECK_INT(f->rc, 0);
    free(host);
    free(domains);
}

static unsigned int columns_of(const char *line, const char *eol)
{
    unsigned int columns = 0;

    for (; line < eol; line++)
        columns += ((unsigned char)*line & 0xc0) != 0x80;
    return columns;
}

static void check_drawing(const fixture *f, unsigned int width, bool utf8)
{
    vnuma_draw_options options = { width, utf8, false };
    char *text = vnuma_draw(&f->topology, &f->domains, &options);
    const char *line, *eol;

    REQUIRE(text);
    CHECK(!strchr(text, '\033'));
    for (line = text; *line; line = eol + 1) {
        eol = strchr(line, '\n');
        CHECK(columns_of(line, eol) <= width);
        CHECK(eol == line || eol[-1] != ' ');
    }
    if (!utf8)
        for (line = text; *line; line++)
            CHECK((unsigned char)*line < 0x80);
    free(text);
}

static void a_drawing_keeps_to_its_width(void)
{
    static const unsigned int nodes[] = { 1, 2, 3, 8, 13, 64 };
    unsigned int i, width;
    fixture f;

    for (i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
        make_big(&f, nodes[i]);
        for (width = 40; width < 300; width += 13) {
            check_drawing(&f, width, true);
            check_drawing(&f, width, false);
        }
        dispose(&f);
    }
}

static void colours_come_in_pairs(void)
{
    vnuma_draw_options options = { 80, true, true };
    char *text;
    fixture f;

    make_big(&f, 2);
    text = vnuma_draw(&f.topology, &f.domains, &options);
    REQUIRE(text);
    CHECK(strstr(text, "\033[0;30;48;5;214mA"));
    CHECK(strstr(text, "\033[0m\n"));
    CHECK(!strstr(text, "\033[2J"));
    free(text);
    dispose(&f);
}

static double left_end(const vnuma__scene_item *item)
{
    double len = columns_of(item->text, item->text + strlen(item->text));

    switch (item->align) {
    case VNUMA__SCENE_RIGHT:
        return item->x - len;
    case VNUMA__SCENE_CENTRE:
        return item->x + (item->width - len) / 2;
    case VNUMA__SCENE_LEFT:
        break;
    }
    return item->x;
}

static bool texts_overlap(const vnuma__scene_item *a,
                          const vnuma__scene_item *b)
{
    double a_end =
        left_end(a) + columns_of(a->text, a->text + strlen(a->text));
    double b_end =
        left_end(b) + columns_of(b->text, b->text + strlen(b->text));

    return a->y == b->y && left_end(a) < b_end && left_end(b) < a_end;
}

static void check_scene(const fixture *f, unsigned int width)
{
    vnuma__scene scene = { 0 };
    unsigned int i, j;

    REQUIRE(!vnuma__scene_build(&f->topology, &f->domains, width, &scene));
    for (i = 0; i < scene.num_items; i++) {
        const vnuma__scene_item *item = &scene.items[i];

        CHECK(item->y + item->height <= scene.height);
        if (item->kind != VNUMA__SCENE_TEXT) {
            CHECK(item->x + item->width <= scene.width + 0.001);
            continue;
        }
        CHECK(left_end(item) >= 0);
        for (j = 0; j < i; j++)
            CHECK(scene.items[j].kind != VNUMA__SCENE_TEXT ||
                  !texts_overlap(item, &scene.items[j]));
    }
    vnuma__scene_dispose(&scene);
}

static void nothing_is_outside_and_no_text_covers_another(void)
{
    static const unsigned int nodes[] = { 1, 2, 3, 4, 8, 16, 36, 64 };
    unsigned int i;
    fixture f;

    for (i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
        make_big(&f, nodes[i]);
        check_scene(&f, 0);
        check_scene(&f, 80);
        dispose(&f);
    }
}

/* The n-th allocation fails: an answer, or none, but no leak and no crash. */
static void every_lack_of_memory_is_survived(void)
{
    vnuma_draw_options options = { 80, true, false };
    unsigned int n, calls;
    size_t before;
    fixture f;
    char *text;

    make_big(&f, 3);
    heap_start(0, false);
    free(vnuma_draw(&f.topology, &f.domains, &options));
    free(vnuma_domains_to_text(&f.domains, &f.topology));
    calls = heap_calls;
    CHECK(calls > 20 || !heap_is_ours());
    for (n = 1; n <= calls; n++) {
        before = heap_bytes;
        heap_start(n, false);
        text = vnuma_draw(&f.topology, &f.domains, &options);
        free(text);
        free(vnuma_domains_to_text(&f.domains, &f.topology));
        CHECK_INT(vnuma_domains_judge(&f.domains, &f.topology), 0);
        heap_stop();
        CHECK_UINT(heap_bytes, before);
    }
    dispose(&f);
}

static const tap_case cases[] = {
    TAP_CASE(a_number_is_no_name),
    TAP_CASE(a_name_does_nothing_to_a_terminal),
    TAP_CASE(pages_on_other_pnodes_are_stray),
    TAP_CASE(pages_on_the_wrong_one_of_two_pnodes_are_stray),
    TAP_CASE(special_pages_beyond_all_memory_are_at_home),
    TAP_CASE(special_pages_of_a_ballooned_guest_are_at_home),
    TAP_CASE(vnodes_of_one_pnode_share_its_pages),
    TAP_CASE(pages_where_a_policy_promised_them_are_at_home),
    TAP_CASE(parts_are_in_every_answer),
    TAP_CASE(what_was_not_counted_is_unknown),
    TAP_CASE(a_vcpu_beside_its_memory_is_no_drift),
    TAP_CASE(each_way_to_be_away_is_told),
    TAP_CASE(vcpus_with_the_same_drift_are_told_in_one_sentence),
    TAP_CASE(what_is_no_list_of_domains_is_refused),
    TAP_CASE(as_many_domains_as_are_read),
    TAP_CASE(json_is_read_as_it_was_written),
    TAP_CASE(a_drawing_keeps_to_its_width),
    TAP_CASE(colours_come_in_pairs),
    TAP_CASE(nothing_is_outside_and_no_text_covers_another),
    TAP_CASE(every_lack_of_memory_is_survived),
};

int main(void)
{
    return TAP_RUN(cases);
}
