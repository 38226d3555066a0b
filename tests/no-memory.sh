#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The golden cases, and a create, without memory for each allocation in turn,
# once and from then on (tests/world/no_memory.c): no command crashes, and each
# says what it lacked.  no-memory.sh [CASE...]
set -u
build=${top_builddir:?}
cd "${top_srcdir:?}" || exit 99
if [ ! -f "$build/.libs/no-memory.so" ]; then
    echo "1..0 # SKIP sanitizers"
    exit 0
fi
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/try.sh
# As tests/run-golden.sh.
export LC_ALL=C COLUMNS=100
top=$PWD

# Functions are at the same addresses each time, or fail more than once.
same=
! setarch -R true 2>/dev/null || same="setarch -R"

# without_memory REST PRELOADED COMMAND...
without_memory()
{
    rest=$1 preloaded=$2
    shift 2
    $same env ${rest:+NO_MEMORY_REST=1} NO_MEMORY_SEEN="$tmp/seen$rest" \
        LD_PRELOAD="$build/.libs/no-memory.so$preloaded" "$@"
}

# once CASE, and for_ever CASE
once()
{
    golden "$1" ''
}
for_ever()
{
    golden "$1" .rest
}
golden()
{
    cd "tests/golden/$1" || return
    input=/dev/null
    [ ! -f stdin ] || input=stdin
    eval "set -- \"\$2\" '' $build/xl-vnuma $(cat args)"
    without_memory "$@" <$input
    status=$?
    cd "$top" || exit 99
    return $status
}

[ $# -gt 0 ] || set -- tests/golden/*/
for case; do
    case=${case%/} case=${case##*/}
    try "$case: each allocation once" once "$case"
    try "$case: each allocation, and all after it" for_ever "$case"
done
tried
