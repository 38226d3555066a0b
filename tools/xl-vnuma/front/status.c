/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What stands in the place of xl, and for whom. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "front/front.h"

static bool read_line(FILE *f, char line_r[PATH_MAX])
{
    bool ok = f && fgets(line_r, PATH_MAX, f);

    line_r[ok ? strcspn(line_r, "\n") : 0] = '\0';
    return ok;
}

/* Files that set the PATH of a service. */
#define SERVICES                                                              \
    ROOT "/etc/default/* " ROOT "/etc/systemd/system/*.service " ROOT         \
         "/etc/systemd/system/*.d/*.conf"

static void print_users(bool path_is_front, bool sbin_is_front)
{
    FILE *f = popen("grep -lsE '^[^#]*PATH.*/xl-vnuma/front' " SERVICES, "re");
    bool any = path_is_front || sbin_is_front;
    char path[PATH_MAX];

    if (path_is_front)
        puts("front for:     what runs xl with this PATH");
    if (sbin_is_front)
        puts("front for:     what runs /usr/sbin/xl: services, cron and "
             "scripts too");
    for (; read_line(f, path); any = true)
        printf("front for:     what %s is for\n", path);
    if (f)
        pclose(f);
    if (!any)
        puts("front for:     no one here");
}

bool front_status(bool is_usable)
{
    bool sbin_is_front = stock_is_front(SBIN_XL), path_is_front;
    FILE *which = popen("command -v xl", "re");
    bool ok, falls_back;
    char in_path[PATH_MAX];
    stock_xl stock;

    read_line(which, in_path);
    if (which)
        pclose(which);
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
