/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An HMAT as bytes and as a value; what firmware may get wrong; and what this
 * machine's files say of it.
 */
#include "config.h"

#include <errno.h>
#include <unistd.h>

#include "base/acpi_bytes.h"
#include "hmat-case.h"
#include "tables/machine.h"

#define put vnuma__acpi_put
#define get vnuma__acpi_get

static const uint32_t domains[] = { 0, 1, 2, 3 };

/* ---- bytes -------------------------------------------------------------- */

static void a_value_survives_its_table(void)
{
    vnuma__hmat hmat, again = { 0 };
    vnuma__hmat_loss loss;
    const char *wrong;
    uint8_t *bytes;
    size_t len;

    make_hmat(&hmat);
    REQUIRE(!vnuma__hmat_build(&hmat, &bytes, &len, &loss));
    CHECK(!loss.is_lossy);
    CHECK(!memcmp(bytes, "HMAT", 4));
    CHECK_UINT(get(bytes + 4, 4), len);
    CHECK_UINT(bytes[8], 2);
    CHECK_UINT(vnuma__acpi_sum(bytes, len), 0);
    REQUIRE(!vnuma__hmat_parse(bytes, len, domains, 4, &again, &wrong));
    CHECK(vnuma__hmat_equal(&hmat, &again));
    vnuma__hmat_dispose(&again);
    vnuma__hmat_dispose(&hmat);
    free(bytes);
}

/* Each of these alone makes another value of it. */
static void any_difference_is_one(void)
{
    vnuma__side_cache upper = { .node = 1, .level = 2, .size = 4096 };
    vnuma__side_cache lower = { .node = 1, .level = 1, .size = 1024 };
    vnuma__hmat hmat = { 0 }, other = { 0 };
    uint32_t *members[6];
    unsigned int i;

    make_hmat(&hmat);
    CHECK_INT(vnuma__hmat_init(&other, hmat.num_nodes + 1), 0);
    CHECK(!vnuma__hmat_equal(&hmat, &other));
    vnuma__hmat_dispose(&other);
    make_hmat(&other);
    CHECK_INT(vnuma__hmat_set(&other, 0, VNUMA__LATENCY, 0, 0, 1), 0);
    CHECK(!vnuma__hmat_equal(&hmat, &other));
    vnuma__hmat_dispose(&other);
    make_hmat(&other);
    other.nearest[0]++;
    CHECK(!vnuma__hmat_equal(&hmat, &other));
    CHECK_UINT(vnuma__hmat_get(&hmat, 0, VNUMA__BANDWIDTH, 9, 0), 0);
    CHECK_UINT(vnuma__hmat_get(&hmat, 0, VNUMA__BANDWIDTH, 0, 9), 0);
    vnuma__hmat_dispose(&hmat);
    vnuma__hmat_dispose(&other);

    CHECK_INT(vnuma__hmat_init(&hmat, 2), 0);
    CHECK_INT(vnuma__hmat_init(&other, 2), 0);
    CHECK_INT(vnuma__hmat_add_cache(&hmat, &upper), 0);
    CHECK_INT(vnuma__hmat_add_cache(&hmat, &lower), 0);
    CHECK_UINT(hmat.caches[0].level, 1);
    CHECK_INT(vnuma__hmat_add_cache(&other, &lower), 0);
    CHECK_INT(vnuma__hmat_add_cache(&other, &upper), 0);
    CHECK(vnuma__hmat_equal(&hmat, &other));
    members[0] = &other.caches[1].node;
    members[1] = &other.caches[1].level;
    members[2] = &other.caches[1].num_levels;
    members[3] = &other.caches[1].associativity;
    members[4] = &other.caches[1].policy;
    members[5] = &other.caches[1].line;
    for (i = 0; i < 6; i++) {
        ++*members[i];
        CHECK(!vnuma__hmat_equal(&hmat, &other));
        --*members[i];
    }
    vnuma__hmat_dispose(&hmat);
    vnuma__hmat_dispose(&other);
}

/* Picoseconds of a rounder number in a coarser unit, to 16 bits. */
static void a_loss_is_said_with_its_largest_difference(void)
{
    vnuma__hmat hmat = { 0 }, again = { 0 };
    vnuma__hmat_loss loss;
    const char *wrong;
    uint8_t *bytes;
    size_t len;

    REQUIRE(!vnuma__hmat_init(&hmat, 2));
    vnuma__hmat_set(&hmat, 0, VNUMA__LATENCY, 0, 0, 80001);
    vnuma__hmat_set(&hmat, 0, VNUMA__LATENCY, 0, 1, 1000000000);
    REQUIRE(!vnuma__hmat_build(&hmat, &bytes, &len, &loss));
    CHECK(loss.is_lossy);
    REQUIRE(!vnuma__hmat_parse(bytes, len, domains, 2, &again, &wrong));
    CHECK_UINT(vnuma__hmat_get(&again, 0, VNUMA__LATENCY, loss.from, loss.to),
               loss.said);
    CHECK_UINT(vnuma__hmat_get(&hmat, 0, VNUMA__LATENCY, loss.from, loss.to),
               loss.value);
    /* No unit is coarser than it has to be. */
    CHECK(loss.said > loss.value - 15260 && loss.said < loss.value + 15260);
    vnuma__hmat_dispose(&again);
    vnuma__hmat_dispose(&hmat);
    free(bytes);
}

static void all_vnodes_and_levels_fit(void)
{
    vnuma__hmat hmat = { 0 }, again = { 0 };
    uint32_t every[VNUMA_MAX_VNODES], from, to;
    unsigned int level, kind;
    vnuma__hmat_loss loss;
    const char *wrong;
    uint8_t *bytes;
    size_t len;

    REQUIRE(!vnuma__hmat_init(&hmat, VNUMA_MAX_VNODES));
    for (level = 0; level < VNUMA__HMAT_LEVELS; level++)
        for (kind = 0; kind < VNUMA__HMAT_KINDS; kind++)
            for (from = 0; from < VNUMA_MAX_VNODES; from++)
                for (to = 0; to < VNUMA_MAX_VNODES; to++)
                    vnuma__hmat_set(&hmat, level, kind, from, to,
                                    1 + level + kind + from * 37 + to);
    for (from = 0; from < VNUMA_MAX_VNODES; from++)
        every[from] = from;
    REQUIRE(!vnuma__hmat_build(&hmat, &bytes, &len, &loss));
    CHECK(!loss.is_lossy);
    CHECK(len < 64 << 10);
    REQUIRE(!vnuma__hmat_parse(bytes, len, every, VNUMA_MAX_VNODES, &again,
                               &wrong));
    CHECK(vnuma__hmat_equal(&hmat, &again));
    vnuma__hmat_dispose(&again);
    vnuma__hmat_dispose(&hmat);
    free(bytes);
}

/* ---- what firmware says ------------------------------------------------- */

static void finish(uint8_t *bytes, size_t len)
{
    put(bytes + 4, len, 4);
    vnuma__acpi_set_checksum(bytes, len, VNUMA__TABLE_CHECKSUM);
}

/* Two domains, of which one is no node of ours; latencies of 0.1 ns. */
static void revision_1_has_other_units_and_flags(void)
{
    uint8_t bytes[40 + 40 + 32 + 8 + 8 + 8] = "HMAT";
    uint8_t *attributes = bytes + 40, *matrix = bytes + 80;
    const uint32_t known[] = { 7, 3 };
    vnuma__hmat hmat = { 0 };
    const char *wrong;
    unsigned int i;

    bytes[8] = 1;
    put(attributes + 4, 40, 4);
    put(attributes + 8, 1, 2); /* of the memory nothing is said */
    put(attributes + 12, 7, 4);
    put(attributes + 16, 3, 4);
    put(matrix, 1, 2);
    put(matrix + 4, 56, 4);
    put(matrix + 12, 2, 4);
    put(matrix + 16, 2, 4);
    put(matrix + 24, 10, 8);
    put(matrix + 32, 7, 4);
    put(matrix + 36, 9, 4);
    put(matrix + 40, 9, 4);
    put(matrix + 44, 3, 4);
    for (i = 0; i < 4; i++)
        put(matrix + 48 + 2 * i, 80 + i, 2);
    finish(bytes, sizeof(bytes));
    REQUIRE(!vnuma__hmat_parse(bytes, sizeof(bytes), known, 2, &hmat, &wrong));
    CHECK_UINT(vnuma__hmat_get(&hmat, 0, VNUMA__LATENCY, 0, 1), 81000);
    CHECK_UINT(vnuma__hmat_get(&hmat, 0, VNUMA__LATENCY, 0, 0), 0);
    CHECK_UINT(hmat.nearest[1], VNUMA_ID_UNKNOWN);
    vnuma__hmat_dispose(&hmat);
    put(attributes + 8, 3, 2);
    finish(bytes, sizeof(bytes));
    REQUIRE(!vnuma__hmat_parse(bytes, sizeof(bytes), known, 2, &hmat, &wrong));
    CHECK_UINT(hmat.nearest[1], 0);
    vnuma__hmat_dispose(&hmat);
}

static void check_wrong(uint8_t *bytes, size_t len, const char *want)
{
    vnuma__hmat hmat = { 0 };
    const char *wrong;

    CHECK_INT(vnuma__hmat_parse(bytes, len, domains, 4, &hmat, &wrong),
              VNUMA_ERROR_HOST);
    CHECK_STR(wrong, want);
    CHECK(!vnuma__hmat_is_known(&hmat));
}

static void each_mistake_is_named(void)
{
    uint8_t bytes[40 + 32 + 8] = "HMAT", *matrix = bytes + 40;

    check_wrong(bytes, 39, "it is not an HMAT");
    put(bytes + 4, 81, 4);
    check_wrong(bytes, sizeof(bytes), "its length is wrong");
    put(bytes + 4, 39, 4);
    check_wrong(bytes, sizeof(bytes), "its length is wrong");
    put(bytes + 4, 80, 4);
    bytes[20] = 1;
    check_wrong(bytes, sizeof(bytes), "its checksum is wrong");
    finish(bytes, sizeof(bytes));
    check_wrong(bytes, sizeof(bytes), "the length of a structure is wrong");
    put(matrix + 4, 40, 4);
    finish(bytes, sizeof(bytes));
    /* 40 bytes of type 0, with zeroes: nothing is said. */
    put(matrix, 1, 2);
    put(matrix + 12, UINT32_MAX, 4);
    put(matrix + 16, UINT32_MAX, 4);
    finish(bytes, sizeof(bytes));
    check_wrong(bytes, sizeof(bytes),
                "its structure of speeds is shorter than it says");
    put(matrix + 4, 31, 4);
    finish(bytes, sizeof(bytes));
    check_wrong(bytes, sizeof(bytes), "its structure of speeds is too short");
    put(matrix + 4, 38, 4);
    put(matrix + 12, 0, 4);
    put(matrix + 16, 0, 4);
    finish(bytes, sizeof(bytes));
    check_wrong(bytes, sizeof(bytes), "bytes are left at its end");
}

static void a_speed_that_is_too_large_is_refused(void)
{
    vnuma__hmat hmat;
    vnuma__hmat_loss loss;
    uint8_t *bytes;
    size_t len;

    make_hmat(&hmat);
    REQUIRE(!vnuma__hmat_build(&hmat, &bytes, &len, &loss));
    /* Of the first matrix, after three structures of memories. */
    put(bytes + 40 + 3 * 40 + 24, UINT64_MAX, 8);
    finish(bytes, len);
    check_wrong(bytes, len, "it has a speed that is too large");
    vnuma__hmat_dispose(&hmat);
    free(bytes);
}

/* Copies of exactly that length, so that reading beyond them is seen. */
static void no_byte_beyond_the_table_is_read(void)
{
    vnuma__hmat hmat, again;
    vnuma__hmat_loss loss;
    const char *wrong;
    uint8_t *bytes, *copy;
    size_t len, i;
    unsigned int value;
    int rc;

    make_hmat(&hmat);
    REQUIRE(!vnuma__hmat_build(&hmat, &bytes, &len, &loss));
    for (i = 0; i < len; i++) {
        copy = malloc(i + 1);
        REQUIRE(copy);
        memcpy(copy, bytes, i);
        memset(&again, 0, sizeof(again));
        CHECK_INT(vnuma__hmat_parse(copy, i, domains, 4, &again, &wrong),
                  VNUMA_ERROR_HOST);
        free(copy);
    }
    copy = malloc(len);
    REQUIRE(copy);
    for (i = 40; i < len; i++)
        for (value = 0; value < 256; value += 5) {
            memcpy(copy, bytes, len);
            copy[i] = value;
            finish(copy, len);
            memset(&again, 0, sizeof(again));
            rc = vnuma__hmat_parse(copy, len, domains, 4, &again, &wrong);
            CHECK(rc == 0 || rc == VNUMA_ERROR_HOST);
            CHECK(!rc == !wrong);
            vnuma__hmat_dispose(&again);
        }
    free(copy);
    free(bytes);
    vnuma__hmat_dispose(&hmat);
}

/* ---- the best initiator ------------------------------------------------- */

static void the_best_initiator_is_of_least_latency_then_most_bandwidth(void)
{
    vnuma__hmat hmat;

    make_hmat(&hmat);
    CHECK_UINT(vnuma__hmat_best(&hmat, 0), 0);
    CHECK_UINT(vnuma__hmat_best(&hmat, 1), 1);
    CHECK_UINT(vnuma__hmat_best(&hmat, 2), 0); /* 1 has no way */
    CHECK_UINT(vnuma__hmat_best(&hmat, 3), VNUMA_ID_UNKNOWN);
    vnuma__hmat_set(&hmat, 0, VNUMA__READ_LATENCY, 1, 2, 140000);
    CHECK_UINT(vnuma__hmat_best(&hmat, 2), 0);
    vnuma__hmat_set(&hmat, 0, VNUMA__BANDWIDTH, 1, 2, 10241);
    CHECK_UINT(vnuma__hmat_best(&hmat, 2), 1);
    vnuma__hmat_dispose(&hmat);
}

static void a_cache_of_a_level_is_there_once(void)
{
    vnuma__side_cache cache = { .node = 2, .level = 1, .num_levels = 2 };
    vnuma__hmat hmat;

    make_hmat(&hmat);
    CHECK_INT(vnuma__hmat_add_cache(&hmat, &cache), VNUMA_ERROR_CONFIG);
    cache.level = 2;
    CHECK_INT(vnuma__hmat_add_cache(&hmat, &cache), 0);
    cache.node = 0;
    CHECK_INT(vnuma__hmat_add_cache(&hmat, &cache), 0);
    REQUIRE(hmat.num_caches == 3);
    CHECK_UINT(hmat.caches[0].node, 0);
    CHECK_UINT(hmat.caches[1].level, 1);
    CHECK_UINT(hmat.caches[2].level, 2);
    vnuma__hmat_dispose(&hmat);
}

/* ---- files -------------------------------------------------------------- */

static char dir[] = "/tmp/test-hmat.XXXXXX";

static char path[sizeof(dir) + sizeof("/HMAT")];

static void write_table(const void *bytes, size_t len)
{
    FILE *f = fopen(path, "w");

    REQUIRE(f);
    fwrite(bytes, 1, len, f);
    fclose(f);
}

static void firmware_may_have_no_table(void)
{
    vnuma__hmat hmat = { 0 }, again = { 0 };
    vnuma__hmat_loss loss;
    const char *wrong;
    uint8_t *bytes;
    size_t len;

    CHECK_INT(vnuma__machine_hmat(dir, domains, 4, &again, &wrong), 0);
    CHECK(!wrong && !vnuma__hmat_is_known(&again));
    make_hmat(&hmat);
    REQUIRE(!vnuma__hmat_build(&hmat, &bytes, &len, &loss));
    write_table(bytes, len);
    CHECK_INT(vnuma__machine_hmat(dir, domains, 4, &again, &wrong), 0);
    CHECK(vnuma__hmat_equal(&hmat, &again));
    vnuma__hmat_dispose(&again);
    write_table(bytes, len - 1);
    CHECK_INT(vnuma__machine_hmat(dir, domains, 4, &again, &wrong),
              VNUMA_ERROR_HOST);
    CHECK_STR(wrong, "its length is wrong");
    vnuma__hmat_dispose(&hmat);
    free(bytes);
}

static const tap_case cases[] = {
    TAP_CASE(a_value_survives_its_table),
    TAP_CASE(any_difference_is_one),
    TAP_CASE(a_loss_is_said_with_its_largest_difference),
    TAP_CASE(all_vnodes_and_levels_fit),
    TAP_CASE(revision_1_has_other_units_and_flags),
    TAP_CASE(each_mistake_is_named),
    TAP_CASE(a_speed_that_is_too_large_is_refused),
    TAP_CASE(no_byte_beyond_the_table_is_read),
    TAP_CASE(the_best_initiator_is_of_least_latency_then_most_bandwidth),
    TAP_CASE(a_cache_of_a_level_is_there_once),
    TAP_CASE(firmware_may_have_no_table),
};

int main(void)
{
    int failed;

    if (!mkdtemp(dir))
        return EXIT_FAILURE;
    snprintf(path, sizeof(path), "%s/HMAT", dir);
    failed = TAP_RUN(cases);
    unlink(path);
    return rmdir(dir) ? EXIT_FAILURE : failed;
}
