#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Each hypercall that libvirtd makes in a start fails once, all of them in one
# daemon, which goes on; afterwards the host is as it was, or the guest is as
# planned.  Here a sample; libvirt-failures-all.sh does every call.
#
# packages: libvirt-daemon libvirt-daemon-driver-xen libvirt-clients libvirt0
# files: usr/sbin/libvirtd usr/bin/virsh usr/share/libvirt/cpu_map
# files: usr/lib/x86_64-linux-gnu/libvirt/connection-driver/*_libxl.so

# shellcheck source=tests/xen/scenarios/libvirt-lib.sh
. /rig/scenarios/libvirt-lib.sh

case $RIG_TOPOLOGY in
2node) ;;
*) echo "1..0 # SKIP needs two nodes"; exit 0 ;;
esac

rig=/usr/libexec/rig
# As in failures.sh: Xen's own heap takes a page now and then.
slack=8
: "${RIG_STEP=5}"

# try_start POINT NAME
try_start()
{
    : >calls # the daemon has it open
    echo "$1" >point
    v start --paused "$2" >start.out 2>&1
}

name_of()
{
    awk -v k="${1%%:*}" '$2 == k { print $3; exit }' calls.whole
}

bad()
{
    num_bad=$((num_bad + 1))
    diag "$2 $1 ($(name_of "$1")): $3"
    sed "s/^/$RIG_PREFIX    /" start.out
}

# point POINT NAME
point()
{
    num_points=$((num_points + 1))
    if try_start "$1" "$2"; then
        num_survived=$((num_survived + 1))
        # Its destruction is not what is to fail.
        echo 99999:EPERM >point
        strays "$2" 0 >/dev/null || [ "$2" = alone ] ||
            bad "$1" "$2" "the guest is not as planned"
        ends "$2"
    fi
    kill -0 "$daemon" || bad "$1" "$2" "the daemon has ended"
    $rig/host-state before 5 "$slack" >after || {
        bad "$1" "$2" "the host is not as it was"
        diff before after | sed "s/^/$RIG_PREFIX    /"
        xl destroy "$2" 2>/dev/null
        $rig/host-state before 5 "$slack" >after
    }
    mv after before
}

# each_call NAME STEP [WHOSE]: of a start of that guest.
each_call()
{
    ok "${3-}$1: it starts when nothing fails" try_start 99999:EPERM "$1"
    rm -f point
    cp calls calls.whole
    cp calls "calls.$1"
    ends "$1"
    last=$(awk '{ n = $2 } END { print n }' calls.whole)
    $rig/host-state >before
    num_points=0 num_bad=0 num_survived=0 call=${RIG_FROM-1}
    set -- "$1" "$2" ENOMEM EBUSY EINVAL EPERM ESRCH
    while [ "$call" -le "$last" ]; do
        point "$call:$3" "$1"
        name=$1 step=$2 error=$3
        shift 3
        set -- "$name" "$step" "$@" "$error"
        call=$((call + step))
    done
    diag "$1: $num_points points of $last calls, $num_survived survived," \
        "$num_bad bad"
}

hooked=$rig/hypercalls.so
watched()
{
    "$@" RIG_PROGRAM=libvirtd RIG_CALLS=/root/calls RIG_POINT=/root/point
}

# The rig's dom0 has no target of its own.
xl mem-set 0 1400
vnuma-libvirt enable
object=$(sed -n 's/^Environment=LD_PRELOAD=//p' "$drop_in")
ok "libvirtd starts" watched daemon_starts_with_us LD_PRELOAD="$object:$hooked"
define tiny g 64 "$(cells 64)"
each_call g "$RIG_STEP"
ok "$num_points points: the daemon lives, and nothing is left behind" \
    test "$num_points" -gt 0 -a "$num_bad" = 0
ok "it is the same daemon" daemon_lives
starts g --paused
is "it still starts guests" "$status" 0
ok "every page is where it was promised" strays g 0
ends g
daemon_ends
vnuma-libvirt disable

ok "stock libvirtd starts" watched daemon_starts LD_PRELOAD="$hooked"
define tiny alone 64
each_call alone "$RIG_STEP" "stock libvirt: "
daemon_ends
diag "stock libvirt: $num_bad of $num_points points leave something behind"
sed -n 's/^xl-vnuma: /# &/p' libvirtd.log | sort | uniq -c
emit libvirtd.log
emit /var/log/libvirt/libxl/libxl-driver.log
emit calls.g
emit calls.alone
finally ok "only dom0 is left" only_dom0
done_testing
