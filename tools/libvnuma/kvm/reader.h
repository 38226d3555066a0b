/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a KVM guest, whatever its form: each form's own file makes a tree of
 * named items of the text; tables of keys say what becomes of them.
 */
#ifndef VNUMA_KVM_READER_H
#define VNUMA_KVM_READER_H

#include <setjmp.h>

#include "base/json_reader.h"
#include "kvm/kvm.h"

#define VNUMA__MAX_RANGES 20000u /* of a guest; bounds time and memory */

typedef struct {
    const vnuma_source *source;
    vnuma_config *config;
    vnuma__kvm *kvm; /* its kvm */
    vnuma_diags *diags;
    jmp_buf no_memory;   /* what ends reading, wherever it is */
    vnuma__jsondoc json; /* owned; what is being read */
    void *xml;           /* owned; likewise */
    unsigned int num_ranges, num_added, num_options;
} vnuma__kvm_reader;

/* Adds to the end of a list that "next" links, whose first is *first. */
#define VNUMA__APPEND(first, made)                                            \
    do {                                                                      \
        __typeof__(first) *end = &(first);                                    \
        while (*end)                                                          \
            end = &(*end)->next;                                              \
        *end = (made);                                                        \
    } while (0)

/* Zeroes; it does not return without memory. */
void *vnuma__kvm_alloc(vnuma__kvm_reader *r, size_t size);
_Noreturn void vnuma__kvm_no_memory(vnuma__kvm_reader *r);

/* An option, "key=value", an element, an attribute, a line. */
typedef struct vnuma__item {
    vnuma__text name, value; /* value.ptr NULL: there is none */
    vnuma_span span;
    struct vnuma__item *first, *last, *next, *parent;
    bool is_element;  /* of XML, not an attribute */
    uint32_t tag_end; /* of an element's start tag */
    bool is_json;     /* a size has no suffix, a list is items */
} vnuma__item;

vnuma__item *vnuma__item_add(vnuma__kvm_reader *r, vnuma__item *parent,
                             vnuma__text name, vnuma__text value);
/* Of that name below @parent, which may be NULL; the last one counts. */
vnuma__item *vnuma__item_find(const vnuma__item *parent, const char *name);
#define VNUMA__ITEM_FOREACH(item, parent)                                     \
    for ((item) = (parent) ? (parent)->first : NULL; (item);                  \
         (item) = (item)->next)

/* A copy of bytes that are not in the source, with the place of the whole. */
vnuma__text vnuma__text_made(vnuma__kvm_reader *r, const char *bytes,
                             uint32_t len, vnuma_span span);

typedef enum {
    VNUMA__COUNT, /* digits; a vnuma_number */
    VNUMA__BYTES, /* as QEMU writes sizes; a vnuma_number */
    VNUMA__MIB,   /* the same, MiB when it has no suffix */
    VNUMA__FLAG,  /* on, off; a vnuma_number */
    VNUMA__WORD,  /* one of words; a vnuma_number, its index */
    VNUMA__TEXT,  /* a vnuma__text */
    VNUMA__SET,   /* a vnuma__set, which it is added to */
    VNUMA__KNOWN, /* nothing is kept */
} vnuma__kind;

typedef struct {
    const char *name; /* NULL ends a table */
    vnuma__kind kind;
    size_t member; /* offset of what it is read into */
    uint64_t max;  /* of COUNT and SET; 0: UINT32_MAX */
    const char *const *words;
} vnuma__key;

/* What keys stand in, for messages: "-numa node"; unknown ones are errors. */
typedef struct {
    const char *of;
    const vnuma__key *keys;
    bool is_open;   /* others are passed over */
    char separator; /* of lists; 0: a list is a key repeated */
    bool is_xml;    /* others are passed over by libvirt, with a warning */
} vnuma__keys;

/* Reads all items below @item.  Returns whether all was understood. */
bool vnuma__take_keys(vnuma__kvm_reader *r, const vnuma__item *item,
                      const vnuma__keys *keys, void *into);
/* "0-3,^2"; what is wrong is reported.  @max: of a member */
void vnuma__take_set(vnuma__kvm_reader *r, vnuma__text text, char separator,
                     const char *name, uint32_t max, vnuma__set *set);
/* Digits up to @max, or reported. */
bool vnuma__take_count(vnuma__kvm_reader *r, vnuma__text text,
                       const char *name, uint64_t max, vnuma_number *number_r);
/*
 * Whether there is a character that a web page made of an ASCII one, which is
 * then reported.
 */
bool vnuma__has_typographic(vnuma__kvm_reader *r, vnuma__text text);
/* QEMU's: "1.5G", "0x1000"; @unit: of a number without suffix. */
bool vnuma__text_to_bytes(vnuma__text text, uint64_t unit, uint64_t *bytes_r);

/* The start tag of an element. */
static inline vnuma_span vnuma__head(const vnuma__item *item)
{
    return (vnuma_span){ item->span.source, item->span.start,
                         item->tag_end ? item->tag_end : item->span.end };
}

/* Whether there are too many for lists in which adding one walks all. */
bool vnuma__is_too_many(vnuma__kvm_reader *r, const vnuma__item *item);
/* The guest's name, unless it has one. */
void vnuma__take_name(vnuma__kvm_reader *r, vnuma__text name);

/* xml.c: false: it is no XML, which was reported. */
bool vnuma__read_xml(vnuma__kvm_reader *r, vnuma__item *root);
void vnuma__xml_free(void *parser);

/* The readers: each fills r->kvm and r->config. */
bool vnuma__is_qemu(const vnuma_source *source);
void vnuma__read_qemu(vnuma__kvm_reader *r);
void vnuma__read_libvirt(vnuma__kvm_reader *r);
void vnuma__read_proxmox(vnuma__kvm_reader *r);

/* shell.c: the words of the guest's command, items below @command. */
typedef enum {
    VNUMA__WORDS_NONE,
    VNUMA__WORDS_QEMU,    /* its program is the first word */
    VNUMA__WORDS_OPTIONS, /* options only */
} vnuma__words_kind;
vnuma__words_kind vnuma__read_words(vnuma__kvm_reader *r,
                                    vnuma__item *command);

/* settle.c: from what was read to vnodes, vcpus, distances, policies. */
void vnuma__kvm_settle(vnuma__kvm_reader *r);

#endif
