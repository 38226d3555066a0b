/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvnuma: errors, limits, and texts with places in them.  The rules that all
 * headers follow are at the top of vnuma.h.
 */
#ifndef VNUMA_BASE_H
#define VNUMA_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    VNUMA_ERROR_NOMEM = -1,  /* no memory; nothing was changed */
    VNUMA_ERROR_IO = -2,     /* a file could not be read; see errno */
    VNUMA_ERROR_CONFIG = -3, /* the guest's settings are wrong; see diags */
    VNUMA_ERROR_NOFIT = -4,  /* right, but not for this host; see diags */
    VNUMA_ERROR_HOST = -5,   /* the text of a host is wrong; see diags */
    VNUMA_ERROR_XEN = -6,    /* the hypervisor refused; see errno */
};

/* Limits of Xen's public interface (xen/memory.h, xen/domctl.h, hvm_info). */
#define VNUMA_MAX_VNODES 32u
#define VNUMA_MAX_VMEMRANGES 170u
#define VNUMA_MAX_PNODES 64u
#define VNUMA_MAX_VCPUS 128u

#define VNUMA_DISTANCE_LOCAL 10u
#define VNUMA_DISTANCE_MAX 254u
#define VNUMA_DISTANCE_UNREACHABLE 255u
#define VNUMA_DISTANCE_UNKNOWN UINT32_MAX
#define VNUMA_MEMKB_UNKNOWN UINT64_MAX
#define VNUMA_PNODE_AUTO UINT32_MAX
#define VNUMA_ID_UNKNOWN UINT32_MAX /* of a core, socket or pnode */

/* ---- texts and places in them ------------------------------------------- */

/*
 * One text, kept for as long as anything may point into it.  A guest's text
 * may have two parts: the file, and from byte `extra` on the key=value
 * arguments of the command line, joined as xl joins them.
 *
 * A text may also be the arguments of a command, each with a NUL after it, as
 * in /proc/PID/cmdline: they are then counted instead of lines.
 */
typedef struct {
    char *name; /* owned; as the user gave it, "<stdin>" for "-" */
    char *text; /* owned; len bytes, then a NUL that does not count */
    uint32_t len;
    uint32_t extra; /* start of the command line's part; len: there is none */
    bool is_arguments;
} vnuma_source;

#define VNUMA_SOURCE_MAX (64u << 20) /* larger texts are refused, in bytes */

void vnuma_source_init(vnuma_source *source); /* to all zeroes */
void vnuma_source_dispose(vnuma_source *source);

/*
 * vnuma_source_set - keep a copy of a text
 * @name: for messages
 *
 * Returns 0, VNUMA_ERROR_NOMEM, or VNUMA_ERROR_IO with errno EFBIG when the
 * text is longer than VNUMA_SOURCE_MAX.
 */
int vnuma_source_set(vnuma_source *source, const char *name, const char *text,
                     size_t len);

/*
 * vnuma_source_read - read a file, or standard input when @path is "-"
 *
 * Reads pipes and devices too, which xl itself refuses (ENOTTY).  An empty
 * file is an empty text, as it is for xl.
 *
 * Returns 0, VNUMA_ERROR_NOMEM, or VNUMA_ERROR_IO with errno set: EISDIR for
 * a directory, EFBIG for more than VNUMA_SOURCE_MAX bytes.
 */
int vnuma_source_read(vnuma_source *source, const char *path);

/*
 * vnuma_source_append - add a key=value argument of the command line
 *
 * xl puts a newline after the file and one after each argument, and another
 * after the last; so does this (the last one is vnuma_source_append_end()'s,
 * which does nothing when there was no argument).  Spans taken from the source
 * before stay right.
 *
 * Returns 0, VNUMA_ERROR_NOMEM or VNUMA_ERROR_IO (EFBIG).
 */
int vnuma_source_append(vnuma_source *source, const char *setting);
int vnuma_source_append_end(vnuma_source *source);

/* The bytes [start, end) of a source.  Empty means a place, not a text. */
typedef struct {
    const vnuma_source *source; /* borrowed; NULL: from no text */
    uint32_t start, end;
} vnuma_span;

/*
 * vnuma_span_locate - line and column of a span's start, both from 1
 *
 * Columns count bytes, and a tab is one.  Lines of the command line's part of
 * a source count from 1 again, one for each argument; @name_r gets
 * "<command line>" there, else the source's name (borrowed).  Of arguments
 * the line is the number of one, 0 for the program.
 */
void vnuma_span_locate(vnuma_span span, const char **name_r, uint32_t *line_r,
                       uint32_t *column_r);

#ifdef __cplusplus
}
#endif

#endif
