#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Commands that ask a running Xen, of one that is made up (tests/world/live.c):
# what they say of it, each of its calls failed, and each allocation
# (tests/world/no_memory.c).
set -u
build=${top_builddir:?}
cd "${top_srcdir:?}" || exit 99
if [ ! -f "$build/.libs/live.so" ]; then
    echo "1..0 # SKIP built without Xen, or with sanitizers"
    exit 0
fi
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/try.sh
export WORLD="$tmp/world" LC_ALL=C COLUMNS=100 XL_VNUMA_KEPT="$tmp/world/kept"
printf '%s\n' 'name = "web"' 'type = "hvm"' 'memory = 512' 'vcpus = 2' \
    'vnuma = "auto"' >"$tmp/guest.cfg"
printf '%s\n' 'name = "db"' 'type = "pvh"' 'memory = 512' 'vcpus = 2' \
    'xl_vnuma_hmat = "host"' \
    'vnuma = [ [ "pnode=0", "size=256" ], [ "pnode=1", "size=256" ] ]' \
    >"$tmp/named.cfg"
# on_xen PRELOADED COMMAND...: of a dom0 in which nothing was done before.
on_xen()
{
    preloaded=$1
    shift
    rm -rf "$WORLD"
    mkdir -p "$WORLD/run"
    # shellcheck disable=SC2086 # nothing, or a command
    $same env $once LD_PRELOAD="$preloaded$build/.libs/live.so" \
        "$program" "$@" </dev/null
}
same='' once='' program=$build/xl-vnuma

# says WORDS COMMAND...
says()
{
    words=$1
    shift
    on_xen '' "$@" >"$tmp/said" 2>&1
    cat "$tmp/said"
    grep -qF -e "$words" "$tmp/said"
}

# each_call COMMAND...: it ends, and not without a word.
each_call()
{
    k=1
    while :; do
        once="WORLD_FAIL=$k"
        on_xen '' "$@" >"$tmp/said" 2>&1
        status=$?
        once=
        [ -e "$WORLD/failed" ] || break
        if [ $status -gt 3 ] || { [ $status != 0 ] && [ ! -s "$tmp/said" ]; }
        then
            echo "call $k: status $status"
            cat "$tmp/said"
            return 1
        fi
        k=$((k + 1))
    done
    echo "$k calls" && [ $k -gt 1 ]
}
! setarch -R true 2>/dev/null || seen_same="setarch -R"
each_allocation()
{
    same=${seen_same-} once="NO_MEMORY_SEEN=$tmp/seen"
    on_xen "$build/.libs/no-memory.so:" "$@"
    status=$?
    same='' once=''
    return $status
}

# command WORDS COMMAND...
command_is_good()
{
    words=$1
    shift
    case $* in
    *"$tmp"*) about="$1 $(echo "$2" | sed "s,$tmp/,,")" ;;
    *) about=$* ;;
    esac
    try "$about: says \"$words\"" says "$words" "$@"
    try "$about: each call of Xen fails" each_call "$@"
    try "$about: each allocation fails" each_allocation "$@"
}

command_is_good "numa_info" topology
command_is_good '"node": 1' topology --json
command_is_good "No placement is better" plan "$tmp/guest.cfg"
command_is_good "this host has no HMAT" plan --hmat "$tmp/named.cfg"
command_is_good "named.cfg: ok" check "$tmp/named.cfg"
command_is_good "Domain-0" show
command_is_good '"name": "g"' show --json --verify=hypervisor g
command_is_good "xen_vnuma_domain_resident_pages" \
    show --prometheus --verify=hypervisor
command_is_good 'there is no domain "h"' show h
command_is_good "Xen's command line" dom0 show
command_is_good '"vcpus"' dom0 show --json --verify=hypervisor
command_is_good "dom0" dom0 check
command_is_good "no node 7" dom0 set --nodes 7
command_is_good "dom0" dom0 reset --timeout 1
command_is_good '"host"' report
command_is_good "nothing" recover
command_is_good "nothing" recover --dry-run
# Root may run a user's own program with that user's modules.
if [ "$(id -u)" = 0 ]; then
    mkdir "$tmp/theirs"
    cp "$build/xl-vnuma" "$build/.libs/xl-vnuma-xen.so" "$tmp/theirs"
    chown -R 65534 "$tmp/theirs"
    program=$tmp/theirs/xl-vnuma
    export XL_VNUMA_MODULES="$tmp/theirs"
    try "of another user's program: each allocation fails" \
        each_allocation topology
    program=$build/xl-vnuma
    export XL_VNUMA_MODULES="$build/.libs"
fi
# What it leaves when it fails is for the next one: tests/unit/test-live.c.
smaller="--mem 1024 --max 1024 --nodes 1 --vcpus 1 --pin --min-mem 1"
# shellcheck disable=SC2086 # a list of words
{
    try "dom0 set: says what dom0 has" \
        says "dom0: 1024 MiB" dom0 set $smaller --timeout 1
    try "dom0 set: each call of Xen fails" each_call dom0 set $smaller
}
tried
