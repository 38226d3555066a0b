/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as an HMAT of firmware.  The return value and what is said to be
 * wrong agree, and an accepted value is bounded and is the same after it was
 * made a table and read again, but for what that table has no room for.
 */
#include "config.h"

#include <string.h>

#include "base/acpi_bytes.h"
#include "tables/hmat_table.h"
#include "vnuma.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
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
    return 0;
}
