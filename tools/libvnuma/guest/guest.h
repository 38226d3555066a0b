/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest's settings, inside the library: functions for the files that read
 * them (config*.c), and what follows from the settings (guest.c).
 */
#ifndef VNUMA_GUEST_H
#define VNUMA_GUEST_H

#include "base/diag.h"
#include "cfg/tree.h"

/* An x86 machine has at most 52 address bits: 4 PiB, in MiB. */
#define VNUMA__MAX_MIB UINT64_C(0xffffffff)

/* State of reading one guest's settings. */
typedef struct {
    vnuma_config *config;
    vnuma_diags *diags;
    int rc; /* 0; VNUMA_ERROR_NOMEM ends reading */
    /* What is read now, and its member of the config. */
    const vnuma__setting *setting;
    const struct vnuma__config_key *key;
    void *into;
} vnuma__config_reader;

/*
 * A fix within a vnode; none where the grammar has errors, as the pieces may
 * be cut in wrong places.
 */
#define vnuma__fix_option(p, text, ...)                                       \
    vnuma_diags_add_fix((p)->diags,                                           \
                        (text).exact && (p)->config->unsound !=               \
                                            VNUMA_ABOUT_EVERYTHING            \
                            ? (text).span                                     \
                            : VNUMA__NOWHERE,                                 \
                        __VA_ARGS__)

/* config.c */

void vnuma__config_dispose(vnuma_config *config);
/* An xl.cfg, into one that is empty; other forms: kvm/kvm.h. */
int vnuma__config_parse(const vnuma_source *source, vnuma_config *config_r,
                        vnuma_diags *diags);

/* config_number.c */

/* As calloc(); without memory p->rc says so. */
void *vnuma__config_alloc(vnuma__config_reader *p, size_t num, size_t size);
/* Whether the setting is a string; a list is reported. */
bool vnuma__is_string(vnuma__config_reader *p, const char *wanted);
/* Reads as strtol(, 0) does: "0x" is hexadecimal, a leading 0 is octal. */
bool vnuma__parse_c_number(vnuma__text text, unsigned int *base_r,
                           uint64_t *value_r);
typedef struct {
    vnuma__text text; /* its digits */
    uint64_t value;   /* too large counts as UINT64_MAX */
} vnuma__range_end;
/*
 * Reads "N" or "N-M" as xl does, by strtoul(): white space and a sign may
 * stand before each number, nothing after it.
 */
bool vnuma__parse_range(vnuma__text text, vnuma__range_end ends_r[2]);
/*
 * Takes the next piece off *@rest, as xl splits lists at commas, by strtok():
 * empty pieces are skipped.  False when there is none.
 */
bool vnuma__next_piece(vnuma__text *rest, vnuma__text *piece_r);
/*
 * Finds the strings of the setting, which is one string or a list of them, of
 * which @max are taken; returns how many there are.  A list inside the list is
 * reported and ends them.
 */
uint32_t vnuma__setting_strings(vnuma__config_reader *p, uint32_t max,
                                const vnuma__value **strings_r);

/* These read the setting, or report why they cannot. */
typedef void vnuma__parse_setting(vnuma__config_reader *p);

/* A setting that matters, and how it is read. */
struct vnuma__config_key {
    const char *name;
    vnuma__parse_setting *parse;
    size_t member;      /* of the config: the offset of p->into; 0: not used */
    unsigned int about; /* VNUMA_ABOUT_: unsound when there is a mistake */
    /* Of a number. */
    uint64_t min, max;
    const char *unit; /* for messages; "": a count, else " MiB", kept as KiB */
};

vnuma__parse_setting vnuma__parse_number;     /* config_number.c */
vnuma__parse_setting vnuma__parse_affinities; /* config_affinity.c */
vnuma__parse_setting vnuma__parse_pcidevs;    /* config_affinity.c */
vnuma__parse_setting vnuma__parse_policies;   /* config_policy.c */
vnuma__parse_setting vnuma__parse_vnuma;      /* config_vnode.c */
/* config_files.c */
vnuma__parse_setting vnuma__parse_acpi_firmware, vnuma__parse_hmat,
    vnuma__parse_vtpm, vnuma__parse_device_model_args,
    vnuma__parse_laptop_slate, vnuma__parse_table_off;

/* config_list.c: the values of a vnode's options vcpus= and vdistances=. */
void vnuma__parse_vcpus(vnuma__config_reader *p, vnuma__text text,
                        vnuma_vnode *vnode);
void vnuma__parse_distances(vnuma__config_reader *p, vnuma__text text,
                            vnuma_vnode *vnode);

/* membind.c: by vnuma_policy; NULL ends them. */
#define VNUMA__NUM_POLICIES 3u
extern const char *const vnuma__policy_names[VNUMA__NUM_POLICIES + 1];
/* config_policy.c: a vnode's policy; NULL: none is given, so strict. */
const vnuma_policy_item *vnuma__policy_of(const vnuma_config *config,
                                          unsigned int vnode);
/* guess.c: what was meant by wrong words and numbers. */

/* Returns the index of what was probably meant by @text, or num_names. */
unsigned int vnuma__nearest_name(vnuma__text text, const char *const *names,
                                 unsigned int num_names);
/*
 * Reads what people write instead of a plain number of MiB: "1G", "256MB",
 * "512.0", "0x100", "1,024".  False when it is not a whole number of MiB.
 */
bool vnuma__text_to_mib(vnuma__text text, uint64_t *mib_r);

/* guest.c: what libxl uses for settings that are not given. */

static inline bool vnuma__is_given(vnuma_span span)
{
    return span.source;
}

/* The video RAM, which libxl takes from vnode 0; and without videoram=. */
uint64_t vnuma__guest_default_video_memkb(const vnuma_config *config);
uint64_t vnuma__guest_video_memkb(const vnuma_config *config);
/* The one of two settings that counts; its number may not be given. */
typedef struct {
    const char *name; /* for messages: "maxmem" or "memory" */
    vnuma_number number;
} vnuma__setting_used;

/* What the vnodes' size= add up to. */
typedef struct {
    uint64_t memkb;           /* of the vnodes with size= */
    unsigned int num_missing; /* vnodes without size= */
    vnuma_span missing;       /* the first of them, or vnuma= */
    unsigned int last;        /* vnode with size=, if there is one */
} vnuma__size_sum;

vnuma__size_sum vnuma__sum_sizes(const vnuma_config *config);
/* What says vnuma_config_total_memkb() and _max_vcpus(). */
vnuma__setting_used vnuma__guest_total(const vnuma_config *config);
vnuma__setting_used vnuma__guest_max_vcpus(const vnuma_config *config);

/*
 * As vnuma_membind_format(), separated by ";"; "" for none, NULL: no memory.
 */
char *vnuma__membinds_format(const vnuma_membind *membinds, unsigned int num);

#endif
