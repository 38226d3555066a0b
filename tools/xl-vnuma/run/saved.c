/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads a saved guest for a command; see saved.h. */
#include "config.h"

#include "run/saved.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

/*
 * libxc's stream lists a million page numbers, 1,024 a record, so the next
 * record is mostly in the buffer, and seeking does not leave it.
 */
#define BUFFER_SIZE (1 << 16)

static int read_at(void *user, uint64_t offset, void *bytes_r, size_t len)
{
    return fseeko(user, (off_t)offset, SEEK_SET) ||
                   fread(bytes_r, 1, len, user) != len
               ? VNUMA_ERROR_IO
               : 0;
}

static int check_rest(const vnuma__saved *s, FILE *f, uint64_t size,
                      vnuma_diags *diags)
{
    vnuma__save_input input = { .size = size, .read = read_at, .user = f };

    /* xl converts streams of Xen before 4.6 first. */
    if (!s->head.is_stream_v2)
        return 0;
    setvbuf(f, NULL, _IOFBF, BUFFER_SIZE);
    return vnuma__save_check_stream(
        &input, VNUMA__SAVE_HEADER_LEN + (uint64_t)s->head.optional_len,
        diags);
}

static int say(int rc, const char *what, vnuma_diags *diags)
{
    int saved_errno = errno;

    cli_print_diags(diags);
    if (rc == VNUMA_ERROR_IO)
        return cli_fail(CLI_ENVIRONMENT, "%s: %s", what,
                        strerror(saved_errno));
    if (rc == VNUMA_ERROR_NOMEM)
        return cli_fail(CLI_ENVIRONMENT, "%s: no memory to read it", what);
    return rc ? cli_fail(cli_code(rc), "%s: no guest can be restored from it",
                         what)
              : CLI_OK;
}

/* @f: to check the rest of too, @size bytes in all; NULL: not to be. */
static int read_guest(vnuma__saved *s, int fd, const char *what, FILE *f,
                      uint64_t size)
{
    vnuma_diags diags;
    int rc;

    vnuma_diags_init(&diags);
    rc = vnuma__saved_read(s, fd, &diags);
    if (!rc && f)
        rc = check_rest(s, f, size, &diags);
    rc = say(rc, what, &diags);
    vnuma_diags_dispose(&diags);
    return rc;
}

int saved_read_file(vnuma__saved *s, const char *path)
{
    FILE *f = fopen(path, "re");
    struct stat st;
    int code;

    if (!f || fstat(fileno(f), &st))
        code = cli_fail(CLI_ENVIRONMENT, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        code = cli_fail(CLI_ENVIRONMENT,
                        "%s: must be a file that can be read twice, here and "
                        "then by xl",
                        path);
    else
        code = read_guest(s, fileno(f), path, S_ISREG(st.st_mode) ? f : NULL,
                          (uint64_t)st.st_size);
    if (f)
        fclose(f);
    return code;
}

int saved_read_stream(vnuma__saved *s, int fd)
{
    return read_guest(s, fd, "incoming guest", NULL, 0);
}
