/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What stands in the place of xl, and for whom. */
#include "config.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "front/front.h"

/* The first in PATH, as a shell finds it; "": there is none. */
static void find_in_path(char path_r[PATH_MAX])
{
    const char *at = getenv("PATH");
    struct stat st;
    int len;

    for (; at; at = at[len] ? at + len + 1 : NULL) {
        len = (int)strcspn(at, ":");
        snprintf(path_r, PATH_MAX, "%.*s%sxl", len, at, len ? "/" : "");
        if (!stat(path_r, &st) && S_ISREG(st.st_mode) && !access(path_r, X_OK))
            return;
    }
    path_r[0] = '\0';
}

/* Files that set the PATH of a service. */
static const char *const services[] = {
    ROOT "/etc/default/*",
    ROOT "/etc/systemd/system/*.service",
    ROOT "/etc/systemd/system/*.d/*.conf",
};

static bool names_front(const char *line)
{
    const char *path = strstr(line, "PATH"), *comment = strchr(line, '#');

    return path && (!comment || path < comment) &&
           strstr(path, "/" PACKAGE "/front");
}

static bool sets_path(const char *file)
{
    FILE *f = fopen(file, "re");
    char line[PATH_MAX];
    bool found = false;

    while (f && !found && fgets(line, sizeof(line), f))
        found = names_front(line);
    if (f)
        fclose(f);
    return found;
}

static bool print_services(void)
{
    glob_t found = { .gl_pathc = 0 };
    bool any = false;
    size_t i;

    for (i = 0; i < sizeof(services) / sizeof(services[0]); i++)
        glob(services[i], i ? GLOB_APPEND : 0, NULL, &found);
    for (i = 0; i < found.gl_pathc; i++)
        if (sets_path(found.gl_pathv[i])) {
            printf("front for:     what %s is for\n", found.gl_pathv[i]);
            any = true;
        }
    globfree(&found);
    return any;
}

static void print_users(bool path_is_front, bool sbin_is_front)
{
    if (path_is_front)
        puts("front for:     what runs xl with this PATH");
    if (sbin_is_front)
        puts("front for:     what runs /usr/sbin/xl: services, cron and "
             "scripts too");
    if (!print_services() && !path_is_front && !sbin_is_front)
        puts("front for:     no one here");
}

bool front_status(bool is_usable)
{
    bool sbin_is_front = stock_is_front(SBIN_XL), path_is_front;
    bool ok, falls_back;
    char in_path[PATH_MAX];
    stock_xl stock;

    find_in_path(in_path);
    path_is_front = stock_is_front(in_path);
    ok = stock_find(&stock);
    is_usable &= ok && stock.fits_us;
    ok &= front_falls_back(&falls_back);
    printf("xl in PATH:    %s%s\n", *in_path ? in_path : "none",
           path_is_front ? ", the front" : "");
    printf("/usr/sbin/xl:  %s\n",
           sbin_is_front ? "the front" : "not the front");
    printf("stock xl:      %s\n", *stock.why ? stock.why : stock.path);
    printf("Xen:           %s runs, xl-vnuma is for %s\n",
           *stock.release ? stock.release : "none", XEN_RELEASE);
    printf("xl-vnuma:      %s be used\n", is_usable ? "can" : "cannot");
    printf("without it:    guests with vnuma= are %s\n",
           falls_back ? "stock xl's" : "refused");
    print_users(path_is_front, sbin_is_front);
    return ok;
}
