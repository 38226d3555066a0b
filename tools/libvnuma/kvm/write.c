/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes a guest as QEMU's options, as Proxmox's lines and as xl.cfg. */
#include "config.h"

#include "kvm/port.h"

#include <inttypes.h>
#include <string.h>

#include "base/print.h"
#include "base/utf8.h"

/* ---- pieces ------------------------------------------------------------- */

void vnuma__write_set(const vnuma_bitmap *set, const char *between, FILE *f)
{
    const char *separator = "";
    uint32_t first = VNUMA_BITMAP_NONE, last = 0, i;

    VNUMA_BITMAP_FOREACH(i, set) {
        if (vnuma_bitmap_test(set, i + 1) && first == VNUMA_BITMAP_NONE)
            first = i;
        last = i;
        if (vnuma_bitmap_test(set, i + 1))
            continue;
        if (first == VNUMA_BITMAP_NONE)
            fprintf(f, "%s%" PRIu32, separator, last);
        else
            fprintf(f, "%s%" PRIu32 "-%" PRIu32, separator, first, last);
        separator = between;
        first = VNUMA_BITMAP_NONE;
    }
}

void vnuma__write_mask(uint64_t mask, const char *between, FILE *f)
{
    vnuma_bitmap set = { .words = &mask, .num_words = 1 };

    vnuma__write_set(&set, between, f);
}

/* Bytes as QEMU reads them: "512M", "1000000B". */
static void write_bytes(uint64_t bytes, bool is_json, FILE *f)
{
    if (bytes % (1 << 20) == 0 && !is_json)
        fprintf(f, "%" PRIu64 "M", bytes >> 20);
    else
        fprintf(f, "%" PRIu64 "%s", bytes, is_json ? "" : "B");
}

void vnuma__write_name(const char *before, const char *name, const char *after,
                       FILE *f)
{
    unsigned int len;
    bool is_safe;

    if (!name)
        return;
    fputs(before, f);
    for (; *name; name += len) {
        len = vnuma__utf8_next(name, strlen(name), &is_safe);
        if (is_safe && !strchr("\"'\\<>&", *name))
            fwrite(name, 1, len, f);
        else
            putc('_', f);
    }
    fputs(after, f);
}

/* ---- QEMU --------------------------------------------------------------- */

typedef struct {
    vnuma__style style;
    FILE *f;
    bool is_first;
} options;

/* Before an option, and between it and its value. */
static FILE *begin(options *o, const char *name)
{
    if (!o->is_first)
        fputs(o->style == VNUMA__STYLE_ARGS ? "\n" : " \\\n", o->f);
    fprintf(o->f, "-%s%s", name, o->style == VNUMA__STYLE_ARGS ? "\n" : " ");
    o->is_first = false;
    return o->f;
}

/* "key": value or key=value, of a backend. */
static void write_key(FILE *f, bool is_json, const char *key,
                      const char *value, bool is_string)
{
    const char *quote = is_json && is_string ? "\"" : "";

    fprintf(f, is_json ? ",\"%s\":%s%s%s" : ",%s=%s%s%s", key, quote, value,
            quote);
}

static void write_flag(FILE *f, bool is_json, const char *key, bool value)
{
    static const char *const words[][2] = { { "off", "on" },
                                            { "false", "true" } };

    write_key(f, is_json, key, words[is_json][value], false);
}

static void write_path(FILE *f, bool is_json, vnuma__text path)
{
    uint32_t i;

    fputs(is_json ? ",\"mem-path\":\"" : ",mem-path=", f);
    for (i = 0; i < path.len; i++) {
        if (is_json && strchr("\"\\", path.ptr[i]))
            putc('\\', f);
        putc(path.ptr[i], f);
        if (!is_json && path.ptr[i] == ',')
            putc(',', f);
    }
    fputs(is_json ? "\"" : "", f);
}

static void write_policy(FILE *f, bool is_json, const vnuma__port_node *node)
{
    uint64_t rest = node->pnodes;

    fputs(is_json ? ",\"host-nodes\":[" : ",host-nodes=", f);
    if (!is_json)
        vnuma__write_mask(rest, ",host-nodes=", f);
    for (; is_json && rest; rest &= rest - 1)
        fprintf(f, "%s%u", rest == node->pnodes ? "" : ",",
                (unsigned int)__builtin_ctzll(rest));
    fputs(is_json ? "]" : "", f);
    write_key(f, is_json, "policy",
              vnuma__words_of[VNUMA__FORM_QEMU].policies[node->policy], true);
}

static void write_backend(const vnuma__port_node *node, unsigned int v,
                          bool is_json, FILE *f)
{
    const char *type = node->path.ptr ? "file" : node->page ? "memfd" : "ram";
    bool is_memfd = *type == 'm';

    fprintf(f,
            is_json ? "'{\"qom-type\":\"memory-backend-%s\","
                      "\"id\":\"ram-node%u\",\"size\":"
                    : "memory-backend-%s,id=ram-node%u,size=",
            type, v);
    write_bytes(node->bytes, is_json, f);
    if (node->path.ptr)
        write_path(f, is_json, node->path);
    if (is_memfd) {
        write_flag(f, is_json, "hugetlb", true);
        fputs(is_json ? ",\"hugetlbsize\":" : ",hugetlbsize=", f);
        write_bytes(node->page, is_json, f);
    }
    if (node->share != is_memfd) /* which shares by itself */
        write_flag(f, is_json, "share", node->share);
    if (node->policy && node->policy != VNUMA__KVM_RESTRICTIVE)
        write_policy(f, is_json, node);
    if (node->prealloc)
        write_flag(f, is_json, "prealloc", true);
    if (is_json)
        fputs("}'", f);
}

static void write_node(const vnuma__port *port, unsigned int v, options *o)
{
    const vnuma__port_node *node = &port->nodes[v];
    FILE *f;

    if (node->bytes)
        write_backend(node, v, o->style == VNUMA__STYLE_JSON,
                      begin(o, "object"));
    f = begin(o, "numa");
    fprintf(f, "node,nodeid=%u", v);
    if (vnuma_bitmap_count(node->vcpus)) {
        fputs(",cpus=", f);
        vnuma__write_set(node->vcpus, ",cpus=", f);
    }
    if (node->bytes)
        fprintf(f, ",memdev=ram-node%u", v);
}

static void write_distances(const vnuma__port *port, options *o)
{
    unsigned int v, w;

    for (v = 0; port->has_distances && v < port->num_nodes; v++)
        for (w = 0; w < port->num_nodes; w++)
            if (v != w)
                fprintf(begin(o, "numa"), "dist,src=%u,dst=%u,val=%" PRIu32, v,
                        w, port->nodes[v].distances[w]);
}

static void write_qemu(const vnuma__port *port, vnuma__style style, FILE *f)
{
    const uint64_t *level = port->smp.level;
    options o = { style, f, true };
    unsigned int v;

    write_bytes(port->bytes, false, begin(&o, "m"));
    fprintf(begin(&o, "smp"), "%" PRIu32, port->vcpus);
    if (port->max_vcpus != port->vcpus)
        fprintf(f, ",maxcpus=%" PRIu32, port->max_vcpus);
    fprintf(f, ",sockets=%" PRIu64, level[SOCKETS]);
    if (level[DIES] > 1)
        fprintf(f, ",dies=%" PRIu64, level[DIES]);
    fprintf(f, ",cores=%" PRIu64 ",threads=%" PRIu64, level[CORES],
            level[THREADS]);
    for (v = 0; v < port->num_nodes; v++)
        write_node(port, v, &o);
    write_distances(port, &o);
    fputc('\n', f);
}

/* ---- xl ----------------------------------------------------------------- */

static void write_xl_vnode(const vnuma__port *port, unsigned int v, FILE *f)
{
    const vnuma__port_node *node = &port->nodes[v];
    unsigned int w;

    fputs("[ \"pnode=", f);
    if (node->pnodes && node->policy != VNUMA__KVM_INTERLEAVE)
        fprintf(f, "%u", (unsigned int)__builtin_ctzll(node->pnodes));
    else
        fputs("auto", f);
    fprintf(f, "\", \"size=%" PRIu64 "\"", node->bytes >> 20);
    if (vnuma_bitmap_count(node->vcpus)) {
        fputs(", \"vcpus=", f);
        vnuma__write_set(node->vcpus, ",", f);
        fputc('"', f);
    }
    for (w = 0; port->has_distances && w < port->num_nodes; w++)
        fprintf(f, "%s%" PRIu32,
                w ? "," : ", \"vdistances=", node->distances[w]);
    fputs(port->has_distances ? "\" ]" : " ]", f);
}

static void write_xl_policies(const vnuma__port *port, FILE *f)
{
    unsigned int v;

    fputs("xl_vnuma_policy = [ ", f);
    for (v = 0; v < port->num_nodes; v++) {
        const vnuma__port_node *node = &port->nodes[v];

        fputs(v ? ", \"" : "\"", f);
        if (node->policy == VNUMA__KVM_INTERLEAVE) {
            fputs("interleave=", f);
            vnuma__write_mask(node->pnodes, ",", f);
        } else {
            fputs(node->policy == VNUMA__KVM_PREFERRED ? "preferred"
                                                       : "strict",
                  f);
        }
        fputc('"', f);
    }
    fputs(" ]\n", f);
}

static void write_xl(const vnuma__port *port, FILE *f)
{
    uint64_t mib = 0;
    bool has_policies = false;
    unsigned int v;

    for (v = 0; v < port->num_nodes; v++) {
        mib += port->nodes[v].bytes >> 20;
        has_policies |= port->nodes[v].policy == VNUMA__KVM_PREFERRED ||
                        port->nodes[v].policy == VNUMA__KVM_INTERLEAVE;
    }
    vnuma__write_name("name = \"", port->name, "\"\n", f);
    fprintf(f, "type = \"hvm\"\nmemory = %" PRIu64 "\nvcpus = %" PRIu32 "\n",
            port->num_nodes ? mib : port->bytes >> 20, port->vcpus);
    if (port->max_vcpus != port->vcpus)
        fprintf(f, "maxvcpus = %" PRIu32 "\n", port->max_vcpus);
    for (v = 0; v < port->num_nodes; v++) {
        fputs(v ? ",\n          " : "vnuma = [ ", f);
        write_xl_vnode(port, v, f);
    }
    if (port->num_nodes)
        fputs(" ]\n", f);
    if (has_policies)
        write_xl_policies(port, f);
}

/* ---- Proxmox ------------------------------------------------------------ */

static void write_proxmox(const vnuma__port *port, FILE *f)
{
    const uint64_t *level = port->smp.level;
    unsigned int v;

    vnuma__write_name("name: ", port->name, "\n", f);
    fprintf(f,
            "memory: %" PRIu64 "\nsockets: %" PRIu64 "\ncores: %" PRIu64 "\n",
            port->bytes >> 20, level[SOCKETS],
            level[DIES] * level[CORES] * level[THREADS]);
    if (port->vcpus != port->max_vcpus)
        fprintf(f, "vcpus: %" PRIu32 "\n", port->vcpus);
    if (port->num_nodes)
        fputs("numa: 1\n", f);
    if (port->num_nodes && port->nodes[0].page)
        fprintf(f, "hugepages: %" PRIu64 "\n", port->nodes[0].page >> 20);
    for (v = 0; v < port->num_nodes && v < 8; v++) {
        const vnuma__port_node *node = &port->nodes[v];

        fprintf(f, "numa%u: cpus=", v);
        vnuma__write_set(node->vcpus, ";", f);
        if (node->policy && node->policy != VNUMA__KVM_RESTRICTIVE) {
            fputs(",hostnodes=", f);
            vnuma__write_mask(node->pnodes, ";", f);
        }
        fprintf(f, ",memory=%" PRIu64, node->bytes >> 20);
        if (node->policy && node->policy != VNUMA__KVM_RESTRICTIVE)
            fprintf(
                f, ",policy=%s",
                vnuma__words_of[VNUMA__FORM_PROXMOX].policies[node->policy]);
        fputc('\n', f);
    }
}

char *vnuma__port_to_text(const vnuma__port *port, vnuma__form form,
                          vnuma__style style)
{
    vnuma__print out;
    FILE *f;

    if (form == VNUMA__FORM_LIBVIRT) {
        return vnuma__port_to_xml(port);
    }
    f = vnuma__print_begin(&out);
    if (!f)
        return NULL;
    if (form == VNUMA__FORM_XL)
        write_xl(port, f);
    else if (form == VNUMA__FORM_QEMU)
        write_qemu(port, style, f);
    else
        write_proxmox(port, f);
    return vnuma__print_end(&out, false);
}
