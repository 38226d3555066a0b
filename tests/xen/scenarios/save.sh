#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A guest with vNUMA is saved and comes back: on the same pnodes, on others,
# through stock xl; every page, its description, its vcpus and what it counts
# are as they were, and a reboot keeps it so.  Damaged files are refused.
#
# Five minutes and more when RIG_FULL is set, as save-all.sh does: also HVM,
# a guest that has ballooned, a pnode that is full, guests without vNUMA.

. /rig/lib.sh

case $RIG_TOPOLOGY in
2node) pnode1=1 other1=0 vcpus0=0-1 vcpus1=2-3 distance=21 ;;
8node) pnode1=4 other1=5 vcpus0=0-3 vcpus1='' distance=31 ;;
*) echo "1..0 # SKIP no guest for topology $RIG_TOPOLOGY"; exit 0 ;;
esac

# Of each vnode, in MiB and in pages; an HVM guest has 32 less, for the VGA.
size=96
pages=$((size * 256))

mkdir -p /saved
mount -t tmpfs -o size=1200m tmpfs /saved

guest()
{
    guest_config "$1" "$2" <<EOC
memory = $((2 * size))
vcpus = 4
extra = "$rig_extra_ rig.tick"
vnuma = [ [ "pnode=0", "size=$size", "vcpus=$vcpus0", "vdistances=10,$distance" ],
          [ "pnode=$pnode1", "size=$size"${vcpus1:+, "\"vcpus=$vcpus1\""}, "vdistances=$distance,10" ] ]
EOC
}

# check_pages WHAT NAME PNODE0 PAGES0 PNODE1 [STRAYS]
check_pages()
{
    pages_of "$(domid_of "$2")" >pages
    sed 's/^/# node and pages: /' pages
    ok "$1: the $pages pages of vnode 1 are on pnode $5" \
        test "$(pages_on "$5")" -ge "$pages"
    ok "$1: the $4 pages of vnode 0 are on pnode $3" \
        test "$(pages_on "$3")" -ge "$4"
    ok "$1: show knows where it should be" \
        test "$(strays_of "$2")" -le "${6-0}"
    and is "$1: no page is on a node that nobody asked for" \
        "$(awk -v a="$3" -v b="$5" '$1 != a && $1 != b { n += $2 }
            END { print n + 0 }' pages)" 0
}

# The description is the same to the letter, vnode by vnode; pnodes apart.
description()
{
    vnodes_of "$(domid_of "$1")" | sed '1d; s/pnode [0-9]*/pnode/'
}

affinity()
{
    xl vcpu-list "$1" | awk 'NR > 1 { print $3, $(NF - 2), $(NF - 1), $NF }' |
        sed 's/ [-rb]* / /'
}

# round_trip TYPE NAME PAGES0 SECONDS
round_trip()
{
    guest "$1" "$2"
    run xl-vnuma create "$2.cfg"
    is "$1: it is created" "$status" 0
    ok "$1: it boots" guest_wait "$2" "$4"
    ok "$1: it counts" guest_counts_on "$2" "$(sleep 3; guest_boot "$2")" 0 120
    description "$2" >description.before
    affinity "$2" >affinity.before
    boot=$(guest_boot "$2")
    ticks=$(guest_ticks "$2")
    mkdir -p /small
    mount -t tmpfs -o size=50m tmpfs /small
    run env LD_PRELOAD=/usr/libexec/rig/hypercalls.so RIG_PROGRAM=xl \
        RIG_ONLY=memory.get_vnumainfo RIG_FAIL=1:EPERM \
        xl-vnuma save "$2" /small/"$2"
    says "$1: without its description it is not saved, and that is told" 1 \
        "guest's vNUMA description.*xen-refused"
    and ok "$1: no file is begun" test ! -e /small/"$2"
    about save
    run xl-vnuma save "$2" /small/"$2"
    says "$1: a full disk is told" 1 '[Nn]o space'
    umount /small
    ok "$1: and it counts on" guest_counts_on "$2" "$boot" "$ticks" 120
    ticks=$(guest_ticks "$2")
    run xl-vnuma save "$2" /saved/"$2"
    is "$1: it is saved" "$status" 0
    like "$1: with its places" "$out" 'saved with its placement'
    and ok "$1: it is gone" no_domain "$2"
    about restore

    run xl-vnuma restore --verify=hypervisor /saved/"$2"
    is "$1: it is restored" "$status" 0
    like "$1: and counted by the hypervisor" "$out" \
        '([0-9]+) of \1 pages on their nodes'
    like "$1: in large pages" "$out" "pnode 0: [0-9]+ pages in 0 x 1G, ($((size / 2 - 1))|$((size / 2))) x 2M"
    check_pages "$1 restore" "$2" 0 "$3" "$pnode1"
    description "$2" >description.after
    ok "$1: Xen holds the same description" \
        diff description.before description.after
    affinity "$2" >affinity.after
    ok "$1: its vcpus prefer the same pcpus" diff affinity.before affinity.after
    like "$1: its node affinity is what it uses" \
        "$(xl list -n "$2" | tail -n 1)" " (all|0,$pnode1)\$"
    ok "$1: it counts on where it was" guest_counts_on "$2" "$boot" "$ticks" 120
    like "$1: it still has two nodes" "$(guest_log_ "$2" | tail -n 1)" \
        'nodes 0-1 '
}

node_free >free.before

# ---- PVH: there and back, reboot, elsewhere, by stock xl ----

round_trip pvh p $pages 240
boot_p=$boot ticks_p=$ticks
run xl reboot p
ok "pvh: it boots after a restore" guest_wait p 240
check_pages "pvh reboot" p 0 "$pages" "$pnode1"

# wait_for_memkb NAME KIB SECONDS: until it has no more than that.
wait_for_memkb()
{
    end=$(($(now_) + $3))
    until [ "$(xl list "$1" | awk 'NR == 2 { print $3 }')" -le $(($2 / 1024)) ]; do
        [ "$(now_)" -lt "$end" ] || return 1
        sleep 1
    done
}

# Ballooned to 150 MiB of its 192.
ballooned()
{
    ok "it counts after the reboot" \
        guest_counts_on p "$(sleep 3; guest_boot p)" 0 120
    run xl mem-set p 150
    ok "it gives memory back" wait_for_memkb p $((152 * 1024)) 60
    ok "and counts on" guest_counts_on p "$(guest_boot p)" "$(guest_ticks p)" 120
    boot=$(guest_boot p) ticks=$(guest_ticks p)
    pages_of "$(domid_of p)" | awk '{ n += $2 } END { print n }' >held.before
    run xl-vnuma save p /saved/q
    [ "$status" = 0 ] || guest_log_ p | tail -n 20 | sed "s/^/$RIG_PREFIX/"
    run xl-vnuma restore --verify=hypervisor /saved/q
    is "a guest that has ballooned down comes back" "$status" 0
    like "what it had not is given back" "$out" '[0-9]{4} of these given back'
    pages_of "$(domid_of p)" | awk '{ n += $2 } END { print n }' >held.after
    ok "it has as many pages as before" \
        test "$(($(cat held.after) - $(cat held.before)))" -le 64
    ok "it counts on, small" guest_counts_on p "$boot" "$ticks" 120
    ok "it is still small" test "$(xl list p | awk 'NR == 2 { print $3 }')" -le 152
    run xl reboot p
    ok "it boots with all of its memory" guest_wait p 240
    check_pages "ballooned reboot" p 0 "$pages" "$pnode1"
    rm /saved/q
}
[ -z "${RIG_FULL-}" ] || ballooned
run xl destroy p
wait_gone p 20

# Vnode 0 on pnode 1, and vnode 1 beside it.
run xl-vnuma restore --pnodes="1,$other1" --verify=hypervisor p.cfg /saved/p
is "it is restored on other pnodes, with a file" "$status" 0
like "every page of it" "$out" '([0-9]+) of \1 pages on their nodes'
check_pages "other pnodes" p 1 "$pages" "$other1"
like "its vcpus follow" "$(xl vcpu-list p | awk '$3 == 0 { print $NF }')" \
    '^2-3$'
ok "it counts on there" guest_counts_on p "$boot_p" "$ticks_p" 120
about move
xl-vnuma move --yes --pnodes="0,$pnode1" p >moved 2>&1
is "it is moved back while it runs" $? 0
sed 's/^/# /' moved
check_pages "moved" p 0 $((pages - 1)) "$pnode1"
description p >description.after
ok "Xen holds the same description there" \
    diff description.before description.after
ok "it counts on here" guest_counts_on p "$boot_p" "$ticks_p" 120
about
echo before >/saved/q
run env LD_PRELOAD=/usr/libexec/rig/hypercalls.so RIG_PROGRAM=xl \
    RIG_ONLY=memory.get_vnumainfo RIG_FAIL=1:EPERM \
    xl-vnuma save p /saved/q p.cfg
says "without its description it is not saved with a configuration either" \
    1 'xen-refused'
and is "and the file is as it was" "$(cat /saved/q)" before
run xl-vnuma save p /saved/q p.cfg
is "it is saved with a configuration of the user's" "$status" 0
like "and with its places" "$out" 'saved with its placement'
run xl-vnuma restore -p --verify=hypervisor /saved/q
is "that is restored" "$status" 0
like "every page of it as well" "$out" '([0-9]+) of \1 pages on their nodes'
run xl destroy p
wait_gone p 20
rm /saved/q

elsewhere()
{
    run xl-vnuma restore --pnodes=1,0 /saved/p
    run xl reboot p
    ok "it boots there" guest_wait p 240
    check_pages "reboot on other pnodes" p 1 "$pages" 0
    ok "it counts there" guest_counts_on p "$(sleep 3; guest_boot p)" 0 120
    boot=$(guest_boot p) ticks=$(guest_ticks p)
    run xl-vnuma save p /saved/q
    run xl-vnuma restore /saved/q
    is "it comes back to where it lived last" "$status" 0
    check_pages "saved there" p 1 "$pages" 0
    ok "it still counts" guest_counts_on p "$boot" "$ticks" 120
    run xl destroy p
    wait_gone p 20
    rm /saved/q

    # ---- planned again: pnode 0 has less than a vnode's free ----

    free=$(node_free | awk '$1 == 0 { print int($2) }')
    guest_config pvh filler <<EOC
memory = $((free - 60))
vcpus = 1
vnuma = [ [ "pnode=0", "size=$((free - 60))", "vcpus=0" ] ]
EOC
    run xl-vnuma create -p filler.cfg
    is "most of pnode 0 is taken" "$status" 0
    run xl-vnuma restore --strict /saved/p
    says "with --strict a guest that has no room is refused" 1 'no-fit'
    and ok "before there is a domain" no_domain p
    run xl-vnuma restore /saved/p
    is "without it it goes where there is room" "$status" 0
    like "that is told with the reason" "$err" \
        'vnode 0: pnode 0 here is full .*, goes to pnode 1'
    like "and what the guest believes" "$err" \
        'says 10,21 / 21,10, its pnodes here are at 10,10 / 10,10.*slit-differs'
    pages_of "$(domid_of p)" >pages
    ok "all of it is there" test "$(pages_on 1)" -ge $((2 * pages - 1))
    ok "and counts" guest_counts_on p "$boot_p" "$ticks_p" 120
    run xl destroy p
    run xl destroy filler
    wait_gone p 20
    wait_gone filler 20
}
[ -z "${RIG_FULL-}" ] || [ "$RIG_TOPOLOGY" != 2node ] || elsewhere

about
run xl restore /saved/p
is "stock xl takes the file" "$status" 0
pages_of "$(domid_of p)" >pages
sed 's/^/# node and pages: /' pages
vnodes_of "$(domid_of p)" >vnodes
sed 's/^/# /' vnodes
# Page by page it cannot be seen which node it is; even numbers prove nothing.
if unlike "but Xen is told of no vnodes" "$(cat vnodes)" '[0-9] vnodes'; then
    stock_xl restore "runs, Xen is told of no vnodes" "fails"
else
    stock_xl restore "runs, Xen is told of its vnodes"
fi
ok "and the guest runs" guest_counts_on p "$boot_p" "$ticks_p" 120
run xl destroy p
wait_gone p 20

# ---- files that are not whole, guests that do not fit ----

about restore
length=$(wc -c </saved/p)
cp /saved/p /saved/cut
for cut in $((length - 8)) $((length / 2)) 2000 60 20; do
    truncate -s "$cut" /saved/cut
    run xl-vnuma restore /saved/cut
    says "a file cut at $cut is refused" 1 'cut off in .*save-truncated'
done
rm /saved/cut
printf '\377\377' | dd of=/saved/p bs=1 seek=32 conv=notrunc 2>/dev/null
run xl-vnuma restore /saved/p
says "a file with a damaged header is refused" 1 'save-corrupt'
rm /saved/p
and ok "no domain was made" only_dom0
about

if [ "${RIG_FULL-}" ]; then
    # ---- HVM ----

    round_trip hvm h $((pages - 32)) 240
    run xl reboot h
    ok "hvm: it boots after a restore" guest_wait h 240
    # What a guest asks for while it runs goes anywhere: HVM guests balloon in
    # a few pages when they boot.
    check_pages "hvm reboot" h 0 $((pages - 32)) "$pnode1" 32
    run xl destroy h
    wait_gone h 20

    # ---- a guest without vNUMA ----

    guest_config pvh plain <<'EOC'
memory = 200
vcpus = 2
EOC
    run xl create plain.cfg
    ok "a guest without vNUMA boots" guest_wait plain 240
    run xl save plain /saved/plain
    run xl-vnuma restore /saved/plain
    is "what stock xl saved is restored" "$status" 0
    sleep 2
    run xl-vnuma save plain /saved/plain
    is "and saved" "$status" 0
    run xl restore /saved/plain
    is "and restored by stock xl" "$status" 0
    run xl destroy plain
    wait_gone plain 20
fi

umount /saved
finally ok "only dom0 is left" only_dom0
finally ok "its memory is free again" memory_is_back free.before

done_testing
