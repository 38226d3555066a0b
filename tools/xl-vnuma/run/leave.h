/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What save, migrate and move do with xl: a guest leaves its place. */
#ifndef XL_VNUMA_LEAVE_H
#define XL_VNUMA_LEAVE_H

#include <stdbool.h>

typedef struct {
    bool has_record; /* the guest has vNUMA, and xl took it with it */
    int exit_status; /* xl's */
} leave_result;

/*
 * Runs xl, which writes the record of the domain (a name or a number) behind
 * the configuration.  Returns a code of cli.h; what is not xl's failure is
 * said.
 */
int leave_run(const char *command, const char *domain, char *const *xl_args,
              leave_result *result_r);

#endif
