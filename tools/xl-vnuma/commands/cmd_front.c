/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl-vnuma front: what stands in the place of xl, and for whom; and whether
 * this xl-vnuma can be used, which the front asks.
 */
#include "config.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json_writer.h"
#include "commands/commands.h"
#include "front/conf.h"
#include "front/probe.h"
#include "front/stock.h"
#include "run/build.h"

/* ---- probe -------------------------------------------------------------- */

static int probe_here(void)
{
    stock_xl stock;

    stock_find(&stock);
    if (!stock.release[0])
        return cli_fail(CLI_ENVIRONMENT, "no Xen is running here");
    if (strcmp(stock.release, XEN_RELEASE) != 0)
        return cli_fail(CLI_ENVIRONMENT,
                        "it was built for Xen %s, and Xen %s is running",
                        XEN_RELEASE, stock.release);
    return build_check_xl("front");
}

/* ---- status ------------------------------------------------------------- */

#define SBIN_XL "/usr/sbin/xl"

typedef struct {
    char in_path[PATH_MAX]; /* the xl that PATH finds; "": none */
    bool path_is_front;
    char sbin[PATH_MAX];
    bool sbin_is_front;
    char diverted[PATH_MAX]; /* where dpkg has that of Xen; "": nowhere */
    stock_xl stock;
    bool has_stock;
    char why[PROBE_MAX]; /* xl-vnuma cannot be used; "": it can */
    front_conf conf;
    vnuma_diags diags; /* of conf */
    glob_t services;   /* files; "" for those without a PATH line */
} status;

static void look_in_path(status *s)
{
    const char *rest = getenv("PATH");
    struct stat st;
    size_t len;

    for (; rest; rest += len, rest = *rest ? rest + 1 : NULL) {
        len = strcspn(rest, ":");
        snprintf(s->in_path, sizeof(s->in_path), "%.*s%sxl", (int)len, rest,
                 len ? "/" : "");
        if (!stat(s->in_path, &st) && S_ISREG(st.st_mode) &&
            !access(s->in_path, X_OK))
            break;
        s->in_path[0] = '\0';
    }
    s->path_is_front = stock_is_front(s->in_path);
}

/* Where dpkg is not there, nothing is diverted. */
static void ask_dpkg(status *s)
{
    FILE *f = popen("dpkg-divert --truename " SBIN_XL " 2>/dev/null", "re");

    if (f && fgets(s->diverted, sizeof(s->diverted), f))
        s->diverted[strcspn(s->diverted, "\n")] = '\0';
    if (f)
        pclose(f);
    if (!strcmp(s->diverted, SBIN_XL))
        s->diverted[0] = '\0';
}

static bool has_path_line(const char *file)
{
    static const char folder[] = "/xl-vnuma/front";
    char *line = NULL;
    bool has = false;
    size_t size = 0;
    FILE *f = fopen(file, "re");

    while (f && !has && getline(&line, &size, f) > 0)
        has = line[strspn(line, " \t")] != '#' && strstr(line, "PATH") &&
              strstr(line, folder);
    free(line);
    if (f)
        fclose(f);
    return has;
}

/* Where a service's environment is set. */
static void look_at_services(status *s)
{
    static const char *const patterns[] = {
        "/etc/default/*",
        "/etc/systemd/system/*.service",
        "/etc/systemd/system/*.d/*.conf",
    };
    char path[PATH_MAX];
    unsigned int i;

    for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        stock_path(path, patterns[i]);
        glob(path, i ? GLOB_APPEND : 0, NULL, &s->services);
    }
    for (i = 0; i < s->services.gl_pathc; i++)
        if (!has_path_line(s->services.gl_pathv[i]))
            s->services.gl_pathv[i][0] = '\0';
}

static void look_around(status *s)
{
    char program[PATH_MAX];

    memset(s, 0, sizeof(*s));
    look_in_path(s);
    stock_path(s->sbin, SBIN_XL);
    s->sbin_is_front = stock_is_front(s->sbin);
    ask_dpkg(s);
    look_at_services(s);
    s->has_stock = stock_find(&s->stock);
    stock_path(program, SBINDIR "/xl-vnuma");
    if (probe(program, s->why))
        s->why[0] = '\0';
    conf_init(&s->conf);
    vnuma_diags_init(&s->diags);
    conf_read(&s->conf, &s->diags);
}

static void status_dispose(status *s)
{
    globfree(&s->services);
    vnuma_diags_dispose(&s->diags);
    conf_dispose(&s->conf);
}

static const char *fallback(const status *s)
{
    return s->conf.falls_back ? "stock" : "refuse";
}

static void print_users(const status *s)
{
    size_t i;
    bool any = s->path_is_front || s->sbin_is_front;

    if (s->path_is_front)
        puts("front for:     what runs xl with this PATH");
    if (s->sbin_is_front)
        puts("front for:     what runs " SBIN_XL
             ": services, cron and scripts too");
    for (i = 0; i < s->services.gl_pathc; i++)
        if (*s->services.gl_pathv[i]) {
            printf("front for:     what %s is for\n", s->services.gl_pathv[i]);
            any = true;
        }
    if (!any)
        puts("front for:     no one here");
}

static void print_text(const status *s)
{
    printf("xl in PATH:    %s%s\n", *s->in_path ? s->in_path : "none",
           s->path_is_front ? ", the front" : "");
    printf("%s:  %s%s%s\n", SBIN_XL,
           s->sbin_is_front ? "the front" : "not the front",
           *s->diverted ? "; Xen's own is diverted to " : "", s->diverted);
    printf("stock xl:      %s\n", s->has_stock ? s->stock.path : s->stock.why);
    printf("Xen:           %s runs, xl-vnuma is for %s\n",
           *s->stock.release ? s->stock.release : "none", XEN_RELEASE);
    printf("xl-vnuma:      %s%s\n",
           *s->why ? "cannot be used: " : "can be used", s->why);
    printf("without it:    guests with vnuma= are %s (fallback=\"%s\", %s)\n",
           s->conf.falls_back ? "stock xl's" : "refused", fallback(s),
           s->conf.is_there ? CONF_PATH : "the default");
    print_users(s);
}

static char *to_json(const status *s)
{
    vnuma__json json;
    size_t i;

    vnuma__json_init(&json, true);
    vnuma__json_map(&json);
    vnuma__json_add_string(&json, "path_xl", *s->in_path ? s->in_path : NULL);
    vnuma__json_add_bool(&json, "path_is_front", s->path_is_front);
    vnuma__json_add_bool(&json, "sbin_is_front", s->sbin_is_front);
    vnuma__json_add_string(&json, "diverted_to",
                           *s->diverted ? s->diverted : NULL);
    vnuma__json_add_string(&json, "stock_xl",
                           s->has_stock ? s->stock.path : NULL);
    vnuma__json_add_string(&json, "xen",
                           *s->stock.release ? s->stock.release : NULL);
    vnuma__json_add_string(&json, "built_for", XEN_RELEASE);
    vnuma__json_add_bool(&json, "usable", !*s->why);
    vnuma__json_add_string(&json, "why", *s->why ? s->why : NULL);
    vnuma__json_add_string(&json, "conf", s->conf.is_there ? CONF_PATH : NULL);
    vnuma__json_add_bool(&json, "conf_valid", !s->diags.num_errors);
    vnuma__json_add_string(&json, "fallback", fallback(s));
    vnuma__json_add_array(&json, "services");
    for (i = 0; i < s->services.gl_pathc; i++)
        if (*s->services.gl_pathv[i])
            vnuma__json_string(&json, s->services.gl_pathv[i]);
    vnuma__json_end_array(&json);
    vnuma__json_end_map(&json);
    return vnuma__json_finish(&json);
}

static int print_status(bool json)
{
    int code = CLI_OK;
    status s;

    look_around(&s);
    cli_print_diags(&s.diags);
    if (json)
        code = cli_answer(to_json(&s));
    else
        print_text(&s);
    if (!code && (s.diags.num_errors || !s.has_stock))
        code = CLI_ENVIRONMENT;
    status_dispose(&s);
    return code;
}

int main_front(const cli_options *options, int argc, char **argv)
{
    bool json = false;
    const cli_option table[] = {
        { .name = "json", .flag = &json },
        { .name = NULL },
    };
    const char *what;
    int code;

    code = cli_read_options(table, argc, argv);
    if (code != CLI_GO_ON)
        return code;
    code = cli_only_here(options, "front");
    if (code)
        return code;
    what = optind + 1 == argc ? argv[optind] : "";
    if (!strcmp(what, "probe") && !json)
        return probe_here();
    return strcmp(what, "status") == 0 ? print_status(json) : cli_usage();
}
