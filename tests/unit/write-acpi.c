/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * write-acpi DIR: the tables that a PVH guest gets, as xsdt.dat, srat.dat and
 * slit.dat there, and an HMAT, hmat.dat; for tests/acpi-tables.sh.  The memory that they are made in
 * is as malloc() gave it, and all of it is written to memory.dat, so that
 * memcheck speaks up about any byte that nobody initialised.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hmat-case.h"
#include "layout/acpi.h"

#define ADDRESS UINT64_C(0xfc009000)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

/* An XSDT with one entry, as libxl makes it. */
static const uint8_t xsdt[44] = {
    'X',  'S',        'D', 'T', 44,  0,           0,    0,   1,
    0xa7, 'X',        'e', 'n', 0,   0,           0,    'H', 'V',
    'M',  [28] = 'H', 'V', 'M', 'L', [36] = 0x10, 0x90, 0,   0xfc,
};

/* vnode 1 is cut by the hole below 4 GiB, vnode 2 has no vcpus. */
static const vnuma__vmemrange ranges[] = {
    { 0, 3 * GIB, 0 },
    { 3 * GIB, 3840 * MIB, 1 },
    { 4 * GIB, 4352 * MIB, 1 },
    { 4352 * MIB, 5377 * MIB, 2 },
};
static const unsigned int vcpu_to_vnode[] = { 0, 0, 1, 1, 0 };
static const unsigned int distances[] = { 10, 21, 31, 21, 10, 41, 31, 41, 10 };

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

static void make_layout(vnuma__layout *layout)
{
    if (vnuma__layout_alloc(layout, NUM(ranges), 3, NUM(vcpu_to_vnode)))
        exit(3);
    memcpy(layout->vmemranges, ranges, sizeof(ranges));
    memcpy(layout->vcpu_to_vnode, vcpu_to_vnode, sizeof(vcpu_to_vnode));
    memcpy(layout->distances, distances, sizeof(distances));
}

static void write_file(const char *dir, const char *name, const uint8_t *bytes,
                       size_t len)
{
    char path[1024];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s.dat", dir, name);
    f = fopen(path, "w");
    if (!f || fwrite(bytes, 1, len, f) != len || fclose(f)) {
        perror(path);
        exit(3);
    }
}

static uint64_t get(const uint8_t *at, unsigned int bytes)
{
    uint64_t value = 0;

    while (bytes--)
        value = value << 8 | at[bytes];
    return value;
}

/* The table that the XSDT names in its entry at @offset. */
static void write_table(const char *dir, const char *name,
                        const uint8_t *memory, unsigned int offset)
{
    const uint8_t *table = memory + (get(memory + offset, 8) - ADDRESS);

    write_file(dir, name, table, get(table + 4, 4));
}

static void write_hmat(const char *dir)
{
    vnuma__hmat_loss loss;
    vnuma__hmat hmat;
    uint8_t *bytes;
    size_t len;

    make_hmat(&hmat);
    if (vnuma__hmat_build(&hmat, &bytes, &len, &loss))
        exit(3);
    write_file(dir, "hmat", bytes, len);
    vnuma__hmat_dispose(&hmat);
    free(bytes);
}

int main(int argc, char **argv)
{
    uint8_t *memory = argc == 2 ? malloc(VNUMA__ACPI_MAX_BYTES) : NULL;
    vnuma__layout layout;
    size_t len;

    if (!memory)
        return 2;
    memset(&layout, 0, sizeof(layout));
    make_layout(&layout);
    if (vnuma__acpi_build(&layout, xsdt, sizeof(xsdt), NULL, 0, ADDRESS,
                          memory, VNUMA__ACPI_MAX_BYTES, &len)) {
        fputs("write-acpi: the tables cannot be built\n", stderr);
        return 1;
    }
    write_file(argv[1], "memory", memory, VNUMA__ACPI_MAX_BYTES);
    write_file(argv[1], "xsdt", memory, get(memory + 4, 4));
    write_table(argv[1], "srat", memory, 44);
    write_table(argv[1], "slit", memory, 52);
    write_hmat(argv[1]);
    vnuma__layout_dispose(&layout);
    free(memory);
    return 0;
}
