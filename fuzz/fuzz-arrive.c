/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes as a guest that libvirt restores, and, after its record, as what
 * libxl-save-helper then says of its memory.  Without our head the stream is
 * libxl's, untouched; with it libxl's function begins after a sound record.
 */
#include "config.h"

#include "inside/arrive.c"
#include "libvirt/move.c"

#include "record/record.h"

#define FUZZ_CORPUS "arrive"
#include "fuzz.h"

static const uint8_t *stream;
static size_t stream_len;
static vnuma__task task;
static unsigned int num_begun, num_calls, num_ended, num_destroyed, num_said;
static int code; /* that it ended with */

/* ---- the rest of what libvirtd has loaded ------------------------------- */

static inside_guests guests = { .tasks = VNUMA__TASKS_INIT };
inside_guests *inside = &guests;

int virt_begin(virt_guest *g, libxl_ctx *ctx, libxl_domain_config *d_config)
{
    memset(g, 0, sizeof(*g));
    g->ctx = ctx;
    g->d_config = d_config;
    g->task = &task;
    num_begun++;
    return 0;
}

int virt_plan_restored(virt_guest *g)
{
    FUZZ_ASSERT(g->record && vnuma__layout_is_sane(&g->record->layout));
    g->text = vnuma_record_format(g->record);
    FUZZ_ASSERT(g->text);
    g->task->record = g->text;
    return 0;
}

int virt_end(virt_guest *g, int rc)
{
    FUZZ_ASSERT(!rc == !g->diags.num_errors);
    fuzz_check_diags(&g->diags, NULL);
    if (task.built_fd >= 0)
        close(task.built_fd);
    free(task.helper_env);
    vnuma_xen_built_dispose(&task.built);
    vnuma_record_free(g->record);
    vnuma_diags_dispose(&g->diags);
    free(g->text);
    num_ended++;
    code = rc;
    return rc;
}

void virt_destroy(virt_guest *g, uint32_t domid)
{
    (void)g;
    FUZZ_ASSERT(domid == 7);
    num_destroyed++;
}

void virt_destroy_kept(virt_guest *g)
{
    (void)g;
}

void virt_say(const char *name, vnuma_diags *diags)
{
    (void)name;
    vnuma_diags_dispose(diags);
    num_said++;
}

int vnuma_xen_record_of(libxl_ctx *ctx, uint32_t domid,
                        const libxl_domain_config *d_config, char **record_r,
                        vnuma_diags *diags)
{
    (void)ctx;
    (void)domid;
    (void)d_config;
    (void)record_r;
    (void)diags;
    abort();
}

int vnuma_xen_prepare_restore(libxl_ctx *ctx, libxl_domain_config *d_config,
                              const char *record, uint64_t *target_r,
                              vnuma_diags *diags)
{
    (void)ctx;
    (void)d_config;
    (void)diags;
    *target_r = strlen(record);
    return 0;
}

int libxl_set_memory_target(libxl_ctx *ctx, uint32_t domid, int64_t target,
                            int relative, int enforce)
{
    (void)ctx;
    (void)domid;
    (void)target;
    (void)relative;
    (void)enforce;
    return 0;
}

/* What it says of the guest's memory can be read, whatever it says. */
int inside_settle(libxl_ctx *ctx, uint32_t domid, const vnuma__task *settled,
                  vnuma_diags *diags)
{
    uint64_t sum = 0;
    unsigned int i;

    (void)ctx;
    (void)domid;
    FUZZ_ASSERT(settled->built.num_sets <= VNUMA__MAX_EXTENT_SETS);
    for (i = 0; i < settled->built.num_sets; i++)
        sum += settled->built.sets[i].num_4k;
    if (sum == settled->built.num_pages)
        return 0;
    return vnuma__fail(diags, VNUMA_ERROR_XEN, "read-back", "not there");
}

vnuma__task *vnuma__task_begin(vnuma__tasks *tasks, const uint8_t *uuid,
                               uint32_t domid)
{
    (void)tasks;
    (void)uuid;
    (void)domid;
    abort();
}

void vnuma__task_end(vnuma__tasks *tasks, vnuma__task *ended)
{
    (void)tasks;
    (void)ended;
    abort();
}

/* ---- libxl -------------------------------------------------------------- */

/* The helper's bytes are where those of a guest's memory would be. */
static int restore(libxl_ctx *ctx, libxl_domain_config *d_config,
                   uint32_t *domid, int restore_fd, int send_back_fd,
                   const libxl_domain_restore_params *params,
                   const libxl_asyncop_how *ao_how,
                   const libxl_asyncprogress_how *aop_console_how)
{
    off_t at = lseek(restore_fd, 0, SEEK_CUR);
    size_t rest = stream_len - (size_t)at;

    (void)ctx;
    (void)d_config;
    (void)send_back_fd;
    (void)params;
    (void)ao_how;
    (void)aop_console_how;
    num_calls++;
    *domid = 7;
    if (!num_begun) {
        FUZZ_ASSERT(!at);
        return 0;
    }
    FUZZ_ASSERT(at > (off_t)VNUMA__PREFIX_LEN && (size_t)at <= stream_len);
    FUZZ_ASSERT(task.built_fd >= 0 && task.helper_env);
    FUZZ_ASSERT(pwrite(task.built_fd, stream + at, rest, 0) == (ssize_t)rest);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    libxl_domain_config d_config;
    uint32_t domid = 0;
    static int fd;
    bool is_ours;
    int rc;

    if (!fd)
        fd = memfd_create("fuzz", MFD_CLOEXEC);
    FUZZ_ASSERT(fd > 0 && !ftruncate(fd, 0) && !lseek(fd, 0, SEEK_SET));
    FUZZ_ASSERT(pwrite(fd, data, size, 0) == (ssize_t)size);
    memset(&d_config, 0, sizeof(d_config));
    d_config.b_info.max_memkb = 1024;
    task = (vnuma__task){ .built_fd = -1, .config = &d_config };
    stream = data;
    stream_len = size;
    num_begun = num_calls = num_ended = num_destroyed = num_said = 0;
    is_ours = size >= VNUMA__PREFIX_LEN && vnuma__prefix_is(data);
    rc = virt_create_restore(restore, NULL, &d_config, &domid, fd, -1, NULL,
                             NULL, NULL);
    FUZZ_ASSERT(num_begun == is_ours && num_ended == is_ours && !num_said);
    FUZZ_ASSERT(is_ours || (!rc && num_calls == 1));
    FUZZ_ASSERT(!is_ours || (rc == ERROR_FAIL) == (code != 0));
    FUZZ_ASSERT(!num_destroyed || (rc && num_calls));
    return 0;
}
