/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A picture of a host as boxes, bars and texts, independent of what draws it:
 * draw.c on a terminal, or cairo (xl-vnuma's picture.c).
 *
 * Lengths are in cells: a column is as wide, and a row as high, as a character
 * on a terminal.  Only bars and their segments have fractions of a column.
 */
#ifndef VNUMA_SCENE_H
#define VNUMA_SCENE_H

#include "base/objects.h"

typedef enum {
    VNUMA__SCENE_CARD,    /* a node; its first row is its heading */
    VNUMA__SCENE_BAR,     /* background of a node's segments */
    VNUMA__SCENE_SEGMENT, /* memory of an owner */
    VNUMA__SCENE_CHIP,    /* a CPU, and the owner of the vcpu on it */
    VNUMA__SCENE_KEY,     /* an owner's colour, next to its name */
    VNUMA__SCENE_HEAT,    /* a distance; level 0 is near and 1 far */
    VNUMA__SCENE_TEXT,
} vnuma__scene_kind;

typedef enum {
    VNUMA__SCENE_TITLE,
    VNUMA__SCENE_HEADING,
    VNUMA__SCENE_BODY,
    VNUMA__SCENE_FAINT,
} vnuma__scene_style;

typedef enum {
    VNUMA__SCENE_LEFT,   /* x is where the text begins */
    VNUMA__SCENE_RIGHT,  /* x is where it ends */
    VNUMA__SCENE_CENTRE, /* between x and x + width */
} vnuma__scene_align;

/* Owners other than domains; domains count from 0. */
#define VNUMA__SCENE_FREE (-1)
#define VNUMA__SCENE_OTHERS (-2)
#define VNUMA__SCENE_IDLE (-3)

typedef struct {
    vnuma__scene_kind kind;
    double x, y, width, height;
    int owner;    /* of segments, chips and keys */
    double level; /* of heat; below 0: not known */
    vnuma__scene_style style;
    vnuma__scene_align align;
    char *text; /* owned, or NULL; the number on HEAT */
} vnuma__scene_item;

typedef struct {
    unsigned int width, height;
    vnuma__scene_item *items; /* owned; later ones cover earlier ones */
    uint32_t num_items;
    bool failed; /* there was no memory for an item */
} vnuma__scene;

void vnuma__scene_dispose(vnuma__scene *scene);

/*
 * vnuma__scene_build - a host, and the domains on it
 * @width: columns to use; 0: as many as look best
 *
 * Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__scene_build(const vnuma_topology *topology,
                       const vnuma_domains *domains, unsigned int width,
                       vnuma__scene *scene_r);

/*
 * These add items for vnuma__scene_build(): the first failure is kept in
 * scene->failed, and nothing is added after it.  A text keeps at most @width
 * characters and may hold any bytes.
 */
vnuma__scene_item *vnuma__scene_add(vnuma__scene *scene,
                                    vnuma__scene_kind kind, double x, double y,
                                    double width, double height);
void vnuma__scene_add_owned(vnuma__scene *scene, vnuma__scene_kind kind,
                            double x, double y, double width, int owner);
void vnuma__scene_add_text(vnuma__scene *scene, double x, double y,
                           unsigned int width, vnuma__scene_style style,
                           vnuma__scene_align align, const char *format, ...)
    __attribute__((format(printf, 7, 8)));

/*
 * scene_hmat.c: what is known of the speed of a node's memory, by index, from
 * the CPUs that are best for it; to be freed, NULL: no memory.
 */
char *vnuma__scene_hmat_line(const vnuma_topology *topology,
                             unsigned int node);

/* Returns the letter that stands for an owner where colours cannot. */
char vnuma__scene_tag(int owner);
/*
 * Which colour an owner has: 0 what is free or idle, 1 others; the rest are
 * the domains' in turn.
 */
#define VNUMA__SCENE_COLOURS 9
unsigned int vnuma__scene_colour(int owner);

#endif
