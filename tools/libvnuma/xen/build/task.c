/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guests that this process has in hand; see task.h. */
#include "config.h"

#include "xen/build/task.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

vnuma__task *vnuma__task_begin(vnuma__tasks *tasks, const uint8_t *uuid,
                               uint32_t domid)
{
    vnuma__task *task = calloc(1, sizeof(*task));

    if (!task)
        return NULL;
    if (uuid)
        memcpy(task->uuid, uuid, sizeof(task->uuid));
    task->domid = domid;
    task->special_pnode = VNUMA_PNODE_AUTO;
    task->built_fd = -1;
    pthread_mutex_lock(&tasks->lock);
    task->next = tasks->first;
    tasks->first = task;
    pthread_mutex_unlock(&tasks->lock);
    return task;
}

vnuma__task *vnuma__task_made(vnuma__tasks *tasks, const uint8_t *uuid,
                              uint32_t domid)
{
    vnuma__task *task;

    pthread_mutex_lock(&tasks->lock);
    for (task = tasks->first; task; task = task->next)
        if (task->domid == VNUMA__NO_DOMID &&
            !memcmp(task->uuid, uuid, sizeof(task->uuid)))
            break;
    if (task)
        task->domid = domid;
    pthread_mutex_unlock(&tasks->lock);
    return task;
}

vnuma__task *vnuma__task_find(vnuma__tasks *tasks, uint32_t domid)
{
    vnuma__task *task;

    pthread_mutex_lock(&tasks->lock);
    for (task = tasks->first; task && task->domid != domid;)
        task = task->next;
    pthread_mutex_unlock(&tasks->lock);
    return task;
}

void vnuma__task_end(vnuma__tasks *tasks, vnuma__task *task)
{
    vnuma__task **link = &tasks->first;

    if (!task)
        return;
    pthread_mutex_lock(&tasks->lock);
    while (*link != task)
        link = &(*link)->next;
    *link = task->next;
    pthread_mutex_unlock(&tasks->lock);
    vnuma_xen_built_dispose(&task->built);
    if (task->built_fd >= 0)
        close(task->built_fd);
    free(task->helper_env);
    free(task->leaving_record);
    free(task);
}

bool vnuma__task_membind(const vnuma__task *task, unsigned int vnode,
                         vnuma_membind *membind_r)
{
    const char *word = task->membinds;

    for (; word && vnode; vnode--) {
        word = strchr(word, ';');
        word = word ? word + 1 : NULL;
    }
    return word && vnuma_membind_parse(word, membind_r);
}

void vnuma__task_refused(vnuma__task *task, const char *format, ...)
{
    int saved_errno = errno;
    va_list args;
    size_t len;

    if (task->refusal[0])
        return;
    va_start(args, format);
    vsnprintf(task->refusal, sizeof(task->refusal), format, args);
    va_end(args);
    len = strlen(task->refusal);
    snprintf(task->refusal + len, sizeof(task->refusal) - len,
             ": Xen refused: %s", strerror(saved_errno));
    errno = saved_errno;
}
