/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this process has one of, and how xl-vnuma says so; see process.h. */
#include "config.h"

#include "hooks/process.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hooks/message.h"
#include "inside/inside.h"
#include "record/ledger.h"

hooks_process process = {
    .report_fd = -1,
    .head_fd = -1,
};

static inside_guests guests = { .tasks = VNUMA__TASKS_INIT };
inside_guests *inside = &guests;

static char *take_variable(const char *name)
{
    const char *value = getenv(name);
    char *copy = value ? strdup(value) : NULL;

    unsetenv(name);
    return copy;
}

int process_take_fd(const char *name)
{
    char *text = take_variable(name);
    int fd = text && *text ? atoi(text) : -1;

    free(text);
    if (fd >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC))
        fd = -1;
    return fd;
}

/* What xl starts must not load us again. */
static void restore_preload(void)
{
    char *before = take_variable(ENV_OLD_PRELOAD);

    if (before && *before)
        setenv("LD_PRELOAD", before, 1);
    else
        unsetenv("LD_PRELOAD");
    free(before);
}

void process_begin(char **argv)
{
    process.report_fd = process_take_fd(ENV_MESSAGE_FD);
    process.is_waiting = process.report_fd >= 0;
    restore_preload();
    argv = process.is_waiting ? message_subcommand(argv) : NULL;
    if (argv)
        **argv = (char)tolower((unsigned char)**argv);
}

/* What it is told becomes variables, and so stays allocated. */
static void wait_for_settings(int fd)
{
    char *text = malloc(MESSAGE_SETTINGS_MAX + 1), *setting;
    ssize_t len;

    do
        len = text ? recv(fd, text, MESSAGE_SETTINGS_MAX, 0) : 0;
    while (len < 0 && errno == EINTR);
    if (len < 0)
        fprintf(stderr, "xl-vnuma: xl is not told what to do: %s\n",
                strerror(errno));
    if (len <= 0)
        _exit(3); /* nothing was done */
    text[len] = '\0';
    for (setting = text; *setting; setting += strlen(setting) + 1)
        putenv(setting);
}

void process_wait(void)
{
    char *domid, *entry;

    if (!process.is_waiting)
        return;
    process.is_waiting = false;
    wait_for_settings(process.report_fd);
    domid = take_variable(ENV_SAVE_DOMID);
    process.head_fd = process_take_fd(ENV_HEAD_FD);
    process.is_incoming = process.head_fd >= 0;
    process.record = take_variable(ENV_RESTORE_RECORD);
    if (domid)
        process.leaving = vnuma__task_begin(
            &inside->tasks, NULL, (uint32_t)strtoul(domid, NULL, 10));
    free(domid);
    process.expected = take_variable(ENV_PLAN);
    process.file = take_variable(ENV_FILE);
    process.setting = take_variable(ENV_SETTING);
    process.membinds = take_variable(ENV_MEMBINDS);
    process.tables = take_variable(ENV_TABLES);
    process.pin = getenv(ENV_PIN);
    unsetenv(ENV_PIN);
    entry = take_variable(ENV_ENTRY);
    snprintf(process.entry, sizeof(process.entry), "%s", entry ? entry : "");
    free(entry);
}

void process_mark_entry(void)
{
    char marked[sizeof(process.entry) + sizeof(VNUMA__LEDGER_MARK)];

    if (!*process.entry)
        return;
    stpcpy(stpcpy(marked, process.entry), VNUMA__LEDGER_MARK);
    rename(process.entry, marked);
    snprintf(process.entry, sizeof(process.entry), "%s", marked);
}
