/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Preloaded into QEMU and virsh by agree.py: a host with $KVM_HOST_NODES nodes,
 * and with huge pages of 2 MiB and 1 GiB mounted where a folder is named
 * huge-2M and huge-1G.  Memory is bound nowhere, but nodes that such a host
 * does not have are refused as its kernel would.  So a text has the same
 * answer on every machine, also in a container, which may not bind memory.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#define BITS (sizeof(long) * CHAR_BIT)
#define HUGETLBFS 0x958458f6

/* libnuma's: which nodes there are. */
struct bitmask {
    unsigned long size, *bits;
};

long mbind(void *start, unsigned long len, int mode,
           const unsigned long *nodes, unsigned long max, unsigned int flags);
int numa_bitmask_isbitset(const struct bitmask *mask, unsigned int n);

static unsigned long num_nodes(void)
{
    const char *set = getenv("KVM_HOST_NODES");

    return set ? strtoul(set, NULL, 10) : 1;
}

long mbind(void *start, unsigned long len, int mode,
           const unsigned long *nodes, unsigned long max, unsigned int flags)
{
    unsigned long node;

    (void)start;
    (void)len;
    (void)flags;
    if (!mode)
        return 0; /* MPOL_DEFAULT has no nodes */
    /* Of those that are named one has to be there. */
    for (node = 0; nodes && node + 1 < max && node < num_nodes(); node++)
        if (nodes[node / BITS] >> node % BITS & 1)
            return 0;
    errno = EINVAL;
    return -1;
}

int numa_bitmask_isbitset(const struct bitmask *mask, unsigned int n)
{
    const struct bitmask *const *all = dlsym(RTLD_DEFAULT, "numa_nodes_ptr");

    if (all && mask == *all)
        return n < num_nodes();
    return n < mask->size && (mask->bits[n / BITS] >> n % BITS & 1);
}

int statfs64(const char *path, struct statfs64 *fs)
{
    int (*real)(const char *, struct statfs64 *) = NULL;
    int r;

    *(void **)&real = dlsym(RTLD_NEXT, "statfs64");
    r = real(path, fs);
    if (!r && (strstr(path, "huge-2M") || strstr(path, "huge-1G"))) {
        fs->f_type = HUGETLBFS;
        fs->f_bsize = strstr(path, "huge-2M") ? 2 << 20 : 1 << 30;
    }
    return r;
}
