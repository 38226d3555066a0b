/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the checks of guests of KVM share. */
#ifndef VNUMA_CHECK_KVM_H
#define VNUMA_CHECK_KVM_H

#include <string.h>

#include "check/check.h"
#include "kvm/versions.h"

/* "-m", "<memory>", "memory:"; "-numa node" and so on. */
typedef struct {
    const char *memory, *vcpus, *node, *policies[VNUMA__KVM_RESTRICTIVE + 1];
} vnuma__form_words;
extern const vnuma__form_words vnuma__words_of[VNUMA__FORM_PROXMOX + 1];

#define KVM(c) ((c)->config->kvm)
#define WORDS(c) (&vnuma__words_of[KVM(c)->form])
/* "since QEMU 5.2 ..." */
#define SINCE(rule) (vnuma__rules[VNUMA__SINCE_##rule].words)

typedef struct {
    char s[32];
} vnuma__amount_text;

/* "512 MiB", "1000 KiB", "5 bytes" */
vnuma__amount_text vnuma__amount(uint64_t bytes);

/* Whether a path is called after huge pages; what is there is not known. */
static inline bool vnuma__is_huge_path(vnuma__text path)
{
    return path.ptr && memmem(path.ptr, path.len, "huge", 4);
}

/* A row of a table of what may be wrong with one thing. */
typedef struct {
    bool applies;
    vnuma_span span;
    const char *message, *hint; /* hint: or NULL */
    bool is_warning;            /* of a check that reports errors */
} vnuma__finding;
void vnuma__report_findings(const vnuma__checking *c,
                            const vnuma__finding *findings, unsigned int num);
#define REPORT_FINDINGS(c, table)                                             \
    vnuma__report_findings(c, table, sizeof(table) / sizeof(*(table)))

#endif
