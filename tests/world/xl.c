/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The xl of tests/world/world.c: writes what it has open into $WORLD/inherited
 * and says over its socket what our object in xl says of a build.
 */
#include "config.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hooks/message.h"

static void list_descriptors(const char *world)
{
    char path[PATH_MAX], target[PATH_MAX];
    struct dirent *entry;
    DIR *dir = opendir("/proc/self/fd");
    ssize_t len;
    FILE *f;

    snprintf(path, sizeof(path), "%s/inherited", world);
    f = fopen(path, "we");
    while (f && dir && (entry = readdir(dir))) {
        int fd = atoi(entry->d_name);

        /* Ours. */
        if (entry->d_name[0] == '.' || fd == dirfd(dir) || fd == fileno(f))
            continue;
        len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target));
        fprintf(f, "%d %.*s\n", fd, len > 0 ? (int)len : 0, target);
    }
    if (f)
        fclose(f);
    if (dir)
        closedir(dir);
}

static void say(int fd, const char *message)
{
    send(fd, message, strlen(message), MSG_NOSIGNAL);
}

int main(void)
{
    const char *world = getenv("WORLD"), *text = getenv(ENV_MESSAGE_FD);
    int fd = text ? atoi(text) : -1;
    char settings[4096];

    if (!world || fd < 0)
        return 1;
    list_descriptors(world);
    say(fd, MESSAGE_HELLO " 1");
    if (recv(fd, settings, sizeof(settings), 0) <= 0)
        return 3;
    say(fd, MESSAGE_BEGIN " 6b5d1b4e-0000-4000-8000-0123456789ab");
    say(fd, MESSAGE_DOMAIN " 7 6b5d1b4e-0000-4000-8000-0123456789ab");
    say(fd, MESSAGE_EXTENTS " 0 0 0 256 0 0");
    say(fd, MESSAGE_BUILT " 131072 1");
    say(fd, MESSAGE_DONE " 7");
    return 0;
}
