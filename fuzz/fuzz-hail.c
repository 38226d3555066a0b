/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes as what hail answers, up to each NUL, when it is asked for guests with
 * tags and without.  What Ganeti gets is JSON, whatever hail has said; so is
 * what hail is asked next, in which there is what it has answered before.
 */
#include "config.h"

#include <stdio.h>
#include <yajl/yajl_parse.h>

/* What the allocator says. */
static FILE *answered, *said;
int vnuma_main(int argc, char **argv);
#undef stdout
#undef stderr
#define stdout answered
#define stderr said
#define printf(...) fprintf(answered, __VA_ARGS__)
#define main vnuma_main
#include "ganeti/vnuma.c"
#undef main
#undef printf
#undef stdout
#undef stderr

#define FUZZ_CORPUS "hail"
#include "fuzz.h"

#define NODE "{\"group\":\"g\",\"free_memory\":4096,\"free_disk\":99}"
#define TAGS_1 "\"tags\":[\"vnuma:2\"]"
#define TAGS_2 "\"tags\":[\"vnuma:auto\"]"
#define SIZES ",\"memory\":512,\"vcpus\":2"
#define GUEST SIZES ",\"disk_template\":\"drbd\",\"disk_space_total\":9"
#define REQUEST(request)                                                      \
    "{\"version\":2,\"nodes\":{\"n1\":" NODE ",\"n2\":" NODE ",\"n3\":" NODE  \
    "},\"instances\":{"                                                       \
    "\"a\":{" TAGS_1 GUEST ",\"nodes\":[\"n1\",\"n2\"]},"                     \
    "\"b\":{\"tags\":[]" GUEST ",\"nodes\":[\"n2\",\"n1\"]},"                 \
    "\"c\":{" TAGS_2 GUEST ",\"nodes\":[\"n3\"]}},"                           \
    "\"request\":{\"type\":" request "}}"

static const char *const requests[] = {
    REQUEST("\"allocate\",\"name\":\"x\"," TAGS_1 SIZES),
    REQUEST("\"multi-allocate\",\"instances\":["
            "{\"name\":\"x\"," TAGS_1 SIZES "},"
            "{\"name\":\"y\",\"tags\":[]" SIZES "},"
            "{\"name\":\"z\"," TAGS_2 SIZES "}]"),
    REQUEST("\"relocate\",\"name\":\"a\",\"relocate_from\":[\"n2\"]"),
    REQUEST("\"node-evacuate\",\"instances\":[\"a\",\"b\",\"c\"]"),
    REQUEST("\"change-group\",\"instances\":[\"c\",\"a\"]"),
};

/* ---- hosts and hail ----------------------------------------------------- */

static const char *rest; /* of the answers */
static const char *rest_end;
static unsigned int hosts_word; /* two bits a host: its report, and more */

static bool is_json(const char *text, size_t len)
{
    yajl_handle handle = yajl_alloc(NULL, NULL, NULL);
    bool ok;

    FUZZ_ASSERT(handle);
    ok = yajl_parse(handle, (const unsigned char *)text, len) ==
             yajl_status_ok &&
         yajl_complete_parse(handle) == yajl_status_ok;
    yajl_free(handle);
    return ok;
}

int hosts_fit(cluster *c, const vnuma_config *config, bool again)
{
    static const report_state states[] = { REPORT_CURRENT, REPORT_STALE,
                                           REPORT_BROKEN };
    unsigned int i;

    (void)again;
    FUZZ_ASSERT(config);
    for (i = 0; i < c->num_hosts; i++) {
        unsigned int word = hosts_word >> 2 * i & 3;

        c->hosts[i].report = states[word % 3];
        c->hosts[i].fits = word < 2;
    }
    return 0;
}

int hosts_take(host *h, const char *name, const vnuma_config *config)
{
    FUZZ_ASSERT(h && name && config);
    return 0;
}

void hosts_tell_fit(const cluster *c, bool stale, FILE *f)
{
    fprintf(f, "%u fit%s", c->num_usable, stale ? ", stale" : "");
}

void hosts_tell_reports(const cluster *c, bool stale, FILE *f)
{
    (void)c;
    (void)stale;
    fputs("; reports", f);
}

/* As take_answer() of hail.c. */
static int next_answer(answer *a)
{
    const char *end = memchr(rest, '\0', (size_t)(rest_end - rest));
    size_t len = (size_t)((end ? end : rest_end) - rest);
    bool ok = answer_read(a, rest, len);

    rest = end ? end + 1 : rest_end;
    return ok ? 0 : 1;
}

int hail_ask(cluster *c, const question *q, char **argv, answer *a)
{
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);
    char *text;
    bool ok;

    (void)argv;
    FUZZ_ASSERT(f);
    ok = edit_input(c, q, f);
    text = vnuma__print_end(&out, false);
    FUZZ_ASSERT(ok && text && is_json(text, out.size));
    free(text);
    memset(a, 0, sizeof(*a));
    return next_answer(a);
}

void hail_begin(early_hail *e, char **argv)
{
    (void)argv;
    e->pid = 1;
}

int hail_end(early_hail *e, answer *a)
{
    hail_abandon(e);
    memset(a, 0, sizeof(*a));
    return next_answer(a);
}

void hail_abandon(early_hail *e)
{
    e->pid = 0;
}

void hail_become(char **argv)
{
    (void)argv;
    abort();
}

/* ---- what comes of it --------------------------------------------------- */

/* A process that ends so frees nothing. */
static void forget(session *s)
{
    unsigned int i;

    free(vnuma__print_end(&s->info.out, false));
    for (i = 0; i < NUM_LISTS; i++)
        if (s->lists[i].out.f)
            free(vnuma__print_end(&s->lists[i].out, false));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned int which = size ? data[0] : 0;
    vnuma_diags diags = { 0 };
    vnuma_source source = { 0 };
    session s = { .argv = NULL };
    const char *request = requests[which % 5];
    vnuma__print out;
    char *text;
    int status;

    if (!said)
        said = fopen("/dev/null", "w");
    hosts_word = which / 5;
    rest = (const char *)data + (size > 0);
    rest_end = (const char *)data + size;
    answered = vnuma__print_begin(&out);
    FUZZ_ASSERT(said && answered);
    FUZZ_ASSERT(
        !vnuma_source_set(&source, "request", request, strlen(request)));
    FUZZ_ASSERT(!cluster_parse(&s.c, &source, &diags));
    status = decide(&s);
    FUZZ_ASSERT(status == 0 || status == 1);
    if (status)
        forget(&s);
    text = vnuma__print_end(&out, false);
    FUZZ_ASSERT(text && (status || is_json(text, out.size)));
    free(text);
    cluster_dispose(&s.c);
    vnuma_source_dispose(&source);
    vnuma_diags_dispose(&diags);
    return 0;
}
