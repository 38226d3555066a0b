#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Each hypercall of a build fails, or a signal comes before it; afterwards the
# host is as it was, or the guest is there as planned.  A point is the number
# of a call and what happens at it ("31:ENOMEM"; "31+:EPERM" from there on;
# hypercalls.c).  Here a sample; failures-pvh.sh and failures-hvm.sh do every
# call, failures-stock.sh does some with stock xl.

. /rig/lib.sh

rig=/usr/libexec/rig
errors="ENOMEM EBUSY+ EINVAL EPERM+ ESRCH ENOMEM+ EBUSY EINVAL+ EPERM ESRCH+"
signals="after-SIGKILL SIGTERM SIGINT SIGKILL after-SIGTERM parent-SIGTERM
    parent-SIGINT"
: "${failures_of=sample}"
# Xen's own heap gives pages back only when nothing at all is left in them, and
# creating and destroying guests now and then costs it one (the control below
# measures it on guests that do not fail).
slack=8

# create COMMAND GUEST [POINT]: what it printed is in create.out, create.err.
create()
{
    rm -f calls
    env LD_PRELOAD=$rig/hypercalls.so RIG_CALLS=calls ${3:+RIG_FAIL="$3"} \
        "$1" create -p -q "$2.cfg" >create.out 2>create.err </dev/null
    status=$?
}

# All of its RAM is where the file says: 32 MiB each, less the VGA hole.
is_whole()
{
    case $1 in
    pvh) ram0=8192 ;;
    hvm) ram0=$((8192 - 32)) ;;
    esac
    pages_of "$(domid_of "$1")" >pages
    awk -v ram0="$ram0" '$1 == 0 && $2 >= ram0 || $1 == 1 && $2 == 8192 { good++ }
        END { exit good != 2 }' pages
}

# The last call of the build is the last that the read-back makes.
find_calls()
{
    create xl-vnuma "$1"
    is "$1: it builds when nothing fails" "$status" 0
    cp calls "calls.$1"
    xl destroy "$1"
    last=$(awk '$3 == "domctl.getvcpuaffinity" { n = $2 } END { print n }' \
        "calls.$1")
    and is "$1: hypercalls.so knows every call's name" "$(awk '
        $3 ~ /^(domctl|sysctl|memory|hvm)\.[0-9]/ { print $3 }' calls |
        sort -u)" ""
    diag "$1: $last hypercalls from its creation to the end of the read-back"
    $rig/host-state >before
}

name_of()
{
    awk -v k="${1%%[+:]*}" '$2 == k { print $3; exit }' "calls.$guest"
}

bad()
{
    num_bad=$((num_bad + 1))
    diag "$guest $1 ($(name_of "$1")), exit $status: $2"
    sed "s/^/$RIG_PREFIX    /" create.err
}

# After a failure nothing may be left; without one the guest must be whole.
judge()
{
    if [ "$status" = 0 ]; then
        num_survived=$((num_survived + 1))
        survived="$survived $1($(name_of "$1"))"
        is_whole "$guest" || bad "$1" "the guest is not as planned"
        xl destroy "$guest" || bad "$1" "the guest cannot be destroyed"
    elif [ "$failures_of" != killed ] &&
        ! grep -Eq 'error|failed|ended by signal' create.err; then
        bad "$1" "no word of what failed"
    fi
    if ! $rig/host-state before 5 "$slack" >after; then
        bad "$1" "the host is not as it was"
        diff before after | sed "s/^/$RIG_PREFIX    /"
        # So that what follows does not suffer from it.
        xl destroy "$guest" 2>/dev/null
    fi
    mv after before
}

point()
{
    create xl-vnuma "$guest" "$1"
    num_points=$((num_points + 1))
    judge "$1"
}

# "9" and "EPERM+" are the point "9+:EPERM".
point_of()
{
    case $2 in
    *+) echo "$1+:${2%+}" ;;
    *) echo "$1:$2" ;;
    esac
}

# each_call STEP NUMBER ACTION...: at every STEP-th call as many actions, in
# turn.
each_call()
{
    step=$1 number=$2 call=1
    shift 2
    while [ "$call" -le "$last" ]; do
        i=0
        while [ "$i" -lt "$number" ]; do
            point "$(point_of "$call" "$1")"
            set -- "$@" "$1"
            shift
            i=$((i + 1))
        done
        call=$((call + step))
    done
}

# each_short STEP: every STEP-th populate call gets one extent less than it
# asked for.
each_short()
{
    # shellcheck disable=SC2013 # numbers
    for call in $(awk -v last="$last" -v step="$1" '
            $3 == "memory.populate_physmap" && $2 <= last && n++ % step == 0 {
                print $2 }' "calls.$guest"); do
        point "$call:short"
        [ "$1" != 1 ] || point "$call+:short"
    done
}

# Nothing fails, with stock xl: what Xen's heap takes by itself.
control()
{
    while [ "$num_points" -lt "$1" ]; do
        num_points=$((num_points + 1))
        create xl hvm
        xl destroy hvm
        $rig/host-state before 5 "$slack" >after || bad 0 "not even this"
    done
}

# Some of the same points with stock xl: how often it leaves a domain behind.
compare()
{
    call=1 num_left=0
    while [ "$call" -le "$last" ]; do
        for action in EINVAL EPERM+ SIGTERM SIGKILL; do
            create xl hvm "$(point_of "$call" "$action")"
            num_points=$((num_points + 1))
            [ "$status" != 0 ] && ! $rig/host-state before 2 "$slack" >after &&
                num_left=$((num_left + 1))
            xl list | awk 'NR > 1 && $1 != "Domain-0" && $1 != "witness" {
                print $(NF - 4) }' | xargs -r -n 1 xl destroy 2>/dev/null
        done
        call=$((call + $1))
    done
    diag "stock xl: something is left behind at $num_left of $num_points points"
}

class()
{
    phase "$guest: $1"
    start=$(now_)
    num_points=0 num_bad=0 survived='' num_survived=0
    cp before first
    shift
    "$@"
}

# end_class NAME: its assertion, and its figures.
end_class()
{
    ok "$guest: $1: $num_points points, nothing left behind" \
        test "$num_points" -gt 0 -a "$num_bad" = 0
    diag "$num_points points in $(($(now_) - start)) s; in $num_survived the" \
        "guest was built all the same, whole:$survived"
    diag "Xen's heap grew by $(awk '
        FNR == NR && /^node/ { n += $3 } FNR != NR && /^node/ { n -= $3 }
        END { print n }' first before) pages"
}

# The rig's dom0 has no target of its own; one more guest must not suffer.
xl mem-set 0 1400
cat >witness.cfg <<EOF
name = "witness"
type = "pvh"
kernel = "$rig/tiny"
memory = 32
vcpus = 2
cpus = [ "1", "2" ]
cpus_soft = [ "1", "3" ]
EOF
ok "stock xl creates another guest, with affinity of its own" xl create -p -q witness.cfg

case $failures_of in
sample) guests="pvh hvm" ;;
stock | killed) guests= ;;
*) guests=$failures_of ;;
esac
for guest in $guests; do
    small_guest "$guest"
    find_calls "$guest"
    case $failures_of:$guest in
    sample:pvh) errors_at="11 1" short_at=4 signals_at="37 1" ;;
    sample:hvm) errors_at="32 1" short_at=9 signals_at="47 1" ;;
    pvh:*) errors_at="1 2" short_at=1 signals_at="1 1" ;;
    hvm:*) errors_at="1 1" short_at=1 signals_at="2 1" ;;
    esac
    # shellcheck disable=SC2086 # lists of words
    {
        class "errors" each_call $errors_at $errors
        end_class "errors"
        class "short counts" each_short $short_at
        end_class "short counts"
        class "signals" each_call $signals_at $signals
        end_class "signals"
    }
done
# What killed.sh does with them.
[ "$failures_of" != killed ] || killed
if [ "$failures_of" = stock ]; then
    guest=hvm
    small_guest hvm
    find_calls hvm
    class "control" control 10
    end_class "control: stock xl, nothing fails"
    class "stock xl" compare 25
fi

xl destroy witness
wait_gone witness 10
finally ok "only dom0 is left" only_dom0
done_testing
