/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ledger of builds in flight as files; see ledger.h. */
#include "config.h"

#include "record/ledger.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/grow.h"
#include "base/store.h"

#define MAX_FLIGHTS 4096u
#define MAX_TEXT 4096u
/*
 * Planning takes some milliseconds; a minute is for many that wait on a busy
 * host.  What is stopped in the middle must not stop all others for ever.
 */
#define LOCK_WAIT_MS 60000u

/* ---- owners ------------------------------------------------------------- */

static ssize_t read_file(int dir, const char *path, char *text, size_t size)
{
    int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    int saved_errno;
    ssize_t len;

    if (fd < 0)
        return -1;
    len = read(fd, text, size);
    saved_errno = errno;
    close(fd);
    errno = saved_errno;
    return len;
}

/*
 * When a process started, in clock ticks: with its number this is no other
 * one.  Returns 1; 0: it is gone, or has ended and was not waited for yet; -1,
 * with errno: that cannot be told.
 */
static int find_start(uint64_t pid, uint64_t *start_r)
{
    char path[64], text[1024], state;
    ssize_t len;
    char *end;

    snprintf(path, sizeof(path), "/proc/%" PRIu64 "/stat", pid);
    len = read_file(AT_FDCWD, path, text, sizeof(text) - 1);
    if (len < 0 && errno != ENOENT && errno != ESRCH)
        return -1;
    text[len > 0 ? len : 0] = '\0';
    /* Its name is in brackets and may have any. */
    end = strrchr(text, ')');
    return end &&
           sscanf(end + 1,
                  " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
                  "%*s %*s %*s %*s %*s %" SCNu64,
                  &state, start_r) == 2 &&
           !strchr("ZXx", state);
}

/* ---- the lock ----------------------------------------------------------- */

static int open_locked(const char *dir)
{
    char *parent = strndup(dir, strrchr(dir, '/') - dir);
    int fd = -1;

    if (parent && (!mkdir(parent, 0700) || errno == EEXIST))
        fd = vnuma__store_lock(dir, LOCK_WAIT_MS);
    free(parent);
    return fd;
}

void vnuma__ledger_unlock(vnuma__ledger *l)
{
    int saved_errno = errno;

    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
    errno = saved_errno;
}

/* ---- reading ------------------------------------------------------------ */

/* Its name without marks, and how many it has. */
static size_t without_marks(const char *file, unsigned int *marks_r)
{
    size_t len = strcspn(file, VNUMA__LEDGER_MARK);

    *marks_r = (unsigned int)strspn(file + len, VNUMA__LEDGER_MARK);
    return len;
}

static bool is_own(const vnuma__ledger *l, const char *file)
{
    unsigned int marks;
    size_t len = without_marks(file, &marks);

    return len == strlen(l->file) && !strncmp(file, l->file, len);
}

/* Without memory the entry stays for the next one. */
static void add_left(vnuma__ledger *l, const vnuma__flight *flight,
                     const char *file)
{
    vnuma__left *left;
    unsigned int marks;

    if (!VNUMA__GROW(l->left, l->num_left))
        return;
    left = &l->left[l->num_left++];
    without_marks(file, &marks);
    *left = (vnuma__left){ *flight, marks > 0, marks > 1, "" };
    snprintf(left->file, sizeof(left->file), "%s", file);
}

/*
 * One entry; what is none, or had an owner and left nothing, is removed.  -1,
 * with errno: what cannot be read may be another's promise, or what it left.
 */
static int read_flight(vnuma__ledger *l, const char *file)
{
    vnuma__flight *flight = &l->others[l->num_others];
    char text[MAX_TEXT];
    uint64_t start;
    bool is_flight;
    ssize_t len;
    int lives;

    if (is_own(l, file))
        return 0;
    len = read_file(l->fd, file, text, sizeof(text));
    /* A link, a socket and a folder are no entries. */
    if (len < 0 && errno != ENOENT && errno != ELOOP && errno != ENXIO &&
        errno != EISDIR)
        return -1;
    is_flight = len > 0 && strlen(file) < sizeof(l->left->file) &&
                vnuma__flight_parse(text, (size_t)len, flight);
    lives = is_flight ? find_start(flight->pid, &start) : 0;
    if (lives < 0)
        return -1;
    if (lives && start == flight->start)
        l->num_others++;
    else if (is_flight && *flight->uuid)
        add_left(l, flight, file);
    else
        unlinkat(l->fd, file, 0);
    return 0;
}

/* Whether it leaves once more, and that has an owner, which minds it. */
static bool leaves_again(const vnuma__ledger *l, const vnuma__flight *left)
{
    unsigned int i;

    for (i = 0; i < l->num_others; i++)
        if (left->kind == VNUMA__FLIGHT_LEAVE &&
            l->others[i].kind == VNUMA__FLIGHT_LEAVE &&
            l->others[i].domid == left->domid &&
            !strcmp(l->others[i].uuid, left->uuid))
            return true;
    return false;
}

/* To put right what the first one left would be to break the second. */
static void drop_minded(vnuma__ledger *l)
{
    unsigned int i, num = 0;

    for (i = 0; i < l->num_left; i++)
        if (leaves_again(l, &l->left[i].flight))
            unlinkat(l->fd, l->left[i].file, 0);
        else
            l->left[num++] = l->left[i];
    l->num_left = num;
}

/* That which is locked, whatever has its name by now. */
static DIR *open_again(int fd)
{
    int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = again >= 0 ? fdopendir(again) : NULL;

    if (!dir && again >= 0)
        close(again);
    return dir;
}

static int read_all(vnuma__ledger *l)
{
    struct dirent *entry;
    int r = 0, saved_errno;
    DIR *dir;

    free(l->others);
    l->num_others = l->num_left = 0;
    l->others = calloc(MAX_FLIGHTS, sizeof(*l->others));
    dir = l->others ? open_again(l->fd) : NULL;
    if (!dir)
        return -1;
    while (!r && l->num_others < MAX_FLIGHTS) {
        errno = 0;
        entry = readdir(dir);
        if (!entry) {
            r = errno ? -1 : 0;
            break;
        }
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            r = read_flight(l, entry->d_name);
    }
    saved_errno = errno;
    closedir(dir);
    errno = saved_errno;
    if (!r)
        drop_minded(l);
    return r;
}

int vnuma__ledger_lock(vnuma__ledger *l)
{
    if (l->fd < 0)
        l->fd = open_locked(l->dir);
    if (l->fd >= 0 && !read_all(l))
        return 0;
    vnuma__ledger_unlock(l);
    return -1;
}

/* ---- our entry ---------------------------------------------------------- */

/* Whole or not at all, whenever we are killed; the ledger is locked. */
static int write_flight(const vnuma__ledger *l, const vnuma__flight *flight,
                        const char *file)
{
    char *text = vnuma__flight_format(flight);
    int rc = text ? vnuma__store_write(l->dir, file, text) : VNUMA_ERROR_NOMEM;

    free(text);
    return rc;
}

/* The file has the name of its first owner. */
static int write_own(vnuma__ledger *l)
{
    vnuma__flight *own = &l->own;
    int lives = find_start(own->pid, &own->start);

    if (!lives)
        errno = ESRCH;
    if (lives != 1)
        return -1;
    if (!*l->file)
        snprintf(l->file, sizeof(l->file), "%" PRIu64 "-%" PRIu64 "%s%s",
                 own->pid, own->start, l->guest ? "-" : "",
                 l->guest ? l->guest : "");
    return write_flight(l, own, l->file) ? -1 : 0;
}

char *vnuma__ledger_entry(const vnuma__ledger *l)
{
    return *l->file ? vnuma__store_path(l->dir, l->file) : NULL;
}

int vnuma__ledger_write(vnuma__ledger *l)
{
    int r;

    if (l->fd < 0)
        return 0; /* there was no ledger to lock, which was said */
    l->own.pid = (uint64_t)getpid();
    r = write_own(l);
    vnuma__ledger_unlock(l);
    return r;
}

int vnuma__ledger_made(vnuma__ledger *l, pid_t pid, uint32_t domid,
                       const char *uuid)
{
    vnuma__flight before = l->own;
    int r;

    if (!*l->file || !*uuid)
        return 0;
    l->own.pid = (uint64_t)pid;
    l->own.domid = domid;
    /* That of a guest that leaves is in the entry already. */
    if (uuid != l->own.uuid)
        snprintf(l->own.uuid, sizeof(l->own.uuid), "%s", uuid);
    l->fd = open_locked(l->dir);
    r = l->fd < 0 ? -1 : write_own(l);
    if (r)
        l->own = before;
    vnuma__ledger_unlock(l);
    return r && errno == ESRCH ? 0 : r;
}

/*
 * Without its text, which its first owner wrote, less is known of it.  -1: it
 * is there, and cannot be read.
 */
static int read_own(vnuma__ledger *l)
{
    char text[MAX_TEXT];
    ssize_t len = read_file(l->fd, l->file, text, sizeof(text));

    if (len < 0 && errno != ENOENT)
        return -1;
    if (len <= 0 || !vnuma__flight_parse(text, (size_t)len, &l->own))
        memset(&l->own, 0, sizeof(l->own));
    return 0;
}

int vnuma__ledger_take(const char *entry, uint32_t domid, const char *uuid)
{
    const char *file = strrchr(entry, '/');
    char *dir = file ? strndup(entry, file - entry) : NULL;
    vnuma__ledger l = VNUMA__LEDGER(dir);
    int r = -1;

    if (dir)
        l.fd = open_locked(dir);
    if (l.fd >= 0) {
        snprintf(l.file, sizeof(l.file), "%s", file + 1);
        r = read_own(&l);
    }
    if (!r) {
        l.own.pid = (uint64_t)getpid();
        l.own.domid = domid;
        snprintf(l.own.uuid, sizeof(l.own.uuid), "%s", uuid);
        r = write_own(&l);
    }
    vnuma__ledger_unlock(&l);
    free(dir);
    return r;
}

bool vnuma__ledger_adopt(vnuma__ledger *l, vnuma__left *left)
{
    vnuma__flight *flight = &left->flight;

    flight->pid = (uint64_t)getpid();
    return find_start(flight->pid, &flight->start) == 1 &&
           !write_flight(l, flight, left->file);
}

void vnuma__ledger_forget(const vnuma__ledger *l, const vnuma__left *left)
{
    vnuma__store_remove(l->dir, left->file);
}

bool vnuma__ledger_is_marked(const vnuma__ledger *l)
{
    char path[PATH_MAX];
    struct stat st;

    snprintf(path, sizeof(path), "%s/%s" VNUMA__LEDGER_MARK, l->dir, l->file);
    return !stat(path, &st); /* no entry has an empty name */
}

/* Marked or not: xl does that without the lock, and may do it now. */
static void remove_own(const vnuma__ledger *l)
{
    char name[sizeof(l->file) + 2 * sizeof(VNUMA__LEDGER_MARK)];
    unsigned int marks;

    snprintf(name, sizeof(name), "%s", l->file);
    for (marks = 0; *l->file && marks < 3; marks++) {
        vnuma__store_remove(l->dir, name);
        strcat(name, VNUMA__LEDGER_MARK);
    }
}

void vnuma__ledger_end(vnuma__ledger *l)
{
    if (!l->stays)
        remove_own(l);
    vnuma__ledger_unlock(l);
    free(l->others);
    free(l->left);
    *l = (vnuma__ledger)VNUMA__LEDGER(l->dir);
}
