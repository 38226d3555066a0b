/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is inside the types of include/ that users know by pointers only, so
 * that members can be added.  Inside the library they are values: each has an
 * init and a dispose function in the folder that owns it.
 */
#ifndef VNUMA_OBJECTS_H
#define VNUMA_OBJECTS_H

#include "base/hmat.h"
#include "vnuma.h"

/* ---- a host ------------------------------------------------------------- */

/*
 * A line "key : value" of xl info that we keep but do not use.  A value of
 * NULL is a line that ends at its colon; xl info's tables (cpu_topology,
 * device topology, numa_info) leave such a one where they stood.
 */
typedef struct {
    char *key, *value; /* owned */
} vnuma_fact;

/* Huge pages of one size that a pnode of Linux has. */
typedef struct {
    uint32_t pnode;
    uint64_t page_kb;
    uint64_t total;
    uint64_t free;    /* of these; VNUMA_PAGES_UNKNOWN */
    uint64_t surplus; /* of the total: made in need, and not to stay */
} vnuma__pages;

struct vnuma_topology {
    vnuma_pnode *pnodes; /* owned; ascending by number */
    unsigned int num_pnodes;
    uint32_t *distances; /* owned; num_pnodes rows of num_pnodes, by index */
    vnuma_pcpu *pcpus;   /* owned; ascending by number */
    unsigned int num_pcpus;
    vnuma_pcidev *pcidevs; /* owned; in the order of the source */
    unsigned int num_pcidevs;
    vnuma_pool *pools; /* owned, their names too; in the order of the source */
    unsigned int num_pools;
    bool knows_load;
    vnuma__pages *pages; /* owned; ascending by pnode and size */
    unsigned int num_pages;
    vnuma_fact *facts; /* owned; in the order of the source */
    unsigned int num_facts;
    vnuma__hmat hmat; /* by index of pnodes; all zeroes: firmware has none */
};

/* ---- a guest ------------------------------------------------------------ */

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
    vnuma_span pnodes_span; /* of what follows "interleave=" */
} vnuma_policy_item;

/*
 * xl_vnuma_policy=, which is ours: xl ignores settings that it does not know.
 * Source of span NULL: not given, all is strict.
 */
typedef struct {
    vnuma_span span;
    bool is_list;             /* item i is vnode i's, or item 0 everyone's */
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

#define VNUMA_MAX_PCIDEVS 256u

typedef enum {
    VNUMA_VGA_CIRRUS, /* what libxl takes when the file does not say */
    VNUMA_VGA_STD,
    VNUMA_VGA_NONE,
    VNUMA_VGA_QXL,
} vnuma_vga;

/* A file that a setting names. */
typedef struct {
    char *path;        /* owned; NULL: the setting is not given */
    vnuma_span span;   /* of the setting's value */
    vnuma_source text; /* owned; without a name: it was not read */
} vnuma_file_setting;

#define VNUMA__MAX_TABLES 16u

/* What a guest has of ACPI, and the tables that it gets more. */
typedef struct {
    bool is_pvh, has_tpm, has_slate;
    bool without_vnuma;   /* so it has neither SRAT nor SLIT */
    unsigned int num_off; /* of hvmloader's that its settings switch off */
    char signatures[VNUMA__MAX_TABLES][4];
    unsigned int num;
} vnuma__tables;

struct vnuma_config {
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
    vnuma_span acpi_off_span;   /* of acpi=0 */
    /* VNUMA_ABOUT_: what has mistakes, so that nothing follows from it. */
    unsigned int unsound;
    char *uuid; /* owned, as it is written; NULL when the file has none */
    struct vnuma__kvm *kvm; /* in memory; NULL: it is an xl.cfg */
    struct vnuma__arena *memory; /* owned */
    vnuma_file_setting acpi_firmware;
    vnuma_file_setting hmat; /* of xl_vnuma_hmat=, which is ours */
    vnuma__tables tables;    /* those of acpi_firmware=, once it is read */
};

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

/* ---- plans -------------------------------------------------------------- */

/*
 * What the plan does to a pnode that it uses, for memory or for vcpus.  What
 * is left on it is free_memkb less the three others.
 */
typedef struct {
    uint32_t pnode;
    uint64_t free_memkb;  /* before */
    uint64_t reserve_memkb; /* what the user wants to keep free there */
    uint64_t guest_memkb; /* memory of the guest put there */
    uint64_t build_memkb; /* what building it costs there (paging pool ...) */
} vnuma_plan_pnode;

/* Huge pages of a pnode, by number: before, and those that the guest gets. */
typedef struct {
    uint32_t pnode;
    uint64_t page_kb, free, guest;
} vnuma__plan_pages;

struct vnuma_plan {
    bool feasible;
    bool optimal; /* proven: no other placement has a smaller cost */
    vnuma_plan_vnode *vnodes; /* owned */
    unsigned int num_vnodes;
    vnuma_plan_pnode *pnodes; /* owned; those used, ascending by number */
    unsigned int num_pnodes;
    vnuma__plan_pages *pages; /* owned; those used, ascending by pnode */
    unsigned int num_pages;
    bool gave_up;     /* not feasible, but that is not proven */
    bool knows_cores; /* else cost.core_overcommit says nothing */
    /* bound: no placement costs less; the same as cost when optimal. */
    vnuma_plan_cost cost, bound;
    char *reasons; /* owned; each a line and NUL, "" ends them; or NULL */
};

/* Where a guest is or lived, by vnode; without vnodes that is not known. */
typedef struct {
    uint32_t pnodes[VNUMA_MAX_VNODES];
    uint64_t memkb[VNUMA_MAX_VNODES];
    unsigned int num_vnodes;
} vnuma__lived;

/*
 * What a plan is made with, in addition to config and host; all zeroes:
 * nothing.
 */
struct vnuma_plan_options {
    vnuma_plan_reserve reserves[VNUMA_MAX_PNODES]; /* the last counts */
    unsigned int num_reserves;
    uint64_t reserve_memkb; /* of the other pnodes */
    vnuma__lived preferred; /* without regard to sizes */
    /* Borrowed or NULL: if nothing is preferred, by a guest of such vnodes. */
    const vnuma__lived *lived;
    bool without_load; /* as if no domain ran on it */
    bool no_advice;    /* of one that does not fit, what would is not sought */
    bool has_page;     /* all memory is in such pages; 0: ordinary ones */
    uint64_t page_kb;
};

/* One of several guests.  All zeroes but config and name is right to begin. */
struct vnuma_plan_guest {
    const vnuma_config *config; /* borrowed; NULL: not to be planned */
    const char *name;           /* borrowed; of its file */
    int rc;                     /* as of vnuma_plan_build() */
    bool fits_alone;            /* on this host with none of the others */
    vnuma_plan plan;            /* owned; likewise */
    vnuma_diags diags;          /* owned; likewise */
    uint64_t memkb;             /* with what building costs */
    unsigned int turn;          /* planned before those with a later one */
    bool is_loose;              /* it has no vnuma= */
    const vnuma__lived *lived;  /* borrowed or NULL; as in the options */
};

/* ---- domains ------------------------------------------------------------ */

typedef struct {
    uint32_t pnode;
    uint64_t num_pages;
} vnuma__domain_pages;

struct vnuma_domain {
    uint32_t domid;
    char *name;     /* owned; "" when it has none */
    char *uuid;     /* owned; "" when it is not known */
    char *type;     /* owned; "PV", "HVM", "PVH" or "?" */
    char *state;    /* owned; "running", "paused", "shutdown", "dying" */
    uint64_t memkb; /* that it holds now; VNUMA_MEMKB_UNKNOWN */
    vnuma_promise promise;
    vnuma_domain_vnode *vnodes; /* owned */
    unsigned int num_vnodes;
    unsigned int num_described; /* vnodes that Xen holds for it */
    vnuma_domain_vcpu *vcpus;   /* owned; ascending */
    unsigned int num_vcpus;
    vnuma_bitmap node_affinity;
    bool counted;              /* pages and what follows from them are known */
    vnuma__domain_pages *pages; /* owned; ascending by pnode */
    unsigned int num_pages;
    uint64_t stray_pages; /* VNUMA_PAGES_UNKNOWN */
    char **drift;         /* owned; one sentence each */
    unsigned int num_drift;
};

struct vnuma_domains {
    vnuma_domain *items; /* owned; ascending by domid */
    unsigned int num_items;
    uint64_t time; /* when they were so, in seconds since 1970; 0: unknown */
};

#endif
