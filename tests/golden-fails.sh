#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A golden case whose answer is another one, or was never written, fails.
: "${top_srcdir:?}" "${top_builddir:?}"
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/try.sh
. "$here/try.sh"

mkdir -p "$tmp/tests/golden/other" "$tmp/tests/golden/missing"
for case in other missing; do
    echo "no-such-command" >"$tmp/tests/golden/$case/args"
done
echo "something else" >"$tmp/tests/golden/other/expected"

# told CASE: it did not pass.
told()
{
    top_srcdir=$tmp "$here/run-golden.sh" "$1" | grep "^not ok 1 - $1"
}

try "another answer" told other
try "no answer to compare with" told missing
tried
