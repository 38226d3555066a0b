#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Creates at once, 2 and 8 of them, where there is room for fewer: each guest
# is whole, with no page astray, or refused by its plan before there is a
# domain; none is refused later because another took what it was promised.
# The ledger is empty afterwards, also after a create that was killed, and a
# report is planned on as the host is.
#
# at-once-all.sh does the eight twenty times, while stock xl creates, destroys
# and changes dom0's memory, and one of the eight is killed each time.

. /rig/lib.sh

rig=/usr/libexec/rig
ledger=/run/xl-vnuma/builds
: "${at_once_rounds=0}"

# guest NAME MIB PNODE PNODE: two vnodes of MIB each.
guest()
{
    cat >"$1.cfg" <<END
name = "$1"
type = "pvh"
kernel = "$rig/tiny"
memory = $((2 * $2))
vcpus = 2
vnuma = [ [ "pnode=$3", "size=$2", "vcpus=0", "vdistances=10,21" ],
          [ "pnode=$4", "size=$2", "vcpus=1", "vdistances=21,10" ] ]
END
}

begin()
{
    xl-vnuma create -p -q "$1.cfg" >"$1.out" 2>"$1.err" </dev/null &
    eval "pid_$1=\$!"
}

bad()
{
    num_bad=$((num_bad + 1))
    diag "$1: $2 (exit $status)"
    sed "s/^/$RIG_PREFIX    /" "$1.err"
}

# judge NAME: after its create.
judge()
{
    eval "wait \$pid_$1"
    status=$?
    if [ "$status" = 0 ]; then
        num_built=$((num_built + 1))
        [ "$(strays_of "$1")" = 0 ] || bad "$1" "pages are astray"
    else
        num_refused=$((num_refused + 1))
        diag "$1: $(grep -m 1 -o 'error: .*' "$1.err")"
        no_domain "$1" >/dev/null || bad "$1" "it was refused and is there"
        # A place in its file: the plan's refusal, not the builder's.  What
        # others take in the meantime only the builder can see.
        [ "$at_once_rounds" != 0 ] ||
            grep -q "^$1.cfg:.* error: .*\[no-fit\]" "$1.err" ||
            bad "$1" "it was not refused by its plan"
    fi
}

is_empty()
{
    ls -A "$ledger"
    [ -z "$(ls -A "$ledger")" ]
}

# at_once NAME...
at_once()
{
    num_bad=0 num_built=0 num_refused=0
    for name; do
        begin "$name"
    done
    for name; do
        judge "$name"
    done
    is "$# at once: each guest is whole or refused by its plan" "$num_bad" 0
    and ok "some are built" test "$num_built" -gt 0
    and ok "some are refused" test "$num_refused" -gt 0
    and ok "the ledger is empty" is_empty
    diag "$# at once: $num_built built, $num_refused refused"
    for name; do
        xl destroy "$name" >/dev/null 2>&1
    done
    ok "$# at once: all is as it was" $rig/host-state before 10 16
}

# least NODE...: what the fullest of these has free, in MiB.
least()
{
    node_free | awk -v nodes=" $* " '
        index(nodes, " " $1 " ") && (!n++ || $2 < least) { least = $2 }
        END { print least }'
}

# stock_xl_works, until there is a file "enough": a guest without vNUMA comes
# and goes, and dom0 gets and gives memory.
stock_xl_works()
{
    cat >stock.cfg <<END
name = "stock"
type = "pvh"
kernel = "$rig/tiny"
memory = 64
vcpus = 1
END
    while [ ! -e enough ]; do
        xl create -p -q stock.cfg && xl destroy stock &&
            echo "created and destroyed"
        xl mem-set 0 1300 && sleep 0.3 && xl mem-set 0 1400 &&
            echo "dom0 changed"
    done >stock.out 2>stock.err </dev/null
}

# one_round NUMBER: eight begin, and one of them is killed, later each time.
one_round()
{
    round=$1
    phase "round $round of $at_once_rounds"
    set -- a b c d e f g h
    shift $((round % 8))
    killed=$1
    for name in a b c d e f g h; do
        begin "$name"
    done
    sleep "$((round / 10)).$((round % 10))"
    eval "kill -9 \$pid_$killed" 2>/dev/null
    for name in a b c d e f g h; do
        [ "$name" = "$killed" ] || judge "$name"
    done
    eval "wait \$pid_$killed"
    status=$?
    [ "$status" != 137 ] || num_killed=$((num_killed + 1))
    # xl, which is left alone, ends what it began.
    tries=60
    until is_empty >left || [ "$tries" = 0 ]; do
        tries=$((tries - 1))
        xl-vnuma recover >/dev/null 2>&1
        sleep 0.5
    done
    is_empty >left || bad "$killed" "the ledger has $(cat left)"
    for name in a b c d e f g h; do
        xl destroy "$name" >/dev/null 2>&1
    done
}

# Of all nodes: dom0, which gave memory and got other, is now on others.
pages_free()
{
    $rig/host-state | awk '/^node/ { n += $3 } END { print n }'
}

all_rounds()
{
    num_bad=0 num_built=0 num_refused=0 num_killed=0
    xl mem-set 0 1400
    before=$(pages_free)
    size=$(($(least 0 1 2 3) * 6 / 10))
    for name in a b c d e f g h; do
        guest "$name" "$size" auto auto
    done
    rm -f enough
    stock_xl_works &
    for round in $(seq "$at_once_rounds"); do
        one_round "$round"
    done
    touch enough
    wait
    is "$at_once_rounds rounds: each guest is whole or refused" "$num_bad" 0
    and ok "some are built" test "$num_built" -gt 0
    and ok "some are refused" test "$num_refused" -gt 0
    and ok "some are killed" test "$num_killed" -gt 0
    diag "$num_built built, $num_refused refused, $num_killed killed"
    sort stock.out | uniq -c | sed "s/^/$RIG_PREFIX/"
    sort stock.err | uniq -c | sort -rn | head -n 5 | sed "s/^/$RIG_PREFIX/"
    ok "stock xl could work" test -s stock.out
    sleep 2
    diag "$before pages were free, $(pages_free) are"
    ok "all memory is back" test $((before - $(pages_free))) -lt 64
}

$rig/host-state >before
if [ "$at_once_rounds" != 0 ]; then
    all_rounds
    finally ok "only dom0 is left" only_dom0
    done_testing
fi

phase "two"
size=$(($(least 1 2) * 6 / 10))
guest one "$size" 1 2
guest two "$size" 2 1
at_once one two

# On the four nodes with CPUs, in some of which there is room for two vnodes.
phase "eight"
size=$(($(least 0 1 2 3) * 6 / 10))
for name in a b c d e f g h; do
    guest "$name" "$size" auto auto
done
at_once a b c d e f g h

phase "killed"
guest killed "$size" auto auto
begin killed
sleep 0.5
# shellcheck disable=SC2154 # set by begin
kill -9 "$pid_killed"
wait "$pid_killed"
sleep 5
xl destroy killed >/dev/null 2>&1
wait_gone killed 20
ok "a create that was killed leaves nothing" $rig/host-state before 10 16
run xl-vnuma create -p -q a.cfg
is "the next one is built" "$status" 0
and ok "and the ledger is empty" is_empty

phase "report"
# Free memory may change between the two: then they are taken again.  Where a
# guest lived on this host counts on this host only.
tries=5
while [ "$tries" -gt 0 ]; do
    tries=$((tries - 1))
    xl-vnuma report >report.json
    for host in "" "--host report.json"; do
        # shellcheck disable=SC2086 # one option and its value, or none
        xl-vnuma $host plan --forget --json b.cfg 2>/dev/null |
            sed -n '/"feasible"/p; /"pnode"/p' >"plan$host"
        # shellcheck disable=SC2086 # the same
        xl-vnuma $host topology --json | grep '_memkb"' >"memory$host"
    done
    ! cmp -s "memory" "memory--host report.json" || tries=0
done
is "a report is one line" "$(wc -l <report.json)" 1
ok "a plan is the same on it as on the host" cmp "plan" "plan--host report.json"
xl destroy a
wait_gone a 20
finally ok "only dom0 is left" only_dom0
done_testing
