#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A guest is told how fast its memory is by an HMAT, HVM and PVH, with a vnode
# on each pnode of the machine; here it is its host's.  It has the same one
# after a reboot, a save and a restore, there or elsewhere.  hmat-hvm.sh and
# hmat-pvh.sh are halves of it.

. /rig/lib.sh

# For each vnode its pnode and vcpus, and what Linux is to show of its memory:
# latency, bandwidth, and the vnode whose vcpus reach it best.  Linux numbers
# its nodes otherwise when a vnode without vcpus comes first.
case $RIG_TOPOLOGY in
2node-hmat)
    vnodes='0:0-1:80:20480:0 1:2-3:80:20480:1'
    size=96 cache=1073741824 cached=0 pairs=4
    elsewhere=1,0 differs='other caches' ;;
8node-hmat)
    vnodes='4::110:81920:1 0:0:80:20480:1 5::110:81920:3 1:1:80:20480:3
        6::110:81920:5 2:2:80:20480:5 7::110:81920:7 3:3:80:20480:7'
    size=40 cache=536870912 cached=1 pairs=32
    elsewhere=5,0,4,1,6,2,7,3
    differs='110 ns, 81920 MB/s from vnode 1 to vnode 0, .* 170 ns, 10240 ' ;;
*) echo "1..0 # SKIP no HMAT in topology $RIG_TOPOLOGY"; exit 0 ;;
esac

mkdir -p /saved
mount -t tmpfs -o size=1200m tmpfs /saved

# fields VNODE: of one of these.
fields()
{
    IFS=: read -r pnode vcpus latency bandwidth best <<EOF
$1
EOF
}

vnuma='' num=0
for vnode in $vnodes; do
    fields "$vnode"
    vnuma="$vnuma [ \"pnode=$pnode\", \"size=$size\""
    vnuma="$vnuma${vcpus:+, \"vcpus=$vcpus\"} ],"
    num=$((num + 1))
done

guest()
{
    guest_config "$1" "$2" <<EOC
memory = $((num * size))
vcpus = 4
extra = "$rig_extra_ rig.tick"
vnuma = [ $vnuma ]
xl_vnuma_hmat = "host"
EOC
}

# saw KEY: of the report that is looked at.
saw()
{
    sed -n "s,^$1: ,,p" report
}

# node_of VNODE: Linux's number of it.
node_of()
{
    sed -n "s/^dmesg: ACPI: SRAT: Node \([0-9]*\) PXM $1 \[.*/\1/p" report |
        head -n 1
}

# check_hosts WHAT NAME: what Linux shows is the host's.
check_hosts()
{
    guest_report "$2" >report
    v=0
    for vnode in $vnodes; do
        fields "$vnode"
        node=node$(node_of "$v")
        is "$1: vnode $v's latency is pnode $pnode's" \
            "$(saw "$node/access0/initiators/read_latency")" "$latency"
        is "$1: and its bandwidth" \
            "$(saw "$node/access0/initiators/read_bandwidth")" "$bandwidth"
        is "$1: it is best reached from vnode $best" \
            "$(saw "$node/access0")" "node$(node_of "$best")"
        is "$1: also of all CPUs" \
            "$(saw "$node/access1/initiators/read_latency")" "$latency"
        v=$((v + 1))
    done
    is "$1: vnode $cached has its cache, and no other has one" \
        "$(grep memory_side_cache report)" \
        "node$(node_of "$cached")/memory_side_cache/index1/size: $cache"
}

# check_pages WHAT NAME: each vnode's are where they should be, but for the few
# that an HVM guest asks for when it boots, which go anywhere.
check_pages()
{
    pages_of "$(domid_of "$2")" >pages
    sed 's/^/# node and pages: /' pages
    for vnode in $vnodes; do
        fields "$vnode"
        ok "$1: pnode $pnode has its part" \
            test "$(pages_on "$pnode")" -ge $((size * 256 - 64))
    done
    ok "$1: show knows where all is" test "$(strays_of "$2")" -le "$few"
}

# What is kept with the domain.
kept()
{
    cat "/var/lib/xen/userdata-d.$(domid_of "$1")."*.xl-vnuma-tables
}

# has_same WHAT NAME: the report's table is that of the first boot, and kept.
has_same()
{
    saw HMAT >HMAT.now
    and ok "$1: its HMAT is the same" cmp HMAT.first HMAT.now
    and is "$1: it is kept" "$(kept "$2" | sed 's/^host://')" \
        "$(cat HMAT.first)"
}

counting()
{
    boot=$(guest_boot "$1") ticks=$(guest_ticks "$1")
}

node_free >free.before

# ---- the host ----

run xl-vnuma topology --json
is "topology --json succeeds" "$status" 0
and like "it has the host's HMAT" "$out" '"hmat": \{'
and is "for each pair of CPUs and memory" \
    "$(printf '%s\n' "$out" | grep -c '"bandwidth_mb": [1-9]')" "$pairs"
run xl-vnuma topology --draw
like "it is drawn" "$out" 'node 0: 80 ns, 20480 MB/s.* side cache of'

# ---- there and back ----

# round TYPE NAME SECONDS
round()
{
    few=32
    [ "$1" = hvm ] || few=0
    guest "$1" "$2"
    run xl-vnuma plan --hmat "$2.cfg"
    is "$1: plan --hmat prints it" "$status" 0
    run xl-vnuma create "$2.cfg"
    is "$1: it is created" "$status" 0
    ok "$1: it boots" guest_wait "$2" "$3"
    check_hosts "$1" "$2"
    saw HMAT >HMAT.first
    has_same "$1" "$2"
    for table in HMAT SRAT SLIT; do
        saw $table | base64 -d >table.dat
        emit table.dat "hmat-$1-$table.dat"
    done
    check_pages "$1" "$2"

    run xl reboot "$2"
    ok "$1: it boots again" guest_wait "$2" "$3"
    check_hosts "$1 reboot" "$2"
    has_same "$1 reboot" "$2"

    counting "$2"
    run xl-vnuma save "$2" /saved/"$2"
    is "$1: it is saved" "$status" 0
    and ok "$1: nothing is left of its tables" sh -c \
        '! ls /var/lib/xen/userdata-d.*.xl-vnuma-tables'
    run xl-vnuma restore -p /saved/"$2"
    is "$1: it is restored" "$status" 0
    and unlike "$1: nothing differs here" "$err" hmat-differs
    xl destroy "$2"
    wait_gone "$2" 60
    run xl-vnuma restore --pnodes="$elsewhere" /saved/"$2"
    is "$1: it is restored on other pnodes" "$status" 0
    and like "$1: what differs there is said" "$err" \
        "warning: .* says $differs.*hmat-differs"
    ok "$1: it counts on there" guest_counts_on "$2" "$boot" "$ticks" 120
    run xl reboot "$2"
    ok "$1: it boots after that" guest_wait "$2" "$3"
    check_hosts "$1 elsewhere" "$2"
    has_same "$1 elsewhere" "$2"
    run xl destroy "$2"
    and ok "$1: it is gone" wait_gone "$2" 60
    and ok "$1: and its tables with it" sh -c \
        '! ls /var/lib/xen/userdata-d.*.xl-vnuma-tables'
    rm -f /saved/"$2"
}

if [ "${hmat_of:-hvm}" = hvm ]; then
    about HVM
    round hvm h 300
fi
if [ "${hmat_of:-pvh}" = pvh ]; then
    about PVH
    round pvh p 300
fi

about
finally ok "dom0 is alone" only_dom0
finally ok "memory is back" memory_is_back free.before
umount /saved
done_testing
