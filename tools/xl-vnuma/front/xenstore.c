/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A question and its answer; see xenstore.h. */
#include "config.h"

#include "front/xenstore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "front/stock.h"

#define OP_READ 2u

typedef struct {
    uint32_t op, request, transaction, len;
} head;

int xenstore_open(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    char path[PATH_MAX];
    int fd;

    stock_path(path, "/run/xenstored/socket");
    if (strlen(path) < sizeof(address.sun_path)) {
        strcpy(address.sun_path, path);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 &&
            !connect(fd, (struct sockaddr *)&address, sizeof(address)))
            return fd;
        if (fd >= 0)
            close(fd);
    }
    stock_path(path, "/dev/xen/xenbus");
    return open(path, O_RDWR | O_CLOEXEC);
}

static bool read_all(int fd, void *bytes, size_t len)
{
    char *p = bytes;
    ssize_t r;

    for (; len; p += r, len -= (size_t)r) {
        r = read(fd, p, len);
        if (r < 0 && errno == EINTR)
            r = 0;
        else if (r <= 0)
            return false;
    }
    return true;
}

bool xenstore_read(int fd, unsigned int domid, const char *name,
                   char value_r[XENSTORE_MAX])
{
    char question[sizeof(head) + 128];
    head h = { .op = OP_READ };
    int len;

    len = snprintf(question + sizeof(h), sizeof(question) - sizeof(h),
                   "/local/domain/%u/%s", domid, name);
    h.len = (uint32_t)len + 1;
    memcpy(question, &h, sizeof(h));
    if (write(fd, question, sizeof(h) + h.len) !=
            (ssize_t)(sizeof(h) + h.len) ||
        !read_all(fd, &h, sizeof(h)) || h.len >= XENSTORE_MAX ||
        !read_all(fd, value_r, h.len))
        return false;
    value_r[h.len] = '\0';
    return h.op == OP_READ;
}
