#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# "make mutate" itself: one line with mutants that a test tells, one file.
set -u
cd "${top_srcdir:?}" || exit 99
: "${top_builddir:?}"
for tool in gcov python3; do
    command -v $tool >/dev/null || { echo "1..0 # SKIP no $tool here"; exit; }
done
if ! grep -q '^CC = gcc' "$top_builddir/Makefile" ||
    grep -q '^\(CFLAGS\|WARN_CFLAGS\) =.*\(sanitize\|coverage\)' \
        "$top_builddir/Makefile"; then
    echo "1..0 # SKIP gcc's own counters are not to be had"
    exit
fi
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/try.sh

file=tools/libvnuma/layout/acpi.c
line=$(awk '/at\[2\] = vnode;/ { print NR }' $file)
mutate()
{
    TMPDIR=$tmp PYTHONDONTWRITEBYTECODE=1 python3 tests/mutate/mutate.py \
        --state "$tmp/state" -j 2 --tests "$1" "$file:$line" >"$tmp/said" 2>&1
}
before=$(git status --porcelain 2>&1)

try "a test tells of every mutant" mutate 'unit/test-acpi$'
try "they are counted" grep -q '^layout  *2  *2  *0 ' "$tmp/said"
try "another test tells of none" \
    test "$(rm -r "$tmp/state" && mutate 'unit/test-bitmap$'; echo $?)" = 1
try "and runs none" test "$(grep -c 'no test runs it$' "$tmp/said")" = 2
try "what is left is what was found" \
    test "$(cd "$tmp/state" && echo *)" = "map results"
try "the tree is as it was" test "$(git status --porcelain 2>&1)" = "$before"
tried
