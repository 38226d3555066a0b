/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvnuma, dom0's limits: what Xen's command line says of dom0's memory,
 * nodes and CPUs, what Xen makes of that on a host, and what is wrong with it.
 * Pure as vnuma.h is, whose words, units, errors and ownership these are; the
 * running dom0 is in vnuma_xen_dom0.h.
 *
 * Grammar and arithmetic are those of Xen on x86, 4.17 to 4.20:
 *
 *   options        separated by blanks (no tab, no quotes); " -- " ends them
 *   dom0_mem=      [min:|max:]SIZE[,...]   SIZE: [-](N[bkmgt] | [N[bkmgt]+]P%)
 *   dom0_nodes=    N|relaxed|strict[,...]   N: an ACPI proximity domain
 *   dom0_max_vcpus=N | N- | -M | N-M
 *   dom0_vcpus_pin[=BOOLEAN], no-dom0_vcpus_pin
 *
 * Every number may be hexadecimal (0x) or octal (0); one without a unit is
 * KiB.  Options may be given more often: each min:, max: and plain size, and
 * dom0_max_vcpus=, counts as it was given last; dom0_nodes= adds up.  Xen
 * keeps what stands before a mistake in a value.
 */
#ifndef VNUMA_DOM0_H
#define VNUMA_DOM0_H

#include "vnuma_guest.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- a command line ----------------------------------------------------- */

/* Xen's command line: pieces of texts, and a blank between two of them. */
typedef struct {
    vnuma_span *pieces; /* owned; none is empty */
    uint32_t num_pieces;
} vnuma_dom0_cmdline;

void vnuma_dom0_cmdline_init(vnuma_dom0_cmdline *cmdline);
void vnuma_dom0_cmdline_dispose(vnuma_dom0_cmdline *cmdline);

/*
 * vnuma_dom0_cmdline_set - a text as the boot loader gives it to Xen
 * @source: borrowed for as long as @cmdline and what is parsed from it; a
 *          newline at its end is left out
 *
 * Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma_dom0_cmdline_set(vnuma_dom0_cmdline *cmdline,
                           const vnuma_source *source);

/* To be freed by the caller; NULL: no memory. */
char *vnuma_dom0_cmdline_text(const vnuma_dom0_cmdline *cmdline);

/* What GRUB's files say of Xen's command line. */
typedef struct vnuma_dom0_grub vnuma_dom0_grub;

/* Returns 0 or VNUMA_ERROR_NOMEM. */
int vnuma_dom0_grub_make(vnuma_dom0_grub **grub_r);
void vnuma_dom0_grub_free(vnuma_dom0_grub *grub); /* NULL is fine */

/*
 * vnuma_dom0_grub_read - read one of GRUB's files
 * @source: borrowed for as long as @grub and what comes from it
 *
 * grub.cfg, of which the multiboot lines of Xen are read; grubenv, before it;
 * or settings such as /etc/default/grub, as far as they are plain assignments,
 * of which later ones override earlier ones.  Where only a shell could tell
 * what becomes of Xen's command line that is reported, and the line is not
 * known.  Of other mistakes that are reported the line is what was meant.
 *
 * Returns 0, VNUMA_ERROR_CONFIG (see @diags) or VNUMA_ERROR_NOMEM.
 */
int vnuma_dom0_grub_read(vnuma_dom0_grub *grub, const vnuma_source *source,
                         vnuma_diags *diags);

/*
 * 1, but of a grub.cfg whose default entry is not known: how many different
 * command lines its entries have for Xen.
 */
unsigned int vnuma_dom0_grub_num_lines(const vnuma_dom0_grub *grub);

/*
 * vnuma_dom0_grub_cmdline - one of the command lines, in the file's order
 *
 * Of settings: GRUB_CMDLINE_XEN, a blank, GRUB_CMDLINE_XEN_DEFAULT.
 * Returns 0, VNUMA_ERROR_CONFIG (it is not known) or VNUMA_ERROR_NOMEM.
 */
int vnuma_dom0_grub_cmdline(const vnuma_dom0_grub *grub, unsigned int index,
                            vnuma_dom0_cmdline *cmdline_r);

/* ---- what it says ------------------------------------------------------- */

/* memkb and percent of what is available, or what is available less both. */
typedef struct {
    bool is_given;
    bool is_minus;
    uint32_t percent; /* below 100 */
    uint64_t memkb;   /* whole pages, as Xen rounds it: down */
    vnuma_span span;
} vnuma_dom0_amount;

typedef struct {
    bool has_mem; /* any dom0_mem=, even a wrong one */
    vnuma_dom0_amount mem, min, max;
    uint32_t min_vcpus, max_vcpus; /* 1 and UINT32_MAX when not given */
    vnuma_span vcpus_span;         /* source NULL: not given */
    vnuma_number pxms[VNUMA_MAX_PNODES];
    unsigned int num_pxms;
    bool relaxed;
    vnuma_span nodes_span; /* of the last one */
    bool vcpus_pin;
    vnuma_span pin_span;
    vnuma_span numa_off; /* a "numa=" that makes all nodes one, if any */
    /* Has mistakes, so that vnuma_dom0_check() says no more of it. */
    bool is_mem_wrong, is_nodes_wrong;
} vnuma_dom0_limits;

void vnuma_dom0_limits_init(vnuma_dom0_limits *limits);

/*
 * vnuma_dom0_parse - read dom0's options of a command line
 * @limits_r: written also with VNUMA_ERROR_CONFIG
 *
 * Reports what Xen would refuse, and what it takes for something else than
 * was most likely meant.  The limits are those that Xen holds afterwards,
 * whatever is wrong.
 *
 * Returns 0, or VNUMA_ERROR_CONFIG when Xen refuses something.
 */
int vnuma_dom0_parse(const vnuma_dom0_cmdline *cmdline,
                     vnuma_dom0_limits *limits_r, vnuma_diags *diags);

/* What Xen makes of the limits on a host. */
typedef struct {
    uint64_t memkb;     /* dom0 starts with it */
    uint64_t max_memkb; /* it may grow to it; VNUMA_MEMKB_UNKNOWN: no limit */
} vnuma_dom0_memory;

/*
 * vnuma_dom0_resolve - dom0's memory when Xen has @avail_memkb to give
 *
 * Xen's arithmetic, its wrapping around included.  What is available is the
 * free memory of dom0's nodes when dom0 is built: somewhat less than a host's
 * memory.
 */
void vnuma_dom0_resolve(const vnuma_dom0_limits *limits, uint64_t avail_memkb,
                        vnuma_dom0_memory *memory_r);

/* dom0's vcpus when its nodes have @num_pcpus. */
uint32_t vnuma_dom0_num_vcpus(const vnuma_dom0_limits *limits,
                              uint32_t num_pcpus);

/*
 * The host's memory as far as it is known: what to resolve with; 0: unknown.
 */
uint64_t vnuma_dom0_avail_memkb(const vnuma_topology *topology);

/*
 * Which proximity domain each of Xen's nodes is: Xen numbers its nodes as it
 * finds proximity domains in the ACPI SRAT.
 */
typedef struct {
    uint32_t pxms[VNUMA_MAX_PNODES]; /* by pnode */
    unsigned int num_pxms;
} vnuma_dom0_srat;

/*
 * vnuma_dom0_srat_parse - the bytes of an ACPI SRAT
 *
 * Linux shows it to root in /sys/firmware/acpi/tables/SRAT, in dom0 too.
 * False when these bytes are none.
 */
bool vnuma_dom0_srat_parse(const uint8_t *bytes, size_t len,
                           vnuma_dom0_srat *srat_r);

/* ---- xl's autoballoon --------------------------------------------------- */

typedef struct {
    bool is_auto;    /* not given, "auto", or invalid */
    bool is_invalid; /* a value that xl does not know */
    bool is_on;      /* what follows from all */
    vnuma_span span; /* of the value; source NULL: not given */
} vnuma_dom0_autoballoon;

/*
 * vnuma_dom0_get_autoballoon - whether xl shrinks dom0 for new guests
 * @xl_conf: the text of xl.conf(5); NULL: there is none
 * @cmdline: Xen's; xl looks for a dom0_mem= in it that it understands, and
 *           understands less than Xen does
 *
 * Returns 0, VNUMA_ERROR_CONFIG (xl.conf is no file of xl's) or
 * VNUMA_ERROR_NOMEM.
 */
int vnuma_dom0_get_autoballoon(const vnuma_source *xl_conf,
                               const char *cmdline,
                               vnuma_dom0_autoballoon *autoballoon_r,
                               vnuma_diags *diags);

/* ---- what is wrong with it ---------------------------------------------- */

/*
 * Less is called starving: 128 MiB is where libxl refuses, Linux needs more.
 */
#define VNUMA_DOM0_FLOOR_MEMKB (UINT64_C(384) << 10)

/*
 * vnuma_dom0_check - compare the limits with each other and with a host
 * @topology: NULL: only what can be said without a host
 * @srat:     NULL: what dom0_nodes= means there is not known
 *
 * Returns 0 when it reports no error, else VNUMA_ERROR_CONFIG.
 */
int vnuma_dom0_check(const vnuma_dom0_limits *limits,
                     const vnuma_topology *topology,
                     const vnuma_dom0_srat *srat, vnuma_diags *diags);

/*
 * vnuma_dom0_check_autoballoon - say when xl moves dom0's limits by itself
 */
void vnuma_dom0_check_autoballoon(const vnuma_dom0_limits *limits,
                                  const vnuma_dom0_autoballoon *autoballoon,
                                  vnuma_diags *diags);

/*
 * vnuma_dom0_shift - a host's free memory under other limits
 * @now_memkb, @then_memkb: dom0's memory now, and as it would be
 * @topology:  changed: the difference is taken from, or given to, all nodes
 *             with memory alike, as Xen spreads a dom0 without dom0_nodes=
 */
void vnuma_dom0_shift(vnuma_topology *topology, uint64_t now_memkb,
                      uint64_t then_memkb);

/*
 * The table of what may be reported: "xl-vnuma dom0 check --list" prints it.
 */
const vnuma_check_info *vnuma_dom0_check_list(unsigned int *num_r);

/*
 * vnuma_dom0_suggest - Xen's command line as it should stand
 * @limits:   what vnuma_dom0_parse() found in @cmdline
 * @topology: NULL: what is relative to the host is left as it is
 * @srat:     NULL: not known
 * @is_whole: false: only dom0's options
 *
 * Every option stays that Xen accepts here; of others those whose meaning is
 * known are written as Xen reads them, and the rest is left out, with what
 * GRUB adds itself.  A size without max: gets one.  Without any dom0_mem=:
 * 1 GiB and 5 % of the host, 8 GiB at most; without dom0_max_vcpus=: the
 * pcpus, 16 at most.  To be freed by the caller; NULL: no memory.
 */
char *vnuma_dom0_suggest(const vnuma_dom0_cmdline *cmdline,
                         const vnuma_dom0_limits *limits,
                         const vnuma_topology *topology,
                         const vnuma_dom0_srat *srat, bool is_whole);

#ifdef __cplusplus
}
#endif

#endif
