/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Guesses what was meant by wrong words: the name nearest to an unknown one,
 * the number of MiB in "1G".  A guess is only shown as a hint, never used as a
 * value.
 */
#include "config.h"

#include "guest/guest.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define NAME_MAX_LEN 64u

/* ---- names -------------------------------------------------------------- */

/* Words for known names that are too different for edit_distance(). */
static const struct {
    const char *word, *name;
} synonyms[] = {
    { "cpu", "vcpus" },       { "cpus", "vcpus" },
    { "dist", "vdistances" }, { "distance", "vdistances" },
    { "mem", "size" },        { "memory", "size" },
    { "maxmem", "size" },     { "memsize", "size" },
    { "nodeid", "pnode" },    { "node", "pnode" },
    { "physnode", "pnode" },  { "slit", "vdistances" },
    { "dom0_memory", "dom0_mem" },
    { "dom0_vcpus", "dom0_max_vcpus" },
    { "dom0_pin_vcpus", "dom0_vcpus_pin" },
};

static unsigned int find_synonym(vnuma__text text, const char *const *names,
                                 unsigned int num_names)
{
    unsigned int i, name;

    for (i = 0; i < sizeof(synonyms) / sizeof(*synonyms); i++)
        if (text.len == strlen(synonyms[i].word) &&
            !strncasecmp(text.ptr, synonyms[i].word, text.len))
            for (name = 0; name < num_names; name++)
                if (!strcmp(names[name], synonyms[i].name))
                    return name;
    return num_names;
}

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
    unsigned int ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/*
 * How many letters must be added, dropped, changed or swapped with the next
 * one to turn one name into the other (optimal string alignment); case does
 * not count.
 */
static unsigned int edit_distance(vnuma__text text, const char *name)
{
    unsigned int rows[3][NAME_MAX_LEN + 1];
    uint32_t len = strlen(name), i, j;

    for (j = 0; j <= len; j++)
        rows[0][j] = j;
    for (i = 1; i <= text.len; i++) {
        unsigned int *row = rows[i % 3], *above = rows[(i + 2) % 3];
        int c = tolower((unsigned char)text.ptr[i - 1]);

        row[0] = i;
        for (j = 1; j <= len; j++) {
            row[j] = min3(row[j - 1] + 1, above[j] + 1,
                          above[j - 1] + (c != name[j - 1]));
            if (i > 1 && j > 1 && c == name[j - 2] &&
                tolower((unsigned char)text.ptr[i - 2]) == name[j - 1] &&
                rows[(i + 1) % 3][j - 2] + 1 < row[j])
                row[j] = rows[(i + 1) % 3][j - 2] + 1;
        }
    }
    return rows[text.len % 3][len];
}

unsigned int vnuma__nearest_name(vnuma__text text, const char *const *names,
                                 unsigned int num_names)
{
    unsigned int nearest = find_synonym(text, names, num_names);
    unsigned int i, slips, least = UINT32_MAX;

    if (nearest < num_names)
        return nearest;
    for (i = 0; i < num_names; i++) {
        uint32_t len = strlen(names[i]);

        if (text.len + 2 < len || text.len > len + 2)
            continue;
        slips = edit_distance(text, names[i]);
        /* One mistake in a short name, two in a long one. */
        if (slips <= (len < 5 ? 1 : 2) && slips < least) {
            nearest = i;
            least = slips;
        }
    }
    return nearest;
}

/* ---- amounts of memory -------------------------------------------------- */

#define AMOUNT_MAX (UINT64_C(1) << 43) /* no unit makes it overflow */

/* Takes a group of three digits off, as in "1,024" or "1_024". */
static bool take_group(vnuma__text *text, uint64_t *value_r)
{
    vnuma__text rest = vnuma__text_slice(*text, 1, text->len);

    if (!text->len || (text->ptr[0] != ',' && text->ptr[0] != '_') ||
        vnuma__text_take_digits(&rest, 10, value_r) != 3)
        return false;
    *text = rest;
    return true;
}

/* Takes the digits off; false when there are none or too many. */
static bool take_amount(vnuma__text *text, unsigned int base,
                        uint64_t *value_r)
{
    uint64_t group;

    if (!vnuma__text_take_digits(text, base, value_r))
        return false;
    while (*value_r <= AMOUNT_MAX && base == 10 && take_group(text, &group))
        *value_r = 1000 * *value_r + group;
    return *value_r <= AMOUNT_MAX;
}

/* "", "M", "MB", "MiB", "k" ...: returns the shift to bytes. */
static bool scan_unit(vnuma__text text, unsigned int *shift_r)
{
    static const char letters[] = "KMGT";
    const char *letter;

    text = vnuma__text_trim(text);
    if (!text.len) {
        *shift_r = 20;
        return true;
    }
    letter = strchr(letters, toupper((unsigned char)text.ptr[0]));
    if (!letter)
        return false;
    text = vnuma__text_slice(text, 1, text.len);
    *shift_r = 10 * (letter - letters + 1);
    return !text.len || (text.len == 1 && strchr("bB", text.ptr[0])) ||
           (text.len == 2 && !strncasecmp(text.ptr, "ib", 2));
}

bool vnuma__text_to_mib(vnuma__text text, uint64_t *mib_r)
{
    unsigned int base = 10, shift;
    uint32_t zeroes = 1;
    uint64_t value;

    text = vnuma__text_trim(text);
    if (text.len > 2 && text.ptr[0] == '0' && (text.ptr[1] | 32) == 'x') {
        text = vnuma__text_slice(text, 2, text.len);
        base = 16;
    }
    if (!take_amount(&text, base, &value))
        return false;
    if (base == 10 && text.len > 1 && text.ptr[0] == '.') {
        /* ".0" and the like; ".5" is not worth the code. */
        while (zeroes < text.len && text.ptr[zeroes] == '0')
            zeroes++;
        text = vnuma__text_slice(text, zeroes, text.len);
    }
    if (!scan_unit(text, &shift))
        return false;
    if (shift < 20) {
        *mib_r = value >> (20 - shift);
        return *mib_r && *mib_r << (20 - shift) == value;
    }
    *mib_r = value << (shift - 20);
    return *mib_r && *mib_r <= UINT32_MAX;
}
