/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest that is planned next to the others of a folder. */
#include "config.h"

#include <stdarg.h>
#include <sys/stat.h>

#include "cli/guest_files.h"
#include "plan-case.h"

#define MIB UINT64_C(1024) /* in KiB */

/* ---- what the command has ----------------------------------------------- */

int cli_fail(int code, const char *format, ...)
{
    (void)format;
    return code;
}

int cli_code(int rc)
{
    return rc ? CLI_REFUSED : CLI_OK;
}

static unsigned int num_warned;

int cli_end(vnuma_diags *diags, int rc)
{
    num_warned += diags->num_warnings;
    vnuma_diags_dispose(diags);
    return cli_code(rc);
}

int cli_read_source(vnuma_source *source, const char *path)
{
    return vnuma_source_read(source, path) ? CLI_ENVIRONMENT : CLI_OK;
}

/* ---- a folder ----------------------------------------------------------- */

static char dir[] = "/tmp/test-auto-folder.XXXXXX";

static void path_in(char *path, const char *name)
{
    snprintf(path, 80, "%s/%s", dir, name);
}

static void write_file(const char *name, const char *text)
{
    char path[80];
    FILE *f;

    path_in(path, name);
    f = fopen(path, "w");
    REQUIRE(f);
    fputs(text, f);
    CHECK_INT(fclose(f), 0);
}

/* The folder "auto", and a guest that lived on pnode 0 and comes after. */
static void begin_folder(void)
{
    vnuma__lived lived = { .memkb = { 512 * MIB }, .num_vnodes = 1 };
    char path[80];

    strcpy(dir + strlen(dir) - 6, "XXXXXX");
    CHECK(mkdtemp(dir));
    path_in(path, "auto");
    CHECK_INT(mkdir(path, 0700), 0);
    path_in(path, "auto/folder");
    CHECK_INT(mkdir(path, 0700), 0);
    path_in(path, "kept");
    setenv("XL_VNUMA_KEPT", path, 1);
    kept_add("none", "old", &lived);
    write_file("auto/broken", ")");
    write_file("auto/old", "name = \"old\"\n" ONE_VNODE("512"));
    write_file("new.cfg", ONE_VNODE("256"));
}

static void end_folder(void)
{
    char command[80];

    snprintf(command, sizeof(command), "rm -rf %s", dir);
    CHECK_INT(system(command), 0);
}

static void link_new(void)
{
    char path[80];

    path_in(path, "auto/new");
    CHECK_INT(symlink("../new.cfg", path), 0);
}

static bool runs(void *user, const char *name)
{
    return user && !strcmp(user, name);
}

/* What it prefers: a pnode, or UINT32_MAX: none. */
static uint32_t preferred(const char *running)
{
    vnuma_plan_options options;
    char auto_dir[80], cfg[80];
    vnuma__homes homes;
    cli_guest guest;
    plan_case host;
    auto_folder b = {
        .dir = auto_dir,
        .cfg = cfg,
        .guest = &guest,
        .homes = &homes,
        .runs = runs,
        .user = (void *)running,
    };
    uint32_t pnode = UINT32_MAX;

    path_in(auto_dir, "auto");
    path_in(cfg, "new.cfg");
    memset(&host, 0, sizeof(host));
    CHECK_INT(vnuma_source_set(&host.host_source, "host", EQUAL_PNODES,
                               strlen(EQUAL_PNODES)),
              0);
    CHECK_INT(
        vnuma__topology_parse(&host.host_source, &host.topology, &host.diags),
        0);
    b.topology = &host.topology;
    memset(&options, 0, sizeof(options));
    memset(&guest, 0, sizeof(guest));
    CHECK_INT(cli_guest_check(&guest, cfg, &host.topology, NULL, 0, true), 0);
    kept_load(&homes);
    auto_folder_prefer(&b, &options);
    vnuma__homes_dispose(&homes);
    if (options.preferred.num_vnodes)
        pnode = options.preferred.pnodes[0];
    cli_guest_dispose(&guest);
    case_dispose(&host);
    return pnode;
}

static void it_leaves_the_places_of_others(void)
{
    begin_folder();
    link_new();
    CHECK_UINT(preferred(NULL), 1);
    end_folder();
}

static void those_that_run_are_on_the_host_already(void)
{
    begin_folder();
    link_new();
    CHECK_UINT(preferred("old"), 0);
    end_folder();
}

static void a_guest_of_another_folder_is_planned_alone(void)
{
    begin_folder();
    CHECK_UINT(preferred(NULL), UINT32_MAX);
    end_folder();
}

static void what_finds_no_place_next_to_them_prefers_none(void)
{
    begin_folder();
    link_new();
    write_file("auto/other", "name = \"other\"\n"
                             "type = \"pvh\"\nmemory = 512\nvcpus = 1\n"
                             "vnuma = [ [ \"pnode=1\", \"size=512\" ] ]\n");
    CHECK_UINT(preferred(NULL), UINT32_MAX);
    end_folder();
}

/* However many guests are looked for in it. */
static void a_broken_line_of_the_file_is_warned_of_once(void)
{
    begin_folder();
    link_new();
    write_file("auto/other", "name = \"other\"\n" ONE_VNODE("256"));
    write_file("kept/places", "broken\n");
    num_warned = 0;
    preferred(NULL);
    CHECK_UINT(num_warned, 1);
    end_folder();
}

static const tap_case cases[] = {
    TAP_CASE(it_leaves_the_places_of_others),
    TAP_CASE(those_that_run_are_on_the_host_already),
    TAP_CASE(a_guest_of_another_folder_is_planned_alone),
    TAP_CASE(what_finds_no_place_next_to_them_prefers_none),
    TAP_CASE(a_broken_line_of_the_file_is_warned_of_once),
};

int main(void)
{
    return TAP_RUN(cases);
}
