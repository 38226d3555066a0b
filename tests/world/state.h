/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The Xen of a world without Xen (world.c): domains and dom0, in a file that
 * all its processes have mapped, so that using it is no call that could fail.
 * tests/world/faults.py reads that file too.
 */
#ifndef WORLD_STATE_H
#define WORLD_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define WORLD_EXPORT __attribute__((visibility("default")))

#define WORLD_UUID "6b5d1b4e-0000-4000-8000-0123456789ab"

/* What goes with a guest that leaves: two vnodes of 256 MiB. */
#define WORLD_RECORD                                                          \
    "xl-vnuma 1\n"                                                            \
    "{\"device_model\":true,\"pinned\":false,\"pnodes\":[0,1],"               \
    "\"memkb\":[262144,262144],\"vcpu_to_vnode\":[0,1],"                      \
    "\"distances\":[10,21,21,10],\"host_distances\":[10,21,21,10],"           \
    "\"range_start\":[0,268435456],\"range_end\":[268435456,536870912],"      \
    "\"range_vnode\":[0,1]}\n"

typedef struct {
    uint32_t domid; /* 0: none */
    bool is_new;    /* never ran here */
    bool is_paused, is_suspended;
    bool is_whole; /* its memory and its devices are there */
    char uuid[40], name[64];
} world_domain;

#define WORLD_DOMAINS 8

/* The programs of a world; faults.py has the same names. */
typedef enum {
    WORLD_COMMAND,  /* xl-vnuma */
    WORLD_XL,
    WORLD_HELPER,   /* libxl-save-helper, that saves */
    WORLD_RECEIVER, /* the xl-vnuma that a migration arrives in */
    WORLD_XL_RECEIVER,
    WORLD_HELPER_RECEIVER, /* that restores */
    WORLD_FRONT,           /* in the place of xl */
    WORLD_PROGRAMS
} world_program;

typedef struct {
    int32_t owner; /* of the lock */
    uint32_t last_domid;
    world_domain domains[WORLD_DOMAINS];
    uint64_t target_memkb, static_max_memkb, max_memkb; /* dom0's */
    uint64_t online, hard[2]; /* its vcpus, and their pcpus, as bits */
    int32_t pids[WORLD_PROGRAMS];
} world_state;

#define WORLD_DOM0_MEMKB (UINT64_C(1536) << 10)

/* One for all objects of a process that have this in them. */
extern WORLD_EXPORT world_state *world_map;

/* Maps $WORLD/xen, or makes it first.  False: there is no world. */
bool world_open(void);

/* Held for some instructions; one whose owner is gone is free. */
world_state *world_lock(void);
void world_unlock(world_state *state);

/* With the lock; NULL: there is none. */
world_domain *world_find(world_state *state, uint32_t domid);
world_domain *world_find_name(world_state *state, const char *name);

/* These take the lock.  The domain is new and paused; 0: there is no room. */
uint32_t world_create(const char *name);
void world_destroy(uint32_t domid);

#endif
