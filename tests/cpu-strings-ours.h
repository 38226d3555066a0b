/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libvnuma makes of the strings of cpu-strings.h. */
#ifndef CPU_STRINGS_OURS_H
#define CPU_STRINGS_OURS_H

#include "cpu-strings.h"
#include "guest/affinity.h"
#include "inside.h"

/* The machine of tests/xen/topologies/2node. */
static inline void cpu_host_make(vnuma_topology *host)
{
    static const char text[] = "{\"nodes\": [ {\"node\": 0, \"cpus\": [0, 1]},"
                               " {\"node\": 1, \"cpus\": [2, 3]} ]}";
    vnuma_source source;
    vnuma_diags diags;

    vnuma_source_init(&source);
    vnuma_diags_init(&diags);
    if (vnuma_source_set(&source, "host", text, strlen(text)) ||
        vnuma__topology_parse(&source, host, &diags))
        abort();
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
}

/* Reads a guest with this string; 0: it is accepted without a word. */
static inline int cpu_string_read(const cpu_string *s, vnuma_config *config)
{
    char *text = NULL;
    size_t len;
    vnuma_source source;
    vnuma_diags diags;
    FILE *f = open_memstream(&text, &len);
    int rc;

    fputs("type = \"hvm\"\n", f);
    fputs(s->is_vcpus ? "vnuma = [ [ \"vcpus=" : "cpus = \"", f);
    cpu_string_print(s, f);
    fputs(s->is_vcpus ? "\" ] ]\n" : "\"\n", f);
    fclose(f);
    vnuma_source_init(&source);
    vnuma_diags_init(&diags);
    if (vnuma_source_set(&source, "guest", text, len))
        abort();
    rc = vnuma__config_parse(&source, config, &diags);
    if (!rc && diags.num_items)
        rc = 1; /* a warning is no acceptance either */
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
    free(text);
    return rc;
}

/* Whether that guest has the CPUs that xl has. */
static inline bool cpu_string_is_same(const cpu_string *s,
                                      const vnuma_config *config,
                                      const vnuma_topology *host)
{
    uint32_t bit, num = s->is_vcpus ? CPU_STRING_BITS : CPU_STRING_PCPUS;
    vnuma_bitmap pcpus = { 0 };
    const vnuma_bitmap *ours = &pcpus;
    bool same = true;

    if (s->is_vcpus)
        ours = &config->vnodes[0].vcpus;
    else if (vnuma__affinity_pcpus(&config->cpus.items[0], host, &pcpus))
        abort();
    for (bit = 0; bit < num; bit++)
        same &= vnuma_bitmap_test(ours, bit) == s->bits[bit];
    vnuma_bitmap_dispose(&pcpus);
    return same;
}

/* NULL: we accept what xl takes, for the same CPUs, and nothing else. */
static inline const char *cpu_string_judge(const cpu_string *s,
                                           const vnuma_topology *host)
{
    const char *wrong = NULL;
    vnuma_config config;
    bool accepted;

    memset(&config, 0, sizeof(config));
    accepted = !cpu_string_read(s, &config);
    if (accepted != (s->verdict == XL_TAKES))
        wrong = accepted ? "we accept it" : "we refuse it";
    else if (accepted && !cpu_string_is_same(s, &config, host))
        wrong = "we read other CPUs";
    vnuma__config_dispose(&config);
    return wrong;
}

#endif
