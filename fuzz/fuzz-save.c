/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a saved guest.  Errors and return values agree, nothing is read
 * beyond the input, and an accepted record can be planned and is the same
 * after it was written and read again.
 */
#include "config.h"

#include <string.h>

#include "inside.h"
#include "record/savefile.h"

#define FUZZ_CORPUS "save"
#include "fuzz.h"

typedef struct {
    const uint8_t *data;
    size_t size;
} input;

static int read_at(void *user, uint64_t offset, void *bytes_r, size_t len)
{
    const input *in = user;

    FUZZ_ASSERT(offset <= in->size && len <= in->size - offset);
    memcpy(bytes_r, in->data + offset, len);
    return 0;
}

static void check_diags(const vnuma_diags *diags, int rc)
{
    FUZZ_ASSERT(!rc == !diags->num_errors);
    fuzz_check_diags(diags, NULL);
}

static void check_record(const char *text, size_t len)
{
    vnuma_record record = { 0 }, again = { 0 };
    char *first, *second;
    vnuma_config config;
    vnuma_diags diags;
    int rc;

    vnuma_diags_init(&diags);
    rc = vnuma__record_parse(text, len, &record, &diags);
    FUZZ_ASSERT(rc == 0 || rc == VNUMA_ERROR_CONFIG);
    check_diags(&diags, rc);
    if (!rc) {
        first = vnuma_record_format(&record);
        FUZZ_ASSERT(first);
        FUZZ_ASSERT(
            !vnuma__record_parse(first, strlen(first), &again, &diags));
        second = vnuma_record_format(&again);
        FUZZ_ASSERT(second && !strcmp(first, second));
        free(first);
        free(second);
        memset(&config, 0, sizeof(config));
        FUZZ_ASSERT(!vnuma__record_to_config(&record, "g", true, &config));
        FUZZ_ASSERT(vnuma__record_video_memkb(&record) <= record.memkb[0]);
        vnuma__config_dispose(&config);
    }
    vnuma__record_dispose(&again);
    vnuma__record_dispose(&record);
    vnuma_diags_dispose(&diags);
}

static void check_optional(const input *in, vnuma__save_head *head)
{
    const uint8_t *optional = in->data + VNUMA__SAVE_HEADER_LEN;
    vnuma__save_config config = { 0 };
    vnuma_diags diags;
    int rc;

    vnuma_diags_init(&diags);
    rc = vnuma__save_read_optional(optional, head, &diags);
    check_diags(&diags, rc);
    if (!rc && head->config_len) {
        rc = vnuma__save_read_config(optional + head->config_at,
                                     head->config_len, &config, &diags);
        check_diags(&diags, rc);
        vnuma__save_config_dispose(&config);
    }
    if (!rc && head->extra_len)
        check_record((const char *)optional + head->extra_at, head->extra_len);
    vnuma_diags_dispose(&diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size };
    vnuma__save_input whole = { .size = size, .read = read_at, .user = &in };
    vnuma__save_head head;
    vnuma_diags diags;
    uint64_t at = 0;
    int rc;

    /* The fuzzer finds records sooner without a whole file around them. */
    check_record((const char *)data, size);
    vnuma_diags_init(&diags);
    if (size >= VNUMA__SAVE_HEADER_LEN) {
        rc = vnuma__save_read_header(data, &head, &diags);
        check_diags(&diags, rc);
        if (!rc && head.optional_len <= size - VNUMA__SAVE_HEADER_LEN) {
            check_optional(&in, &head);
            at = VNUMA__SAVE_HEADER_LEN + (uint64_t)head.optional_len;
        }
    }
    vnuma_diags_dispose(&diags);
    vnuma_diags_init(&diags);
    rc = vnuma__save_check_stream(&whole, at, &diags);
    FUZZ_ASSERT(rc == 0 || rc == VNUMA_ERROR_CONFIG);
    check_diags(&diags, rc);
    vnuma_diags_dispose(&diags);
    return 0;
}
