/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a request of Ganeti.  Errors and the return value agree; what
 * hail gets of an accepted one is a request too, with the same guests in the
 * same cluster.
 */
#include "config.h"

#include <string.h>

#include "base/print.h"
#include "ganeti/ganeti.h"
#include "inside.h"

#define FUZZ_CORPUS "ganeti"
#include "fuzz.h"

/* Every second host fits, and one guest has come to it. */
static void change(cluster *c)
{
    unsigned int i;

    for (i = 0; i < c->num_hosts; i++) {
        c->hosts[i].fits = i % 2;
        c->hosts[i].report = REPORT_CURRENT;
        c->hosts[i].memory_mib = -128;
        c->hosts[i].disk_mib = 1024;
    }
    if (c->num_wanted && c->num_hosts && c->type != ASKED_ALLOCATE)
        c->wanted[0]->nodes = strdup("[\"n1\"]");
}

static void check_edited(const cluster *c, const char *text, size_t len,
                         bool is_alone)
{
    vnuma_diags diags = { 0 };
    vnuma_source source = { 0 };
    cluster again = { .num_hosts = 0 };
    int rc;

    FUZZ_ASSERT(!vnuma_source_set(&source, "edited", text, len));
    rc = cluster_parse(&again, &source, &diags);
    if (rc) /* two that are added may have one name */
        FUZZ_ASSERT(c->type == ASKED_MULTI && rc == VNUMA_ERROR_HOST);
    else
        FUZZ_ASSERT(again.num_hosts == c->num_hosts &&
                    again.num_wanted == (is_alone ? 1 : again.num_wanted));
    cluster_dispose(&again);
    vnuma_source_dispose(&source);
    vnuma_diags_dispose(&diags);
}

static void edit(cluster *c, const question *q)
{
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);
    bool ok;
    char *text;

    FUZZ_ASSERT(f);
    ok = edit_input(c, q, f);
    text = vnuma__print_end(&out, false);
    FUZZ_ASSERT(ok && text);
    check_edited(c, text, strlen(text), q->guest);
    free(text);
}

static void ask(cluster *c)
{
    vnuma_diags diags = { 0 };
    vnuma_config *config;
    vnuma_source source;
    unsigned int i;
    int rc;

    for (i = 0; i < c->num_wanted; i++) {
        rc = tags_config(c->wanted[i], &source, &config, &diags);
        FUZZ_ASSERT(!rc || diags.num_errors);
        vnuma_config_free(config);
        vnuma_source_dispose(&source);
    }
    vnuma_diags_dispose(&diags);
    change(c);
    if (c->num_wanted)
        edit(c, &(question){ c->wanted[0], true, false });
    if (c->type != ASKED_ALLOCATE && c->type != ASKED_RELOCATE)
        edit(c, &(question){ NULL, false, false });
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vnuma_diags diags = { 0 };
    vnuma_source source = { 0 };
    cluster c = { .num_hosts = 0 };
    int rc;

    FUZZ_ASSERT(
        !vnuma_source_set(&source, "request", (const char *)data, size));
    rc = cluster_parse(&c, &source, &diags);
    FUZZ_ASSERT(!rc || rc == VNUMA_ERROR_HOST);
    FUZZ_ASSERT(!rc == !diags.num_errors);
    if (!rc && c.type != ASKED_OTHER && !memchr(data, 0, size))
        ask(&c);
    cluster_dispose(&c);
    vnuma_source_dispose(&source);
    vnuma_diags_dispose(&diags);
    return 0;
}
