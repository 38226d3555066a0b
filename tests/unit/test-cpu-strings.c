/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cpus= and a vnode's vcpus= are read as xl reads them: some thousand strings,
 * held against xl's rules in tests/cpu-strings.h.  The scenario cpu-strings
 * holds both against xl itself.
 */
#include "config.h"

#include "cpu-strings-ours.h"
#include "tap.h"

static vnuma_topology host;

static void check_strings(unsigned int first, unsigned int end)
{
    unsigned int seen[4] = { 0 }, i;

    for (i = first; i < end; i++) {
        cpu_string s = cpu_string_of(i);
        const char *wrong = cpu_string_judge(&s, &host);

        seen[s.verdict]++;
        if (wrong)
            TAP_DIAG("%u \"%s\": %s, xl's verdict is %d", i, s.text, wrong,
                     s.verdict);
        CHECK(!wrong);
    }
    TAP_DIAG("xl refuses %u, takes %u, takes %u for something else, dies or "
             "does not end at %u",
             seen[XL_REFUSES], seen[XL_TAKES], seen[XL_MISTAKES],
             seen[XL_DIES]);
    CHECK(seen[XL_TAKES] >= 400);
}

static void cpus_are_read_as_xl_reads_them(void)
{
    check_strings(0, NUM_CPU_STRINGS / 2);
}

static void vcpus_of_a_vnode_are_read_as_xl_reads_them(void)
{
    check_strings(NUM_CPU_STRINGS / 2, NUM_CPU_STRINGS);
}

static const tap_case cases[] = {
    TAP_CASE(cpus_are_read_as_xl_reads_them),
    TAP_CASE(vcpus_of_a_vnode_are_read_as_xl_reads_them),
};

int main(void)
{
    int status;

    cpu_host_make(&host);
    status = TAP_RUN(cases);
    vnuma__topology_dispose(&host);
    return status;
}
