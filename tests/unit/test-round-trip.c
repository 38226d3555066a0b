/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hosts as text and as JSON and back, compared field by field: every file in
 * tests/hosts, and odd hosts that are invented here.
 */
#include "config.h"

#include "inside.h"

#include <glob.h>
#include <inttypes.h>
#include <stdio.h>

#include "draw.h"
#include "tap.h"

#define NUM_HOSTS 3000u

/* ---- equality ----------------------------------------------------------- */

static bool are_texts_equal(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : !a && !b;
}

/* The text form has memory in whole MiB, rounded down. */
static bool is_memory_equal(uint64_t a, uint64_t b, bool is_text)
{
    if (a == VNUMA_MEMKB_UNKNOWN || b == VNUMA_MEMKB_UNKNOWN || !is_text)
        return a == b;
    return a / 1024 == b / 1024 && b % 1024 == 0;
}

/* In order; the text form counts nodes and CPUs and has its tables besides. */
static bool are_facts_kept(const vnuma_topology *a, const vnuma_topology *b)
{
    unsigned int i, j = 0;

    for (i = 0; i < a->num_facts; i++) {
        while (j < b->num_facts &&
               !(are_texts_equal(a->facts[i].key, b->facts[j].key) &&
                 are_texts_equal(a->facts[i].value, b->facts[j].value)))
            j++;
        if (j++ == b->num_facts)
            return false;
    }
    return true;
}

static bool are_pools_other(const vnuma_topology *a, const vnuma_topology *b)
{
    unsigned int i;

    if (a->num_pools != b->num_pools)
        return true;
    for (i = 0; i < a->num_pools; i++)
        if (a->pools[i].poolid != b->pools[i].poolid ||
            strcmp(a->pools[i].name, b->pools[i].name) ||
            !vnuma_bitmap_equal(&a->pools[i].pcpus, &b->pools[i].pcpus))
            return true;
    return false;
}

static bool are_pages_other(const vnuma_topology *a, const vnuma_topology *b)
{
    unsigned int i;

    for (i = 0; a->num_pages == b->num_pages && i < a->num_pages; i++) {
        const vnuma__pages *x = &a->pages[i], *y = &b->pages[i];

        if (x->pnode != y->pnode || x->page_kb != y->page_kb ||
            x->total != y->total || x->free != y->free ||
            x->surplus != y->surplus)
            return true;
    }
    return a->num_pages != b->num_pages;
}

/* The name of what differs, or NULL. */
static const char *find_difference(const vnuma_topology *a,
                                   const vnuma_topology *b, bool is_text)
{
    unsigned int i;

    if (a->num_pnodes != b->num_pnodes || a->num_pcpus != b->num_pcpus ||
        a->num_pcidevs != b->num_pcidevs)
        return "a number of things";
    if (!is_text && !vnuma__hmat_equal(&a->hmat, &b->hmat))
        return "the HMAT";
    for (i = 0; i < a->num_pnodes; i++) {
        const vnuma_pnode *x = &a->pnodes[i], *y = &b->pnodes[i];

        if (x->pnode != y->pnode)
            return "the number of a pnode";
        if (!is_memory_equal(x->memkb, y->memkb, is_text) ||
            !is_memory_equal(x->free_memkb, y->free_memkb, is_text))
            return "memory";
        if (!vnuma_bitmap_equal(&x->pcpus, &y->pcpus))
            return "the pcpus of a pnode";
    }
    for (i = 0; i < a->num_pnodes * a->num_pnodes; i++)
        if (a->distances[i] != b->distances[i])
            return "a distance";
    for (i = 0; i < a->num_pcpus; i++) {
        const vnuma_pcpu *x = &a->pcpus[i], *y = &b->pcpus[i];

        if (x->pcpu != y->pcpu || x->core != y->core ||
            x->socket != y->socket || x->pnode != y->pnode)
            return "a pcpu";
        if (!is_text && x->load != y->load)
            return "a load";
    }
    if (!is_text && (a->knows_load != b->knows_load || are_pools_other(a, b)))
        return "what is known of load or pools";
    if (!is_text && are_pages_other(a, b))
        return "huge pages";
    for (i = 0; i < a->num_pcidevs; i++) {
        const vnuma_pcidev *x = &a->pcidevs[i], *y = &b->pcidevs[i];

        if (x->segment != y->segment || x->bus != y->bus ||
            x->device != y->device || x->function != y->function ||
            x->pnode != y->pnode)
            return "a PCI device";
    }
    if (!are_facts_kept(a, b) || (!is_text && a->num_facts != b->num_facts))
        return "a fact";
    return NULL;
}

/* ---- there and back ----------------------------------------------------- */

static void check_back(const vnuma_topology *host, const char *text,
                       const char *name, bool is_text)
{
    const char *difference;
    vnuma_topology back;
    vnuma_source source;
    vnuma_diags diags;

    vnuma_source_init(&source);
    memset(&back, 0, sizeof(back));
    vnuma_diags_init(&diags);
    REQUIRE(text);
    CHECK_INT(vnuma_source_set(&source, name, text, strlen(text)), 0);
    CHECK_INT(vnuma__topology_parse(&source, &back, &diags), 0);
    difference = find_difference(host, &back, is_text);
    if (difference || diags.num_errors)
        TAP_DIAG("%s: %s differs:\n%s", name,
                 difference ? difference : vnuma_diags_at(&diags, 0)->message,
                 text);
    CHECK(!difference);
    vnuma_diags_dispose(&diags);
    vnuma__topology_dispose(&back);
    vnuma_source_dispose(&source);
}

static void check_both_ways(const vnuma_topology *host, const char *name)
{
    char *text = vnuma_topology_to_text(host);
    char *json = vnuma_topology_to_json(host);

    check_back(host, text, name, true);
    check_back(host, json, name, false);
    free(text);
    free(json);
}

static void check_source(const vnuma_source *source)
{
    vnuma_topology host;
    vnuma_diags diags;

    memset(&host, 0, sizeof(host));
    vnuma_diags_init(&diags);
    CHECK_INT(vnuma__topology_parse(source, &host, &diags), 0);
    if (diags.num_errors)
        TAP_DIAG("%s: %s\n%s", source->name,
                 vnuma_diags_at(&diags, 0)->message, source->text);
    check_both_ways(&host, source->name);
    vnuma_diags_dispose(&diags);
    vnuma__topology_dispose(&host);
}

/* ---- cases -------------------------------------------------------------- */

static void for_each_host_file(void (*check)(const vnuma_source *source))
{
    const char *top = getenv("top_srcdir");
    glob_t files = { .gl_pathc = 0 };
    char pattern[4096];
    vnuma_source source;
    size_t i;

    snprintf(pattern, sizeof(pattern), "%s/tests/hosts/*", top ? top : ".");
    glob(pattern, 0, NULL, &files);
    CHECK(files.gl_pathc >= 10);
    for (i = 0; i < files.gl_pathc; i++) {
        vnuma_source_init(&source);
        CHECK_INT(vnuma_source_read(&source, files.gl_pathv[i]), 0);
        check(&source);
        vnuma_source_dispose(&source);
    }
    globfree(&files);
}

static void every_host_that_is_here_survives(void)
{
    for_each_host_file(check_source);
}

#define MOST_PCPUS 40u

typedef struct {
    uint32_t numbers[64]; /* of pnodes: up to 1023, with gaps */
    unsigned int num_pnodes;
    uint32_t pcpus[MOST_PCPUS];
    unsigned int places[MOST_PCPUS]; /* index of a pnode; num_pnodes: none */
    unsigned int num_pcpus;
} numbers;

static void invent_numbers(numbers *n)
{
    uint32_t step = draw(3) ? 1 : 1 + draw(15), next = draw(3) ? 0 : draw(60);
    unsigned int i;

    n->num_pnodes = 1 + draw(draw(8) ? 6 : 64);
    for (i = 0; i < n->num_pnodes; i++) {
        n->numbers[i] = next;
        next += 1 + draw(step);
    }
    n->num_pcpus = draw(MOST_PCPUS);
    for (i = 0, next = draw(2); i < n->num_pcpus; i++) {
        n->pcpus[i] = next;
        n->places[i] = draw(n->num_pnodes + !draw(4));
        next += 1 + draw(draw(3) ? 1 : 200);
    }
}

static void invent_memory(FILE *f, const char *key)
{
    static const char *const odd[] = {
        "null", "0", "1", "1023", "1025", "12884901888", "18014398509479936"
    };
    uint32_t which = draw(14);

    if (which < sizeof(odd) / sizeof(odd[0]))
        fprintf(f, ",\"%s\":%s", key, odd[which]);
    else if (which < 13)
        fprintf(f, ",\"%s\":%" PRIu64, key, (uint64_t)draw(1u << 30) * 7);
}

static void invent_cpus(FILE *f, const numbers *n, unsigned int pnode)
{
    const char *comma = "";
    unsigned int i;

    fputs(",\"cpus\":[", f);
    for (i = 0; i < n->num_pcpus; i++)
        if (n->places[i] == pnode) {
            fprintf(f, "%s%u", comma, n->pcpus[i]);
            comma = ",";
        }
    fputc(']', f);
}

static void invent_nodes(FILE *f, const numbers *n)
{
    bool has_distances = draw(5);
    unsigned int i, j;

    for (i = 0; i < n->num_pnodes; i++) {
        fprintf(f, "%s{\"node\":%u", i ? "," : "", n->numbers[i]);
        invent_memory(f, "memkb");
        invent_memory(f, "free_memkb");
        invent_cpus(f, n, i);
        if (has_distances) {
            fputs(",\"distances\":[", f);
            for (j = 0; j < n->num_pnodes; j++)
                if (draw(9))
                    fprintf(f, "%s%u", j ? "," : "", 10 + draw(246));
                else
                    fprintf(f, "%snull", j ? "," : "");
            fputc(']', f);
        }
        fputc('}', f);
    }
}

static void invent_id(FILE *f, const char *key)
{
    if (draw(6))
        fprintf(f, ",\"%s\":%u", key, draw(draw(4) ? 64 : 1u << 31));
    else if (draw(2))
        fprintf(f, ",\"%s\":null", key);
}

static void invent_pcpus(FILE *f, const numbers *n)
{
    unsigned int i;

    for (i = 0; i < n->num_pcpus; i++) {
        fprintf(f, "%s{\"pcpu\":%u", i ? "," : "", n->pcpus[i]);
        invent_id(f, "core");
        invent_id(f, "socket");
        if (n->places[i] < n->num_pnodes)
            fprintf(f, ",\"node\":%u", n->numbers[n->places[i]]);
        if (!draw(4))
            fprintf(f, ",\"load\":%u", draw(draw(2) ? 2000 : 100000001));
        fputc('}', f);
    }
}

/* Each CPU is in one of the pools or in none. */
static void invent_pools(FILE *f, const numbers *n)
{
    unsigned int num = draw(4), in[MOST_PCPUS], i, j;
    const char *comma;

    for (j = 0; j < n->num_pcpus; j++)
        in[j] = draw(num + 1);
    for (i = 0; i < num; i++) {
        fprintf(f, "%s{\"poolid\":%u,\"pool\":\"\\u00e9 %u\",\"cpus\":[",
                i ? "," : "", num - i, draw(9));
        for (j = 0, comma = ""; j < n->num_pcpus; j++)
            if (in[j] == i) {
                fprintf(f, "%s%u", comma, n->pcpus[j]);
                comma = ",";
            }
        fputs("]}", f);
    }
}

static void invent_pcidevs(FILE *f, const numbers *n)
{
    unsigned int num = draw(2) ? draw(20) : 0, i;

    for (i = 0; i < num; i++)
        fprintf(f, "%s{\"address\":\"%04x:%02x:%02x.%x\",\"node\":%u}",
                i ? "," : "", draw(65536), draw(256), draw(32), draw(8),
                n->numbers[draw(n->num_pnodes)]);
}

static void invent_facts(FILE *f)
{
    static const char *const facts[] = {
        "{\"key\":\"host\",\"value\":\"a:b : c\"}",
        "{\"key\":\"xen caps\",\"value\":\"\"}",
        "{\"key\":\"xen_commandline\",\"value\":null}",
        "{\"key\":\"odd\",\"value\":\"\\u00e9 \\\"\\\\ \\u20ac\"}",
        "{\"key\":\"a key that is longer than the column "
        "is\",\"value\":\"1\"}",
        "{\"key\":\"numa_info\",\"value\":null}",
        "{\"key\":\"cpu_topology\",\"value\":null}",
        "{\"key\":\"device topology\",\"value\":null}",
    };
    unsigned int used = 0, n = draw(9), i;

    for (i = 0; i < n; i++) {
        unsigned int which = draw(8);

        if (used & (1u << which))
            continue;
        fprintf(f, "%s%s", used ? "," : "", facts[which]);
        used |= 1u << which;
    }
}

static char *invent(size_t *size_r)
{
    numbers n;
    char *text = NULL;
    FILE *f = open_memstream(&text, size_r);

    if (!f)
        return NULL;
    invent_numbers(&n);
    fputs("{\"nodes\":[", f);
    invent_nodes(f, &n);
    fputs("],\"pcpus\":[", f);
    invent_pcpus(f, &n);
    fputs("],\"pools\":[", f);
    invent_pools(f, &n);
    fputs("],\"pcidevs\":[", f);
    invent_pcidevs(f, &n);
    fputs("],\"facts\":[", f);
    invent_facts(f);
    fputs("]}", f);
    fclose(f);
    return text;
}

static void odd_hosts_survive(void)
{
    unsigned int i;

    for (i = 0; i < NUM_HOSTS && !tap_failed; i++) {
        vnuma_source source;
        char name[32], *text;
        size_t size;

        seed = i;
        draw(2);
        snprintf(name, sizeof(name), "odd %u", i);
        text = invent(&size);
        REQUIRE(text);
        vnuma_source_init(&source);
        CHECK_INT(vnuma_source_set(&source, name, text, size), 0);
        check_source(&source);
        vnuma_source_dispose(&source);
        free(text);
    }
}

/* ---- texts that are cut ------------------------------------------------- */

/* Where the last line begins; of a text that ends with one, that line. */
static uint32_t last_line_of(const vnuma_source *source)
{
    uint32_t at = source->len;

    while (at && strchr(" \t\r\n", source->text[at - 1]))
        at--;
    while (at && source->text[at - 1] != '\n')
        at--;
    return at;
}

/* What is wrong with how a beginning of a whole host's text is taken. */
static const char *judge_prefix(const vnuma_topology *whole,
                                const vnuma_source *source)
{
    bool is_text = source->len && !strchr("{</", source->text[0]);
    const char *wrong = NULL;
    const vnuma_diag *diag;
    vnuma_topology part;
    vnuma_diags diags;

    memset(&part, 0, sizeof(part));
    vnuma_diags_init(&diags);
    if (!vnuma__topology_parse(source, &part, &diags)) {
        wrong = find_difference(&part, whole, is_text);
    } else {
        diag = vnuma_diags_at(&diags, 0);
        if (diags.num_errors != 1)
            wrong = "not one error";
        else if (strcmp(diag->id, "host-form") &&
                 diag->span.end < last_line_of(source))
            wrong = "refused at another place";
    }
    vnuma_diags_dispose(&diags);
    vnuma__topology_dispose(&part);
    return wrong;
}

static void check_prefixes(const char *text, size_t len, const char *name)
{
    const size_t step = 10 / TAP_FEWER(10);
    const char *wrong = NULL;
    vnuma_topology whole;
    vnuma_source source;
    vnuma_diags diags;

    vnuma_source_init(&source);
    memset(&whole, 0, sizeof(whole));
    vnuma_diags_init(&diags);
    CHECK_INT(vnuma_source_set(&source, name, text, len), 0);
    CHECK_INT(vnuma__topology_parse(&source, &whole, &diags), 0);
    for (; !wrong && len >= step; len -= step) {
        CHECK_INT(vnuma_source_set(&source, name, text, len), 0);
        wrong = judge_prefix(&whole, &source);
        if (wrong)
            TAP_DIAG("%s, %zu bytes: %s, after ...%s", name, len, wrong,
                     source.text + (len < 60 ? 0 : len - 60));
        CHECK(!wrong);
    }
    vnuma_diags_dispose(&diags);
    vnuma__topology_dispose(&whole);
    vnuma_source_dispose(&source);
}

static void check_prefixes_of_forms(const vnuma_source *source)
{
    vnuma_topology host;
    vnuma_diags diags;
    char *text, *json;

    memset(&host, 0, sizeof(host));
    vnuma_diags_init(&diags);
    CHECK_INT(vnuma__topology_parse(source, &host, &diags), 0);
    text = vnuma_topology_to_text(&host);
    json = vnuma_topology_to_json(&host);
    /* Nothing tells where one ends that counts no CPUs and has them last. */
    if (!strstr(source->name, "invented-no-distances")) {
        check_prefixes(source->text, source->len, source->name);
        check_prefixes(text, strlen(text), source->name);
    }
    check_prefixes(json, strlen(json), source->name);
    free(text);
    free(json);
    vnuma_diags_dispose(&diags);
    vnuma__topology_dispose(&host);
}

static void every_beginning_is_refused_at_its_end_or_the_same_host(void)
{
    for_each_host_file(check_prefixes_of_forms);
}

static const tap_case cases[] = {
    TAP_CASE(every_host_that_is_here_survives),
    TAP_CASE(odd_hosts_survive),
    TAP_CASE(every_beginning_is_refused_at_its_end_or_the_same_host),
};

int main(void)
{
    return TAP_RUN(cases);
}
