/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Draws a scene on a terminal: characters, with ANSI's 256 colours if wanted.
 * Letters tell owners apart; colour only helps.
 */
#include "config.h"

#include "show/scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/print.h"
#include "base/utf8.h"

/* One character of the picture. */
typedef struct {
    char bytes[5];      /* of UTF-8, then NUL */
    const char *colour; /* static; what goes between ESC [ and m, or NULL */
} cell;

typedef struct {
    const vnuma_draw_options *options;
    cell *cells; /* owned */
    unsigned int width, height;
} canvas;

/* Puts the first character of a text, which is valid UTF-8. */
static void put(canvas *c, unsigned int x, unsigned int y, const char *text,
                const char *colour)
{
    int len = 1;
    cell *at;

    if (x >= c->width || y >= c->height)
        return;
    while (!vnuma__utf8_begins(text[len]))
        len++;
    at = &c->cells[(size_t)y * c->width + x];
    snprintf(at->bytes, sizeof(at->bytes), "%.*s", len, text);
    at->colour = colour;
}

/* ---- looks -------------------------------------------------------------- */

/*
 * Domains: black on the palette of Okabe and Ito, which the colour-blind can
 * tell apart.
 */
static const char *const owner_colours[VNUMA__SCENE_COLOURS] = {
    "2",           "30;48;5;248", "30;48;5;214", "30;48;5;117", "30;48;5;36",
    "30;48;5;221", "97;48;5;25",  "30;48;5;202", "30;48;5;175",
};

static const char *const style_colours[] = {
    [VNUMA__SCENE_TITLE] = "1",
    [VNUMA__SCENE_HEADING] = "1",
    [VNUMA__SCENE_BODY] = NULL,
    [VNUMA__SCENE_FAINT] = "2",
};

static const char *owner_mark(const canvas *c, int owner, char mark[2])
{
    if (c->options->utf8 && owner < 0)
        return owner == VNUMA__SCENE_OTHERS ? "\u2592" : "\u00b7";
    mark[0] = vnuma__scene_tag(owner);
    mark[1] = '\0';
    return mark;
}

/* ---- one kind of item each ---------------------------------------------- */

static void paint_card(canvas *c, const vnuma__scene_item *item)
{
    static const char *const frames[2][3][3] = {
        { { "+", "-", "+" }, { "|", NULL, "|" }, { "+", "-", "+" } },
        { { "\u256d", "\u2500", "\u256e" },
          { "\u2502", NULL, "\u2502" },
          { "\u2570", "\u2500", "\u256f" } },
    };
    unsigned int width = item->width, height = item->height, x, y;
    const char *mark;

    for (y = 0; y < height; y++)
        for (x = 0; x < width; x++) {
            mark = frames[c->options->utf8][(y > 0) + (y == height - 1)]
                         [(x > 0) + (x == width - 1)];
            if (mark)
                put(c, item->x + x, item->y + y, mark, "2");
        }
}

/*
 * Fills the columns whose middle it covers, so that segments add up to the
 * bar.  Of a chip's two columns one stays empty, so that chips can be counted.
 */
static void paint_owned(canvas *c, const vnuma__scene_item *item)
{
    double width = item->kind == VNUMA__SCENE_CHIP ? 1 : item->width;
    /* NOLINTNEXTLINE(bugprone-incorrect-roundings): they are small, above 0 */
    unsigned int x = item->x + 0.5, end = item->x + width + 0.5;
    char mark[2];

    for (; x < end; x++)
        put(c, x, item->y, owner_mark(c, item->owner, mark),
            owner_colours[vnuma__scene_colour(item->owner)]);
}

static void paint_bar(canvas *c, const vnuma__scene_item *item)
{
    unsigned int x;

    for (x = item->x; x < item->x + item->width; x++)
        put(c, x, item->y, "?", "2");
}

static void paint_text(canvas *c, const vnuma__scene_item *item)
{
    unsigned int columns = 0, x = item->x;
    const char *text;

    for (text = item->text; *text; text++)
        columns += vnuma__utf8_begins(*text);
    if (item->align == VNUMA__SCENE_RIGHT)
        x = item->x > columns ? item->x - columns : 0;
    else if (item->align == VNUMA__SCENE_CENTRE && columns < item->width)
        x = item->x + (item->width - columns + 1) / 2;
    /* A heading in a frame has a space on both sides. */
    if (item->style == VNUMA__SCENE_HEADING ||
        item->style == VNUMA__SCENE_FAINT) {
        if (x)
            put(c, x - 1, item->y, " ", NULL);
        put(c, x + columns, item->y, " ", NULL);
    }
    for (text = item->text; *text; text++)
        if (vnuma__utf8_begins(*text))
            put(c, x++, item->y,
                c->options->utf8 || !(*text & 0x80) ? text : "?",
                style_colours[item->style]);
}

static void paint_heat(canvas *c, const vnuma__scene_item *item)
{
    static const char *const shades[2][5] = {
        { ".", "-", "+", "*", "#" },
        { "\u00b7", "\u2591", "\u2592", "\u2593", "\u2588" },
    };
    vnuma__scene_item text = *item;
    unsigned int i;

    if (item->text) {
        text.align = VNUMA__SCENE_CENTRE;
        text.style = item->level == 0 ? VNUMA__SCENE_FAINT : VNUMA__SCENE_BODY;
        paint_text(c, &text);
        return;
    }
    for (i = 0; i < item->width; i++)
        put(c, item->x + i, item->y,
            item->level < 0
                ? "?"
                : shades[c->options->utf8][(int)(item->level * 4 + 0.5)],
            NULL);
}

static void (*const paint[])(canvas *c, const vnuma__scene_item *item) = {
    [VNUMA__SCENE_CARD] = paint_card,     [VNUMA__SCENE_BAR] = paint_bar,
    [VNUMA__SCENE_SEGMENT] = paint_owned, [VNUMA__SCENE_CHIP] = paint_owned,
    [VNUMA__SCENE_KEY] = paint_owned,     [VNUMA__SCENE_HEAT] = paint_heat,
    [VNUMA__SCENE_TEXT] = paint_text,
};

/* ---- out ---------------------------------------------------------------- */

static void print_line(const canvas *c, unsigned int y, FILE *f)
{
    const cell *line = &c->cells[(size_t)y * c->width];
    unsigned int x, len = c->width;
    const char *colour = NULL;

    while (len && !strcmp(line[len - 1].bytes, " "))
        len--;
    for (x = 0; x < len; x++) {
        if (c->options->colour && line[x].colour != colour) {
            colour = line[x].colour;
            fprintf(f, "\033[0%s%sm", colour ? ";" : "",
                    colour ? colour : "");
        }
        fputs(line[x].bytes, f);
    }
    fputs(colour ? "\033[0m\n" : "\n", f);
}

char *vnuma_draw(const vnuma_topology *topology, const vnuma_domains *domains,
                 const vnuma_draw_options *options)
{
    canvas c = { options };
    vnuma__scene scene = { 0 };
    vnuma__print out;
    char *text = NULL;
    unsigned int i;

    if (vnuma__scene_build(topology, domains,
                           options->width ? options->width : 80, &scene))
        return NULL;
    c.width = scene.width;
    c.height = scene.height;
    c.cells = calloc((size_t)c.width * c.height + 1, sizeof(*c.cells));
    for (i = 0; c.cells && i < c.width * c.height; i++)
        strcpy(c.cells[i].bytes, " ");
    for (i = 0; c.cells && i < scene.num_items; i++)
        paint[scene.items[i].kind](&c, &scene.items[i]);
    if (c.cells && vnuma__print_begin(&out)) {
        for (i = 0; i < c.height; i++)
            print_line(&c, i, out.f);
        text = vnuma__print_end(&out, false);
    }
    free(c.cells);
    vnuma__scene_dispose(&scene);
    return text;
}
