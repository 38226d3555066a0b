/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs an xl that saves or sends a guest, for save, migrate and move. */
#ifndef XL_VNUMA_LEAVE_H
#define XL_VNUMA_LEAVE_H

#include "run/run_xl.h"

/*
 * Runs xl, which writes the record of the domain (a name or a number) after
 * the configuration.  Returns a code of cli.h, after a message; if xl itself
 * fails, that is in *result_r.
 */
int leave_run(const char *command, const char *domain, char *const *xl_args,
              run_result *result_r);

#endif
