/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shows where the memory and the vcpus of guests of KVM are. */
#ifndef XL_VNUMA_SHOW_PID_H
#define XL_VNUMA_SHOW_PID_H

#include "cli/cli.h"

/*
 * @pid: its number, or a folder with its cmdline, maps, numa_maps and task.
 * Returns a code, after a message if it failed.
 */
int show_pid(const cli_options *options, const char *pid, bool json);

/* All that run here. */
int show_kvm(const cli_options *options, bool json);

#endif
