/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The function of xl-vnuma-picture.so, which is loaded only to write a
 * picture, so that nothing else needs cairo.
 */
#ifndef XL_VNUMA_PICTURE_H
#define XL_VNUMA_PICTURE_H

#include "show/scene.h"

typedef enum { PICTURE_SVG, PICTURE_PNG } picture_format;

/* Returns 0, or -1 with the reason in *why_r (static). */
typedef int picture_write_fn(const vnuma__scene *scene, const char *path,
                             picture_format format, bool dark,
                             const char **why_r);

picture_write_fn xl_vnuma_picture_write;
#define PICTURE_SYMBOL "xl_vnuma_picture_write"

#endif
