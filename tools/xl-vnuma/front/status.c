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

/* The xl that PATH finds; "": none. */
static void look_in_path(char path_r[PATH_MAX])
{
    FILE *f = popen("command -v xl", "re");

    read_line(f, path_r);
    if (f)
        pclose(f);
}

static bool print_user(const char *who)
{
    printf("front for:     what %s\n", who);
    return true;
}

/* Files that set the PATH of a service.  Whether there were any. */
static bool print_services(void)
{
    FILE *f = popen("cd ./" ROOT "/ && exec /bin/grep -lsE "
                    "'^[^#]*PATH.*/xl-vnuma/front' etc/default/* "
                    "etc/systemd/system/*.service "
                    "etc/systemd/system/*.d/*.conf",
                    "re");
    char path[PATH_MAX], who[PATH_MAX + 16];
    bool any = false;

    while (read_line(f, path)) {
        snprintf(who, sizeof(who), "/%s is for", path);
        any = print_user(who);
    }
    if (f)
        pclose(f);
    return any;
}

static void print_users(bool path_is_front)
{
    bool any = false;

    if (path_is_front)
        any = print_user("runs xl with this PATH");
    if (stock_is_front(SBIN_XL))
        any = print_user("runs /usr/sbin/xl: services, cron and scripts too");
    if (!print_services() && !any)
        puts("front for:     no one here");
}

bool front_status(bool is_usable)
{
    bool ok, falls_back, path_is_front;
    char in_path[PATH_MAX];
    stock_xl stock;

    look_in_path(in_path);
    path_is_front = stock_is_front(in_path);
    ok = stock_find(&stock);
    is_usable &= ok && stock.fits_us;
    ok &= front_falls_back(&falls_back);
    printf("xl in PATH:    %s%s\n", *in_path ? in_path : "none",
           path_is_front ? ", the front" : "");
    printf("/usr/sbin/xl:  %s\n",
           stock_is_front(SBIN_XL) ? "the front" : "not the front");
    printf("stock xl:      %s\n", *stock.why ? stock.why : stock.path);
    printf("Xen:           %s runs, xl-vnuma is for %s\n",
           *stock.release ? stock.release : "none", XEN_RELEASE);
    printf("xl-vnuma:      %s be used\n", is_usable ? "can" : "cannot");
    printf("without it:    guests with vnuma= are %s\n",
           falls_back ? "stock xl's" : "refused");
    print_users(path_is_front);
    return ok;
}
