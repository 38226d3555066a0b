/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The xl that create starts before it plans: here this program itself. */
#include "config.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "front/stock.h"
#include "hooks/message.h"
#include "run/run_xl.h"
#include "said.h"
#include "tap.h"

/* ---- xl ----------------------------------------------------------------- */

#define ENV_FAKE "FAKE_XL" /* what xl does */

static void report(int fd, const char *message)
{
    send(fd, message, strlen(message), MSG_NOSIGNAL);
}

static int fake_xl(const char *what, const char *subcommand)
{
    int fd = atoi(getenv(ENV_MESSAGE_FD));
    struct pollfd told = { .fd = fd, .events = POLLIN };
    static const char wanted[] = "A=1\0B=2\0";
    char settings[64];

    if (strcmp(subcommand, "Create"))
        return 99;
    if (!strcmp(what, "without us"))
        return 1;
    report(fd, MESSAGE_HELLO " 1");
    poll(&told, 1, -1);
    if (!strcmp(what, "ends"))
        return 3;
    if (recv(fd, settings, sizeof(settings), 0) != sizeof(wanted) ||
        memcmp(settings, wanted, sizeof(wanted)))
        return 98;
    report(fd, MESSAGE_DOMAIN " 7 x");
    report(fd, MESSAGE_DONE " 7");
    return 0;
}

/* ---- what run_xl.c uses ------------------------------------------------- */

static const char *release = "4.17", *missing = "";
static bool waits_for_end; /* xl has ended before anything is heard */

double cli_seconds(void)
{
    return 0;
}

char *cli_module_path(const char *name)
{
    (void)name;
    return strdup("");
}

const char *cli_module_error(void)
{
    return "cannot be loaded";
}

void *cli_load_module(const char *name)
{
    return strcmp(name, missing) ? said : NULL;
}

bool stock_find(stock_xl *stock_r)
{
    memset(stock_r, 0, sizeof(*stock_r));
    strcpy(stock_r->path, "/proc/self/exe");
    strcpy(stock_r->release, release);
    return true;
}

bool stock_prepare(const stock_xl *stock, char **argv)
{
    (void)stock;
    (void)argv;
    return true;
}

/* In the place of libc's. */
int poll(struct pollfd *fds, nfds_t num, int timeout)
{
    (void)timeout;
    if (waits_for_end)
        ppoll(&fds[1], 1, NULL, NULL);
    return ppoll(fds, num, NULL, NULL);
}

/* ---- cases -------------------------------------------------------------- */

static char *args[] = { (char *)"xl", (char *)"-v", (char *)"create", NULL };

static void count(void *user, const run_result *result)
{
    (void)result;
    ++*(int *)user;
}

static int run(const char *what, run_result *result_r, int *num_done)
{
    const run_setting settings[] = { { "A", "1" }, { "B", "2" }, { NULL } };
    int num_ends = 0;
    const run_hooks hooks = { NULL, NULL, count, &num_ends };
    const run_hooks counting = { NULL, count, count, num_done };

    said[0] = '\0';
    setenv(ENV_FAKE, what, 1);
    run_begin(args);
    return run_xl("create", args, settings, true,
                  num_done ? &counting : &hooks, result_r);
}

static bool has_child(void)
{
    return waitpid(-1, NULL, WNOHANG) >= 0;
}

static void xl_waits_for_its_settings(void)
{
    run_result result;
    int num_calls = 0;

    CHECK_INT(run("builds", &result, &num_calls), CLI_OK);
    CHECK_INT(result.exit_status, 0);
    CHECK_INT(result.stage, RUN_DONE);
    CHECK_INT(num_calls, 2); /* done, and xl's end */
    CHECK_STR(args[2], "create");
    CHECK(!has_child());
}

/* An xl of another release ends when it is loaded, whatever it is told. */
static void what_xl_said_before_it_ended_is_heard(void)
{
    run_result result;

    waits_for_end = true;
    CHECK_INT(run("ends", &result, NULL), CLI_OK);
    waits_for_end = false;
    CHECK_INT(result.stage, RUN_LOADED);
    CHECK_INT(result.exit_status, 3);
    CHECK_STR(said, "");
}

static void an_xl_without_our_object_did_nothing(void)
{
    run_result result;

    CHECK_INT(run("without us", &result, NULL), CLI_ENVIRONMENT);
    CHECK_INT(result.exit_status, 1);
    CHECK_STR(said, "create: xl did not load xl-vnuma-hooks.so");
}

static void what_is_abandoned_ends(void)
{
    setenv(ENV_FAKE, "builds", 1);
    run_begin(args);
    CHECK(has_child());
    run_abandon();
    CHECK(!has_child());
}

/* It could only complain, next to what is said of that. */
static void without_xen_no_xl_is_begun(void)
{
    release = "";
    setenv(ENV_FAKE, "builds", 1);
    run_begin(args);
    CHECK(!has_child());
    run_abandon();
    release = "4.17";
}

/* The front asks: what cannot be loaded may have another way. */
static void all_that_is_loaded_later_is_checked(void)
{
    static const char *const names[] = { XEN_MODULE, "xl-vnuma-hooks.so" };
    unsigned int i;

    CHECK_INT(run_check("front"), CLI_OK);
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        missing = names[i];
        CHECK_INT(run_check("front"), CLI_ENVIRONMENT);
    }
    missing = "";
}

int main(int argc, char **argv)
{
    static const tap_case cases[] = {
        TAP_CASE(xl_waits_for_its_settings),
        TAP_CASE(what_xl_said_before_it_ended_is_heard),
        TAP_CASE(an_xl_without_our_object_did_nothing),
        TAP_CASE(what_is_abandoned_ends),
        TAP_CASE(without_xen_no_xl_is_begun),
        TAP_CASE(all_that_is_loaded_later_is_checked),
    };

    if (getenv(ENV_MESSAGE_FD))
        return fake_xl(getenv(ENV_FAKE), argc > 2 ? argv[2] : "");
    return TAP_RUN(cases);
}
