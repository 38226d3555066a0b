/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where guests lived: the text that keeps it, what a plan makes of it, and the
 * file.
 */
#include "config.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include "cli/guest_files.h"
#include "nomem.h"
#include "plan-group.h"
#include "said.h"

#define MIB UINT64_C(1024) /* in KiB */
#define UUID "01234567-89ab-cdef-0123-456789abcdef"
#define OTHER_UUID "01234567-89ab-cdef-0123-456789abcde0"

/* ---- what kept.c says --------------------------------------------------- */

int cli_end(vnuma_diags *diags, int rc)
{
    char *text;

    if (diags->num_items) {
        text = vnuma_diag_format(vnuma_diags_at(diags, 0), false);
        snprintf(said, sizeof(said), "%s", text ? text : "");
        free(text);
    }
    vnuma_diags_dispose(diags);
    return rc;
}

/* ---- the text ----------------------------------------------------------- */

/* Two vnodes of 256 MiB. */
static vnuma__lived lived_on(uint32_t pnode0, uint32_t pnode1)
{
    return (vnuma__lived){
        .pnodes = { pnode0, pnode1 },
        .memkb = { 256 * MIB, 256 * MIB },
        .num_vnodes = 2,
    };
}

static void keep(vnuma_source *kept, const char *uuid, const char *name,
                 uint32_t pnode0)
{
    vnuma__lived lived = lived_on(pnode0, 7);
    char *text = vnuma__homes_add(kept, uuid, name, &lived, 1700000000);

    REQUIRE(text);
    CHECK_INT(vnuma_source_set(kept, "places", text, strlen(text)), 0);
    free(text);
}

static void set_text(vnuma_source *kept, const char *text)
{
    CHECK_INT(vnuma_source_set(kept, "places", text, strlen(text)), 0);
}

/* What is found: "0,7"; "": nothing; and how many lines are warned of. */
static void check_found(const vnuma_source *kept, const char *uuid,
                        const char *name, const char *want,
                        unsigned int num_warnings)
{
    vnuma__lived lived = { .num_vnodes = 9 };
    char found[64] = "";
    vnuma_diags diags;
    vnuma__homes homes;
    unsigned int v;

    vnuma_diags_init(&diags);
    CHECK_INT(vnuma__homes_read(kept, &homes, &diags), 0);
    vnuma__homes_find(&homes, uuid, name, &lived);
    vnuma__homes_dispose(&homes);
    for (v = 0; v < lived.num_vnodes; v++)
        snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s%u",
                 v ? "," : "", lived.pnodes[v]);
    CHECK_STR(found, want);
    CHECK_UINT(diags.num_items, num_warnings);
    vnuma_diags_dispose(&diags);
}

static void a_guest_is_found_by_its_uuid_else_by_its_name(void)
{
    vnuma_source kept;

    vnuma_source_init(&kept);
    check_found(&kept, UUID, "web", "", 0);
    keep(&kept, UUID, "web", 1);
    keep(&kept, OTHER_UUID, "db", 2);
    check_found(&kept, NULL, "web", "1,7", 0);
    check_found(&kept, UUID, "db", "1,7", 0);
    check_found(&kept, "another", "db", "2,7", 0);
    check_found(&kept, NULL, "we", "", 0);
    check_found(&kept, NULL, NULL, "", 0);
    vnuma_source_dispose(&kept);
}

static void the_newest_takes_the_line_of_the_old(void)
{
    vnuma_source kept;

    vnuma_source_init(&kept);
    keep(&kept, UUID, "web", 1);
    keep(&kept, OTHER_UUID, "web", 2);
    keep(&kept, OTHER_UUID, "renamed", 3);
    CHECK_STR(kept.text, "{\"name\":\"renamed\",\"uuid\":\"" OTHER_UUID "\","
                         "\"time\":1700000000,\"pnodes\":[3,7],"
                         "\"memkb\":[262144,262144]}\n");
    vnuma_source_dispose(&kept);
}

static void a_name_may_be_anything(void)
{
    vnuma_source kept;

    vnuma_source_init(&kept);
    keep(&kept, UUID, "a\n\"b\\", 1);
    keep(&kept, OTHER_UUID, NULL, 2);
    check_found(&kept, NULL, "a\n\"b\\", "1,7", 0);
    check_found(&kept, OTHER_UUID, "", "2,7", 0);
    vnuma_source_dispose(&kept);
}

#define GOOD                                                                  \
    "{\"name\":\"g\",\"uuid\":\"" UUID "\",\"pnodes\":[3],\"memkb\":[1]}\n"

static void what_cannot_be_read_is_left_out_with_one_warning(void)
{
    static const char *const bad[] = {
        "{\"name\":\"g\"}",
        "[\"g\"]",
        "{\"name\":\"g\",\"pnodes\":[3],\"memkb\":[1,2]}",
        "{\"name\":\"g\",\"pnodes\":[],\"memkb\":[]}",
        "{\"name\":\"g\",\"pnodes\":[64],\"memkb\":[1]}",
        "{\"name\":\"g\",\"pnodes\":[-1],\"memkb\":[1]}",
        "{\"name\":\"g\",\"pnodes\":\"3\",\"memkb\":[1]}",
        "{\"name\":\"g\",\"pnodes\":[3],\"memkb\":[99999999999999999999]}",
        "{\"name\":\"g\",\"pnodes\":[3],\"memkb\":[1]",
        "\377\376garbage",
    };
    vnuma_source kept;
    char text[1024];
    unsigned int i;

    vnuma_source_init(&kept);
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(text, sizeof(text), "%s\n" GOOD "%s\n", bad[i], bad[i]);
        set_text(&kept, text);
        check_found(&kept, NULL, "g", "3", 1);
    }
    keep(&kept, OTHER_UUID, "h", 1);
    check_found(&kept, NULL, "g", "3", 0);
    vnuma_source_dispose(&kept);
}

static void every_beginning_of_a_line_can_be_read(void)
{
    vnuma_source kept;
    char text[] = GOOD;
    size_t len;

    vnuma_source_init(&kept);
    for (len = strlen(text) - 2; len; len--) {
        text[len] = '\0';
        set_text(&kept, text);
        check_found(&kept, NULL, "g", "", 1);
    }
    vnuma_source_dispose(&kept);
}

/* Twice what is kept. */
static void the_oldest_go_when_there_are_too_many(void)
{
    vnuma__lived lived = lived_on(1, 2);
    unsigned int i, num = 2 * VNUMA__LIVED_MAX / 50;
    char *text, *end, last[16];
    vnuma_source kept;

    vnuma_source_init(&kept);
    text = end = malloc((size_t)num * 64);
    REQUIRE(text);
    for (i = 0; i < num; i++)
        end += sprintf(end,
                       "{\"name\":\"g%08u\",\"pnodes\":[1],\"memkb\":[1]}"
                       "     \n",
                       i);
    set_text(&kept, text);
    free(text);
    text = vnuma__homes_add(&kept, UUID, "new", &lived, 1);
    REQUIRE(text);
    CHECK(strlen(text) < VNUMA__LIVED_MAX + 256);
    set_text(&kept, text);
    free(text);
    snprintf(last, sizeof(last), "g%08u", num - 1);
    check_found(&kept, NULL, "g00000000", "", 0);
    check_found(&kept, NULL, last, "1", 0);
    check_found(&kept, NULL, "new", "1,2", 0);
    vnuma_source_dispose(&kept);
}

static vnuma_source two_guests;

static int find_step(void)
{
    vnuma__homes homes;
    vnuma_diags diags;
    int rc;

    vnuma_diags_init(&diags);
    rc = vnuma__homes_read(&two_guests, &homes, &diags);
    vnuma__homes_dispose(&homes);
    vnuma_diags_dispose(&diags);
    return rc;
}

static int add_step(void)
{
    vnuma__lived lived = lived_on(1, 2);

    return text_came(vnuma__homes_add(&two_guests, UUID, "new", &lived, 1));
}

static void without_memory_nothing_is_taken_for_the_truth(void)
{
    keep(&two_guests, UUID, "web", 1);
    keep(&two_guests, OTHER_UUID, "db", 2);
    run_with_each_failing(find_step, false);
    run_with_each_failing(find_step, true);
    run_with_each_failing(add_step, false);
    run_with_each_failing(add_step, true);
    vnuma_source_dispose(&two_guests);
}

/* ---- plans -------------------------------------------------------------- */

#define GUEST                                                                 \
    "type = \"pvh\"\nmemory = 512\nvcpus = 2\n"                               \
    "vnuma = [ [ \"size=256\" ], [ \"size=256\" ] ]\n"

/* The line that says it; "": none. */
static const char *lived_line(const vnuma_plan *plan)
{
    const char *reason = plan->reasons;

    while (reason && *reason &&
           strncmp(reason, VNUMA__LIVED_WORDS, strlen(VNUMA__LIVED_WORDS)))
        reason += strlen(reason) + 1;
    return reason ? reason : "";
}

static const struct {
    const char *guest, *want, *says;
    uint32_t pnodes[2];
} plans[] = {
    { GUEST,
      "1 0",
      "where it lived: pnodes 1,0; every vnode is there again",
      { 1, 0 } },
    { GUEST,
      "1 1",
      "where it lived: pnodes 1,1; every vnode is there again",
      { 1, 1 } },
    /* A pnode that is gone. */
    { GUEST,
      "1 0",
      "where it lived: pnodes 1,9; not there again: vnode 1",
      { 1, 9 } },
    /* One is named as it was, or not. */
    { "type = \"pvh\"\nmemory = 512\nvcpus = 2\n"
      "vnuma = [ [ \"pnode=1\", \"size=256\" ], [ \"size=256\" ] ]\n",
      "1 1",
      "where it lived: pnodes 1,1; every vnode is there again",
      { 1, 1 } },
    { "type = \"pvh\"\nmemory = 512\nvcpus = 2\n"
      "vnuma = [ [ \"pnode=0\", \"size=256\" ], [ \"size=256\" ] ]\n",
      "0 1",
      "",
      { 1, 0 } },
    { "type = \"pvh\"\nmemory = 512\nvcpus = 2\n"
      "vnuma = [ [ \"pnode=1\", \"size=256\" ], [ \"pnode=0\" ] ]\n",
      "1 0",
      "",
      { 1, 0 } },
    /* Another size, another number. */
    { "type = \"pvh\"\nmemory = 768\nvcpus = 2\n"
      "vnuma = [ [ \"size=256\" ], [ \"size=512\" ] ]\n",
      "1 0",
      "",
      { 0, 1 } },
    { "type = \"pvh\"\nmemory = 512\nvcpus = 1\nvnuma = \"auto\"\n",
      "0",
      "",
      { 1, 0 } },
};

static void a_guest_comes_back_where_it_lived(void)
{
    vnuma__lived lived;
    unsigned int i;
    plan_case c;

    for (i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
        lived = lived_on(plans[i].pnodes[0], plans[i].pnodes[1]);
        case_host(&c, TWO);
        case_guest(&c, plans[i].guest);
        c.options.lived = &lived;
        c.rc = vnuma__plan_build(&c.config, &c.topology, &c.options, &c.plan,
                                 &c.diags);
        CHECK_INT(c.rc, 0);
        check_pnodes(&c.plan, plans[i].want);
        CHECK_STR(lived_line(&c.plan), plans[i].says);
        case_dispose(&c);
    }
}

static void the_note_is_what_the_plan_says(void)
{
    vnuma__lived lived = lived_on(1, 0);
    plan_case c;

    case_host(&c, TWO);
    case_guest(&c, GUEST);
    c.options.lived = &lived;
    CHECK_INT(vnuma__plan_build(&c.config, &c.topology, &c.options, &c.plan,
                                &c.diags),
              0);
    kept_tell(&c.plan, &c.diags);
    REQUIRE(c.diags.num_items == 1);
    CHECK_STR(vnuma_diags_at(&c.diags, 0)->message, lived_line(&c.plan));
    case_dispose(&c);
}

/* The larger one would take the place of the smaller. */
static void guests_that_lived_here_come_before_others(void)
{
    vnuma__lived lived = {
        .pnodes = { 0 },
        .memkb = { 384 * MIB },
        .num_vnodes = 1,
    };
    group g;

    group_host(&g, EQUAL_PNODES);
    group_add(&g, "new", ONE_VNODE("512"));
    group_add(&g, "old", ONE_VNODE("384"));
    g.guests[1].lived = &lived;
    group_plan(&g);
    CHECK_INT(g.rc, 0);
    check_pnodes(&g.guests[0].plan, "1");
    check_pnodes(&g.guests[1].plan, "0");
    CHECK_STR(lived_line(&g.guests[1].plan),
              "where it lived: pnode 0; every vnode is there again");
    group_dispose(&g);
}

/* ---- the file ----------------------------------------------------------- */

static char dir[] = "/tmp/test-lived.XXXXXX", folder[64], path[80];

static void begin_file(void)
{
    said[0] = '\0';
    strcpy(dir + strlen(dir) - 6, "XXXXXX");
    CHECK(mkdtemp(dir));
    snprintf(folder, sizeof(folder), "%s/kept", dir);
    snprintf(path, sizeof(path), "%s/places", folder);
    setenv("XL_VNUMA_KEPT", folder, 1);
}

static void end_file(void)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf %s", dir);
    CHECK_INT(system(command), 0);
}

static unsigned int find_kept(const char *name)
{
    vnuma__homes homes;
    vnuma__lived lived;

    kept_load(&homes);
    vnuma__homes_find(&homes, UUID, name, &lived);
    vnuma__homes_dispose(&homes);
    return lived.num_vnodes;
}

static void what_is_kept_is_found_and_nobody_else_reads_it(void)
{
    vnuma__lived lived = lived_on(1, 0);
    struct stat st;

    begin_file();
    CHECK_UINT(find_kept("web"), 0);
    kept_add(OTHER_UUID, "web", &lived);
    kept_add(UUID, "db", &lived);
    CHECK_UINT(find_kept("web"), 2);
    CHECK_INT(stat(folder, &st), 0);
    CHECK_UINT(st.st_mode & 0777, 0700);
    CHECK_STR(said, "");
    end_file();
}

/* Each in a process of its own. */
static void none_is_lost_of_guests_that_come_at_once(void)
{
    vnuma__lived lived = lived_on(1, 0);
    unsigned int i, found = 0;
    char name[16];
    pid_t pids[8];
    int status;

    begin_file();
    for (i = 0; i < 8; i++) {
        snprintf(name, sizeof(name), "g%u", i);
        pids[i] = fork();
        if (!pids[i]) {
            kept_add(name, name, &lived);
            _exit(0);
        }
    }
    for (i = 0; i < 8; i++)
        waitpid(pids[i], &status, 0);
    for (i = 0; i < 8; i++) {
        snprintf(name, sizeof(name), "g%u", i);
        found += find_kept(name) == 2;
    }
    CHECK_UINT(found, 8);
    end_file();
}

static void a_file_that_cannot_be_used_costs_a_warning(void)
{
    vnuma__lived lived = lived_on(1, 0);

    begin_file();
    CHECK_INT(mkdir(folder, 0700), 0);
    CHECK_INT(mkdir(path, 0700), 0);
    CHECK_UINT(find_kept("web"), 0);
    CHECK(strstr(said, "it is not known where the guest lived"));
    kept_add(UUID, "web", &lived);
    CHECK(strstr(said, "where the guest lives is not kept"));
    end_file();
}

static void a_folder_that_cannot_be_made_costs_a_warning(void)
{
    vnuma__lived lived = lived_on(1, 0);

    begin_file();
    setenv("XL_VNUMA_KEPT", "/dev/null", 1);
    kept_add(UUID, "web", &lived);
    CHECK(strstr(said, "/dev/null/places: where the guest lives is not kept"));
    end_file();
}

static const tap_case cases[] = {
    TAP_CASE(a_guest_is_found_by_its_uuid_else_by_its_name),
    TAP_CASE(the_newest_takes_the_line_of_the_old),
    TAP_CASE(a_name_may_be_anything),
    TAP_CASE(what_cannot_be_read_is_left_out_with_one_warning),
    TAP_CASE(every_beginning_of_a_line_can_be_read),
    TAP_CASE(the_oldest_go_when_there_are_too_many),
    TAP_CASE(without_memory_nothing_is_taken_for_the_truth),
    TAP_CASE(a_guest_comes_back_where_it_lived),
    TAP_CASE(the_note_is_what_the_plan_says),
    TAP_CASE(guests_that_lived_here_come_before_others),
    TAP_CASE(what_is_kept_is_found_and_nobody_else_reads_it),
    TAP_CASE(none_is_lost_of_guests_that_come_at_once),
    TAP_CASE(a_file_that_cannot_be_used_costs_a_warning),
    TAP_CASE(a_folder_that_cannot_be_made_costs_a_warning),
};

int main(void)
{
    return TAP_RUN(cases);
}
