/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Before every source of a build for coverage: gcc's counters are written by
 * exit(), and before exec by a program of ours; here by _exit() too.
 */
#ifndef TESTS_COVERAGE_H
#define TESTS_COVERAGE_H

#define _GNU_SOURCE
#include <unistd.h>

void __gcov_dump(void);
#define _exit(status) (__gcov_dump(), (_exit)(status))

#endif
