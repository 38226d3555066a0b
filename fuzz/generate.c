/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Texts that are nearly xl.cfg(5).  Random bytes find little in a grammar, so
 * most of a text is correct, and damage is done with bytes that mean
 * something: quotes, brackets, escapes, ends of lines, NUL.
 */
#include "config.h"

#include "generate.h"

#include <stdio.h>
#include <stdbool.h>
#include <string.h>

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

void generator_init(generator *g, uint64_t seed)
{
    /* splitmix64: similar seeds give unrelated sequences; never zero */
    seed += UINT64_C(0x9e3779b97f4a7c15);
    seed = (seed ^ (seed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    seed = (seed ^ (seed >> 27)) * UINT64_C(0x94d049bb133111eb);
    g->random = (seed ^ (seed >> 31)) | 1;
    g->len = 0;
}

/* xorshift64*: a number below limit. */
static uint32_t below(generator *g, uint32_t limit)
{
    g->random ^= g->random >> 12;
    g->random ^= g->random << 25;
    g->random ^= g->random >> 27;
    return (uint32_t)((g->random * UINT64_C(0x2545f4914f6cdd1d)) >> 32) %
           limit;
}

static void put_bytes(generator *g, const char *bytes, size_t len)
{
    if (len > GENERATE_MAX - g->len)
        return;
    memcpy(g->text + g->len, bytes, len);
    g->len += len;
}

static void put(generator *g, const char *string)
{
    put_bytes(g, string, strlen(string));
}

static const char *pick(generator *g, const char *const *words, uint32_t num)
{
    return words[below(g, num)];
}

#define PICK(g, words) pick((g), (words), NUM(words))

static void put_space(generator *g)
{
    static const char *const spaces[] = { "", "", "", " ", "\t", "  " };

    put(g, PICK(g, spaces));
}

static void put_newlines(generator *g)
{
    static const char *const newlines[] = {
        "", "", "", "", "\n", "\n\n", "# c\n", " #'[\n",
    };

    put(g, PICK(g, newlines));
}

static void put_string(generator *g)
{
    static const char *const pieces[] = {
        "a",         "pnode=0",
        "size=1024", " ",
        ",",         "'",
        "\"",        "\\\\",
        "\\'",       "\\\"",
        "\\n",       "\\t",
        "\\a",       "\\v",
        "\\012",     "\\777",
        "\\1 2",     "\\3+4",
        "#",         "[",
        "\t",        "\r",
        "\xc3\xa9",  "\xff",
        "10,31",     "\xe2\x80\x9d",
        "\\7 -9",    "\\5\t1",
    };
    static const char *const bad[] = {
        "\\0", "\\12", "\\8", "\\x4", "\\x41", "\\q", "\\", "\\1-",
    };
    const char *quote = below(g, 2) ? "\"" : "'", *piece;
    uint32_t num = below(g, 5);

    put(g, quote);
    while (num--) {
        piece = below(g, 40) ? PICK(g, pieces) : PICK(g, bad);
        if (*piece != *quote || !below(g, 30))
            put(g, piece);
    }
    put(g, quote);
}

static void put_value(generator *g, unsigned int depth);

static void put_list(generator *g, unsigned int depth)
{
    uint32_t i, num = below(g, 4);

    put(g, "[");
    put_newlines(g);
    for (i = 0; i < num; i++) {
        put_value(g, depth + 1);
        put_newlines(g);
        if (i + 1 < num || !below(g, 4)) {
            put(g, ",");
            put_newlines(g);
        }
        put_space(g);
    }
    put(g, "]");
}

static void put_value(generator *g, unsigned int depth)
{
    static const char *const numbers[] = {
        "0", "1", "10", "0x1f", "1024", "9a", "0b", "4096",
    };

    if (depth < 4 && below(g, 5) < 2)
        put_list(g, depth);
    else if (below(g, 2))
        put_string(g);
    else
        put(g, PICK(g, numbers));
}

/* Few names, so that some repeat; values mostly have the right type. */
static void put_setting(generator *g)
{
    static const char *const names[] = {
        "a", "vnuma", "a.b", "a_0", "memory", "b",
    };
    uint32_t name = below(g, NUM(names));

    put_space(g);
    put(g, names[name]);
    put_space(g);
    put(g, below(g, 3) ? "=" : "+=");
    put_space(g);
    if (!below(g, 10))
        put_value(g, 0);
    else if (name & 1)
        put_list(g, 0);
    else
        put_string(g);
    put_space(g);
}

static void put_end(generator *g)
{
    static const char *const ends[] = {
        "\n", "\n", "\n", "\n", ";", ";\n", " # c\n", "#\n", "\n\n", "",
    };

    put(g, PICK(g, ends));
}

static void insert(generator *g, uint32_t at, const char *bytes, size_t len)
{
    if (len > GENERATE_MAX - g->len)
        return;
    memmove(g->text + at + len, g->text + at, g->len - at);
    memcpy(g->text + at, bytes, len);
    g->len += len;
}

static void erase(generator *g, uint32_t at, uint32_t len)
{
    if (len > g->len - at)
        len = g->len - at;
    memmove(g->text + at, g->text + at + len, g->len - at - len);
    g->len -= len;
}

/* Bytes that mean something, or are often there by mistake. */
static const char *const bits[] = {
    "=",
    "+=",
    "+",
    "-",
    ",",
    ";",
    "[",
    "]",
    "\"",
    "'",
    "\\",
    "#",
    "\n",
    "\r",
    "\t",
    " ",
    "\r\n",
    "A",
    "1",
    "x",
    "z",
    ".",
    "_",
    "(",
    ")",
    "{",
    "\x80",
    "\f",
    "\v",
    ":",
    "/",
    "a=1",
    "\x7f",
    "$",
    "\xe2\x80\x9c",
    "\xc2\xa0",
    "\xef\xbb\xbf",
    "True",
    "import os\n",
    "a",
    "=[",
};

static void damage(generator *g)
{
    uint32_t at = below(g, g->len + 1);
    const char *bit;
    char byte;

    switch (below(g, 8)) {
    case 0:
    case 1:
    case 2:
        bit = PICK(g, bits);
        insert(g, at, bit, strlen(bit));
        break;
    case 3:
        byte = below(g, 256);
        insert(g, at, &byte, 1);
        break;
    case 4:
        erase(g, at, 1);
        break;
    case 5:
        erase(g, at, 1 + below(g, 8));
        break;
    case 6:
        g->len = at; /* the text ends here, at any place */
        break;
    case 7:
        if (at < g->len)
            g->text[at] = PICK(g, bits)[0];
        break;
    }
}

/* Lists about as deep as xl allows, made in all ways that nest. */
static void put_deep(generator *g)
{
    static const char *const openings[] = {
        "[", "[", "[", "[", "[\n", "[1,", "[1,\n", "[[],", "[1\n,",
    };
    static const char *const middles[] = { "", "1", "\n", "1,", "1\n", "1,2" };
    static const char *const closings[] = { "]", "]", "]", "\n]", ",]" };
    bool plain = below(g, 2);
    uint32_t i, depth;

    depth = plain ? 4990 + below(g, 12) : 2900 + below(g, 1200);
    put(g, "a=");
    for (i = 0; i < depth; i++)
        put(g, plain && i + 8 < depth ? "[" : PICK(g, openings));
    put(g, PICK(g, middles));
    for (i = 0; i < depth; i++)
        put(g, PICK(g, closings));
    put(g, "\n");
}

void generate_input(generator *g)
{
    uint32_t num;

    g->len = 0;
    if (!below(g, 20000)) {
        put_deep(g);
        return;
    }
    for (num = 1 + below(g, 4); num; num--) {
        put_setting(g);
        put_end(g);
    }
    if (below(g, 3)) /* a third is left undamaged */
        for (num = 1 + below(g, 3); num; num--)
            damage(g);
}

/* ---- whole files -------------------------------------------------------- */

static void put_vnuma(generator *g)
{
    uint32_t num = 1 + below(g, 8), i, j;
    char item[64];

    put(g, "vnuma = [");
    for (i = 0; i < num; i++) {
        snprintf(item, sizeof(item),
                 "%s[ \"pnode=%u\", \"size=%u\", 'vcpus=%u-%u', \"vdistances=",
                 below(g, 2) ? "\n    " : " ", i, 256 * (1 + below(g, 16)),
                 4 * i, 4 * i + 3);
        put(g, item);
        for (j = 0; j < num; j++) {
            snprintf(item, sizeof(item), "%s%u", j ? "," : "",
                     i == j ? 10 : 11 + below(g, 30));
            put(g, item);
        }
        put(g, i + 1 < num || below(g, 2) ? "\" ]," : "\" ]");
    }
    put(g, below(g, 2) ? "\n]\n" : " ]\n");
}

static void put_line(generator *g)
{
    static const char *const lines[] = {
        "name = \"guest\"\n",
        "type = 'hvm'\n",
        "builder=\"hvm\"; vcpus=8\n",
        "memory = 4096\nmaxmem = 4096 # MiB\n",
        "# a comment with 'quotes\" and [brackets\n\n",
        "disk = [ 'phy:/dev/vg/guest,hda,w',\n  'file:/c.iso,hdc:cdrom,r' ]\n",
        "vif = [ 'bridge=xenbr0', \"mac=00:16:3e:00:00:01\", ]\n",
        "extra = \"root=/dev/xvda ro\"\nextra += ' quiet'\n",
        "cpus = \"0-3,^1\"\ncpus_soft = [ \"0\", \"1\" ]\n",
        "on_crash=\"restart\"\n",
        "vif += [ 'bridge=xenbr1' ]\n",
        "serial = [ 'pty', \"null\" ]\nvga='stdvga'\nvideoram=16\n",
    };

    put(g, PICK(g, lines));
}

void generate_file(generator *g)
{
    uint32_t num = 3 + below(g, 12), vnuma = below(g, num), i;

    g->len = 0;
    for (i = 0; i < num; i++) {
        if (i == vnuma)
            put_vnuma(g);
        if (below(g, 3))
            put_line(g);
        else
            put_setting(g), put(g, "\n");
    }
    if (below(g, 2))
        for (i = 1 + below(g, 3); i; i--)
            damage(g);
}
