/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The smallest kernel that xl takes for a PVH guest: for guests that are built
 * and never run, so that building takes little but the building.  It ends at
 * once if it runs.
 */
    .code32
    .text
    .globl _start
_start:
    hlt
    jmp _start

    .section .note.Xen, "a", @note
    .balign 4
    .long 4, 4, 18              /* of name and value; PHYS32_ENTRY */
    .asciz "Xen"
    .long _start
