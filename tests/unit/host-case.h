/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host that is read for a test, and what is wrong with one. */
#ifndef VNUMA_TEST_HOST_CASE_H
#define VNUMA_TEST_HOST_CASE_H

#include "inside.h"
#include "tap.h"

typedef struct {
    vnuma_source source;
    vnuma_diags diags;
    vnuma_topology topology;
    int rc;
} parsed_host;

static void parse_bytes(parsed_host *host, const char *text, size_t len)
{
    memset(host, 0, sizeof(*host));
    CHECK_INT(vnuma_source_set(&host->source, "host", text, len), 0);
    host->rc =
        vnuma__topology_parse(&host->source, &host->topology, &host->diags);
}

static void parse(parsed_host *host, const char *text)
{
    parse_bytes(host, text, strlen(text));
}

/* A file of tests/hosts. */
static void parse_file(parsed_host *host, const char *name)
{
    const char *top = getenv("top_srcdir");
    char path[4096];

    memset(host, 0, sizeof(*host));
    snprintf(path, sizeof(path), "%s/tests/hosts/%s", top ? top : ".", name);
    CHECK_INT(vnuma_source_read(&host->source, path), 0);
    host->rc =
        vnuma__topology_parse(&host->source, &host->topology, &host->diags);
    if (host->diags.num_items)
        TAP_DIAG("%s: %s", name, vnuma_diags_at(&host->diags, 0)->message);
}

static void dispose(parsed_host *host)
{
    vnuma__topology_dispose(&host->topology);
    vnuma_diags_dispose(&host->diags);
    vnuma_source_dispose(&host->source);
}

/* The first error of a text: its id, and its place as "line:column". */
static void check_error(const char *text, const char *id, const char *place)
{
    char found[32] = "none";
    const char *name;
    uint32_t line, column;
    parsed_host host;

    parse(&host, text);
    CHECK_INT(host.rc, VNUMA_ERROR_HOST);
    CHECK(host.diags.num_errors > 0);
    CHECK_UINT(host.topology.num_pnodes, 0);
    if (host.diags.num_items) {
        vnuma_span_locate(vnuma_diags_at(&host.diags, 0)->span, &name, &line,
                          &column);
        snprintf(found, sizeof(found), "%u:%u", line, column);
        CHECK_STR(vnuma_diags_at(&host.diags, 0)->id, id);
    }
    CHECK_STR(found, place);
    dispose(&host);
}

#endif
