/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes as the record of a guest that arrives, a host, and what the user says:
 * where it lands.  It has as many vnodes as before, on pnodes of this host
 * that have room for all that is put there; "strict" keeps its pnodes; its new
 * record can be read.
 */
#include "config.h"

#define FUZZ_CORPUS "landing"
#include "fuzz.h"

#include "decode.h"
#include "inside.h"
#include "plan/landing.h"

#define MOST_PNODES 4u
#define UNIT 128u /* bytes stand for so many pages */
#define MOST_UNITS 4096u

static const char host_text[] =
    "{\"nodes\":["
    "{\"node\":0,\"memkb\":8388608,\"free_memkb\":0,\"cpus\":[0,1],"
    "\"distances\":[10,20,30,40]},"
    "{\"node\":1,\"memkb\":8388608,\"free_memkb\":0,\"cpus\":[2,3],"
    "\"distances\":[20,10,20,30]},"
    "{\"node\":2,\"memkb\":8388608,\"free_memkb\":0,\"cpus\":[4],"
    "\"distances\":[30,20,10,20]},"
    "{\"node\":5,\"memkb\":8388608,\"free_memkb\":0,\"cpus\":[],"
    "\"distances\":[40,30,20,10]}],\"xen_version\":\"4.17.4\"}";

/* The host's free memory is of this input: mostly, but not always, enough. */
static vnuma_topology host;

static void take_host(decoder *d)
{
    unsigned int i;

    for (i = 0; i < host.num_pnodes; i++) {
        unsigned int word = take_byte(d);

        host.pnodes[i].free_memkb =
            word == 255 ? VNUMA_MEMKB_UNKNOWN : (uint64_t)word << 14;
    }
}

static void take_record(decoder *d, vnuma_record *record)
{
    vnuma__layout *layout = &record->layout;
    uint32_t i;

    take_layout(d, MOST_PNODES, MOST_UNITS, layout);
    for (i = 0; i < layout->num_vmemranges; i++) {
        layout->vmemranges[i].start *= UNIT;
        layout->vmemranges[i].end *= UNIT;
    }
    for (i = 0; i < layout->num_vnodes; i++)
        record->memkb[i] = vnuma__layout_memkb(layout, i);
    for (i = 0; i < layout->num_vnodes * layout->num_vnodes; i++) {
        layout->distances[i] = 10 + take_below(d, 32);
        record->host_distances[i] = 10 + take_below(d, 32);
    }
    record->has_device_model = take_below(d, 2);
    if (record->has_device_model)
        record->memkb[0] += 1024u * take_below(d, 32);
    record->is_pinned = take_below(d, 2);
    record->xen[0] = take_below(d, 8) ? 4 : 5;
    record->xen[1] = take_below(d, 24);
}

static void take_options(decoder *d, const vnuma_record *record,
                         vnuma__landing_options *options_r)
{
    unsigned int word = take_byte(d);
    uint32_t v;

    options_r->strict = word & 1;
    options_r->anywhere = word & 2;
    options_r->is_told = (word & 12) == 12;
    for (v = 0; v < record->layout.num_vnodes; v++) {
        options_r->pnodes[v] = take_below(d, MOST_PNODES + 2);
        options_r->is_spread[v] =
            record->layout.membinds[v].policy == VNUMA_POLICY_INTERLEAVE &&
            take_below(d, 2);
        take_membind(d, options_r->pnodes[v], MOST_PNODES,
                     &options_r->spreads[v]);
        if (!options_r->spreads[v].num_pnodes)
            options_r->is_spread[v] = false;
    }
}

/* What was promised is there. */
static void check_flight(const vnuma__flight *flight)
{
    unsigned int i;

    for (i = 0; i < flight->parts.num; i++) {
        const vnuma_plan_part *part = &flight->parts.items[i];
        const vnuma_pnode *pnode = vnuma_topology_find(&host, part->pnode);

        FUZZ_ASSERT(pnode && pnode->free_memkb != VNUMA_MEMKB_UNKNOWN);
        FUZZ_ASSERT(part->memkb <= pnode->free_memkb);
    }
}

static void check_record(const vnuma_record *record)
{
    char *text = vnuma_record_format(record);
    vnuma_record again = { .has_device_model = false };
    vnuma_diags diags = { 0 };

    FUZZ_ASSERT(text);
    FUZZ_ASSERT(!vnuma__record_parse(text, strlen(text), &again, &diags));
    vnuma__record_dispose(&again);
    vnuma_diags_dispose(&diags);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vnuma__landing_options options = { .strict = false };
    vnuma_record record = { .has_device_model = false };
    uint32_t before[VNUMA_MAX_VNODES] = { 0 }, v;
    vnuma_diags diags = { 0 };
    decoder d = { data, size };
    vnuma__flight flight;
    int rc;

    if (!host.num_pnodes)
        fuzz_read_host(host_text, &host);
    take_host(&d);
    take_record(&d, &record);
    take_options(&d, &record, &options);
    options.flight = &flight;
    for (v = 0; v < record.layout.num_vnodes; v++)
        before[v] = record.layout.vnode_to_pnode[v];
    rc = vnuma__landing_plan(&record, "g", &options, &host, &diags);
    FUZZ_ASSERT(rc == 0 || rc == VNUMA_ERROR_NOFIT ||
                rc == VNUMA_ERROR_CONFIG);
    FUZZ_ASSERT(!rc == !diags.num_errors);
    fuzz_check_diags(&diags, NULL);
    for (v = 0; v < record.layout.num_vnodes && !rc; v++) {
        uint32_t pnode = record.layout.vnode_to_pnode[v];

        FUZZ_ASSERT(vnuma_topology_find(&host, pnode));
        FUZZ_ASSERT(!options.is_told || pnode == options.pnodes[v]);
        FUZZ_ASSERT(options.is_told || !options.strict || pnode == before[v]);
    }
    if (!rc) {
        check_flight(&flight);
        check_record(&record);
    }
    vnuma_diags_dispose(&diags);
    vnuma__record_dispose(&record);
    return 0;
}
