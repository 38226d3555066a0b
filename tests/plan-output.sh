#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# plan -o FILE: whole or not at all, and what FILE was it stays.  And an answer
# of any command that cannot be written is no answer.
set -u
cd "${top_srcdir:?}" || exit 99
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/try.sh

plan()
{
    "${top_builddir:?}/xl-vnuma" --host tests/hosts/xl-info-n-2node.txt \
        plan -o "$1" examples/two-nodes.cfg >/dev/null 2>&1
}

tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
dir=$tmp/dir
mkdir "$dir"

echo old >"$dir/file"
chmod 640 "$dir/file"
ln -s file "$dir/link"
mkfifo "$dir/pipe"
mkdir "$dir/shut"

umask_mode=$(printf '%o' $((0666 & ~$(umask))))
try "a file is written" plan "$dir/new"
try "with the modes that files get here" \
    test "$(stat -c %a "$dir/new")" = "$umask_mode"
try "a link is followed" plan "$dir/link"
try "and stays a link" test -L "$dir/link"
try "what it names is replaced" grep -q '^vnuma' "$dir/file"
try "and keeps its mode" test "$(stat -c %a "$dir/file")" = 640
for mode in 4755 2755 1644; do
    chmod "$mode" "$dir/file"
    plan "$dir/file"
    try "not a special one such as $mode" \
        test "$(stat -c %a "$dir/file")" = "${mode#?}"
done
if [ "$(id -u)" = 0 ]; then
    chown 65534 "$dir/file"
    chmod 666 "$dir/file"
    plan "$dir/file"
    try "nor that of another user's file" \
        test "$(stat -c '%u %a' "$dir/file")" = "0 $umask_mode"
fi
cat "$dir/pipe" >"$dir/read" &
try "a pipe is written into" plan "$dir/pipe"
wait
try "and stays a pipe" test -p "$dir/pipe"
try "with the file in it" cmp -s "$dir/read" "$dir/new"
plan "$dir/missing/file"
try "a directory that is not there is an error of the environment" \
    test $? = 3
try "and nothing is left beside" \
    test "$(ls "$dir")" = "file
link
new
pipe
read
shut"

# not_written COMMAND...
not_written()
{
    "${top_builddir:?}/xl-vnuma" --host tests/hosts/xl-info-n-2node.txt "$@" \
        >/dev/full 2>"$tmp/said"
    status=$?
    cat "$tmp/said"
    [ "$status" = 3 ] && grep -q 'standard output: No space left' "$tmp/said"
}
for command in --help --version check 'check --json' 'check --list' \
    plan 'plan --json' topology 'dom0 check' 'dom0 check --list'; do
    file=examples/two-nodes.cfg
    case $command in --* | topology | *--list | dom0*) file= ;; esac
    # shellcheck disable=SC2086 # lists of words
    try "$command: that standard output is full" not_written $command $file
done
tried
