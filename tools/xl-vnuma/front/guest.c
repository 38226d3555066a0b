/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks for virtual NUMA in what xl is asked about; see front.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "front/front.h"
#include "guest/guest.h"
#include "record/saved.h"

/* ---- files -------------------------------------------------------------- */

bool front_may_pass(void)
{
    static const int passing[] = { EACCES, EIO,    EINTR,
                                   EMFILE, ENFILE, ENOMEM };
    unsigned int i = 0;

    while (i < sizeof(passing) / sizeof(passing[0]) && errno != passing[i])
        i++;
    return i < sizeof(passing) / sizeof(passing[0]);
}

/* Of what was not read; errno is 0 when no call has failed. */
static guest_kind kind_unread(void)
{
    return front_may_pass() ? GUEST_FULL : GUEST_PLAIN;
}

/* Others can be read once only, which is xl's to do or to refuse. */
static bool is_readable_twice(const char *path)
{
    struct stat st;

    return !stat(path, &st) && (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode));
}

static bool read_texts(vnuma_source *source, const char *path,
                       char *const *names, unsigned int num)
{
    unsigned int i;

    if (strcmp(path, "/dev/null") && !is_readable_twice(path))
        return false;
    if (vnuma_source_read(source, path))
        return false;
    for (i = 0; i < num; i++)
        if (strchr(names[i], '=') && vnuma_source_append(source, names[i]))
            return false;
    return !vnuma_source_append_end(source);
}

guest_kind guest_of_file(const char *path, char *const *names,
                         unsigned int num)
{
    guest_kind kind = GUEST_PLAIN;
    vnuma_config config = { 0 };
    vnuma_source source = { 0 };
    vnuma_diags diags = { 0 };
    int rc = 0;

    errno = 0;
    /* xl reads no other form. */
    if (read_texts(&source, path, names, num))
        rc = vnuma__config_parse(&source, &config, &diags);
    else
        kind = kind_unread();
    /* An empty list is how one writes that there are none. */
    if (rc == VNUMA_ERROR_NOMEM)
        kind = GUEST_FULL;
    else if (config.vnuma_auto || config.num_vnodes ||
             (vnuma_config_vnuma_span(&config).source && diags.num_errors))
        kind = vnuma_config_is_full(&config) ? GUEST_FULL : GUEST_OURS;
    vnuma__config_dispose(&config);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
    return kind;
}

guest_kind guest_saved(const char *path)
{
    vnuma__saved saved = { 0 };
    vnuma_diags diags = { 0 };
    guest_kind kind;
    int fd, rc;

    errno = 0;
    fd = is_readable_twice(path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return kind_unread();
    rc = vnuma__saved_read(&saved, fd, &diags);
    kind = rc == VNUMA_ERROR_IO ? kind_unread() : GUEST_PLAIN;
    if (rc == VNUMA_ERROR_NOMEM || vnuma__saved_has_vnuma(&saved))
        kind = GUEST_FULL;
    vnuma__saved_dispose(&saved);
    vnuma_diags_dispose(&diags);
    close(fd);
    return kind;
}

/* ---- xenstore, by its protocol, which never changes (xs_wire.h) --------- */

#define XENSTORE_MAX 4097 /* bytes of a value and its NUL */
#define OP_READ 2u

typedef struct {
    uint32_t op, request, transaction, len;
} head;

static FILE *xenstore_open(void)
{
    static const struct sockaddr_un address = { AF_UNIX,
                                                ROOT "/run/xenstored/socket" };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 &&
        !connect(fd, (const struct sockaddr *)&address, sizeof(address)))
        return fdopen(fd, "r");
    if (fd >= 0)
        close(fd);
    /* xenstored is in a domain of its own: the kernel's way to it. */
    fd = open(ROOT "/dev/xen/xenbus", O_RDWR | O_CLOEXEC);
    return fd < 0 ? NULL : fdopen(fd, "r");
}

/* /local/domain/DOMID/NAME; false: there is none. */
static bool xenstore_read(FILE *xenstore, unsigned int domid, const char *name,
                          char value_r[XENSTORE_MAX])
{
    char question[sizeof(head) + 128];
    head h = { .op = OP_READ };
    int len;

    len = snprintf(question + sizeof(h), sizeof(question) - sizeof(h),
                   "/local/domain/%u/%s", domid, name);
    h.len = (uint32_t)len + 1;
    memcpy(question, &h, sizeof(h));
    if (write(fileno(xenstore), question, sizeof(h) + h.len) !=
            (ssize_t)(sizeof(h) + h.len) ||
        fread(&h, sizeof(h), 1, xenstore) != 1 || h.len >= XENSTORE_MAX ||
        fread(value_r, 1, h.len, xenstore) != h.len)
        return false;
    value_r[h.len] = '\0';
    return h.op == OP_READ;
}

/* ---- running guests ----------------------------------------------------- */

/*
 * libxl keeps a configuration of each domain here.  It knows a domain by the
 * name that it was created with, and may be of one that is long gone, so
 * xenstore says which it is.
 */
#define KEPT ROOT "/var/lib/xen/userdata-d."
#define KEPT_END ".libxl-json"

static bool kept_has_vnuma(const char *path)
{
    vnuma__save_config config = { 0 };
    vnuma_source source = { 0 };
    vnuma_diags diags = { 0 };
    bool has;

    has = !vnuma_source_read(&source, path) &&
          !vnuma__save_read_config(source.text, source.len, &config, &diags) &&
          config.has_vnuma;
    vnuma__save_config_dispose(&config);
    vnuma_source_dispose(&source);
    vnuma_diags_dispose(&diags);
    return has;
}

/* As xl: what has digits only is a number. */
static bool is_domain(FILE *xenstore, const char *domain, unsigned int domid)
{
    char name[XENSTORE_MAX];

    if (!domain[strspn(domain, "0123456789")])
        return strtoul(domain, NULL, 10) == domid;
    return xenstore_read(xenstore, domid, "name", name) &&
           !strcmp(name, domain);
}

static bool is_that_with_vnuma(FILE *xenstore, const char *domain,
                               const char *path)
{
    const char *rest = path + strlen(KEPT);
    char uuid[VNUMA__UUID_LEN + 1], vm[XENSTORE_MAX];
    unsigned int domid;

    return sscanf(rest, "%u.%36[-0-9a-f]", &domid, uuid) == 2 &&
           is_domain(xenstore, domain, domid) &&
           xenstore_read(xenstore, domid, "vm", vm) &&
           !strncmp(vm, "/vm/", 4) && !strcmp(vm + 4, uuid) &&
           kept_has_vnuma(path);
}

guest_kind guest_running(const char *domain)
{
    glob_t found = { 0 };
    FILE *xenstore = NULL;
    bool has = false;
    size_t i;

    if (!glob(KEPT "*" KEPT_END, GLOB_NOSORT, NULL, &found))
        xenstore = xenstore_open();
    for (i = 0; xenstore && i < found.gl_pathc && !has; i++)
        has = is_that_with_vnuma(xenstore, domain, found.gl_pathv[i]);
    globfree(&found);
    if (xenstore)
        fclose(xenstore);
    return has ? GUEST_FULL : GUEST_PLAIN;
}
