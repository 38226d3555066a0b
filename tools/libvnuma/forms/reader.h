/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text and value of a guest of KVM.  Each form's own file makes a tree of
 * named items of the text, and has tables of keys: what of an item is which
 * member of the value.  Reading and writing walk the same tables.
 */
#ifndef VNUMA_FORMS_READER_H
#define VNUMA_FORMS_READER_H

#include <stdio.h>

#include "base/json_reader.h"
#include "base/xml.h"
#include "forms/forms.h"

/* What is wrong in a text, by the id of its check; check/ has words for it. */
typedef struct {
    const char *id;
    vnuma__text text;
    const char *name, *meant; /* "cpus"; what would be right, or NULL */
    uint64_t number;
} vnuma__wrong;

typedef struct {
    vnuma__maker make;
    const vnuma_source *source;
    vnuma_config *config;
    vnuma__kvm *kvm; /* its kvm */
    vnuma_diags *diags;
    void (*report)(vnuma_diags *diags, const vnuma__wrong *wrong);
    vnuma__jsondoc json; /* owned; what is being read */
    vnuma__xml xml;      /* owned; likewise */
    unsigned int num_ranges, num_options;
} vnuma__kvm_reader;

/*
 * Reads one that is not xl's into a config that is empty, and settles it; its
 * source, config, diags and report are set.  Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__kvm_read(vnuma__kvm_reader *r, vnuma__form form);

void vnuma__kvm_wrong(vnuma__kvm_reader *r, const char *id, vnuma__text text,
                      const char *name, const char *meant, uint64_t number);

/* An option, "key=value", an element, an attribute, a line. */
typedef struct vnuma__item {
    vnuma__text name, value; /* value.ptr NULL: there is none */
    vnuma_span span;
    uint32_t tag_end;   /* of an element: where its start tag ends; else 0 */
    unsigned char json; /* a vnuma__jsondoc_type, plus 1; 0: not of JSON */
    struct vnuma__item *first, *last, *next, *parent;
} vnuma__item;

vnuma__item *vnuma__item_add(vnuma__kvm_reader *r, vnuma__item *parent,
                             vnuma__text name, vnuma__text value);
/* Of that name below @parent, which may be NULL; the last one counts. */
vnuma__item *vnuma__item_find(const vnuma__item *parent, const char *name);
static inline vnuma__item *vnuma__item_first(const vnuma__item *parent)
{
    return parent ? parent->first : NULL;
}

#define VNUMA__ITEM_FOREACH(item, parent)                                     \
    for ((item) = vnuma__item_first(parent); (item); (item) = (item)->next)

static const vnuma__text vnuma__no_text = { .ptr = NULL };

/* A copy of bytes that are not in the source, with the place of the whole. */
vnuma__text vnuma__text_made(vnuma__kvm_reader *r, const char *bytes,
                             uint32_t len, vnuma_span span);

typedef enum {
    VNUMA__COUNT, /* digits; a vnuma_number */
    VNUMA__BYTES, /* as QEMU writes sizes; a vnuma_number */
    VNUMA__MIB,   /* the same, MiB when it has no suffix */
    VNUMA__KIB,   /* libvirt's: KiB, or in the unit= next to it */
    VNUMA__FLAG,  /* on, off; a vnuma_number */
    VNUMA__WORD,  /* one of words; a vnuma_number, its index */
    VNUMA__TEXT,  /* a vnuma__text */
    VNUMA__SET,   /* a vnuma__set, which it is added to */
    VNUMA__UNIT,  /* of VNUMA__KIB, nothing is kept */
} vnuma__kind;

typedef struct {
    const char *name; /* NULL ends a table; "": between the tags of XML */
    vnuma__kind kind;
    size_t member; /* offset of what it is read into */
    uint64_t max;  /* of COUNT and SET; 0: UINT32_MAX */
    const char *const *words;
    unsigned int shift; /* a COUNT of what is so many bits larger */
} vnuma__key;

#define VNUMA__KEYS(name, ...)                                                \
    static const vnuma__key name[] = { __VA_ARGS__, { NULL } }

/* A piece of text that has keys, and what of the value it is. */
typedef struct {
    const char *name, *of; /* "numa", and for messages "-numa node" */
    const vnuma__key *keys;
    const char *first;  /* the key that need not be written */
    const char *type;   /* and what it is here, or begins with: "memory-" */
    size_t list, size;  /* of each one more in a list; 0: at that offset */
    unsigned int about; /* with mistakes unsound */
    bool is_open;       /* others are passed over */
    char separator;     /* of lists; 0: a list is a key repeated */
    bool is_xml;        /* others are passed over by libvirt, with a warning */
} vnuma__row;

/* Returns what it was read into; or that is given. */
void *vnuma__take_row(vnuma__kvm_reader *r, const vnuma__item *item,
                      const vnuma__row *row);
void vnuma__take_into(vnuma__kvm_reader *r, const vnuma__item *item,
                      const vnuma__row *row, void *into);

/* How keys are written. */
typedef enum {
    VNUMA__AS_OPTIONS, /* key=value,key=value; QEMU's and Proxmox's */
    VNUMA__AS_SHELL,   /* the same, with backslashes */
    VNUMA__AS_JSON,
    VNUMA__AS_XML,   /* attributes */
    VNUMA__AS_LINES, /* key: value */
} vnuma__how;

/* What of a row is given, after other keys if @goes_on. */
void vnuma__put_row(FILE *f, const vnuma__row *row, const void *from,
                    vnuma__how how, bool goes_on);

/* The start tag of an element. */
static inline vnuma_span vnuma__head(const vnuma__item *item)
{
    return (vnuma_span){ item->span.source, item->span.start,
                         item->tag_end ? item->tag_end : item->span.end };
}

/* Whether there are too many for lists in which adding one walks all. */
bool vnuma__is_too_many(vnuma__kvm_reader *r, const vnuma__item *item);

/* xml.c: false: it is no XML, which was reported. */
bool vnuma__read_xml(vnuma__kvm_reader *r, vnuma__item *root);

extern const char *const vnuma__qemu_policies[];
/* The readers: each fills r->kvm. */
bool vnuma__is_qemu(const vnuma_source *source);
void vnuma__read_qemu(vnuma__kvm_reader *r);
void vnuma__read_libvirt(vnuma__kvm_reader *r);
void vnuma__read_proxmox(vnuma__kvm_reader *r);

/* shell.c: the words of the guest's command, items below @command. */
void vnuma__read_words(vnuma__kvm_reader *r, vnuma__item *command);

void vnuma__write_qemu(const vnuma__kvm *kvm, vnuma__style style, FILE *f);
char *vnuma__write_xml(const vnuma__kvm *kvm);
void vnuma__write_proxmox(const vnuma__kvm *kvm, FILE *f);
/* What replaces or joins these elements below a parent, in a document. */
typedef struct {
    const char *parent; /* NULL: <domain> itself */
    const char *children[4];
    /* Whether there is anything; @f NULL: only that. */
    bool (*write)(const vnuma__kvm *kvm, FILE *f);
} vnuma__xml_group;
#define VNUMA__NUM_XML_GROUPS 5u
extern const vnuma__xml_group vnuma__xml_groups[VNUMA__NUM_XML_GROUPS];

#endif
