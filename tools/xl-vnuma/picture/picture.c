/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl-vnuma-picture.so: draws a scene into an SVG or PNG file with cairo.  The
 * colours are those of Okabe and Ito, which people with any common colour
 * blindness can distinguish; letters on segments and keys repeat them.
 */
#include "config.h"

#include <cairo.h>
#include <cairo-svg.h>
#include <math.h>
#include <string.h>

#include "picture/picture.h"

/* Of a cell, in pixels (SVG: points). */
#define COLUMN 8.0
#define ROW 22.0
#define MARGIN 12.0
/* Between a card and the one below it. */
#define GAP 10.0
#define FONT "sans-serif"

typedef struct {
    double r, g, b;
} rgb;

#define RGB(hex)                                                              \
    {                                                                         \
        ((hex) >> 16 & 255) / 255.0, ((hex) >> 8 & 255) / 255.0,              \
            ((hex)&255) / 255.0                                               \
    }

typedef struct {
    rgb page, card, heading, line, text, faint, others, free, near, far;
} look;

static const look light = {
    .page = RGB(0xffffff),
    .card = RGB(0xf7f8fa),
    .heading = RGB(0xe6e9ee),
    .line = RGB(0xc3c9d2),
    .text = RGB(0x1b1f24),
    .faint = RGB(0x57606a),
    .others = RGB(0x8c959f),
    .free = RGB(0xe4e8ed),
    .near = RGB(0xf1f5fb),
    .far = RGB(0x0b3d77),
};

static const look dark = {
    .page = RGB(0x0f1318),
    .card = RGB(0x171c23),
    .heading = RGB(0x232a33),
    .line = RGB(0x3c4653),
    .text = RGB(0xe8ecf1),
    .faint = RGB(0xa3aebb),
    .others = RGB(0x7d8794),
    .free = RGB(0x2a323c),
    .near = RGB(0x1b222b),
    .far = RGB(0x8ec4ff),
};

static const rgb domains[VNUMA__SCENE_COLOURS - 2] = {
    RGB(0xe69f00), RGB(0x56b4e9), RGB(0x009e73), RGB(0xf0e442),
    RGB(0x0072b2), RGB(0xd55e00), RGB(0xcc79a7),
};

typedef struct {
    cairo_t *cr;
    const look *look;
    double x, y, width; /* of the item that is painted */
} painter;

static void use(painter *p, rgb colour)
{
    cairo_set_source_rgb(p->cr, colour.r, colour.g, colour.b);
}

static rgb owner_colour(const painter *p, int owner)
{
    unsigned int colour = vnuma__scene_colour(owner);

    return colour == 0   ? p->look->free
           : colour == 1 ? p->look->others
                         : domains[colour - 2];
}

static rgb mix(rgb a, rgb b, double level)
{
    return (rgb){ a.r + (b.r - a.r) * level, a.g + (b.g - a.g) * level,
                  a.b + (b.b - a.b) * level };
}

/* How bright a colour is to the eye, 0 to 1. */
static double luminance(rgb c)
{
    return 0.2126 * pow(c.r, 2.2) + 0.7152 * pow(c.g, 2.2) +
           0.0722 * pow(c.b, 2.2);
}

/* Black or white, whichever can be read on this colour. */
static rgb ink_on(rgb ground)
{
    static const rgb black = RGB(0x111111), white = RGB(0xffffff);

    return luminance(ground) > 0.2 ? black : white;
}

static void rounded(painter *p, double x, double y, double width,
                    double height, double radius)
{
    cairo_new_sub_path(p->cr);
    cairo_arc(p->cr, x + width - radius, y + radius, radius, -M_PI_2, 0);
    cairo_arc(p->cr, x + width - radius, y + height - radius, radius, 0,
              M_PI_2);
    cairo_arc(p->cr, x + radius, y + height - radius, radius, M_PI_2, M_PI);
    cairo_arc(p->cr, x + radius, y + radius, radius, M_PI, 3 * M_PI_2);
    cairo_close_path(p->cr);
}

static void fill(painter *p, rgb colour, double x, double y, double width,
                 double height)
{
    use(p, colour);
    cairo_rectangle(p->cr, x, y, width, height);
    cairo_fill(p->cr);
}

/* A small rounded box in its owner's colour. */
static void box(painter *p, int owner, double x, double y, double width,
                double height, double radius)
{
    rounded(p, x, y, width, height, radius);
    use(p, owner_colour(p, owner));
    cairo_fill_preserve(p->cr);
    use(p, p->look->line);
    cairo_set_line_width(p->cr, 0.75);
    cairo_stroke(p->cr);
}

/* Text that is too wide is drawn smaller, so that it covers nothing else. */
static void write_text(painter *p, const char *text, double x, double y,
                       double width, double size, bool bold,
                       vnuma__scene_align align)
{
    cairo_text_extents_t extents;
    cairo_font_extents_t font;

    cairo_select_font_face(p->cr, FONT, CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD
                                : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(p->cr, size);
    cairo_text_extents(p->cr, text, &extents);
    if (width > 0 && extents.x_advance > width) {
        size *= width / extents.x_advance;
        cairo_set_font_size(p->cr, size);
        cairo_text_extents(p->cr, text, &extents);
    }
    cairo_font_extents(p->cr, &font);
    if (align == VNUMA__SCENE_RIGHT)
        x -= extents.x_advance;
    else if (align == VNUMA__SCENE_CENTRE)
        x += (width - extents.x_advance) / 2;
    cairo_move_to(p->cr, x, y + (ROW + font.ascent - font.descent) / 2);
    cairo_show_text(p->cr, text);
}

static void paint_text(painter *p, const vnuma__scene_item *item)
{
    static const struct {
        double size;
        bool bold, faint;
    } styles[] = {
        [VNUMA__SCENE_TITLE] = { 19, true, false },
        [VNUMA__SCENE_HEADING] = { 13.5, true, false },
        [VNUMA__SCENE_BODY] = { 12.5, false, false },
        [VNUMA__SCENE_FAINT] = { 12, false, true },
    };

    use(p, styles[item->style].faint ? p->look->faint : p->look->text);
    write_text(p, item->text, p->x, p->y, p->width, styles[item->style].size,
               styles[item->style].bold, item->align);
}

static void paint_card(painter *p, const vnuma__scene_item *item)
{
    double height = item->height * ROW - GAP;

    rounded(p, p->x, p->y, p->width, height, 6);
    use(p, p->look->card);
    cairo_fill_preserve(p->cr);
    cairo_save(p->cr);
    cairo_clip(p->cr);
    fill(p, p->look->heading, p->x, p->y, p->width, ROW);
    cairo_restore(p->cr);
    rounded(p, p->x, p->y, p->width, height, 6);
    use(p, p->look->line);
    cairo_set_line_width(p->cr, 1);
    cairo_stroke(p->cr);
}

static void paint_bar(painter *p, const vnuma__scene_item *item)
{
    (void)item;
    fill(p, p->look->free, p->x, p->y + 5, p->width, ROW - 7);
}

static void write_tag(painter *p, int owner, double y, double width)
{
    char text[2] = { vnuma__scene_tag(owner), '\0' };

    if (owner < 0)
        return;
    use(p, ink_on(owner_colour(p, owner)));
    write_text(p, text, p->x, y, width, 10.5, true, VNUMA__SCENE_CENTRE);
}

static void paint_segment(painter *p, const vnuma__scene_item *item)
{
    fill(p, owner_colour(p, item->owner), p->x, p->y + 5, p->width, ROW - 7);
    /* Separates neighbours by a line in the card's colour. */
    if (p->width > 3)
        fill(p, p->look->card, p->x + p->width - 1, p->y + 5, 1, ROW - 7);
    if (p->width >= 12)
        write_tag(p, item->owner, p->y + 1.5, p->width - 1);
}

static void paint_key(painter *p, const vnuma__scene_item *item)
{
    box(p, item->owner, p->x, p->y + 5, 12, 12, 3);
    write_tag(p, item->owner, p->y, 12);
}

static void paint_chip(painter *p, const vnuma__scene_item *item)
{
    double size = item->width >= 2 ? 13 : 6.5;

    box(p, item->owner, p->x, p->y + (ROW - 13) / 2, size, 13, 2);
    if (item->width >= 2)
        write_tag(p, item->owner, p->y, size);
}

static void paint_heat(painter *p, const vnuma__scene_item *item)
{
    rgb ground = mix(p->look->near, p->look->far,
                     item->level < 0 ? 0 : item->level * 0.85);

    fill(p, ground, p->x + 0.5, p->y + 0.5, p->width - 1, ROW - 1);
    if (!item->text)
        return;
    use(p, ink_on(ground));
    write_text(p, item->text, p->x, p->y, p->width, 12, false,
               VNUMA__SCENE_CENTRE);
}

static void (*const paint[])(painter *p, const vnuma__scene_item *item) = {
    [VNUMA__SCENE_CARD] = paint_card,       [VNUMA__SCENE_BAR] = paint_bar,
    [VNUMA__SCENE_SEGMENT] = paint_segment, [VNUMA__SCENE_CHIP] = paint_chip,
    [VNUMA__SCENE_KEY] = paint_key,         [VNUMA__SCENE_HEAT] = paint_heat,
    [VNUMA__SCENE_TEXT] = paint_text,
};

static cairo_status_t paint_all(cairo_surface_t *surface,
                                const vnuma__scene *scene, double scale,
                                bool is_dark)
{
    painter p = { .cr = cairo_create(surface),
                  .look = is_dark ? &dark : &light };
    cairo_status_t status;
    unsigned int i;

    cairo_scale(p.cr, scale, scale);
    use(&p, p.look->page);
    cairo_paint(p.cr);
    for (i = 0; i < scene->num_items; i++) {
        const vnuma__scene_item *item = &scene->items[i];

        p.x = MARGIN + item->x * COLUMN;
        p.y = MARGIN + item->y * ROW;
        p.width = item->width * COLUMN;
        paint[item->kind](&p, item);
    }
    status = cairo_status(p.cr);
    cairo_destroy(p.cr);
    return status;
}

int xl_vnuma_picture_write(const vnuma__scene *scene, const char *path,
                           picture_format format, bool is_dark,
                           const char **why_r)
{
    double width = 2 * MARGIN + scene->width * COLUMN;
    double height = 2 * MARGIN + scene->height * ROW;
    /* Twice as many pixels, for zooming in, unless the file would be huge. */
    double scale = format == PICTURE_PNG && width < 1300 ? 2 : 1;
    cairo_surface_t *surface;
    cairo_status_t status;

    surface = format == PICTURE_PNG
                  ? cairo_image_surface_create(CAIRO_FORMAT_RGB24,
                                               ceil(width * scale),
                                               ceil(height * scale))
                  : cairo_svg_surface_create(path, width, height);
    status = cairo_surface_status(surface);
    if (!status)
        status = paint_all(surface, scene, scale, is_dark);
    if (!status && format == PICTURE_PNG)
        status = cairo_surface_write_to_png(surface, path);
    cairo_surface_finish(surface);
    if (!status)
        status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    *why_r = cairo_status_to_string(status);
    return status ? -1 : 0;
}
