#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The table of Xen's interface (tools/libvnuma/xen/interface) names what is used
# of it, and the hooks define all that it says they stand before.
set -u
table=${top_srcdir:?}/tools/libvnuma/xen/interface
libs=${top_builddir:?}/.libs

if [ ! -f "$libs/xl-vnuma-hooks.so" ]; then
    echo "1..0 # SKIP built without Xen"
    exit 0
fi
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/try.sh
. "$top_srcdir/tests/try.sh"

sed -n 's/^[a-zA-Z][A-Za-z_0-9]* .*[ *]\([a-z0-9_]*\)(.*/\1/p' "$table" |
    sort -u >"$tmp/all"
nm -D --undefined-only "$libs/xl-vnuma-hooks.so" "$libs"/libvnuma-xen.so.* \
    "$libs/xl-vnuma-xen.so" |
    sed -n 's/^ *U \([a-z0-9_]*\).*/\1/p' |
    grep -E '^(xc|libxl|xenforeignmemory|xs|xlu|xtl)_' |
    sort -u >"$tmp/used"
# make would make one of the other, and in a build in the tree write over it.
try "no script is named as the table is" test ! -e "$table.sh"
try "there is something to compare" test "$(wc -l <"$tmp/used")" -gt 80
try "the table names all that is called" \
    sh -c 'comm -23 "$1/used" "$1/all" | { ! grep .; }' sh "$tmp"

{ echo execvp && sed -n '/^call/!s/^[a-zA-Z][A-Za-z_0-9]* .*[ *]\([a-z0-9_]*\)(.*/\1/p' \
    "$table"; } | sort -u >"$tmp/wanted"
nm -D --defined-only "$libs/xl-vnuma-hooks.so" | sed 's/.* //' |
    sort >"$tmp/defined"
try "the hooks define what they stand before, and nothing else" \
    cmp "$tmp/wanted" "$tmp/defined"
cat "$top_srcdir"/tools/inside/*.c "$top_srcdir"/tools/xl-vnuma/hooks/*.c |
    sed -n 's/^[a-z].*[ *]\(\(xc\|libxl\|xlu\)_[a-z0-9_]*\)(.*/\1/p' |
    sort -u >"$tmp/written"
try "and none that is missing in the table" \
    sh -c 'comm -23 "$1/written" "$1/wanted" | { ! grep .; }' sh "$tmp"
tried
