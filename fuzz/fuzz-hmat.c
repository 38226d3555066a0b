/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as an HMAT of firmware, as a file of ACPI tables and as the text
 * of a guest's HMAT.  Return values and what is said to be wrong agree.  An
 * accepted value is bounded, and is the same after it was made a table or a
 * text and read again, but for what a table has no room for.
 */
#include "config.h"

#include <string.h>

#include "base/acpi_bytes.h"
#include "tables/files.h"
#include "tables/hmat_table.h"
#include "tables/hmat_text.h"

#define FUZZ_CORPUS "hmat"
#include "fuzz.h"

#define NUM_NODES 8u

static const uint32_t domains[NUM_NODES] = { 0, 1, 2, 3, 4, 5, 6, 7 };

static void check_value(const vnuma__hmat *hmat)
{
    vnuma__hmat again = { 0 };
    vnuma__hmat_loss loss;
    const char *wrong;
    uint8_t *bytes;
    size_t len;

    FUZZ_ASSERT(hmat->num_nodes == NUM_NODES);
    FUZZ_ASSERT(hmat->num_caches <= NUM_NODES * 3);
    FUZZ_ASSERT(!vnuma__hmat_build(hmat, &bytes, &len, &loss));
    FUZZ_ASSERT(!vnuma__acpi_sum(bytes, len));
    FUZZ_ASSERT(
        !vnuma__hmat_parse(bytes, len, domains, NUM_NODES, &again, &wrong));
    FUZZ_ASSERT(loss.is_lossy != vnuma__hmat_equal(hmat, &again));
    vnuma__hmat_dispose(&again);
    free(bytes);
}

static void check_firmware(const uint8_t *data, size_t size)
{
    vnuma__hmat hmat = { 0 };
    uint8_t *bytes = malloc(size + 1);
    const char *wrong;
    int rc;

    FUZZ_ASSERT(bytes);
    memcpy(bytes, data, size);
    /* Or it would need luck. */
    if (size > VNUMA__ACPI_HEADER)
        vnuma__acpi_set_checksum(bytes, size, VNUMA__TABLE_CHECKSUM);
    rc = vnuma__hmat_parse(bytes, size, domains, NUM_NODES, &hmat, &wrong);
    FUZZ_ASSERT(rc == 0 || rc == VNUMA_ERROR_HOST);
    FUZZ_ASSERT(!rc == !wrong);
    if (!rc)
        check_value(&hmat);
    else
        FUZZ_ASSERT(!vnuma__hmat_is_known(&hmat));
    vnuma__hmat_dispose(&hmat);
    free(bytes);
}

static void check_diags(const vnuma_diags *diags, const vnuma_source *source,
                        int rc)
{
    FUZZ_ASSERT(rc == 0 || rc == VNUMA_ERROR_CONFIG);
    FUZZ_ASSERT(!rc == !diags->num_errors);
    fuzz_check_diags(diags, source);
}

/* What is accepted can be walked by lengths alone. */
static void check_file(const uint8_t *data, size_t size)
{
    vnuma__tables tables = { .is_pvh = false };
    vnuma_diags diags = { 0 };
    size_t at = 0;
    int rc =
        vnuma__tables_add(&tables, data, size, "file", VNUMA__NOWHERE, &diags);

    check_diags(&diags, NULL, rc);
    for (; !rc && at < size;
         at += vnuma__acpi_get(data + at + VNUMA__TABLE_LENGTH, 4)) {
        FUZZ_ASSERT(size - at >= VNUMA__ACPI_HEADER);
        FUZZ_ASSERT(vnuma__acpi_get(data + at + VNUMA__TABLE_LENGTH, 4) >=
                    VNUMA__ACPI_HEADER);
    }
    FUZZ_ASSERT(rc || (at == size && tables.num <= VNUMA__TABLES_OF_HVM));
    vnuma_diags_dispose(&diags);
}

static int read_text(const char *text, size_t size, vnuma__hmat *hmat,
                     vnuma_diags *diags)
{
    vnuma_source source = { 0 };
    int rc;

    FUZZ_ASSERT(!vnuma_source_set(&source, "hmat", text, size));
    rc = vnuma__hmat_read_text(&source, &vnuma__hmat_any_guest, hmat, diags);
    check_diags(diags, &source, rc);
    vnuma_source_dispose(&source);
    return rc;
}

static void check_text(const uint8_t *data, size_t size)
{
    vnuma__hmat hmat = { 0 }, again = { 0 };
    vnuma_diags diags = { 0 };
    char *text;

    if (!read_text((const char *)data, size, &hmat, &diags)) {
        text = vnuma__hmat_to_text(&hmat);
        FUZZ_ASSERT(text);
        FUZZ_ASSERT(!read_text(text, strlen(text), &again, &diags));
        FUZZ_ASSERT(vnuma__hmat_equal(&hmat, &again));
        free(text);
    }
    vnuma__hmat_dispose(&hmat);
    vnuma__hmat_dispose(&again);
    vnuma_diags_dispose(&diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_firmware(data, size);
    check_file(data, size);
    check_text(data, size);
    return 0;
}
