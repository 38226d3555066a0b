#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Golden cases: what a user sees.  Each directory of tests/golden/ is a case,
# named by the mistake or the ability: "args" is the command line, "stdin" (if
# it is there) standard input, "expected" what comes back, exit status last.
# run-golden.sh [CASE...]; GOLDEN_UPDATE=1 writes "expected" anew: read the
# difference before keeping it.
: "${top_srcdir:?}" "${top_builddir:?}"
prog=$(cd "$top_builddir" && pwd)/xl-vnuma
export XL_VNUMA_MODULES="${prog%/*}/.libs"
# Drawings look at both.
export LC_ALL=C COLUMNS=100
out=$(mktemp) || exit 99
trap 'rm -f "$out"' EXIT

cd "$top_srcdir/tests/golden" || exit 99
[ $# -gt 0 ] || set -- */
echo "1..$#"
n=0
for case; do
    n=$((n + 1)) name=${case%/} stdin=/dev/null
    [ ! -f "$name/stdin" ] || stdin=stdin
    (
        cd "$name" && eval "set -- $(cat args)" || exit 99
        "$prog" "$@" <"$stdin"
        echo "exit $?"
    ) >"$out" 2>&1
    [ -z "$GOLDEN_UPDATE" ] || cp "$out" "$name/expected"
    if difference=$(diff -u "$name/expected" "$out" 2>&1); then
        echo "ok $n - $name"
    else
        echo "$difference" | sed 's/^/# /'
        echo "not ok $n - $name"
    fi
done
