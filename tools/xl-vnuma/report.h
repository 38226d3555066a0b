/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The conversation between "xl-vnuma create" and the object that it loads
 * into xl: one direction, a SOCK_SEQPACKET pair, one message a packet, a word
 * and its numbers.  Both ends are of one build, so there is no version in it.
 */
#ifndef VNUMA_REPORT_H
#define VNUMA_REPORT_H

#define REPORT_MAX 4096

#define REPORT_HELLO "hello"       /* RELEASE: we are in xl */
#define REPORT_DOMAIN "domain"     /* DOMID UUID: a build has begun */
#define REPORT_PROGRESS "progress" /* PNODE DONE-PAGES ALL-PAGES */
#define REPORT_SHARE "share"       /* PNODE 1G-EXTENTS 2M-EXTENTS 4K-EXTENTS */
#define REPORT_BUILT "built"       /* PAGES POPULATE-CALLS */
#define REPORT_DONE "done"         /* DOMID: settled, everything read back */
#define REPORT_ERROR "error"       /* TEXT, with its newlines */

#define ENV_REPORT_FD "XL_VNUMA_REPORT_FD"
#define ENV_PLAN "XL_VNUMA_PLAN"
#define ENV_OLD_PRELOAD "XL_VNUMA_OLD_PRELOAD"

#endif
