/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the xl that Xen came with; see stock.h. */
#include "config.h"

#include "front/stock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * In this order.  Debian's /usr/sbin/xl is a script that runs the first one;
 * others install xl itself in one of the others.
 */
#define PRIVATE "/usr/lib/xen-%s/bin/xl"
static const char *const places[] = { "/usr/sbin/xl", "/usr/local/sbin/xl" };

void stock_path(char path_r[PATH_MAX], const char *path)
{
    const char *root = getenv(ENV_ROOT);

    snprintf(path_r, PATH_MAX, "%s%s", root ? root : "", path);
}

static bool is_file(const struct stat *st, const char *path)
{
    struct stat other;

    return !stat(path, &other) && st->st_dev == other.st_dev &&
           st->st_ino == other.st_ino;
}

bool stock_is_front(const char *path)
{
    char front[PATH_MAX];
    struct stat st;

    stock_path(front, FRONT_PATH);
    return !stat(path, &st) &&
           (is_file(&st, front) || is_file(&st, "/proc/self/exe"));
}

static bool read_number(const char *name, unsigned int *number_r)
{
    char path[PATH_MAX];
    bool ok;
    FILE *f;

    stock_path(path, name);
    f = fopen(path, "re");
    ok = f && fscanf(f, "%5u", number_r) == 1;
    if (f)
        fclose(f);
    return ok;
}

static void read_release(stock_xl *stock)
{
    unsigned int major, minor;

    if (read_number("/sys/hypervisor/version/major", &major) &&
        read_number("/sys/hypervisor/version/minor", &minor))
        snprintf(stock->release, sizeof(stock->release), "%u.%u", major,
                 minor);
}

static void add_why(stock_xl *stock, const char *what)
{
    size_t len = strlen(stock->why);
    const char *begin = *stock->release
                            ? "no stock xl: "
                            : "no Xen is running, and no stock xl: ";

    snprintf(stock->why + len, sizeof(stock->why) - len, "%s%s%s",
             len ? ", " : begin, stock->path, what);
}

typedef enum { ABSENT, USELESS, FOUND } verdict;

/* What is there in the place of xl but is none ends the search. */
static verdict look(stock_xl *stock)
{
    struct stat st;

    if (stat(stock->path, &st) && errno == ENOENT) {
        add_why(stock, " is not there");
        return ABSENT;
    }
    if (stock_is_front(stock->path)) {
        add_why(stock, " is xl-vnuma's front");
        return ABSENT;
    }
    if (!access(stock->path, X_OK) && S_ISREG(st.st_mode))
        return FOUND;
    stock->why[0] = '\0';
    add_why(stock, " is not a program");
    return USELESS;
}

bool stock_find(stock_xl *stock_r)
{
    verdict seen = ABSENT;
    char place[64];
    unsigned int i;

    memset(stock_r, 0, sizeof(*stock_r));
    read_release(stock_r);
    if (stock_r->release[0]) {
        snprintf(place, sizeof(place), PRIVATE, stock_r->release);
        stock_path(stock_r->path, place);
        seen = look(stock_r);
        stock_r->is_private = seen == FOUND;
    }
    for (i = 0; seen == ABSENT && i < sizeof(places) / sizeof(places[0]);
         i++) {
        stock_path(stock_r->path, places[i]);
        seen = look(stock_r);
    }
    return seen == FOUND;
}

/* ---- running it --------------------------------------------------------- */

/*
 * A script may lead to the front again: counted in the environment, which is
 * otherwise handed on as it is.  A few are right, when what xl starts calls
 * xl.
 */
#define ENV_DEPTH "XL_VNUMA_FRONT_DEPTH"
#define MAX_DEPTH 5

static bool is_script(const char *path)
{
    char head[2] = "";
    FILE *f = fopen(path, "re");
    bool ok = f && fread(head, 1, 2, f) == 2 && !memcmp(head, "#!", 2);

    if (f)
        fclose(f);
    return ok;
}

/* False, and errno, when it would be one too many. */
static bool go_deeper(void)
{
    const char *before = getenv(ENV_DEPTH);
    int depth = before ? atoi(before) : 0;
    char text[16];

    errno = ELOOP;
    snprintf(text, sizeof(text), "%d", depth + 1);
    return depth < MAX_DEPTH && !setenv(ENV_DEPTH, text, 1);
}

/* Debian's wrapper runs it by its path, which is then in some messages. */
static void exec_by_path(const char *path, char *const *argv)
{
    size_t num = 0;
    char **args;

    while (argv[num])
        num++;
    args = calloc(num + 1, sizeof(*args));
    if (!args)
        return;
    memcpy(args, argv, num * sizeof(*args));
    args[0] = (char *)path; /* execv() changes nothing */
    execv(path, args);
    free(args);
}

void stock_exec(const stock_xl *stock, char *const *argv)
{
    if (stock->is_private)
        exec_by_path(stock->path, argv);
    else if (!is_script(stock->path) || go_deeper())
        execv(stock->path, argv);
}
