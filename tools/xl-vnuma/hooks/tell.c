/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages to the xl-vnuma that started xl; see message.h. */
#include "config.h"

#include "hooks/tell.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hooks/message.h"
#include "hooks/process.h"

void tell_to_environment(void)
{
    char text[16];

    if (process.report_fd < 0 || fcntl(process.report_fd, F_SETFD, 0))
        return;
    snprintf(text, sizeof(text), "%d", process.report_fd);
    setenv(ENV_MESSAGE_FD, text, 1);
}

void tell_no_more(void)
{
    if (process.report_fd >= 0)
        close(process.report_fd);
    process.report_fd = -1;
}

bool tell(const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list args;
    int len;

    if (process.report_fd < 0)
        return false;
    va_start(args, format);
    len = vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    if (len >= (int)sizeof(message))
        len = sizeof(message) - 1;
    /* A missing reader must not stop the build. */
    return len > 0 && send(process.report_fd, message, len, MSG_NOSIGNAL) >= 0;
}

void tell_diags(const vnuma_diags *diags)
{
    unsigned int i;
    char *text;

    for (i = 0; i < diags->num_items; i++) {
        text = vnuma_diag_format(vnuma_diags_at(diags, i), false);
        if (!tell(MESSAGE_ERROR " %s", text ? text : "no memory"))
            fprintf(stderr, "xl-vnuma: %s", text ? text : "no memory\n");
        free(text);
    }
}

int tell_result(int rc, vnuma_diags *diags)
{
    tell_diags(diags);
    vnuma_diags_dispose(diags);
    return rc;
}

void tell_built(const vnuma_xen_built *built)
{
    unsigned int i;

    for (i = 0; i < built->num_sets; i++)
        tell(MESSAGE_EXTENTS " %" PRIu32 " %" PRIu32 " %" PRIu64 " %" PRIu64
                             " %" PRIu64 " %" PRIu64,
             built->sets[i].pnode, built->sets[i].preferred,
             built->sets[i].num_1g, built->sets[i].num_2m,
             built->sets[i].num_4k, built->sets[i].num_released);
    tell(MESSAGE_BUILT " %" PRIu64 " %" PRIu64, built->num_pages,
         built->num_calls);
}

void tell_progress(void *user, uint32_t domid, uint32_t pnode,
                   uint64_t done_pages, uint64_t all_pages)
{
    (void)user;
    (void)domid;
    tell(MESSAGE_PROGRESS " %" PRIu32 " %" PRIu64 " %" PRIu64, pnode,
         done_pages, all_pages);
}
