/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a diagnostic proposes to write is written, again and again until
 * nothing is proposed: each time the file must be better for it.  The files
 * are the guests of tests/checks/ and texts that are made up.
 */
#include "config.h"

#include "generate.h"
#include "inside.h"
#include "tap.h"

#define MOST_FIXES 100u

typedef struct {
    vnuma_source source;
    vnuma_diags diags;
} checked;

static void check_text(checked *c, const char *text, size_t len,
                       const vnuma_topology *host)
{
    vnuma_config config;

    memset(&config, 0, sizeof(config));
    vnuma_source_init(&c->source);
    vnuma_diags_init(&c->diags);
    if (vnuma_source_set(&c->source, "g.cfg", text, len))
        abort();
    vnuma__config_parse(&c->source, &config, &c->diags);
    vnuma_check(&config, host, 0, &c->diags);
    vnuma__config_dispose(&config);
}

static void checked_dispose(checked *c)
{
    vnuma_diags_dispose(&c->diags);
    vnuma_source_dispose(&c->source);
}

static const vnuma_diag *find_fix(const checked *c)
{
    unsigned int i;

    for (i = 0; i < c->diags.num_items; i++)
        if (vnuma_diags_at(&c->diags, i)->fix)
            return vnuma_diags_at(&c->diags, i);
    return NULL;
}

static bool has(const checked *c, const char *id, const char *message)
{
    unsigned int i;

    for (i = 0; i < c->diags.num_items; i++)
        if (!strcmp(vnuma_diags_at(&c->diags, i)->id, id) &&
            (!message ||
             !strcmp(vnuma_diags_at(&c->diags, i)->message, message)))
            return true;
    return false;
}

/*
 * Fewer of what is worst.  But a value that could not be read hides what else
 * is wrong with it: one such error for the one that is gone, or some of kinds
 * that the file did not have.
 */
static bool is_better(const checked *now, const checked *before,
                      const vnuma_diag *mended)
{
    const vnuma_diags *x = &now->diags, *y = &before->diags;
    const vnuma_diag *diag;
    unsigned int i;

    if (x->num_errors < y->num_errors)
        return true;
    if (x->num_errors == y->num_errors && x->num_warnings < y->num_warnings)
        return true;
    if (x->num_errors == y->num_errors && x->num_warnings == y->num_warnings &&
        x->num_notes < y->num_notes)
        return true;
    if (mended->severity != VNUMA_SEVERITY_ERROR ||
        has(now, mended->id, mended->message))
        return false;
    if (x->num_errors == y->num_errors)
        return true;
    for (i = 0; i < x->num_items; i++) {
        diag = vnuma_diags_at(x, i);
        if (diag->severity == VNUMA_SEVERITY_ERROR &&
            !has(before, diag->id, diag->message) &&
            has(before, diag->id, NULL))
            return false;
    }
    return true;
}

static void show(const checked *c, const char *what)
{
    unsigned int i;

    TAP_DIAG("%s:\n%s", what, c->source.text);
    for (i = 0; i < c->diags.num_items && i < 5; i++) {
        char *text = vnuma_diag_format(vnuma_diags_at(&c->diags, i), false);

        TAP_DIAG("%s", text);
        free(text);
    }
}

/* Returns how many fixes were applied. */
static unsigned int mend(const char *text, size_t len,
                         const vnuma_topology *host)
{
    const vnuma_diag *diag;
    checked before, now;
    unsigned int num;
    char *mended;

    check_text(&before, text, len, host);
    for (num = 0; num < MOST_FIXES && (diag = find_fix(&before)); num++) {
        size_t fix_len = strlen(diag->fix), start = diag->fix_span.start;
        size_t end = diag->fix_span.end, size = before.source.len;

        mended = malloc(size + fix_len + 1);
        if (!mended)
            abort();
        memcpy(mended, before.source.text, start);
        memcpy(mended + start, diag->fix, fix_len);
        memcpy(mended + start + fix_len, before.source.text + end, size - end);
        check_text(&now, mended, size - (end - start) + fix_len, host);
        free(mended);
        if (!is_better(&now, &before, diag)) {
            TAP_DIAG("no better: %s [%s], \"%s\"", diag->message, diag->id,
                     diag->fix);
            show(&before, "before");
            show(&now, "after");
            tap_failed = true;
            num = MOST_FIXES;
        }
        checked_dispose(&before);
        before = now;
    }
    CHECK(num < MOST_FIXES);
    checked_dispose(&before);
    return num;
}

/* ---- cases -------------------------------------------------------------- */

static void read_in_tree(vnuma_source *source, const char *name)
{
    const char *top = getenv("top_srcdir");
    char path[4096];

    vnuma_source_init(source);
    snprintf(path, sizeof(path), "%s/tests/%s", top ? top : ".", name);
    if (vnuma_source_read(source, path))
        abort();
}

/* A record of the tables: its first line is "== NAME | HOST | IDS". */
static unsigned int mend_record(char *record, size_t len)
{
    char *text = malloc(len + 32), *to = text, *line, *end, name[128];
    vnuma_topology host;
    vnuma_source of_host;
    vnuma_diags diags;
    unsigned int num;
    bool has_host;

    memset(&host, 0, sizeof(host));
    vnuma_diags_init(&diags);
    line = memchr(record, '|', len);
    has_host = line && sscanf(line, "| %120s", name) == 1 && *name != '-';
    if (has_host) {
        char path[256];

        snprintf(path, sizeof(path), "hosts/%s", name);
        read_in_tree(&of_host, path);
        CHECK_INT(vnuma__topology_parse(&of_host, &host, &diags), 0);
    }
    for (line = strchr(record, '\n') + 1; line < record + len;
         line = end + 1) {
        end = strchrnul(line, '\n');
        if (!strncmp(line, "? ", 2))
            continue;
        for (; line <= end && line < record + len; line++)
            if (*line != '@')
                *to++ = *line;
    }
    *to = '\0';
    if (!strstr(text, "type") && !strstr(text, "builder"))
        to = stpcpy(to, "type = \"hvm\"\n");
    num = mend(text, to - text, has_host ? &host : NULL);
    free(text);
    vnuma_diags_dispose(&diags);
    vnuma__topology_dispose(&host);
    if (has_host)
        vnuma_source_dispose(&of_host);
    return num;
}

static unsigned int mend_table(const char *name)
{
    vnuma_source table;
    char *record, *next;
    unsigned int num = 0;

    read_in_tree(&table, name);
    for (record = strstr(table.text, "\n== "); record; record = next) {
        next = strstr(record + 1, "\n== ");
        num += mend_record(record + 1,
                           (next ? next + 1 : table.text + table.len) -
                               record - 1);
    }
    vnuma_source_dispose(&table);
    return num;
}

static void every_guest_of_the_tables_is_better_for_each_fix(void)
{
    unsigned int num = mend_table("checks/bad.txt");

    num += mend_table("checks/remarks.txt");
    num += mend_table("checks/good.txt");
    TAP_DIAG("%u fixes", num);
    CHECK(num > 100);
}

static void every_text_that_is_made_up_is_better_for_each_fix(void)
{
    static generator g;
    unsigned int i, num = 0;

    for (i = 0; i < TAP_FEWER(20000) && !tap_failed; i++) {
        generator_init(&g, i);
        if (i % 2)
            generate_file(&g);
        else
            generate_input(&g);
        num += mend(g.text, g.len, NULL);
    }
    TAP_DIAG("%u fixes", num);
    CHECK(num > TAP_FEWER(200));
}

static const tap_case cases[] = {
    TAP_CASE(every_guest_of_the_tables_is_better_for_each_fix),
    TAP_CASE(every_text_that_is_made_up_is_better_for_each_fix),
};

int main(void)
{
    return TAP_RUN(cases);
}
