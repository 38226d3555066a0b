#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Guests of many shapes, created paused: by the hypervisor's own count every
# page is where it was promised, whatever the number and size of vnodes, the
# kind of guest, its video RAM or its policy.  Only one boots, so each takes a
# few seconds.

. /rig/lib.sh

case $RIG_TOPOLOGY in
8node) ;;
*) echo "1..0 # SKIP needs eight nodes"; exit 0 ;;
esac

# pages NODE: of the newest "pages" file.
pages()
{
    awk -v node="$1" '$1 == node { n = $2 } END { print n + 0 }' pages
}

# make NAME TYPE VGA "PNODE:SIZE:VCPUS ..." [SETTING...]: writes NAME.cfg;
# "-" for a memory-only vnode; vdistances are the plan's.
make()
{
    make_name=$1 make_type=$2 make_vga=$3 make_vnodes=$4
    shift 4
    {
        make_sum=0 make_vcpus=0 make_list=
        for vnode in $make_vnodes; do
            pnode=${vnode%%:*} vnode=${vnode#*:}
            size=${vnode%%:*} vcpus=${vnode#*:}
            make_sum=$((make_sum + size))
            make_one="\"pnode=$pnode\", \"size=$size\""
            if [ "$vcpus" != - ]; then
                make_one="$make_one, \"vcpus=$vcpus\""
                make_vcpus=$((${vcpus#*-} + 1))
            fi
            make_list="$make_list${make_list:+, }[ $make_one ]"
        done
        echo "memory = $make_sum"
        echo "vcpus = $make_vcpus"
        echo "vnuma = [ $make_list ]"
        for setting; do
            echo "$setting"
        done
    } | guest_config "$make_type" "$make_name"
    [ "$make_vga" = none ] || {
        sed '/^vga/d' "$make_name.cfg" >"$make_name.new"
        echo "vga = \"$make_vga\"" >>"$make_name.new"
        mv "$make_name.new" "$make_name.cfg"
    }
}

# gone NAME
gone()
{
    xl destroy "$1"
    wait_gone "$1" 20
}

# shape NAME TYPE VGA VNODES SETTING...: is created, and counted.
shape()
{
    make "$@"
    if run xl-vnuma create -p --verify=hypervisor "$1.cfg"; then
        like "$1: every page is where it was promised" "$out" \
            "^$1: ([0-9]+) of \\1 pages on their nodes"
        is "$1: special and video RAM pages are with vnode 0" \
            "$(printf '%s\n' "$out" | grep -c 'of them are not on')" 0
        pages_of "$(domid_of "$1")" >pages
        gone "$1"
    else
        fail "$1: is created"
    fi
}

node_free >free.before

# ---- one to eight vnodes; memory only; shared pnodes; odd sizes ----

shape one hvm none "1:160:0-1"
shape two-video hvm stdvga "1:161:0 2:95:1"
shape three-odd hvm none "0:91:0 1:87:1 2:73:2"
shape four-pvh pvh none "0:65:0 1:63:1 2:61:2 3:67:3"
shape five-memory hvm cirrus "0:64:0 1:64:1 4:64:- 5:63:- 6:65:-"
shape six-shared pvh none "0:40:0 0:41:1 1:42:2 1:43:3 4:44:- 4:45:-"
shape seven hvm none "0:33:0 1:33:1 2:33:2 3:33:3 4:33:- 5:33:- 6:35:-"
shape eight hvm stdvga \
    "0:53:0 1:41:1 2:42:2 3:43:3 4:44:- 5:45:- 6:46:- 7:47:-"
shape backwards pvh none "3:129:0 2:127:1"

# ---- large pages: odd remainders meet where no large page can be ----

make plain hvm none "1:256:0"
run xl-vnuma create -p plain.cfg
whole=$(printf '%s\n' "$out" | awk '/pnode/ { n += $9 } END { print n }')
gone plain
make gathered hvm none "1:129:0 2:127:1"
run xl-vnuma create -p gathered.cfg
is "two vnodes of odd sizes have as many 2 MiB pages as the guest in one" \
    "$(printf '%s\n' "$out" | awk '/pnode/ { n += $9 } END { print n }')" \
    "$whole"
vnodes_of "$(domid_of gathered)" >vnodes
like "Xen was told of vnode 1's MiB in vnode 0's first 2 MiB page" \
    "$(cat vnodes)" '0*100000 - 0*200000'
gone gathered

# Ranges that are not libxl's, in a guest that runs.
make boots pvh none "0:65:0 1:64:1 2:65:2 3:62:3"
run xl-vnuma create --verify=hypervisor boots.cfg
is "a PVH guest with gathered ranges is created" "$status" 0
is "Xen was told of more ranges than vnodes" \
    "$(vnodes_of "$(domid_of boots)" | grep -c ' - ')" 6
ok "it boots" guest_wait boots 240
is "and sees its nodes" "$(guest_saw boots online)" 0-3
for node in 0 1 2 3; do
    is "its node $node has vcpu $node" "$(guest_saw boots node$node/cpulist)" \
        "$node"
done
unlike "its kernel found no fault" "$(guest_saw boots dmesg)" \
    'SRAT not used|too many memblk|No NUMA'
gone boots

# ---- special pages where Xen would rather put them elsewhere ----

# Node 0 has memory below 4 GiB only, the low part of which Xen keeps for last.
free0=$(node_free | awk '$1 == 0 { print $2 }')
shape full hvm none "0:$((free0 - 40)):0 1:64:1"
is "a full node 0 has vnode 0's special pages all the same" "$status" 0

# ---- policies ----

# stock xl does not look at our setting.
make setting hvm none "0:128:0 1:128:1" 'xl_vnuma_policy = "preferred"'
run xl create -p setting.cfg
is "stock xl ignores xl_vnuma_policy=" "$status" 0
unlike "without a word" "$err" 'policy'
gone setting

free4=$(node_free | awk '$1 == 4 { print $2 }')
over=$((free4 + 50))
make over hvm none "0:128:0 4:$over:-"
run xl-vnuma create -p over.cfg
says "strict: refused when its pnode has too little" 1 'pnode 4.* missing'
run xl-vnuma create -p --verify=hypervisor --policy=preferred over.cfg
is "preferred: created all the same" "$status" 0
like "and says what went elsewhere" "$out" \
    'for which pnode 4 had no room'
pages_of "$(domid_of over)" >pages
ok "the nearest pnode has what flowed over" \
    test "$(pages 0)" -gt $((128 * 256 + 40 * 256))
is "and no other" "$(pages 1)" 0
like "every page is where the policy promised" "$out" \
    '^over: ([0-9]+) of \1 pages on their nodes'
gone over

make turns hvm none "0:128:0 1:256:1" \
    'xl_vnuma_policy = [ "strict", "interleave=4-7" ]'
run xl-vnuma create -p --verify=hypervisor turns.cfg
is "interleave: created" "$status" 0
pages_of "$(domid_of turns)" >pages
is "a quarter on each of its pnodes" \
    "$(pages 4) $(pages 5) $(pages 6) $(pages 7)" "16384 16384 16384 16384"
is "and none where its vcpus are" "$(pages 1)" 0
gone turns

# ---- vcpus ----

make pinned pvh none "1:128:0-1 2:128:2"
run xl-vnuma create -p --hard pinned.cfg
is "--hard: created" "$status" 0
is "vcpus may run on their pnode's pcpus only" \
    "$(xl vcpu-list pinned | awk 'NR > 1 { print $(NF - 2) }' | tr '\n' ' ')" \
    "2-3 2-3 4-5 "
gone pinned

make given pvh none "1:128:0-1 2:128:2" 'cpus = [ "2", "3", "4-5" ]'
run xl-vnuma create -p --hard given.cfg
is "cpus= of the file comes first" "$status" 0
is "as it says" \
    "$(xl vcpu-list given | awk 'NR > 1 { print $(NF - 2) }' | tr '\n' ' ')" \
    "2 3 4-5 "
gone given

run xl cpupool-cpu-remove Pool-0 6-7
run xl cpupool-create 'name="apart"' 'cpus=["6","7"]'
make pooled pvh none "3:128:0 1:128:1" 'pool = "apart"'
run xl-vnuma create -p --hard pooled.cfg
says "--hard: no vcpu can be pinned outside its cpupool" 1 \
    'vnode 1: no pcpu of pnode 1 is in cpupool apart'
run xl-vnuma create -p pooled.cfg
is "without --hard it is created" "$status" 0
like "with a warning" "$err" 'no pcpu of pnode 1 is in cpupool apart'
gone pooled
run xl cpupool-destroy apart
run xl cpupool-cpu-add Pool-0 6-7

# ---- how fast a refusal is ----

make large hvm none "0:128:0 1:4096:1"
run xl-vnuma create large.cfg
says "a guest that cannot fit is refused" 1 'pnode 1.* missing'
refusals=5
start=$(cut -d ' ' -f 1 /proc/uptime)
i=0
while [ $i -lt $refusals ]; do
    xl-vnuma create large.cfg >/dev/null 2>&1
    i=$((i + 1))
done
diag "measured: a refusal takes" \
    "$(echo "$(cut -d ' ' -f 1 /proc/uptime) $start $refusals" |
        awk '{ printf "%.0f", ($1 - $2) * 1000 / $3 }') ms as a process," \
    "emulated"

finally ok "only dom0 is left" only_dom0
finally ok "its memory is free again" memory_is_back free.before

done_testing
