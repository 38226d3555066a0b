#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The main job: a guest whose vnodes are named in its file is created by
# xl-vnuma, sees its nodes, has every page where the file says, behaves like
# any other guest, and comes back from a reboot in the same places; stock xl
# builds the same guest in the same boot, to measure the difference.

. /rig/lib.sh

# What each topology's guest looks like: vnode 1's pnode, its vcpus, distance.
case $RIG_TOPOLOGY in
2node) pnode1=1 vcpus0=0-1 vcpus1=2-3 distance=21 ;;
8node) pnode1=4 vcpus0=0-3 vcpus1='' distance=31 ;;
*) echo "1..0 # SKIP no guest for topology $RIG_TOPOLOGY"; exit 0 ;;
esac
pcpus0=0-1

guest()
{
    guest_config "$1" "$2" <<EOF
memory = 512
vcpus = 4
vnuma = [ [ "pnode=0", "size=257", "vcpus=$vcpus0", "vdistances=10,$distance" ],
          [ "pnode=$pnode1", "size=255"${vcpus1:+, "\"vcpus=$vcpus1\""}, "vdistances=$distance,10" ] ]
EOF
}

elsewhere()
{
    awk -v a=0 -v b="$pnode1" '$1 != a && $1 != b { n += $2 }
        END { print n + 0 }' pages
}

check_view()
{
    is "$1: the guest has two nodes online" "$(guest_saw "$2" online)" 0-1
    is "$1: vnode 0 has its vcpus" "$(guest_saw "$2" node0/cpulist)" "$vcpus0"
    and is "$1: vnode 1 has its vcpus" "$(guest_saw "$2" node1/cpulist)" "$vcpus1"
    is "$1: vnode 0 has its distances" \
        "$(guest_saw "$2" node0/distance)" "10 $distance"
    is "$1: vnode 1 has its distances" \
        "$(guest_saw "$2" node1/distance)" "$distance 10"
    like "$1: the guest's kernel read the SRAT" "$(guest_saw "$2" dmesg)" \
        'SRAT: Node 1 PXM 1'
    like "$1: the guest's kernel took the SLIT" "$(guest_saw "$2" dmesg)" \
        'Initialized distance table, cnt=2'
}

# Every page of RAM: 257 and 255 MiB, so that an HVM guest's ranges are gathered
# (vnode 1 has the second MiB); vnode 0 less the VGA hole of an HVM guest.
check_pages()
{
    pages_of "$(domid_of "$2")" >pages
    sed 's/^/# node and pages: /' pages
    # A guest that runs may balloon in a page or two of its own.
    ok "$1: the 65280 pages of vnode 1 are on pnode $pnode1" \
        test "$(pages_on "$pnode1")" -ge 65280
    ok "$1: the $3 pages of vnode 0 are on pnode 0" \
        test "$(pages_on 0)" -ge "$3"
    and is "$1: no page is on a node that nobody asked for" "$(elsewhere)" 0
}

# take_tables NAME SUFFIX: the guest's own SRAT and SLIT, as files.
take_tables()
{
    for table in SRAT SLIT; do
        guest_saw "$1" $table | base64 -d >"$table$2"
    done
}

soft_affinity()
{
    xl vcpu-list "$1" | awk -v vcpu="$2" 'NR > 1 && $3 == vcpu { print $NF }'
}

node_free >free.before

# ---- what is said before anything is built ----

run xl-vnuma topology
is "topology succeeds" "$status" 0
xl info -n >xl-info
# Free memory may change between the two.
ok "topology prints what xl info -n prints" sh -c '
    strip() { sed -e "s/^\(free_memory *: \).*/\1/" \
        -e "s/^\( *[0-9]*: *[0-9]* *\)[0-9]*\( .*\)/\1\2/" "$1"; }
    xl-vnuma topology >topology
    strip topology >a; strip xl-info >b; diff b a'

guest hvm ours
run xl-vnuma check ours.cfg
is "check finds the guest's file clean" "$status" 0
run xl-vnuma plan ours.cfg
is "plan finds a place" "$status" 0

# ---- HVM ----

about HVM
start=$(now_)
run xl-vnuma create --verify=hypervisor ours.cfg
is "create succeeds" "$status" 0
like "create counts the pages with the hypervisor" "$out" \
    '131040 of 131040 pages on their nodes'
check_pages create ours 65760
ours_elsewhere=$(elsewhere)
ok "the HVM guest boots" guest_wait ours 240
diag "ready $(($(now_) - start)) seconds after create began"
check_view HVM ours

like "xl list shows it like any guest" "$(xl list)" '^ours +[0-9]+ +51[12] +4 '
is "vcpu 0 prefers the pcpus of pnode 0" "$(soft_affinity ours 0)" "$pcpus0"
if [ "$vcpus1" ]; then
    is "vcpu 2 prefers the pcpus of pnode 1" "$(soft_affinity ours 2)" 2-3
fi
like "the domain's node affinity is what it uses" \
    "$(xl list -n ours | tail -n 1)" " (all|0,$pnode1)\$"

domid=$(domid_of ours)
run xl reboot ours
ok "it boots a second time" guest_wait ours 240
unlike "as another domain" "$(domid_of ours)" "^$domid\$"
check_pages reboot ours 65760
check_view reboot ours

run xl shutdown ours
and ok "it goes away when asked to" wait_gone ours 60

# ---- PVH ----

about PVH
guest pvh ours-pvh
start=$(now_)
run xl-vnuma create --verify=hypervisor -q ours-pvh.cfg
is "create of a PVH guest succeeds" "$status" 0
check_pages PVH ours-pvh 65792
ok "the PVH guest boots" guest_wait ours-pvh 240
diag "ready $(($(now_) - start)) seconds after create began"
check_view PVH ours-pvh
take_tables ours-pvh .first
emit SRAT.first srat.dat
emit SLIT.first slit.dat
run xl reboot ours-pvh
ok "the PVH guest boots a second time" guest_wait ours-pvh 240
check_pages "PVH reboot" ours-pvh 65792
check_view "PVH reboot" ours-pvh
take_tables ours-pvh .second
and ok "PVH reboot: its SRAT is the same" cmp SRAT.first SRAT.second
and ok "PVH reboot: its SLIT is the same" cmp SLIT.first SLIT.second
run xl destroy ours-pvh
wait_gone ours-pvh 20

# ---- what the file leaves out ----

about
guest_config hvm auto <<'EOF'
memory = 400
vcpus = 2
vnuma = [ [ "pnode=auto", "vcpus=0-1" ], [ "size=200" ] ]
EOF
run xl-vnuma create -p --verify=hypervisor auto.cfg
is "create fills in what the file leaves out" "$status" 0
like "and every page is where it was planned" "$out" \
    '102368 of 102368 pages on their nodes'
like "the hypervisor knows two vnodes" "$(vnodes_of "$(domid_of auto)")" \
    '2 vnodes, 2 vcpus'
xl destroy auto
wait_gone auto 20

guest_config pvh whole <<'EOF'
memory = 400
vcpus = 2
vnuma = "auto"
EOF
run xl-vnuma create -p --verify=hypervisor whole.cfg
is "create makes vnodes for vnuma=auto" "$status" 0
like "and every page is where it was planned" "$out" \
    '102400 of 102400 pages on their nodes'
xl destroy whole
wait_gone whole 20

# ---- a build that takes its time ----

rig=/usr/libexec/rig
guest pvh slow
RIG_FAIL=1+:slow counted calls "$rig/on-tty" xl-vnuma create -p slow.cfg
is "a build is watched on a terminal" "$status" 0
like "a line says how far it is" "$(printf '%s\n' "$out" | tr '\r' '\n')" \
    '^populating pnode [0-9]+: [0-9.]+ of 0\.5 GiB, [0-9.]+ GiB/s, [0-9]+ s left'
xl destroy slow
wait_gone slow 20
RIG_FAIL=1+:slow counted calls xl-vnuma create -p slow.cfg
is "and not on one" "$status" 0
and unlike "there is no such line" "$err" 'populating'
xl destroy slow
wait_gone slow 20

# ---- the same with stock xl ----

guest hvm stock
run xl create -p stock.cfg
is "stock xl creates the HVM guest" "$status" 0
pages_of "$(domid_of stock)" >pages
sed 's/^/# node and pages: /' pages
stock_elsewhere=$(elsewhere)
diag "measured: pages on nodes that nobody asked for: xl-vnuma" \
    "$ours_elsewhere, stock xl $stock_elsewhere"
stock_xl HVM "builds, $stock_elsewhere pages on other nodes" "fails to build"
run xl destroy stock
wait_gone stock 20

guest pvh stock-pvh
run xl create stock-pvh.cfg
says "stock xl cannot build a PVH guest: libxl asks for vNUMA it has not set" \
    3 'xc_domain_getvnuma failed'
stock_xl PVH "builds" "fails to build"

# ---- and nothing is left ----

finally ok "only dom0 is left" only_dom0
finally ok "its memory is free again" memory_is_back free.before

done_testing
