/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The functions of xl-vnuma-xen.so, which needs Xen's libraries: it is loaded
 * at the first call.  Without Xen xl-vnuma then starts too, and xl, which
 * create starts first, loads its own libraries meanwhile.
 */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

#include "base/diag.h"
#include "cli/cli.h"
#include "run/run_xl.h"
#include "run/vm_entry.h"
#include "vnuma_xen.h"
#include "vnuma_xen_dom0.h"

/* NULL: dlerror() says why not. */
static void *look_up(const char *name)
{
    static void *module;

    if (!module)
        module = cli_load_module(XEN_MODULE);
    return module ? dlsym(module, name) : NULL;
}

int vnuma_xen_open(vnuma_xen **xen_r, vnuma_diags *diags)
{
    __typeof__(&vnuma_xen_open) real =
        (__typeof__(&vnuma_xen_open))look_up("vnuma_xen_open");

    if (real)
        return real(xen_r, diags);
    vnuma__error(diags, "no-xen", VNUMA__NOWHERE, "%s", dlerror());
    vnuma__hint(diags, "describe a host with --host FILE");
    errno = ENODEV;
    return VNUMA_ERROR_XEN;
}

/* What is called without a connection: nothing was done yet. */
static void *find(const char *name)
{
    void *function = look_up(name);

    if (!function)
        exit(cli_fail(CLI_ENVIRONMENT, "%s", dlerror()));
    return function;
}

void vnuma_xen_close(vnuma_xen *xen)
{
    __typeof__(&vnuma_xen_close) real;

    if (!xen)
        return; /* also when nothing could be loaded */
    real = (__typeof__(&vnuma_xen_close))find("vnuma_xen_close");
    real(xen);
}

/* One of ours stands for each, so that its users need not know. */
#define CALL(returned, name, parameters, arguments, ...)                      \
    returned name parameters                                                  \
    {                                                                         \
        static __typeof__(&name) real;                                        \
                                                                              \
        if (!real)                                                            \
            real = (__typeof__(&name))find(#name);                            \
        __VA_ARGS__ real arguments;                                           \
    }

CALL(int, vnuma_xen_get_topology,
     (vnuma_xen *xen, vnuma_topology **topology_r, vnuma_diags *diags),
     (xen, topology_r, diags), return)
CALL(int, vnuma_xen_get_topology_without,
     (vnuma_xen *xen, uint32_t domid, vnuma_topology **topology_r,
      vnuma_diags *diags),
     (xen, domid, topology_r, diags), return)
CALL(int, vnuma_xen_compare, (const vnuma_source *source, vnuma_diags *diags),
     (source, diags), return)
CALL(char *, vnuma_xen_describe_plan, (const vnuma_plan *plan), (plan), return)
CALL(int, vnuma_xen_find_domain,
     (vnuma_xen *xen, const char *name, uint32_t *domid_r, vnuma_diags *diags),
     (xen, name, domid_r, diags), return)
CALL(int, vnuma_xen_record,
     (vnuma_xen *xen, uint32_t domid, char **text_r, vnuma_diags *diags),
     (xen, domid, text_r, diags), return)
CALL(int, vnuma_xen_take_over,
     (vnuma_xen *xen, uint32_t domid, const uint8_t uuid[16], bool run,
      vnuma_diags *diags),
     (xen, domid, uuid, run, diags), return)
CALL(int, vnuma_xen_destroy,
     (vnuma_xen *xen, uint32_t domid, const uint8_t uuid[16],
      vnuma_diags *diags),
     (xen, domid, uuid, diags), return)
CALL(int, vnuma_xen_resume,
     (vnuma_xen *xen, uint32_t domid, vnuma_diags *diags), (xen, domid, diags),
     return)
CALL(void, vnuma_xen_residency_init, (vnuma_xen_residency *residency),
     (residency), )
CALL(void, vnuma_xen_residency_dispose, (vnuma_xen_residency *residency),
     (residency), )
CALL(int, vnuma_xen_get_residency,
     (vnuma_xen *xen, uint32_t domid, vnuma_xen_residency *residency_r,
      vnuma_diags *diags),
     (xen, domid, residency_r, diags), return)
CALL(int, vnuma_xen_get_domains,
     (vnuma_xen *xen, const char *which, const vnuma_topology *topology,
      vnuma_domains **domains_r, vnuma_diags *diags),
     (xen, which, topology, domains_r, diags), return)
CALL(int, vnuma_xen_count_pages,
     (vnuma_xen *xen, const vnuma_topology *topology, vnuma_domains *domains,
      vnuma_diags *diags),
     (xen, topology, domains, diags), return)

CALL(void, vnuma_xen_dom0_init, (vnuma_xen_dom0 *dom0), (dom0), )
CALL(void, vnuma_xen_dom0_dispose, (vnuma_xen_dom0 *dom0), (dom0), )
CALL(int, vnuma_xen_dom0_get,
     (vnuma_xen *xen, vnuma_xen_dom0 *dom0_r, vnuma_diags *diags),
     (xen, dom0_r, diags), return)
CALL(uint64_t, vnuma_xen_dom0_floor, (uint64_t memkb), (memkb), return)
CALL(int, vnuma_xen_dom0_set,
     (vnuma_xen *xen, const vnuma_xen_dom0_request *request,
      vnuma_diags *diags),
     (xen, request, diags), return)
CALL(int, vnuma_xen_dom0_reset,
     (vnuma_xen *xen, const vnuma_xen_dom0_request *request,
      vnuma_diags *diags),
     (xen, request, diags), return)
CALL(int, vnuma_xen_dom0_begin,
     (vnuma_xen *xen, vnuma_xen_dom0_change **change_r, vnuma_diags *diags),
     (xen, change_r, diags), return)
CALL(int, vnuma_xen_dom0_apply,
     (vnuma_xen_dom0_change *change, const vnuma_xen_dom0_request *request,
      vnuma_diags *diags),
     (change, request, diags), return)
CALL(int, vnuma_xen_dom0_commit,
     (vnuma_xen_dom0_change *change, vnuma_diags *diags), (change, diags),
     return)
CALL(int, vnuma_xen_dom0_rollback,
     (vnuma_xen_dom0_change *change, const vnuma_xen_dom0_request *request,
      vnuma_diags *diags),
     (change, request, diags), return)

CALL(void, vm_entry_keep, (vm_entry *entry, const char *uuid, uint32_t domid),
     (entry, uuid, domid), )
CALL(void, vm_entry_put_back, (const vm_entry *entry), (entry), )
CALL(void, vm_entry_dispose, (vm_entry *entry), (entry), )
