/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answers that are drawn repeatedly, on the terminal's alternate screen and
 * with plain ANSI sequences.  However it ends, the terminal is restored.
 */
#include "config.h"

#include "cli/show.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

/* Alternate screen, no cursor, no wrapping of long lines; and all undone. */
#define ENTER "\033[?1049h\033[?25l\033[?7l"
#define LEAVE "\033[?7h\033[?25h\033[?1049l"

static volatile sig_atomic_t ended;

static void end_watch(int signal_number)
{
    (void)signal_number;
    ended = 1;
}

typedef struct {
    bool screen, keys; /* whether output, and input, is a terminal */
    struct termios termios;
    sigset_t before; /* the signal mask to restore */
} terminal;

/* Signals arrive only in ppoll(): none is lost, and no answer is cut off. */
static void catch_signals(terminal *t)
{
    static const int caught[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction action = { .sa_handler = end_watch };
    unsigned int i;
    sigset_t set;

    sigemptyset(&action.sa_mask);
    sigemptyset(&set);
    for (i = 0; i < sizeof(caught) / sizeof(caught[0]); i++) {
        sigaction(caught[i], &action, NULL);
        sigaddset(&set, caught[i]);
    }
    sigprocmask(SIG_BLOCK, &set, &t->before);
}

static void open_terminal(terminal *t)
{
    struct termios raw;

    catch_signals(t);
    t->screen = isatty(STDOUT_FILENO);
    t->keys = t->screen && !tcgetattr(STDIN_FILENO, &t->termios);
    if (t->keys) {
        raw = t->termios;
        raw.c_lflag &= ~(ICANON | ECHO);
        tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    if (t->screen)
        fputs(ENTER, stdout);
}

static void close_terminal(terminal *t)
{
    if (t->screen) {
        fputs(LEAVE, stdout);
        fflush(stdout);
    }
    if (t->keys)
        tcsetattr(STDIN_FILENO, TCSANOW, &t->termios);
    sigprocmask(SIG_SETMASK, &t->before, NULL);
}

/* Draws over the last answer; clears the rest of each line and below. */
static void redraw(const char *text)
{
    unsigned int row, rows = 24;
    struct winsize size;
    const char *eol;

    if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row)
        rows = size.ws_row;
    fputs("\033[H", stdout);
    for (row = 0; *text && row < rows; row++) {
        eol = strchrnul(text, '\n');
        fwrite(text, 1, eol - text, stdout);
        fputs("\033[0m\033[K", stdout);
        text = *eol ? eol + 1 : eol;
        if (row + 1 < rows)
            fputs("\r\n", stdout);
    }
    if (row < rows)
        fputs("\033[J", stdout);
}

/* Waits; true: the user wants to quit. */
static bool pause_or_quit(const terminal *t, double seconds)
{
    struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
    double left, deadline = cli_seconds() + seconds;
    struct timespec timeout;
    bool keys = t->keys;
    char key;

    do {
        left = deadline - cli_seconds();
        left = left < 0 ? 0 : left;
        timeout.tv_sec = (time_t)left;
        timeout.tv_nsec = (long)((left - (double)timeout.tv_sec) * 1e9);
        if (ppoll(&input, keys, &timeout, &t->before) <= 0)
            break; /* time out, or a signal */
        if (read(STDIN_FILENO, &key, 1) != 1)
            keys = false;
        else if (key == 'q' || key == 'Q')
            return true;
    } while (!ended);
    return ended;
}

static int print_screen(const terminal *t, const char *text, bool is_first)
{
    if (t->screen)
        redraw(text);
    else
        printf("%s%s", is_first ? "" : "\n", text);
    if (fflush(stdout) || ferror(stdout))
        return cli_fail(CLI_ENVIRONMENT, "standard output: %s",
                        strerror(errno));
    return CLI_OK;
}

int watch_run(watch_fn *make, void *user, double seconds)
{
    bool is_first = true;
    terminal t = { 0 };
    char *text;
    int code;

    open_terminal(&t);
    do {
        text = NULL;
        code = make(user, &text);
        if (!code)
            code = print_screen(&t, text, is_first);
        free(text);
        is_first = false;
    } while (!code && !pause_or_quit(&t, seconds));
    close_terminal(&t);
    return code;
}
