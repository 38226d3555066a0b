#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Guests with vNUMA are saved, and their files handed to the host: carry.sh takes
# them to another release of Xen, where carry-in.sh restores them.

. /rig/lib.sh
. /rig/scenarios/carry.inc

mkdir -p /saved
mount -t tmpfs -o size=1200m tmpfs /saved

for type in pvh hvm; do
    guest "$type"
    run xl-vnuma create "$type.cfg"
    is "$type: it is created" "$status" 0
    ok "$type: it boots" guest_wait "$type" 240
    ok "$type: it counts" \
        guest_counts_on "$type" "$(sleep 3; guest_boot "$type")" 0 120
    printf '%s %s\n' "$(guest_boot "$type")" "$(guest_ticks "$type")" \
        >"$type.counted"
    vnodes_of "$(domid_of "$type")" | sed '1d; s/^ *//' >"$type.vnodes"
    run xl-vnuma save "$type" "/saved/$type"
    is "$type: it is saved" "$status" 0
    phase "handing $type over"
    gzip -1 <"/saved/$type" >"/saved/$type.gz"
    rm -f "/saved/$type"
    ok "$type: there is something to carry" test -s "/saved/$type.gz"
    emit "/saved/$type.gz"
    emit "$type.counted"
    emit "$type.vnodes"
    rm -f "/saved/$type.gz"
done
umount /saved
done_testing
