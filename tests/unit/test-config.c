/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is read from a guest's settings: values and their places, what xl's own
 * rules make of them, no memory at the n-th call, and what hostile texts cost.
 * What is said about mistakes is test-check.c's.
 */
#include "config.h"

#include <time.h>

#include "inside.h"
#include "guest/guest.h"
#include "heap.h"
#include "tap.h"

#define MIB (1u << 20)

typedef struct {
    vnuma_source source;
    vnuma_config config;
    vnuma_diags diags;
    int rc;
} parsed;

static void parse_bytes(parsed *p, const char *text, size_t len)
{
    memset(p, 0, sizeof(*p));
    p->rc = vnuma_source_set(&p->source, "g.cfg", text, len);
    if (!p->rc)
        p->rc = vnuma__config_parse(&p->source, &p->config, &p->diags);
}

static void parse(parsed *p, const char *text)
{
    parse_bytes(p, text, strlen(text));
}

static void parsed_dispose(parsed *p)
{
    vnuma__config_dispose(&p->config);
    vnuma_diags_dispose(&p->diags);
    vnuma_source_dispose(&p->source);
}

/* The text that a span is of. */
static const char *spelling(const parsed *p, vnuma_span span)
{
    static char buf[128];

    if (!span.source)
        return "(nowhere)";
    snprintf(buf, sizeof(buf), "%.*s", (int)(span.end - span.start),
             p->source.text + span.start);
    return buf;
}

static const char text[] =
    "name = 'guest'\n"
    "type = \"hvm\"\n"
    "memory = 0x600\n"
    "maxmem = ' 1536'\n"
    "vcpus = 3\n"
    "maxvcpus = 4\n"
    "videoram = 16; vga = 'stdvga'; mmio_hole = 512\n"
    "cpus = [ '0-3,^2', 'nodes:1-2', 'all' ]\n"
    "cpus_soft = '^node:4'\n"
    "pool = 'Pool-node0'\n"
    "xl_vnuma_policy = [ 'strict', 'interleave=0-1,4' ]\n"
    "pci = [ '3:1f.7', '0001:ff:00.*,seize=1', 'name=x', 'bdf=0:2.1@5', "
    "'10000:3:1.0' ]\n"
    "vnuma = [ [ ' pnode = 2 ', 'size=512', 'vcpus=0-1, 3',\n"
    "            'vdistances=10, 21' ],\n"
    "          [ \"pnode=auto\" ] ]\n";

static void settings_are_read_with_their_places(void)
{
    const vnuma_config *config;
    parsed p;

    parse(&p, text);
    config = &p.config;
    CHECK_INT(p.rc, 0);
    CHECK_UINT(p.diags.num_items, 0);
    CHECK_STR(config->name, "guest");
    CHECK_UINT(config->policies.num_items, 2);
    CHECK_UINT(config->policies.items[0].policy, VNUMA_POLICY_STRICT);
    CHECK_UINT(config->policies.items[1].policy, VNUMA_POLICY_INTERLEAVE);
    CHECK_UINT(vnuma_bitmap_count(&config->policies.items[1].pnodes), 3);
    CHECK_INT(config->type, VNUMA_GUEST_HVM);
    CHECK_UINT(config->memory_memkb.value, 1536 << 10);
    CHECK_STR(spelling(&p, config->memory_memkb.span), "0x600");
    CHECK_UINT(config->maxmem_memkb.value, 1536 << 10);
    CHECK_STR(spelling(&p, config->maxmem_memkb.span), "1536");
    CHECK_UINT(config->vcpus.value, 3);
    CHECK_UINT(config->maxvcpus.value, 4);
    CHECK_UINT(config->videoram_memkb.value, 16 << 10);
    CHECK_UINT(config->mmio_hole_memkb.value, 512 << 10);
    CHECK_INT(config->vga, VNUMA_VGA_STD);
    CHECK_STR(config->pool, "Pool-node0");
    CHECK_UINT(config->unsound, 0);
    parsed_dispose(&p);
}

static void vnodes_are_read_with_their_places(void)
{
    const vnuma_vnode *vnode;
    parsed p;
    char *vcpus;

    parse(&p, text);
    REQUIRE(p.config.num_vnodes == 2);
    vnode = &p.config.vnodes[0];
    CHECK_UINT(vnode->pnode.value, 2);
    CHECK_STR(spelling(&p, vnode->pnode.span), "2");
    CHECK_UINT(vnode->memkb.value, 512 << 10);
    vcpus = vnuma_bitmap_format(&vnode->vcpus);
    CHECK_STR(vcpus, "0-1,3");
    free(vcpus);
    REQUIRE(vnode->num_vcpu_ranges == 2);
    CHECK_STR(spelling(&p, vnode->vcpu_ranges[0].span), "0-1");
    CHECK_STR(spelling(&p, vnode->vcpu_ranges[1].span), "3");
    CHECK_STR(spelling(&p, vnode->vcpus_span), "0-1, 3");
    REQUIRE(vnode->num_distances == 2);
    CHECK_UINT(vnode->distances[1].value, 21);
    CHECK_STR(spelling(&p, vnode->distances[1].span), "21");

    vnode = &p.config.vnodes[1];
    CHECK_UINT(vnode->pnode.value, VNUMA_PNODE_AUTO);
    CHECK_STR(spelling(&p, vnode->pnode.span), "auto");
    CHECK_STR(spelling(&p, vnode->span), "[ \"pnode=auto\" ]");
    CHECK(!vnode->memkb.span.source);
    CHECK(!vnode->vcpus_span.source);
    CHECK_UINT(vnode->num_distances, 0);
    parsed_dispose(&p);
}

static void affinities_are_read_term_by_term(void)
{
    const vnuma_affinity_term *term;
    parsed p;

    parse(&p, text);
    CHECK(p.config.cpus.is_list && !p.config.cpus_soft.is_list);
    REQUIRE(p.config.cpus.num_items == 3 && p.config.cpus_soft.num_items == 1);
    REQUIRE(p.config.cpus.items[0].num_terms == 2);
    term = &p.config.cpus.items[0].terms[1];
    CHECK(term->is_excluded && !term->is_pnodes && !term->is_all);
    CHECK_UINT(term->first, 2);
    CHECK_UINT(term->last, 2);
    CHECK_STR(spelling(&p, term->span), "^2");
    term = &p.config.cpus.items[1].terms[0];
    CHECK(!term->is_excluded && term->is_pnodes && !term->is_all);
    CHECK_UINT(term->first, 1);
    CHECK_UINT(term->last, 2);
    CHECK(p.config.cpus.items[2].terms[0].is_all);
    term = &p.config.cpus_soft.items[0].terms[0];
    CHECK(term->is_excluded && term->is_pnodes && term->first == 4);
    parsed_dispose(&p);
}

static void devices_are_read_and_names_left_out(void)
{
    const vnuma_guest_pcidev *devices;
    parsed p;

    parse(&p, text);
    REQUIRE(p.config.num_pcidevs == 3);
    devices = p.config.pcidevs;
    CHECK_UINT(devices[0].segment, 0);
    CHECK_UINT(devices[0].bus, 3);
    CHECK_UINT(devices[0].device, 0x1f);
    CHECK_UINT(devices[0].function, 7);
    CHECK_UINT(devices[1].segment, 1);
    CHECK_UINT(devices[1].function, 0);
    CHECK_UINT(devices[1].bus, 0xff);
    CHECK(devices[1].is_every_function && !devices[0].is_every_function);
    CHECK_UINT(devices[2].device, 2);
    CHECK_UINT(devices[2].function, 1);
    parsed_dispose(&p);
}

static const struct {
    const char *text;
    vnuma_guest_type type;
} types[] = {
    { "", VNUMA_GUEST_PV },
    { "type = 'hvm'", VNUMA_GUEST_HVM },
    { "type = 'pvh'", VNUMA_GUEST_PVH },
    { "type = 'pv'", VNUMA_GUEST_PV },
    { "type = 'p'", VNUMA_GUEST_PV },
    { "type = 'h'", VNUMA_GUEST_HVM },
    { "type = ''", VNUMA_GUEST_HVM },
    { "builder = 'hvm'", VNUMA_GUEST_HVM },
    { "builder = 'generic'", VNUMA_GUEST_PV },
    { "builder = 'gen'", VNUMA_GUEST_PV },
    { "type = 'pv'; type = 'hvm'", VNUMA_GUEST_HVM },
};

static void types_are_read_as_xl_reads_them(void)
{
    unsigned int i;
    parsed p;

    for (i = 0; i < sizeof(types) / sizeof(*types); i++) {
        char *line;

        REQUIRE(asprintf(&line, "%s\n", types[i].text) > 0);
        parse(&p, line);
        CHECK_INT(p.rc, 0);
        if (p.config.type != types[i].type)
            TAP_DIAG("%s", types[i].text);
        CHECK_INT(p.config.type, types[i].type);
        parsed_dispose(&p);
        free(line);
    }
}

static const struct {
    const char *text;
    uint64_t mib;
} video[] = {
    { "type='hvm'\n", 8 },
    { "type='hvm'; vga='cirrus'\n", 8 },
    { "type='hvm'; vga='stdvga'\n", 16 },
    { "type='hvm'; stdvga=1\n", 16 },
    { "type='hvm'; stdvga=0\n", 8 },
    { "type='hvm'; stdvga=1; vga='none'\n", 0 },
    { "type='hvm'; vga='none'\n", 0 },
    { "type='hvm'; vga='qxl'\n", 128 },
    { "type='hvm'; videoram=64\n", 64 },
    { "type='hvm'; device_model_version='qemu-xen-traditional'\n", 4 },
    { "type='hvm'; device_model_version='qemu-xen-traditional'; stdvga=1\n",
      8 },
    { "type='pvh'\n", 0 },
    { "type='pvh'; videoram=8\n", 8 },
    { "type='pv'\n", 0 },
};

static void video_ram_is_what_libxl_takes(void)
{
    unsigned int i;
    parsed p;

    for (i = 0; i < sizeof(video) / sizeof(*video); i++) {
        parse(&p, video[i].text);
        CHECK_INT(p.rc, 0);
        if (vnuma__guest_video_memkb(&p.config) != video[i].mib << 10)
            TAP_DIAG("%s", video[i].text);
        CHECK_UINT(vnuma__guest_video_memkb(&p.config), video[i].mib << 10);
        parsed_dispose(&p);
    }
}

static const struct {
    const char *text;
    uint64_t mib; /* 0: not one */
} amounts[] = {
    { "1G", 1024 },
    { "1GiB", 1024 },
    { "2t", 2097152 },
    { "256 MB", 256 },
    { "512.0", 512 },
    { "0x10", 16 },
    { "1,024", 1024 },
    { "1_048_576", 1048576 },
    { "1024k", 1 },
    { "1048576KB", 1024 },
    { "512", 512 },
    { "1,02", 0 },
    { "", 0 },
    { "M", 0 },
    { "1.5", 0 },
    { "1025K", 0 },
    { "1GG", 0 },
    { "1Gi", 0 },
    { "0", 0 },
    { "0x", 0 },
    { "99999999999999999999", 0 },
    { "8796093022208", 0 },
    { "8796093022208K", UINT64_C(1) << 33 },
    { "8796093023232K", 0 },
    { "4294967295", 4294967295 },
    { "4294967296", 0 },
    { "8000000000T", 0 },
    { "1,0244", 0 },
};

static void amounts_are_guessed_only_when_they_are_whole(void)
{
    unsigned int i;

    for (i = 0; i < sizeof(amounts) / sizeof(*amounts); i++) {
        vnuma__text piece = { .ptr = amounts[i].text,
                              .len = strlen(amounts[i].text) };
        uint64_t mib = 0;
        bool ok = vnuma__text_to_mib(piece, &mib);

        if (ok != (amounts[i].mib > 0) || (ok && mib != amounts[i].mib)) {
            tap_failed = true;
            TAP_DIAG("%s is %" PRIu64 ", wanted %" PRIu64, amounts[i].text,
                     ok ? mib : 0, amounts[i].mib);
        }
    }
}

static void names_are_guessed_only_when_they_are_near(void)
{
    static const char *const names[] = { "pnode", "size", "vcpus",
                                         "vdistances" };
    static const struct {
        const char *text, *name;
    } guesses[] = {
        { "vdistance", "vdistances" },
        { "VDISTANCES", "vdistances" },
        { "siez", "size" },
        { "seize", "size" },
        { "sie", "size" },
        { "sizzes", NULL },
        { "vpcu", "vcpus" },
        { "node", "pnode" },
        { "", NULL },
        { "xyz", NULL },
        { "distances", "vdistances" },
        { "dist", "vdistances" },
        { "a-name-that-is-much-longer-than-any-of-ours", NULL },
    };
    unsigned int i;

    for (i = 0; i < sizeof(guesses) / sizeof(*guesses); i++) {
        vnuma__text piece = { .ptr = guesses[i].text,
                              .len = strlen(guesses[i].text) };
        unsigned int nearest = vnuma__nearest_name(piece, names, 4);
        const char *name = nearest < 4 ? names[nearest] : NULL;

        if (!name != !guesses[i].name ||
            (name && strcmp(name, guesses[i].name))) {
            tap_failed = true;
            TAP_DIAG("%s is %s", guesses[i].text, name ? name : "(none)");
        }
    }
}

static void dispose_twice_is_harmless(void)
{
    parsed p;

    parse(&p, text);
    vnuma__config_dispose(&p.config);
    vnuma__config_dispose(&p.config);
    CHECK_UINT(p.config.num_vnodes, 0);
    parsed_dispose(&p);
}

/* ---- memory ------------------------------------------------------------- */

/* Mistakes of every kind beside what is right, so that all of it runs. */
static const char mistakes[] =
    "name = 'guest'; type = 'hvm'; memory = '1G'; vcpus = 9\n"
    "cpus = [ '0-1', '^1', '0', 'all', 'nodes:0-1' ]; cpus_soft = 'all'\n"
    "pool = 'Pool-node1'; pci = [ '3:0.0' ]; vcpu = 3\n"
    "vnuma = [ [ 'pnode=0', 'size=512', 'vcpus=0-1,1', 'vdistances=9,20' ],\n"
    "          [ 'pnode=4', 'sise=512', 'vcpus=2', 'vdistances=20,10' ] ]\n";

static void read_host(vnuma_source *source, vnuma_topology *topology)
{
    const char *srcdir = getenv("top_srcdir");
    vnuma_diags diags;
    char *path;

    vnuma_source_init(source);
    memset(topology, 0, sizeof(*topology));
    vnuma_diags_init(&diags);
    REQUIRE(asprintf(&path, "%s/tests/hosts/xl-info-n-8node-snc4-cpuless.txt",
                     srcdir ? srcdir : ".") > 0);
    CHECK_INT(vnuma_source_read(source, path), 0);
    CHECK_INT(vnuma__topology_parse(source, topology, &diags), 0);
    vnuma_diags_dispose(&diags);
    free(path);
}

static int parse_and_check(const char *guest, const vnuma_topology *topology)
{
    parsed p;
    int rc;

    parse(&p, guest);
    rc = p.rc;
    CHECK(rc != VNUMA_ERROR_NOMEM || !p.config.num_vnodes);
    if (rc != VNUMA_ERROR_NOMEM)
        rc = vnuma_check(&p.config, topology, 0, &p.diags);
    CHECK(rc == VNUMA_ERROR_NOMEM || rc == VNUMA_ERROR_CONFIG || !rc);
    CHECK(rc || !p.diags.num_errors);
    parsed_dispose(&p);
    return rc;
}

static void the_nth_allocation_may_fail(void)
{
    static const char *const guests[] = { text, mistakes };
    vnuma_topology topology;
    unsigned int g, n, num_calls;
    vnuma_source source;
    size_t before;

    read_host(&source, &topology);
    for (g = 0; g < 2; g++) {
        int rc = parse_and_check(guests[g], &topology);

        heap_start(0, false);
        parse_and_check(guests[g], &topology);
        num_calls = heap_calls;
        CHECK(num_calls > 20 || !heap_is_ours());
        for (n = 1; n <= num_calls; n++) {
            before = heap_bytes;
            heap_start(n, n & 1);
            /* Never a clean answer about a guest that is not clean. */
            if (!parse_and_check(guests[g], &topology))
                CHECK_INT(rc, 0);
            heap_stop();
            CHECK_UINT(heap_bytes, before);
        }
    }
    vnuma__topology_dispose(&topology);
    vnuma_source_dispose(&source);
}

/* ---- hostile texts of 1 MiB --------------------------------------------- */

static const struct {
    const char *name, *begin, *part, *end;
} hostile[] = {
    { "settings of one letter", "", "a=1\n", "" },
    { "settings like ours", "", "vnumb=1\n", "" },
    { "settings near ours", "", "maxvcpuz=1\n", "" },
    { "memory again", "", "memory=1\n", "" },
    { "vnuma again", "", "vnuma=[['size=1']]\n", "" },
    { "vnuma sums", "", "vnuma+=[['size=1']]\n", "" },
    { "vnodes", "type='hvm'\nvnuma=[", "[],", "]\n" },
    { "vnodes with a size", "type='hvm'\nvnuma=[", "['size=1'],", "]\n" },
    { "options", "type='hvm'\nvnuma=[[", "'x=1',", "]]\n" },
    { "options again", "type='hvm'\nvnuma=[[", "'size=1',", "]]\n" },
    { "one option", "type='hvm'\nvnuma=[['", "x", "']]\n" },
    { "vcpus", "type='hvm'\nvnuma=[['vcpus=", "0,", "0']]\n" },
    { "vcpu ranges", "type='hvm'\nvnuma=[['vcpus=", "0-127,", "0']]\n" },
    { "vcpus, commas", "type='hvm'\nvnuma=[['vcpus=", ",", "']]\n" },
    { "vcpus, one number", "type='hvm'\nvnuma=[['vcpus=", "9", "']]\n" },
    { "vcpus, dashes", "type='hvm'\nvnuma=[['vcpus=", "-", "']]\n" },
    { "distances", "type='hvm'\nvnuma=[['vdistances=", "10,", "10']]\n" },
    { "size of digits", "type='hvm'\nvnuma=[['size=", "9", "']]\n" },
    { "size, hexadecimal", "type='hvm'\nvnuma=[['size=0x", "f", "']]\n" },
    { "size, groups", "type='hvm'\nvnuma=[['size=1", ",000", "']]\n" },
    { "memory of digits", "memory='", "9", "'\n" },
    { "memory of zeroes", "memory='", "0", "'\n" },
    { "cpus", "cpus='", "0,", "0'\n" },
    { "cpus, commas", "cpus='", ",", "'\n" },
    { "cpus, ranges", "cpus='", "0-65535,", "0'\n" },
    { "cpus, wrong", "cpus='", "x,", "0'\n" },
    { "cpus of vcpus", "cpus=[", "'0-65535,^all',", "]\n" },
    { "policies", "xl_vnuma_policy=[", "'strict',", "]\n" },
    { "policies, wrong", "xl_vnuma_policy=[", "'x',", "]\n" },
    { "interleave", "xl_vnuma_policy='interleave=", "0-63,", "0'\n" },
    { "pci", "pci=[", "'0:0.0',", "]\n" },
};

static size_t fill(char *buf, const char *begin, const char *part,
                   const char *end)
{
    size_t len = strlen(begin), part_len = strlen(part);

    memcpy(buf, begin, len);
    for (; len + part_len + strlen(end) <= MIB; len += part_len)
        memcpy(buf + len, part, part_len);
    memcpy(buf + len, end, strlen(end));
    return len + strlen(end);
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

/* The heap of all of it: the source, the tree, the config, the diagnostics. */
static void a_hostile_mebibyte_is_cheap(void)
{
    char *buf = malloc(MIB);
    vnuma_topology topology;
    vnuma_source source;
    unsigned int i;
    parsed p;

    REQUIRE(buf);
    read_host(&source, &topology);
    for (i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
        size_t len =
            fill(buf, hostile[i].begin, hostile[i].part, hostile[i].end);
        size_t before = heap_bytes;
        double start, took;

        heap_start(0, false);
        start = seconds();
        parse_bytes(&p, buf, len);
        CHECK(p.rc != VNUMA_ERROR_NOMEM);
        CHECK(vnuma_check(&p.config, &topology, 0, &p.diags) !=
              VNUMA_ERROR_NOMEM);
        took = seconds() - start;
        printf("# %-24s %6.1f ms %9zu bytes, %u errors\n", hostile[i].name,
               took * 1e3, heap_peak - before, p.diags.num_errors);
        CHECK(heap_peak - before < 16 * MIB);
        parsed_dispose(&p);
        CHECK_UINT(heap_bytes, before);
    }
    vnuma__topology_dispose(&topology);
    vnuma_source_dispose(&source);
    free(buf);
}

static const tap_case cases[] = {
    TAP_CASE(settings_are_read_with_their_places),
    TAP_CASE(vnodes_are_read_with_their_places),
    TAP_CASE(affinities_are_read_term_by_term),
    TAP_CASE(devices_are_read_and_names_left_out),
    TAP_CASE(types_are_read_as_xl_reads_them),
    TAP_CASE(video_ram_is_what_libxl_takes),
    TAP_CASE(amounts_are_guessed_only_when_they_are_whole),
    TAP_CASE(names_are_guessed_only_when_they_are_near),
    TAP_CASE(dispose_twice_is_harmless),
    TAP_CASE(the_nth_allocation_may_fail),
    TAP_CASE(a_hostile_mebibyte_is_cheap),
};

int main(void)
{
    return TAP_RUN(cases);
}
