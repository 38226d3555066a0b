/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The Xen of a world; see state.h. */
#include "config.h"

#include "world/state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

world_state *world_map;

static void begin_dom0(void)
{
    world_map->target_memkb = WORLD_DOM0_MEMKB;
    world_map->static_max_memkb = world_map->max_memkb = WORLD_DOM0_MEMKB;
    world_map->online = 3;
    world_map->hard[0] = world_map->hard[1] = 15;
}

bool world_open(void)
{
    const char *dir = getenv("WORLD");
    char path[PATH_MAX];
    void *map;
    int fd;

    if (world_map)
        return true;
    if (!dir)
        return false;
    snprintf(path, sizeof(path), "%s/xen", dir);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, sizeof(world_state)))
        return false;
    map = mmap(NULL, sizeof(world_state), PROT_READ | PROT_WRITE, MAP_SHARED,
               fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return false;
    world_map = map;
    if (!world_map->max_memkb)
        begin_dom0();
    return true;
}

world_state *world_lock(void)
{
    int32_t me = getpid(), owner = 0;

    while (!__atomic_compare_exchange_n(&world_map->owner, &owner, me, false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        /* It may have been killed. */
        if (owner && (owner == me || !kill(owner, 0) || errno != ESRCH)) {
            sched_yield();
            owner = 0;
        }
    }
    return world_map;
}

void world_unlock(world_state *state)
{
    __atomic_store_n(&state->owner, 0, __ATOMIC_SEQ_CST);
}

world_domain *world_find(world_state *state, uint32_t domid)
{
    unsigned int i;

    for (i = 0; i < WORLD_DOMAINS; i++)
        if (domid && state->domains[i].domid == domid)
            return &state->domains[i];
    return NULL;
}

world_domain *world_find_name(world_state *state, const char *name)
{
    unsigned int i;

    for (i = 0; i < WORLD_DOMAINS; i++)
        if (state->domains[i].domid && !strcmp(state->domains[i].name, name))
            return &state->domains[i];
    return NULL;
}

uint32_t world_create(const char *name)
{
    world_state *state = world_lock();
    uint32_t domid = 0;
    unsigned int i = 0;

    while (i < WORLD_DOMAINS && state->domains[i].domid)
        i++;
    if (i < WORLD_DOMAINS) {
        domid = ++state->last_domid;
        state->domains[i] = (world_domain){ .domid = domid,
                                            .is_new = true,
                                            .is_paused = true,
                                            .uuid = WORLD_UUID };
        snprintf(state->domains[i].name, sizeof(state->domains[i].name), "%s",
                 name);
    }
    world_unlock(state);
    return domid;
}

void world_destroy(uint32_t domid)
{
    world_state *state = world_lock();
    world_domain *domain = world_find(state, domid);

    if (domain)
        *domain = (world_domain){ .domid = 0 };
    world_unlock(state);
}
