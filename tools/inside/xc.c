/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stands before libxc: a task gets its domain, what Xen refuses is noted,
 * and pages that name no node go where the guest's are.  Nothing changes for
 * domains that no task is about.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <xenctrl.h>

#include "inside/inside.h"

/*
 * From here on there is a domain, which must be destroyed if the program is
 * ended.  The task is told now, because the paging pool alone can take seconds
 * before the first hook runs.
 */
int xc_domain_create(xc_interface *xch, uint32_t *domid,
                     struct xen_domctl_createdomain *config)
{
    int r = INSIDE_NEXT(xc_domain_create)(xch, domid, config);
    const vnuma__task *task =
        r ? NULL : vnuma__task_made(&inside->tasks, config->handle, *domid);

    if (task && inside->made)
        inside->made(task);
    return r;
}

/*
 * libxl asks this to refuse to save a guest with vNUMA; while a task saves,
 * the answer is that it has none.
 */
int xc_domain_getvnuma(xc_interface *xch, uint32_t domid, uint32_t *nr_vnodes,
                       uint32_t *nr_vmemranges, uint32_t *nr_vcpus,
                       xen_vmemrange_t *vmemrange, unsigned int *vdistance,
                       unsigned int *vcpu_to_vnode)
{
    const vnuma__task *task = vnuma__task_find(&inside->tasks, domid);

    if (task && task->is_suspending && !vmemrange && !vdistance &&
        !vcpu_to_vnode) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return INSIDE_NEXT(xc_domain_getvnuma)(xch, domid, nr_vnodes,
                                           nr_vmemranges, nr_vcpus, vmemrange,
                                           vdistance, vcpu_to_vnode);
}

/* ---- refusals that libxl and libxenguest ignore ------------------------- */

/*
 * They continue when Xen refuses one of these, and the guest then lacks its
 * console, its xenstore or its cache settings, or has its paging pool on any
 * node.  We fail the build instead.
 */
#define NOTES_REFUSAL(name, parameters, arguments, ...)                       \
    int name parameters                                                       \
    {                                                                         \
        int r = INSIDE_NEXT(name) arguments;                                  \
        vnuma__task *task =                                                   \
            r ? vnuma__task_find(&inside->tasks, domid) : NULL;               \
                                                                              \
        if (task)                                                             \
            vnuma__task_refused(task, __VA_ARGS__);                           \
        return r;                                                             \
    }

NOTES_REFUSAL(xc_hvm_param_set,
              (xc_interface * xch, uint32_t domid, uint32_t param,
               uint64_t value),
              (xch, domid, param, value),
              "setting the guest's HVM parameter %" PRIu32, param)
NOTES_REFUSAL(xc_domain_hvm_setcontext,
              (xc_interface * xch, uint32_t domid, uint8_t *context,
               uint32_t size),
              (xch, domid, context, size), "setting a vcpu's state")
NOTES_REFUSAL(xc_domain_node_setaffinity,
              (xc_interface * xch, uint32_t domid, xc_nodemap_t nodemap),
              (xch, domid, nodemap), "setting the domain's node affinity")

/* ---- what others populate for the guest --------------------------------- */

/*
 * Without an exact node Xen keeps the low memory of its node 0 for last and
 * takes another node's memory first.  So special pages and PVH's tables
 * request their node, if the caller names none and we know one.  Returns how
 * many extents have it; others go where they would have gone.
 */
static int populate_special(xc_interface *xch, uint32_t domid,
                            unsigned long num_extents, unsigned int order,
                            unsigned int mem_flags, xen_pfn_t *extents)
{
    const vnuma__task *task = vnuma__task_find(&inside->tasks, domid);
    int done;

    if (!task || task->special_pnode == VNUMA_PNODE_AUTO ||
        XENMEMF_get_node(mem_flags) != XENMEMF_get_node(0))
        return 0;
    mem_flags |= XENMEMF_exact_node(task->special_pnode);
    done = INSIDE_NEXT(xc_domain_populate_physmap)(xch, domid, num_extents,
                                                   order, mem_flags, extents);
    return done < 0 ? 0 : done;
}

int xc_domain_populate_physmap(xc_interface *xch, uint32_t domid,
                               unsigned long num_extents, unsigned int order,
                               unsigned int mem_flags, xen_pfn_t *extents)
{
    int done, more;

    done =
        populate_special(xch, domid, num_extents, order, mem_flags, extents);
    if (done && (unsigned long)done == num_extents)
        return done;
    more = INSIDE_NEXT(xc_domain_populate_physmap)(
        xch, domid, num_extents - done, order, mem_flags, extents + done);
    return more < 0 && !done ? more : done + (more < 0 ? 0 : more);
}

int xc_domain_populate_physmap_exact(xc_interface *xch, uint32_t domid,
                                     unsigned long num_extents,
                                     unsigned int order,
                                     unsigned int mem_flags,
                                     xen_pfn_t *extents)
{
    vnuma__task *task = vnuma__task_find(&inside->tasks, domid);
    int done;

    if (task && task->refill && !order && inside->refill)
        return inside->refill(task, num_extents, extents);
    done =
        populate_special(xch, domid, num_extents, order, mem_flags, extents);
    if (done && (unsigned long)done == num_extents)
        return 0;
    return INSIDE_NEXT(xc_domain_populate_physmap_exact)(
        xch, domid, num_extents - done, order, mem_flags, extents + done);
}
