#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What carry-out.sh saved on another release of Xen is restored on this one: on
# its pnodes, described as before, counting on; and a reboot keeps it so.

. /rig/lib.sh
. /rig/scenarios/carry.inc

mkdir -p /saved
mount -t tmpfs -o size=1200m tmpfs /saved
node_free >free.before

for type in pvh hvm; do
    guest "$type" # for what guest_wait and the like know of it
    read -r boot ticks <"/rig/carry/$type.counted"
    gunzip -c "/rig/carry/$type.gz" >"/saved/$type"
    run xl-vnuma restore --verify=hypervisor "/saved/$type"
    is "$type: it is restored" "$status" 0
    like "$type: and counted by the hypervisor" "$out" \
        '([0-9]+) of \1 pages on their nodes'
    and is "$type: no page is astray" "$(strays_of "$type")" 0
    pages_of "$(domid_of "$type")" >pages
    ok "$type: vnode 0 is on pnode 1" \
        test "$(pages_on 1)" -ge $(((size - 33) * 256))
    ok "$type: vnode 1 is on pnode 0" test "$(pages_on 0)" -ge $((size * 256))
    vnodes_of "$(domid_of "$type")" | sed '1d; s/^ *//' >vnodes
    ok "$type: Xen holds the same description" \
        diff "/rig/carry/$type.vnodes" vnodes
    ok "$type: it counts on where it was" \
        guest_counts_on "$type" "$boot" "$ticks" 120
    run xl reboot "$type"
    ok "$type: it boots again" guest_wait "$type" 240
    ok "$type: on two nodes" test "$(guest_saw "$type" online)" = 0-1
    and is "$type: no page is astray after it" "$(strays_of "$type")" 0
    run xl destroy "$type"
    rm -f "/saved/$type"
done
finally ok "nothing is left" only_dom0
umount /saved
ok "memory is as before" memory_is_back free.before
done_testing
