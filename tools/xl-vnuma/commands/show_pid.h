/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shows where the memory of a guest of KVM is. */
#ifndef XL_VNUMA_SHOW_PID_H
#define XL_VNUMA_SHOW_PID_H

/*
 * @pid: its number, or a folder with its cmdline, maps and numa_maps.  Returns
 * a code, after a message if it failed.
 */
int show_pid(const char *pid);

#endif
