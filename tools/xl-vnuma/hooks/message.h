/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the object in xl, and in libxl-save-helper, reports to xl-vnuma over a
 * SOCK_SEQPACKET pair: one message a packet, a word and its numbers.  Both
 * ends are of one build, so there is no version.
 *
 * Before that, in the other direction: xl is started while xl-vnuma still
 * plans, and waits, before it does anything, for one packet: the variables
 * below as NAME=VALUE, each with its NUL, and one more NUL.  When xl-vnuma
 * ends instead, so does xl.
 *
 * ld.so goes on without an object that it cannot load.  So xl is given its
 * subcommand with a capital letter, "Create", which it knows none by; our
 * object makes it "create", and without the object nothing is done.
 */
#ifndef VNUMA_MESSAGE_H
#define VNUMA_MESSAGE_H

#include <stddef.h>

#include "inside/environment.h"

/* Where xl's subcommand is in its arguments: after xl's own options. */
static inline char **message_subcommand(char **argv)
{
    do
        argv++;
    while (*argv && **argv == '-');
    return *argv ? argv : NULL;
}

#define MESSAGE_MAX 4096
#define MESSAGE_SETTINGS_MAX (160u << 10) /* less than a socket takes */

#define MESSAGE_HELLO "hello"       /* RELEASE: the object is in xl */
#define MESSAGE_BEGIN "begin"       /* UUID of a domain that is about to be made */
#define MESSAGE_DOMAIN "domain"     /* DOMID UUID: a build has begun */
#define MESSAGE_PROGRESS "progress" /* PNODE DONE-PAGES ALL-PAGES */
/* PNODE PREFERRED 1G 2M 4K RELEASED: extents, and pages given back */
#define MESSAGE_EXTENTS "extents"
#define MESSAGE_BUILT "built"       /* PAGES POPULATE-CALLS */
#define MESSAGE_DONE "done"         /* DOMID: settled, read back; or saved */
#define MESSAGE_RECORD "record"     /* goes with the guest that leaves */
#define MESSAGE_GO "go"             /* the sender lets the guest run */
#define MESSAGE_ANSWER "answer"     /* xl is about to say what became of it */
#define MESSAGE_ERROR "error"       /* TEXT, with its newlines */

#define ENV_MESSAGE_FD "XL_VNUMA_MESSAGE_FD"
#define ENV_PLAN "XL_VNUMA_PLAN"
#define ENV_FILE "XL_VNUMA_FILE" /* of the guest, for messages */
#define ENV_SETTING "XL_VNUMA_SETTING" /* after all that xl reads itself */
#define ENV_MEMBINDS "XL_VNUMA_MEMBINDS" /* vnuma_membind_format(), by ";" */
#define ENV_TABLES "XL_VNUMA_TABLES" /* ACPI's: the text of tables/kept.h */
#define ENV_PIN "XL_VNUMA_PIN" /* set: pin vcpus to their pnodes */
#define ENV_SAVE_DOMID "XL_VNUMA_SAVE_DOMID" /* of the guest that leaves */
/* A file with what xl-vnuma has read of the stream, for xl to read. */
#define ENV_HEAD_FD "XL_VNUMA_HEAD_FD"
/* The guest's file in the ledger of builds, which xl takes over (ledger.h). */
#define ENV_ENTRY "XL_VNUMA_ENTRY"
#define ENV_OLD_PRELOAD "XL_VNUMA_OLD_PRELOAD"

/* xl's message that gives the guest to the receiver; with its NUL. */
#define MESSAGE_GO_MESSAGE "domain is yours, you are cleared to unpause"
/* xl's message before the byte that is 0 if the guest runs; with its NUL. */
#define MESSAGE_ANSWER_MESSAGE "my copy unpause results are as follows"
/* xl's message that the receiver is ready. */
#define MESSAGE_BANNER                                                        \
    "xl migration receiver ready, send binary domain data.\n"

#endif
