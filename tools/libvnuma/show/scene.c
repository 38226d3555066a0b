/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The items of a scene. */
#include "config.h"

#include "show/scene.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/grow.h"
#include "base/utf8.h"

void vnuma__scene_dispose(vnuma__scene *scene)
{
    unsigned int i;

    for (i = 0; i < scene->num_items; i++)
        free(scene->items[i].text);
    free(scene->items);
    *scene = (vnuma__scene){ 0 };
}

char vnuma__scene_tag(int owner)
{
    static const char tags[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz";

    switch (owner) {
    case VNUMA__SCENE_FREE:
        return '.';
    case VNUMA__SCENE_OTHERS:
        return '#';
    case VNUMA__SCENE_IDLE:
        return '-';
    }
    return tags[owner % (sizeof(tags) - 1)];
}

unsigned int vnuma__scene_colour(int owner)
{
    if (owner == VNUMA__SCENE_OTHERS)
        return 1;
    return owner < 0 ? 0 : 2 + owner % (VNUMA__SCENE_COLOURS - 2);
}

/* ---- adding items; after a failure nothing is added --------------------- */

vnuma__scene_item *vnuma__scene_add(vnuma__scene *scene,
                                    vnuma__scene_kind kind, double x, double y,
                                    double width, double height)
{
    if (!scene->failed)
        scene->failed = !VNUMA__GROW(scene->items, scene->num_items);
    if (scene->failed)
        return NULL;
    scene->items[scene->num_items] = (vnuma__scene_item){
        .kind = kind,
        .x = x,
        .y = y,
        .width = width,
        .height = height,
        .owner = VNUMA__SCENE_IDLE,
    };
    return &scene->items[scene->num_items++];
}

void vnuma__scene_add_owned(vnuma__scene *scene, vnuma__scene_kind kind,
                            double x, double y, double width, int owner)
{
    vnuma__scene_item *item = vnuma__scene_add(scene, kind, x, y, width, 1);

    if (item)
        item->owner = owner;
}

/*
 * Keeps at most @width characters.  A name may be long and may hold any bytes;
 * invalid UTF-8 and control characters become "?".
 */
static void clip(char *text, unsigned int width)
{
    vnuma__utf8_make_safe(text);
    while (*text && (!vnuma__utf8_begins(*text) || width--))
        text++;
    *text = '\0';
}

void vnuma__scene_add_text(vnuma__scene *scene, double x, double y,
                           unsigned int width, vnuma__scene_style style,
                           vnuma__scene_align align, const char *format, ...)
{
    vnuma__scene_item *item =
        vnuma__scene_add(scene, VNUMA__SCENE_TEXT, x, y, width, 1);
    va_list args;
    int len;

    if (!item)
        return;
    item->style = style;
    item->align = align;
    va_start(args, format);
    len = vasprintf(&item->text, format, args);
    va_end(args);
    if (len < 0) {
        item->text = NULL;
        scene->failed = true;
        return;
    }
    clip(item->text, width);
}
