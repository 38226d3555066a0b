/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes as what another host sends to migrate-receive.  Of its stream exactly
 * the beginning is read; xl then gets each byte once and in its order, and the
 * guest is ours after the sender's last word, and not before.  What comes can
 * be sent on with a record, which is there when it is read again.
 */
#include "config.h"

#include <sys/mman.h>
#include <unistd.h>

/* libc's stays what the fuzzer calls. */
#define execvp move_execvp
int move_execvp(const char *file, char *const *args);
#include "hooks/move.c"

#include "record/saved.h"

#define FUZZ_CORPUS "move"
#include "fuzz.h"

/* ---- the rest of the object --------------------------------------------- */

hooks_process process = { .report_fd = -1, .head_fd = -1 };

static unsigned int num_given, num_recorded;
static const uint8_t *sent;
static size_t sent_len, sent_at;
static uint8_t *written;
static size_t num_written;

bool tell(const char *format, ...)
{
    num_given += !strcmp(format, MESSAGE_GO);
    num_recorded += !strcmp(format, MESSAGE_RECORD);
    return true;
}

int tell_result(int rc, vnuma_diags *diags)
{
    vnuma_diags_dispose(diags);
    return rc;
}

void tell_no_more(void)
{
}

void tell_to_environment(void)
{
}

void process_mark_entry(void)
{
    FUZZ_ASSERT(process.is_incoming);
}

static int real_read(libxl_ctx *ctx, int fd, void *data, ssize_t sz,
                     const char *filename, const char *what)
{
    (void)ctx;
    (void)fd;
    (void)filename;
    (void)what;
    FUZZ_ASSERT((size_t)sz <= sent_len - sent_at);
    memcpy(data, sent + sent_at, (size_t)sz);
    sent_at += (size_t)sz;
    return 0;
}

static int real_write(libxl_ctx *ctx, int fd, const void *data, ssize_t sz,
                      const char *filename, const char *what)
{
    (void)ctx;
    (void)fd;
    (void)filename;
    (void)what;
    written = realloc(written, num_written + (size_t)sz + 1);
    FUZZ_ASSERT(written);
    memcpy(written + num_written, data, (size_t)sz);
    num_written += (size_t)sz;
    return 0;
}

void *inside_find_next(const char *name)
{
    if (!strcmp(name, "libxl_read_exactly"))
        return real_read;
    FUZZ_ASSERT(!strcmp(name, "libxl_write_exactly"));
    return real_write;
}

/* What is not called here. */
#define UNUSED(type, name, arguments)                                         \
    type name arguments                                                       \
    {                                                                         \
        abort();                                                              \
    }
#pragma GCC diagnostic ignored "-Wunused-parameter"
UNUSED(vnuma__task *, hooks_begin, (const libxl_domain_config *d_config))
UNUSED(void, hooks_announce, (const vnuma__task *task))
UNUSED(void, hooks_end, (vnuma__task * task))
UNUSED(void, hooks_done, (uint32_t domid))
UNUSED(bool, inside_is_restorer, (char *const *args))
UNUSED(void, inside_enter_helper, (const vnuma__task *task))
UNUSED(int, inside_prepare_restore,
       (vnuma__task * task, libxl_ctx *ctx, libxl_domain_config *d_config,
        const char *preload, vnuma_diags *diags))
UNUSED(int, inside_settle_restored,
       (vnuma__task * task, libxl_ctx *ctx, uint32_t domid,
        vnuma_diags *diags))
UNUSED(int, vnuma_xen_record_of,
       (libxl_ctx * ctx, uint32_t domid, const libxl_domain_config *d_config,
        char **record_r, vnuma_diags *diags))

/* ---- files -------------------------------------------------------------- */

/* One that is made once, with other bytes. */
static int file_of(int *fd, const void *bytes, size_t len)
{
    if (!*fd)
        *fd = memfd_create("fuzz", MFD_CLOEXEC);
    FUZZ_ASSERT(*fd > 0 && !ftruncate(*fd, 0));
    FUZZ_ASSERT(pwrite(*fd, bytes, len, 0) == (ssize_t)len);
    FUZZ_ASSERT(!lseek(*fd, 0, SEEK_SET));
    return *fd;
}

/* What was read is there, for the front to pass it on (incoming.c). */
static void check_kept(const vnuma__saved *saved, const uint8_t *bytes,
                       size_t len)
{
    size_t num = saved->num_read, most = VNUMA__SAVE_HEADER_LEN;

    FUZZ_ASSERT(num <= len);
    FUZZ_ASSERT(!memcmp(saved->header, bytes, num < most ? num : most));
    if (num > most)
        FUZZ_ASSERT(!memcmp(saved->optional, bytes + most, num - most));
}

static int read_saved(vnuma__saved *saved, const void *bytes, size_t len)
{
    static int file;
    vnuma_diags diags = { 0 };
    int rc, fd = file_of(&file, bytes, len);

    rc = vnuma__saved_read(saved, fd, &diags);
    FUZZ_ASSERT(rc == 0 || rc == VNUMA_ERROR_CONFIG);
    FUZZ_ASSERT(!rc == !diags.num_errors);
    fuzz_check_diags(&diags, NULL);
    FUZZ_ASSERT(lseek(fd, 0, SEEK_CUR) == (off_t)saved->num_read);
    check_kept(saved, bytes, len);
    FUZZ_ASSERT(!saved->record || vnuma__saved_has_vnuma(saved));
    vnuma_diags_dispose(&diags);
    return rc;
}

/* ---- xl ----------------------------------------------------------------- */

/* xl reads @len bytes, which are the next. */
static void xl_reads(size_t len)
{
    size_t at = sent_at;
    uint8_t *bytes = malloc(len + 1);

    FUZZ_ASSERT(bytes);
    FUZZ_ASSERT(!libxl_read_exactly(NULL, 0, bytes, (ssize_t)len, "", ""));
    FUZZ_ASSERT(sent_at == at + len && !memcmp(bytes, sent + at, len));
    free(bytes);
}

/* The same from the file, of which the sender's stream knows nothing more. */
static void xl_reads_head(size_t len)
{
    uint8_t *bytes = malloc(len + 1);

    FUZZ_ASSERT(bytes);
    FUZZ_ASSERT(!libxl_read_exactly(NULL, 0, bytes, (ssize_t)len, "", ""));
    FUZZ_ASSERT(!memcmp(bytes, sent + sent_at, len));
    sent_at += len;
    free(bytes);
}

static void receive(const vnuma__saved *saved)
{
    static const char go[] = MESSAGE_GO_MESSAGE;
    bool is_go = false;
    size_t len;
    int fd = memfd_create("head", MFD_CLOEXEC);

    FUZZ_ASSERT(fd >= 0);
    FUZZ_ASSERT(write(fd, sent, saved->num_read) == (ssize_t)saved->num_read);
    FUZZ_ASSERT(!lseek(fd, 0, SEEK_SET));
    process.head_fd = fd;
    process.is_incoming = true;
    process.is_given = false;
    num_given = 0;
    xl_reads_head(VNUMA__SAVE_HEADER_LEN);
    if (saved->head.optional_len)
        xl_reads_head(saved->head.optional_len);
    FUZZ_ASSERT(process.head_fd < 0);
    while (sent_at < sent_len) {
        len = sent_len - sent_at;
        if (len >= sizeof(go))
            len = sent[sent_at] == go[0] ? sizeof(go) : 1;
        is_go |= len == sizeof(go) && !memcmp(sent + sent_at, go, len);
        xl_reads(len);
        FUZZ_ASSERT(num_given == is_go && process.is_given == is_go);
    }
}

/* xl sends it on: its header, its configuration, and what comes then. */
static void send_on(vnuma__saved *saved)
{
    static char record[] = "no record, but where it stands";
    vnuma__task task = { .leaving_record = record };
    vnuma__saved again = { .optional = NULL };
    uint32_t before = saved->head.optional_len;

    num_written = num_recorded = 0;
    process.leaving = &task;
    libxl_write_exactly(NULL, 0, saved->header, VNUMA__SAVE_HEADER_LEN, "",
                        "");
    libxl_write_exactly(NULL, 0, saved->optional, (ssize_t)before, "", "");
    libxl_write_exactly(NULL, 0, "rest", 4, "", "");
    process.leaving = NULL;
    FUZZ_ASSERT(task.is_written && num_recorded == 1);
    FUZZ_ASSERT(!read_saved(&again, written, num_written));
    FUZZ_ASSERT(num_written == again.num_read + 4);
    FUZZ_ASSERT(again.head.optional_len == before + strlen(record));
    FUZZ_ASSERT(!memcmp(again.optional + before, record, strlen(record)));
    FUZZ_ASSERT(!memcmp(again.optional, saved->optional, before));
    vnuma__saved_dispose(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vnuma__saved saved = { .optional = NULL };

    sent = data;
    sent_len = size;
    sent_at = 0;
    if (!read_saved(&saved, data, size)) {
        receive(&saved);
        if (saved.head.optional_len && !saved.head.extra_len)
            send_on(&saved);
    }
    vnuma__saved_dispose(&saved);
    return 0;
}
