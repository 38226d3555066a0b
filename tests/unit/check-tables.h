/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables of small guests, those of tests/checks/.  A record is
 *
 *     == NAME | HOST | ID ID ...
 *     ? HINT
 *     the guest's text, "@" before each byte that an ID is expected at
 *
 * with the IDs and hints in the order of the marks.  HOST is "-" or a file of
 * tests/hosts/.  A line 'type = "hvm"' is added to texts that have no type.
 */
#ifndef VNUMA_TEST_CHECK_TABLES_H
#define VNUMA_TEST_CHECK_TABLES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/config_files.h"
#include "inside.h"
#include "tap.h"

#define MAX_MARKS 32
#define MAX_RECORDS 1000

typedef struct {
    char name[128], host[128];
    char ids[MAX_MARKS][64];
    unsigned int num_ids;
    char hints[MAX_MARKS][256];
    unsigned int num_hints;
    uint32_t marks[MAX_MARKS];
    unsigned int num_marks;
    char *text; /* owned */
} record;

typedef struct {
    record *records; /* owned */
    unsigned int num_records;
} table;

static inline char *read_file(const char *name)
{
    const char *srcdir = getenv("top_srcdir");
    vnuma_source source;
    char *path, *text = NULL;

    if (asprintf(&path, "%s/%s", srcdir ? srcdir : ".", name) < 0)
        abort();
    vnuma_source_init(&source);
    if (vnuma_source_read(&source, path))
        printf("Bail out! %s can not be read\n", path);
    else
        text = strdup(source.text);
    vnuma_source_dispose(&source);
    free(path);
    if (!text)
        exit(EXIT_FAILURE);
    return text;
}

static inline void read_header(record *r, char *line)
{
    char *name = strtok(line + 3, "|"), *host = strtok(NULL, "|");
    char *ids = strtok(NULL, "|"), *id;

    snprintf(r->name, sizeof(r->name), "%.*s", (int)strcspn(name, " "), name);
    host += strspn(host, " ");
    snprintf(r->host, sizeof(r->host), "%.*s", (int)strcspn(host, " "), host);
    for (id = ids ? strtok(ids, " ") : NULL; id; id = strtok(NULL, " "))
        snprintf(r->ids[r->num_ids++], sizeof(r->ids[0]), "%s", id);
}

/* Takes the marks out of a text. */
static inline void take_marks(record *r)
{
    char *from, *to = r->text;

    for (from = r->text; *from; from++)
        if (*from == '@')
            r->marks[r->num_marks++] = to - r->text;
        else
            *to++ = *from;
    *to = '\0';
}

static inline void finish_text(record *r, const char *text, size_t len)
{
    bool has_type = strchr("-<#", *text) || !strncmp(text, "type", 4) ||
                    memmem(text, len, "\ntype", 5) ||
                    memmem(text, len, "builder", 7);

    if (asprintf(&r->text, "%.*s%s", (int)len, text,
                 has_type ? "" : "type = \"hvm\"\n") < 0)
        abort();
    take_marks(r);
}

static inline void read_table(const char *name, table *t)
{
    char *text = read_file(name), *line = text, *end, *start = NULL;
    record *r = NULL;

    if (!t->records)
        t->records = calloc(MAX_RECORDS, sizeof(record));
    for (; *line; line = end + 1) {
        end = strchrnul(line, '\n');
        if (!strncmp(line, "== ", 3)) {
            if (r)
                finish_text(r, start, line - start);
            r = &t->records[t->num_records++];
            *end = '\0';
            read_header(r, line);
            start = end + 1;
        } else if (!strncmp(line, "? ", 2) && line == start) {
            snprintf(r->hints[r->num_hints++], sizeof(r->hints[0]), "%.*s",
                     (int)(end - line - 2), line + 2);
            start = end + 1;
        }
    }
    finish_text(r, start, line - start);
    free(text);
}

static inline void table_dispose(table *t)
{
    unsigned int i;

    for (i = 0; i < t->num_records; i++)
        free(t->records[i].text);
    free(t->records);
}

/* ---- running a record --------------------------------------------------- */

typedef struct {
    vnuma_source source, host;
    vnuma_config config;
    vnuma_topology topology;
    vnuma_diags diags;
    int rc;
} record_run;

static inline void read_host(record_run *run, const char *name)
{
    char path[256], *text;

    snprintf(path, sizeof(path), "tests/hosts/%s", name);
    text = read_file(path);
    CHECK_INT(vnuma_source_set(&run->host, name, text, strlen(text)), 0);
    CHECK_INT(vnuma__topology_parse(&run->host, &run->topology, &run->diags),
              0);
    free(text);
}

static inline void run_record(record_run *run, const record *r)
{
    bool has_host = strcmp(r->host, "-");

    memset(run, 0, sizeof(*run));
    if (has_host)
        read_host(run, r->host);
    CHECK_INT(
        vnuma_source_set(&run->source, "g.cfg", r->text, strlen(r->text)), 0);
    run->rc = vnuma__guest_parse(&run->source, &run->config, &run->diags);
    vnuma__config_read_files(&run->config, VNUMA_SEVERITY_ERROR, &run->diags);
    if (!run->rc || run->rc == VNUMA_ERROR_CONFIG)
        run->rc = vnuma_check(&run->config, has_host ? &run->topology : NULL,
                              0, &run->diags);
}

static inline void run_dispose(record_run *run)
{
    vnuma__config_dispose(&run->config);
    vnuma__topology_dispose(&run->topology);
    vnuma_diags_dispose(&run->diags);
    vnuma_source_dispose(&run->source);
    vnuma_source_dispose(&run->host);
}

#endif
