/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The layout of the picture:
 *
 *     title                                    columns
 *     what the bars show
 *     card card card ...     one a node:  heading, memory bar, what is free,
 *     card card card ...                  CPUs, the owners with most memory
 *     key  key  key ...      owners
 *     distances              with numbers, else as shades, else not at all
 *     memory                 a line for each node, if firmware has an HMAT
 */
#include "config.h"

#include "show/scene.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/topology.h"
#include "show/domains.h"

#define MIN_CARD 26u
#define MAX_CARD 46u
#define MIN_WIDTH 40u
/* Owners named in a card; the keys below name all. */
#define MAX_NAMED 3u

/* ---- what is drawn ------------------------------------------------------ */

typedef struct {
    const vnuma_topology *topology;
    const vnuma_domains *domains; /* or NULL */
    vnuma__scene *scene;
    unsigned int columns; /* of cards */
    unsigned int card, card_rows, chip_rows, num_named;
    unsigned int y;
    bool counted;
} drawing;

/*
 * At most three digits before the unit, so that a column of them is readable.
 */
static const char *size_text(uint64_t memkb, char text[24])
{
    double mib = memkb / 1024.0;

    if (memkb == VNUMA_MEMKB_UNKNOWN)
        strcpy(text, "?");
    else if (mib > 0 && mib < 1)
        snprintf(text, 24, "%.0f KiB", mib * 1024);
    else if (mib < 1000)
        snprintf(text, 24, "%.0f MiB", mib);
    else if (mib < 1000 * 1024)
        snprintf(text, 24, "%.1f GiB", mib / 1024);
    else
        snprintf(text, 24, "%.1f TiB", mib / 1024 / 1024);
    return text;
}

static uint64_t held_memkb(const drawing *d, unsigned int domain,
                           uint32_t pnode)
{
    const vnuma_domain *dom = &d->domains->items[domain];

    return 4 * (dom->counted ? vnuma__domain_pages_on(dom, pnode)
                             : vnuma__domain_promised_on(dom, pnode));
}

static unsigned int num_domains(const drawing *d)
{
    return d->domains ? d->domains->num_items : 0;
}

/* Returns the largest number of domains with memory on one pnode. */
static unsigned int most_owners(const drawing *d)
{
    unsigned int i, j, num, most = 0;

    for (i = 0; i < d->topology->num_pnodes; i++) {
        num = 0;
        for (j = 0; j < num_domains(d); j++)
            num += held_memkb(d, j, d->topology->pnodes[i].pnode) != 0;
        most = num > most ? num : most;
    }
    return most;
}

/* ---- a card ------------------------------------------------------------- */

static void draw_segment(drawing *d, double *x, double y, double width,
                         double right, int owner)
{
    if (*x + width > right)
        width = right - *x;
    if (width <= 0)
        return;
    vnuma__scene_add_owned(d->scene, VNUMA__SCENE_SEGMENT, *x, y, width,
                           owner);
    *x += width;
}

/*
 * Draws domains from the left, then other use, then free memory.  Promises and
 * free memory may be more than the pnode has; then the bar stands for their
 * sum.
 */
static void draw_memory(drawing *d, const vnuma_pnode *pnode, double x,
                        double y, double width)
{
    double right = x + width, owned = 0, all, free_part, scale;
    unsigned int i;

    if (!pnode->memkb)
        return;
    vnuma__scene_add(d->scene, VNUMA__SCENE_BAR, x, y, width, 1);
    if (pnode->memkb == VNUMA_MEMKB_UNKNOWN ||
        pnode->free_memkb == VNUMA_MEMKB_UNKNOWN)
        return;
    for (i = 0; i < num_domains(d); i++)
        owned += held_memkb(d, i, pnode->pnode);
    free_part = pnode->free_memkb;
    all = pnode->memkb;
    if (all < owned + free_part)
        all = owned + free_part;
    scale = width / all;
    for (i = 0; i < num_domains(d); i++)
        draw_segment(d, &x, y, scale * held_memkb(d, i, pnode->pnode), right,
                     i);
    draw_segment(d, &x, y, scale * (all - owned - free_part), right,
                 VNUMA__SCENE_OTHERS);
    draw_segment(d, &x, y, right - x, right, VNUMA__SCENE_FREE);
}

/* Returns the owner of the vcpu on a pcpu; a running vcpu comes first. */
static int pcpu_owner(const drawing *d, uint32_t pcpu)
{
    const vnuma_domains *domains = d->domains;
    int owner = VNUMA__SCENE_IDLE;
    unsigned int i, j;

    for (i = 0; domains && i < domains->num_items; i++)
        for (j = 0; j < domains->items[i].num_vcpus; j++) {
            const vnuma_domain_vcpu *vcpu = &domains->items[i].vcpus[j];

            if (!vcpu->online || vcpu->pcpu != pcpu)
                continue;
            if (vcpu->running)
                return i;
            if (owner == VNUMA__SCENE_IDLE)
                owner = i;
        }
    return owner;
}

/* Chips are two columns wide where that fits, else one. */
static unsigned int chip_width(unsigned int num, unsigned int inner)
{
    return 2 * num <= inner ? 2 : 1;
}

static void draw_chips(drawing *d, const vnuma_pnode *pnode, double x,
                       double y, unsigned int inner)
{
    unsigned int num = vnuma_bitmap_count(&pnode->pcpus), i = 0;
    unsigned int width = chip_width(num, inner), per_row = inner / width;
    uint32_t pcpu;

    if (num > per_row * d->chip_rows)
        return;
    VNUMA_BITMAP_FOREACH(pcpu, &pnode->pcpus) {
        unsigned int row = i / per_row;

        vnuma__scene_add_owned(d->scene, VNUMA__SCENE_CHIP,
                               x + i % per_row * width, y + row, width,
                               pcpu_owner(d, pcpu));
        i++;
    }
}

/* Returns the domain with the next smaller amount of memory there, or -1. */
static int next_owner(const drawing *d, uint32_t pnode, int last)
{
    int i, best = -1;
    uint64_t held, bound = last < 0 ? UINT64_MAX : held_memkb(d, last, pnode);

    for (i = 0; i < (int)num_domains(d); i++) {
        held = held_memkb(d, i, pnode);
        if (!held || held > bound || (held == bound && i <= last))
            continue;
        if (best < 0 || held > held_memkb(d, best, pnode))
            best = i;
    }
    return best;
}

static void draw_owners(drawing *d, uint32_t pnode, double x, double y,
                        unsigned int inner)
{
    unsigned int row;
    int owner = -1;
    char size[24];

    for (row = 0; row < d->num_named; row++) {
        owner = next_owner(d, pnode, owner);
        if (owner < 0)
            return;
        vnuma__scene_add_owned(d->scene, VNUMA__SCENE_KEY, x, y + row, 1,
                               owner);
        size_text(held_memkb(d, owner, pnode), size);
        vnuma__scene_add_text(d->scene, x + 2, y + row,
                              inner - 3 - strlen(size), VNUMA__SCENE_BODY,
                              VNUMA__SCENE_LEFT, "%s",
                              d->domains->items[owner].name);
        vnuma__scene_add_text(d->scene, x + inner, y + row, strlen(size),
                              VNUMA__SCENE_BODY, VNUMA__SCENE_RIGHT, "%s",
                              size);
    }
}

static void draw_heading(drawing *d, const vnuma_pnode *pnode, double x,
                         double y, unsigned int inner)
{
    char *pcpus = vnuma_bitmap_format(&pnode->pcpus), text[64] = "no CPUs";
    unsigned int num = vnuma_bitmap_count(&pnode->pcpus);

    if (!pcpus) {
        d->scene->failed = true;
        return;
    }
    vnuma__scene_add_text(d->scene, x, y, 8, VNUMA__SCENE_HEADING,
                          VNUMA__SCENE_LEFT, "node %" PRIu32, pnode->pnode);
    if (strlen(pcpus) + 14 > inner)
        snprintf(text, sizeof(text), "%u CPUs", num);
    else if (num)
        snprintf(text, sizeof(text), "CPU%s %s", num > 1 ? "s" : "", pcpus);
    vnuma__scene_add_text(d->scene, x + inner, y, inner - 9,
                          VNUMA__SCENE_FAINT, VNUMA__SCENE_RIGHT, "%s", text);
    free(pcpus);
}

static void draw_card(drawing *d, unsigned int i)
{
    const vnuma_pnode *pnode = &d->topology->pnodes[i];
    unsigned int inner = d->card - 4;
    unsigned int left = 1 + i % d->columns * (d->card + 1);
    unsigned int y = d->y + i / d->columns * d->card_rows;
    double x = left + 2;
    char size[24], all[24];

    vnuma__scene_add(d->scene, VNUMA__SCENE_CARD, left, y, d->card,
                     d->card_rows);
    draw_heading(d, pnode, x, y, inner);
    draw_memory(d, pnode, x, y + 1, inner);
    if (pnode->memkb)
        vnuma__scene_add_text(d->scene, x, y + 2, inner, VNUMA__SCENE_BODY,
                              VNUMA__SCENE_LEFT, "%s free of %s",
                              size_text(pnode->free_memkb, size),
                              size_text(pnode->memkb, all));
    else
        vnuma__scene_add_text(d->scene, x, y + 2, inner, VNUMA__SCENE_FAINT,
                              VNUMA__SCENE_LEFT, "no memory");
    draw_chips(d, pnode, x, y + 3, inner);
    draw_owners(d, pnode->pnode, x, y + 3 + d->chip_rows, inner);
}

/* ---- above and below ---------------------------------------------------- */

/* A text with a row of its own, the next one. */
#define DRAW_ROW(d, style, ...)                                               \
    vnuma__scene_add_text((d)->scene, 1, (d)->y++, (d)->scene->width - 2,     \
                          style, VNUMA__SCENE_LEFT, __VA_ARGS__)

static void draw_title(drawing *d)
{
    const char *name = vnuma_topology_fact(d->topology, "host");
    uint64_t memkb = 0, free_memkb = 0, pcpus = 0;
    unsigned int i, num = d->topology->num_pnodes;
    char all[24], left[24];

    for (i = 0; i < num; i++) {
        const vnuma_pnode *pnode = &d->topology->pnodes[i];

        vnuma__add_memkb(&memkb, pnode->memkb);
        vnuma__add_memkb(&free_memkb, pnode->free_memkb);
        pcpus += vnuma_bitmap_count(&pnode->pcpus);
    }
    DRAW_ROW(d, VNUMA__SCENE_TITLE, "%s",
             name && *name && strcmp(name, "(none)") ? name : "host");
    DRAW_ROW(d, VNUMA__SCENE_FAINT,
             "%u node%s, %" PRIu64 " CPU%s, %s free of %s%s", num,
             num == 1 ? "" : "s", pcpus, pcpus == 1 ? "" : "s",
             size_text(free_memkb, left), size_text(memkb, all),
             !d->domains  ? ""
             : d->counted ? "; memory as Xen counted it"
                          : "; memory as promised");
    d->y++;
}

/* Draws a key at the next position in its row. */
static void draw_key(drawing *d, unsigned int *column, int owner,
                     const char *text)
{
    const unsigned int width = 30;
    unsigned int per_row = (d->scene->width - 2) / width;
    unsigned int x = 1 + *column * width;

    vnuma__scene_add_owned(d->scene, VNUMA__SCENE_KEY, x, d->y, 1, owner);
    vnuma__scene_add_text(d->scene, x + 2, d->y, width - 3, VNUMA__SCENE_BODY,
                          VNUMA__SCENE_LEFT, "%s", text);
    if (++*column == per_row) {
        *column = 0;
        d->y++;
    }
}

static void draw_keys(drawing *d)
{
    char size[24], text[160]; /* longer than what is shown of it */
    unsigned int i, column = 0;

    for (i = 0; i < num_domains(d); i++) {
        const vnuma_domain *domain = &d->domains->items[i];

        size_text(domain->memkb, size);
        if (*domain->name)
            snprintf(text, sizeof(text), "%s, %s", size, domain->name);
        else
            snprintf(text, sizeof(text), "%s, domid %" PRIu32, size,
                     domain->domid);
        draw_key(d, &column, i, text);
    }
    draw_key(d, &column, VNUMA__SCENE_OTHERS,
             !d->domains  ? "used, and holes"
             : d->counted ? "Xen itself, and holes"
                          : "other use, and holes");
    draw_key(d, &column, VNUMA__SCENE_FREE, "free");
    d->y += column ? 2 : 1;
}

/* ---- distances ---------------------------------------------------------- */

static uint32_t farthest(const vnuma_topology *topology)
{
    unsigned int i, num = topology->num_pnodes * topology->num_pnodes;
    const uint32_t *distances = topology->distances;
    uint32_t far = VNUMA_DISTANCE_LOCAL;

    for (i = 0; i < num; i++)
        if (distances[i] != VNUMA_DISTANCE_UNKNOWN && distances[i] > far)
            far = distances[i];
    return far;
}

static void draw_distance(drawing *d, double x, double y, unsigned int width,
                          uint32_t distance, uint32_t far)
{
    vnuma__scene_item *item =
        vnuma__scene_add(d->scene, VNUMA__SCENE_HEAT, x, y, width, 1);
    char text[12];

    if (!item)
        return;
    if (distance == VNUMA_DISTANCE_UNKNOWN) {
        item->level = -1;
        strcpy(text, "?");
    } else {
        item->level = distance <= VNUMA_DISTANCE_LOCAL
                          ? 0
                          : (double)(distance - VNUMA_DISTANCE_LOCAL) /
                                (far - VNUMA_DISTANCE_LOCAL);
        snprintf(text, sizeof(text), "%" PRIu32, distance);
    }
    if (width < 4)
        return;
    item->text = strdup(text);
    d->scene->failed |= !item->text;
}

/* Returns the columns for one distance; 0: the matrix does not fit. */
static unsigned int cell_width(unsigned int num, unsigned int width)
{
    static const unsigned int widths[] = { 5, 4, 2, 1 };
    unsigned int i;

    for (i = 0; i < sizeof(widths) / sizeof(widths[0]); i++)
        if (num * widths[i] + 10 <= width)
            return widths[i];
    return 0;
}

static void draw_matrix(drawing *d, unsigned int cell)
{
    unsigned int i, j, n = d->topology->num_pnodes;
    unsigned int step = cell >= 4 ? 1 : 8;
    const uint32_t *distance = d->topology->distances;
    uint32_t far = farthest(d->topology);
    const unsigned int left = 9;

    for (j = 0; j < n; j += step)
        vnuma__scene_add_text(d->scene, left + j * cell, d->y,
                              cell >= 4 ? cell : 4, VNUMA__SCENE_FAINT,
                              cell >= 4 ? VNUMA__SCENE_CENTRE
                                        : VNUMA__SCENE_LEFT,
                              "%" PRIu32, d->topology->pnodes[j].pnode);
    d->y++;
    for (i = 0; i < n; i++, d->y++) {
        vnuma__scene_add_text(d->scene, left - 1, d->y, 8, VNUMA__SCENE_FAINT,
                              VNUMA__SCENE_RIGHT, "node %" PRIu32,
                              d->topology->pnodes[i].pnode);
        for (j = 0; j < n; j++)
            draw_distance(d, left + j * cell, d->y, cell, *distance++, far);
    }
    if (cell < 4) {
        d->y++;
        DRAW_ROW(d, VNUMA__SCENE_FAINT, "from %u (local) to %" PRIu32,
                 VNUMA_DISTANCE_LOCAL, far);
    }
}

static void draw_distances(drawing *d)
{
    unsigned int n = d->topology->num_pnodes;
    unsigned int cell = cell_width(n, d->scene->width);

    if (n < 2)
        return;
    DRAW_ROW(d, VNUMA__SCENE_HEADING, "Distances");
    if (cell)
        draw_matrix(d, cell);
    else
        DRAW_ROW(d, VNUMA__SCENE_BODY,
                 "up to %" PRIu32 "; the table needs %u columns",
                 farthest(d->topology), n + 10);
}

/* One line for each node, as systems show it: by its best initiator. */
static void draw_hmat(drawing *d)
{
    unsigned int i;
    char *line;

    if (!vnuma__hmat_is_known(&d->topology->hmat))
        return;
    d->y++;
    DRAW_ROW(d, VNUMA__SCENE_HEADING, "Memory (HMAT)");
    for (i = 0; i < d->topology->num_pnodes; i++) {
        line = vnuma__scene_hmat_line(d->topology, i);
        d->scene->failed |= !line;
        if (line)
            DRAW_ROW(d, VNUMA__SCENE_BODY, "%s", line);
        free(line);
    }
}

/* ---- sizes -------------------------------------------------------------- */

/* What looks good on a page, for callers that give no width. */
static unsigned int best_columns(unsigned int num)
{
    static const struct {
        unsigned int up_to, columns;
    } table[] = { { 2, 2 }, { 3, 3 }, { 4, 2 }, { 16, 4 }, { 36, 6 } };
    unsigned int i;

    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (num <= table[i].up_to)
            return num < table[i].columns ? num : table[i].columns;
    return 8;
}

static void choose_columns(drawing *d, unsigned int width)
{
    unsigned int num = d->topology->num_pnodes ? d->topology->num_pnodes : 1;
    unsigned int rows, columns;

    if (!width) {
        d->columns = best_columns(num);
        d->card = num <= 4 ? 44 : 32;
        d->scene->width = d->columns * (d->card + 1) + 1;
        return;
    }
    d->scene->width = width < MIN_WIDTH ? MIN_WIDTH : width;
    columns = (d->scene->width - 1) / (MIN_CARD + 1);
    columns = columns > num ? num : columns;
    rows = (num + columns - 1) / columns;
    d->columns = (num + rows - 1) / rows;
    d->card = (d->scene->width - 1) / d->columns - 1;
    if (d->card > MAX_CARD)
        d->card = MAX_CARD;
}

static void choose_rows(drawing *d)
{
    unsigned int i, num, width, rows, inner = d->card - 4;

    for (i = 0; i < d->topology->num_pnodes; i++) {
        num = vnuma_bitmap_count(&d->topology->pnodes[i].pcpus);
        width = chip_width(num, inner);
        rows = (num + inner / width - 1) / (inner / width);
        d->chip_rows = rows > d->chip_rows ? rows : d->chip_rows;
    }
    if (d->chip_rows > 4)
        d->chip_rows = 0; /* the heading gives their number */
    d->num_named = most_owners(d);
    if (d->num_named > MAX_NAMED)
        d->num_named = MAX_NAMED;
    d->card_rows = 4 + d->chip_rows + d->num_named;
}

int vnuma__scene_build(const vnuma_topology *topology,
                       const vnuma_domains *domains, unsigned int width,
                       vnuma__scene *scene_r)
{
    drawing d = { topology, domains, scene_r };
    unsigned int i;

    *scene_r = (vnuma__scene){ 0 };
    d.counted = domains && domains->num_items && domains->items[0].counted;
    choose_columns(&d, width);
    choose_rows(&d);
    draw_title(&d);
    for (i = 0; i < topology->num_pnodes; i++)
        draw_card(&d, i);
    d.y += (i + d.columns - 1) / d.columns * d.card_rows + 1;
    draw_keys(&d);
    draw_distances(&d);
    draw_hmat(&d);
    scene_r->height = d.y;
    if (!scene_r->failed)
        return 0;
    vnuma__scene_dispose(scene_r);
    return VNUMA_ERROR_NOMEM;
}
