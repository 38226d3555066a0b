/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Strings for cpus= and for a vnode's vcpus=, always the same ones, and what
 * xl makes of each.  The rules are derived from xl_parse.c of Xen 4.17 and
 * 4.20 with strtoul() and strtok_r() themselves, and from nothing of ours.
 *
 *     cpus=        strtok at commas; each piece: [^] [node: | nodes:] then
 *                  "all" (without ^) or parse_range(), whose failure ends xl;
 *                  so does a list with no CPU that the machine has (xl_vcpu.c)
 *     vcpus=       trimmed; strtok at commas, whose NULL for no piece ends xl;
 *                  each piece: parse_range(), of which a failure is ignored
 *     parse_range  strtoul [ "-" strtoul ], nothing after it; ULONG_MAX and a
 *                  range that is backwards are failures
 */
#ifndef CPU_STRINGS_H
#define CPU_STRINGS_H

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>

#define NUM_CPU_STRINGS 2400u /* the first half is for cpus= */
#define CPU_STRING_BITS 128
/* The machine of tests/xen/topologies/2node. */
#define CPU_STRING_PCPUS 4u

typedef enum {
    XL_REFUSES,
    XL_TAKES,    /* for what is written */
    XL_MISTAKES, /* for something else */
    XL_DIES,     /* or does not end */
} xl_verdict;

typedef struct {
    char text[96];
    bool is_vcpus; /* of a vnode; else of cpus= */
    xl_verdict verdict;
    bool bits[CPU_STRING_BITS]; /* what xl has then; as it counts them: */
    unsigned int count;         /* twice for a vcpu that is named twice */
    bool is_refused_here; /* xl reads it, and no CPU of it is on the machine */
} cpu_string;

/* ---- the generator ------------------------------------------------------ */

typedef struct {
    uint64_t random;
    cpu_string *s;
} string_maker;

static inline uint32_t cpu_below(string_maker *m, uint32_t limit)
{
    m->random =
        m->random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(m->random >> 33) % limit;
}

static inline void cpu_put(string_maker *m, const char *text)
{
    if (strlen(m->s->text) + strlen(text) < sizeof(m->s->text))
        strcat(m->s->text, text);
}

/* One of these, and the first one in most cases. */
static inline void cpu_pick(string_maker *m, const char *const *words,
                            uint32_t num)
{
    cpu_put(m, words[cpu_below(m, 4) ? 0 : cpu_below(m, num)]);
}

#define CPU_PICK(m, ...)                                                      \
    cpu_pick(m, (const char *const[]){ __VA_ARGS__ },                         \
             sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

/* Mostly from @least on, as the second number of a range. */
static inline void cpu_number(string_maker *m, unsigned int least,
                              bool is_huge)
{
    char digits[4];

    if (!cpu_below(m, 2))
        CPU_PICK(m, " ", "+", "-", " ", "  ", "\t", "\n", "\v", "\f", "\r",
                 " +", "+ ", "--", "\t\n", " -");
    snprintf(digits, sizeof(digits), "%u", least + cpu_below(m, 4));
    if (cpu_below(m, 20))
        cpu_put(m, digits);
    else
        CPU_PICK(m, "12", "", "007", "15", "127", "128", "129", "0x3", "a",
                 "2x", "65535", "3.0", "1e1", "00");
    if (is_huge)
        CPU_PICK(m, "", "2147483648", "4294967295", "4294967296",
                 "9223372036854775808", "18446744073709551614",
                 "18446744073709551615", "18446744073709551616",
                 "99999999999999999999999");
}

static inline void cpu_piece(string_maker *m)
{
    if (!m->s->is_vcpus || !cpu_below(m, 12)) {
        CPU_PICK(m, "", "^", "^", "^^", "^ ", " ^");
        CPU_PICK(m, "", "node:", "nodes:", "node:", "nodes: ", " node:",
                 "Node:", "node", "nodes:nodes:");
    }
    if (!cpu_below(m, m->s->is_vcpus ? 40 : 10)) {
        CPU_PICK(m, "all", "all", "all ", " all", "ALL", "none");
        return;
    }
    cpu_number(m, 0, !cpu_below(m, 40));
    if (!cpu_below(m, 2)) {
        CPU_PICK(m, "-", "-", "- ", " -", " - ", "-\t", "--", "..", ":", "~");
        cpu_number(m, 2, false);
    }
    if (!cpu_below(m, 5))
        CPU_PICK(m, "", " ", "\t", "\n", "\r", "x", ";", " x");
}

/* ---- what xl does ------------------------------------------------------- */

static inline int xl_parse_range(const char *str, unsigned long *a,
                                 unsigned long *b)
{
    char *end, *next;

    *a = *b = strtoul(str, &end, 10);
    if (end == str || *a == ULONG_MAX)
        return 1;
    if (*end == '-') {
        next = end + 1;
        *b = strtoul(next, &end, 10);
        if (end == next || *b == ULONG_MAX || *b < *a)
            return 1;
    }
    return *end != '\0';
}

/* Whether the numbers are what a reader sees: strtoul takes "-5" too. */
static inline bool is_plain(const char *piece)
{
    const char *p = piece;
    int i;

    for (i = 0; i < 2 && *p; i++) {
        bool minus;

        p += strspn(p, " \t\n\v\f\r");
        minus = *p == '-';
        p += *p == '-' || *p == '+';
        if (minus && strspn(p, "0") != strspn(p, "0123456789"))
            return false;
        p += strspn(p, "0123456789");
        p += *p == '-';
    }
    return true;
}

static inline void xl_set(cpu_string *s, unsigned long at, bool value)
{
    int bit = (int)at; /* as libxl_bitmap_set() takes it */

    if (bit >= 0 && bit < CPU_STRING_BITS)
        s->bits[bit] = value;
}

static inline void xl_mistakes(cpu_string *s)
{
    if (s->verdict == XL_TAKES)
        s->verdict = XL_MISTAKES;
}

/* No machine has so many CPUs. */
#define NO_CPU 65536ul

static inline void xl_cpus_piece(cpu_string *s, const char *str)
{
    bool is_not = *str == '^', is_nodes = false;
    unsigned long a, b;

    str += is_not;
    if (!strncmp(str, "node:", 5) || !strncmp(str, "nodes:", 6)) {
        is_nodes = true;
        str = strchr(str, ':') + 1;
    }
    if (!strcmp(str, "all")) {
        if (is_not)
            s->verdict = XL_REFUSES;
        for (a = 0; a < CPU_STRING_BITS; a++)
            s->bits[a] = true;
        return;
    }
    if (xl_parse_range(str, &a, &b)) {
        s->verdict = XL_REFUSES;
        return;
    }
    if (!is_plain(str) || b >= NO_CPU)
        xl_mistakes(s);
    if (b - a > (is_nodes ? 300 : 1000000)) {
        s->verdict = XL_DIES;
        return;
    }
    for (; a <= b; a++)
        if (!is_nodes)
            xl_set(s, a, !is_not);
        else if ((int)a >= 0 && (int)a < 2) {
            xl_set(s, 2 * a, !is_not);
            xl_set(s, 2 * a + 1, !is_not);
        }
}

static inline void xl_cpus(cpu_string *s)
{
    char copy[sizeof(s->text)], *save, *piece;

    strcpy(copy, s->text);
    for (piece = strtok_r(copy, ",", &save);
         piece && (s->verdict == XL_TAKES || s->verdict == XL_MISTAKES);
         piece = strtok_r(NULL, ",", &save))
        xl_cpus_piece(s, piece);
    /* xl's set of them is of whole bytes. */
    s->is_refused_here =
        !memchr(s->bits, true, (CPU_STRING_PCPUS + 7) / 8 * 8);
}

static inline void xl_vcpus_piece(cpu_string *s, const char *str)
{
    unsigned long a, b;
    char *end;

    if (xl_parse_range(str, &a, &b)) {
        strtoul(str, &end, 10);
        if (end != str && *end == '-')
            strtoul(end + 1, &end, 10);
        /* White space after what was read changes nothing. */
        if (end == str || end[-1] == '-' || b < a ||
            end[strspn(end, " \t\n\v\f\r")])
            xl_mistakes(s);
    }
    if (!is_plain(str) || a >= CPU_STRING_BITS || b >= CPU_STRING_BITS)
        xl_mistakes(s);
    if (b == ULONG_MAX || (b > a && b - a > 1000000)) {
        s->verdict = XL_DIES;
        return;
    }
    for (; a <= b; a++) {
        xl_set(s, a, true);
        s->count++;
    }
}

static inline void xl_vcpus(cpu_string *s)
{
    char copy[sizeof(s->text)], *value = copy, *save, *piece, *end;

    strcpy(copy, s->text);
    if (!*copy) { /* "vcpus=" cannot be split into a pair */
        s->verdict = XL_REFUSES;
        return;
    }
    value += strspn(value, " \t\n\v\f\r");
    for (end = value + strlen(value);
         end > value && isspace((unsigned char)end[-1]); end--)
        end[-1] = '\0';
    piece = strtok_r(value, ",", &save);
    if (!piece)
        s->verdict = XL_DIES;
    for (; piece && s->verdict != XL_DIES; piece = strtok_r(NULL, ",", &save))
        xl_vcpus_piece(s, piece);
}

/* ---- all ---------------------------------------------------------------- */

/* What the generator may miss. */
static const char *const cpu_strings_by_hand[] = {
    "0-3",
    "0, 1, 2, 3",
    "2, 3",
    "0,1,",
    ",0,1",
    "2- 3",
    "0-15 ",
    "0 - 15",
    " node:0",
    " 0-15",
    "^ 3",
    "node: 0",
    "0- 1",
    "+0-15",
    "all,^0",
    "^all",
    "nodes:all",
    "^nodes:1",
    ",,",
    "",
    " ",
    "abc",
    "5-2",
    "0x3",
    "0 ,1",
    "0, ,1",
    "0-",
    "-0",
    "-1",
    "-2",
    "0--0",
    "0-1,",
    "0,,1",
    "0-\n3",
    "all,^node:1",
    "0..3",
    "^-3",
    "-5--3",
    "70000",
    "4294967296",
    "0-18446744073709551614",
    "18446744073709551615",
    "node:0-4294967296",
    "0-4294967296",
    "node:1,^2",
};

#define NUM_BY_HAND                                                           \
    (sizeof(cpu_strings_by_hand) / sizeof(cpu_strings_by_hand[0]))

/* The string with this number, below NUM_CPU_STRINGS. */
static inline cpu_string cpu_string_of(unsigned int index)
{
    unsigned int half = NUM_CPU_STRINGS / 2, n = index % half, pieces;
    cpu_string s = { .is_vcpus = index >= half, .verdict = XL_TAKES };
    string_maker m = { .random = index * UINT64_C(2654435761) + 1, .s = &s };

    if (n < NUM_BY_HAND) {
        strcpy(s.text, cpu_strings_by_hand[n]);
    } else {
        cpu_below(&m, 2);
        for (pieces = cpu_below(&m, 3) + 1; pieces; pieces--) {
            cpu_piece(&m);
            if (pieces > 1)
                CPU_PICK(&m, ",", ",", ", ", ",,", " ,", ",\t");
        }
        if (!cpu_below(&m, 12))
            cpu_put(&m, ",");
    }
    if (s.is_vcpus)
        xl_vcpus(&s);
    else
        xl_cpus(&s);
    return s;
}

/* Prints it as it is between quotes in xl.cfg, with escapes that xl reads. */
static inline void cpu_string_print(const cpu_string *s, FILE *f)
{
    static const char controls[] = "\t\n\v\f\r", letters[] = "tnvfr";
    const char *p, *control;

    for (p = s->text; *p; p++) {
        control = strchr(controls, *p);
        if (control)
            fprintf(f, "\\%c", letters[control - controls]);
        else
            fputc(*p, f);
    }
}

#endif
