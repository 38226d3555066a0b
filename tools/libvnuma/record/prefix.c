/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The head of a record before libxl's stream; see prefix.h. */
#include "config.h"

#include "record/prefix.h"

#include <inttypes.h>
#include <string.h>

#include "base/diag.h"

#define FORM 1u

static const char magic[20] = "xl-vnuma before xl\n";

static void put_u32(uint8_t *bytes, uint32_t value)
{
    unsigned int i;

    for (i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t get_u32(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

void vnuma__prefix_write(void *head_r, uint32_t len)
{
    uint8_t *bytes = head_r;

    memset(bytes, 0, VNUMA__PREFIX_LEN);
    memcpy(bytes, magic, sizeof(magic));
    put_u32(bytes + 20, FORM);
    put_u32(bytes + 24, len);
}

bool vnuma__prefix_is(const void *head)
{
    return !memcmp(head, magic, sizeof(magic));
}

int vnuma__prefix_read(const void *head, uint32_t *len_r, vnuma_diags *diags)
{
    const uint8_t *bytes = head;
    uint32_t form = get_u32(bytes + 20), len = get_u32(bytes + 24);

    if (form != FORM)
        return vnuma__fail(diags, VNUMA_ERROR_CONFIG, "save-form",
                           "the guest was saved by a newer xl-vnuma: form "
                           "%" PRIu32 ", not %u",
                           form, FORM);
    if (!len || len > VNUMA__PREFIX_MAX || get_u32(bytes + 28))
        return vnuma__fail(diags, VNUMA_ERROR_CONFIG, "save-record",
                           "the record of the saved guest is damaged");
    *len_r = len;
    return 0;
}
