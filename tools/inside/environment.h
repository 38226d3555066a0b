/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How libxl-save-helper with our object in it is told of a guest. */
#ifndef INSIDE_ENVIRONMENT_H
#define INSIDE_ENVIRONMENT_H

#define ENV_RESTORE_RECORD "XL_VNUMA_RESTORE_RECORD"
/* A file with what libxl-save-helper has built, for the program to read. */
#define ENV_BUILT_FD "XL_VNUMA_BUILT_FD"
#define ENV_TARGET "XL_VNUMA_TARGET" /* KiB */

#endif
