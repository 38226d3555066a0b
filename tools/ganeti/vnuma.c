/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vnuma: an iallocator of Ganeti that stands in front of hail.
 *
 * Ganeti and hail know how much memory a host has free, and not on which of
 * its nodes.  So a guest with a tag vnuma: is planned on the report of every
 * host, and hail decides among those that fit.  Guests of one request are
 * asked for one after the other, each next to those before; then all that have
 * no tag, at once.  A request without such a tag is hail's alone.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/print.h"
#include "ganeti/ganeti.h"

/* Lists that several answers add to, without their brackets. */
enum { PLACED, FAILED, JOBS, NUM_LISTS };

typedef struct {
    vnuma__print out;
    bool has_items;
} list;

typedef struct {
    cluster c;
    char **argv;
    bool used_stale;
    list lists[NUM_LISTS], info;
    early_hail early;
} session;

static int no_memory(void)
{
    fputs("vnuma: no memory, and nothing is placed\n", stderr);
    return 1;
}

static bool is_several(const cluster *c)
{
    return c->type != ASKED_ALLOCATE && c->type != ASKED_RELOCATE;
}

/* ---- what is said ------------------------------------------------------- */

/* What stands before the first item of a list, and between two. */
static FILE *next(list *l, const char *first, const char *between)
{
    fputs(l->has_items ? between : first, l->out.f);
    l->has_items = true;
    return l->out.f;
}

static FILE *info_of(session *s, const guest *g)
{
    FILE *f = next(&s->info, "vnuma: ", "; ");

    if (g && is_several(&s->c))
        fprintf(f, "%s: ", g->name);
    return f;
}

static void put_string(FILE *f, const char *string)
{
    char *text = json_of(string);

    fputs(text ? text : "\"\"", f);
    free(text);
}

/* Ganeti wants only the names of what could not be added. */
static void fail(session *s, const guest *g, const char *why)
{
    FILE *f = next(&s->lists[FAILED], "", ",");

    if (s->c.type == ASKED_MULTI) {
        put_string(f, g->name);
        return;
    }
    fputc('[', f);
    put_string(f, g->name);
    fputc(',', f);
    put_string(f, why);
    fputc(']', f);
}

/* ---- what was placed ---------------------------------------------------- */

static bool is_in(value_ptr names, const char *name)
{
    value_ptr item;

    VNUMA__JSON_FOREACH(item, names)
        if (item->type == VNUMA__JSON_STRING &&
            vnuma__text_equal(vnuma__jsondoc_text(item), name))
            return true;
    return false;
}

static bool has_text(value_ptr object, const char *key, const char *text)
{
    value_ptr value = vnuma__jsondoc_member(object, key);

    return value && value->type == VNUMA__JSON_STRING &&
           vnuma__text_equal(vnuma__jsondoc_text(value), text);
}

/* The disks that are on their nodes: on which they are now, and were. */
static void move_disks(session *s, const guest *g, value_ptr nodes)
{
    value_ptr before = g->old_nodes;
    unsigned int i;

    if (!has_text(g->value, "disk_template", "drbd") &&
        !has_text(g->value, "disk_template", "plain"))
        return;
    for (i = 0; i < s->c.num_hosts; i++) {
        host *h = &s->c.hosts[i];

        h->disk_mib += is_in(before, h->name) ? (int64_t)g->disk_mib : 0;
        h->disk_mib -= is_in(nodes, h->name) ? (int64_t)g->disk_mib : 0;
    }
}

static vnuma__text answer_bytes(const answer *a, value_ptr value)
{
    return value_bytes(vnuma__source_text(&a->source), value);
}

/* What is asked next is asked of the cluster with this guest at its place. */
static int place(session *s, guest *g, const answer *a, value_ptr nodes,
                 const vnuma_config *config)
{
    value_ptr first = vnuma__jsondoc_first(nodes);
    host *h = NULL;

    if (first && first->type == VNUMA__JSON_STRING)
        h = cluster_host(&s->c, vnuma__jsondoc_text(first));
    if (!h)
        return 0;
    free(g->nodes);
    g->nodes = cluster_string(answer_bytes(a, nodes));
    if (!g->nodes)
        return VNUMA_ERROR_NOMEM;
    move_disks(s, g, nodes);
    if (h == g->primary)
        return 0;
    h->memory_mib -= (int64_t)g->memory_mib;
    if (g->primary)
        g->primary->memory_mib += (int64_t)g->memory_mib;
    return hosts_take(h, g->name, config);
}

/* The items of a list of the answer. */
static void add_items(list *l, const answer *a, value_ptr items)
{
    value_ptr item;

    VNUMA__JSON_FOREACH(item, items) {
        vnuma__text bytes = answer_bytes(a, item);

        fwrite(bytes.ptr, 1, bytes.len, next(l, "", ","));
    }
}

static value_ptr nth(value_ptr items, unsigned int n)
{
    value_ptr item = vnuma__jsondoc_first(items);

    while (item && n--)
        item = item->next;
    return item;
}

/* hail has [NAME, WHY], and Ganeti wants NAME. */
static void add_name(list *l, const answer *a, value_ptr item)
{
    vnuma__text bytes;

    if (item->type == VNUMA__JSON_ARRAY && vnuma__jsondoc_first(item))
        item = vnuma__jsondoc_first(item);
    bytes = answer_bytes(a, item);
    fwrite(bytes.ptr, 1, bytes.len, next(l, "", ","));
}

/* Whether hail placed the one guest that was asked for. */
static bool is_placed(const cluster *c, const answer *a)
{
    if (c->type == ASKED_EVACUATE || c->type == ASKED_GROUP)
        return a->success && vnuma__jsondoc_first(nth(a->result, 0)) &&
               !vnuma__jsondoc_first(nth(a->result, 1));
    return a->success;
}

/* ---- one guest ---------------------------------------------------------- */

/* One of several: its part of the lists. */
static int keep(session *s, guest *g, const answer *a,
                const vnuma_config *config)
{
    value_ptr nodes;

    if (s->c.type != ASKED_MULTI) {
        add_items(&s->lists[PLACED], a, nth(a->result, 0));
        add_items(&s->lists[FAILED], a, nth(a->result, 1));
        add_items(&s->lists[JOBS], a, nth(a->result, 2));
        nodes = nth(vnuma__jsondoc_first(nth(a->result, 0)), 2);
    } else {
        FILE *f = next(&s->lists[PLACED], "", ",");
        vnuma__text bytes = answer_bytes(a, a->result);

        fputc('[', f);
        put_string(f, g->name);
        fprintf(f, ",%.*s]", VNUMA__TEXT_ARG(bytes));
        nodes = a->result;
    }
    return place(s, g, a, nodes, config);
}

static unsigned int count_asked(const cluster *c, bool stale)
{
    unsigned int num = 0, i;

    for (i = 0; i < c->num_hosts; i++)
        num += host_is_asked(&c->hosts[i], stale);
    return num;
}

/*
 * Asks for the hosts that fit by a good report; when hail finds nothing among
 * these, for those with a stale one too.  @a is what was answered last; its
 * info is NULL if no host fits, and nothing was asked.
 */
static int ask(session *s, guest *g, bool *stale_r, answer *a)
{
    unsigned int good = count_asked(&s->c, false);
    unsigned int all = count_asked(&s->c, true);
    int status = 0;

    memset(a, 0, sizeof(*a));
    *stale_r = !good && all;
    if (!all)
        return 0;
    if (s->early.pid < 0) /* that was said */
        return 1;
    if (s->early.pid && good == s->c.num_usable)
        return hail_end(&s->early, a);
    hail_abandon(&s->early);
    status = hail_ask(&s->c, &(question){ g, true, *stale_r }, s->argv, a);
    if (!status && !*stale_r && all > good && !is_placed(&s->c, a)) {
        *stale_r = true;
        answer_dispose(a);
        status = hail_ask(&s->c, &(question){ g, true, true }, s->argv, a);
    }
    return status;
}

/*
 * hail moves a guest to its own secondary whether that may be used or not.
 * Returns the host on which the guest would not fit, or NULL.
 */
static const host *find_wrong(const cluster *c, const guest *g,
                              const answer *a, bool stale)
{
    value_ptr before = g->old_nodes;
    value_ptr nodes = a->result, node;
    bool is_first = true;

    if (c->type == ASKED_EVACUATE || c->type == ASKED_GROUP)
        nodes = nth(vnuma__jsondoc_first(nth(a->result, 0)), 2);
    VNUMA__JSON_FOREACH(node, nodes) {
        const host *h = node->type == VNUMA__JSON_STRING
                            ? cluster_host(c, vnuma__jsondoc_text(node))
                            : NULL;

        if (h && h != g->primary && !host_is_asked(h, stale) &&
            (is_first || !is_in(before, h->name)))
            return h;
        is_first = false;
    }
    return NULL;
}

/* Of the only guest that the request is for. */
static void put_answer(session *s, bool success, value_ptr result,
                       const answer *a)
{
    vnuma__text bytes = { .ptr = "[]", .len = 2 };
    char *info = vnuma__print_end(&s->info.out, false);

    if (result)
        bytes = answer_bytes(a, result);
    printf("{\"success\":%s,\"info\":", success ? "true" : "false");
    put_string(stdout, info ? info : "vnuma: no memory");
    printf(",\"result\":%.*s}\n", VNUMA__TEXT_ARG(bytes));
    free(info);
}

static int end_one(session *s, guest *g, const answer *a, bool stale,
                   const vnuma_config *config)
{
    const host *wrong = find_wrong(&s->c, g, a, stale);
    FILE *f = info_of(s, g);

    hosts_tell_fit(&s->c, stale, f);
    s->used_stale |= stale;
    if (!is_several(&s->c))
        hosts_tell_reports(&s->c, stale, f);
    if (wrong)
        fprintf(f, "; hail has only %s for it", wrong->name);
    else if (a->info)
        fprintf(f, "; %s", a->info);
    if (!is_several(&s->c))
        put_answer(s, a->info && a->success && !wrong,
                   wrong ? NULL : a->result, a);
    else if (!a->info || wrong)
        fail(s, g, wrong ? "vnuma: it does not fit where hail has it"
                         : "vnuma: no host fits");
    else if (!a->success)
        fail(s, g, a->info);
    else
        return keep(s, g, a, config);
    return 0;
}

/* Returns the exit status. */
static int do_one(session *s, guest *g)
{
    vnuma_diags diags = { 0 };
    vnuma_config *config = NULL;
    vnuma_source source;
    answer a = { .info = NULL };
    bool stale = false;
    int status = 0, rc;

    rc = tags_config(g, &source, &config, &diags);
    if (rc == VNUMA_ERROR_CONFIG) {
        const char *why = diags.num_items ? vnuma_diags_at(&diags, 0)->message
                                          : "its tags are wrong";

        fputs(why, info_of(s, g));
        if (is_several(&s->c))
            fail(s, g, why);
        else
            put_answer(s, false, NULL, NULL);
    } else if (!rc) {
        if (s->c.type == ASKED_ALLOCATE)
            hail_begin(&s->early, s->argv);
        rc = hosts_fit(&s->c, config, is_several(&s->c));
        status = rc ? 0 : ask(s, g, &stale, &a);
        if (!rc && !status)
            rc = end_one(s, g, &a, stale, config);
    }
    hail_abandon(&s->early);
    answer_dispose(&a);
    vnuma_config_free(config);
    vnuma_source_dispose(&source);
    vnuma_diags_dispose(&diags);
    return rc == VNUMA_ERROR_NOMEM ? no_memory() : status;
}

/* ---- several guests ----------------------------------------------------- */

/* What hail answers of those without a tag. */
static int do_rest(session *s)
{
    const cluster *c = &s->c;
    value_ptr item;
    answer a;
    unsigned int i;
    int status;

    status = hail_ask(&s->c, &(question){ NULL, false, false }, s->argv, &a);
    if (!status) {
        fputs(a.info, info_of(s, NULL));
        for (i = 0; i < c->num_wanted && !a.success; i++)
            if (!tags_ask(c->wanted[i]->value))
                fail(s, c->wanted[i], a.info);
        add_items(&s->lists[PLACED], &a, nth(a.result, 0));
        add_items(&s->lists[JOBS], &a, nth(a.result, 2));
        if (c->type != ASKED_MULTI)
            add_items(&s->lists[FAILED], &a, nth(a.result, 1));
        else
            VNUMA__JSON_FOREACH(item, nth(a.result, 1))
                add_name(&s->lists[FAILED], &a, item);
    }
    answer_dispose(&a);
    return status;
}

static void put_lists(session *s)
{
    unsigned int num = s->c.type == ASKED_MULTI ? JOBS : NUM_LISTS, i;
    char *texts[NUM_LISTS], *info;

    hosts_tell_reports(&s->c, s->used_stale, s->info.out.f);
    info = vnuma__print_end(&s->info.out, false);
    printf("{\"success\":true,\"info\":");
    put_string(stdout, info ? info : "vnuma: no memory");
    printf(",\"result\":");
    for (i = 0; i < NUM_LISTS; i++) {
        texts[i] = vnuma__print_end(&s->lists[i].out, false);
        if (i < num)
            printf("%s[%s]", i ? "," : "[", texts[i] ? texts[i] : "");
        free(texts[i]);
    }
    printf("]}\n");
    free(info);
}

static int do_several(session *s)
{
    unsigned int num_tagged = 0, i;
    int status = 0;

    for (i = 0; i < NUM_LISTS; i++)
        if (!vnuma__print_begin(&s->lists[i].out))
            return no_memory();
    for (i = 0; i < s->c.num_wanted && !status; i++)
        if (tags_ask(s->c.wanted[i]->value)) {
            num_tagged++;
            status = do_one(s, s->c.wanted[i]);
        }
    if (!status && num_tagged < s->c.num_wanted)
        status = do_rest(s);
    if (!status)
        put_lists(s);
    return status;
}

/* ---- the whole ---------------------------------------------------------- */

static bool asks_for_tagged(const cluster *c)
{
    unsigned int i;

    for (i = 0; i < c->num_wanted; i++)
        if (tags_ask(c->wanted[i]->value))
            return true;
    return false;
}

static int decide(session *s)
{
    const char *kept = getenv("XL_VNUMA_KEPT");
    char dir[4096];

    snprintf(dir, sizeof(dir), "%s/reports",
             kept ? kept : "/var/lib/xl-vnuma");
    s->c.reports = dir;
    s->c.now = (uint64_t)time(NULL);
    if (!vnuma__print_begin(&s->info.out))
        return no_memory();
    if (is_several(&s->c))
        return do_several(s);
    return do_one(s, s->c.wanted[0]);
}

static int read_and_decide(char **argv)
{
    vnuma_diags diags = { 0 };
    session s = { .argv = argv };
    vnuma_source source = { 0 };
    int rc, status = 1;

    rc = vnuma_source_read(&source, argv[1]);
    if (!rc)
        rc = cluster_parse(&s.c, &source, &diags);
    if (rc == VNUMA_ERROR_NOMEM)
        no_memory();
    else if (rc)
        fprintf(stderr, "vnuma: cannot read the request %s: %s\n", argv[1],
                diags.num_items ? vnuma_diags_at(&diags, 0)->message
                                : strerror(errno));
    else if (!asks_for_tagged(&s.c))
        hail_become(argv);
    else
        status = decide(&s);
    if (!status && (fflush(stdout) || ferror(stdout)))
        status = 1;
    cluster_dispose(&s.c);
    vnuma_source_dispose(&source);
    vnuma_diags_dispose(&diags);
    return status;
}

/* For the hook xl-vnuma-tags: what it leaves for the front. */
static int print_settings(char **argv)
{
    vnuma_diags diags = { 0 };
    int rc = tags_print(argv[2], argv + 3, stdout, &diags);

    if (rc)
        fprintf(stderr, "vnuma: %s\n", vnuma_diags_at(&diags, 0)->message);
    vnuma_diags_dispose(&diags);
    return rc || fflush(stdout) ? 1 : 0;
}

int main(int argc, char **argv)
{
    if (argc > 2 && !strcmp(argv[1], "--settings"))
        return print_settings(argv);
    if (argc < 2) {
        fputs("usage: vnuma FILE [OPTIONS of hail]\n"
              "       vnuma --settings HYPERVISOR [TAG...]\n", stderr);
        return 1;
    }
    return read_and_decide(argv);
}
