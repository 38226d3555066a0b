#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# plan -o FILE: whole or not at all, and what FILE was it stays.
set -u
cd "${top_srcdir:?}" || exit 99
n=0

check()
{
    n=$((n + 1))
    name=$1
    shift
    if "$@"; then
        echo "ok $n - $name"
    else
        echo "not ok $n - $name"
    fi
}

plan()
{
    "${top_builddir:?}/xl-vnuma" --host tests/hosts/xl-info-n-2node.txt \
        plan -o "$1" examples/two-nodes.cfg >/dev/null 2>&1
}

dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT

echo old >"$dir/file"
chmod 640 "$dir/file"
ln -s file "$dir/link"
mkfifo "$dir/pipe"
mkdir "$dir/shut"

check "a file is written" plan "$dir/new"
check "with the modes that files get here" \
    test "$(stat -c %a "$dir/new")" = "$(printf '%o' $((0666 & ~$(umask))))"
check "a link is followed" plan "$dir/link"
check "and stays a link" test -L "$dir/link"
check "what it names is replaced" grep -q '^vnuma' "$dir/file"
check "and keeps its mode" test "$(stat -c %a "$dir/file")" = 640
cat "$dir/pipe" >"$dir/read" &
check "a pipe is written into" plan "$dir/pipe"
wait
check "and stays a pipe" test -p "$dir/pipe"
check "with the file in it" cmp -s "$dir/read" "$dir/new"
plan "$dir/missing/file"
check "a directory that is not there is an error of the environment" \
    test $? = 3
check "and nothing is left beside" \
    test "$(ls "$dir")" = "file
link
new
pipe
read
shut"
echo "1..$n"
