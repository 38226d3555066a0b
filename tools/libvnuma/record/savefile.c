/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl's header and what follows it; see savefile.h.  The formats are those of
 * xl.h and of Xen's docs/specs/libxl-migration-stream and
 * libxc-migration-stream.
 */
#include "config.h"

#include "record/savefile.h"

#include <ctype.h>
#include <endian.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/json_reader.h"
#include "base/utf8.h"

/* ---- xl's header -------------------------------------------------------- */

/* As long as the header's member, so without a final NUL. */
static const char magic[32] = "Xen saved domain, xl format\n \0 \r";

#define BYTE_ORDER_MARK 0x01020304u
#define FLAG_JSON 1u
#define FLAG_STREAM_V2 2u

#define CORRUPT(diags, ...)                                                   \
    vnuma__fail(diags, VNUMA_ERROR_CONFIG, "save-corrupt", __VA_ARGS__)

static uint32_t get_u32(const void *bytes, size_t at)
{
    uint32_t value;

    memcpy(&value, (const char *)bytes + at, sizeof(value));
    return value;
}

int vnuma__save_read_header(const void *bytes, vnuma__save_head *head_r,
                            vnuma_diags *diags)
{
    uint32_t flags = get_u32(bytes, 36);

    memset(head_r, 0, sizeof(*head_r));
    if (memcmp(bytes, magic, sizeof(magic)))
        return CORRUPT(diags, "this is not a guest that xl saved: its first "
                              "32 bytes differ");
    if (get_u32(bytes, 32) != BYTE_ORDER_MARK)
        return CORRUPT(diags, "the guest was saved on a machine of another "
                              "byte order, or the header is damaged");
    if (flags & ~(FLAG_JSON | FLAG_STREAM_V2))
        return vnuma__fail(diags, VNUMA_ERROR_CONFIG, "save-form",
                           "the header has mandatory flags 0x%" PRIx32
                           " that this xl-vnuma does not know",
                           flags & ~(FLAG_JSON | FLAG_STREAM_V2));
    head_r->is_json = flags & FLAG_JSON;
    head_r->is_stream_v2 = flags & FLAG_STREAM_V2;
    head_r->optional_len = get_u32(bytes, 44);
    if (head_r->optional_len > VNUMA__SAVE_OPTIONAL_MAX)
        return CORRUPT(diags,
                       "the header announces a configuration of %" PRIu32
                       " bytes; more than %u MiB are not accepted",
                       head_r->optional_len, VNUMA__SAVE_OPTIONAL_MAX >> 20);
    return 0;
}

void vnuma__save_lengthen(void *header, uint32_t len)
{
    len += get_u32(header, 44);
    memcpy((char *)header + 44, &len, sizeof(len));
}

int vnuma__save_read_optional(const void *bytes, vnuma__save_head *head,
                              vnuma_diags *diags)
{
    uint32_t len = head->optional_len, config_len;

    if (!len)
        return 0;
    if (len < 4)
        return CORRUPT(
            diags, "the header's optional data are too short for a length");
    config_len = get_u32(bytes, 0);
    if (config_len > len - 4)
        return CORRUPT(diags,
                       "the configuration is said to have %" PRIu32
                       " bytes, and there are %" PRIu32,
                       config_len, len - 4);
    head->config_at = 4;
    head->config_len = config_len;
    head->extra_at = 4 + config_len;
    head->extra_len = len - head->extra_at;
    return 0;
}

void vnuma__save_config_dispose(vnuma__save_config *config)
{
    free(config->name);
    memset(config, 0, sizeof(*config));
}

/* Accepts hexadecimal digits in groups of 8, 4, 4, 4 and 12, else nothing. */
static void take_uuid(vnuma__text text, char *uuid_r)
{
    static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    size_t i;

    if (text.len != VNUMA__UUID_LEN)
        return;
    for (i = 0; i < text.len; i++)
        if (shape[i] == 'x' ? !isxdigit((uint8_t)text.ptr[i])
                            : text.ptr[i] != shape[i])
            return;
    memcpy(uuid_r, text.ptr, text.len);
}

static bool find_string(const vnuma__jsondoc_value *object, const char *name,
                        vnuma__text *text_r)
{
    const vnuma__jsondoc_value *value = vnuma__jsondoc_member(object, name);

    if (!value || value->type != VNUMA__JSON_STRING)
        return false;
    *text_r = vnuma__jsondoc_text(value);
    return true;
}

static int take_config(const vnuma__jsondoc_value *root,
                       vnuma__save_config *config_r)
{
    const vnuma__jsondoc_value *object, *value;
    vnuma__text text;

    object = vnuma__jsondoc_member(root, "b_info");
    value = vnuma__jsondoc_member(object, "vnuma_nodes");
    config_r->has_vnuma = vnuma__jsondoc_first(value);
    object = vnuma__jsondoc_member(root, "c_info");
    if (find_string(object, "uuid", &text))
        take_uuid(text, config_r->uuid);
    if (!find_string(object, "name", &text))
        return 0;
    config_r->name = strndup(text.ptr, text.len);
    if (!config_r->name)
        return VNUMA_ERROR_NOMEM;
    vnuma__utf8_make_safe(config_r->name);
    return 0;
}

int vnuma__save_read_config(const void *bytes, uint32_t len,
                            vnuma__save_config *config_r, vnuma_diags *diags)
{
    vnuma__text text = { bytes, len, VNUMA__NOWHERE, false };
    vnuma__jsondoc json;
    vnuma_diags ignored = { 0 };
    int rc;

    memset(config_r, 0, sizeof(*config_r));
    /* xl writes the final NUL too. */
    if (text.len && !text.ptr[text.len - 1])
        text.len--;
    rc = vnuma__jsondoc_parse(text, &json, &ignored);
    if (rc == 1)
        rc = CORRUPT(diags,
                     "the guest's configuration in the saved guest is not "
                     "JSON: %s",
                     ignored.num_items ? vnuma_diags_at(&ignored, 0)->message
                                       : "damaged");
    if (!rc)
        rc = take_config(json.root, config_r);
    vnuma__jsondoc_dispose(&json);
    vnuma_diags_dispose(&ignored);
    return rc;
}

/* ---- the streams -------------------------------------------------------- */

#define RECORD_HEADER_LEN 8u
#define RECORD_OPTIONAL 0x80000000u
#define RECORD_END 0u
#define LIBXL_HEADER_LEN 16u
#define LIBXL_LIBXC_CONTEXT 1u
#define LIBXC_HEADERS_LEN 40u
#define LIBXC_PAGE_DATA 1u
#define LIBXC_RECORD_MAX (128u << 20)
#define PAGE_DATA_HEADER_LEN 8u
#define PAGE_BYTES 4096u
/* From here on, types of pages that do not exist or have no contents. */
#define TYPE_XALLOC 0xdu

typedef struct {
    const vnuma__save_input *input;
    uint64_t at;
    vnuma_diags *diags;
} walk;

/* The byte offset is all that helps to find a place in such a file. */
static int corrupt(walk *w, uint64_t at, const char *what)
{
    return CORRUPT(w->diags,
                   "the saved guest is damaged at byte %" PRIu64 ": %s", at,
                   what);
}

/* Takes @len bytes, or skips them when @bytes_r is NULL. */
static int take_bytes(walk *w, const char *what, void *bytes_r, uint64_t len)
{
    int rc = 0;

    if (w->input->size - w->at < len)
        return vnuma__fail(w->diags, VNUMA_ERROR_CONFIG, "save-truncated",
                           "the saved guest is cut off in %s at byte %" PRIu64
                           ": %" PRIu64 " of %" PRIu64 " bytes are there",
                           what, w->at, w->input->size - w->at, len);
    if (bytes_r && len)
        rc = w->input->read(w->input->user, w->at, bytes_r, (size_t)len);
    w->at += len;
    return rc;
}

/* ---- records ------------------------------------------------------------ */

typedef struct {
    uint64_t at;
    uint32_t type, len;
} record_head;

/* Takes records, each by @take, up to the one that ends them. */
static int walk_records(walk *w, const char *what,
                        int (*take)(walk *w, const record_head *head))
{
    uint8_t bytes[RECORD_HEADER_LEN];
    record_head head;
    int rc;

    do {
        head.at = w->at;
        rc = take_bytes(w, what, bytes, sizeof(bytes));
        if (rc)
            return rc;
        head.type = get_u32(bytes, 0);
        head.len = get_u32(bytes, 4);
        rc = take(w, &head);
    } while (!rc && head.type != RECORD_END);
    return rc;
}

/* Records are padded to 8 bytes. */
static uint64_t padded(uint64_t len)
{
    return (len + 7) & ~UINT64_C(7);
}

/* The list says how many pages follow it, which must match the length. */
static int check_page_data(walk *w, const record_head *head)
{
    uint8_t bytes[PAGE_BYTES];
    uint64_t left, contents = 0, pfn;
    uint32_t count, num, i;
    int rc;

    if (head->len < PAGE_DATA_HEADER_LEN)
        return corrupt(w, head->at, "a record of pages is too short");
    rc = take_bytes(w, "a record of pages", bytes, PAGE_DATA_HEADER_LEN);
    if (rc)
        return rc;
    count = get_u32(bytes, 0);
    left = head->len - PAGE_DATA_HEADER_LEN;
    if (!count || left / 8 < count)
        return corrupt(w, head->at, "a record of pages does not list them");
    left -= (uint64_t)count * 8;
    while (count) {
        num = count < PAGE_BYTES / 8 ? count : PAGE_BYTES / 8;
        rc = take_bytes(w, "a list of pages", bytes, num * UINT64_C(8));
        if (rc)
            return rc;
        for (i = 0; i < num; i++) {
            memcpy(&pfn, bytes + i * sizeof(pfn), sizeof(pfn));
            contents += pfn >> 60 < TYPE_XALLOC;
        }
        count -= num;
    }
    if (contents * PAGE_BYTES != left)
        return corrupt(w, head->at,
                       "a record of pages has other pages than it lists");
    return take_bytes(w, "the guest's pages", NULL,
                      padded(head->len) - head->len + left);
}

static int take_libxc_headers(walk *w)
{
    uint8_t bytes[LIBXC_HEADERS_LEN];
    uint64_t at = w->at;
    uint32_t version;
    int rc = take_bytes(w, "libxc's header", bytes, sizeof(bytes));

    if (rc)
        return rc;
    if (memcmp(bytes, "\xff\xff\xff\xff\xff\xff\xff\xff", 8) ||
        memcmp(bytes + 8, "XENF", 4))
        return corrupt(w, at, "no memory image begins here");
    version = be32toh(get_u32(bytes, 12));
    if (version < 2 || version > 3)
        return corrupt(w, at, "the memory image is of an unknown version");
    return 0;
}

static int take_libxc_record(walk *w, const record_head *head)
{
    if (head->len > LIBXC_RECORD_MAX)
        return corrupt(w, head->at, "a record is too long");
    if (head->type == LIBXC_PAGE_DATA)
        return check_page_data(w, head);
    return take_bytes(w, "a record", NULL, padded(head->len));
}

static int take_libxl_header(walk *w)
{
    uint8_t bytes[LIBXL_HEADER_LEN];
    uint64_t at = w->at;
    int rc = take_bytes(w, "libxl's header", bytes, sizeof(bytes));

    if (rc)
        return rc;
    if (memcmp(bytes, "LibxlFmt", 8))
        return corrupt(w, at, "libxl's stream does not begin here");
    if (be32toh(get_u32(bytes, 8)) != 2)
        return corrupt(w, at, "libxl's stream is of an unknown version");
    if (get_u32(bytes, 12))
        return corrupt(w, at, "libxl's stream has options that are not known");
    return 0;
}

static int take_libxl_record(walk *w, const record_head *head)
{
    int rc;

    if (!(head->type & RECORD_OPTIONAL) && head->type > 5)
        return corrupt(w, head->at, "a record is of an unknown type");
    rc = take_bytes(w, "a record of libxl", NULL, padded(head->len));
    if (rc || head->type != LIBXL_LIBXC_CONTEXT)
        return rc;
    rc = take_libxc_headers(w);
    return rc ? rc : walk_records(w, "the memory image", take_libxc_record);
}

int vnuma__save_check_stream(const vnuma__save_input *input, uint64_t at,
                             vnuma_diags *diags)
{
    walk w = { .input = input, .at = at, .diags = diags };
    int rc = take_libxl_header(&w);

    return rc ? rc : walk_records(&w, "libxl's stream", take_libxl_record);
}
