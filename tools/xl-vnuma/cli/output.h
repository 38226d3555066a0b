/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XL_VNUMA_OUTPUT_H
#define XL_VNUMA_OUTPUT_H

/*
 * Writes a file, whole or not at all.  A link stays a link, a device a device,
 * and a file keeps its mode.  Returns a code, after a message if it failed.
 */
int cli_write_file(const char *path, const char *text);

#endif
