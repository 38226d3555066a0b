/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ACPI tables as a text, and bytes as one. */
#include "config.h"

#include "base/base64.h"
#include "tables-case.h"
#include "tables/kept.h"
#include "vnuma.h"

/* Of RFC 4648, 10. */
static void bytes_are_written_as_everyone_does(void)
{
    static const char *const texts[][2] = {
        { "", "" },
        { "f", "Zg==" },
        { "fo", "Zm8=" },
        { "foo", "Zm9v" },
        { "foob", "Zm9vYg==" },
        { "fooba", "Zm9vYmE=" },
        { "foobar", "Zm9vYmFy" },
    };
    uint8_t bytes[16];
    char text[16];
    size_t len;
    unsigned int i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        memset(text, 0, sizeof(text));
        vnuma__base64_encode((const uint8_t *)texts[i][0], strlen(texts[i][0]),
                             text);
        CHECK_STR(text, texts[i][1]);
        CHECK(vnuma__base64_decode(text, strlen(text), bytes, &len));
        CHECK_UINT(len, strlen(texts[i][0]));
        CHECK(!memcmp(bytes, texts[i][0], len));
    }
}

static void other_texts_are_no_bytes(void)
{
    static const char *const texts[] = { "Z",     "Zg",   "Zg=",  "Zg=x",
                                         "====",  "Zh==", "Zm9=", "Zg==Zg==",
                                         "Zm\nv", "Z===" };
    uint8_t bytes[16];
    size_t len;
    unsigned int i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        CHECK(!vnuma__base64_decode(texts[i], strlen(texts[i]), bytes, &len));
    CHECK(!vnuma__base64_decode("Zg\0=", 4, bytes, &len));
}

static void tables_survive_their_text(void)
{
    table_file file = { .len = 0 };
    const uint8_t *found;
    uint8_t *bytes;
    size_t len, found_len;
    bool is_hosts;
    char *text;

    add_table(&file, "ABCD", 41);
    add_table(&file, "HMAT", 40);
    text = vnuma__kept_format(file.bytes, file.len, true);
    REQUIRE(text);
    REQUIRE(!vnuma__kept_parse(text, strlen(text), &bytes, &len, &is_hosts));
    CHECK(is_hosts);
    CHECK_UINT(len, file.len);
    CHECK(!memcmp(bytes, file.bytes, len));
    found = vnuma__kept_find(bytes, len, "HMAT", &found_len);
    CHECK(found == bytes + 41);
    CHECK_UINT(found_len, 40);
    CHECK(!vnuma__kept_find(bytes, len, "SLIT", &found_len));
    free(bytes);
    memcpy(text, "file", 4);
    REQUIRE(!vnuma__kept_parse(text, strlen(text), &bytes, &len, &is_hosts));
    CHECK(!is_hosts);
    free(bytes);
    free(text);
}

static void check_refused(const char *text, size_t len)
{
    uint8_t *bytes;
    size_t bytes_len;
    bool is_hosts;

    CHECK_INT(vnuma__kept_parse(text, len, &bytes, &bytes_len, &is_hosts),
              VNUMA_ERROR_CONFIG);
}

static void what_cannot_be_walked_is_refused(void)
{
    table_file file = { .len = 0 };
    char *text;
    size_t i;

    check_refused("", 0);
    check_refused("host:", 5);
    check_refused("hosts:", 6);
    add_table(&file, "HMAT", 40);
    text = vnuma__kept_format(file.bytes, file.len, false);
    REQUIRE(text);
    for (i = 0; i < strlen(text); i++)
        check_refused(text, i);
    free(text);
    vnuma__acpi_put(file.bytes + 4, 0, 4);
    text = vnuma__kept_format(file.bytes, file.len, false);
    REQUIRE(text);
    check_refused(text, strlen(text));
    free(text);
}

static void too_many_bytes_are_refused(void)
{
    size_t len = VNUMA__KEPT_MAX + 3;
    uint8_t *bytes = calloc(1, len), *parsed;
    bool is_hosts;
    char *text;

    REQUIRE(bytes);
    memcpy(bytes, "ABCD", 4);
    vnuma__acpi_put(bytes + 4, VNUMA__KEPT_MAX, 4);
    vnuma__acpi_set_checksum(bytes, VNUMA__KEPT_MAX, VNUMA__TABLE_CHECKSUM);
    text = vnuma__kept_format(bytes, VNUMA__KEPT_MAX, false);
    REQUIRE(text);
    CHECK_INT(vnuma__kept_parse(text, strlen(text), &parsed, &len, &is_hosts),
              0);
    free(parsed);
    free(text);
    vnuma__acpi_put(bytes + 4, VNUMA__KEPT_MAX + 3, 4);
    vnuma__acpi_set_checksum(bytes, VNUMA__KEPT_MAX + 3,
                             VNUMA__TABLE_CHECKSUM);
    text = vnuma__kept_format(bytes, VNUMA__KEPT_MAX + 3, false);
    REQUIRE(text);
    check_refused(text, strlen(text));
    free(text);
    free(bytes);
}

static const tap_case cases[] = {
    TAP_CASE(bytes_are_written_as_everyone_does),
    TAP_CASE(other_texts_are_no_bytes),
    TAP_CASE(tables_survive_their_text),
    TAP_CASE(what_cannot_be_walked_is_refused),
    TAP_CASE(too_many_bytes_are_refused),
};

int main(void)
{
    return TAP_RUN(cases);
}
