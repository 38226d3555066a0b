#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What QEMU refuses on this host, what it takes and is then killed for, and
# that check and plan say so before.
# packages: numactl
# files: usr/bin/numactl usr/bin/qemu-system-x86_64
# files: usr/lib/x86_64-linux-gnu/qemu/accel-tcg-*|usr/bin/qemu-system-x86_64
# files: usr/share/seabios/*.bin usr/share/qemu/*.bin

# shellcheck source=tests/kvm/scenarios/lib.sh
. /rig/scenarios/lib.sh

# line NAME SIZE OBJECT-OPTIONS: a guest of one node.
line()
{
    echo "-m $2 -smp 1 -object memory-backend-$3,id=m0,size=$2" \
        "-numa node,cpus=0,memdev=m0" >"$1.line"
}

line nowhere 64M ram,policy=bind,host-nodes=9
run xl-vnuma --host host check nowhere.line
says "a node that the host does not have: check" 1 'pnode-unknown'
starts nowhere
says "QEMU too, and it does not say which" 1 \
    'cannot bind memory to host NUMA nodes: Invalid argument'

line comma 64M ram,policy=bind,host-nodes=0,2
run xl-vnuma --host host check comma.line
says "a list with a comma: check" 1 'list-comma'
starts comma
says "QEMU too" 1 "Invalid parameter '2'"

line sum 64M ram
sed -i 's/^-m 64M/-m 128M/' sum.line
run xl-vnuma --host host check sum.line
says "nodes that are not the guest's memory: check" 1 'size-sum'
starts sum
says "QEMU too" 1 'total memory for NUMA nodes'

line fits 128M ram,policy=bind,host-nodes=4,prealloc=on
run xl-vnuma --host host check fits.line
says "a guest that fits on its node: check" 0 'ok'
starts fits
is "QEMU starts it" "$status" 0
and is "QEMU has it there" "$(pages_of_policy fits bind:4)" "4=32768 of 4 KiB"
stop fits
sleep 1

line large 512M ram,policy=bind,host-nodes=1,prealloc=on
run xl-vnuma --host host plan large.line
is "a large guest fits on a large node: plan" "$status" 0
starts large
is "QEMU starts it" "$status" 0
and is "QEMU has it there" "$(pages_of_policy large bind:1)" "1=131072 of 4 KiB"
stop large
sleep 1

# Its node has less than 288 MiB, the host more than a gigabyte.
line killed 512M ram,policy=bind,host-nodes=4,prealloc=on
run xl-vnuma --host host check killed.line
says "a guest that does not fit on its node: check" 1 'no-fit'
run xl-vnuma --host host plan killed.line
says "and plan" 1 'on pnode 4 needs .* MiB missing'
dmesg -c >/dev/null
eval "set -- $(words killed.line)"
run timeout 60 qemu-system-x86_64 -S -display none -nodefaults "$@"
is "QEMU takes it, and is killed" "$status" 137
and like "QEMU is killed by the kernel, for memory" "$(dmesg)" \
    'Out of memory: Killed process [0-9]+ \(qemu-system-x86\)'

# Each of two fits, both together do not.
line one 160M ram,policy=bind,host-nodes=5,prealloc=on
line two 160M ram,policy=bind,host-nodes=5,prealloc=on
run xl-vnuma --host host check one.line
is "the first of two guests alone: check" "$status" 0
run xl-vnuma --host host plan one.line two.line
says "both: plan" 1 'no-fit'
starts one
is "QEMU starts the first" "$status" 0
dmesg -c >/dev/null
eval "set -- $(words two.line)"
run timeout 60 qemu-system-x86_64 -S -display none -nodefaults "$@"
and like "QEMU: with the second one of them is killed" "$(dmesg)" \
    'Out of memory: Killed process [0-9]+ \(qemu-system-x86\)'
stop one
sleep 1

line pages 128M memfd,hugetlb=on,policy=bind,host-nodes=2,prealloc=on
starts pages
says "QEMU names no node that does not have the huge pages" 1 \
    'preallocating memory failed: Bad address|Cannot allocate memory'
line pool 512M memfd,hugetlb=on,prealloc=on
starts pool
says "QEMU says no more of what all nodes do not have" 1 \
    'Cannot allocate memory'
done_testing
