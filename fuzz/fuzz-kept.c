/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as what we keep in files of ours, in libxl's userdata and before a
 * stream: entries of the ledger, where guests lived, promises, tables, dom0's
 * settings.  What is accepted is the same after it was written and read again.
 */
#include "config.h"

#include "inside.h"
#include "record/left.h"
#include "record/lived.h"
#include "record/prefix.h"
#include "record/promise.h"
#include "record/savefile.h"
#include "tables/kept.h"
#include "xen/dom0/dom0_change.h"

#define FUZZ_CORPUS "kept"
#include "fuzz.h"

/* ---- the ledger --------------------------------------------------------- */

/* What is to be done of it, with a domain of its UUID and another one. */
static void check_left(const vnuma__flight *flight, unsigned int flags)
{
    vnuma__found found[2] = { { .domid = flight->domid, .name = "g" },
                              { .domid = 7, .uuid = "?" } };
    vnuma__left left = { .flight = *flight,
                         .is_whole = flags & 1,
                         .is_given = flags & 2 };
    vnuma__left_state state;
    uint32_t domid = VNUMA_ID_UNKNOWN;

    memcpy(found[0].uuid, flight->uuid, sizeof(found[0].uuid));
    found[0].is_new = flags & 4;
    found[0].is_suspended = flags & 8;
    state = vnuma__left_judge(&left, found, 2, &domid);
    FUZZ_ASSERT(state == VNUMA__LEFT_NOTHING || domid == flight->domid ||
                domid == 7);
    FUZZ_ASSERT(state == VNUMA__LEFT_NOTHING || *flight->uuid);
    FUZZ_ASSERT(vnuma__left_judge(&left, found, 0, &domid) ==
                VNUMA__LEFT_NOTHING);
}

static void check_flight(const char *text, size_t len)
{
    vnuma__flight flight, again;
    unsigned int i;
    char *first, *second;

    if (!vnuma__flight_parse(text, len, &flight))
        return;
    first = vnuma__flight_format(&flight);
    FUZZ_ASSERT(first);
    FUZZ_ASSERT(vnuma__flight_parse(first, strlen(first), &again));
    second = vnuma__flight_format(&again);
    FUZZ_ASSERT(second && !strcmp(first, second));
    free(first);
    free(second);
    flight.resident_memkb = flight.pid;
    for (i = 0; i < flight.parts.num; i++)
        FUZZ_ASSERT(vnuma__flight_open_memkb(&flight, i) <=
                    flight.parts.items[i].memkb);
    for (i = 0; i < 16; i++)
        check_left(&flight, i);
}

/* ---- where guests lived ------------------------------------------------- */

static void check_homes(const char *text, size_t len)
{
    vnuma_source source = { 0 }, more = { 0 };
    vnuma__homes homes = { 0 }, again = { 0 };
    vnuma_diags diags = { 0 };
    vnuma__lived lived;
    char *added;

    FUZZ_ASSERT(!vnuma_source_set(&source, "places", text, len));
    FUZZ_ASSERT(!vnuma__homes_read(&source, &homes, &diags));
    FUZZ_ASSERT(!diags.num_errors);
    fuzz_check_diags(&diags, &source);
    vnuma__homes_find(&homes, NULL, "g", &lived);
    if (homes.num_items) {
        lived = homes.items[0].lived;
        added = vnuma__homes_add(&source, NULL, "g", &lived, 1);
        FUZZ_ASSERT(added);
        FUZZ_ASSERT(!vnuma_source_set(&more, "more", added, strlen(added)));
        FUZZ_ASSERT(!vnuma__homes_read(&more, &again, &diags));
        FUZZ_ASSERT(again.num_items);
        FUZZ_ASSERT(again.num_items <= homes.num_items + 1);
        vnuma__homes_find(&again, NULL, "g", &lived);
        FUZZ_ASSERT(lived.num_vnodes == homes.items[0].lived.num_vnodes);
        free(added);
    }
    vnuma__homes_dispose(&again);
    vnuma__homes_dispose(&homes);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&more);
    vnuma_source_dispose(&source);
}

/* ---- the rest ----------------------------------------------------------- */

static void check_promise(const char *text, size_t len)
{
    static vnuma__promise promise, again;
    char *first, *second;

    if (!vnuma__promise_parse(text, len, &promise)) {
        FUZZ_ASSERT(!promise.num_vnodes);
        return;
    }
    first = vnuma__promise_format(&promise);
    FUZZ_ASSERT(first);
    FUZZ_ASSERT(vnuma__promise_parse(first, strlen(first), &again));
    second = vnuma__promise_format(&again);
    FUZZ_ASSERT(second && !strcmp(first, second));
    free(first);
    free(second);
}

static void check_tables(const char *text, size_t len)
{
    size_t num, again_num, hmat_len;
    uint8_t *bytes, *again;
    bool is_hosts, again_hosts;
    char *written;
    int rc = vnuma__kept_parse(text, len, &bytes, &num, &is_hosts);

    FUZZ_ASSERT(rc == 0 || rc == VNUMA_ERROR_CONFIG);
    if (rc)
        return;
    written = vnuma__kept_format(bytes, num, is_hosts);
    FUZZ_ASSERT(written);
    FUZZ_ASSERT(!vnuma__kept_parse(written, strlen(written), &again,
                                   &again_num, &again_hosts));
    FUZZ_ASSERT(num == again_num && is_hosts == again_hosts &&
                !memcmp(bytes, again, num));
    vnuma__kept_find(bytes, num, "HMAT", &hmat_len);
    free(written);
    free(again);
    free(bytes);
}

/*
 * Its first lines name this boot of the machine, so they are made here; it is
 * slow, and only for what begins as the line after them.
 */
static void check_dom0(const char *text, size_t len)
{
    static const char end[] = "original\n", begin[] = "memory ";
    vnuma__dom0_record record = { .is_changing = false }, again = record;
    char *header, *whole, *first, *second;
    int rc;

    if (len < strlen(begin) || memcmp(text, begin, strlen(begin)) != 0)
        return;
    header = vnuma__dom0_record_to_text(&record);
    FUZZ_ASSERT(header && strstr(header, end));
    strstr(header, end)[strlen(end)] = '\0';
    FUZZ_ASSERT(asprintf(&whole, "%s%.*s", header, (int)len, text) > 0);
    rc = vnuma__dom0_record_parse(whole, &record);
    FUZZ_ASSERT(rc == 0 || rc == VNUMA_ERROR_CONFIG);
    if (!rc) {
        first = vnuma__dom0_record_to_text(&record);
        FUZZ_ASSERT(first && !vnuma__dom0_record_parse(first, &again));
        FUZZ_ASSERT(
            vnuma__dom0_settings_equal(&record.original, &again.original));
        second = vnuma__dom0_record_to_text(&again);
        FUZZ_ASSERT(second && !strcmp(first, second));
        free(first);
        free(second);
    }
    vnuma__dom0_record_dispose(&again);
    vnuma__dom0_record_dispose(&record);
    free(whole);
    free(header);
}

static void check_stored(const uint8_t *data, size_t size)
{
    vnuma__save_config config = { 0 };
    vnuma_diags diags = { 0 };
    uint32_t len;
    int rc;

    if (size >= VNUMA__PREFIX_LEN && vnuma__prefix_is(data)) {
        rc = vnuma__prefix_read(data, &len, &diags);
        FUZZ_ASSERT(!rc == !diags.num_errors);
        vnuma_diags_dispose(&diags);
    }
    rc = vnuma__save_read_config(data, (uint32_t)size, &config, &diags);
    FUZZ_ASSERT(!rc == !diags.num_errors);
    FUZZ_ASSERT(strlen(config.uuid) <= VNUMA__UUID_LEN);
    vnuma__save_config_dispose(&config);
    vnuma_diags_dispose(&diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;

    check_flight(text, size);
    check_homes(text, size);
    check_promise(text, size);
    check_tables(text, size);
    check_dom0(text, size);
    check_stored(data, size);
    return 0;
}
