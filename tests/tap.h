/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The test harness: one case is one function is one TAP line, and its name is
 * a sentence that is true.  CHECK notes a failure and goes on, REQUIRE leaves
 * the case.
 */
#ifndef TAP_H
#define TAP_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Cases to try: with sanitizers each takes ten times as long. */
#ifdef __SANITIZE_ADDRESS__
#define TAP_FEWER(num) ((num) / 10)
#else
#define TAP_FEWER(num) (num)
#endif

typedef struct {
    const char *name;
    void (*run)(void);
} tap_case;

#define TAP_CASE(function) { #function, function }
#define TAP_DIAG(fmt, ...)                                                    \
    printf("# %s:%d: " fmt "\n", __FILE__, __LINE__, __VA_ARGS__)

/*
 * Seconds after which a case ends the program: it hangs, or what it tests
 * needs quadratic time.  The slowest takes a fiftieth of it on an idle machine.
 */
#ifndef TAP_DEADLINE
#define TAP_DEADLINE 900
#endif

static bool tap_failed;

#define CHECK(condition)                                                      \
    do {                                                                      \
        if (!(condition)) {                                                   \
            tap_failed = true;                                                \
            TAP_DIAG("%s is not true", #condition);                           \
        }                                                                     \
    } while (0)

#define REQUIRE(condition)                                                    \
    do {                                                                      \
        if (!(condition)) {                                                   \
            tap_failed = true;                                                \
            TAP_DIAG("%s is not true", #condition);                           \
            return;                                                           \
        }                                                                     \
    } while (0)

#define CHECK_UINT(got, want)                                                 \
    do {                                                                      \
        uint64_t got_ = (got), want_ = (want);                                \
        if (got_ != want_) {                                                  \
            tap_failed = true;                                                \
            TAP_DIAG("%s is %" PRIu64 ", wanted %" PRIu64, #got, got_,        \
                     want_);                                                  \
        }                                                                     \
    } while (0)

#define CHECK_INT(got, want)                                                  \
    do {                                                                      \
        int64_t got_ = (got), want_ = (want);                                 \
        if (got_ != want_) {                                                  \
            tap_failed = true;                                                \
            TAP_DIAG("%s is %" PRId64 ", wanted %" PRId64, #got, got_,        \
                     want_);                                                  \
        }                                                                     \
    } while (0)

#define CHECK_STR(got, want)                                                  \
    do {                                                                      \
        const char *got_ = (got), *want_ = (want);                            \
        if (!got_ || strcmp(got_, want_)) {                                   \
            tap_failed = true;                                                \
            TAP_DIAG("%s is \"%s\", wanted \"%s\"", #got,                     \
                     got_ ? got_ : "(null)", want_);                          \
        }                                                                     \
    } while (0)

static inline int tap_run(const tap_case *cases, unsigned int num_cases)
{
    unsigned int i, failures = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("1..%u\n", num_cases);
    for (i = 0; i < num_cases; i++) {
        tap_failed = false;
        alarm(TAP_DEADLINE);
        cases[i].run();
        alarm(0);
        failures += tap_failed;
        printf("%s %u - %s\n", tap_failed ? "not ok" : "ok", i + 1,
               cases[i].name);
    }
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define TAP_RUN(cases) tap_run(cases, sizeof(cases) / sizeof((cases)[0]))

#endif
