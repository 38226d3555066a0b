#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The program for hosts of KVM: it has the commands that need no Xen and links
# nothing of Xen; what its man page says is so; and it shows guests that run.
set -u
cd "${top_srcdir:?}" || exit 99
program=${top_builddir:?}/vnuma
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"; [ -z "${guest-}" ] || kill "$guest" 2>/dev/null' EXIT
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/try.sh

# exits CODE COMMAND...
exits()
{
    wanted=$1
    shift
    "$@"
    test $? = "$wanted"
}

"$program" --help | sed -n 's/^  \([a-z][a-z0-9-]*\)  .*/\1/p' >"$tmp/commands"
printf '%s\n' check plan export import topology show >"$tmp/wanted"
try "its commands" diff "$tmp/wanted" "$tmp/commands"
while read -r command; do
    try "$command is documented" grep "^=head2 $command" docs/man/vnuma.1.pod
    try "$command --help names it" \
        sh -c "'$program' $command --help | grep '^Usage: vnuma $command'"
done <"$tmp/commands"
try "it is documented what it is called" \
    sh -c "'$program' --help | grep 'see vnuma COMMAND --help and vnuma(1)'"
try "create is another program's" exits 2 "$program" create guest.cfg
try "and so are xl's letters" exits 2 "$program" -v check -

# libtool's is a script, and the program is beside it.
binary=${program%/*}/.libs/vnuma
[ -x "$binary" ] || binary=$program
try "it links nothing of Xen" sh -c "! ldd '$binary' | grep -i -e xen -e vnuma"

"$program" check -- qemu-system-x86_64 -m 1G -numa node,mem=1G >"$tmp/said" 2>&1
try "it says what is wrong" grep 'argument 4, column 10: error' "$tmp/said"

if command -v qemu-system-x86_64 >"$tmp/which" && [ -r /proc/self/numa_maps ]; then
    # Without an image it waits at its first step.
    timeout 120 qemu-system-x86_64 -S -display none -nodefaults -smp 2 -m 96 \
        -name "web-$$,debug-threads=on" \
        -object memory-backend-ram,id=m0,size=64M,prealloc=on \
        -object memory-backend-ram,id=m1,size=32M \
        -numa node,cpus=0,memdev=m0 -numa node,cpus=1,memdev=m1 \
        >"$tmp/qemu" 2>&1 &
    guest=$!
    timeout 120 qemu-system-x86_64 -S -display none -nodefaults -m 48 \
        -name "plain-$$,debug-threads=on" >"$tmp/qemu" 2>&1 &
    plain=$!
    shows_both()
    {
        for _ in $(seq 60); do
            "$program" show >"$tmp/shown" 2>&1
            grep -q "64 on " "$tmp/shown" && grep -q "^plain-$$, PID" "$tmp/shown" &&
                break
            sleep 1
        done
        cat "$tmp/shown"
        grep -A2 "^web-$$, PID [0-9]*$" "$tmp/shown" | grep '0  *64 .* 64 on [0-9]'
    }
    try "a guest that runs is shown" shows_both
    try "and one without nodes, as one" \
        sh -c "grep -A2 '^plain-$$, PID' '$tmp/shown' | grep ' 0  *48 '"
    "$program" show --json >"$tmp/json" 2>&1
    try "and both as JSON" \
        sh -c "grep -q '\"name\": \"web-$$\"' '$tmp/json' &&
            grep '\"name\": \"plain-$$\"' '$tmp/json'"
    kill $plain
fi
tried
