/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loads what needs Xen's libraries; see xen_calls.h. */
#include "config.h"

#include "cli/xen_calls.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

#include "base/diag.h"
#include "cli/cli.h"

/* NULL: cli_module_error() says why not. */
static void *look_up(const char *name)
{
    static void *module;

    if (!module)
        module = cli_load_module(XEN_MODULE);
    return module ? dlsym(module, name) : NULL;
}

void *xen_calls_find(const char *name)
{
    void *function = look_up(name);

    if (!function)
        exit(cli_fail(CLI_ENVIRONMENT, "%s", cli_module_error()));
    return function;
}

int vnuma_xen_open(vnuma_xen **xen_r, vnuma_diags *diags)
{
    __typeof__(&vnuma_xen_open) real =
        (__typeof__(&vnuma_xen_open))look_up("vnuma_xen_open");

    if (real)
        return real(xen_r, diags);
    vnuma__error(diags, "no-xen", VNUMA__NOWHERE, "%s", cli_module_error());
    vnuma__hint(diags, "describe a host with --host FILE");
    errno = ENODEV;
    return VNUMA_ERROR_XEN;
}

/* Also when nothing could be loaded. */
void vnuma_xen_close(vnuma_xen *xen)
{
    if (xen)
        XEN_CALL(vnuma_xen_close)(xen);
}
