/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A saved guest as xl writes it: xl's header, optional data (the guest's
 * configuration, and after it what other programs add: our record), then
 * libxl's stream with libxc's inside.  Pure: checks all that it reads and
 * keeps no page of the guest.
 *
 *   offset  bytes
 *        0     32  "Xen saved domain, xl format\n \0 \r"
 *       32      4  0x01020304, which shows the byte order
 *       36      4  mandatory flags   1: the configuration is JSON
 *                                    2: libxl's stream is of version 2
 *       40      4  optional flags
 *       44      4  length of the optional data
 *       48      4  length of the configuration, then the configuration;
 *                  xl ignores what is after it
 *        .     16  libxl's stream: "LibxlFmt", version, options, records
 */
#ifndef VNUMA_SAVEFILE_H
#define VNUMA_SAVEFILE_H

#include "record/record.h"

#define VNUMA__SAVE_HEADER_LEN 48u
#define VNUMA__SAVE_OPTIONAL_MAX (8u << 20) /* in bytes; its tree takes more */

/* The beginning: all that a restore needs to know before it starts. */
typedef struct {
    bool is_json;      /* the configuration is; else it is an xl.cfg */
    bool is_stream_v2; /* else older than Xen 4.6 */
    uint32_t optional_len;
    uint32_t config_at, config_len; /* in the optional data; 0: none */
    uint32_t extra_at, extra_len;   /* what is after it */
} vnuma__save_head;

/*
 * Reads the first VNUMA__SAVE_HEADER_LEN bytes; @head_r->optional_len is the
 * number of bytes that follow.  Returns 0 or VNUMA_ERROR_CONFIG (reported).
 */
int vnuma__save_read_header(const void *bytes, vnuma__save_head *head_r,
                            vnuma_diags *diags);

/* Adds @len to the length of the optional data in xl's header. */
void vnuma__save_lengthen(void *header, uint32_t len);

/*
 * Finds the parts of the optional data, @head->optional_len bytes. Returns 0
 * or VNUMA_ERROR_CONFIG (reported).
 */
int vnuma__save_read_optional(const void *bytes, vnuma__save_head *head,
                              vnuma_diags *diags);

#define VNUMA__UUID_LEN 36u

/* What we need of a JSON configuration. */
typedef struct {
    char *name; /* owned; NULL: none; "?" for bytes unsafe to print */
    char uuid[VNUMA__UUID_LEN + 1]; /* as libxl writes it; "": none */
    bool has_vnuma;
} vnuma__save_config;

void vnuma__save_config_dispose(vnuma__save_config *config);

/*
 * Returns 0, VNUMA_ERROR_CONFIG when it is not JSON (reported) or
 * VNUMA_ERROR_NOMEM.
 */
int vnuma__save_read_config(const void *bytes, uint32_t len,
                            vnuma__save_config *config_r, vnuma_diags *diags);

/* How to read a whole file. */
typedef struct {
    uint64_t size;
    /* Reads all of [offset, offset + len) or returns VNUMA_ERROR_IO. */
    int (*read)(void *user, uint64_t offset, void *bytes_r, size_t len);
    void *user;
} vnuma__save_input;

/*
 * vnuma__save_check_stream - check that the streams are whole
 * @at: where libxl's stream begins
 *
 * Reads the head of every record and the list of pages in each record of
 * pages, not the pages: about 1/500 of the file.
 *
 * Returns 0, VNUMA_ERROR_CONFIG (reported; ids "save-truncated" and
 * "save-corrupt") or VNUMA_ERROR_IO.
 */
int vnuma__save_check_stream(const vnuma__save_input *input, uint64_t at,
                             vnuma_diags *diags);

#endif
