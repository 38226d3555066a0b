#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A guest with policies for its memory: it is spread over two pnodes after a
# save and a restore, a move and a reboot as it was after create, what flowed
# over flows over again, and show finds every page where it was promised.

. /rig/lib.sh

case $RIG_TOPOLOGY in
2node) ;;
*) echo "1..0 # SKIP needs two nodes"; exit 0 ;;
esac

mkdir -p /saved
mount -t tmpfs -o size=600m tmpfs /saved

# Pages on pnode 0 and on pnode 1.
split()
{
    pages_of "$(domid_of "$1")" |
        awk '{ n[$1] = $2 } END { print n[0] + 0, n[1] + 0 }'
}

# is_spread WHAT: pnode 0 has half of vnode 0, pnode 1 the other and vnode 1.
is_spread()
{
    split=$(split t)
    diag "$1: pages on pnodes 0 and 1: $split"
    ok "$1: half of vnode 0 is on pnode 0" test "${split% *}" -ge 20480
    ok "$1: and no more of it" test "${split% *}" -le 20800
    ok "$1: the other half is beside vnode 1" \
        test "${split#* }" -ge $((20480 + 40960))
    run xl-vnuma show --verify=hypervisor t
    is "$1: show answers" "$status" 0
    like "$1: it shows the policy and its parts" "$out" \
        'interleave: 20480 pages on pnode 0, 20480 pages on pnode 1'
    like "$1: and no page elsewhere" "$out" 'pages elsewhere: 0$'
    unlike "$1: nor drift of pages" "$out" 'drift: .*page'
}

node_free >free.before

guest_config pvh t <<EOC
memory = 320
vcpus = 4
extra = "$rig_extra_ rig.tick"
vnuma = [ [ "pnode=0", "size=160", "vcpus=0-1", "vdistances=10,21" ],
          [ "pnode=1", "size=160", "vcpus=2-3", "vdistances=21,10" ] ]
xl_vnuma_policy = [ "interleave=0-1", "strict" ]
EOC
run xl-vnuma create t.cfg
is "it is created" "$status" 0
ok "it boots" guest_wait t 240
is_spread create
boot=$(sleep 3; guest_boot t)
ticks=$(guest_ticks t)
run xl-vnuma save t /saved/t
is "it is saved" "$status" 0
run xl-vnuma restore --verify=hypervisor /saved/t
is "it is restored" "$status" 0
like "every page of it" "$out" '([0-9]+) of \1 pages on their nodes'
is_spread restore
ok "it counts on" guest_counts_on t "$boot" "$ticks" 120

run xl destroy t
wait_gone t 20

# ---- only one pnode has room: interleaved memory goes there alone ----

free=$(node_free | awk '$1 == 1 { print int($2) }')
guest_config pvh filler <<EOC
memory = $((free - 60))
vcpus = 1
vnuma = [ [ "pnode=1", "size=$((free - 60))", "vcpus=0" ] ]
EOC
run xl-vnuma create -p filler.cfg
is "most of pnode 1 is taken" "$status" 0
run xl-vnuma restore --strict /saved/t
says "with --strict it is refused" 1 'no-fit'
and ok "before there is a domain" no_domain t
run xl-vnuma restore -p /saved/t
is "without it it goes where there is room" "$status" 0
like "which is told" "$err" 'pnode 1 here is full .* interleaved over pnodes 0 '
run xl-vnuma show --verify=hypervisor --json t
like "and promised" "$out" '"stray_pages": 0'
run xl destroy t
wait_gone t 20

# ---- what is preferred flows over ----

guest_config pvh o <<'EOC'
memory = 160
vcpus = 2
vnuma = [ [ "pnode=0", "size=60", "vcpus=0", "vdistances=10,21" ],
          [ "pnode=1", "size=100", "vcpus=1", "vdistances=21,10" ] ]
xl_vnuma_policy = [ "strict", "preferred" ]
EOC
run xl-vnuma create o.cfg
is "a guest that flows over is created" "$status" 0
like "which is told" "$out" 'for which pnode 1 had no room'
run xl-vnuma show --verify=hypervisor o
like "show knows where to" "$out" \
    'preferred: [0-9]+ pages on pnode 0, [0-9]+ pages on pnode 1'
like "and no page is elsewhere" "$out" 'pages elsewhere: 0$'
like "its node affinity is both" "$(xl list -n o | tail -n 1)" ' (all|0-1)$'
ok "it boots" guest_wait o 240
run xl-vnuma save o /saved/o
is "it is saved" "$status" 0
run xl-vnuma restore -p --verify=hypervisor /saved/o
is "and restored" "$status" 0
like "it flows over again" "$out" 'for which pnode 1 had no room'
like "to the page" "$out" '([0-9]+) of \1 pages on their nodes'
run xl-vnuma show --verify=hypervisor o
like "which show knows" "$out" 'pages elsewhere: 0$'
like "and its node affinity" "$(xl list -n o | tail -n 1)" ' (all|0-1)$'
run xl destroy o
run xl destroy filler
wait_gone o 20
wait_gone filler 20

# ---- moved, and rebooted there: last, because it takes longest ----

run xl-vnuma restore /saved/t
xl-vnuma move --yes --pnodes=1:0+1,0 t >moved 2>&1
is "it is moved" $? 0
sed 's/^/# /' moved
like "from where to where is told" "$(cat moved)" \
    'from pnodes 0:0\+1,1 to 1:0\+1,0'
split=$(split t)
ok "vnode 1 is on the other pnode now" \
    test "${split% *}" -ge $((20480 + 40960 - 64))
run xl-vnuma show --verify=hypervisor --json t
like "and every page is promised there" "$out" '"stray_pages": 0'
ok "it counts on there" guest_counts_on t "$boot" "$ticks" 120

run xl reboot t
ok "it boots again" guest_wait t 240
split=$(split t)
ok "where it was moved to" \
    test "${split% *}" -ge $((20480 + 40960 - 64))
ok "and half of vnode 0 on the other" \
    test "${split#* }" -ge $((20480 - 64))
run xl-vnuma show --verify=hypervisor --json t
like "show knows" "$out" '"stray_pages": 0'
like "and that it is interleaved" "$out" '"policy": "interleave"'
run xl destroy t
wait_gone t 20

umount /saved
finally ok "only dom0 is left" only_dom0
finally ok "its memory is free again" memory_is_back free.before

done_testing
