/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is done, said and kept of what killed processes left of guests. */
#include "config.h"

#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/xen_calls.h"
#include "left-case.h"
#include "run/build.h"
#include "run/recover.h"
#include "run/vm_entry.h"

#define UUID "6b5d1b4e-0000-4000-8000-0123456789ab"
#define OTHER "6b5d1b4e-0000-4000-8000-ba9876543210"

/* ---- what recover.c calls ----------------------------------------------- */

static vnuma__found domains[2]; /* one of number 0: none */
static const char *refused;     /* the call that fails, or "" */
static char done[64], said[512];

static int call(const char *name, uint32_t domid)
{
    size_t len = strlen(done);

    if (!strcmp(name, refused))
        return VNUMA_ERROR_XEN;
    if (domid)
        snprintf(done + len, sizeof(done) - len, "%s %u ", name,
                 (unsigned int)domid);
    return 0;
}

static int destroy(vnuma_xen *xen, uint32_t domid, const uint8_t uuid[16],
                   vnuma_diags *diags)
{
    (void)xen, (void)diags;
    CHECK_UINT(uuid[0], 0x6b);
    return call("destroy", domid);
}

static int resume(vnuma_xen *xen, uint32_t domid, vnuma_diags *diags)
{
    (void)xen, (void)diags;
    return call("resume", domid);
}

static int take_over(vnuma_xen *xen, uint32_t domid, const uint8_t uuid[16],
                     bool run, vnuma_diags *diags)
{
    (void)xen, (void)diags;
    CHECK_UINT(uuid[0], 0x6b);
    if (domid == domains[1].domid)
        strcpy(domains[1].name, "g");
    return call(run ? "take_over" : "name", domid);
}

static int find(vnuma_xen *xen, vnuma__found **found_r, unsigned int *num_r,
                vnuma_diags *diags)
{
    vnuma__found *found = calloc(2, sizeof(*found));

    (void)xen, (void)diags;
    if (!found || call("find", 0)) {
        free(found);
        return VNUMA_ERROR_XEN;
    }
    memcpy(found, domains, sizeof(domains));
    *found_r = found;
    for (*num_r = 0; *num_r < 2 && found[*num_r].domid;)
        ++*num_r;
    return 0;
}

static void keep_entry(vm_entry *entry, const char *uuid, uint32_t domid)
{
    (void)uuid;
    entry->num_items = domid;
}

/* Of a copy that has the same. */
static void put_entry_back(vm_entry *entry)
{
    call("entry", entry->num_items);
}

void *xen_calls_find(const char *name)
{
    return !strcmp(name, "vnuma_xen_destroy")      ? (void *)destroy
           : !strcmp(name, "vnuma_xen_resume")     ? (void *)resume
           : !strcmp(name, "ledger_found")         ? (void *)find
           : !strcmp(name, "vm_entry_keep")        ? (void *)keep_entry
           : !strcmp(name, "vm_entry_put_back")    ? (void *)put_entry_back
           : !strcmp(name, "vnuma_xen_take_over")  ? (void *)take_over
                                                   : NULL;
}

int vnuma_xen_open(vnuma_xen **xen_r, vnuma_diags *diags)
{
    (void)diags;
    *xen_r = NULL;
    return call("open", 0);
}

void vnuma_xen_close(vnuma_xen *xen)
{
    (void)xen;
}

bool build_read_uuid(const char *text, uint8_t uuid[16])
{
    uuid[0] = (uint8_t)strtoul((char[]){ text[0], text[1], '\0' }, NULL, 16);
    return true;
}

int cli_end(vnuma_diags *diags, int rc)
{
    vnuma_diags_dispose(diags);
    return rc ? CLI_ENVIRONMENT : CLI_OK;
}

int cli_fail(int code, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    vsnprintf(said, sizeof(said), format, ap);
    va_end(ap);
    return code;
}

/* ---- the ledger --------------------------------------------------------- */

/* Whether it was there. */
static bool take_away(const char *name)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return !unlink(path);
}

static int recover(recover_how how, unsigned int *num_r)
{
    vnuma__ledger l = VNUMA__LEDGER(dir);
    int code;

    done[0] = said[0] = '\0';
    CHECK_INT(vnuma__ledger_lock(&l), 0);
    code = recover_left(&l, how, num_r);
    CHECK_INT(l.fd, -1);
    vnuma__ledger_end(&l);
    return code;
}

/* ---- cases -------------------------------------------------------------- */

#define GUEST(name, is_new, is_suspended)                                     \
    {                                                                         \
        {                                                                     \
            7, UUID, name, is_new, is_suspended                               \
        }                                                                     \
    }

static const struct {
    const char *file, *entry;
    vnuma__found domains[2];
    recover_how how;
    const char *refused, *done, *said;
    unsigned int num;
    bool stays;
} cases[] = {
    { "1", "build 7 " UUID " 0=1 g", GUEST("g", true, false), RECOVER_ALL, "",
      "destroy 7 entry 7 ", "g (domain 7) is half built: it was destroyed", 1,
      false },
    { "1", "build 7 " UUID " 0=1 ", GUEST("g", true, false), RECOVER_BUILDS,
      "", "destroy 7 entry 7 ",
      "a guest (domain 7) is half built: it was destroyed", 1, false },
    { "1", "build 7 " UUID " 0=1 g", GUEST("g", true, false), RECOVER_SHOW, "",
      "", "g (domain 7) is half built: it would be destroyed", 1, true },
    { "1", "build 7 " UUID " 0=1 g", GUEST("g", true, false), RECOVER_ALL,
      "destroy", "entry 7 ", "", 1, true },
    { "1", "build 7 " UUID " 0=1 g", GUEST("g", true, false), RECOVER_ALL,
      "open", "", "", 0, true },
    { "1", "build 7 " UUID " 0=1 g", GUEST("g", true, false), RECOVER_ALL,
      "find", "", "", 0, true },
    { "1",
      "build 7 " UUID " 0=1 g",
      { { 0 } },
      RECOVER_ALL,
      "",
      "",
      "",
      0,
      false },
    { "1",
      "build 7 " UUID " 0=1 g",
      { { 0 } },
      RECOVER_SHOW,
      "",
      "",
      "",
      0,
      true },
    { "1", "leave 7 " UUID " - g", GUEST("g", false, true), RECOVER_BUILDS, "",
      "", "", 0, true },
    { "1", "leave 7 " UUID " - g", GUEST("g", false, true), RECOVER_ALL, "",
      "resume 7 ", "g (domain 7) was left suspended: it was resumed", 1,
      false },
    { "1", "leave 7 " UUID " - g", GUEST("g", false, false), RECOVER_ALL, "",
      "resume 7 ", "g (domain 7) was being copied: it was left to run here", 1,
      false },
    { "1", "leave 7 " UUID " - g", GUEST("g--migratedaway", false, true),
      RECOVER_ALL, "", "",
      "g (domain 7) was sent away: if it runs or has run elsewhere, destroy "
      "it here, else rename and resume it",
      1, true },
    { "1+", "leave 7 " UUID " - g", GUEST("g", false, true), RECOVER_ALL, "",
      "destroy 7 entry 7 ",
      "g (domain 7) was saved or sent, and not yet removed here: it was "
      "destroyed",
      1, false },
    { "1++", "arrive 7 " UUID " 0=1 g", GUEST("g--incoming", true, false),
      RECOVER_ALL, "", "take_over 7 ",
      "g (domain 7) has arrived and was not started: it was started", 1,
      false },
    { "1++", "arrive-paused 7 " UUID " 0=1 g",
      GUEST("g--incoming", true, false), RECOVER_ALL, "", "name 7 ",
      "g (domain 7) has arrived, to stay paused, under another name: it was "
      "given its own",
      1, false },
    { "1+", "arrive 7 " UUID " 0=1 g", GUEST("g--incoming", true, false),
      RECOVER_ALL, "", "",
      "g (domain 7) has arrived, and may run on the host that sent it too: if "
      "it does, destroy it here, else rename and unpause it",
      1, true },
};

static void each_state_has_its_act(void)
{
    unsigned int i, num;
    bool fails;

    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        put(cases[i].file, cases[i].entry);
        memcpy(domains, cases[i].domains, sizeof(domains));
        refused = cases[i].refused;
        fails = *refused;
        CHECK_INT(recover(cases[i].how, &num),
                  fails ? CLI_ENVIRONMENT : CLI_OK);
        CHECK_STR(done, cases[i].done);
        CHECK_STR(said, cases[i].said);
        CHECK_UINT(num, cases[i].num);
        CHECK(take_away(cases[i].file) == cases[i].stays);
        if (tap_failed)
            TAP_DIAG("case %u", i);
    }
}

/* The copy that arrived first; that which left is known of the ledger. */
static void a_guest_that_moved_on_this_host_is_started_once(void)
{
    static const char *const leaving[] = { "leave 7 " UUID " - g",
                                           "leave 9 " UUID " - g",
                                           "leave 7 " OTHER " - g" };
    unsigned int i, num;

    refused = "";
    for (i = 0; i < 3; i++) {
        domains[0] =
            (vnuma__found){ 7, UUID, "g--migratedaway", false, true, false };
        domains[1] =
            (vnuma__found){ 8, UUID, "g--incoming", true, false, false };
        put("1", leaving[i]);
        put("2+", "arrive 8 " UUID " 0=1 g");
        CHECK_INT(recover(RECOVER_ALL, &num), CLI_OK);
        CHECK_STR(done, i ? "" : "take_over 8 destroy 7 entry 7 ");
        CHECK_UINT(num, i ? 1 : 2);
        CHECK(!take_away("1"));
        CHECK(take_away("2+") == (i > 0));
    }
}

/* Its owner lives, so that only what arrived is ours. */
static void what_is_leaving_may_be_of_another(void)
{
    vnuma__ledger other = VNUMA__LEDGER(dir);
    unsigned int num;

    domains[0] =
        (vnuma__found){ 7, UUID, "g--migratedaway", false, true, false };
    domains[1] = (vnuma__found){ 8, UUID, "g--incoming", true, false, false };
    CHECK_INT(vnuma__ledger_lock(&other), 0);
    other.own = (vnuma__flight){ .kind = VNUMA__FLIGHT_LEAVE, .domid = 7 };
    strcpy(other.own.uuid, UUID);
    other.guest = "other";
    CHECK_INT(vnuma__ledger_write(&other), 0);
    put("2+", "arrive 8 " UUID " 0=1 g");
    CHECK_INT(recover(RECOVER_ALL, &num), CLI_OK);
    CHECK_STR(done, "take_over 8 ");
    vnuma__ledger_end(&other);
}

/* Its copy ends by itself, and what this is to become follows from that. */
static void what_has_a_copy_that_is_not_done_is_kept(void)
{
    unsigned int num;

    domains[0] =
        (vnuma__found){ 7, UUID, "g--migratedaway", false, true, false };
    domains[1] = (vnuma__found){ 8, UUID, "g--incoming", true, false, false };
    put("1", "leave 7 " UUID " - g");
    CHECK_INT(recover(RECOVER_ALL, &num), CLI_OK);
    CHECK_STR(done, "");
    CHECK_STR(said, "g (domain 7) was sent to this host, where its copy is "
                    "neither a guest yet nor gone: recover again; if it "
                    "stays, destroy the copy, and rename and resume the guest");
    CHECK(take_away("1"));
}

static void one_that_fails_does_not_keep_the_next(void)
{
    unsigned int num;

    domains[0] = (vnuma__found){ 7, UUID, "g", true, false, false };
    domains[1] = (vnuma__found){ 9, OTHER, "h", false, true, false };
    put("1", "build 7 " UUID " 0=1 g");
    put("2", "leave 9 " OTHER " - h");
    refused = "destroy";
    CHECK_INT(recover(RECOVER_ALL, &num), CLI_ENVIRONMENT);
    refused = "";
    CHECK_STR(done, "entry 7 resume 9 ");
    CHECK_UINT(num, 2);
    CHECK(take_away("1"));
    CHECK(!take_away("2"));
}

/* One that cannot be made ours may be another's by now, and that is said. */
static void what_is_not_ours_is_not_touched(void)
{
    char path[128];
    unsigned int num;

    domains[0] = (vnuma__found){ 7, UUID, "g", true, false, false };
    domains[1].domid = 0;
    put("1", "build 7 " UUID " 0=1 g");
    snprintf(path, sizeof(path), "%s/1.new", dir);
    CHECK_INT(mkdir(path, 0700), 0);
    put("2", "build 9 " OTHER " 0=1 h"); /* one that is, and left nothing */
    CHECK_INT(recover(RECOVER_ALL, &num), CLI_ENVIRONMENT);
    CHECK(!take_away("2"));
    CHECK_STR(done, "");
    CHECK_UINT(num, 0);
    CHECK_INT(rmdir(path), 0);
    CHECK(take_away("1"));
}

static const tap_case tests[] = {
    TAP_CASE(each_state_has_its_act),
    TAP_CASE(a_guest_that_moved_on_this_host_is_started_once),
    TAP_CASE(what_is_leaving_may_be_of_another),
    TAP_CASE(what_has_a_copy_that_is_not_done_is_kept),
    TAP_CASE(one_that_fails_does_not_keep_the_next),
    TAP_CASE(what_is_not_ours_is_not_touched),
};

int main(void)
{
    int failed;

    strcpy(root, "/tmp/test-recover.XXXXXX");
    if (!mkdtemp(root))
        return EXIT_FAILURE;
    snprintf(dir, sizeof(dir), "%s/builds", root);
    failed = mkdir(dir, 0700) || TAP_RUN(tests);
    rmdir(dir);
    rmdir(root);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
