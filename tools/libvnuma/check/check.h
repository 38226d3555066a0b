/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The checks, one function each, as the table in checks.h names them.  A check
 * is a loop and its reports; the table says what it can rely on.
 */
#ifndef VNUMA_CHECK_H
#define VNUMA_CHECK_H

#include "check/checks.h"
#include "guest/guest.h"

/* What a check sees. */
typedef struct {
    const char *id; /* of the diagnostics that it reports */
    const vnuma_config *config;
    const vnuma_topology *topology; /* NULL: no host is known */
    vnuma_diags *diags;
} vnuma__checking;

/* Returns 0 or VNUMA_ERROR_NOMEM. */
typedef int vnuma__check_fn(const vnuma__checking *c);

#define DECLARE(id, severity, phase, needs, spoils, summary, run)             \
    vnuma__check_fn run;
#define NO_FUNCTION(id, severity, summary)
CHECKS(DECLARE, NO_FUNCTION)
#undef DECLARE
#undef NO_FUNCTION

/* The pnode that a vnode names; NULL if the host does not have it. */
static inline const vnuma_pnode *vnuma__check_pnode(const vnuma__checking *c,
                                                    const vnuma_vnode *vnode)
{
    if (!c->topology || vnode->pnode.value == VNUMA_PNODE_AUTO)
        return NULL;
    return vnuma_topology_find(c->topology, vnode->pnode.value);
}

#endif
