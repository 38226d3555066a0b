/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What Linux tells of this host in /sys and /proc, or a copy of these below a
 * folder, as the text that libvnuma/host/topology_linux.c reads.
 */
#include "config.h"

#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/print.h"
#include "cli/show.h"
#include "host/kvm_host.h"

#define NODES "/sys/devices/system/node/"
#define NODE NODES "node[0-9]*/"
#define PAGES NODE "hugepages/hugepages-*kB/"
#define TOPOLOGY "/sys/devices/system/cpu/cpu[0-9]*/topology/"

/* In addition to the files of settings. */
static const char *const patterns[] = {
    NODES "online",
    NODE "cpulist",
    NODE "distance",
    NODE "meminfo",
    PAGES "nr_hugepages",
    PAGES "free_hugepages",
    PAGES "surplus_hugepages",
    "/sys/kernel/mm/hugepages/hugepages-*kB/resv_hugepages",
    TOPOLOGY "physical_package_id",
    TOPOLOGY "thread_siblings_list",
};

/* The last: it says that the text is whole. */
#define END "/proc/version"

#define MAX_FILE                                                              \
    65536u /* longer ones, such as cpuinfo, begin with what counts */
#define MAX_FILES 200000u /* more are of no host */

typedef struct {
    const char *root; /* "" for this host's */
    FILE *f;
    unsigned int num_files;
    size_t size;
    bool has_nodes;
} tree;

/* A copy may have devices and pipes in it. */
static int open_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat st;

    if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
        close(fd);
        return -1;
    }
    return fd;
}

/* What cannot be read is not there: a container may hide some. */
static void add_file(tree *t, const char *path)
{
    char text[MAX_FILE + 1], *line, *end;
    size_t len = 0;
    ssize_t r = 1;
    int fd = t->num_files++ < MAX_FILES ? open_file(path) : -1;

    if (fd < 0)
        return;
    while (r > 0 && len < MAX_FILE) {
        r = read(fd, text + len, MAX_FILE - len);
        len += r > 0 ? r : 0;
    }
    close(fd);
    if (r < 0)
        return;
    /* As grep does: "" has no line, and the end of the last may be missing. */
    for (line = text; len && t->size <= VNUMA_SOURCE_MAX; line = end + 1) {
        end = memchr(line, '\n', len);
        end = end ? end : line + len;
        t->size += fprintf(t->f, "%s:", path + strlen(t->root));
        t->size += fwrite(line, 1, end - line, t->f) + 1;
        putc('\n', t->f);
        len -= end - line + (end - line < (ssize_t)len);
    }
}

/* The root is no pattern. */
static char *join(const char *root, const char *pattern)
{
    char *path = malloc(2 * strlen(root) + strlen(pattern) + 1), *at = path;

    for (; path && *root; root++) {
        if (strchr("*?[\\", *root))
            *at++ = '\\';
        *at++ = *root;
    }
    if (path)
        strcpy(at, pattern);
    return path;
}

static bool add_files(tree *t, const char *pattern)
{
    char *path = join(t->root, pattern);
    glob_t found = { .gl_pathc = 0 };
    int r = path ? glob(path, 0, NULL, &found) : GLOB_NOSPACE;
    size_t i;

    for (i = 0; !r && i < found.gl_pathc; i++)
        add_file(t, found.gl_pathv[i]);
    globfree(&found);
    free(path);
    return r != GLOB_NOSPACE;
}

static bool add_all(tree *t)
{
    bool ok = true;
    size_t i;

    for (i = 0; ok && i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        size_t before = t->size;

        ok = add_files(t, patterns[i]);
        t->has_nodes |=
            t->size > before && !strncmp(patterns[i], NODES, strlen(NODES));
    }
    for (i = 0; ok && i < VNUMA__NUM_SETTINGS; i++)
        ok = add_files(t, vnuma__host_settings[i].file);
    return ok && add_files(t, END);
}

int cli_read_tree(vnuma_source *source, const char *root)
{
    tree t = { .root = strcmp(root, "/") ? root : "" };
    vnuma__print out;
    char *text;
    int rc;

    t.f = vnuma__print_begin(&out);
    if (!t.f)
        return VNUMA_ERROR_NOMEM;
    rc = add_all(&t) ? 0 : VNUMA_ERROR_NOMEM;
    text = vnuma__print_end(&out, rc);
    if (!rc)
        rc = text ? vnuma_source_set(source, root, text, out.size)
                  : VNUMA_ERROR_NOMEM;
    free(text);
    if (!rc && !t.has_nodes) {
        errno = ENOENT;
        rc = VNUMA_ERROR_IO;
    }
    return rc;
}

/* ---- the host of guests of KVM ------------------------------------------ */

/* In dom0 Linux shows what Xen gives it, which is not the host. */
static int refuse_dom0(const vnuma_topology *host, vnuma_diags *diags)
{
    const char *under = vnuma_topology_fact(
        host, vnuma__host_settings[VNUMA__HYPERVISOR].file);

    if (!under || strcmp(under, "xen"))
        return 0;
    vnuma__error(diags, "host-dom0", VNUMA__NOWHERE,
                 "this Linux runs under Xen, which cannot be asked, and shows "
                 "its own nodes only");
    vnuma__hint(diags, "describe the host with --host FILE");
    return VNUMA_ERROR_HOST;
}

/* What is wrong is in @diags, whose places are in @source. */
static int load_live(vnuma_source *source, vnuma_topology **host_r,
                     vnuma_diags *diags)
{
    vnuma_diags ignored = { 0 };
    int rc = show_live(NULL, host_r, NULL, &ignored);

    vnuma_diags_dispose(&ignored);
    if (!rc || rc == VNUMA_ERROR_NOMEM)
        return rc;
    rc = cli_read_tree(source, "/");
    if (rc == VNUMA_ERROR_IO)
        vnuma__error(diags, "host-form", VNUMA__NOWHERE,
                     "Linux tells of no nodes here: %s", strerror(errno));
    if (!rc)
        rc = vnuma_topology_parse(source, host_r, diags);
    if (!rc)
        rc = refuse_dom0(*host_r, diags);
    if (rc) {
        vnuma_topology_free(*host_r);
        *host_r = NULL;
    }
    return rc;
}

int cli_kvm_host_load(const cli_options *options, vnuma_topology **host_r,
                      const char *advice)
{
    vnuma_source source = { 0 };
    vnuma_diags diags = { 0 };
    int rc;

    if (options->host_path)
        return cli_host_load(options, host_r, NULL);
    rc = load_live(&source, host_r, &diags);
    if (rc && advice)
        fprintf(stderr, PROGRAM ": checked without a host: %s%s\n",
                diags.num_items ? vnuma_diags_at(&diags, 0)->message
                                : "no memory",
                advice);
    else
        cli_print_diags(&diags);
    if (rc == VNUMA_ERROR_NOMEM && !advice)
        cli_fail(CLI_ENVIRONMENT, "no memory to read the host");
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
    return rc && !advice ? CLI_ENVIRONMENT : CLI_OK;
}
