/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ACPI tables of a guest as a text; see kept.h. */
#include "config.h"

#include "tables/kept.h"

#include <stdlib.h>
#include <string.h>

#include "base/acpi_bytes.h"
#include "base/base64.h"
#include "base/diag.h"
#include "tables/files.h"

static const char *const words[] = { "file:", "host:" };

#define WORD_LEN 5u

char *vnuma__kept_format(const uint8_t *bytes, size_t len, bool is_hosts)
{
    char *text = malloc(WORD_LEN + VNUMA__BASE64_LEN(len) + 1);

    if (!text)
        return NULL;
    memcpy(text, words[is_hosts], WORD_LEN);
    vnuma__base64_encode(bytes, len, text + WORD_LEN);
    text[WORD_LEN + VNUMA__BASE64_LEN(len)] = '\0';
    return text;
}

/* By the rules that they were given by; a PVH guest may have most of them. */
static bool are_tables(const uint8_t *bytes, size_t len)
{
    vnuma__tables tables = { .is_pvh = true };
    vnuma_diags ignored = { 0 };
    int rc =
        vnuma__tables_add(&tables, bytes, len, "", VNUMA__NOWHERE, &ignored);

    vnuma_diags_dispose(&ignored);
    return !rc && len <= VNUMA__KEPT_MAX;
}

int vnuma__kept_parse(const char *text, size_t text_len, uint8_t **bytes_r,
                      size_t *len_r, bool *is_hosts_r)
{
    uint8_t *bytes;

    if (text_len < WORD_LEN ||
        text_len > WORD_LEN + VNUMA__BASE64_LEN(VNUMA__KEPT_MAX))
        return VNUMA_ERROR_CONFIG;
    *is_hosts_r = !memcmp(text, words[1], WORD_LEN);
    if (!*is_hosts_r && memcmp(text, words[0], WORD_LEN))
        return VNUMA_ERROR_CONFIG;
    bytes = malloc(text_len);
    if (!bytes)
        return VNUMA_ERROR_NOMEM;
    if (!vnuma__base64_decode(text + WORD_LEN, text_len - WORD_LEN, bytes,
                              len_r) ||
        !are_tables(bytes, *len_r)) {
        free(bytes);
        return VNUMA_ERROR_CONFIG;
    }
    *bytes_r = bytes;
    return 0;
}

const uint8_t *vnuma__kept_find(const uint8_t *bytes, size_t len,
                                const char *signature, size_t *len_r)
{
    size_t at;

    for (at = 0; at < len; at += *len_r) {
        *len_r = vnuma__acpi_get(bytes + at + VNUMA__TABLE_LENGTH, 4);
        if (!memcmp(bytes + at, signature, 4))
            return bytes + at;
    }
    return NULL;
}
