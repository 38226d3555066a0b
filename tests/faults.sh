#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A sample of what tests/world/faults.py tries; "make faults" tries all of it.
set -u
build=${top_builddir:?}
cd "${top_srcdir:?}" || exit 99
if ! strace -D -o /dev/null true 2>/dev/null || ! command -v python3 >/dev/null
then
    echo "1..0 # SKIP no strace or no python3 here"
    exit 0
fi
# In memory: a disk would be waited for thousands of times.
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# A build that counts has its counters of these apart, for tests/coverage.sh:
# some are written by calls that fail.
export GCOV_PREFIX="$build/counters" GCOV_ERROR_FILE=/dev/null
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/try.sh
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/world.sh

if [ $# -gt 0 ]; then
    python3 tests/world/faults.py "$@"
    exit
fi
try "file calls of commands fail" python3 tests/world/faults.py fail -n 240
try "processes of commands are killed" \
    python3 tests/world/faults.py kill -n 90
tried
