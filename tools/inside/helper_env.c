/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In a child of the program, between fork() and exec of libxl-save-helper.
 * Another thread may have held any lock when it forked, so the environment is
 * put together on the stack.
 */
#include "config.h"

#include "inside/inside.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

bool inside_is_restorer(char *const *args)
{
    return args[0] && args[1] && !strcmp(args[1], "--restore-domain");
}

/* Whether two variables, "NAME=VALUE", have the same name. */
static bool is_same_name(const char *a, const char *b)
{
    size_t len = strcspn(a, "=");

    return !strncmp(a, b, len) && b[len] == '=';
}

static bool is_made(const char *made, const char *variable)
{
    for (; *made; made += strlen(made) + 1)
        if (is_same_name(made, variable))
            return true;
    return false;
}

#define MAX_VARIABLES 4096u

void inside_enter_helper(const vnuma__task *task)
{
    static char *env[MAX_VARIABLES]; /* of this child alone */
    char *made = task->helper_env;
    unsigned int num = 0;
    char **old;

    if (!made || fcntl(task->built_fd, F_SETFD, 0))
        return; /* inside_settle_restored() notices that */
    for (old = environ; old && *old && num < MAX_VARIABLES - 16; old++)
        if (!is_made(made, *old))
            env[num++] = *old;
    for (; *made && num < MAX_VARIABLES - 1; made += strlen(made) + 1)
        env[num++] = made;
    env[num] = NULL;
    environ = env;
}
