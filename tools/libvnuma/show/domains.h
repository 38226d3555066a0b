/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions that fill and print vnuma_domains, inside the library. */
#ifndef VNUMA_DOMAINS_H
#define VNUMA_DOMAINS_H

#include "base/json_reader.h"
#include "base/json_writer.h"
#include "base/objects.h"

void vnuma__domains_dispose(vnuma_domains *domains);
void vnuma__domain_dispose(vnuma_domain *domain);
/* As vnuma_domains_parse(), into one that is empty. */
int vnuma__domains_parse(const vnuma_source *source,
                         const vnuma_topology *topology,
                         vnuma_domains *domains_r, vnuma_diags *diags);
/*
 * What the members of an object say of domains, into none; drift and stray
 * pages are not worked out.  Returns 0, VNUMA_ERROR_HOST (reported) or
 * VNUMA_ERROR_NOMEM; to be disposed in any case.
 */
int vnuma__domains_read(const vnuma__jsondoc_value *root,
                        vnuma_domains *domains_r, vnuma_diags *diags);

/* The members of vnuma_domains_to_json(), into an object that is open. */
void vnuma__domains_put(vnuma__json *json, const vnuma_domains *domains,
                        const vnuma_topology *topology);

/*
 * Appends a domain of which nothing is known; it belongs to @domains, and its
 * address changes when another one is added.  Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__domains_add(vnuma_domains *domains, vnuma_domain **domain_r);

/* In pages. */
uint64_t vnuma__domain_pages_on(const vnuma_domain *domain, uint32_t pnode);
uint64_t vnuma__domain_promised_on(const vnuma_domain *domain, uint32_t pnode);
/* The pnodes on which memory was promised, as a mask. */
uint64_t vnuma__domain_promised(const vnuma_domain *domain);

/* Returns the pnode of a pcpu, or VNUMA_ID_UNKNOWN. */
uint32_t vnuma__pnode_of_pcpu(const vnuma_topology *topology, uint32_t pcpu);

#endif
