#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Nothing that a terminal could act on is in what commands say: not from a
# guest's name, nor from its file's, nor from what is in it.
set -u
build=${top_builddir:?}
cd "${top_srcdir:?}" || exit 99
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/try.sh
export XL_VNUMA_KEPT="$tmp/kept"

host=tests/hosts/xl-info-n-2node.txt
escape=$(printf '\033')
good=$tmp/${escape}[31mgood.cfg
bad=$tmp/${escape}[31mbad.cfg
other=$tmp/${escape}[31mhost
printf '%b\n' 'name = "\033]0;x\007\302\233web"' 'type = "hvm"' \
    'memory = 512' \
    'vcpus = 2' 'vnuma = "auto"' >"$good"
printf '%b\n' 'name = "\033]0;x\007\302\233web"' 'type = "hvm"' \
    'memory = 512' \
    'vnuma = [ [ "pnode=\033[2J\302\233\342\200\256", "\033[2J=1" ] ]' \
    'vcpus = \033[2J' >"$bad"
{ cat "$host" && printf '\033[2J\n'; } >"$other"

# safe COMMAND...: it says something, without a control character, in UTF-8
# neither, and without what turns the direction of writing.
safe()
{
    "$@" >"$tmp/said" 2>&1 </dev/null
    cat -v "$tmp/said"
    [ -s "$tmp/said" ] &&
        ! LC_ALL=C grep -qaP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' \
            "$tmp/said" &&
        ! LC_ALL=C grep -qaP '\xe2\x80[\x8b-\x8f\xaa-\xae]' "$tmp/said"
}
xl=$build/xl-vnuma
try "check: a good file" safe "$xl" --host "$host" check "$good"
try "check: a bad one" safe "$xl" --host "$host" check "$bad"
try "check: one that is not there" safe "$xl" check "$tmp/no$escape"
try "check --json" safe "$xl" --host "$host" check --json "$good" "$bad"
for command in plan 'plan --json' 'plan --forget'; do
    # shellcheck disable=SC2086 # a list of words
    try "$command" safe "$xl" --host "$host" $command "$good"
    # shellcheck disable=SC2086 # a list of words
    try "$command of two" safe "$xl" --host "$host" $command "$good" "$bad"
done
try "a host" safe "$xl" --host "$other" check "$good"
try "topology" safe "$xl" --host "$other" topology
try "export" safe "$xl" export --format=qemu "$bad"
printf '%s\n' '{"time": 1, "domains": [ {"domid": 1, "name":' \
    '"a\u001b[2J\u009b2J\u202eb\u007f", "vnodes": [' \
    '{"pnode": 0, "memkb": 1024} ] } ] }' >"$tmp/domains"
for form in '' --json --prometheus --draw; do
    # shellcheck disable=SC2086 # none, or one
    try "show $form" safe "$xl" --host "$host" show --domains "$tmp/domains" \
        $form
done
try "a word that is no command" safe "$xl" "${escape}[2J"

# A shell's echo, which writes Pacemaker's log, makes one of "\033".
mkdir -p "$tmp/bin" "$tmp/ocf/resource.d/heartbeat"
printf '%s\n' 'ocf_log() { echo "$@" >&2; }' OCF_ERR_GENERIC=1 \
    OCF_ERR_ARGS=2 >"$tmp/ocf-shellfuncs"
printf '%s\n' '#!/bin/sh' 'exit 1' >"$tmp/ocf/resource.d/heartbeat/Xen"
printf '%s\n' '#!/bin/sh' "exec $xl --host $PWD/$host \"\$@\"" \
    >"$tmp/bin/xl-vnuma"
chmod +x "$tmp/ocf/resource.d/heartbeat/Xen" "$tmp/bin/xl-vnuma"
printf '%s\n' 'type = "hvm"' 'memory = 512' 'vcpus = 2' \
    'vnuma = [ [ "\\033[2J=1" ] ]' >"$tmp/slash.cfg"
try "what Pacemaker's agent logs" safe env "PATH=$tmp/bin:$PATH" \
    OCF_FUNCTIONS_DIR="$tmp" OCF_ROOT="$tmp/ocf" \
    OCF_RESKEY_xmfile="$tmp/slash.cfg" tools/pacemaker/Xen start
try "  is what is wrong" grep -q 'does not fit.*error' "$tmp/said"

# Any user may start a process that says it is a guest of KVM.
perl -e 'exec { "/bin/sh" } "qemu-system-x86_64", "-c", "kill -STOP \$\$",
         "--", "-name", "a\e[31mb", "-m", "1G", "-object", "\e[2J"' &
process=$!
trap 'kill -9 $process; rm -rf "$tmp"' EXIT
tries=0
until grep -q ^qemu "/proc/$process/cmdline" || [ $tries = 600 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
try "a process" safe "$build/vnuma" \
    --host tests/hosts/invented-linux-4node.txt show --pid="$process"
try "  which is named" grep -q 'a?\[31mb, PID' "$tmp/said"

if [ -x "$build/tests/world/xl" ]; then
    # shellcheck disable=SC1091 # shellcheck reads it by itself
    . ./tests/world.sh
    cp "$good" "$tmp/guest.cfg"
    try "create" safe created
    try "  which does" created
    cp "$bad" "$tmp/guest.cfg"
    try "create of a bad one" safe created
fi
tried
