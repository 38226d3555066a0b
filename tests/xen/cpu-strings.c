/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every string of tests/cpu-strings.h in front of a real xl, in the rig.
 *
 *     cpu-strings write     makes *.cfg here
 *     cpu-strings judge     reads what "xl create -n" made of them: of N.cfg
 *                           its exit status (N.status) and output (N.json)
 *
 * What xl should accept is in files of many strings, the items of a cpus= list
 * or the vnodes of a guest.  Exit status of judge: 0: xl does what
 * cpu-strings.h says, and so do we; 1: what is not so is on stdout.
 */
#include "config.h"

#include <inttypes.h>
#include <yajl/yajl_tree.h>

#include "cpu-strings-ours.h"

#define MAX_STRINGS 100 /* in a file; xl reads as many items as vcpus */
#define MAX_VNODES 30

/* The files, in order; all strings of one are of one kind. */
typedef struct {
    unsigned int strings[MAX_STRINGS], num;
    unsigned int count; /* as xl counts vcpus: it wants maxvcpus= so */
    char name[32];
} guest_file;

static bool is_accepted(const cpu_string *s)
{
    return (s->verdict == XL_TAKES || s->verdict == XL_MISTAKES) &&
           !s->is_refused_here;
}

static bool belongs(const guest_file *file, const cpu_string *s)
{
    cpu_string first = cpu_string_of(file->strings[0]);

    return is_accepted(&first) && is_accepted(s) &&
           s->is_vcpus == first.is_vcpus &&
           file->num < (s->is_vcpus ? MAX_VNODES : MAX_STRINGS);
}

/* Calls @use for each file; the next string of a kind opens another. */
static void for_each_file(void (*use)(guest_file *file))
{
    guest_file open[2] = { { .num = 0 } }, single, *file;
    unsigned int i;

    for (i = 0; i < NUM_CPU_STRINGS; i++) {
        cpu_string s = cpu_string_of(i);

        file = is_accepted(&s) ? &open[s.is_vcpus] : &single;
        if (file == &single)
            single.num = 0;
        if (file->num && !belongs(file, &s)) {
            use(file);
            file->num = 0;
        }
        if (!file->num)
            *file = (guest_file){ .num = 0 };
        file->strings[file->num++] = i;
        file->count += s.count;
        snprintf(file->name, sizeof(file->name), "%s-%04u",
                 s.verdict == XL_DIES ? "dies" : "reads", i);
        if (file == &single)
            use(file);
    }
    for (i = 0; i < 2; i++)
        if (open[i].num)
            use(&open[i]);
}

/* ---- write -------------------------------------------------------------- */

static void write_file(guest_file *file)
{
    cpu_string s = cpu_string_of(file->strings[0]);
    char path[40];
    unsigned int i;
    FILE *f;

    snprintf(path, sizeof(path), "%s.cfg", file->name);
    f = fopen(path, "w");
    if (!f)
        exit(3);
    fprintf(f, "name = \"g\"\ntype = \"hvm\"\nmemory = 64\n%s = %u\n%s = [\n",
            s.is_vcpus && file->count ? "maxvcpus" : "vcpus",
            s.is_vcpus && file->count ? file->count : MAX_STRINGS,
            s.is_vcpus ? "vnuma" : "cpus");
    for (i = 0; i < file->num; i++) {
        s = cpu_string_of(file->strings[i]);
        fputs(s.is_vcpus ? "[ \"size=1\", \"vcpus=" : "\"", f);
        cpu_string_print(&s, f);
        fputs(s.is_vcpus ? "\" ],\n" : "\",\n", f);
    }
    fputs("]\n", f);
    fclose(f);
}

/* ---- judge -------------------------------------------------------------- */

static vnuma_topology host;
static unsigned int num_wrong, num_judged, seen[4];

static void wrong(unsigned int string, const char *what)
{
    cpu_string s = cpu_string_of(string);

    num_wrong++;
    printf("%s \"", s.is_vcpus ? "vcpus=" : "cpus=");
    cpu_string_print(&s, stdout);
    printf("\": %s\n", what);
}

static bool has_bit(yajl_val list, uint32_t bit)
{
    size_t i;

    for (i = 0; YAJL_IS_ARRAY(list) && i < YAJL_GET_ARRAY(list)->len; i++)
        if (strtoul(YAJL_GET_NUMBER(YAJL_GET_ARRAY(list)->values[i]), NULL,
                    10) == bit)
            return true;
    return false;
}

/* A set of vcpus has room for as many as there are, xl ignores others. */
static void judge_bits(const guest_file *file, unsigned int i, yajl_val list)
{
    cpu_string s = cpu_string_of(file->strings[i]);
    uint32_t bit, num = s.is_vcpus ? CPU_STRING_BITS : CPU_STRING_PCPUS;

    if (s.is_vcpus && file->count < num)
        num = file->count;
    for (bit = 0; bit < num; bit++)
        if (has_bit(list, bit) != s.bits[bit]) {
            wrong(file->strings[i], "xl has other CPUs");
            return;
        }
}

static void judge_json(const guest_file *file)
{
    const char *hard[] = { "b_info", "vcpu_hard_affinity", NULL };
    const char *vnodes[] = { "b_info", "vnuma_nodes", NULL };
    const char *vcpus[] = { "vcpus", NULL };
    cpu_string s = cpu_string_of(file->strings[0]);
    vnuma_source json;
    char path[40];
    yajl_val tree = NULL, items = NULL;
    unsigned int i;

    vnuma_source_init(&json);
    snprintf(path, sizeof(path), "%s.json", file->name);
    if (!vnuma_source_read(&json, path))
        tree = yajl_tree_parse(json.text, NULL, 0);
    if (tree)
        items = yajl_tree_get(tree, s.is_vcpus ? vnodes : hard, yajl_t_array);
    if (!YAJL_IS_ARRAY(items) || YAJL_GET_ARRAY(items)->len < file->num)
        wrong(file->strings[0], "xl's JSON has not this and what follows");
    else
        for (i = 0; i < file->num; i++) {
            yajl_val item = YAJL_GET_ARRAY(items)->values[i];

            judge_bits(file, i,
                       s.is_vcpus ? yajl_tree_get(item, vcpus, yajl_t_array)
                                  : item);
        }
    yajl_tree_free(tree);
    vnuma_source_dispose(&json);
}

/* timeout(1) says 124 or 143, a shell 128 and the signal. */
static void judge_file(guest_file *file)
{
    cpu_string s = cpu_string_of(file->strings[0]);
    unsigned int i;
    char path[40];
    int status = -1;
    FILE *f;

    snprintf(path, sizeof(path), "%s.status", file->name);
    f = fopen(path, "r");
    if (!f || fscanf(f, "%d", &status) != 1)
        status = -1;
    if (f)
        fclose(f);
    if (status < 0)
        wrong(file->strings[0], "xl was not asked");
    else if (s.verdict == XL_DIES)
        wrong(file->strings[0], status < 124 ? "xl lives" : "xl dies");
    else if (is_accepted(&s) != !status)
        wrong(file->strings[0],
              status ? "xl refuses this or what follows" : "xl accepts it");
    else if (!status)
        judge_json(file);
    num_wrong -= s.verdict == XL_DIES && status >= 124;
    for (i = 0; i < file->num; i++) {
        const char *of_ours;

        s = cpu_string_of(file->strings[i]);
        of_ours = cpu_string_judge(&s, &host);
        num_judged++;
        seen[s.verdict]++;
        if (of_ours)
            wrong(file->strings[i], of_ours);
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: cpu-strings write|judge\n", stderr);
        return 3;
    }
    if (!strcmp(argv[1], "write")) {
        for_each_file(write_file);
        return 0;
    }
    cpu_host_make(&host);
    for_each_file(judge_file);
    vnuma__topology_dispose(&host);
    printf("%u strings: xl's reader refuses %u, takes %u, takes %u for "
           "something else, dies of %u or does not end\n",
           num_judged, seen[XL_REFUSES], seen[XL_TAKES], seen[XL_MISTAKES],
           seen[XL_DIES]);
    return num_wrong ? 1 : 0;
}
