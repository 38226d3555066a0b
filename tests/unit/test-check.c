/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The checks, by three tables of small guests in tests/checks/: bad.txt, where
 * every error must be found at its place and no other; remarks.txt, accepted
 * with these warnings and notes and no others; good.txt, about which there
 * is nothing to say.  check-tables.h has the form of a record.
 */
#include "config.h"

#include "check-tables.h"

static table bad, remarks, good;

static void show(const record *r, const record_run *run)
{
    uint32_t line, column;
    const char *name;
    unsigned int i;

    tap_failed = true;
    printf("# %s: returned %d, wanted:", r->name, run->rc);
    for (i = 0; i < r->num_ids; i++) {
        vnuma_span span = { &run->source, i < r->num_marks ? r->marks[i] : 0,
                            0 };

        vnuma_span_locate(span, &name, &line, &column);
        printf(" %s at %" PRIu32 ":%" PRIu32 ";", r->ids[i], line, column);
    }
    printf("\n");
    for (i = 0; i < run->diags.num_items; i++) {
        char *text = vnuma_diag_format(vnuma_diags_at(&run->diags, i), false),
             *piece;

        for (piece = strtok(text, "\n"); piece; piece = strtok(NULL, "\n"))
            printf("# %s: %s\n", r->name, piece);
        free(text);
    }
}

static const vnuma_check_info *find_info(const char *id)
{
    unsigned int num, i;
    const vnuma_check_info *infos = vnuma_check_list(&num);

    for (i = 0; i < num; i++)
        if (!strcmp(infos[i].id, id))
            return &infos[i];
    return NULL;
}

/* The expected one at this place and under this id, or NULL. */
static const char *find_expected(const record *r, const vnuma_diag *diag,
                                 unsigned int *index_r)
{
    unsigned int i;

    for (i = 0; i < r->num_ids; i++)
        if (!strcmp(r->ids[i], diag->id) && i < r->num_marks &&
            diag->span.source && diag->span.start == r->marks[i]) {
            *index_r = i;
            return r->ids[i];
        }
    return NULL;
}

static bool is_hint_right(const record *r, const vnuma_diag *diag,
                          unsigned int i)
{
    return i >= r->num_hints ||
           (diag->hint && !strcmp(diag->hint, r->hints[i]));
}

/* Those of at least this severity are the expected ones, no more, no fewer. */
static bool is_as_expected(const record *r, const record_run *run,
                           vnuma_severity least)
{
    unsigned int i, index, num = 0;

    for (i = 0; i < run->diags.num_items; i++) {
        const vnuma_diag *diag = vnuma_diags_at(&run->diags, i);

        if (diag->related || diag->severity < least)
            continue;
        num++;
        if (!find_info(diag->id) || !find_expected(r, diag, &index) ||
            !is_hint_right(r, diag, index))
            return false;
    }
    return num == r->num_ids && r->num_ids == r->num_marks;
}

static void check_table(const table *t, vnuma_severity least, int rc)
{
    unsigned int i;
    record_run run;

    for (i = 0; i < t->num_records; i++) {
        run_record(&run, &t->records[i]);
        if (run.rc != rc || !is_as_expected(&t->records[i], &run, least))
            show(&t->records[i], &run);
        run_dispose(&run);
    }
    printf("# %u records\n", t->num_records);
}

/* ---- cases -------------------------------------------------------------- */

static void bad_guests_are_refused_at_the_right_place(void)
{
    check_table(&bad, VNUMA_SEVERITY_ERROR, VNUMA_ERROR_CONFIG);
    CHECK(bad.num_records >= 300);
}

static void doubtful_guests_are_remarked_on_and_accepted(void)
{
    check_table(&remarks, VNUMA_SEVERITY_NOTE, 0);
}

static void good_guests_are_accepted_in_silence(void)
{
    check_table(&good, VNUMA_SEVERITY_NOTE, 0);
    CHECK(good.num_records >= 200);
}

static bool fires_in(const table *t, const char *id)
{
    unsigned int i, j;

    for (i = 0; i < t->num_records; i++)
        for (j = 0; j < t->records[i].num_ids; j++)
            if (!strcmp(t->records[i].ids[j], id))
                return true;
    return false;
}

/* What no line of a table can show has a case of its own below. */
static bool has_own_case(const char *id)
{
    static const char *const ids[] = { "too-many", "too-many-values",
                                       "too-deep", "unended-comment",
                                       "last-byte", "carriage-return",
                                       /* tests/unit/test-guest-files.c */
                                       "acpi-table", "acpi-twice",
                                       "acpi-count", "acpi-host-table",
                                       "hmat-text" };
    unsigned int i;

    for (i = 0; i < sizeof(ids) / sizeof(*ids); i++)
        if (!strcmp(ids[i], id))
            return true;
    return false;
}

/* A silent case of each is every record that does not name it. */
static void every_check_fires_somewhere(void)
{
    unsigned int num, i;
    const vnuma_check_info *infos = vnuma_check_list(&num);

    for (i = 0; i < num; i++) {
        bool is_error = infos[i].severity == VNUMA_SEVERITY_ERROR;

        if (has_own_case(infos[i].id))
            continue;
        if (!fires_in(is_error ? &bad : &remarks, infos[i].id)) {
            tap_failed = true;
            TAP_DIAG("%s never fires", infos[i].id);
        }
    }
}

static void check_text(record_run *run, const char *text, const char *host)
{
    record r = { .text = (char *)text };

    snprintf(r.host, sizeof(r.host), "%s", host);
    run_record(run, &r);
}

static bool reports(const char *text, const char *host, const char *id)
{
    record_run run;
    unsigned int i;
    bool found = false;

    check_text(&run, text, host);
    for (i = 0; i < run.diags.num_items; i++)
        found |= !strcmp(vnuma_diags_at(&run.diags, i)->id, id);
    run_dispose(&run);
    return found;
}

/*
 * The example of an item: its first block of lines that begin with spaces.
 * "(...)" describes what can not be shown.
 */
static char *find_example(const char *item)
{
    const char *line = strstr(item, "\n    "), *end;
    char *example = calloc(1, strlen(line) + 1), *at = example;

    for (line++; !strncmp(line, "    ", 4); line = end + 1) {
        end = strchr(line, '\n');
        at = mempcpy(at, line + 4, end + 1 - (line + 4));
    }
    return example;
}

/* Of these hosts one has what is wrong. */
static bool example_reports(char *example, const char *id)
{
    static const char *const hosts[] = { "xl-info-n-2node.txt",
                                         "xl-info-n-8node-snc4-cpuless.txt",
                                         "invented-gaps.txt",
                                         "invented-linux-4node.txt", "-" };
    unsigned int i;

    for (i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
        record r = { .text = NULL };
        bool found;

        finish_text(&r, example, strlen(example));
        found = reports(r.text, hosts[i], id);
        free(r.text);
        if (found)
            return true;
    }
    return false;
}

/* The pages of the checks, one after the other; man-pages.sh counts them. */
static char *read_manual(void)
{
    char *page = read_file("docs/man/xl-vnuma-checks.7.pod");
    char *of_kvm = read_file("docs/man/vnuma-checks.7.pod");
    char *text = malloc(strlen(page) + strlen(of_kvm) + 1);

    strcpy(stpcpy(text, page), of_kvm);
    free(page);
    free(of_kvm);
    return text;
}

static void every_check_is_in_the_manual_with_an_example(void)
{
    char *text = read_manual(), *item, *example, want[128];
    unsigned int num, i;
    const vnuma_check_info *infos = vnuma_check_list(&num);

    for (i = 0; i < num; i++) {
        snprintf(want, sizeof(want), "\n=item B<%s>\n", infos[i].id);
        item = strstr(text, want);
        if (!item) {
            tap_failed = true;
            TAP_DIAG("%s is not in the manual", infos[i].id);
            continue;
        }
        example = find_example(item);
        if (*example != '(' && !example_reports(example, infos[i].id)) {
            tap_failed = true;
            TAP_DIAG("the example of %s does not show it", infos[i].id);
        }
        free(example);
    }
    free(text);
}

static void no_id_is_there_twice(void)
{
    unsigned int num, i;
    const vnuma_check_info *infos = vnuma_check_list(&num);

    for (i = 0; i < num; i++)
        CHECK(find_info(infos[i].id) == &infos[i]);
}

/* Names of records are how a person finds them. */
static void no_record_is_there_twice(void)
{
    const table *tables[] = { &bad, &remarks, &good };
    unsigned int t, i, j;

    for (t = 0; t < 3; t++)
        for (i = 0; i < tables[t]->num_records; i++)
            for (j = 0; j < i; j++)
                if (!strcmp(tables[t]->records[i].text,
                            tables[t]->records[j].text) &&
                    !strcmp(tables[t]->records[i].host,
                            tables[t]->records[j].host)) {
                    tap_failed = true;
                    TAP_DIAG("%s is %s", tables[t]->records[i].name,
                             tables[t]->records[j].name);
                }
}

static void errors_come_phase_by_phase_and_by_place(void)
{
    static const char *const ids[] = { "bad-number", "unknown-key",
                                       "distance-local", "vcpu-twice" };
    unsigned int i, j = 0;
    record_run run;

    check_text(&run,
               "vnuma = [ [ \"vcpus=0,0\", \"vdistances=9,20\" ],\n"
               "          [ \"pnode=x\", \"vcpus=1\", \"vdist=1\" ] ]\n"
               "type = \"hvm\"\nmemory = 100\nvcpus = 2\n",
               "-");
    for (i = 0; i < run.diags.num_items; i++)
        if (vnuma_diags_at(&run.diags, i)->severity == VNUMA_SEVERITY_ERROR &&
            j < sizeof(ids) / sizeof(*ids))
            CHECK_STR(vnuma_diags_at(&run.diags, i)->id, ids[j++]);
    CHECK_UINT(run.diags.num_errors, 4);
    run_dispose(&run);
}

static void too_many_errors_are_cut_off_and_said_so(void)
{
    char text[4096] = "type = \"hvm\"\nvnuma = [ [ \"pnode=0\"";
    unsigned int i, num = 0;
    record_run run;

    for (i = 0; i < 40; i++)
        strcat(text, ", \"x=1\"");
    strcat(text, " ] ]\n");
    check_text(&run, text, "-");
    CHECK_INT(run.rc, VNUMA_ERROR_CONFIG);
    CHECK(run.diags.num_errors > 20);
    CHECK(run.diags.num_items < 25);
    for (i = 0; i < run.diags.num_items; i++)
        num += !strcmp(vnuma_diags_at(&run.diags, i)->id, "too-many");
    CHECK_UINT(num, 1);
    CHECK_STR(vnuma_diags_at(&run.diags, run.diags.num_items - 1)->id,
              "too-many");
    run_dispose(&run);
}

static char *repeat(const char *start, const char *thing, unsigned int num)
{
    char *text = malloc(strlen(start) + strlen(thing) * num + 1), *at;

    at = stpcpy(text, start);
    while (num--)
        at = stpcpy(at, thing);
    return text;
}

/* What is compared with all before it ends with the errors that are kept. */
static void mistakes_without_end_end_checks(void)
{
    static const struct {
        const char *begin, *part, *end;
    } texts[] = {
        { "type=\"hvm\"\nmaxvcpus=1\nvnuma=[[\"vcpus=0,2,4,6,8,10,12,14,16,18,"
          "20,22,24,26,28,30,32,34,36,38,40,42,44,46,48,50",
          "", "\"]]\n" },
        { "-M q35,hmat=on -m 1G -object memory-backend-ram,id=m0,size=1G "
          "-numa node,memdev=m0",
          "\n-numa hmat-lb,initiator=9,target=0,hierarchy=memory,"
          "data-type=access-latency,latency=1",
          "\n" },
        { "-M q35,hmat=on -m 1G -object memory-backend-ram,id=m0,size=1G "
          "-numa node,memdev=m0",
          "\n-numa hmat-cache,node-id=9,size=1K,level=1,associativity=none,"
          "policy=none,line=8",
          "\n" },
        { "-m 1G", " -numa node,memdev=x", "\n" },
        { "<domain type='kvm'><memory>1048576</memory><numatune>",
          "<memnode cellid='0' mode='strict' nodeset='0'/>",
          "</numatune><cpu><numa><cell memory='1048576' cpus='0'/></numa>"
          "</cpu></domain>" },
        { "<domain type='kvm'><memory>1048576</memory>"
          "<cpu><numa><cell memory='1048576' cpus='0'/><interconnects>",
          "<latency initiator='0' target='0' cache='1' type='access' "
          "value='1'/>",
          "</interconnects></numa></cpu></domain>" },
    };
    char *text, *whole;
    record_run run;
    unsigned int i;

    for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        text = repeat(texts[i].begin, texts[i].part, 50);
        whole = repeat(text, texts[i].end, 1);
        check_text(&run, whole, "-");
        CHECK_INT(run.rc, VNUMA_ERROR_CONFIG);
        CHECK_UINT(run.diags.num_errors, 21);
        run_dispose(&run);
        free(text);
        free(whole);
    }
}

static void limits_of_the_grammar_are_reported(void)
{
    char *many = repeat("x = [ ", "1,", 70000);
    char *deep = repeat("x = ", "[", 6000);

    CHECK(reports(many, "-", "too-many-values"));
    CHECK(reports(deep, "-", "too-deep"));
    CHECK(reports("x = 1\n# the end", "-", "unended-comment"));
    CHECK(reports("x = 1\n;;'", "-", "last-byte"));
    CHECK(!reports("x = 1\n", "-", "last-byte"));
    CHECK(reports("x = 1\r\n", "-", "carriage-return"));
    free(many);
    free(deep);
}

static void the_command_line_may_override_the_file(void)
{
    static const char text[] = "type = \"hvm\"\nmemory = 100\n"
                               "vnuma = [ [ \"pnode=0\", \"size=200\" ] ]\n";
    vnuma_config config;
    vnuma_source source;
    vnuma_diags diags;

    vnuma_source_init(&source);
    memset(&config, 0, sizeof(config));
    vnuma_diags_init(&diags);
    CHECK_INT(vnuma_source_set(&source, "g.cfg", text, strlen(text)), 0);
    CHECK_INT(vnuma_source_append(&source, "memory=200"), 0);
    CHECK_INT(vnuma_source_append_end(&source), 0);
    CHECK_INT(vnuma__config_parse(&source, &config, &diags), 0);
    CHECK_INT(vnuma_check(&config, NULL, 0, &diags), 0);
    CHECK_UINT(diags.num_items, 0);
    vnuma__config_dispose(&config);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
}

/* What only check says is not said where the planner goes on. */
static void stock_xl_is_no_matter_to_the_planner(void)
{
    static const char text[] = "type = \"pvh\"\nmemory = 512\nvcpus = 2\n"
                               "vnuma = [ [ \"pnode=0\" ] ]\n";
    vnuma_config *config = NULL;
    vnuma_source source;
    vnuma_diags diags;

    vnuma_source_init(&source);
    vnuma_diags_init(&diags);
    REQUIRE(!vnuma_source_set(&source, "pvh", text, strlen(text)));
    REQUIRE(!vnuma_config_parse(&source, &config, &diags));
    CHECK_INT(vnuma_check(config, NULL, VNUMA_CHECK_NOT_FIT, &diags), 0);
    CHECK_UINT(diags.num_notes, 0);
    CHECK_INT(vnuma_check(config, NULL, 0, &diags), 0);
    CHECK_UINT(diags.num_notes, 1);
    vnuma_config_free(config);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
}

static const tap_case cases[] = {
    TAP_CASE(stock_xl_is_no_matter_to_the_planner),
    TAP_CASE(bad_guests_are_refused_at_the_right_place),
    TAP_CASE(doubtful_guests_are_remarked_on_and_accepted),
    TAP_CASE(good_guests_are_accepted_in_silence),
    TAP_CASE(every_check_fires_somewhere),
    TAP_CASE(every_check_is_in_the_manual_with_an_example),
    TAP_CASE(no_id_is_there_twice),
    TAP_CASE(no_record_is_there_twice),
    TAP_CASE(errors_come_phase_by_phase_and_by_place),
    TAP_CASE(too_many_errors_are_cut_off_and_said_so),
    TAP_CASE(mistakes_without_end_end_checks),
    TAP_CASE(limits_of_the_grammar_are_reported),
    TAP_CASE(the_command_line_may_override_the_file),
};

int main(void)
{
    int r;

    read_table("tests/checks/bad.txt", &bad);
    read_table("tests/checks/kvm-bad.txt", &bad);
    read_table("tests/checks/remarks.txt", &remarks);
    read_table("tests/checks/kvm-remarks.txt", &remarks);
    read_table("tests/checks/good.txt", &good);
    read_table("tests/checks/kvm-good.txt", &good);
    r = TAP_RUN(cases);
    table_dispose(&bad);
    table_dispose(&remarks);
    table_dispose(&good);
    return r;
}
