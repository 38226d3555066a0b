/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as what the object in xl reports, one packet up to each NUL.  No
 * stage is left for an earlier one, the guest is built once, and nothing is
 * kept beyond its place.
 */
#include "config.h"

#include <stdio.h>

/* What is said of a build goes there. */
static FILE *screen;
#undef stderr
#define stderr screen
#include "run/hear.c"
#undef stderr

#define FUZZ_CORPUS "message"
#include "fuzz.h"

/* Progress is shown after a second. */
double cli_seconds(void)
{
    static double now;

    now += 0.7;
    return now;
}

static unsigned int num_done;

static void begun(void *user, const run_result *result)
{
    FUZZ_ASSERT(user == result && result->stage >= RUN_LOADED);
}

static void done(void *user, const run_result *result)
{
    num_done++;
    FUZZ_ASSERT(user == result && result->stage >= RUN_DONE);
}

static void check(const run_result *result)
{
    uint64_t sum = 0;
    unsigned int i;

    FUZZ_ASSERT(memchr(result->uuid, '\0', sizeof(result->uuid)));
    FUZZ_ASSERT(result->num_sets <= VNUMA__MAX_EXTENT_SETS);
    /* Each number was read. */
    for (i = 0; i < result->num_sets; i++)
        sum += result->sets[i].pnode ^ result->sets[i].preferred ^
               result->sets[i].num_1g ^ result->sets[i].num_2m ^
               result->sets[i].num_4k ^ result->sets[i].num_released;
    FUZZ_ASSERT(!sum || result->num_sets);
    FUZZ_ASSERT(num_done == (result->stage >= RUN_DONE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static run_result result;
    const run_hooks hooks = { begun, done, NULL, &result };
    hearing h = { &result, &hooks, .show_progress = true };
    const uint8_t *end;
    run_stage before;
    char *message;

    if (!screen)
        screen = fopen("/dev/null", "w");
    result = (run_result){ .domid = UINT32_MAX };
    num_done = 0;
    for (; size; size -= (size_t)(end - data), data = end) {
        end = memchr(data, '\0', size);
        end = end ? end + 1 : data + size;
        message = strndup((const char *)data, (size_t)(end - data));
        FUZZ_ASSERT(screen && message);
        before = result.stage;
        hear(&h, message);
        FUZZ_ASSERT(result.stage >= before);
        free(message);
    }
    check(&result);
    return 0;
}
