#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Texts that are no hosts: tests/hosts-bad/EXPECTED has a line for each file,
# with the place and the ID of the first error.  Nothing is printed as if it
# were a host, and the exit status is 3.
: "${top_srcdir:?}" "${top_builddir:?}"
prog=$(cd "$top_builddir" && pwd)/xl-vnuma
out=$(mktemp) err=$(mktemp) || exit 99
trap 'rm -f "$out" "$err"' EXIT

cd "$top_srcdir/tests/hosts-bad" || exit 99
n=0
for file in *; do
    [ "$file" != EXPECTED ] || continue
    n=$((n + 1))
    expected=$(sed -n "s/^$file //p" EXPECTED)
    "$prog" --host "$file" topology >"$out" 2>"$err"
    found="$? $(head -n 1 "$err" | tr -d '\000' |
        sed -n 's/^[^:]*:\([0-9:]*\): error: .*\[\(.*\)\]$/\1 \2/p')"
    if [ "$found" = "3 $expected" ] && ! [ -s "$out" ]; then
        echo "ok $n - $file"
    else
        echo "# exit status, place, ID: $found, wanted 3 $expected"
        echo "not ok $n - $file"
    fi
done
[ "$n" = "$(wc -l <EXPECTED)" ] || echo "# EXPECTED has another number"
echo "1..$(wc -l <EXPECTED)"
