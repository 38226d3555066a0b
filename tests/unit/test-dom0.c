/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Xen's command line: dom0's options, and what Xen makes of them on a host. */
#include "config.h"

#include "tap.h"
#include "inside.h"

#define HOST_MIB 65536u /* what dom0 can have of the tables' host */
#define ALL UINT64_MAX
#define MIB_KB 1024u

typedef struct {
    vnuma_source source;
    vnuma_dom0_cmdline cmdline;
    vnuma_dom0_limits limits;
    vnuma_diags diags;
    int rc;
} parsed;

static void parse(parsed *p, const char *text)
{
    vnuma_source_init(&p->source);
    vnuma_dom0_cmdline_init(&p->cmdline);
    vnuma_diags_init(&p->diags);
    p->rc = vnuma_source_set(&p->source, "line", text, strlen(text));
    if (!p->rc)
        p->rc = vnuma_dom0_cmdline_set(&p->cmdline, &p->source);
    if (!p->rc)
        p->rc = vnuma_dom0_parse(&p->cmdline, &p->limits, &p->diags);
}

static void dispose(parsed *p)
{
    vnuma_diags_dispose(&p->diags);
    vnuma_dom0_cmdline_dispose(&p->cmdline);
    vnuma_source_dispose(&p->source);
}

/* ---- dom0_mem= ---------------------------------------------------------- */

/* column: of the first error, 0: Xen takes it; KiB on a host of 64 GiB. */
static const struct {
    const char *text;
    uint32_t column;
    uint64_t memkb, max_memkb;
} mems[] = {
#define DEFAULT ((HOST_MIB - 128u) * MIB_KB)
    /* sizes */
    { "", 0, DEFAULT, ALL },
    { "dom0_mem=512M", 0, 524288, ALL },
    { "dom0_mem=512m", 0, 524288, ALL },
    { "dom0_mem=524288", 0, 524288, ALL },
    { "dom0_mem=524288k", 0, 524288, ALL },
    { "dom0_mem=524288K", 0, 524288, ALL },
    { "dom0_mem=536870912b", 0, 524288, ALL },
    { "dom0_mem=536870912B", 0, 524288, ALL },
    { "dom0_mem=1g", 0, 1048576, ALL },
    { "dom0_mem=1G", 0, 1048576, ALL },
    { "dom0_mem=1t", 0, 67108864, ALL },
    { "dom0_mem=0x200M", 0, 524288, ALL },
    { "dom0_mem=0X200M", 0, 524288, ALL },
    { "dom0_mem=0x8000b", 0, 524296, ALL }, /* "b" is a digit there */
    { "dom0_mem=01000M", 0, 524288, ALL },
    { "dom0_mem=3k", 0, DEFAULT, ALL },
    { "dom0_mem=4k", 0, 4, ALL },
    { "dom0_mem=7k", 0, 4, ALL },
    { "dom0_mem=0", 0, DEFAULT, ALL },
    { "dom0_mem=0M", 0, DEFAULT, ALL },
    { "dom0_mem=100G", 0, 67108864, ALL },
    /* percentages */
    { "dom0_mem=10%", 0, 6710884, ALL },
    { "dom0_mem=50%", 0, 33554432, ALL },
    { "dom0_mem=99%", 0, 66437772, ALL },
    { "dom0_mem=0%", 0, DEFAULT, ALL },
    { "dom0_mem=0x10%", 0, 10737416, ALL },
    { "dom0_mem=10b%", 0, 6710884, ALL },
    { "dom0_mem=1G+10%", 0, 7759460, ALL },
    { "dom0_mem=1G+0%", 0, 1048576, ALL },
    { "dom0_mem=100%", 10, DEFAULT, ALL },
    { "dom0_mem=10M%", 10, DEFAULT, ALL },
    { "dom0_mem=1G+100%", 13, DEFAULT, ALL },
    { "dom0_mem=10%+1G", 13, DEFAULT, ALL },
    { "dom0_mem=10%+5%", 13, DEFAULT, ALL },
    { "dom0_mem=1G+1G", 13, DEFAULT, ALL },
    { "dom0_mem=1G+10%+5%", 16, DEFAULT, ALL },
    { "dom0_mem=1G+", 13, DEFAULT, ALL },
    { "dom0_mem=+10%", 10, DEFAULT, ALL },
    { "dom0_mem=1G+-5%", 13, DEFAULT, ALL },
    { "dom0_mem=1G++5%", 13, DEFAULT, ALL },
    { "dom0_mem=%", 10, DEFAULT, ALL },
    { "dom0_mem=5%%", 12, DEFAULT, ALL },
    /* less than the host */
    { "dom0_mem=-1G", 0, 66060288, ALL },
    { "dom0_mem=-10%", 0, 60397980, ALL },
    { "dom0_mem=-1G+10%", 0, 59349404, ALL },
    { "dom0_mem=-0", 0, 67108864, ALL },
    { "dom0_mem=--1G", 11, DEFAULT, ALL },
    { "dom0_mem=-", 11, DEFAULT, ALL },
    { "dom0_mem=-100G", 0, 67108864, ALL },
    { "dom0_mem=-64G", 0, DEFAULT, ALL },
    /* min and max */
    { "dom0_mem=max:1G", 0, 1048576, 1048576 },
    { "dom0_mem=min:1G", 0, DEFAULT, ALL },
    { "dom0_mem=512M,max:1G", 0, 524288, 1048576 },
    { "dom0_mem=max:1G,512M", 0, 524288, 1048576 },
    { "dom0_mem=2G,max:1G", 0, 1048576, 1048576 },
    { "dom0_mem=512M,min:1G", 0, 1048576, ALL },
    { "dom0_mem=512M,min:1G,max:768M", 0, 786432, 786432 },
    { "dom0_mem=512M,min:256M,max:1G", 0, 524288, 1048576 },
    { "dom0_mem=max:-1G", 0, 66060288, 66060288 },
    { "dom0_mem=max:10%", 0, 6710884, 6710884 },
    { "dom0_mem=1G,max:1G+10%", 0, 1048576, 7759460 },
    { "dom0_mem=min:-1G,1G", 0, 66060288, ALL },
    { "dom0_mem=min:10%,1G", 0, 6710884, ALL },
    { "dom0_mem=max:0", 0, 0, 0 },
    { "dom0_mem=1G,max:-100G", 0, 1048576, ALL },
    { "dom0_mem=MAX:1G", 10, DEFAULT, ALL },
    { "dom0_mem=max=1G", 10, DEFAULT, ALL },
    { "dom0_mem=max:", 14, DEFAULT, ALL },
    { "dom0_mem=min:max:1G", 14, DEFAULT, ALL },
    { "dom0_mem=mid:1G", 10, DEFAULT, ALL },
    /* several, and what stands before a mistake */
    { "dom0_mem=1G,2G", 0, 2097152, ALL },
    { "dom0_mem=1G,max:2G,max:3G", 0, 1048576, 3145728 },
    { "dom0_mem=1G dom0_mem=2G", 0, 2097152, ALL },
    { "dom0_mem=1G,max:2G dom0_mem=512M", 0, 524288, 2097152 },
    { "dom0_mem=1G,", 13, 1048576, ALL },
    { "dom0_mem=,1G", 10, DEFAULT, ALL },
    { "dom0_mem=1G,,max:1G", 13, 1048576, ALL },
    { "dom0_mem=1G,x,max:1G", 13, 1048576, ALL },
    { "dom0_mem=1G,max:1Q", 18, 1048576, ALL },
    { "dom0_mem=1G,max:1Q dom0_mem=max:1G", 18, 1048576, 1048576 },
    { "dom0_mem=2G dom0_mem=x", 22, 2097152, ALL },
    /* mistakes */
    { "dom0_mem=", 10, DEFAULT, ALL },
    { "dom0_mem", 9, DEFAULT, ALL },
    { "dom0_mem=512MB", 14, DEFAULT, ALL },
    { "dom0_mem=512MiB", 14, DEFAULT, ALL },
    { "dom0_mem=1.5G", 11, DEFAULT, ALL },
    { "dom0_mem=\"1G\"", 10, DEFAULT, ALL },
    { "dom0_mem=1G;max:1G", 12, DEFAULT, ALL },
    { "dom0_mem=1G:", 12, DEFAULT, ALL },
    { "dom0_mem=1G\tmax:1G", 12, DEFAULT, ALL },
    { "dom0_mem=08M", 11, DEFAULT, ALL },
    { "dom0_mem=0xM", 11, DEFAULT, ALL },
    { "dom0_mem=x", 10, DEFAULT, ALL },
    { "dom0_mem=M", 10, DEFAULT, ALL },
    { "dom0_mem==1G", 10, DEFAULT, ALL },
    { "dom0_mem=1p", 11, DEFAULT, ALL },
    { "no-dom0_mem", 1, DEFAULT, ALL },
    { "no-dom0_mem=1G", 1, DEFAULT, ALL },
    /* wrapping around, in bytes */
    { "dom0_mem=18446744073709551616b", 10, DEFAULT, ALL },
    { "dom0_mem=18446744073710075904b", 10, 512, ALL },
    { "dom0_mem=16777216T", 10, DEFAULT, ALL },
    { "dom0_mem=16777217T", 10, 67108864, ALL },
    { "dom0_mem=99999999999999999999999999%", 10, DEFAULT, ALL },
    /* blanks, and other options */
    { "  dom0_mem=1G  ", 0, 1048576, ALL },
    { "console=com1 dom0_mem=1G loglvl=all", 0, 1048576, ALL },
    { "xdom0_mem=1G", 0, DEFAULT, ALL },
    { "com1=dom0_mem=1G", 0, DEFAULT, ALL },
    { "\"dom0_mem=1G\"", 1, DEFAULT, ALL },
    /* not what Xen is called with */
    { "dom0-mem=1G", 1, DEFAULT, ALL },
    { "DOM0_MEM=1G", 1, DEFAULT, ALL },
    { "dom0mem=1G", 1, DEFAULT, ALL },
    { "dom0_men=1G", 1, DEFAULT, ALL },
    { "quiet -- dom0_mem=1G", 10, DEFAULT, ALL },
    { "dom0_mem=1G -- dom0_mem=2G", 16, 1048576, ALL },
    { "dom0_mem=1G -- quiet splash", 0, 1048576, ALL },
    { "-- dom0_mem=1G", 0, 1048576, ALL },
};

static const vnuma_diag *first_error(const vnuma_diags *diags)
{
    unsigned int i;

    for (i = 0; i < diags->num_items; i++)
        if (vnuma_diags_at(diags, i)->severity == VNUMA_SEVERITY_ERROR)
            return vnuma_diags_at(diags, i);
    return NULL;
}

static void check_place(const char *text, const vnuma_diags *diags,
                        uint32_t wanted)
{
    const vnuma_diag *error = first_error(diags);
    uint32_t line, column = 0;
    const char *name;

    if (error)
        vnuma_span_locate(error->span, &name, &line, &column);
    if (column != wanted) {
        tap_failed = true;
        TAP_DIAG("%s: error in column %" PRIu32 " (%s), wanted %" PRIu32, text,
                 column, error ? error->message : "none", wanted);
    }
}

static void memory_is_what_xen_makes_of_it(void)
{
    vnuma_dom0_memory memory;
    unsigned int i;
    parsed p;

    for (i = 0; i < sizeof(mems) / sizeof(mems[0]); i++) {
        parse(&p, mems[i].text);
        check_place(mems[i].text, &p.diags, mems[i].column);
        vnuma_dom0_resolve(&p.limits, (uint64_t)HOST_MIB * MIB_KB, &memory);
        if (memory.memkb != mems[i].memkb ||
            memory.max_memkb != mems[i].max_memkb) {
            tap_failed = true;
            TAP_DIAG("%s: %" PRIu64 " of %" PRIu64 " KiB, wanted %" PRIu64
                     " of %" PRIu64,
                     mems[i].text, memory.memkb, memory.max_memkb,
                     mems[i].memkb, mems[i].max_memkb);
        }
        CHECK_INT(p.rc, mems[i].column ? VNUMA_ERROR_CONFIG : 0);
        dispose(&p);
    }
}

/* ---- vcpus and nodes ---------------------------------------------------- */

static const struct {
    const char *text;
    uint32_t column, min, max;
} vcpus[] = {
    { "dom0_max_vcpus=4", 0, 4, 4 },
    { "dom0_max_vcpus=4-8", 0, 4, 8 },
    { "dom0_max_vcpus=4-", 0, 4, UINT32_MAX },
    { "dom0_max_vcpus=-8", 0, 1, 8 },
    { "dom0_max_vcpus=0", 0, 1, 1 },
    { "dom0_max_vcpus=0-4", 0, 1, 4 },
    { "dom0_max_vcpus=0x10", 0, 16, 16 },
    { "dom0_max_vcpus=010", 0, 8, 8 },
    { "dom0_max_vcpus=8-4", 0, 8, 4 },
    { "dom0_max_vcpus=-", 0, 1, 0 },
    { "dom0_max_vcpus=", 1, 1, 1 },
    { "dom0_max_vcpus", 1, 1, 1 },
    { "dom0_max_vcpus=4x", 17, 4, UINT32_MAX },
    { "dom0_max_vcpus=x", 16, 1, UINT32_MAX },
    { "dom0_max_vcpus=4-8x", 19, 4, 8 },
    { "dom0_max_vcpus=4,8", 17, 4, UINT32_MAX },
    { "dom0_max_vcpus=4294967297", 16, 1, 1 },
    { "dom0_max_vcpus=4 dom0_max_vcpus=2", 0, 2, 2 },
    { "dom0_max_vcpus=4 dom0_max_vcpus=-2", 0, 4, 2 },
    { "no-dom0_max_vcpus", 1, 1, UINT32_MAX },
    { "dom0-max-vcpus=4", 1, 1, UINT32_MAX },
};

static void vcpus_are_what_xen_reads(void)
{
    unsigned int i;
    parsed p;

    for (i = 0; i < sizeof(vcpus) / sizeof(vcpus[0]); i++) {
        parse(&p, vcpus[i].text);
        check_place(vcpus[i].text, &p.diags, vcpus[i].column);
        CHECK_UINT(p.limits.min_vcpus, vcpus[i].min);
        CHECK_UINT(p.limits.max_vcpus, vcpus[i].max);
        dispose(&p);
    }
}

static void vcpus_follow_the_pcpus_within_their_limits(void)
{
    /* The table of Xen's documentation for 4-8. */
    static const uint32_t pcpus[] = { 2, 4, 6, 8, 10 };
    static const uint32_t wanted[] = { 4, 4, 6, 8, 8 };
    unsigned int i;
    parsed p;

    parse(&p, "dom0_max_vcpus=4-8");
    for (i = 0; i < 5; i++)
        CHECK_UINT(vnuma_dom0_num_vcpus(&p.limits, pcpus[i]), wanted[i]);
    dispose(&p);
}

static const struct {
    const char *text;
    uint32_t column;
    unsigned int num;
    uint32_t last;
    bool relaxed;
} nodes[] = {
    { "dom0_nodes=0", 0, 1, 0, false },
    { "dom0_nodes=0,1", 0, 2, 1, false },
    { "dom0_nodes=0x10", 0, 1, 16, false },
    { "dom0_nodes=1,relaxed", 0, 1, 1, true },
    { "dom0_nodes=relaxed,strict,3", 0, 1, 3, false },
    { "dom0_nodes=0 dom0_nodes=2", 0, 2, 2, false },
    { "dom0_nodes=0-3", 13, 0, 0, false },
    { "dom0_nodes=0-3,4", 13, 1, 4, false },
    { "dom0_nodes=", 12, 0, 0, false },
    { "dom0_nodes=0,", 14, 1, 0, false },
    { "dom0_nodes=x,1", 12, 1, 1, false },
    { "dom0_nodes=Relaxed", 12, 0, 0, false },
    { "dom0_nodes=strictly", 12, 0, 0, false },
    { "dom0_nodes=all", 12, 0, 0, false },
};

static void nodes_are_what_xen_reads(void)
{
    unsigned int i;
    parsed p;

    for (i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
        parse(&p, nodes[i].text);
        check_place(nodes[i].text, &p.diags, nodes[i].column);
        CHECK_UINT(p.limits.num_pxms, nodes[i].num);
        if (p.limits.num_pxms)
            CHECK_UINT(p.limits.pxms[p.limits.num_pxms - 1].value,
                       nodes[i].last);
        CHECK(p.limits.relaxed == nodes[i].relaxed);
        dispose(&p);
    }
}

static void pinning_is_a_boolean(void)
{
    static const struct {
        const char *text;
        bool pinned, wrong;
    } pins[] = {
        { "dom0_vcpus_pin", true, false },
        { "dom0_vcpus_pin=1", true, false },
        { "dom0_vcpus_pin=on", true, false },
        { "dom0_vcpus_pin=yes", true, false },
        { "dom0_vcpus_pin=enable", true, false },
        { "dom0_vcpus_pin=off", false, false },
        { "dom0_vcpus_pin=disable", false, false },
        { "no-dom0_vcpus_pin", false, false },
        { "no-dom0_vcpus_pin=no", true, false },
        { "dom0_vcpus_pin no-dom0_vcpus_pin", false, false },
        { "dom0_vcpus_pin=2", false, true },
        { "dom0_vcpus_pin dom0_vcpus_pin=On", true, true },
    };
    unsigned int i;
    parsed p;

    for (i = 0; i < sizeof(pins) / sizeof(pins[0]); i++) {
        parse(&p, pins[i].text);
        CHECK(p.limits.vcpus_pin == pins[i].pinned);
        CHECK(!!p.rc == pins[i].wrong);
        dispose(&p);
    }
}

static void an_option_ends_after_127_bytes(void)
{
    char text[300] = "dom0_mem=";
    parsed p;

    while (strlen(text) < 120)
        strcat(text, "1G,");
    strcat(text, "2G,max:512M");
    parse(&p, text);
    CHECK_INT(p.rc, VNUMA_ERROR_CONFIG);
    REQUIRE(p.diags.num_items);
    CHECK_STR(first_error(&p.diags)->id, "dom0-too-long");
    CHECK(p.limits.max.memkb != 524288);
    dispose(&p);
}

static const tap_case cases[] = {
    TAP_CASE(memory_is_what_xen_makes_of_it),
    TAP_CASE(vcpus_are_what_xen_reads),
    TAP_CASE(vcpus_follow_the_pcpus_within_their_limits),
    TAP_CASE(nodes_are_what_xen_reads),
    TAP_CASE(pinning_is_a_boolean),
    TAP_CASE(an_option_ends_after_127_bytes),
};

int main(void)
{
    return TAP_RUN(cases);
}
