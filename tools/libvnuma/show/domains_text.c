/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domains as tables for people. */
#include "config.h"

#include "show/domains.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/print.h"
#include "base/utf8.h"

uint32_t vnuma__pnode_of_pcpu(const vnuma_topology *topology, uint32_t pcpu)
{
    unsigned int i;

    for (i = 0; i < topology->num_pnodes; i++)
        if (vnuma_bitmap_test(&topology->pnodes[i].pcpus, pcpu))
            return topology->pnodes[i].pnode;
    return VNUMA_ID_UNKNOWN;
}

/* ---- a set, or "all" ---------------------------------------------------- */

static bool has_every_pcpu(const vnuma_bitmap *pcpus,
                           const vnuma_topology *topology)
{
    unsigned int i;
    uint32_t pcpu;

    for (i = 0; i < topology->num_pnodes; i++)
        VNUMA_BITMAP_FOREACH(pcpu, &topology->pnodes[i].pcpus) {
            if (!vnuma_bitmap_test(pcpus, pcpu))
                return false;
        }
    return true;
}

/* Columns of the table of vcpus are as wide as their widest entry. */
static char *format_pcpus(const vnuma_bitmap *pcpus,
                          const vnuma_topology *topology)
{
    return has_every_pcpu(pcpus, topology) ? strdup("all")
                                           : vnuma_bitmap_format(pcpus);
}

static int widest(const vnuma_domain *domain, const vnuma_topology *topology,
                  bool soft)
{
    int width = 4, len;
    unsigned int i;
    char *text;

    for (i = 0; i < domain->num_vcpus; i++) {
        text = format_pcpus(
            soft ? &domain->vcpus[i].soft : &domain->vcpus[i].hard, topology);
        len = text ? (int)strlen(text) : 0;
        width = len > width ? len : width;
        free(text);
    }
    return width;
}

/* ---- tables ------------------------------------------------------------- */

static void print_title(FILE *f, const vnuma_domain *domain)
{
    vnuma__utf8_print(domain->name, f); /* xenstore may hold any bytes */
    fprintf(f, "%s(domid %" PRIu32 ", %s, %s): ", *domain->name ? " " : "",
            domain->domid, domain->type, domain->state);
    if (domain->memkb == VNUMA_MEMKB_UNKNOWN)
        fputs("memory unknown", f);
    else
        fprintf(f, "%" PRIu64 " MiB", (domain->memkb + 512) / 1024);
    fputs(", node affinity ", f);
    vnuma__bitmap_print(&domain->node_affinity, f);
    fputc('\n', f);
}

/* Printed below a vnode whose memory need not all be on its pnode. */
static void print_parts(FILE *f, const vnuma_domain_vnode *vnode)
{
    unsigned int i;

    if (vnode->policy == VNUMA_POLICY_STRICT)
        return;
    fprintf(f, "         %s:", vnuma_policy_name(vnode->policy));
    for (i = 0; i < vnode->num_parts; i++)
        fprintf(f, "%s %" PRIu64 " pages on pnode %" PRIu32, i ? "," : "",
                vnode->parts[i].memkb / 4, vnode->parts[i].pnode);
    fputc('\n', f);
}

static void print_vnode(FILE *f, const vnuma_domain *domain, unsigned int i)
{
    const vnuma_domain_vnode *vnode = &domain->vnodes[i];

    if (vnode->pnode == VNUMA_ID_UNKNOWN)
        fprintf(f, "  %5u      ?", i);
    else
        fprintf(f, "  %5u  %5" PRIu32, i, vnode->pnode);
    fprintf(f, "  %9" PRIu64, vnode->memkb / 1024);
    if (vnode->num_pages != VNUMA_PAGES_UNKNOWN)
        fprintf(f, "  %11" PRIu64 "  %12" PRIu64, vnode->memkb / 4,
                vnode->num_pages);
    fputs("  ", f);
    vnuma__bitmap_print(&vnode->vcpus, f);
    fputc('\n', f);
    print_parts(f, vnode);
}

/* Lists the pages on each pnode, or what was not promised there; if any. */
static bool list_pages(FILE *f, const vnuma_domain *domain, bool is_stray,
                       const char *separator)
{
    unsigned int i;

    for (i = 0; i < domain->num_pages; i++) {
        uint32_t pnode = domain->pages[i].pnode;
        uint64_t pages = domain->pages[i].num_pages, promised = 0;

        if (is_stray)
            promised = vnuma__domain_promised_on(domain, pnode);
        if (pages <= promised)
            continue;
        fprintf(f, "%s%" PRIu64 " on pnode %" PRIu32, separator,
                pages - promised, pnode);
        separator = ", ";
    }
    return *separator == ',';
}

static void print_pages(FILE *f, const vnuma_domain *domain, bool is_stray)
{
    if (!is_stray && domain->counted) {
        fputs(list_pages(f, domain, false, "  pages: ") ? "\n"
                                                        : "  pages: none\n",
              f);
    } else if (is_stray && domain->stray_pages != VNUMA_PAGES_UNKNOWN) {
        fprintf(f, "  pages elsewhere: %" PRIu64, domain->stray_pages);
        fputs(domain->stray_pages && list_pages(f, domain, true, " (") ? ")\n"
                                                                       : "\n",
              f);
    }
}

static void print_vnodes(FILE *f, const vnuma_domain *domain)
{
    unsigned int i;

    if (!domain->num_vnodes) {
        fputs("  no vNUMA, so no pnode was promised\n", f);
        print_pages(f, domain, false);
        return;
    }
    if (domain->promise == VNUMA_PROMISE_UNKNOWN)
        fputs("  xl does not know what was promised to it: it was made by "
              "another toolstack\n",
              f);
    fputs("  vnode  pnode   size MiB", f);
    if (domain->vnodes[0].num_pages != VNUMA_PAGES_UNKNOWN)
        fputs("   its pages  on its pnode", f);
    fputs("  vcpus\n", f);
    for (i = 0; i < domain->num_vnodes; i++)
        print_vnode(f, domain, i);
    print_pages(f, domain, domain->promise != VNUMA_PROMISE_UNKNOWN);
}

static int print_vcpu(FILE *f, const vnuma_domain_vcpu *vcpu,
                      const vnuma_topology *topology, int hard_width,
                      int soft_width)
{
    uint32_t pnode = vnuma__pnode_of_pcpu(topology, vcpu->pcpu);
    char *hard = format_pcpus(&vcpu->hard, topology);
    char *soft = format_pcpus(&vcpu->soft, topology);
    int rc = hard && soft ? 0 : VNUMA_ERROR_NOMEM;

    if (!rc) {
        fprintf(f, "  %5" PRIu32 "  ", vcpu->vcpu);
        fprintf(f, vcpu->vnode == VNUMA_ID_UNKNOWN ? "    -" : "%5" PRIu32,
                vcpu->vnode);
        fprintf(f, "  %-*s  %-*s  ", hard_width, hard, soft_width, soft);
        if (!vcpu->online)
            fputs("offline", f);
        else if (vcpu->pcpu == VNUMA_ID_UNKNOWN)
            fputs("-", f);
        else if (pnode == VNUMA_ID_UNKNOWN)
            fprintf(f, "pcpu %" PRIu32, vcpu->pcpu);
        else
            fprintf(f, "pcpu %" PRIu32 " of pnode %" PRIu32, vcpu->pcpu,
                    pnode);
        fputc('\n', f);
    }
    free(hard);
    free(soft);
    return rc;
}

static int print_vcpus(FILE *f, const vnuma_domain *domain,
                       const vnuma_topology *topology)
{
    int hard_width = widest(domain, topology, false);
    int soft_width = widest(domain, topology, true);
    unsigned int i;
    int rc = 0;

    if (!domain->num_vcpus)
        return 0;
    fprintf(f, "   vcpu  vnode  %-*s  %-*s  runs on\n", hard_width, "hard",
            soft_width, "soft");
    for (i = 0; i < domain->num_vcpus && !rc; i++)
        rc =
            print_vcpu(f, &domain->vcpus[i], topology, hard_width, soft_width);
    return rc;
}

static int print_domain(FILE *f, const vnuma_domain *domain,
                        const vnuma_topology *topology)
{
    unsigned int i;
    int rc;

    print_title(f, domain);
    print_vnodes(f, domain);
    rc = print_vcpus(f, domain, topology);
    for (i = 0; i < domain->num_drift; i++)
        fprintf(f, "  drift: %s\n", domain->drift[i]);
    return rc;
}

char *vnuma_domains_to_text(const vnuma_domains *domains,
                            const vnuma_topology *topology)
{
    vnuma__print out;
    unsigned int i;
    int rc = 0;

    if (!vnuma__print_begin(&out))
        return NULL;
    for (i = 0; i < domains->num_items && !rc; i++) {
        if (i)
            fputc('\n', out.f);
        rc = print_domain(out.f, &domains->items[i], topology);
    }
    return vnuma__print_end(&out, rc);
}
