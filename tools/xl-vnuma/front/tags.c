/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a hook of Ganeti has left of a guest's tags; see front.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "front/front.h"

#define GUESTS ROOT "/etc/xen/"
#define TAGS ROOT "/run/xl-vnuma/ganeti/"

/* What another user could have written, or is no file, says nothing. */
static bool is_trusted(int fd)
{
    struct stat st;

    return !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
           !(st.st_mode & (S_IWGRP | S_IWOTH));
}

static bool read_tags(const char *name, tag_settings *tags)
{
    char path[sizeof(TAGS) + 256];
    ssize_t len = -1;
    int fd;

    snprintf(path, sizeof(path), TAGS "%s", name);
    errno = 0;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd >= 0 && is_trusted(fd))
        len = read(fd, tags->text, sizeof(tags->text) - 1);
    if (len < 0 && front_may_pass())
        tags->error = errno;
    if (fd >= 0)
        close(fd);
    if (len > 0)
        tags->text[len] = '\0';
    return len > 0;
}

bool tags_of_guest(const char *path, tag_settings *tags)
{
    char *rest = tags->text, *line;
    const char *name;

    if (strncmp(path, GUESTS, strlen(GUESTS)) != 0)
        return false;
    name = path + strlen(GUESTS);
    if (!*name || *name == '.' || strchr(name, '/') || strlen(name) > 255 ||
        !read_tags(name, tags))
        return false;
    while (tags->num < TAG_LINES && (line = strsep(&rest, "\n")))
        if (*line)
            tags->lines[tags->num++] = line;
    snprintf(tags->output, sizeof(tags->output), "--output=%s", path);
    return tags->num;
}
