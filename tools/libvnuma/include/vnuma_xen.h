/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvnuma-xen - the half of libvnuma that talks to a running Xen.
 *
 * The live host as a vnuma_topology; the domain-builder hooks that put a
 * guest's memory where its vNUMA settings say; and a look at where memory
 * really is.  Its soname is the release of Xen that it was built for, because
 * libxl's and libxenguest's are.
 *
 * Words, units, errors and ownership are those of vnuma.h.  What went wrong
 * is described in the vnuma_diags argument, as diagnostics without a place.
 * Threads: one vnuma_xen is for one thread at a time; the hooks may be called
 * by several threads that build different domains.
 */
#ifndef VNUMA_XEN_H
#define VNUMA_XEN_H

#include <libxl.h>

struct xc_interface_core; /* xenctrl.h's xc_interface */
struct XLU_Config; /* libxlutil.h's XLU_Config */

#include "vnuma.h"
#include "vnuma_xen_built.h"
#include "vnuma_show.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- a running Xen ------------------------------------------------------ */

typedef struct vnuma_xen vnuma_xen;

/*
 * vnuma_xen_open - connect to the Xen that runs here
 *
 * Returns 0, VNUMA_ERROR_XEN when there is none or this process may not talk
 * to it (errno: ENODEV and EACCES), or VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_open(vnuma_xen **xen_r, vnuma_diags *diags);
void vnuma_xen_close(vnuma_xen *xen); /* NULL is fine */

/*
 * vnuma_xen_get_topology - the host as it is now
 *
 * From libxl_get_physinfo(), libxl_get_numainfo(), libxl_get_cpu_topology(),
 * libxl_get_pci_topology(), the cpupools and the vcpus of all domains.  Its
 * facts are those that "xl info" prints.  The second leaves out the vcpus of
 * one domain, for a plan of where it is to go.
 *
 * Both return 0, VNUMA_ERROR_XEN or VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_get_topology(vnuma_xen *xen, vnuma_topology **topology_r,
                           vnuma_diags *diags);
int vnuma_xen_get_topology_without(vnuma_xen *xen, uint32_t domid,
                                   vnuma_topology **topology_r,
                                   vnuma_diags *diags);

/* ---- the second reader -------------------------------------------------- */

/*
 * vnuma_xen_compare - whether libxlutil reads a guest's text as we do
 * @source: the text
 * @xlu: what xlu_cfg_readdata() made of it
 *
 * Returns 0 when every setting has the same value in both readings,
 * VNUMA_ERROR_CONFIG (which differs is in @diags) or VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_compare(const vnuma_source *source, const struct XLU_Config *xlu,
                      vnuma_diags *diags);

/* ---- building ----------------------------------------------------------- */

/*
 * What the hooks tell the program they run in.  Each member may be NULL.
 * They are called in the thread that builds the domain.
 */
typedef struct {
    /* A build has begun; from here on the domain needs cleaning up. */
    void (*started)(void *user, uint32_t domid);
    void (*progress)(void *user, uint32_t domid, uint32_t pnode,
                     uint64_t done_pages, uint64_t all_pages);
    /* It failed, or there is something to say; @diags is borrowed. */
    void (*failed)(void *user, uint32_t domid, const vnuma_diags *diags);
    /* Memory is populated; @built is borrowed. */
    void (*populated)(void *user, uint32_t domid,
                      const vnuma_xen_built *built);
    /*
     * KiB that will be populated after the guest's memory without naming a
     * node (video RAM); 0 when not known.
     */
    uint64_t (*later_memkb)(void *user, uint32_t domid);
    /*
     * Where a vnode's memory goes.  False, or a NULL member: strictly on its
     * pnode.  A membind that does not begin with its pnode, as preferred ones
     * do, is not one for this guest and is not looked at.
     */
    bool (*membind)(void *user, uint32_t domid, unsigned int vnode,
                    vnuma_membind *membind_r);
    void *user;
} vnuma_xen_hooks;

/*
 * vnuma_xen_hooks_register - build vNUMA guests exactly, in this process
 * @hooks: copied
 *
 * Wraps libxenguest's hooks for HVM and PVH guests by
 * xc_dom_register_arch_hooks().  Guests without vNUMA are built as before.
 * Call it once, before the first domain is built; there is no way back, since
 * libxenguest has none.
 *
 * Returns 0, VNUMA_ERROR_XEN when libxenguest has no such hooks (errno
 * ENOTSUP) or it was called before (EALREADY), or VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_hooks_register(const vnuma_xen_hooks *hooks);

/*
 * LIBVNUMA_HAVE_XEN_TOOLSTACK: vnuma_xen_plan_to_build_info(),
 * vnuma_xen_plan_to_image() and vnuma_xen_settle_plan(): a plan for a program
 * that builds by itself, with libxl or with libxenguest.
 */
#define LIBVNUMA_HAVE_XEN_TOOLSTACK 1

/*
 * vnuma_xen_plan_to_build_info - a plan as libxl takes it
 * @b_info: of libxl_domain_build_info_init(), or used before
 *
 * Sets vnuma_nodes, in place of what it had; max_memkb and target_memkb, both
 * the sum of the vnodes; max_vcpus; and, if it has none, avail_vcpus to all of
 * them.  The rest is left alone.  libxl_domain_build_info_dispose() frees it.
 *
 * Returns 0, or VNUMA_ERROR_NOMEM with @b_info unchanged.
 */
int vnuma_xen_plan_to_build_info(const vnuma_plan *plan,
                                 libxl_domain_build_info *b_info);

struct xc_dom_image; /* of <xenguest.h> */

/*
 * vnuma_xen_plan_to_image - a plan for a program that builds with libxenguest
 * @dom:   an HVM guest's, after xc_dom_boot_xen_init() and before
 *         xc_dom_boot_mem_init(), with lowmem_end and highmem_end
 * @diags: says why not
 *
 * Derives the guest's memory ranges as libxl does (what RAM is short of the
 * plan is video RAM, and vnode 0's), tells the hypervisor of them
 * (XEN_DOMCTL_setvnumainfo), and leaves in @dom what the hooks of
 * vnuma_xen_hooks_register() need, in memory that xc_dom_release() frees.  The
 * domain has to have its vcpus (xc_domain_max_vcpus()).
 *
 * Returns 0, VNUMA_ERROR_CONFIG when the plan has another size than @dom's
 * RAM, VNUMA_ERROR_XEN or VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_plan_to_image(const vnuma_plan *plan, struct xc_dom_image *dom,
                            vnuma_diags *diags);

/*
 * vnuma_xen_prepare - what has to be in a configuration before it is built
 * @ctx:      the caller's
 * @d_config: with vnuma_nodes; its nodemap is set to the pnodes that they
 *            name if it has none, so that the paging pool comes from there;
 *            its memory target becomes its maximum
 * @pin:      give vcpus hard affinity to those pcpus of their vnode's pnode
 *            that are in the guest's cpupool, unless it has any (cpus=)
 * @diags:    a warning for a vnode without such pcpus; with @pin an error
 *
 * Returns 0, VNUMA_ERROR_NOFIT, VNUMA_ERROR_XEN or VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_prepare(libxl_ctx *ctx, libxl_domain_config *d_config, bool pin,
                      vnuma_diags *diags);

/*
 * vnuma_xen_settle - what has to be done once the device model is up
 * @d_config:  as it was built
 * @built:     what the hooks reported as populated
 *
 * Sets the domain's node affinity to its final value, all pnodes that the
 * guest uses, and reads back what Xen holds of it: the vNUMA description, the
 * number of pages, and each vcpu's affinity.  What membind() of the hooks
 * says, and how much went where, is kept with the domain, as libxl's userdata
 * "xl-vnuma", unless all of it is strict.
 *
 * Returns 0, VNUMA_ERROR_XEN (what differs is in @diags) or
 * VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_settle(libxl_ctx *ctx, uint32_t domid,
                     const libxl_domain_config *d_config,
                     const vnuma_xen_built *built, vnuma_diags *diags);

/*
 * vnuma_xen_settle_plan - the same for a program that builds with libxenguest
 *
 * First gives each vcpu the pcpus of its vnode's pnode as soft affinity, which
 * libxl does for its own callers.
 *
 * Returns as vnuma_xen_settle().
 */
int vnuma_xen_settle_plan(vnuma_xen *xen, uint32_t domid,
                          const vnuma_plan *plan,
                          const vnuma_xen_built *built, vnuma_diags *diags);

/*
 * vnuma_xen_describe_plan, vnuma_xen_describe_build_info - one text for both
 *
 * "PNODE:MEMKB:VCPUS:DISTANCES" for each vnode, joined by ";": equal when xl
 * understood what was planned.  A @plan of NULL has no vnodes.  To be freed by
 * the caller; NULL: no memory.
 */
char *vnuma_xen_describe_plan(const vnuma_plan *plan);
char *vnuma_xen_describe_build_info(const libxl_domain_build_info *b_info);

/*
 * vnuma_xen_find_domain - the domain of that name or number, as xl finds it:
 * what is all digits is a number
 *
 * Returns 0, or VNUMA_ERROR_XEN when there is none (errno ENOENT).
 */
int vnuma_xen_find_domain(vnuma_xen *xen, const char *name, uint32_t *domid_r,
                          vnuma_diags *diags);

/* ---- saving and restoring ----------------------------------------------- */

/*
 * vnuma_xen_record - what has to travel with a guest in addition to what xl
 * saves
 * @text_r: to be freed by the caller; NULL: the guest has no vNUMA
 *
 * Where its vnodes' memory begins and ends is known to Xen alone, where it
 * lives to libxl's configuration of the guest.
 *
 * Returns 0, VNUMA_ERROR_CONFIG when Xen and the configuration disagree,
 * VNUMA_ERROR_XEN or VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_record(vnuma_xen *xen, uint32_t domid, char **text_r,
                     vnuma_diags *diags);
/*
 * vnuma_xen_record_of - the same with a connection of the caller's
 * @d_config: what libxl_retrieve_domain_configuration() has just said; NULL:
 *            it is asked
 */
int vnuma_xen_record_of(libxl_ctx *ctx, uint32_t domid,
                        const libxl_domain_config *d_config, char **text_r,
                        vnuma_diags *diags);

/*
 * vnuma_xen_prepare_restore - vnuma_xen_prepare() for a guest that comes back
 * @d_config:      its vnodes get the pnodes of @record
 * @record:        a text of vnuma_xen_record(), with the pnodes to live on
 * @target_memkb_r: what the guest's memory target was, to be set again after
 *                 the restore if it is less than its maximum
 *
 * Returns 0, VNUMA_ERROR_CONFIG when @d_config and @record are of different
 * guests, VNUMA_ERROR_XEN or VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_prepare_restore(libxl_ctx *ctx, libxl_domain_config *d_config,
                              const char *record, uint64_t *target_memkb_r,
                              vnuma_diags *diags);

/*
 * A guest's memory, filled by a stream: for the process that reads it, which
 * is libxl-save-helper.  One at a time.
 */
typedef struct vnuma_xen_refill vnuma_xen_refill;

/*
 * vnuma_xen_refill_begin - describe the guest to Xen and populate its memory
 * @xch:          the caller's, until _end
 * @target_memkb: from vnuma_xen_prepare_restore()
 * @hooks:        progress and populated are called; borrowed until _end
 *
 * Returns 0, VNUMA_ERROR_NOFIT, VNUMA_ERROR_CONFIG, VNUMA_ERROR_XEN or
 * VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_refill_begin(struct xc_interface_core *xch, uint32_t domid,
                           const char *record, uint64_t target_memkb,
                           const vnuma_xen_hooks *hooks,
                           vnuma_xen_refill **refill_r, vnuma_diags *diags);

/*
 * vnuma_xen_refill_name - in place of xc_domain_populate_physmap_exact()
 *
 * Returns 0, VNUMA_ERROR_NOFIT, VNUMA_ERROR_XEN or VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_refill_name(vnuma_xen_refill *refill, const uint64_t *gfns,
                          uint64_t num_gfns, vnuma_diags *diags);

/*
 * vnuma_xen_refill_end - the stream has ended well: pages that it did not name
 * are given back; or it has not, and @is_good is false
 *
 * Frees @refill.  Returns 0, VNUMA_ERROR_XEN or VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_refill_end(vnuma_xen_refill *refill, bool is_good,
                         vnuma_diags *diags);

/*
 * vnuma_xen_take_over - finish with an incoming domain, all of which is here,
 *                       for an xl that was ended
 * @uuid: only if the domain still is this one
 * @run:  let it run, after giving it the name that xl has not yet given it
 *
 * What has been done already is left so.  Returns 0, VNUMA_ERROR_XEN or
 * VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_take_over(vnuma_xen *xen, uint32_t domid, const uint8_t uuid[16],
                        bool run, vnuma_diags *diags);

/*
 * vnuma_xen_destroy - remove a domain that was left half built
 * @domid: VNUMA_XEN_ANY_DOMID: one that has @uuid and no name yet, as between
 *         Xen's making it and libxl's going on; another may have the same UUID
 * @uuid:  only if the domain still is this one
 *
 * Returns 0 (also when it is gone already), VNUMA_ERROR_XEN or
 * VNUMA_ERROR_NOMEM.
 */
#define VNUMA_XEN_ANY_DOMID UINT32_MAX
int vnuma_xen_destroy(vnuma_xen *xen, uint32_t domid, const uint8_t uuid[16],
                      vnuma_diags *diags);

/*
 * vnuma_xen_resume - let a guest go on that was about to leave
 *
 * Of an xl that was ended while it saved or migrated: its writes are logged no
 * more, and if it is suspended it is resumed.  One that xl has renamed
 * NAME--migratedaway stays suspended: it may run on the other host.
 *
 * Returns 0 (also when it runs or is gone), VNUMA_ERROR_XEN or
 * VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_resume(vnuma_xen *xen, uint32_t domid, vnuma_diags *diags);

/*
 * vnuma_xen_take_back - let a guest go on that was sent away and is nowhere
 * @uuid: only if the domain still is this one
 *
 * It gets the name that xl took from it when it sent it, and is resumed.  A
 * guest whose copy runs, or has run, destroys its disks if it goes on: whoever
 * calls this knows that none has.  What has been done already is left so.
 * Returns 0, VNUMA_ERROR_XEN or VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_take_back(vnuma_xen *xen, uint32_t domid, const uint8_t uuid[16],
                        vnuma_diags *diags);

/* ---- looking ------------------------------------------------------------ */

typedef struct {
    uint32_t pnode;
    uint64_t num_pages;
} vnuma_xen_node_pages;

typedef struct {
    vnuma_xen_node_pages *nodes; /* owned; ascending by pnode */
    unsigned int num_nodes;
    uint64_t num_pages;
} vnuma_xen_residency;

void vnuma_xen_residency_init(vnuma_xen_residency *residency);
void vnuma_xen_residency_dispose(vnuma_xen_residency *residency);

/*
 * vnuma_xen_get_residency - the hypervisor's own count of a domain's pages
 *
 * By Xen's debug key "u" and its console ring.  Xen walks every page of every
 * domain for that: on hosts with terabytes of guests it can take seconds with
 * the console lock held.
 *
 * Returns 0, VNUMA_ERROR_XEN or VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_get_residency(vnuma_xen *xen, uint32_t domid,
                            vnuma_xen_residency *residency_r,
                            vnuma_diags *diags);

/*
 * vnuma_xen_get_domains - what domains were promised, and their vcpus now
 * @which:    a name or a domid; NULL: every domain
 * @topology: of this host; judges drift
 *
 * The promise is the configuration that libxl keeps of each domain.  Pages are
 * not counted.  A domain that goes away meanwhile is left out, or shown with
 * what could still be read.
 *
 * Returns 0, VNUMA_ERROR_XEN (errno ENOENT: no such domain) or
 * VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_get_domains(vnuma_xen *xen, const char *which,
                          const vnuma_topology *topology,
                          vnuma_domains **domains_r, vnuma_diags *diags);

/*
 * vnuma_xen_count_pages - add the hypervisor's count to them, and judge again
 *
 * One walk for all domains, at the cost that vnuma_xen_get_residency() tells;
 * while a domain's pages are walked, the CPU that does it does nothing else.
 * A domain of which the console ring no longer has the answer stays as it is,
 * with a warning.
 *
 * Returns 0, VNUMA_ERROR_XEN or VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_count_pages(vnuma_xen *xen, const vnuma_topology *topology,
                          vnuma_domains *domains, vnuma_diags *diags);

#ifdef __cplusplus
}
#endif

#endif
