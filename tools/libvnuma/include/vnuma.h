/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvnuma - virtual NUMA for Xen guests.
 *
 * Read the vnuma= setting of a guest's xl.cfg(5), check it against the rest of
 * the file and against a host, and decide where each virtual node shall live.
 * This library is pure: texts go in, values come out.  It makes no hypercall,
 * shows no Xen type, prints nothing and needs no Xen to run.  What talks to a
 * running Xen is in vnuma_xen.h.
 *
 * Words.  A vnode is a guest's virtual node, a pnode a node of the host; a
 * vcpu is a guest's CPU, a pcpu one of the host.  vnodes, vcpus and pcpus
 * count from 0.  pnode numbers are Xen's own (those of "xl info -n") and may
 * have gaps.
 *
 * Units.  Names ending in memkb are KiB, as in libxl.  Distances are those of
 * the ACPI SLIT: 10 is local, larger is farther, VNUMA_DISTANCE_UNKNOWN means
 * that firmware did not say.
 *
 * Errors.  A function that returns int returns 0 or one of the VNUMA_ERROR_
 * values that its comment lists, no other.  What is wrong in a text is
 * described in the vnuma_diags argument, never only in the return value.
 *
 * Ownership.  A struct with an _init function is the caller's: _init it, pass
 * it, _dispose it, once or more often.  What hangs below it is the library's.
 * After a failed call an output is as _init left it.
 *
 * Threads.  There is no global state.  Two objects never share anything but a
 * vnuma_source that the caller gave to both; one object is for one thread at
 * a time.
 */
#ifndef VNUMA_H
#define VNUMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * LIBVNUMA_API_VERSION - the interface that a program was written for
 *
 * As with libxl, a program may define it before it includes this header: it
 * then gets an interface that is source compatible with that release, or an
 * error when there is none.  Not defined: the newest.  0x010200 is 1.2.0.
 *
 * What came after 0x000100 is told by a LIBVNUMA_HAVE_ of its own, so that a
 * program can be built with older headers too.  They are defined here and in
 * vnuma_xen.h, next to what they stand for, and never go away.
 */
#ifdef LIBVNUMA_API_VERSION
#if LIBVNUMA_API_VERSION != 0x000100
#error Unknown LIBVNUMA_API_VERSION: it is 0x000100 or is not defined
#endif
#endif

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

/* ---- texts and places in them ---------------------------------------- */

/*
 * One text, kept for as long as anything may point into it.  A guest's text
 * may have two parts: the file, and from byte `extra` on the key=value
 * arguments of the command line, joined as xl joins them.
 */
typedef struct {
    char *name; /* owned; as the user gave it, "<stdin>" for "-" */
    char *text; /* owned; len bytes, then a NUL that does not count */
    uint32_t len;
    uint32_t extra; /* start of the command line's part; len: there is none */
} vnuma_source;

#define VNUMA_SOURCE_MAX (64u << 20) /* larger texts are refused, in bytes */

void vnuma_source_init(vnuma_source *source);
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
 * Reads pipes and devices too, which xl itself refuses (ENOTTY): whoever
 * passes the path on to xl must know.  An empty file is an empty text, as it
 * is for xl.
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
 * "<command line>" there, else the source's name (borrowed).
 */
void vnuma_span_locate(vnuma_span span, const char **name_r, uint32_t *line_r,
                       uint32_t *column_r);

/* ---- diagnostics -------------------------------------------------------- */

typedef enum {
    VNUMA_SEVERITY_NOTE,
    VNUMA_SEVERITY_WARNING,
    VNUMA_SEVERITY_ERROR,
} vnuma_severity;

typedef struct {
    vnuma_severity severity;
    const char *id; /* static; stable: output, man page and tests use it */
    vnuma_span span;
    char *message; /* owned; one line, no full stop */
    char *hint;    /* owned; what to write instead, or NULL */
    bool related;  /* a note that belongs to the diagnostic before it */
} vnuma_diag;

/*
 * At most 20 items of each severity are kept, related ones not counted; when
 * there were more, a note with the id "too-many" stands in place of the first
 * that was not.
 */
typedef struct {
    vnuma_diag *items; /* owned; in the order reported */
    unsigned int num_items;
    unsigned int num_errors;   /* right even when an item was lost */
    unsigned int num_warnings; /* likewise */
    unsigned int num_notes;    /* likewise; without the related ones */
    bool lost;                 /* there was no memory to keep an item */
    bool dropped;              /* internal: the last report was not kept */
} vnuma_diags;

void vnuma_diags_init(vnuma_diags *diags);
void vnuma_diags_dispose(vnuma_diags *diags);

/*
 * vnuma_diag_format - a diagnostic as people and editors read it
 * @colour: mark severity and caret with ANSI sequences
 *
 * "FILE:LINE:COLUMN: SEVERITY: MESSAGE [ID]", then the line and a caret below
 * it, then the hint; without a place only "SEVERITY: MESSAGE [ID]".  Bytes of
 * the text that a terminal would act on are shown as "?".
 *
 * Returns a string to be freed by the caller, or NULL without memory.
 */
char *vnuma_diag_format(const vnuma_diag *diag, bool colour);

/*
 * vnuma_diags_to_json - {"valid": ..., "diagnostics": [...]}
 *
 * The form is in the man page xl-vnuma(1).  "valid" is num_errors == 0.  Each
 * diagnostic has "file", "line", "column", "end_line", "end_column" (all null
 * when it has no place; the end is the byte after the last), "severity", "id",
 * "message", "hint" (null: none) and, on a related note, "related": true.
 * Bytes that are not UTF-8 become U+FFFD.
 *
 * Returns a string to be freed by the caller, or NULL without memory.
 */
char *vnuma_diags_to_json(const vnuma_diags *diags);
/* The same of several texts, in one object. */
char *vnuma_diags_list_to_json(const vnuma_diags *const *list,
                               unsigned int num);

/* ---- sets of small numbers ----------------------------------------------- */

/* All zeroes is the empty set.  Members are below VNUMA_BITMAP_MAX. */
typedef struct {
    uint64_t *words; /* owned */
    uint32_t num_words;
} vnuma_bitmap;

#define VNUMA_BITMAP_MAX 65536u
#define VNUMA_BITMAP_NONE UINT32_MAX

void vnuma_bitmap_init(vnuma_bitmap *bitmap);
void vnuma_bitmap_dispose(vnuma_bitmap *bitmap);
/* Returns 0 or VNUMA_ERROR_NOMEM. */
int vnuma_bitmap_set(vnuma_bitmap *bitmap, uint32_t bit);
/* Returns 0 or VNUMA_ERROR_NOMEM; @to_r may hold something before. */
int vnuma_bitmap_copy(const vnuma_bitmap *from, vnuma_bitmap *to_r);
bool vnuma_bitmap_test(const vnuma_bitmap *bitmap, uint32_t bit);
unsigned int vnuma_bitmap_count(const vnuma_bitmap *bitmap);
bool vnuma_bitmap_equal(const vnuma_bitmap *a, const vnuma_bitmap *b);
/* The smallest member >= @bit, or VNUMA_BITMAP_NONE. */
uint32_t vnuma_bitmap_next(const vnuma_bitmap *bitmap, uint32_t bit);
/* "0-3,8", "none" when empty; to be freed by the caller, NULL: no memory. */
char *vnuma_bitmap_format(const vnuma_bitmap *bitmap);

#define VNUMA_BITMAP_FOREACH(bit, bitmap)                                     \
    for ((bit) = vnuma_bitmap_next((bitmap), 0); (bit) != VNUMA_BITMAP_NONE;  \
         (bit) = vnuma_bitmap_next((bitmap), (bit) + 1))

/* ---- a host ----------------------------------------------------------------- */

typedef struct {
    uint32_t pnode;      /* Xen's number */
    uint64_t memkb;      /* what firmware calls its size: it may span holes */
    uint64_t free_memkb; /* what counts; either may be VNUMA_MEMKB_UNKNOWN */
    vnuma_bitmap pcpus;  /* may be empty */
} vnuma_pnode;

/* What the host does not say of it is VNUMA_ID_UNKNOWN; no pnode: offline. */
typedef struct {
    uint32_t pcpu, core, socket, pnode;
} vnuma_pcpu;

/* A PCI device whose node the host knows. */
typedef struct {
    uint16_t segment;
    uint8_t bus, device, function;
    uint32_t pnode;
} vnuma_pcidev;

/*
 * A line "key : value" of xl info that we keep but do not use.  A value of
 * NULL is a line that ends at its colon; xl info's tables (cpu_topology,
 * device topology, numa_info) leave such a one where they stood.
 */
typedef struct {
    char *key, *value; /* owned */
} vnuma_fact;

typedef struct {
    vnuma_pnode *pnodes; /* owned; ascending by number */
    unsigned int num_pnodes;
    uint32_t *distances; /* owned; num_pnodes rows of num_pnodes, by index */
    vnuma_pcpu *pcpus;   /* owned; ascending by number */
    unsigned int num_pcpus;
    vnuma_pcidev *pcidevs; /* owned; in the order of the source */
    unsigned int num_pcidevs;
    vnuma_fact *facts; /* owned; in the order of the source */
    unsigned int num_facts;
} vnuma_topology;

void vnuma_topology_init(vnuma_topology *topology);
void vnuma_topology_dispose(vnuma_topology *topology);

/*
 * vnuma_topology_parse - read the text of a host
 * @source: "xl info -n", "numactl -H" or our JSON, recognised by content; kept
 *          only by @diags
 *
 * Counts, numbers and matrices of the text must agree with each other; the
 * first that do not are reported.
 *
 * Returns 0, VNUMA_ERROR_HOST (see @diags) or VNUMA_ERROR_NOMEM.
 */
int vnuma_topology_parse(const vnuma_source *source,
                         vnuma_topology *topology_r, vnuma_diags *diags);

/*
 * The text that "xl info -n" prints, and JSON as xl-vnuma(1) describes it.
 * vnuma_topology_parse() reads JSON back to the same value, and the text to
 * the same but for memory: that is in whole MiB there, rounded down, as xl
 * does.  A text that xl printed comes out as it was, byte for byte.
 * To be freed by the caller; NULL: no memory.
 */
char *vnuma_topology_to_text(const vnuma_topology *topology);
char *vnuma_topology_to_json(const vnuma_topology *topology);

/* The pnode of that number, or NULL. */
const vnuma_pnode *vnuma_topology_find(const vnuma_topology *topology,
                                       uint32_t pnode);
/* By pnode numbers; VNUMA_DISTANCE_UNKNOWN also for numbers it does not have. */
uint32_t vnuma_topology_distance(const vnuma_topology *topology, uint32_t from,
                                 uint32_t to);

/* ---- where memory goes -------------------------------------------------------- */

/* LIBVNUMA_HAVE_POLICY: vnuma_policy, vnuma_place, xl_vnuma_policy=. */
#define LIBVNUMA_HAVE_POLICY 1

typedef enum {
    VNUMA_POLICY_STRICT,     /* all of it on one pnode, or not at all */
    VNUMA_POLICY_PREFERRED,  /* there; what does not fit on the nearest others */
    VNUMA_POLICY_INTERLEAVE, /* evenly on several */
} vnuma_policy;

/* The pnodes for a vnode's memory. */
typedef struct {
    vnuma_policy policy;
    /*
     * Strict: one.  Preferred: the vnode's pnode, then the others in the order
     * in which they are filled.  Interleave: those that take turns.
     */
    uint32_t pnodes[VNUMA_MAX_PNODES];
    unsigned int num_pnodes;
} vnuma_place;

/*
 * vnuma_place_format, vnuma_place_parse - a place as one word
 *
 * "strict:0", "preferred:1,0,2", "interleave:0,1".  The text is to be freed by
 * the caller, NULL: no memory.  Parsing reads up to the end or a ";" and is
 * true when it was such a word.
 */
char *vnuma_place_format(const vnuma_place *place);
bool vnuma_place_parse(const char *text, vnuma_place *place_r);
/* "strict", "preferred" or "interleave"; static. */
const char *vnuma_policy_name(vnuma_policy policy);

/* ---- a guest ------------------------------------------------------------------ */

typedef enum {
    VNUMA_GUEST_PV, /* what xl takes when neither type= nor builder= is there */
    VNUMA_GUEST_HVM,
    VNUMA_GUEST_PVH,
} vnuma_guest_type;

/* A number that the file gives, and where; span.source is NULL if it does not. */
typedef struct {
    uint64_t value;
    vnuma_span span;
} vnuma_number;

/* vcpus first to last, both included: one piece of vcpus=. */
typedef struct {
    uint32_t first, last; /* below VNUMA_MAX_VCPUS */
    vnuma_span span;
} vnuma_vcpu_range;

typedef struct {
    vnuma_span span;    /* the [ ... ] of this vnode */
    vnuma_number pnode; /* VNUMA_PNODE_AUTO when not given or "auto" */
    vnuma_number memkb; /* of size=, 0 when not given */
    vnuma_bitmap vcpus;
    vnuma_span vcpus_span;
    vnuma_vcpu_range *vcpu_ranges; /* owned; vcpus piece by piece */
    unsigned int num_vcpu_ranges;
    vnuma_number *distances; /* owned; at most VNUMA_MAX_VNODES are kept */
    unsigned int num_distances;
    vnuma_span distances_span;
} vnuma_vnode;

/* One piece of cpus= or cpus_soft=: "3", "0-5", "^4", "nodes:0-1", "all". */
typedef struct {
    bool is_all;
    bool is_excluded; /* ^ */
    bool is_pnodes;   /* first and last are pnodes, not pcpus */
    uint32_t first, last;
    vnuma_span span;
} vnuma_affinity_term;

/* One string of them: each term adds to the set or takes from it. */
typedef struct {
    vnuma_affinity_term *terms; /* owned */
    unsigned int num_terms;
    vnuma_span span;
} vnuma_affinity;

/* cpus= or cpus_soft=; source of span NULL: not given. */
typedef struct {
    vnuma_span span;
    bool is_list;          /* item i is vcpu i's; else item 0 is everyone's */
    vnuma_affinity *items; /* owned; at most VNUMA_MAX_VCPUS are kept */
    unsigned int num_items;
} vnuma_affinities;

/* One string of xl_vnuma_policy=; pnodes are those of "interleave=". */
typedef struct {
    vnuma_policy policy;
    vnuma_bitmap pnodes;
    vnuma_span span;        /* of the string */
    vnuma_span pnodes_span; /* of what is behind "interleave=" */
} vnuma_policy_item;

/*
 * xl_vnuma_policy=, which is ours: xl ignores settings that it does not know.
 * Source of span NULL: not given, all is strict.
 */
typedef struct {
    vnuma_span span;
    bool is_list;             /* item i is vnode i's; else item 0 is everyone's */
    vnuma_policy_item *items; /* owned; at most VNUMA_MAX_VNODES are kept */
    unsigned int num_items;
} vnuma_policies;

/* A device of pci=; those given by name= or unreadable are left out. */
typedef struct {
    uint16_t segment;
    uint8_t bus, device, function;
    bool is_every_function; /* ".*" */
    vnuma_span span;
} vnuma_guest_pcidev;

typedef enum {
    VNUMA_VGA_CIRRUS, /* what libxl takes when the file does not say */
    VNUMA_VGA_STD,
    VNUMA_VGA_NONE,
    VNUMA_VGA_QXL,
} vnuma_vga;

/*
 * What matters for NUMA in a guest's file.  Numbers are as in the file, in
 * KiB where the name says so; defaults that xl would fill in are not filled
 * in here.
 */
typedef struct {
    vnuma_guest_type type;
    vnuma_span type_span;
    char *name; /* owned; NULL when the file has none */
    vnuma_number memory_memkb, maxmem_memkb, videoram_memkb;
    vnuma_number vcpus, maxvcpus;
    vnuma_span vnodes_span; /* vnuma= whole; source NULL: no vnuma= */
    bool vnuma_auto;       /* vnuma="auto" */
    vnuma_vnode *vnodes;   /* owned; at most VNUMA_MAX_VNODES are kept */
    unsigned int num_vnodes;
    vnuma_vga vga;
    bool is_traditional; /* device_model_version="qemu-xen-traditional" */
    vnuma_number mmio_hole_memkb;
    vnuma_affinities cpus, cpus_soft;
    char *pool; /* owned; NULL when the file has none */
    vnuma_span pool_span;
    vnuma_guest_pcidev *pcidevs; /* owned; at most VNUMA_MAX_PCIDEVS */
    unsigned int num_pcidevs;
    vnuma_policies policies;
    vnuma_span migratable_span; /* of nomigrate=0 */
    /* VNUMA_ABOUT_: what has mistakes, so that nothing follows from it. */
    unsigned int unsound;
} vnuma_config;

#define VNUMA_MAX_PCIDEVS 256u

/* What a mistake is about; vnuma_check() leaves out what would follow. */
enum {
    VNUMA_ABOUT_PNODE = 1 << 0,
    VNUMA_ABOUT_SIZE = 1 << 1,
    VNUMA_ABOUT_VCPUS = 1 << 2,
    VNUMA_ABOUT_DISTANCES = 1 << 3,
    VNUMA_ABOUT_MEMORY = 1 << 4,  /* memory=, maxmem=, videoram=, vga= */
    VNUMA_ABOUT_MAXVCPUS = 1 << 5, /* vcpus=, maxvcpus= of the guest */
    VNUMA_ABOUT_CPUS = 1 << 6,    /* cpus=, cpus_soft= */
    VNUMA_ABOUT_TYPE = 1 << 7,
    VNUMA_ABOUT_VNODES = 1 << 8, /* how many vnodes there are */
    /* No mistake: set it to leave to vnuma_plan_build() whether it fits. */
    VNUMA_ABOUT_FIT = 1 << 9,
    VNUMA_ABOUT_POLICY = 1 << 10,
    VNUMA_ABOUT_EVERYTHING = (1 << 11) - 1,
};

void vnuma_config_init(vnuma_config *config);
void vnuma_config_dispose(vnuma_config *config);

/*
 * vnuma_config_parse - read a guest's settings
 * @source: an xl.cfg(5); @config_r and @diags point into it afterwards
 *
 * Everything that can be said without a host and without comparing two
 * settings is reported here: grammar, unknown keys, bad numbers.  After
 * VNUMA_ERROR_CONFIG the config is still filled as far as it was understood,
 * so that vnuma_check() can report the rest in the same run.
 *
 * Returns 0, VNUMA_ERROR_CONFIG or VNUMA_ERROR_NOMEM.
 */
int vnuma_config_parse(const vnuma_source *source, vnuma_config *config_r,
                       vnuma_diags *diags);

/* ---- checks ------------------------------------------------------------------- */

/*
 * vnuma_check - compare a guest's settings with each other and with a host
 * @topology: NULL: only what can be said without a host
 *
 * Returns 0 when @diags has no error, else VNUMA_ERROR_CONFIG, or
 * VNUMA_ERROR_NOMEM.
 */
int vnuma_check(const vnuma_config *config, const vnuma_topology *topology,
                vnuma_diags *diags);

/* The table of checks: what "xl-vnuma check --list" prints. */
typedef struct {
    const char *id;
    vnuma_severity severity; /* the most severe that it reports */
    const char *summary;     /* one line */
} vnuma_check_info;

/* Returns the table, static, and its length. */
const vnuma_check_info *vnuma_check_list(unsigned int *num_r);

/* ---- plans -------------------------------------------------------------------- */

/* So much of a vnode on that pnode. */
typedef struct {
    uint32_t pnode;
    uint64_t memkb;
} vnuma_plan_part;

typedef struct {
    uint32_t pnode; /* of its vcpus, and of its memory if it is strict */
    uint64_t memkb;
    vnuma_bitmap vcpus;
    uint32_t *distances; /* owned; num_vnodes of the plan */
    vnuma_place place;   /* where its memory may go */
    /* Owned; where it will go by what is free now; more than one pnode only
     * if its policy is not strict. */
    vnuma_plan_part *parts;
    unsigned int num_parts;
} vnuma_plan_vnode;

/*
 * What the plan does to a pnode that it uses, for memory or for vcpus.  Left on it are free_memkb less
 * the three others.
 */
typedef struct {
    uint32_t pnode;
    uint64_t free_memkb;  /* before */
    uint64_t reserve_memkb; /* what the user wants to keep free there */
    uint64_t guest_memkb; /* memory of the guest put there */
    uint64_t build_memkb; /* what building it costs there (paging pool ...) */
} vnuma_plan_pnode;

/* design "What best means for plan": compared in this order, smaller wins. */
typedef struct {
    uint64_t shared;     /* vnodes sharing a pnode */
    uint64_t overcommit; /* vcpus beyond the pcpus of their pnode */
    uint64_t distance;
    uint64_t misplaced;   /* memory-only vnodes on pnodes that have CPUs */
    uint64_t least_memkb; /* smallest free memory left: more is better */
} vnuma_plan_cost;

typedef struct {
    bool feasible;
    bool optimal; /* proven: no other placement has a smaller cost */
    vnuma_plan_vnode *vnodes; /* owned */
    unsigned int num_vnodes;
    vnuma_plan_pnode *pnodes; /* owned; those used, ascending by number */
    unsigned int num_pnodes;
    vnuma_plan_cost cost;
    /* Proven: no placement with that cost.shared and cost.overcommit has a
     * smaller distance.  Equal to cost.distance when optimal. */
    uint64_t distance_bound;
    char **reasons; /* owned; one line each */
    unsigned int num_reasons;
} vnuma_plan;

void vnuma_plan_init(vnuma_plan *plan);
void vnuma_plan_dispose(vnuma_plan *plan);

/*
 * LIBVNUMA_HAVE_PLAN_OPTIONS: vnuma_plan_options and vnuma_plan_build_with().
 */
#define LIBVNUMA_HAVE_PLAN_OPTIONS 1

/* A pnode's margin, or every pnode's when pnode is VNUMA_PNODE_AUTO. */
typedef struct {
    uint32_t pnode;
    uint64_t memkb;
} vnuma_plan_reserve;

/* What others take of a pnode: it is not there for this guest. */
typedef struct {
    uint32_t pnode;
    uint64_t memkb;
    uint32_t num_vcpus; /* each of them takes a pcpu */
} vnuma_plan_taken;

/* What a plan is made with besides config and host; all zeroes is nothing. */
typedef struct {
    vnuma_plan_reserve *reserves; /* owned; the last for a pnode counts */
    unsigned int num_reserves;
    vnuma_plan_taken *taken; /* owned; all of them count */
    unsigned int num_taken;
} vnuma_plan_options;

void vnuma_plan_options_init(vnuma_plan_options *options);
void vnuma_plan_options_dispose(vnuma_plan_options *options);
/* Keeps memory free on a pnode.  Returns 0 or VNUMA_ERROR_NOMEM. */
int vnuma_plan_options_reserve(vnuma_plan_options *options, uint32_t pnode,
                               uint64_t memkb);

/*
 * vnuma_plan_options_take - plan beside another guest, as if it were there
 *
 * The memory of @plan, with what building costs, and a pcpu for each of its
 * vcpus are gone from its pnodes.  Of guests that run already the host's free
 * memory knows; their vcpus nobody counts.
 *
 * Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma_plan_options_take(vnuma_plan_options *options,
                            const vnuma_plan *plan);

/*
 * vnuma_plan_build - decide where each vnode shall live
 * @config:   one in which vnuma_check() found no error
 * @topology: the host as it is now
 * @plan_r:   also filled, with feasible = false and the reasons, on
 *            VNUMA_ERROR_NOFIT
 * @diags:    on VNUMA_ERROR_NOFIT one error per vnode that does not fit, at
 *            its size=
 *
 * The same input always gives the same plan.
 *
 * Returns 0, VNUMA_ERROR_NOFIT or VNUMA_ERROR_NOMEM.
 */
int vnuma_plan_build(const vnuma_config *config,
                     const vnuma_topology *topology, vnuma_plan *plan_r,
                     vnuma_diags *diags);
/* The same with options; NULL: none. */
int vnuma_plan_build_with(const vnuma_config *config,
                          const vnuma_topology *topology,
                          const vnuma_plan_options *options,
                          vnuma_plan *plan_r, vnuma_diags *diags);

/* LIBVNUMA_HAVE_PLAN_SEVERAL: vnuma_plan_several() and what belongs to it. */
#define LIBVNUMA_HAVE_PLAN_SEVERAL 1

/* One of several guests.  All zeroes but config and name is right to begin. */
typedef struct {
    const vnuma_config *config; /* borrowed; NULL: not to be planned */
    const char *name;           /* borrowed; of its file */
    int rc;                     /* as of vnuma_plan_build() */
    bool fits_alone;            /* on this host with none of the others */
    vnuma_plan plan;            /* owned; likewise */
    vnuma_diags diags;          /* owned; likewise */
} vnuma_plan_guest;

/* Disposes plan and diags. */
void vnuma_plan_guest_dispose(vnuma_plan_guest *guest);

/*
 * vnuma_plan_several - plan guests that shall live beside each other
 * @options: NULL: none
 * @most_r: set when it is proven that no more of them fit together; may be
 *          NULL
 *
 * As many as possible are placed: proven up to a few guests, a search with an
 * end beyond.  The plan of each is the best beside what the others take
 * (vnuma_plan_options_take()); its "optimal" says whether that is proven.  A
 * guest that is left out has its rc and its reasons: beside those placed, or
 * without them when it does not fit alone either.
 *
 * The order of @guests changes nothing: which of them are placed, and where,
 * follows from what they need, then from their text, then from @name.
 *
 * Returns 0 when all of those with a config are placed, VNUMA_ERROR_NOFIT or
 * VNUMA_ERROR_NOMEM.
 */
int vnuma_plan_several(vnuma_plan_guest *guests, unsigned int num_guests,
                       const vnuma_topology *topology,
                       const vnuma_plan_options *options, bool *most_r);

/*
 * vnuma_topology_take - the host as it will be with a guest on it
 *
 * Takes the memory of @plan, with what building costs, from the free memory of
 * its pnodes.
 */
void vnuma_topology_take(vnuma_topology *topology, const vnuma_plan *plan);

/*
 * LIBVNUMA_HAVE_CONFIG_FILL: vnuma_config_fill() and vnuma_config_is_full().
 */
#define LIBVNUMA_HAVE_CONFIG_FILL 1

/*
 * vnuma_config_fill - make explicit what a guest's file leaves out
 * @config: one in which vnuma_check() found no error
 * @full_r: a config of its own with every size and every vcpu given; spans
 *          are kept where there was a text; what plans do not look at (cpus=
 *          and the pieces of vcpus=) is left out
 *
 * No size: an equal share of what the other vnodes leave of maxmem= (or
 * memory=), in whole 2 MiB as far as possible.  No vcpus in any vnode: an even
 * split of maxvcpus= (or vcpus=), in order.  vnuma="auto": as few vnodes
 * as this host needs for the memory and the vcpus (without a host: one).
 * pnodes and distances are vnuma_plan_build()'s.
 *
 * Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma_config_fill(const vnuma_config *config,
                      const vnuma_topology *topology,
                      const vnuma_plan_options *options,
                      vnuma_config *full_r);

/*
 * vnuma_config_is_full - whether plain xl would read the same from the file
 *
 * True when every vnode has a pnode, a size and a distance to every vnode, and
 * vcpus are given in some vnode.
 */
bool vnuma_config_is_full(const vnuma_config *config);

/*
 * vnuma_plan_to_setting - "vnuma=[...]" with every value explicit, one line
 *
 * xl reads it as a key=value argument.  To be freed by the caller; NULL: no
 * memory.
 */
char *vnuma_plan_to_setting(const vnuma_plan *plan);

/*
 * vnuma_plan_to_cfg - the guest's file with every value of vnuma= explicit
 * @source: what @plan was made from
 *
 * The last vnuma= of the file, which counts, is replaced; those before it,
 * which it overrides or adds to (+=), are taken out, with their lines where
 * nothing else is on them.  Every other byte is as in the file; the command
 * line's part of @source is left out.  A file without vnuma= gets one at its
 * end; a last byte that xl ignores, and would not with more behind it, is gone
 * then.  To be freed by the caller; NULL: no memory.
 */
char *vnuma_plan_to_cfg(const vnuma_plan *plan, const vnuma_source *source);

/* As xl-vnuma(1) describes it; to be freed by the caller, NULL: no memory. */
char *vnuma_plan_to_json(const vnuma_plan *plan);
char *vnuma_plan_to_text(const vnuma_plan *plan);
/* Of several, in their order; @topology is the host without them. */
char *vnuma_plan_several_to_json(const vnuma_plan_guest *guests,
                                 unsigned int num_guests, bool most,
                                 const vnuma_topology *topology);
char *vnuma_plan_several_to_text(const vnuma_plan_guest *guests,
                                 unsigned int num_guests, bool most,
                                 const vnuma_topology *topology);

#ifdef __cplusplus
}
#endif

#endif
