/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What /proc/PID/numa_maps says of a guest of KVM, against what its line asked
 * for.
 *
 *     maps:       START-END PERMISSIONS ...
 *     numa_maps:  START POLICY KEY=VALUE... ; N0=PAGES, kernelpagesize_kB=4
 */
#include "config.h"

#include "show/residence.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json_writer.h"

typedef struct {
    uint64_t start;
    vnuma__text line; /* of numa_maps, after the start */
} mapping;

static bool next_word(vnuma__text *rest, vnuma__text *word_r)
{
    uint32_t end;

    *rest = vnuma__text_skip_space(*rest);
    end = vnuma__text_find(*rest, ' ');
    *word_r = vnuma__text_slice(*rest, 0, end);
    *rest = vnuma__text_slice(*rest, end, rest->len);
    return word_r->len;
}

/* Of a line of numa_maps: "prefer (many):0-1" has a blank. */
static void next_policy(vnuma__text *rest, vnuma__text *policy_r)
{
    vnuma__text all = *rest, more;

    next_word(rest, policy_r);
    if (vnuma__text_starts_with(*rest, " (") && next_word(rest, &more))
        *policy_r =
            vnuma__text_trim(vnuma__text_slice(all, 0, all.len - rest->len));
}

/*
 * The line of numa_maps that begins with a start; false: there is none.  It is
 * looked for from *@rest on and leaves what may follow there, as both files
 * are in the order of addresses: any user's process may have many thousand.
 */
static bool find_line(vnuma__text *rest, uint64_t start, vnuma__text *line_r)
{
    vnuma__text next = *rest, line;
    uint64_t at;

    while (vnuma__text_next(&next, '\n', &line)) {
        *line_r = line;
        if (vnuma__text_take_digits(line_r, 16, &at) && at >= start)
            return at == start;
        *rest = next;
    }
    return false;
}

/*
 * What numa_maps calls the policy that was asked for.  Since Linux 5.15 there
 * is one that prefers many nodes, which newer releases of QEMU ask for.
 */
static void promised(const vnuma_config *config, unsigned int v,
                     const char *in_force, char *text, size_t size)
{
    bool is_many = !strncmp(in_force, "prefer (many)", 13);
    static const char *const words[] = { "default", "prefer:", "bind:",
                                         "interleave:", "default" };
    const vnuma__backend *memory = vnuma__kvm_memory(config, v);
    const char *separator = "";
    unsigned int first, last;
    size_t len;

    snprintf(text, size, "%s",
             memory->policy.value == VNUMA__KVM_PREFERRED && is_many
                 ? "prefer (many):"
                 : words[memory->policy.value]);
    for (first = 0;
         !strchr("t", text[strlen(text) - 1]) && first < VNUMA_MAX_PNODES;
         first = last + 1) {
        last = first;
        if (!vnuma__set_has(&memory->pnodes, first))
            continue;
        while (vnuma__set_has(&memory->pnodes, last + 1))
            last++;
        len = strlen(text);
        snprintf(text + len, size - len, first == last ? "%s%u" : "%s%u-%u",
                 separator, first, last);
        separator = ",";
        if (memory->policy.value == VNUMA__KVM_PREFERRED && !is_many)
            break; /* Linux takes the lowest */
    }
}

static void read_pages(vnuma__residence *node, vnuma__text rest)
{
    uint64_t pages[VNUMA_MAX_PNODES] = { 0 }, value, pnode;
    vnuma__text word;
    unsigned int p;

    while (next_word(&rest, &word)) {
        uint32_t equals = vnuma__text_find(word, '=');
        vnuma__text key = vnuma__text_slice(word, 0, equals);

        if (!vnuma__text_to_u64(vnuma__text_slice(word, equals + 1, word.len),
                                UINT64_MAX >> 20, &value))
            continue;
        if (vnuma__text_equal(key, "kernelpagesize_kB"))
            node->page_kb = value;
        else if (key.len > 1 && key.ptr[0] == 'N' &&
                 vnuma__text_to_u64(vnuma__text_slice(key, 1, key.len),
                                    VNUMA_MAX_PNODES - 1, &pnode))
            pages[pnode] = value;
    }
    for (p = 0; p < VNUMA_MAX_PNODES; p++)
        node->memkb[p] = pages[p] * node->page_kb;
}

static bool is_taken(const mapping *taken, unsigned int num, uint64_t start)
{
    while (num--)
        if (taken[num].start == start)
            return true;
    return false;
}

/* The mapping of a node; false: none is as large. */
static bool find_mapping(const vnuma_config *config, unsigned int v,
                         vnuma__text maps, vnuma__text numa_maps,
                         mapping *taken)
{
    uint64_t wanted = config->vnodes[v].memkb.value << 10, start, end;
    bool is_found = false, is_right = false;
    char policy[64], wanted_policy[64];
    vnuma__text line, rest, word;

    taken[v].start = 0;
    while (vnuma__text_next(&maps, '\n', &line)) {
        if (!vnuma__text_take_digits(&line, 16, &start) || !line.len)
            continue;
        line = vnuma__text_slice(line, 1, line.len);
        vnuma__text_take_digits(&line, 16, &end);
        if (end - start != wanted ||
            !vnuma__text_starts_with(vnuma__text_trim(line), "rw") ||
            is_taken(taken, v, start) || !find_line(&numa_maps, start, &rest))
            continue;
        line = rest;
        next_policy(&rest, &word);
        snprintf(policy, sizeof(policy), "%.*s", VNUMA__TEXT_ARG(word));
        promised(config, v, policy, wanted_policy, sizeof(wanted_policy));
        /* Higher ones come later; one with the right policy wins. */
        if (is_right && strcmp(policy, wanted_policy) != 0)
            continue;
        is_right = !strcmp(policy, wanted_policy);
        is_found = true;
        taken[v] = (mapping){ start, line };
    }
    return is_found;
}

void vnuma__residence_find(const vnuma_config *config, vnuma__text maps,
                           vnuma__text numa_maps, vnuma__residence *nodes_r)
{
    mapping taken[VNUMA_MAX_VNODES];
    vnuma__text rest, word;
    unsigned int v;

    for (v = 0; v < config->num_vnodes; v++) {
        vnuma__residence *node = &nodes_r[v];

        memset(node, 0, sizeof(*node));
        node->is_found = find_mapping(config, v, maps, numa_maps, taken);
        if (!node->is_found)
            continue;
        rest = taken[v].line;
        next_policy(&rest, &word);
        snprintf(node->policy, sizeof(node->policy), "%.*s",
                 VNUMA__TEXT_ARG(word));
        read_pages(node, rest);
    }
}

/* ---- text --------------------------------------------------------------- */

static void print_node(FILE *f, const vnuma_config *config, unsigned int v,
                       const vnuma__residence *node)
{
    char policy[64];
    uint64_t all = 0;
    unsigned int p;

    promised(config, v, node->policy, policy, sizeof(policy));
    fprintf(f, "%5u %10" PRIu64 "  %-16s %-16s", v,
            config->vnodes[v].memkb.value >> 10, policy,
            node->is_found ? node->policy : "?");
    for (p = 0; p < VNUMA_MAX_PNODES; p++) {
        if (node->memkb[p])
            fprintf(f, " %" PRIu64 " on %u", node->memkb[p] >> 10, p);
        all += node->memkb[p];
    }
    if (all)
        fprintf(f, ", pages of %" PRIu64 " KiB", node->page_kb);
    else if (node->is_found)
        fputs(" none yet", f);
    fputc('\n', f);
}

static void print_drift(FILE *f, const vnuma_config *config, unsigned int v,
                        const vnuma__residence *node)
{
    const vnuma__backend *memory = vnuma__kvm_memory(config, v);
    char policy[64];
    uint64_t away = 0, page;
    unsigned int p, num = 0;

    if (!node->is_found) {
        if (config->vnodes[v].memkb.value)
            fprintf(f, "node %u: no mapping is as large as its memory\n", v);
        return;
    }
    promised(config, v, node->policy, policy, sizeof(policy));
    for (p = 0; p < VNUMA_MAX_PNODES; p++) {
        num += node->memkb[p] != 0;
        if (vnuma__set_is_given(&memory->pnodes) &&
            !vnuma__set_has(&memory->pnodes, p))
            away += node->memkb[p];
    }
    if (!vnuma__set_is_given(&memory->pnodes) && num > 1)
        fprintf(f,
                "node %u: nothing binds its memory, which is on %u nodes of "
                "the host\n",
                v, num);
    if (strcmp(policy, node->policy))
        fprintf(f,
                "node %u: the line asks for %s, and Linux has %s: in a "
                "container this needs CAP_SYS_NICE\n",
                v, policy, node->policy);
    if (away)
        fprintf(f, "node %u: %" PRIu64 " MiB are on other nodes of the host\n",
                v, away >> 10);
    page = memory->page.value >> 10;
    if (page && node->page_kb && node->page_kb != page)
        fprintf(f,
                "node %u: pages have %" PRIu64 " KiB, and the line asks for "
                "%" PRIu64 " KiB\n",
                v, node->page_kb, page);
}

void vnuma__residence_print(FILE *f, const vnuma_config *config,
                            const vnuma__residence *nodes)
{
    unsigned int v;

    fprintf(f, "%5s %10s  %-16s %-16s %s\n", "node", "MiB", "promised",
            "in force", "MiB on the host's nodes");
    for (v = 0; v < config->num_vnodes; v++)
        print_node(f, config, v, &nodes[v]);
}

void vnuma__residence_drift(FILE *f, const vnuma_config *config,
                            const vnuma__residence *nodes)
{
    unsigned int v;

    for (v = 0; v < config->num_vnodes; v++)
        print_drift(f, config, v, &nodes[v]);
}

/* ---- JSON --------------------------------------------------------------- */

static void put_node(vnuma__json *json, const vnuma_config *config,
                     unsigned int v, const vnuma__residence *node)
{
    char policy[64];
    unsigned int p;

    promised(config, v, node->policy, policy, sizeof(policy));
    vnuma__json_map(json);
    vnuma__json_add_uint(json, "vnode", v);
    vnuma__json_add_uint(json, "memkb", config->vnodes[v].memkb.value);
    vnuma__json_add_string(json, "promised", policy);
    vnuma__json_add_string(json, "policy",
                           node->is_found ? node->policy : NULL);
    vnuma__json_add_known(json, "page_kb", node->page_kb, 0);
    vnuma__json_add_array(json, "memory");
    for (p = 0; p < VNUMA_MAX_PNODES; p++) {
        if (!node->memkb[p])
            continue;
        vnuma__json_map(json);
        vnuma__json_add_uint(json, "pnode", p);
        vnuma__json_add_uint(json, "memkb", node->memkb[p]);
        vnuma__json_end_map(json);
    }
    vnuma__json_end_array(json);
    vnuma__json_end_map(json);
}

void vnuma__residence_put(vnuma__json *json, const vnuma_config *config,
                          const vnuma__residence *nodes)
{
    unsigned int v;

    vnuma__json_add_array(json, "vnodes");
    for (v = 0; v < config->num_vnodes; v++)
        put_node(json, config, v, &nodes[v]);
    vnuma__json_end_array(json);
}
