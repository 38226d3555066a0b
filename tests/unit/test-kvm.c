/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Guests of KVM: how their forms are told apart, places of arguments, and what
 * hostile texts cost.  The mistakes that guests have are in tests/checks/.
 */
#include "config.h"

#include <sys/resource.h>

#include "inside.h"
#include "kvm/port.h"
#include "kvm/versions.h"
#include "plan/write_xl.h"
#include "show/guest_json.h"
#include "show/residence.h"
#include "tap.h"
#include "nomem.h"

typedef struct {
    vnuma_source source;
    vnuma_config config;
    vnuma_diags diags;
    int rc;
} guest;

static void guest_read(guest *g, const char *text, size_t len)
{
    memset(g, 0, sizeof(*g));
    if (vnuma_source_set(&g->source, "<command line>", text, len))
        abort();
    g->source.is_arguments = vnuma__is_arguments(&g->source);
    g->rc = vnuma__guest_parse(&g->source, &g->config, &g->diags);
}

static void guest_dispose(guest *g)
{
    vnuma_diags_dispose(&g->diags);
    vnuma__config_dispose(&g->config);
    vnuma_source_dispose(&g->source);
}

/* Whether there is such a diagnostic; the text is freed. */
static bool reports(char *text, size_t len, const char *id)
{
    bool found = false;
    unsigned int i;
    guest g;

    guest_read(&g, text, len);
    vnuma_check(&g.config, NULL, 0, &g.diags);
    for (i = 0; i < g.diags.num_items; i++)
        found |= !strcmp(vnuma_diags_at(&g.diags, i)->id, id);
    guest_dispose(&g);
    free(text);
    return found;
}

/* Begins with @start, has @thing @num times, and ends with @end. */
static char *repeat(const char *start, const char *thing, unsigned int num,
                    const char *end)
{
    char *text =
        malloc(strlen(start) + strlen(end) + 1 + (size_t)num * strlen(thing));
    char *at;

    if (!text)
        abort();
    at = stpcpy(text, start);
    while (num--)
        at = stpcpy(at, thing);
    strcpy(at, end);
    return text;
}

static bool repeated_reports(const char *start, const char *thing,
                             unsigned int num, const char *end, const char *id)
{
    char *text = repeat(start, thing, num, end);

    return reports(text, strlen(text), id);
}

/* ---- cases -------------------------------------------------------------- */

static void forms_are_known_by_content(void)
{
    static const struct {
        vnuma__form form;
        const char *text;
    } texts[] = {
        { VNUMA__FORM_XL, "" },
        { VNUMA__FORM_XL, "memory = 4\n" },
        { VNUMA__FORM_XL, "device_model_override = "
                          "\"/usr/bin/qemu-system-x86_64\"\n" },
        { VNUMA__FORM_XL, "kvm = 1\n" },
        { VNUMA__FORM_XL, "name = \"a: b\"\n" },
        { VNUMA__FORM_QEMU, "-m 4G" },
        { VNUMA__FORM_QEMU, "# mine\n\n--smp 4\n" },
        { VNUMA__FORM_QEMU, "#!/bin/sh\nset -e\nexec \\\n  qemu-kvm -m 4G\n" },
        { VNUMA__FORM_QEMU, "sudo '/usr/bin/qemu-system-x86_64' -m 4G" },
        { VNUMA__FORM_LIBVIRT, "\n <domain/>" },
        { VNUMA__FORM_LIBVIRT, "\xef\xbb\xbf<domain/>" },
        { VNUMA__FORM_PROXMOX, "# x\nmemory: 4\n" },
    };
    unsigned int i;

    for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        vnuma_source source = { 0 };

        if (vnuma_source_set(&source, "g", texts[i].text,
                             strlen(texts[i].text)))
            abort();
        if (vnuma__guest_form(&source) != texts[i].form) {
            tap_failed = true;
            TAP_DIAG("\"%s\" is taken for another form", texts[i].text);
        }
        vnuma_source_dispose(&source);
    }
}

static void arguments_are_counted(void)
{
    static const char text[] = "/usr/bin/kvm\0-m\0"
                               "4GB";
    char *said;
    guest g;

    guest_read(&g, text, sizeof(text));
    REQUIRE(g.diags.num_items == 1);
    said = vnuma_diag_format(vnuma_diags_at(&g.diags, 0), false);
    CHECK(said && !strncmp(said, "argument 2, column 1: error: ", 29));
    free(said);
    guest_dispose(&g);
}

/* Nothing of it is let in, and what is wrong is where it stands. */
static void broken_texts_have_a_place(void)
{
#define TEXT(text) text, sizeof(text) - 1
    static const struct {
        const char *text;
        size_t len;
        const char *id;
        uint32_t line, column;
    } texts[] = {
        { TEXT("kvm -m 1G \\\n -name 'a"), "unterminated-string", 2, 8 },
        { TEXT("kvm -m 1G \\\n -name \"a"), "unterminated-string", 2, 8 },
        { TEXT("<domain>\n<name>a</name>"), "xml", 2, 15 },
        { TEXT("<domain>\n<name a='1></name></domain>"), "xml", 2, 12 },
        { TEXT("<domain><name>&a;</name></domain>"), "xml", 1, 15 },
        { TEXT("<!DOCTYPE a [<!ENTITY b 'c'>]>\n<domain/>"), "xml", 1, 13 },
        { TEXT("<!DOCTYPE a SYSTEM 'file:///etc/passwd'>\n<domain/>"), "xml",
          1, 40 },
        { TEXT("<domain>\n<name>\0</name></domain>"), "xml", 2, 7 },
        { TEXT("<domain>\n<name>\xff</name></domain>"), "xml", 2, 7 },
        { TEXT("memory: 4\n\0numa: 1\n"), "not-text", 2, 1 },
        { TEXT("-m 1G -object '{\"a\": [1'"), "json", 1, 24 },
        { TEXT("#!/bin/sh\nkvm -m 1G \\\n -sm\0p 2\n"), "not-text", 3, 5 },
        { TEXT("kvm -m 1G\0 -smp 2\n"), "not-text", 1, 10 },
        { TEXT("-mem-path /a -m 1\0G -smp 2\n"), "not-text", 1, 18 },
    };
    const char *name;
    uint32_t line, column;
    unsigned int i;
    guest g;

    for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        guest_read(&g, texts[i].text, texts[i].len);
        CHECK_INT(g.rc, VNUMA_ERROR_CONFIG);
        line = column = 0;
        if (g.diags.num_items)
            vnuma_span_locate(vnuma_diags_at(&g.diags, 0)->span, &name, &line,
                              &column);
        if (!g.diags.num_items ||
            strcmp(vnuma_diags_at(&g.diags, 0)->id, texts[i].id) != 0 ||
            line != texts[i].line || column != texts[i].column) {
            tap_failed = true;
            TAP_DIAG("text %u: %s at %u:%u", i,
                     g.diags.num_items ? vnuma_diags_at(&g.diags, 0)->id : "-",
                     line, column);
        }
        guest_dispose(&g);
    }
}

/* A command as /proc has it: so many times the same two words. */
static char *repeat_words(const char *option, const char *value,
                          unsigned int num, size_t *len_r)
{
    size_t one = strlen(option) + strlen(value) + 2;
    char *text = malloc(4 + num * one), *at;

    if (!text)
        abort();
    memcpy(text, "kvm", 4);
    for (at = text + 4; num--;)
        at = stpcpy(stpcpy(at, option) + 1, value) + 1;
    *len_r = at - text;
    return text;
}

/* 100,000 arguments are read; of what is listed there is an end. */
static void many_arguments_are_bounded(void)
{
    size_t len;
    char *text = repeat_words("-drive", "file=x", 50000, &len);
    guest g;

    guest_read(&g, text, len);
    CHECK_INT(g.rc, 0);
    CHECK_UINT(g.diags.num_items, 0);
    guest_dispose(&g);
    free(text);
    text = repeat_words("-device", "e1000", 50000, &len);
    CHECK(reports(text, len, "too-many-values"));
    text = repeat_words("-object", "memory-backend-ram,id=m,size=1G", 50000,
                        &len);
    CHECK(reports(text, len, "too-many-values"));
}

static void hostile_texts_are_refused(void)
{
    static const char nul[] = "memory: 4\n\0numa: 1\n";
    char *copy = malloc(sizeof(nul));
    struct rusage usage;

    CHECK(repeated_reports("-m 1G", " -numa node", 100000, "",
                           "too-many-values"));
    CHECK(repeated_reports("-m 1G", " -smp 4,cores=2", 100000, "",
                           "too-many-values"));
    CHECK(repeated_reports("-numa node", ",cpus=0-4095", 100000, "",
                           "too-many-values"));
    CHECK(repeated_reports("kvm", " x", 300000, "", "too-many-values"));
    CHECK(
        repeated_reports("-name \"", "a", 1000000, "", "unterminated-string"));
    CHECK(repeated_reports("<domain>", "<a>", 1000, "", "too-deep"));
    CHECK(repeated_reports("<domain>", "<a b='1'/>", 300000, "</domain>",
                           "too-many-values"));
    CHECK(repeated_reports("<domain><cpu><numa>",
                           "<cell cpus='0-4095' memory='1'/>", 100000,
                           "</numa></cpu></domain>", "too-many-values"));
    CHECK(repeated_reports("<!DOCTYPE a [<!ENTITY b '", "b", 1000000,
                           "'>]><domain>&b;</domain>", "xml"));
    CHECK(repeated_reports("<domain", " a='1'", 10000000, "/>", "xml"));
    CHECK(repeated_reports("memory: 4\n", "numa0: cpus=0\n", 100000, "",
                           "too-many-values"));
    CHECK(repeated_reports("-object '", "[", 1000, "'", "json") ||
          repeated_reports("-object '{\"a\":", "[", 1000, "'", "json"));
    REQUIRE(copy);
    memcpy(copy, nul, sizeof(nul));
    CHECK(reports(copy, sizeof(nul) - 1, "not-text"));
    CHECK(repeated_reports("<domain><name a='", "x", 4000000, "</domain>",
                           "xml"));
    CHECK_INT(getrusage(RUSAGE_SELF, &usage), 0);
    CHECK(usage.ru_maxrss < 2000000); /* KiB; a tenth without sanitizers */
}

/* Each mapping of a process of any user may be as large as a node. */
static void many_mappings_are_looked_at(void)
{
    static const char line[] = "-m 8 -object memory-backend-ram,id=m,size=1M "
                               "-numa node,memdev=m -numa node,mem=1M "
                               "-numa node,mem=1M -numa node,mem=1M";
    vnuma__residence nodes[VNUMA_MAX_VNODES];
    char *maps = NULL, *numa_maps = NULL;
    size_t maps_len, numa_maps_len;
    FILE *f = open_memstream(&maps, &maps_len);
    FILE *g = open_memstream(&numa_maps, &numa_maps_len);
    unsigned int i;
    guest kvm;

    REQUIRE(f && g);
    for (i = 1; i <= 65000; i++) {
        fprintf(f, "%x00000-%x00000 rw-p 0 00:00 0\n", 2 * i, 2 * i + 1);
        fprintf(g, "%x00000 default N1=%u kernelpagesize_kB=4\n", 2 * i, i);
    }
    fclose(f);
    fclose(g);
    guest_read(&kvm, line, strlen(line));
    REQUIRE(kvm.config.num_vnodes == 4);
    vnuma__residence_find(&kvm.config,
                          (vnuma__text){ .ptr = maps, .len = maps_len },
                          (vnuma__text){ .ptr = numa_maps,
                                         .len = numa_maps_len },
                          nodes);
    for (i = 0; i < 4; i++) {
        CHECK(nodes[i].is_found);
        CHECK_UINT(nodes[i].memkb[1], 4 * (65000 - i));
    }
    guest_dispose(&kvm);
    free(maps);
    free(numa_maps);
}

/* Numbers as QEMU and libvirt take them, and what they make of them. */
static void guests_are_as_their_program_makes_them(void)
{
    static const struct {
        const char *text;
        uint64_t memkb, vcpus, maxvcpus;
        unsigned int num_nodes;
        uint64_t first_memkb;
    } guests[] = {
        { "-m 1000001k", 1000008, 1, 1, 0, 0 },
        { "-M q35,memory.size=1048577", 1032, 1, 1, 0, 0 },
        { "-m 64 -smp 0x2,maxcpus=010", 65536, 2, 8, 0, 0 },
        { "-m 64,slots=2,maxmem=1G", 65536, 1, 1, 1, 65536 },
        { "-m 64,maxmem=1G", 65536, 1, 1, 1, 65536 },
        { "-M pc-q35-5.0 -m 64,maxmem=1G", 65536, 1, 1, 0, 0 },
        { "-M microvm -m 64,slots=2,maxmem=1G", 65536, 1, 1, 0, 0 },
        { "<domain><memory unit='B'>1000000</memory></domain>", 1024, 1, 1, 0,
          0 },
        { "<domain><memory unit='m'>4294967296</memory><cpu><numa>"
          "<cell memory=' 512' unit=''/></numa></cpu></domain>",
          1024, 1, 1, 1, 1024 },
        { "<domain><memory unit='MIB'>+64</memory><vcpu current='2'>4</vcpu>"
          "<memory>1</memory><vcpu>8</vcpu></domain>",
          65536, 2, 4, 0, 0 },
        { "<domain><vcpu>4</vcpu><cpu><topology sockets='2' cores='2' "
          "threads='1' clusters='2'/><numa><cell memory='1' unit='Byte'/>"
          "<cell memory='1' unit='G'/></numa><numa><cell memory='1'/></numa>"
          "</cpu></domain>",
          1049600, 4, 4, 2, 1024 },
    };
    vnuma__port_options options = { .plan = NULL };
    unsigned int i;

    for (i = 0; i < sizeof(guests) / sizeof(*guests); i++) {
        const char *text = guests[i].text;
        vnuma__port port;
        guest g;

        guest_read(&g, text, strlen(text));
        CHECK_INT(g.rc, 0);
        CHECK_INT(vnuma_check(&g.config, NULL, 0, &g.diags), 0);
        REQUIRE(!vnuma__port_make(&g.config, &options, &port, &g.diags));
        CHECK_INT(port.kvm->bytes.value >> 10, guests[i].memkb);
        CHECK_INT(port.kvm->vcpus.value, guests[i].vcpus);
        CHECK_INT(port.kvm->maxvcpus.value, guests[i].maxvcpus);
        CHECK_INT(port.kvm->num_nodes, guests[i].num_nodes);
        if (port.kvm->num_nodes)
            CHECK_INT(port.kvm->by_id[0]->own.bytes.value >> 10,
                      guests[i].first_memkb);
        vnuma__port_dispose(&port);
        guest_dispose(&g);
    }
}

/* libvirt's cells that have only 10 and 20 have no distances. */
static void distances_are_those_that_the_guest_gets(void)
{
#define CELLS(first, second)                                                  \
    "<domain><vcpu>1</vcpu><cpu><numa><cell memory='1' cpus='0'>" first       \
    "</cell><cell memory='1'>" second "</cell></numa></cpu></domain>"
#define DISTANCES(id, value)                                                  \
    "<distances><sibling id='" id "' value='" value "'/></distances>"
    static const struct {
        const char *text;
        unsigned int there, back; /* 0: none at all */
    } guests[] = {
        { CELLS(DISTANCES("1", "20"), DISTANCES("0", "20")), 0, 0 },
        { CELLS(DISTANCES("0", "10"), ""), 20, 20 },
        { CELLS(DISTANCES("1", "30"), ""), 30, 30 },
        { CELLS("<distances><sibling id='1' value='30'/>"
                "<sibling id='1' value='40'/></distances>",
                ""),
          40, 30 },
        { CELLS(DISTANCES("1", "30") DISTANCES("1", "1"), ""), 30, 30 },
    };
    unsigned int i;

    for (i = 0; i < sizeof(guests) / sizeof(*guests); i++) {
        const char *text = guests[i].text;
        const vnuma_vnode *vnodes;
        guest g;

        guest_read(&g, text, strlen(text));
        vnodes = g.config.vnodes;
        REQUIRE(g.config.num_vnodes == 2);
        CHECK_INT(vnodes[0].num_distances, guests[i].there ? 2 : 0);
        if (vnodes[0].num_distances && guests[i].there) {
            CHECK_INT(vnodes[0].distances[1].value, guests[i].there);
            CHECK_INT(vnodes[1].distances[0].value, guests[i].back);
        }
        guest_dispose(&g);
    }
}

static char *write_form(const vnuma__port *port, vnuma__form form,
                        vnuma__style style)
{
    return form == VNUMA__FORM_XL ? vnuma__port_to_xl(port)
                                  : vnuma__kvm_write(port->kvm, form, style);
}

static void names_are_safe_in_every_format(void)
{
    static const char text[] = "-name 'guest=a\"<&\xff\\b' -m 64";
    vnuma__port_options options = { .plan = NULL };
    vnuma__port port;
    unsigned int form;
    guest g;

    guest_read(&g, text, sizeof(text) - 1);
    CHECK_INT(g.rc, 0);
    CHECK_INT(vnuma__port_make(&g.config, &options, &port, &g.diags), 0);
    for (form = VNUMA__FORM_XL; form <= VNUMA__FORM_PROXMOX; form++) {
        char *made = write_form(&port, form, VNUMA__STYLE_LINES);

        CHECK(made && !strpbrk(made, "&\xff"));
        if (form != VNUMA__FORM_QEMU)
            CHECK(made && strstr(made, "a_____b"));
        free(made);
    }
    vnuma__port_dispose(&port);
    guest_dispose(&g);
}

/* ---- without memory ----------------------------------------------------- */

static const char *step_text;
static vnuma__form step_form;

/* Read, checked, and written in a format. */
static int read_and_write(void)
{
    vnuma__port_options options = { .plan = NULL };
    vnuma__port port = { NULL };
    guest g;
    int rc;

    memset(&g, 0, sizeof(g));
    rc = vnuma_source_set(&g.source, "g", step_text, strlen(step_text));
    if (!rc)
        rc = vnuma__guest_parse(&g.source, &g.config, &g.diags);
    CHECK_NOTHING_LEFT(rc, g.config);
    if (!rc)
        rc = vnuma_check(&g.config, NULL, 0, &g.diags);
    if (!rc)
        rc = vnuma__port_make(&g.config, &options, &port, &g.diags);
    if (!rc)
        rc = text_came(write_form(&port, step_form, VNUMA__STYLE_JSON));
    if (!rc)
        rc = text_came(vnuma__port_to_json(&port, NULL));
    if (!rc && g.config.kvm->document)
        rc = text_came(vnuma__kvm_write_into(port.kvm, &g.config));
    vnuma__port_dispose(&port);
    guest_dispose(&g);
    return rc;
}

static void every_failed_allocation_is_survived(void)
{
    static const char *const texts[] = {
        "-name guest=a -m 1G -smp 4,sockets=2 -object '{\"qom-type\":"
        "\"memory-backend-ram\",\"id\":\"m\\u0030\",\"size\":536870912,"
        "\"host-nodes\":[0,1],\"policy\":\"interleave\"}' -object "
        "memory-backend-file,id=m1,size=512M,mem-path=/a,,b "
        "-numa node,cpus=0-1,memdev=m0 -numa node,cpus=2-3,memdev=m1 "
        "-numa dist,src=0,dst=1,val=20 -smp '4',cores=2",
        "<domain><name>a&amp;b</name><memory unit='MiB'>2</memory>"
        "<vcpu cpuset='0-3'>2</vcpu>"
        "<cputune><vcpupin vcpu='0' cpuset='0-3,^1'/></cputune>\n"
        "<numatune><memnode cellid='0' mode='strict' nodeset='0'/></numatune>"
        "<cpu><numa><cell cpus='0,^1' memory='1024'/>"
        "<cell cpus='1' memory='1024'/></numa></cpu></domain>",
        "name: a\nmemory: 2\nsockets: 2\nnuma: 1\n"
        "numa0: cpus=0,hostnodes=0,memory=1,policy=bind\n"
        "numa1: cpus=1,memory=1\n",
    };
    unsigned int i;

    for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        for (step_form = VNUMA__FORM_XL; step_form <= VNUMA__FORM_PROXMOX;
             step_form++) {
            step_text = texts[i];
            CHECK_INT(read_and_write(), 0);
            run_with_each_failing(read_and_write, false);
            run_with_each_failing(read_and_write, true);
        }
}

static void rules_of_releases_are_in_the_manual(void)
{
    char *path = NULL;
    vnuma_source page = { 0 };
    unsigned int i;

    REQUIRE(asprintf(&path, "%s/docs/man/vnuma-formats.7.pod",
                     getenv("top_srcdir")) > 0);
    CHECK_INT(vnuma_source_read(&page, path), 0);
    for (i = 0; i < VNUMA__NUM_RULES; i++)
        if (!strstr(page.text, vnuma__rules[i].words)) {
            tap_failed = true;
            TAP_DIAG("\"%s\" is not in it", vnuma__rules[i].words);
        }
    vnuma_source_dispose(&page);
    free(path);
}

static const tap_case cases[] = {
    TAP_CASE(forms_are_known_by_content),
    TAP_CASE(arguments_are_counted),
    TAP_CASE(broken_texts_have_a_place),
    TAP_CASE(many_arguments_are_bounded),
    TAP_CASE(hostile_texts_are_refused),
    TAP_CASE(many_mappings_are_looked_at),
    TAP_CASE(guests_are_as_their_program_makes_them),
    TAP_CASE(distances_are_those_that_the_guest_gets),
    TAP_CASE(every_failed_allocation_is_survived),
    TAP_CASE(names_are_safe_in_every_format),
    TAP_CASE(rules_of_releases_are_in_the_manual),
};

int main(void)
{
    return TAP_RUN(cases);
}
