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
 * Objects.  A type that is only declared (vnuma_topology, vnuma_config,
 * vnuma_plan, vnuma_domains ...) is made by the library, and freed by its
 * _free function, which takes NULL too.  What functions return a const pointer
 * to is borrowed from the object and lives as long; such structs may get more
 * members at their end, so they are not copied and not put into arrays.  The
 * other structs are values that never change their size: those with an _init
 * function begin with it, or as all zeroes, and end with _dispose, which may
 * be called more than once.
 *
 * Outputs.  A parameter whose name ends in _r is an output: it is written and
 * not read.  When the function returns 0, what was written belongs to the
 * caller.  When it returns an error nothing was written, except with the
 * errors for which the comment says "written also with": then it belongs to
 * the caller too.  So a pointer that was NULL before can be freed in any case.
 * A parameter without _r that is not const is changed in place; after an error
 * it is as it was, except for vnuma_diags.
 *
 * Errors.  A function that returns int returns 0 or one of the VNUMA_ERROR_
 * values that its comment lists, no other.  What is wrong in a text is
 * described in the vnuma_diags argument, never only in the return value.  A
 * function that returns text returns a string to be freed by the caller, or
 * NULL without memory.
 *
 * Threads.  There is no global state.  Two objects never share anything but a
 * vnuma_source that the caller gave to both; one object is for one thread at
 * a time.
 */
#ifndef VNUMA_H
#define VNUMA_H

/*
 * LIBVNUMA_API_VERSION - the interface that a program was written for
 *
 * As with libxl, a program may define it before it includes this header: it
 * then gets an interface that is source compatible with that release, or an
 * error when there is none.  Not defined: the newest.  0x010200 is 1.2.0.
 *
 * What comes after 0x000100 will be told by a LIBVNUMA_HAVE_ of its own, so
 * that a program can be built with older headers too.
 */
#ifdef LIBVNUMA_API_VERSION
#if LIBVNUMA_API_VERSION != 0x000100
#error Unknown LIBVNUMA_API_VERSION: it is 0x000100 or is not defined
#endif
#endif

#include "vnuma_base.h"   /* errors, limits, texts */
#include "vnuma_bitmap.h" /* sets of numbers */
#include "vnuma_diag.h"   /* what is wrong, and where */
#include "vnuma_host.h"   /* hosts */
#include "vnuma_guest.h"  /* guests' files, and the checks */
#include "vnuma_plan.h"   /* where guests live */
#include "vnuma_record.h" /* guests that are saved and travel */
#include "vnuma_show.h"   /* domains, as promised and as they are */
#include "vnuma_dom0.h"   /* dom0's limits */
#include "vnuma_fleet.h"  /* hosts as engines of several see them */

#endif
