/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Streams between a scenario and another machine, or a later boot: wire send
 * WAY [LINE], the line before what is on stdin, or wire receive WAY.  Both
 * machines have the same file of the host as memory of a device (boot.sh
 * --wire), so nothing can be lost with an interrupt, and no driver is needed.
 * There are two ways, 0 and 1, each a ring of bytes; 0 is the large one, and
 * what was sent on it may be received by a later boot.
 * A stream is chunks with their length before them; its end is an empty one.
 * One sends on a way at a time, and one receives.  On SIGTERM what can be read
 * at once is still sent: the other end of a pipe may be held open by xl's
 * monitor.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONTROL 4096
#define BACK ((size_t)1 << 20)
#define CHUNK 65536

/* At the beginning of the memory, zero before anything is sent. */
struct way {
    _Atomic uint64_t sent, received;
};

struct ring {
    struct way *way;
    unsigned char *bytes;
    size_t size;
};

static void fail(const char *what)
{
    perror(what);
    exit(3);
}

/* Whether a file of a device in /sys has this line. */
static int has(const char *device, const char *name, const char *line)
{
    char path[256], text[16];
    int is;
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", device, name);
    f = fopen(path, "r");
    is = f && fgets(text, sizeof(text), f) && !strcmp(text, line);
    if (f)
        fclose(f);
    return is;
}

/* QEMU's ivshmem-plain; its memory does not answer before it is enabled. */
static int open_device(void)
{
    glob_t found;
    char path[256];
    size_t i = 0;
    int fd;

    if (glob("/sys/bus/pci/devices/*", 0, NULL, &found))
        fail("/sys/bus/pci/devices");
    while (i < found.gl_pathc &&
           !(has(found.gl_pathv[i], "vendor", "0x1af4\n") &&
             has(found.gl_pathv[i], "device", "0x1110\n")))
        i++;
    if (i == found.gl_pathc) {
        fputs("wire: this machine was started without one\n", stderr);
        exit(3);
    }
    snprintf(path, sizeof(path), "%s/enable", found.gl_pathv[i]);
    fd = open(path, O_WRONLY);
    if (fd < 0 || write(fd, "1", 1) != 1)
        fail(path);
    close(fd);
    snprintf(path, sizeof(path), "%s/resource2", found.gl_pathv[i]);
    globfree(&found);
    return open(path, O_RDWR);
}

static struct ring open_ring(int number)
{
    int fd = open_device();
    struct stat st;
    unsigned char *memory;
    struct ring ring;

    if (fd < 0 || fstat(fd, &st))
        fail("the device's memory");
    memory = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED,
                  fd, 0);
    if (memory == MAP_FAILED)
        fail("the device's memory");
    close(fd);
    ring.way = (struct way *)(void *)memory + number;
    ring.size = number ? BACK : (size_t)st.st_size - CONTROL - BACK;
    ring.bytes = memory + CONTROL + (number ? 0 : BACK);
    return ring;
}

/* Copies between the ring, from position @at on, and @buf. */
static void copy(struct ring *ring, uint64_t at, void *buf, size_t n, int in)
{
    while (n) {
        size_t from = at % ring->size;
        size_t part = n < ring->size - from ? n : ring->size - from;

        if (in)
            memcpy(ring->bytes + from, buf, part);
        else
            memcpy(buf, ring->bytes + from, part);
        at += part;
        buf = (char *)buf + part;
        n -= part;
    }
}

static void put(struct ring *ring, const void *buf, uint32_t n)
{
    uint64_t at = atomic_load(&ring->way->sent);

    while (at + sizeof(n) + n - atomic_load(&ring->way->received) > ring->size)
        usleep(2000);
    copy(ring, at, &n, sizeof(n), 1);
    copy(ring, at + sizeof(n), (void *)(uintptr_t)buf, n, 1);
    atomic_store(&ring->way->sent, at + sizeof(n) + n);
}

static uint32_t get(struct ring *ring, void *buf)
{
    uint64_t at = atomic_load(&ring->way->received);
    uint32_t n;

    while (atomic_load(&ring->way->sent) == at)
        usleep(2000);
    copy(ring, at, &n, sizeof(n), 0);
    if (n > CHUNK) {
        fputs("wire: what is in it was not sent by this program\n", stderr);
        exit(3);
    }
    copy(ring, at + sizeof(n), buf, n, 0);
    atomic_store(&ring->way->received, at + sizeof(n) + n);
    return n;
}

static void last_words(int signal)
{
    (void)signal;
    fcntl(STDIN_FILENO, F_SETFL, O_RDONLY | O_NONBLOCK);
}

static void send_all(struct ring *ring, void *buf)
{
    struct sigaction action = { .sa_handler = last_words };
    ssize_t n;

    sigaction(SIGTERM, &action, NULL);
    while ((n = read(STDIN_FILENO, buf, CHUNK)) > 0 ||
           (n < 0 && errno == EINTR))
        if (n > 0)
            put(ring, buf, (uint32_t)n);
    put(ring, buf, 0);
}

/* To its end also when nobody reads, so that the next stream begins there. */
static void receive_all(struct ring *ring, char *buf)
{
    int status = 0;
    uint32_t n;

    signal(SIGPIPE, SIG_IGN);
    while ((n = get(ring, buf)))
        for (uint32_t done = 0; done < n && !status;) {
            ssize_t r = write(STDOUT_FILENO, buf + done, n - done);

            if (r < 0)
                status = 3;
            else
                done += (uint32_t)r;
        }
    if (status)
        exit(status);
}

int main(int argc, char **argv)
{
    static char buf[CHUNK];
    struct ring ring;

    if ((argc != 3 && argc != 4) || strlen(argv[2]) != 1 ||
        !strchr("01", argv[2][0]) ||
        (strcmp(argv[1], "send") && (strcmp(argv[1], "receive") || argv[3]))) {
        fputs("usage: wire send 0|1 [LINE], wire receive 0|1\n", stderr);
        return 2;
    }
    ring = open_ring(argv[2][0] - '0');
    if (argv[3]) {
        put(&ring, argv[3], (uint32_t)strlen(argv[3]));
        put(&ring, "\n", 1);
    }
    if (!strcmp(argv[1], "send"))
        send_all(&ring, buf);
    else
        receive_all(&ring, buf);
    return 0;
}
