/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Our reader against libxlutil's: files of guests, the fuzzers' corpus, and
 * inputs made to be nearly right.  fuzz/fuzz-read-xlu does the same for as
 * long as one likes.
 */
#include "config.h"

#include <glob.h>
#include <libxlutil.h>

#include "compare.h"
#include "generate.h"
#include "inside.h"
#include "tap.h"
#include "vnuma_xen.h"

#define NUM_FILES 2000u
#define NUM_INPUTS 100000u

static FILE *report;
static generator g;

static comparison compare(const char *what, uint64_t number, const char *text,
                          size_t len)
{
    char why[COMPARE_WHY];
    comparison result = compare_readers(text, len, report, why);

    if (result == COMPARE_DIFFERENT)
        TAP_DIAG("%s %" PRIu64 ": %s", what, number, why);
    CHECK(result != COMPARE_DIFFERENT);
    return result;
}

/* A generator of nothing but wrong texts would prove nothing. */
static void check_mixture(const unsigned int *counts, unsigned int num)
{
    printf("# %u accepted, %u refused, %u skipped\n", counts[COMPARE_ACCEPTED],
           counts[COMPARE_REFUSED], counts[COMPARE_SKIPPED]);
    CHECK(counts[COMPARE_ACCEPTED] > num / 5);
    CHECK(counts[COMPARE_REFUSED] > num / 5);
    CHECK(counts[COMPARE_SKIPPED] < num / 100);
}

static void files_read_the_same(void)
{
    unsigned int counts[COMPARE_DIFFERENT + 1] = { 0 }, i;

    for (i = 0; i < NUM_FILES; i++) {
        generator_init(&g, i);
        generate_file(&g);
        counts[compare("file", i, g.text, g.len)]++;
    }
    check_mixture(counts, NUM_FILES);
}

static void inputs_read_the_same(void)
{
    unsigned int counts[COMPARE_DIFFERENT + 1] = { 0 }, i;

    for (i = 0; i < NUM_INPUTS; i++) {
        generator_init(&g, i);
        generate_input(&g);
        counts[compare("input", i, g.text, g.len)]++;
    }
    check_mixture(counts, NUM_INPUTS);
}

static void compare_pattern(const char *below_top)
{
    const char *top = getenv("top_srcdir");
    char pattern[4096];
    vnuma_source source;
    glob_t files = { .gl_pathc = 0 };
    size_t i;

    snprintf(pattern, sizeof(pattern), "%s/%s", top ? top : ".", below_top);
    glob(pattern, 0, NULL, &files);
    for (i = 0; i < files.gl_pathc; i++) {
        vnuma_source_init(&source);
        CHECK_INT(vnuma_source_read(&source, files.gl_pathv[i]), 0);
        compare(files.gl_pathv[i], i, source.text, source.len);
        vnuma_source_dispose(&source);
    }
    printf("# %zu files in %s\n", files.gl_pathc, below_top);
    globfree(&files);
}

static void corpora_read_the_same(void)
{
    compare_pattern("fuzz/corpus/read/*");
    compare_pattern("examples/*.cfg");
    compare_pattern("tests/golden/*/*.cfg");
}

/*
 * Every depth around the last one that xl can nest, with every way to write
 * the innermost lists.
 */
static void nesting_ends_where_xl_ends_it(void)
{
    static const char *const openings[] = { "[",     "[\n",   "[1,",
                                            "[1,\n", "[1\n,", "[[]," };
    static const char *const middles[] = { "",   "\n",   "1",   "1\n",
                                           "1,", "1,\n", "1,2", "1,2\n" };
    unsigned int counts[COMPARE_DIFFERENT + 1] = { 0 };
    unsigned int depth, i, j, k;
    static char text[65536];
    char *p;

    for (depth = 4988; depth < 4998; depth++)
        for (i = 0; i < sizeof(openings) / sizeof(openings[0]); i++)
            for (j = 0; j < sizeof(middles) / sizeof(middles[0]); j++) {
                p = stpcpy(text, "a=");
                for (k = 0; k + 2 < depth; k++)
                    *p++ = '[';
                p = stpcpy(stpcpy(p, openings[i]), "[");
                p = stpcpy(p, middles[j]);
                for (k = 0; k < depth; k++)
                    *p++ = ']';
                counts[compare(middles[j], depth, text, p - text)]++;
            }
    check_mixture(counts, 10 * 6 * 8);
}

/* What xl-vnuma says of a text when libxlutil has read another. */
static int says_of(const char *ours, const char *theirs, vnuma_diags *diags)
{
    XLU_Config *xlu = xlu_cfg_init(report, "theirs");
    vnuma_source source = { 0 };
    int rc;

    CHECK(!xlu_cfg_readdata(xlu, theirs, (int)strlen(theirs)));
    CHECK(!vnuma_source_set(&source, "ours", ours, strlen(ours)));
    rc = vnuma_xen_compare(&source, xlu, diags);
    vnuma_source_dispose(&source);
    xlu_cfg_destroy(xlu);
    return rc;
}

static void readers_that_differ_are_told(void)
{
    static const struct {
        const char *ours, *theirs;
        bool agree;
    } texts[] = {
        { "a=1\nb='x'\n", "b='x'\na=1\n", true },
        { "a=[1,[2,'x'],[]]\n", "a=[1,[2,'x'],[]]\n", true },
        { "a=1\na=2\n", "a=2\n", true },
        { "a=1\n", "a=2\n", false },
        { "a=1\n", "a=[1]\n", false },
        { "a=[1]\n", "a=1\n", false },
        { "a=[1]\n", "b=1\n", false },
        { "a=[1]\n", "a=[1,2]\n", false },
        { "a=[1,2]\n", "a=[1]\n", false },
        { "a=[[1]]\n", "a=[1]\n", false },
        { "a=[[1]]\n", "a=[[2]]\n", false },
    };
    vnuma_diags diags = { 0 };
    unsigned int i;

    for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        CHECK_INT(says_of(texts[i].ours, texts[i].theirs, &diags),
                  texts[i].agree ? 0 : VNUMA_ERROR_CONFIG);
        CHECK_UINT(diags.num_errors, !texts[i].agree);
        if (diags.num_errors)
            CHECK_STR(vnuma_diags_at(&diags, 0)->message,
                      "xl's own reader understands a= differently");
        vnuma_diags_dispose(&diags);
    }
    CHECK_INT(says_of("a=[\n", "a=1\n", &diags), VNUMA_ERROR_CONFIG);
    vnuma_diags_dispose(&diags);
}

static const tap_case cases[] = {
    TAP_CASE(readers_that_differ_are_told),
    TAP_CASE(nesting_ends_where_xl_ends_it),
    TAP_CASE(corpora_read_the_same),
    TAP_CASE(files_read_the_same),
    TAP_CASE(inputs_read_the_same),
};

int main(void)
{
    report = fopen("/dev/null", "w");
    if (!report)
        return EXIT_FAILURE;
    return TAP_RUN(cases);
}
