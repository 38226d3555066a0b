/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dom0's limits inside the library: what dom0_*.c share. */
#ifndef VNUMA_DOM0_INSIDE_H
#define VNUMA_DOM0_INSIDE_H

#include "base/diag.h"
#include "base/text.h"
#include "vnuma_dom0.h"

#define VNUMA__PAGE_KB 4u

/* The place of the bytes [start, end); the nearest there is when it is torn. */
vnuma_span vnuma__dom0_span(const vnuma_dom0_cmdline *cmdline, uint32_t start,
                            uint32_t end);
/* Returns 0 or VNUMA_ERROR_NOMEM. */
int vnuma__dom0_add(vnuma_dom0_cmdline *cmdline, char c,
                    vnuma_dom0_place place);
int vnuma__dom0_append(vnuma_dom0_cmdline *to, const vnuma_dom0_cmdline *from);

/*
 * One option, as Xen cuts it off: the key without "no-", the value behind "=".
 * Bytes are offsets into the command line.
 */
typedef struct {
    const vnuma_dom0_cmdline *cmdline;
    uint32_t start, end;   /* all of it */
    uint32_t key, key_end; /* without "no-" */
    uint32_t value;        /* == value_end: none, or an empty one */
    uint32_t value_end;    /* what is beyond 127 bytes Xen does not see */
    bool is_negated;       /* "no-" */
    bool has_value;        /* there is a "=" */
    bool is_behind;        /* behind " -- ", so not Xen's */
} vnuma__dom0_option;

/* The next option from *@at on; false when there is none. */
bool vnuma__dom0_next(const vnuma_dom0_cmdline *cmdline, uint32_t *at,
                      vnuma__dom0_option *option_r);
bool vnuma__dom0_is_key(const vnuma__dom0_option *option, const char *name);

/* A value while it is read; at == end is a NUL. */
typedef struct {
    const vnuma__dom0_option *option;
    uint32_t at, end;
    vnuma_dom0_limits *limits;
    vnuma_diags *diags;
} vnuma__dom0_value;

static inline char vnuma__dom0_peek(const vnuma__dom0_value *v)
{
    return v->at < v->end ? v->option->cmdline->text[v->at] : '\0';
}

/* Returns the number, cut to 64 bits as Xen's; *wrapped_r: it was cut. */
uint64_t vnuma__dom0_number(vnuma__dom0_value *v, bool *wrapped_r);

/* Each reads a value to its end or its first mistake. */
void vnuma__dom0_parse_mem(vnuma__dom0_value *v);
void vnuma__dom0_parse_nodes(vnuma__dom0_value *v);
void vnuma__dom0_parse_vcpus(vnuma__dom0_value *v);
void vnuma__dom0_parse_pin(vnuma__dom0_value *v);

#endif
