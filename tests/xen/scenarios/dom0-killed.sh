#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# "dom0 set" killed at each of its hypercalls: the next reset repairs it, and
# every value is as it was.  Two minutes.

. /rig/lib.sh

# What a set may change, as Xen and xenstore have it.
values()
{
    xenstore-read /local/domain/0/memory/target
    xenstore-read /local/domain/0/memory/static-max
    xl vcpu-list 0 | awk 'NR > 1 { print $3, ($4 == "-" ? "off" : "on") }'
    xl vcpu-list 0 | sed -n 's/.*[0-9][0-9]*\.[0-9] *//p'
    xl-vnuma dom0 show --json | grep -e memkb -e '"online"'
}

set_counted()
{
    rm -f calls
    env LD_PRELOAD=/usr/libexec/rig/hypercalls.so RIG_PROGRAM=xl-vnuma \
        RIG_CALLS=calls "$@" xl-vnuma dom0 set --mem 1400 --nodes 0 \
        --vcpus 1 --pin >out 2>&1
}

# libxl writes dom0's target into xenstore when it is first asked for it.
xl-vnuma dom0 show >out
values >before
set_counted LC_ALL=C
is "an undisturbed set works" "$?" 0
run xl-vnuma dom0 reset
is "and reset" "$(values)" "$(cat before)"
num_calls=$(wc -l <calls)

num_points=0 num_killed=0 num_bad=0
call=1
while [ "$call" -le "$num_calls" ] && [ "$call" -le 60 ]; do
    set_counted RIG_FAIL="$call:SIGKILL"
    [ "$?" != 137 ] || num_killed=$((num_killed + 1))
    xl-vnuma dom0 reset >out 2>&1
    if [ "$(values)" != "$(cat before)" ]; then
        num_bad=$((num_bad + 1))
        diag "killed at call $call of $num_calls:"
        values | diff before - | sed 's/^/#   /'
        xl-vnuma dom0 reset
    fi
    num_points=$((num_points + 1))
    call=$((call + 1))
done
diag "$num_killed of $num_points were killed"
ok "there are points" test "$num_killed" -ge 10
is "killed at $num_killed of its calls, all is as it was after reset" \
    "$num_bad" 0
ok "nothing is left to put back" test ! -e /run/xl-vnuma/dom0

done_testing
