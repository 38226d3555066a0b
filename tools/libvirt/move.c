/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest that libvirt saves or restores.  libvirt's own header and the XML
 * are before what is here; then comes our head, the record, libxl's stream
 * (record/prefix.h).
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "libvirt/virt.h"
#include "record/prefix.h"

static bool is_file(int fd)
{
    struct stat st;

    return !fstat(fd, &st) && S_ISREG(st.st_mode);
}

/* Either end says so. */
static int refuse_migration(vnuma_diags *diags)
{
    vnuma__error(diags, "migration", VNUMA__NOWHERE,
                 "a migration by libvirt cannot keep a guest's vnodes where "
                 "they are promised");
    vnuma__hint(diags, "xl-vnuma migrate, or save and restore");
    return VNUMA_ERROR_CONFIG;
}

/* ---- saving ------------------------------------------------------------- */

static int write_all(int fd, const void *data, size_t len)
{
    const char *bytes = data;
    ssize_t done;

    while (len) {
        done = write(fd, bytes, len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return -1;
        bytes += done;
        len -= (size_t)done;
    }
    return 0;
}

static int write_record(int fd, const char *text, vnuma_diags *diags)
{
    uint8_t head[VNUMA__PREFIX_LEN];
    size_t len = strlen(text);

    if (!is_file(fd))
        return refuse_migration(diags);
    vnuma__prefix_write(head, (uint32_t)len);
    if (write_all(fd, head, sizeof(head)) || write_all(fd, text, len))
        return vnuma__fail(diags, VNUMA_ERROR_IO, "save-record",
                           "writing the guest's record: %s", strerror(errno));
    return 0;
}

int virt_suspend(__typeof__(&libxl_domain_suspend) real, libxl_ctx *ctx,
                 uint32_t domid, int fd, int flags,
                 const libxl_asyncop_how *ao_how)
{
    vnuma_diags diags = { 0 };
    vnuma__task *task = NULL;
    char *text = NULL, name[32];
    int rc = vnuma_xen_record_of(ctx, domid, NULL, &text, &diags);

    if (!rc && text) {
        rc = write_record(fd, text, &diags);
        /* libxl asks whether it has vnodes, and refuses those that have. */
        task = rc ? NULL : vnuma__task_begin(&inside->tasks, NULL, domid);
        if (!rc && !task)
            rc = vnuma__fail(&diags, VNUMA_ERROR_NOMEM, "no-memory",
                             "no memory to save the guest");
    }
    if (task)
        task->is_suspending = true;
    if (rc)
        rc = ERROR_FAIL;
    else
        rc = real(ctx, domid, fd, flags, ao_how);
    vnuma__task_end(&inside->tasks, task);
    free(text);
    snprintf(name, sizeof(name), "domain %u", (unsigned int)domid);
    virt_say(name, &diags);
    return rc;
}

/* ---- restoring ---------------------------------------------------------- */

/* Whether that is the beginning of one of ours; it is then taken off. */
static bool take_head(int fd, uint8_t head[VNUMA__PREFIX_LEN])
{
    off_t at = is_file(fd) ? lseek(fd, 0, SEEK_CUR) : -1;

    return at >= 0 &&
           pread(fd, head, VNUMA__PREFIX_LEN, at) == VNUMA__PREFIX_LEN &&
           vnuma__prefix_is(head) &&
           lseek(fd, VNUMA__PREFIX_LEN, SEEK_CUR) >= 0;
}

/*
 * A guest that migrates to here, before there is a domain: libvirt's daemon
 * (9.0) dies of a PVH guest with cells.
 */
static bool is_refused(const libxl_domain_config *d_config, int fd)
{
    vnuma_diags diags = { 0 };

    if (is_file(fd) || !d_config->b_info.num_vnuma_nodes)
        return false;
    refuse_migration(&diags);
    virt_say(d_config->c_info.name ? d_config->c_info.name : "a guest",
             &diags);
    return true;
}

static int read_record(virt_guest *g, int fd, const uint8_t *head)
{
    uint32_t len, done = 0;
    ssize_t got = 1;
    char *text;
    int rc = vnuma__prefix_read(head, &len, &g->diags);

    if (rc)
        return rc;
    text = malloc(len);
    while (text && done < len && got > 0) {
        got = read(fd, text + done, len - done);
        if (got > 0)
            done += (uint32_t)got;
        else if (got < 0 && errno == EINTR)
            got = 1;
    }
    if (!text)
        rc = vnuma__fail(&g->diags, VNUMA_ERROR_NOMEM, "no-memory",
                         "no memory to restore the guest");
    else if (done < len)
        rc = vnuma__fail(&g->diags, VNUMA_ERROR_IO, "save-truncated",
                         "the saved guest ends within its record");
    else
        rc = vnuma_record_parse(text, len, &g->record, &g->diags);
    free(text);
    return rc;
}

static const char *helper_object(void)
{
    return PKGLIBDIR "/xl-vnuma-hooks.so";
}

int virt_create_restore(__typeof__(&libxl_domain_create_restore) real,
                        libxl_ctx *ctx, libxl_domain_config *d_config,
                        uint32_t *domid, int restore_fd, int send_back_fd,
                        const libxl_domain_restore_params *params,
                        const libxl_asyncop_how *ao_how,
                        const libxl_asyncprogress_how *aop_console_how)
{
    uint8_t head[VNUMA__PREFIX_LEN];
    virt_guest g;
    int rc;

    if (is_refused(d_config, restore_fd))
        return ERROR_FAIL;
    if (!take_head(restore_fd, head))
        return real(ctx, d_config, domid, restore_fd, send_back_fd, params,
                    ao_how, aop_console_how);
    rc = virt_begin(&g, ctx, d_config);
    if (!rc)
        rc = read_record(&g, restore_fd, head);
    if (!rc)
        rc = virt_plan_restored(&g);
    if (!rc)
        rc = inside_prepare_restore(g.task, ctx, d_config, helper_object(),
                                    &g.diags);
    if (rc) {
        virt_end(&g, rc);
        return ERROR_FAIL;
    }
    rc = real(ctx, d_config, domid, restore_fd, send_back_fd, params, ao_how,
              aop_console_how);
    if (rc) {
        virt_destroy_kept(&g);
    } else if (inside_settle_restored(g.task, ctx, *domid, &g.diags)) {
        virt_destroy(&g, *domid);
        rc = ERROR_FAIL;
    }
    return virt_end(&g, rc);
}
