/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An answer that is drawn again and again, on a terminal and elsewhere, until
 * a key, a signal or a failure ends it; the terminal is then as it was.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>

#include "cli/show.h"
#include "said.h"
#include "tap.h"

#define ENTER "\033[?1049h\033[?25l\033[?7l"
#define LEAVE "\033[?7h\033[?25h\033[?1049l"
#define CLEAR "\033[0m\033[K"

double cli_seconds(void)
{
    static double now;

    return now += 0.25;
}

/* ---- answers ------------------------------------------------------------ */

/* The first ones; then what ends it. */
typedef struct {
    const char *texts[3];
    int code; /* of the next answer */
    int signal;
} answers;

static int make(void *user, char **text_r)
{
    answers *a = user;
    unsigned int i = 0;

    while (i < 3 && !a->texts[i])
        i++;
    if (i == 3)
        return a->code;
    *text_r = strdup(a->texts[i]);
    a->texts[i] = NULL;
    if (a->signal && (i == 2 || !a->texts[i + 1]))
        raise(a->signal);
    return *text_r ? CLI_OK : CLI_ENVIRONMENT;
}

/* ---- a terminal --------------------------------------------------------- */

static char printed[8192];
static bool is_restored;

/* Its program has standard output there, or in @file; it reads @keys. */
static int watch(const answers *a, double seconds, unsigned short rows,
                 const char *keys, const char *file)
{
    struct winsize size = { .ws_row = rows, .ws_col = 80 };
    struct termios before, after;
    size_t len = 0;
    ssize_t more;
    int master, slave, fd, status = -1;
    pid_t pid;

    memset(printed, 0, sizeof(printed));
    if (openpty(&master, &slave, NULL, NULL, &size))
        return -1;
    tcgetattr(slave, &before);
    before.c_oflag &= ~(tcflag_t)OPOST;
    before.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    tcsetattr(slave, TCSANOW, &before); /* a key is one without a newline */
    before.c_lflag |= ICANON;
    if (keys && write(master, keys, strlen(keys)) < 0)
        return -1;
    fflush(stdout);
    pid = fork();
    if (!pid) {
        answers own = *a;

        if (keys)
            tcsetattr(slave, TCSANOW, &before);
        dup2(keys ? slave : open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
        dup2(file ? open(file, O_WRONLY | O_CLOEXEC) : slave, 1);
        close(master);
        alarm(60);
        status = watch_run(make, &own, seconds);
        fflush(stdout);
        _exit(status);
    }
    waitpid(pid, &status, 0);
    tcgetattr(slave, &after);
    is_restored = !keys || after.c_lflag == before.c_lflag;
    fd = fcntl(master, F_GETFL);
    fcntl(master, F_SETFL, fd | O_NONBLOCK);
    while ((more = read(master, printed + len, sizeof(printed) - 1 - len)) > 0)
        len += (size_t)more;
    close(slave);
    close(master);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- cases -------------------------------------------------------------- */

static void a_key_ends_it(void)
{
    static const char *const keys[] = { "q", "Q", "xyq" };
    const answers a = { .texts = { "one\n" }, .code = 9 };
    unsigned int i;

    for (i = 0; i < 3; i++) {
        CHECK_INT(watch(&a, 1000, 24, keys[i], NULL), CLI_OK);
        CHECK_STR(printed, ENTER "\033[Hone" CLEAR "\r\n\033[J" LEAVE);
        CHECK(is_restored);
    }
}

static void a_signal_ends_it(void)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    answers a = { .texts = { "one", "two" }, .code = 9 };
    unsigned int i;

    for (i = 0; i < 3; i++) {
        a.signal = signals[i];
        CHECK_INT(watch(&a, 0, 0, "", NULL), CLI_OK);
        CHECK_STR(printed, ENTER "\033[Hone" CLEAR "\r\n\033[J\033[Htwo" CLEAR
                                 "\r\n\033[J" LEAVE);
        CHECK(is_restored);
    }
}

/* Every key but those only makes it wait on. */
static void time_brings_the_next_answer(void)
{
    const answers a = { .texts = { "1\n2\n3", "4" }, .code = 9 };

    CHECK_INT(watch(&a, 1, 2, "x", NULL), 9);
    CHECK_STR(printed, ENTER "\033[H1" CLEAR "\r\n2" CLEAR "\033[H4" CLEAR
                             "\r\n\033[J" LEAVE);
    CHECK(is_restored);
}

static void without_keys_it_goes_on(void)
{
    const answers a = { .texts = { "1" }, .code = 9 };

    CHECK_INT(watch(&a, 0, 24, NULL, NULL), 9);
    CHECK_STR(printed, ENTER "\033[H1" CLEAR "\r\n\033[J" LEAVE);
}

static void elsewhere_answers_follow_each_other(void)
{
    const answers a = { .texts = { "1\n", "2\n" }, .code = 9 };
    char path[] = "/tmp/test-watch.XXXXXX";
    int fd = mkstemp(path);

    CHECK_INT(watch(&a, 0, 24, "q", path), 9);
    CHECK(read(fd, printed, sizeof(printed)) == 5);
    CHECK(!memcmp(printed, "1\n\n2\n", 5));
    close(fd);
    unlink(path);
}

static void what_cannot_be_written_ends_it(void)
{
    const answers a = { .texts = { "1\n", "2\n" }, .code = 9 };

    CHECK_INT(watch(&a, 0, 24, "", "/dev/full"), CLI_ENVIRONMENT);
}

static const tap_case cases[] = {
    TAP_CASE(a_key_ends_it),
    TAP_CASE(a_signal_ends_it),
    TAP_CASE(time_brings_the_next_answer),
    TAP_CASE(without_keys_it_goes_on),
    TAP_CASE(elsewhere_answers_follow_each_other),
    TAP_CASE(what_cannot_be_written_ends_it),
};

int main(void)
{
    return TAP_RUN(cases);
}
