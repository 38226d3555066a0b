#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Guests are created, saved, restored, moved and destroyed, again and again;
# memory of each node, descriptors, xenstore and what is kept in files are
# after the last cycle what they were after the first ones.  HVM, which Xen
# suspends by itself where no driver answers; a PVH guest comes and goes.
#
#     XEN_SECONDS=5000 tests/xen/run.sh 2node soak

. /rig/lib.sh

[ "$RIG_TOPOLOGY" = 2node ] || { echo "1..0 # SKIP needs two nodes"; exit 0; }

rig=/usr/libexec/rig
: "${num_cycles=200}"
# As in failures.sh: Xen's own heap takes a page now and then, of stock xl's
# guests too, and a cycle has four.  One that we kept of each would be more.
slack=$((16 + num_cycles / 2))

# step NAME COMMAND...: of this cycle
step()
{
    name_of_step=$1
    shift
    "$@" >step.out 2>step.err </dev/null
    status=$?
    [ "$status" != 0 ] || return 0
    num_bad=$((num_bad + 1))
    diag "cycle $cycle, $guest, $name_of_step: exit $status"
    sed "s/^/$RIG_PREFIX    /" step.out step.err
    return 1
}

is_placed()
{
    strays=$(strays_of "$guest")
    [ "$strays" = 0 ] || {
        echo "$strays pages are astray"
        return 1
    }
}

is_paused()
{
    xl list "$guest" | grep ' --p--- '
}

cycle()
{
    guest=pvh
    step create xl-vnuma create -q -p pvh.cfg && step "its pages" is_placed
    step destroy xl destroy pvh
    guest=hvm
    step create xl-vnuma create -q -p hvm.cfg &&
        step "its pages" is_placed &&
        step save xl-vnuma save "$guest" "$guest.saved" &&
        step restore xl-vnuma restore -p "$guest.saved" &&
        step move xl-vnuma move --yes --pnodes=1,0 "$guest" &&
        step "it stays paused" is_paused &&
        step "its pages" is_placed
    step destroy xl destroy "$guest"
    rm -f "$guest.saved"
    wait_gone "$guest" 20
}

# What is left, but for logs: names of files, of descriptors by process, of
# xenstore's entries.
kept()
{
    find /run/xl-vnuma /var/lib/xl-vnuma /var/lib/xen /tmp /dev/shm |
        sort
    for dir in /proc/[0-9]*; do
        name=$(cat "$dir/comm" 2>/dev/null)
        case $name in
        xenstored | xenconsoled | xl | qemu* | xl-vnuma | libxl*)
            echo "$name: $(find "$dir/fd" -type l | wc -l) descriptors"
            ;;
        esac
    done
    xenstore-ls -f | sed 's/ = .*//' | sort
}

# In KiB, of xenstored, which is asked the most.
resident()
{
    awk '/^VmRSS/ { print $2 }' "/proc/$(pidof xenstored oxenstored |
        cut -d ' ' -f 1)/status"
}

# The rig's dom0 has no target of its own.
xl mem-set 0 1400
small_guest pvh
small_guest hvm
num_bad=0 cycle=0
while [ "$cycle" -lt "$num_cycles" ]; do
    cycle=$((cycle + 1))
    phase "cycle $cycle of $num_cycles"
    cycle
    $rig/host-state >last
    case $cycle in
    4)
        cp last first
        kept >kept.first
        rss=$(resident)
        ;;
    *0) diag "after $cycle: pages free of nodes:$(awk '
            /^node/ { printf " %s", $3 }' last); xenstored: $(resident) KiB" ;;
    esac
done
is "$num_cycles cycles: none failed" "$num_bad" 0
ok "memory, claims, domains and affinity are what they were" \
    $rig/host-state first 5 "$slack"
diag "$(awk 'FNR == NR && /^node/ { n += $3 } FNR != NR && /^node/ { n -= $3 }
    END { print n }' first last) pages less are free than after the 4th"
kept >kept.last
ok "files, descriptors and xenstore are what they were" \
    diff kept.first kept.last
diag "xenstored: $rss KiB after the 4th, $(resident) after the last"
finally ok "only dom0 is left" only_dom0
done_testing
