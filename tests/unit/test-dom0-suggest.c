/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Xen's command line as it should stand keeps what was given and meant. */
#include "config.h"

#include "tap.h"
#include "inside.h"

static const vnuma_dom0_srat srat = { { 0, 1 }, 2 };

typedef struct {
    vnuma_source source;
    vnuma_dom0_cmdline cmdline;
    vnuma_dom0_limits limits;
    vnuma_diags diags;
    char *options, *whole; /* suggested */
} suggested;

static void suggest(suggested *s, const char *text,
                    const vnuma_topology *topology)
{
    const vnuma_dom0_srat *known = topology ? &srat : NULL;

    memset(s, 0, sizeof(*s));
    if (vnuma_source_set(&s->source, "line", text, strlen(text)) ||
        vnuma_dom0_cmdline_set(&s->cmdline, &s->source))
        abort();
    vnuma_dom0_parse(&s->cmdline, &s->limits, &s->diags);
    vnuma_dom0_check(&s->limits, topology, known, &s->diags);
    s->options =
        vnuma_dom0_suggest(&s->cmdline, &s->limits, topology, known, false);
    s->whole =
        vnuma_dom0_suggest(&s->cmdline, &s->limits, topology, known, true);
    if (!s->options || !s->whole)
        abort();
}

static void dispose(suggested *s)
{
    free(s->options);
    free(s->whole);
    vnuma_diags_dispose(&s->diags);
    vnuma_dom0_cmdline_dispose(&s->cmdline);
    vnuma_source_dispose(&s->source);
}

/* Without a host, so that nothing but dom0_mem= is added. */
static const char *const lines[][2] = {
    { "", "dom0_mem=SIZE,max:SIZE" },
    { "dom0_mem=max:4096M", "dom0_mem=max:4096M" },
    { "dom0_mem=min:1024M dom0_mem=max:4096M",
      "dom0_mem=min:1024M dom0_mem=max:4096M" },
    { "dom0-mem=4G,max:4G", "dom0_mem=4G,max:4G" },
    { "dom0_mem=4GB,max:4GB", "dom0_mem=4G,max:4G" },
    { "dom0_mem=4096M,max:8192M", "dom0_mem=4096M,max:8192M" },
    { "dom0_cpus_pin dom0_mem=4G,max:4G",
      "dom0_vcpus_pin dom0_mem=4G,max:4G" },
    { "dom0_vcpus_pin=0-3", "dom0_vcpus_pin dom0_mem=SIZE,max:SIZE" },
    { "dom0_mem:4G,max:4G", "dom0_mem=4G,max:4G" },
    { "dom0_memory=4G,max:4G", "dom0_mem=4G,max:4G" },
    { "dom0_pin_vcpus dom0_mem=1G,max:1G",
      "dom0_vcpus_pin dom0_mem=1G,max:1G" },
    { "dom0_vcpus_pin:on dom0_mem=1G,max:1G",
      "dom0_vcpus_pin=on dom0_mem=1G,max:1G" },
    { "dom0_vcpus:2 dom0:mem=1G", "dom0_max_vcpus=2 dom0_mem=1G,max:1G" },
    { "dom0_mem=1G", "dom0_mem=1G,max:1G" },
    { "dom0_mem=1G dom0_mem=2G", "dom0_mem=1G dom0_mem=2G,max:2G" },
    { "dom0_mem=10%", "dom0_mem=10%,max:10%" },
    { "dom0_mem=-1G+5%", "dom0_mem=-1G+5%,max:-1G+5%" },
    { "dom0_mem=0", "dom0_mem=0" },
    { "dom0_mem=1G,max:0", "dom0_mem=1G,max:1G" },
    { "dom0_mem=0x200M", "dom0_mem=0x200M,max:0x200M" },
    { "dom0_mem=524288", "dom0_mem=524288,max:524288" },
    { "dom0_mem=1024,max=1024", "dom0_mem=1024M,max:1024M" },
    { "dom0_mem=1.5GiB;MAX:01536M", "dom0_mem=1536M,max:1536M" },
    { "dom0_mem=\"2G\",max:'2G'", "dom0_mem=2G,max:2G" },
    { "\"dom0_mem=2G,max:2G\"", "dom0_mem=2G,max:2G" },
    { "dom0_mem=-1.5G,max:4G", "dom0_mem=-1536M,max:4G" },
    { "dom0_mem=1.5,x,max:4G,1.2.3G,max:%", "dom0_mem=max:4G" },
    { "no-dom0_mem=1G dom0_mem=", "dom0_mem=SIZE,max:SIZE" },
    { "dom0_mem=1G,max:1G dom0_nodes=0-2",
      "dom0_mem=1G,max:1G dom0_nodes=0,1,2" },
    { "dom0_mem=1G,max:1G dom0_nodes=1,relaxed,all dom0_max_vcpus=4x",
      "dom0_mem=1G,max:1G dom0_nodes=1,relaxed dom0_max_vcpus=4" },
    { "dom0_mem=1G,max:1G dom0_max_vcpus=2-4 no-dom0_vcpus_pin",
      "dom0_mem=1G,max:1G dom0_max_vcpus=2-4 no-dom0_vcpus_pin" },
    { "dom0_mem=1G,max:1G dom0_max_vcpus=x dom0_vcpus_pin=maybe",
      "dom0_mem=1G,max:1G" },
    /* others, and what is for dom0's kernel */
    { "a=1  b dom0_mem=1G c -- quiet", "a=1 b dom0_mem=1G,max:1G c -- quiet" },
    { "a -- dom0_mem=1G quiet x", "a dom0_mem=1G,max:1G -- quiet x" },
    { "dom0_mem=1G,max:1G -- dom0_mem=2G", "dom0_mem=1G,max:1G" },
    /* what GRUB adds itself */
    { "placeholder dom0_mem=1G,max:1G a no-real-mode edd=off ",
      "dom0_mem=1G,max:1G a" },
    { "placeholder no-real-mode edd=off", "dom0_mem=SIZE,max:SIZE" },
    { "edd=off dom0_mem=1G,max:1G placeholder no-real-mode x",
      "edd=off dom0_mem=1G,max:1G placeholder no-real-mode x" },
    { "dom0_mem=1G,max:1G -- quiet no-real-mode edd=off",
      "dom0_mem=1G,max:1G -- quiet" },
};

static void what_was_meant_is_suggested(void)
{
    unsigned int i;
    suggested s;

    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        suggest(&s, lines[i][0], NULL);
        if (strcmp(s.whole, lines[i][1])) {
            tap_failed = true;
            TAP_DIAG("%s: %s", lines[i][0], s.whole);
        }
        dispose(&s);
    }
}

/* ---- for every line ----------------------------------------------------- */

static const char *const pieces[] = {
    /* fine on a host of 6 GiB and two nodes */
    "dom0_mem=1G",
    "dom0_mem=max:4096M",
    "dom0_mem=min:512M,1G,max:2G",
    "dom0_mem=10%,max:1G+10%",
    "dom0_mem=-2G",
    "dom0_mem=0x10000",
    "dom0_nodes=0",
    "dom0_nodes=0,1,relaxed",
    "dom0_nodes=strict",
    "dom0_max_vcpus=2",
    "dom0_max_vcpus=1-4",
    "dom0_max_vcpus=-3",
    "dom0_max_vcpus=010",
    "dom0_vcpus_pin",
    "no-dom0_vcpus_pin",
    "dom0_vcpus_pin=off",
    "loglvl=all",
    "com1=115200,8n1",
    "numa=off",
    "console=com1",
#define NUM_FINE 20u
    /* not fine */
    "dom0_mem=4GB",
    "dom0_mem=max=1G",
    "dom0_mem=512",
    "dom0_mem=1G,max:0",
    "dom0_mem=-99G",
    "dom0_mem=1.5G,max:2G",
    "dom0-mem=1G",
    "no-dom0_mem",
    "dom0_nodes=7",
    "dom0_nodes=0-1",
    "dom0_nodes=",
    "dom0_max_vcpus=",
    "dom0_max_vcpus=-0",
    "dom0_max_vcpus=4,8",
    "dom0_vcpus_pin=0-3",
    "dom0_cpus_pin",
    "dom0_vcpus_pin=x",
    "--",
    "DOM0_NODES=1",
    "dom0_mem=99999999T",
    "dom0_mem:1G,max:1G",
    "dom0_memory=01G",
    "dom0_pin_vcpus",
    "dom0_mem=0512;max:1.25GiB",
    "dom0_mem=512x,MAX=1G",
#define NUM_PIECES 45u
};

static bool has_word(const char *line, const char *word, size_t len,
                     const char *separators)
{
    const char *at = line;

    while ((at = strstr(at, word))) {
        if ((at == line || strchr(separators, at[-1])) &&
            strchr(separators, at[len]))
            return true;
        at++;
    }
    return false;
}

/* Each item of a list, which may have become a longer one. */
static bool stays(const char *line, const char *option)
{
    char item[32];
    size_t len;

    if (strncmp(option, "dom0_mem=", 9))
        return has_word(line, option, strlen(option), " ");
    for (option += 9; *option; option += len + (option[len] == ',')) {
        len = strcspn(option, ",");
        snprintf(item, sizeof(item), "%.*s", (int)len, option);
        if (!has_word(line, item, len, "=, "))
            return false;
    }
    return true;
}

static void check_line(const char *text, const unsigned int *of,
                       unsigned int num, const vnuma_topology *topology)
{
    bool is_behind = false;
    suggested s, again;
    unsigned int i;

    suggest(&s, text, topology);
    suggest(&again, s.whole, topology);
    if (again.diags.num_errors && !strstr(s.whole, "SIZE")) {
        tap_failed = true;
        TAP_DIAG("%s: %s has errors", text, s.whole);
    }
    if (strcmp(s.whole, again.whole) && !strstr(s.whole, "SIZE")) {
        tap_failed = true;
        TAP_DIAG("%s: %s suggests %s", text, s.whole, again.whole);
    }
    for (i = 0; i < num; i++) {
        is_behind |= i && !strcmp(pieces[of[i]], "--");
        if (of[i] < NUM_FINE && !stays(s.whole, pieces[of[i]]) &&
            !(is_behind && strstr(pieces[of[i]], "dom0"))) {
            tap_failed = true;
            TAP_DIAG("%s: %s lacks %s", text, s.whole, pieces[of[i]]);
        }
    }
    dispose(&again);
    dispose(&s);
}

static const vnuma_diag *find_fix(const vnuma_diags *diags)
{
    unsigned int i;

    for (i = 0; i < diags->num_items; i++)
        if (vnuma_diags_at(diags, i)->fix)
            return vnuma_diags_at(diags, i);
    return NULL;
}

static bool has(const vnuma_diags *diags, const char *message)
{
    unsigned int i;

    for (i = 0; i < diags->num_items; i++)
        if (!strcmp(vnuma_diags_at(diags, i)->message, message))
            return true;
    return false;
}

/*
 * What is proposed is written, until nothing is: no more errors than before,
 * but for those that the mended one hid.  Returns how often.
 */
static unsigned int mend_line(const char *text, const vnuma_topology *topology,
                              char *mended_r)
{
    unsigned int num_errors, num;
    const vnuma_diag *diag;
    char *mended, *message;
    suggested s;

    suggest(&s, text, topology);
    for (num = 0; num < 50 && (diag = find_fix(&s.diags)); num++) {
        num_errors = s.diags.num_errors;
        message = strdup(diag->message);
        if (asprintf(&mended, "%.*s%s%s", (int)diag->fix_span.start,
                     s.source.text, diag->fix,
                     s.source.text + diag->fix_span.end) < 0)
            abort();
        dispose(&s);
        suggest(&s, mended, topology);
        if (s.diags.num_errors > num_errors && has(&s.diags, message)) {
            tap_failed = true;
            TAP_DIAG("%s: %s is worse", text, mended);
        }
        free(message);
        free(mended);
    }
    CHECK(num < 50);
    snprintf(mended_r, 256, "%s", s.source.text);
    dispose(&s);
    return num;
}

static void a_fix_is_better_and_ends(void)
{
    static const char *const fixed[] = {
        "dom0-mem=4G,max:4G",    "dom0_mem=4GB,max:4GiB", "dom0_mem=2G",
        "dom0_mem=512,max:512M", "dom0_mem=max=2G",       "dom0_vcpus_pin=0-3",
    };
    /* After all that is proposed was written. */
    static const char *const mended[][2] = {
        { "dom0_mem=1.5GiB;max:01536M", "dom0_mem=1536M,max:1536M" },
        { "dom0_mem=0512,max:512M", "dom0_mem=512M,max:512M" },
        { "dom0_mem=512x,max:1G", "dom0_mem=512x,max:1G" },
        { "dom0_mem:4G,max:4G", "dom0_mem=4G,max:4G" },
        { "dom0_pin_vcpus", "dom0_vcpus_pin" },
        { "dom0_nodes=0-2,relaxed", "dom0_nodes=0,1,2,relaxed" },
        { "dom0_nodes=0-63", "dom0_nodes=0-63" },
        { "no-dom0_mem a", " a" },
        { "a -- q dom0_mem=1G,max:1G x", "a dom0_mem=1G,max:1G -- q x" },
        { "dom0_mem=1G,max:1G -- dom0_mem=2G",
          "dom0_mem=1G,max:1G -- dom0_mem=2G" },
    };
    char text[256];
    unsigned int i;

    for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
        CHECK(mend_line(fixed[i], NULL, text) > 0);
    for (i = 0; i < sizeof(mended) / sizeof(mended[0]); i++) {
        mend_line(mended[i][0], NULL, text);
        CHECK_STR(text, mended[i][1]);
    }
}

static void a_suggestion_keeps_all_that_is_valid_and_suggests_itself(void)
{
    unsigned int n, i, num, of[6];
    uint32_t seed = 1;
    const char *top = getenv("top_srcdir");
    char text[256], mended[256], path[4096];
    vnuma_source source;
    vnuma_topology host;
    vnuma_diags diags;

    vnuma_source_init(&source);
    vnuma_diags_init(&diags);
    snprintf(path, sizeof(path), "%s/tests/hosts/xl-info-n-2node.txt",
             top ? top : ".");
    REQUIRE(!vnuma_source_read(&source, path));
    REQUIRE(!vnuma__topology_parse(&source, &host, &diags));
    for (n = 0; n < 20000 && !tap_failed; n++) {
        num = 1 + n % 6;
        text[0] = '\0';
        for (i = 0; i < num; i++) {
            seed = seed * 1664525u + 1013904223u;
            of[i] = (seed >> 16) % NUM_PIECES;
            strcat(text, i ? " " : "");
            strcat(text, pieces[of[i]]);
        }
        check_line(text, of, num, n & 8 ? &host : NULL);
        mend_line(text, n & 8 ? &host : NULL, mended);
    }
    vnuma__topology_dispose(&host);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
}

static const tap_case cases[] = {
    TAP_CASE(what_was_meant_is_suggested),
    TAP_CASE(a_fix_is_better_and_ends),
    TAP_CASE(a_suggestion_keeps_all_that_is_valid_and_suggests_itself),
};

int main(void)
{
    return TAP_RUN(cases);
}
