/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as recorded domains of a host: what "show" reads.  What is
 * accepted can be shown as a table, metrics and a picture, and as JSON, which
 * says the same when it is read again.
 */
#include "config.h"

#include "inside.h"

#define FUZZ_CORPUS "domains"
#include "fuzz.h"

static const char host[] =
    "{\"nodes\":["
    "{\"node\":0,\"memkb\":4194304,\"free_memkb\":1048576,\"cpus\":[0,1],"
    "\"distances\":[10,21]},"
    "{\"node\":3,\"memkb\":4194304,\"free_memkb\":2097152,\"cpus\":[2,3],"
    "\"distances\":[21,10]}]}";

static int read_domains(const char *text, size_t len,
                        const vnuma_topology *topology,
                        vnuma_domains *domains_r)
{
    vnuma_source source = { 0 };
    vnuma_diags diags = { 0 };
    int rc;

    FUZZ_ASSERT(!vnuma_source_set(&source, "domains", text, len));
    rc = vnuma__domains_parse(&source, topology, domains_r, &diags);
    FUZZ_ASSERT(rc == 0 || rc == VNUMA_ERROR_HOST);
    FUZZ_ASSERT(!rc == !diags.num_errors);
    fuzz_check_diags(&diags, &source);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
    return rc;
}

static void check_pages(const vnuma_domains *domains)
{
    unsigned int i, j;

    for (i = 0; i < vnuma_domains_num(domains); i++) {
        const vnuma_domain *domain = vnuma_domains_at(domains, i);

        FUZZ_ASSERT(!i || vnuma_domain_domid(vnuma_domains_at(
                              domains, i - 1)) <= vnuma_domain_domid(domain));
        for (j = 0; j < vnuma_domain_num_drift(domain); j++)
            FUZZ_ASSERT(*vnuma_domain_drift_at(domain, j));
        vnuma_domain_stray_pages(domain);
    }
}

static void check_printing(const vnuma_domains *domains,
                           const vnuma_topology *topology, unsigned int width)
{
    const vnuma_draw_options options = { .width = 40 + width % 128,
                                         .utf8 = width & 1,
                                         .colour = width & 2 };
    char *texts[] = { vnuma_domains_to_text(domains, topology),
                      vnuma_domains_to_metrics(domains, topology),
                      vnuma_draw(topology, domains, &options) };
    unsigned int i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        FUZZ_ASSERT(texts[i]);
        free(texts[i]);
    }
}

static void check_json(const vnuma_domains *domains,
                       const vnuma_topology *topology)
{
    char *first = vnuma_domains_to_json(domains, topology), *second;
    vnuma_domains again = { 0 };

    FUZZ_ASSERT(first);
    FUZZ_ASSERT(!read_domains(first, strlen(first), topology, &again));
    second = vnuma_domains_to_json(&again, topology);
    FUZZ_ASSERT(second && !strcmp(first, second));
    free(second);
    vnuma__domains_dispose(&again);
    free(first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static vnuma_topology topology; /* the same for each input */
    vnuma_domains domains = { 0 };

    if (!topology.num_pnodes)
        fuzz_read_host(host, &topology);
    if (!read_domains((const char *)data, size, &topology, &domains)) {
        check_pages(&domains);
        check_printing(&domains, &topology, (unsigned int)size);
        check_json(&domains, &topology);
    }
    vnuma__domains_dispose(&domains);
    return 0;
}
