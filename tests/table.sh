#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# README.md's table, made from TAP that is kept in tests/table/: what counts in
# which column, and that a gap or a failure is not passed over.
set -u
top=${top_srcdir:?}
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/try.sh
. "$top/tests/try.sh"

cp -R "$top/tests/table/4.99" "$tmp/run"
chmod -R u+w "$tmp/run"

# table STATUS TABLE: it is that, and the script ends so.
table()
{
    "$top/tests/xen/table.sh" "$tmp/run" >"$tmp/got" 2>&1
    status=$?
    echo "exit status $status"
    diff "$2" "$tmp/got" && [ "$status" = "$1" ]
}

try "a failed test is in the table and the exit status" \
    table 1 "$top/tests/table/expect"

sed -i 's/^not ok/ok/' "$tmp/run/8node/create-baseline.tap"
sed 's/1 of 2/2 of 2/' "$top/tests/table/expect" >"$tmp/expect"
try "without one it is 0" table 0 "$tmp/expect"

sed -i '/stock xl: PVH/d' "$tmp/run/8node/create-baseline.tap"
sed 's/fails to build/?/' "$tmp/expect" >"$tmp/expect.stock"
try "what was not seen of stock xl is asked for" table 1 "$tmp/expect.stock"

cp "$top/tests/table/4.99/8node/create-baseline.tap" "$tmp/run/8node/"
sed -i -e 's/^not ok/ok/' "$tmp/run/8node/create-baseline.tap"
sed -i '/about: PVH/d' "$tmp/run/8node/create-baseline.tap"
sed 's/2 of 2 | 1 of 1/3 of 3 | 0 of 0/' "$tmp/expect" >"$tmp/expect.none"
try "a column without tests is no success" table 1 "$tmp/expect.none"
tried
