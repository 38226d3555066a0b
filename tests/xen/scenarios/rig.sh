#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Tests the rig itself, with Debian's xl and nothing of ours: the machine is
# the one that the topology file describes, and a guest with two vnodes boots,
# is seen and counted, reboots and goes away.

. /rig/lib.sh

topology=/rig/topologies/$RIG_TOPOLOGY

xl info -n >host
emit host "xl-info-n-$RIG_TOPOLOGY.txt"

# "0-3" and "" as xl prints CPUs, one a line.
expand()
{
    [ -z "$1" ] || seq -s ' ' "${1%-*}" "${1#*-}"
}

nodes=0
while read -r word node memory cpus distances; do
    [ "$word" = node ] || continue
    nodes=$((nodes + 1))
    is "node $node has the CPUs of the topology" \
        "$(awk -v node="$node" '/^cpu_topology/ { inside = 1 }
            /^device/ { inside = 0 }
            inside && $1 ~ /^[0-9]+:$/ && $4 == node { sub(":", "", $1); print $1 }' host |
            paste -sd ' ' -)" "$(expand "${cpus#cpus=}")"
    set -- "$(awk -v node="$node:" '/^numa_info/ { inside = 1 }
            inside && $1 == node { print $2, $3, $4 }' host)"
    is "node $node has the distances of the topology" \
        "${1##* }" "${distances#distances=}"
    free=${1#* }
    ok "node $node has no more free memory than memory" \
        test "${free% *}" -le "${memory#memory=}"
done <"$topology"
is "the host has the nodes of the topology" \
    "$(sed -n 's/^nr_nodes *: //p' host)" "$nodes"

node_free >free.before

guest_config hvm stock <<'EOF'
memory = 512
vcpus = 4
vnuma = [ [ "pnode=0", "size=256", "vcpus=0-1", "vdistances=10,20" ],
          [ "pnode=1", "size=256", "vcpus=2-3", "vdistances=20,10" ] ]
EOF
start=$(now_)
run xl create stock.cfg
is "xl create succeeds" "$status" 0
domid=$(domid_of stock)

ok "the HVM guest boots" guest_wait stock 240
diag "ready $(($(now_) - start)) seconds after xl create began"
is "the guest has two nodes online" "$(guest_saw stock online)" 0-1
is "vnode 0 has its vCPUs" "$(guest_saw stock node0/cpulist)" 0-1
is "vnode 1 has its vCPUs" "$(guest_saw stock node1/cpulist)" 2-3
is "vnode 0 has its distances" "$(guest_saw stock node0/distance)" "10 20"
is "vnode 1 has its distances" "$(guest_saw stock node1/distance)" "20 10"
like "the guest's kernel read the SRAT" "$(guest_saw stock dmesg)" \
    '^ACPI: SRAT: Node 1 PXM 1 \[mem 0x10000000-'
like "the guest's kernel took the SLIT" "$(guest_saw stock dmesg)" \
    'Initialized distance table, cnt=2'

pages_of "$domid" >pages
sed 's/^/# node and pages: /' pages
vnodes_of "$domid" | sed 's/^/# /'
total=$(awk '{ n += $2 } END { print n + 0 }' pages)
# 512 MiB, less video RAM that is not there, plus special pages.
ok "all of the guest's pages are counted ($total)" \
    test "$total" -ge 130800 -a "$total" -le 131300
like "most of vnode 0 is on pnode 0" "$(cat pages)" '^0 6[56]'
like "most of vnode 1 is on pnode 1" "$(cat pages)" '^1 6[56]'
like "the hypervisor knows two vnodes" "$(vnodes_of "$domid")" '2 vnodes, 4 vcpus'

run xl reboot stock
ok "the guest boots a second time" guest_wait stock 240
is "and has two nodes again" "$(guest_saw stock online)" 0-1
unlike "as another domain" "$(domid_of stock)" "^$domid\$"

run xl shutdown stock
ok "the guest goes away when asked to" wait_gone stock 90

guest_config pvh stock-pvh <<'EOF'
memory = 256
vcpus = 2
EOF
start=$(now_)
ok "a PVH guest without vnuma= is created" xl create stock-pvh.cfg
ok "the PVH guest boots" guest_wait stock-pvh 240
diag "ready $(($(now_) - start)) seconds after xl create began"
is "the PVH guest has one node" "$(guest_saw stock-pvh online)" 0
ok "the PVH guest is destroyed" xl destroy stock-pvh

finally ok "only dom0 is left" only_dom0
# shellcheck disable=SC2016 # awk's own
finally ok "its memory is free again" memory_is_back free.before

done_testing
