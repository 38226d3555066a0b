/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Quoting for a shell. */
#ifndef XL_VNUMA_SHELL_H
#define XL_VNUMA_SHELL_H

/* @text in single quotes; to be freed by the caller, NULL: no memory. */
char *shell_quote(const char *text);

#endif
