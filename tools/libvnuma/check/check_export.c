/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a guest a format cannot say: each of it is named once. */
#include "config.h"

#include "check/check_export.h"

/* What a guest may have that not every format has. */
enum {
    DIFFERENT = 1 << 0, /* page sizes */
    EIGHT = 1 << 1,     /* more nodes than eight */
    FILES = 1 << 2,
    GAPS = 1 << 3, /* in the host nodes of a policy */
    SEVERAL = 1 << 4,
    MEMORYLESS = 1 << 5,
    CPULESS = 1 << 6,
    NEAR = 1 << 7,   /* 10 between nodes */
    STATED = 1 << 8, /* distances */
    ODD = 1 << 9,
    PINS = 1 << 10,
    PINS_TO_NODES = 1 << 11,
    PREALLOC = 1 << 12, /* of ordinary pages */
    SOME_PREALLOC = 1 << 13,
    PAGES = 1 << 14, /* or prealloc */
    UNBOUND_PAGES = 1 << 15,
    RESTRICTIVE = 1 << 16,
    MORE_THREADS = 1 << 17,
};

static const struct {
    unsigned int what, forms; /* bits; of forms those that cannot say it */
    const char *words;
} lacks[] = {
#define XL (1u << VNUMA__FORM_XL)
#define QEMU (1u << VNUMA__FORM_QEMU)
#define VIRT (1u << VNUMA__FORM_LIBVIRT)
#define PROXMOX (1u << VNUMA__FORM_PROXMOX)
    { RESTRICTIVE, XL | QEMU | PROXMOX,
      "the policy restrictive, which is a cgroup's" },
    { PINS, QEMU | PROXMOX, "on which CPUs of the host vcpus run" },
    { PINS_TO_NODES, VIRT, "vcpus on nodes: it counts CPUs" },
    { PAGES, XL,
      "huge pages and prealloc: Xen allocates all memory at once, "
      "in the largest pages there are" },
    { SEVERAL, XL,
      "several nodes of a policy that is not interleave: the "
      "first was taken" },
    { ODD, XL | PROXMOX, "sizes that are not whole MiB" },
    { MEMORYLESS, VIRT | PROXMOX, "nodes without memory" },
    { SOME_PREALLOC, VIRT, "prealloc for some cells only" },
    { NEAR, VIRT, "distances of 10 between cells: they are 11" },
    { FILES, VIRT | XL | PROXMOX, "in which files memory is" },
    { EIGHT, PROXMOX, "more than 8 nodes" },
    { CPULESS, PROXMOX, "nodes without vcpus, and refuses them" },
    { STATED, PROXMOX, "distances" },
    { PREALLOC, PROXMOX, "prealloc of ordinary pages" },
    { DIFFERENT, PROXMOX, "different page sizes" },
    { UNBOUND_PAGES, PROXMOX, "huge pages that are not on one host node" },
    { GAPS, PROXMOX, "host nodes that are not one range" },
    { MORE_THREADS, PROXMOX, "threads: they became cores" },
};

static unsigned int find_of_node(const vnuma__port *port, unsigned int v)
{
    const vnuma__port_node *node = &port->nodes[v];
    uint64_t lowest = node->pnodes & -node->pnodes;
    bool is_one = node->pnodes && node->pnodes == lowest;
    unsigned int has = 0, w;

    has |= node->policy == VNUMA__KVM_RESTRICTIVE ? RESTRICTIVE : 0;
    has |= node->pcpus ? PINS : 0;
    has |= node->page || node->prealloc ? PAGES : 0;
    has |= node->prealloc && !node->page ? PREALLOC : 0;
    has |= node->prealloc != port->nodes[0].prealloc ? SOME_PREALLOC : 0;
    has |= node->page != port->nodes[0].page ? DIFFERENT : 0;
    has |= node->page && !is_one ? UNBOUND_PAGES : 0;
    has |= node->pnodes && (node->pnodes + lowest) & node->pnodes ? GAPS : 0;
    has |= node->policy != VNUMA__KVM_INTERLEAVE && node->pnodes && !is_one
               ? SEVERAL
               : 0;
    has |= node->bytes ? 0 : MEMORYLESS;
    has |= vnuma_bitmap_count(node->vcpus) ? 0 : CPULESS;
    has |= node->bytes % (1 << 20) ? ODD : 0;
    has |= node->path.ptr ? FILES : 0;
    for (w = 0; port->has_distances && w < port->num_nodes; w++)
        if (w != v && node->distances[w] <= VNUMA_DISTANCE_LOCAL)
            has |= NEAR;
    return has;
}

void vnuma__check_export(const vnuma__port *port, vnuma__form form,
                         vnuma_diags *diags)
{
    static const char *const names[] = { "xl.cfg", "QEMU's line", "libvirt",
                                         "Proxmox" };
    unsigned int has = port->has_distances ? STATED : 0, i, j;

    for (i = 0; i < port->num_nodes; i++)
        has |= find_of_node(port, i);
    has |= port->num_nodes > 8 ? EIGHT : 0;
    has |= port->bytes % (1 << 20) ? ODD : 0;
    has |= port->smp.level[THREADS] > 1 ? MORE_THREADS : 0;
    has |= port->pins ? PINS : 0;
    for (i = 0; port->pins && i < port->pins->num_items; i++)
        for (j = 0; j < port->pins->items[i].num_terms; j++)
            has |= port->pins->items[i].terms[j].is_pnodes ? PINS_TO_NODES : 0;
    for (i = 0; i < sizeof(lacks) / sizeof(*lacks); i++)
        if ((lacks[i].what & has) && (lacks[i].forms & (1u << form)))
            vnuma__note(diags, "export-lost", VNUMA__NOWHERE,
                        "%s cannot say %s", names[form], lacks[i].words);
}
