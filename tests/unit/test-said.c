/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All that is said of the guests of tests/checks/, word for word, with the
 * hint and what mends it, and of guests of KVM what is lost on the way to each
 * form: tests/checks/SAID.  With GOLDEN_UPDATE=1 it is
 * written: read the difference before keeping it.
 */
#include "config.h"

#include "check-tables.h"
#include "check/check_export.h"

#define SAID "tests/checks/SAID"

static const char *const tables[] = { "bad",     "remarks",     "good",
                                      "kvm-bad", "kvm-remarks", "kvm-good" };

static void print_said(FILE *f, const vnuma_diags *diags)
{
    uint32_t line, column;
    const char *name;
    unsigned int i;

    for (i = 0; i < diags->num_items; i++) {
        const vnuma_diag *diag = vnuma_diags_at(diags, i);

        fputs(diag->related ? "  " : "", f);
        if (diag->span.source) {
            vnuma_span_locate(diag->span, &name, &line, &column);
            fprintf(f, "%" PRIu32 ":%" PRIu32 "+%" PRIu32 ": ", line, column,
                    diag->span.end - diag->span.start);
        }
        fprintf(f, "%s [%s]", diag->message, diag->id);
        if (diag->hint)
            fprintf(f, "; %s", diag->hint);
        if (diag->fix)
            fprintf(f, "; %+" PRId32 "+%" PRIu32 " \"%s\"",
                    (int32_t)(diag->fix_span.start - diag->span.start),
                    diag->fix_span.end - diag->fix_span.start, diag->fix);
        fputc('\n', f);
    }
}

/* What is lost of a guest of KVM in each form. */
static void check_export(record_run *run)
{
    const vnuma__port_options options = { .plan = NULL };
    vnuma__port port;
    int form;

    if (run->rc || !run->config.kvm ||
        vnuma__port_make(&run->config, &options, &port, &run->diags))
        return;
    for (form = VNUMA__FORM_XL; form <= VNUMA__FORM_PROXMOX; form++)
        vnuma__check_export(&port, (vnuma__form)form, &run->diags);
    vnuma__port_dispose(&port);
}

/* Nothing is printed of a guest of which nothing is said. */
static void print_table(FILE *f, const char *name)
{
    char path[64];
    table t = { 0 };
    unsigned int i;
    record_run run;

    snprintf(path, sizeof(path), "tests/checks/%s.txt", name);
    read_table(path, &t);
    for (i = 0; i < t.num_records; i++) {
        run_record(&run, &t.records[i]);
        check_export(&run);
        if (run.diags.num_items)
            fprintf(f, "== %s\n", t.records[i].name);
        print_said(f, &run.diags);
        run_dispose(&run);
    }
    table_dispose(&t);
}

static void update(const char *text)
{
    char *path;
    FILE *f;

    if (asprintf(&path, "%s/" SAID, getenv("top_srcdir")) < 0)
        abort();
    f = fopen(path, "we");
    REQUIRE(f);
    fputs(text, f);
    CHECK(!fclose(f));
    free(path);
}

static void all_is_said_as_it_was(void)
{
    char *got, *want, *header = NULL, *g, *w;
    unsigned int i;
    size_t size;
    FILE *f = open_memstream(&got, &size);

    for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        print_table(f, tables[i]);
    fclose(f);
    if (getenv("GOLDEN_UPDATE"))
        update(got);
    want = read_file(SAID);
    g = got;
    w = want;
    while (*g && !strncmp(g, w, strcspn(g, "\n") + 1)) {
        header = strncmp(g, "== ", 3) ? header : g;
        w += strcspn(g, "\n") + 1;
        g += strcspn(g, "\n") + 1;
    }
    CHECK(!*g && !*w);
    if (*g || *w)
        TAP_DIAG("%.*s: said \"%.*s\", wanted \"%.*s\"",
                 header ? (int)strcspn(header, "\n") : 0,
                 header ? header : "", (int)strcspn(g, "\n"), g,
                 (int)strcspn(w, "\n"), w);
    free(want);
    free(got);
}

static const tap_case cases[] = {
    TAP_CASE(all_is_said_as_it_was),
};

int main(void)
{
    return TAP_RUN(cases);
}
