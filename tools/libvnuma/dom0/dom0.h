/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dom0's limits inside the library: declarations for dom0_*.c. */
#ifndef VNUMA_DOM0_INSIDE_H
#define VNUMA_DOM0_INSIDE_H

#include "base/diag.h"
#include "base/text.h"
#include "base/objects.h"

/* Adds a piece, if it is not empty.  Returns 0 or VNUMA_ERROR_NOMEM. */
int vnuma__dom0_add(vnuma_dom0_cmdline *cmdline, vnuma_span piece);

#define VNUMA__DOM0_MAX_OPTION 127u /* bytes that Xen keeps of one */
#define VNUMA__DOM0_ROOM (VNUMA__DOM0_MAX_OPTION + 1) /* for one item */

/* A number without a unit, KiB to Xen, was meant as MiB when it is below. */
#define VNUMA__DOM0_MOST_MIB (UINT64_C(1) << 17)

/* One option, as Xen splits it. */
typedef struct {
    uint32_t piece; /* of the command line */
    vnuma_span all; /* source NULL: before the first option */
    vnuma_span key; /* without "no-" */
    /* After "="; Xen ignores what is beyond 127 bytes of the whole. */
    vnuma_span value;
    bool is_negated;      /* "no-" */
    bool is_colon;        /* dom0_mem:1G: to Xen all of it is a key */
    bool is_after;        /* after " -- ", so not for Xen */
    vnuma_span separator; /* of the "--" before it */
} vnuma__dom0_option;

/* Goes to the option after *@option; false: there is none. */
bool vnuma__dom0_next(const vnuma_dom0_cmdline *cmdline,
                      vnuma__dom0_option *option);
/* dom0's options. */
enum {
    VNUMA__DOM0_MEM,
    VNUMA__DOM0_NODES,
    VNUMA__DOM0_VCPUS, /* dom0_max_vcpus */
    VNUMA__DOM0_PIN,   /* dom0_vcpus_pin */
    VNUMA__DOM0_KEYS,
};

/* Returns which of them it is or was meant to be; -1: none. */
int vnuma__dom0_key(const vnuma__dom0_option *option);
bool vnuma__dom0_is_key(const vnuma__dom0_option *option, const char *name);

/* A value while it is read; a NUL is read at its end. */
typedef struct {
    const vnuma__dom0_option *option;
    uint32_t at, end;
    vnuma_dom0_limits *limits;
    vnuma_diags *diags;
} vnuma__dom0_value;

static inline char vnuma__dom0_peek(const vnuma__dom0_value *v)
{
    return v->at < v->end ? v->option->all.source->text[v->at] : '\0';
}

static inline vnuma_span vnuma__dom0_value_span(const vnuma__dom0_value *v,
                                                uint32_t start, uint32_t end)
{
    return (vnuma_span){ v->option->all.source, start,
                         end > start ? end : start };
}

/* What is left of the value. */
static inline vnuma__text vnuma__dom0_rest(const vnuma__dom0_value *v)
{
    return vnuma__span_text(vnuma__dom0_value_span(v, v->at, v->end));
}

typedef struct {
    uint64_t value; /* modulo 2^64, as Xen has it */
    bool wrapped;   /* it was larger */
    bool is_octal;  /* which its 0 may not have been meant for */
} vnuma__dom0_number;

vnuma__dom0_number vnuma__dom0_read_number(vnuma__dom0_value *v);

/* Reports that Xen refuses [start, end); @hint: how to write it, or NULL. */
void vnuma__dom0_refuse(const vnuma__dom0_value *v, uint32_t start,
                        uint32_t end, const char *what, const char *hint);
/* Says that what was given before is given again now. */
void vnuma__dom0_given_again(const vnuma__dom0_value *v, vnuma_span before,
                             vnuma_span now);

/* The memory that an amount means, without its "-". */
uint64_t vnuma__dom0_amount_memkb(const vnuma_dom0_amount *amount,
                                  uint64_t avail_memkb);

/* Those that dom0 may use. */
uint32_t vnuma__dom0_num_pcpus(const vnuma_dom0_limits *limits,
                               const vnuma_topology *topology,
                               const vnuma_dom0_srat *srat);

/* How many pieces of the command line are in GRUB_CMDLINE_XEN. */
uint32_t vnuma__dom0_grub_num_xen(const vnuma_dom0_grub *grub);

/*
 * As vnuma_dom0_suggest(), for one of GRUB's two settings: GRUB_CMDLINE_XEN,
 * which has the first @num_xen pieces, or GRUB_CMDLINE_XEN_DEFAULT, which gets
 * what is missing.
 */
char *vnuma__dom0_suggest_setting(const vnuma_dom0_cmdline *cmdline,
                                  const vnuma_dom0_limits *limits,
                                  const vnuma_topology *topology,
                                  const vnuma_dom0_srat *srat,
                                  uint32_t num_xen, bool is_xen,
                                  bool is_whole);

/*
 * Each writes what an item of a value is meant to be to @out, which is a copy
 * of it, with VNUMA__DOM0_ROOM bytes.  @fine: Xen accepts it as it is.
 */
void vnuma__dom0_mend_size(const char *item, bool fine, char *out);
void vnuma__dom0_mend_nodes(const char *item, bool fine, char *out);

/* Proposes that for the item which is read, if it is something else. */
void vnuma__dom0_fix_item(const vnuma__dom0_value *v,
                          void (*mend)(const char *item, bool fine,
                                       char *out));

/* Each reads a value to its end or its first mistake. */
void vnuma__dom0_parse_mem(vnuma__dom0_value *v);
void vnuma__dom0_parse_nodes(vnuma__dom0_value *v);
void vnuma__dom0_parse_vcpus(vnuma__dom0_value *v);
void vnuma__dom0_parse_pin(vnuma__dom0_value *v);

#endif
