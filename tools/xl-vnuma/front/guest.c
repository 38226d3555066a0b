/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks for virtual NUMA in what xl is asked about; see guest.h. */
#include "config.h"

#include "front/guest.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "front/stock.h"
#include "front/xenstore.h"
#include "record/savefile.h"

/* ---- files -------------------------------------------------------------- */

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
    vnuma_config *config = NULL;
    vnuma_source source;
    vnuma_diags diags;

    vnuma_source_init(&source);
    vnuma_diags_init(&diags);
    if (read_texts(&source, path, names, num))
        vnuma_config_parse(&source, &config, &diags);
    /* An empty list is how one writes that there are none. */
    if (config &&
        (config->vnuma_auto || config->num_vnodes ||
         (vnuma_config_vnuma_span(config).source && diags.num_errors)))
        kind = vnuma_config_is_full(config) ? GUEST_FULL : GUEST_OURS;
    vnuma_config_free(config);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
    return kind;
}

static bool config_has_vnuma(const void *bytes, uint32_t len)
{
    vnuma__save_config config = { 0 };
    vnuma_diags diags;
    bool has;

    vnuma_diags_init(&diags);
    has = !vnuma__save_read_config(bytes, len, &config, &diags) &&
          config.has_vnuma;
    vnuma__save_config_dispose(&config);
    vnuma_diags_dispose(&diags);
    return has;
}

/* ---- saved guests ------------------------------------------------------- */

static bool optional_has_vnuma(const char *bytes, vnuma__save_head *head,
                               vnuma_diags *diags)
{
    if (vnuma__save_read_optional(bytes, head, diags))
        return false;
    return vnuma_record_is_text(bytes + head->extra_at, head->extra_len) ||
           (head->is_json &&
            config_has_vnuma(bytes + head->config_at, head->config_len));
}

static bool head_has_vnuma(FILE *f, vnuma_diags *diags)
{
    char header[VNUMA__SAVE_HEADER_LEN], *optional;
    vnuma__save_head head;
    bool has;

    if (fread(header, 1, sizeof(header), f) != sizeof(header) ||
        vnuma__save_read_header(header, &head, diags))
        return false;
    optional = malloc((size_t)head.optional_len + 1);
    has = optional &&
          fread(optional, 1, head.optional_len, f) == head.optional_len &&
          optional_has_vnuma(optional, &head, diags);
    free(optional);
    return has;
}

bool guest_saved_has_vnuma(const char *path)
{
    FILE *f = is_readable_twice(path) ? fopen(path, "re") : NULL;
    vnuma_diags diags;
    bool has;

    if (!f)
        return false;
    vnuma_diags_init(&diags);
    has = head_has_vnuma(f, &diags);
    vnuma_diags_dispose(&diags);
    fclose(f);
    return has;
}

/* ---- running guests ----------------------------------------------------- */

/*
 * libxl keeps a configuration of each domain here.  It knows a domain by the
 * name that it was created with, and may be of one that is long gone, so
 * xenstore says which it is.
 */
#define KEPT "/var/lib/xen/userdata-d."
#define KEPT_END ".libxl-json"

static bool kept_has_vnuma(const char *path)
{
    vnuma_source source;
    bool has;

    vnuma_source_init(&source);
    has = !vnuma_source_read(&source, path) &&
          config_has_vnuma(source.text, source.len);
    vnuma_source_dispose(&source);
    return has;
}

/* As xl: what has digits only is a number. */
static bool is_domain(int xenstore, const char *domain, unsigned int domid)
{
    char name[XENSTORE_MAX];

    if (!domain[strspn(domain, "0123456789")])
        return strtoul(domain, NULL, 10) == domid;
    return xenstore_read(xenstore, domid, "name", name) &&
           !strcmp(name, domain);
}

static bool lives(int xenstore, unsigned int domid, const char *uuid)
{
    char vm[XENSTORE_MAX];

    return xenstore_read(xenstore, domid, "vm", vm) &&
           !strncmp(vm, "/vm/", 4) && !strcmp(vm + 4, uuid);
}

static bool is_that_with_vnuma(int xenstore, const char *domain,
                               const char *path)
{
    const char *rest = strstr(path, KEPT) + strlen(KEPT);
    char uuid[VNUMA__UUID_LEN + 1];
    unsigned int domid;

    return sscanf(rest, "%u.%36[-0-9a-f]", &domid, uuid) == 2 &&
           is_domain(xenstore, domain, domid) &&
           lives(xenstore, domid, uuid) && kept_has_vnuma(path);
}

bool guest_running_has_vnuma(const char *domain)
{
    char pattern[PATH_MAX];
    glob_t found = { 0 };
    int xenstore = -1;
    bool has = false;
    size_t i;

    stock_path(pattern, KEPT "*" KEPT_END);
    if (!glob(pattern, GLOB_NOSORT, NULL, &found))
        xenstore = xenstore_open();
    for (i = 0; xenstore >= 0 && i < found.gl_pathc && !has; i++)
        has = is_that_with_vnuma(xenstore, domain, found.gl_pathv[i]);
    globfree(&found);
    if (xenstore >= 0)
        close(xenstore);
    return has;
}
