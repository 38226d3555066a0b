#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Guests of KVM there and back: what export writes of the good guests of
# tests/checks/ reads back as the same nodes, in every format; QEMU accepts it,
# where it is installed, and judges the guests of all tables as we do.
set -u
cd "${top_srcdir:?}" || exit 99
program=${top_builddir:?}/xl-vnuma
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/try.sh

# split TABLE: each guest into a file of its own.
split()
{
    mkdir -p "$tmp/$1"
    awk -v dir="$tmp/$1" '
        /^== / { path = dir "/" $2; next }
        path && !/^\? / { gsub("@", ""); print >path }
    ' "tests/checks/kvm-$1.txt"
}
split bad
split remarks
split good

# nodes FILE: what of them every format has.
nodes()
{
    "$program" import --json "$1" 2>/dev/null | grep -v '"name"'
}

# qemu FILE: whether QEMU takes the line; a greeting is no success.  All nodes
# of the host are its node 0 here, and files of memory are in a directory that is
# the test's own.
mkdir -p "$tmp/host/dev/hugepages" "$tmp/host/dev/hugepages2M" \
    "$tmp/host/mnt/huge"
qemu()
(
    sed 's/host-nodes=[0-9-]*/host-nodes=0/g
         s/"host-nodes":\[[^]]*\]/"host-nodes":[0]/g
         s,mem-path[= ]/,&'"${tmp#/}"'/host/,
         s/-append "[^"]*"//; s/-serial -//; s/-nographic disk.img//
         s/^qemu-system-x86_64//; s/^kvm //; s/\\$//; /^#/d' "$1" |
        tr '\n' ' ' >"$tmp/line"
    eval "set -- $(cat "$tmp/line")" || return 1
    printf '%s' '{"execute":"qmp_capabilities"}{"execute":"quit"}' |
        timeout 120 qemu-system-x86_64 -S -display none -nodefaults \
            -qmp stdio "$@" 2>"$tmp/refused" |
        grep -c return >"$tmp/answers"
    [ "$(cat "$tmp/answers")" = 2 ]
)
has_qemu=false
# A container may not bind memory, and has then no judge.
echo '-m 9 -object memory-backend-ram,id=m,size=9M,policy=bind,host-nodes=0' \
    >"$tmp/probe"
! qemu "$tmp/probe" || has_qemu=true

for file in "$tmp"/good/* "$tmp"/remarks/*; do
    guest=${file##*/}
    nodes "$file" >"$tmp/nodes"
    try "$guest has nodes" grep -q vnodes "$tmp/nodes"
    for style in '' --args --json; do
        # shellcheck disable=SC2086 # no word without one
        "$program" export $style "$file" >"$tmp/exported" 2>"$tmp/lost"
        ! grep -qE "policy restrictive|on which machine" "$tmp/lost" ||
            continue
        nodes "$tmp/exported" >"$tmp/again"
        try "$guest as QEMU's line${style:+, $style}" \
            diff "$tmp/nodes" "$tmp/again"
    done
    "$program" export "$file" >"$tmp/exported" 2>"$tmp/lost"
    ! grep -q "on which machine" "$tmp/lost" || continue
    # It would need huge pages of this host.
    ! $has_qemu || grep -q hugetlb=on "$tmp/exported" ||
        try "$guest: QEMU takes what is exported" \
        qemu "$tmp/exported"
done

# virt FILE: whether libvirt's parser takes it; its own driver for tests runs
# in virsh.
virt()
{
    sed "s/domain type='kvm'/domain type='test'/" "$1" >"$tmp/virt.xml"
    virsh -c test:///default define "$tmp/virt.xml" 2>"$tmp/refused" |
        grep defined
}
has_virt=false
! command -v virsh >/dev/null || has_virt=true
schema=/usr/share/libvirt/schemas/domain.rng

for file in "$tmp"/good/* "$tmp"/remarks/*; do
    guest=${file##*/}
    nodes "$file" >"$tmp/nodes"
    "$program" export --format=libvirt "$file" >"$tmp/exported.xml" \
        2>"$tmp/lost"
    # What libvirt cannot say was said.
    grep -q export-lost "$tmp/lost" && continue
    nodes "$tmp/exported.xml" >"$tmp/again"
    try "$guest as libvirt's document" diff "$tmp/nodes" "$tmp/again"
    "$program" export --into "$tmp/exported.xml" "$tmp/exported.xml" \
        >"$tmp/into.xml" 2>/dev/null
    try "$guest into its own document" diff "$tmp/exported.xml" "$tmp/into.xml"
    # What a newer libvirt refuses of it has no other words.
    ! $has_virt || [ "$guest" = virt-restrictive-alone ] ||
        try "$guest: libvirt takes it" virt "$tmp/exported.xml"
    [ ! -f $schema ] || try "$guest: libvirt's schema takes it" \
        xmllint --noout --relaxng $schema "$tmp/exported.xml"
done

for file in "$tmp"/good/* "$tmp"/remarks/*; do
    guest=${file##*/}
    nodes "$file" >"$tmp/nodes"
    "$program" export --format=proxmox "$file" >"$tmp/exported" 2>"$tmp/lost"
    ! grep -q export-lost "$tmp/lost" || continue
    nodes "$tmp/exported" >"$tmp/again"
    try "$guest as Proxmox's conf" diff "$tmp/nodes" "$tmp/again"
done

# What the host or another process decides is no matter of the line.
elsewhere='qemu-no-such-host-node|qemu-no-fit.*|qemu-quote|qemu-not-shared.*'
elsewhere="$elsewhere|qemu-dimm.*|qemu-line-without-backslash"
elsewhere="$elsewhere|qemu-table-of-the-host"
elsewhere="$elsewhere|virt-host-node|virt-host-node-of-no-cell|virt-topology"
elsewhere="$elsewhere|virt-some-pnodes-there"
# These are refused by libvirt's driver for QEMU, which tests/kvm asks.
elsewhere="$elsewhere|virt-current-zero|virt-pages-anonymous"
elsewhere="$elsewhere|virt-pages-on-demand|virt-more-memory-without-cells"
# These are of a QEMU that is newer than any, or than 7.2.
elsewhere="$elsewhere|qemu-newer-machine|qemu-.*more-vcpus-than-older-q35"
elsewhere="$elsewhere|qemu-key-of-a-kind-not-known"
# QEMU or libvirt took these once.
elsewhere="$elsewhere|qemu-hexadecimal-.*|qemu-zero-.*|virt-restrictive-alone"
elsewhere="$elsewhere|qemu-context-of-an-older-machine"
# Of libvirt's driver for Xen, which needs a Xen.
elsewhere="$elsewhere|virt-xen-(cell|less).*"
# This has a variable that is not set.
elsewhere="$elsewhere|qemu-shell-variable"
elsewhere="$elsewhere|(qemu|virt)-huge-pages.*|qemu-page-size"
for file in "$tmp"/good/qemu* "$tmp"/remarks/qemu* "$tmp"/bad/qemu*; do
    guest=${file##*/}
    if ! $has_qemu || echo "$guest" | grep -qxE "$elsewhere"; then
        continue
    fi
    case $file in
    "$tmp"/bad/*) try "$guest: QEMU refuses it too" eval ! qemu "$file" ;;
    *) try "$guest: QEMU takes it too" qemu "$file" ;;
    esac
done
for file in "$tmp"/good/virt* "$tmp"/remarks/virt* "$tmp"/bad/virt*; do
    guest=${file##*/}
    if ! $has_virt || echo "$guest" | grep -qxE "$elsewhere"; then
        continue
    fi
    case $file in
    "$tmp"/bad/*) try "$guest: libvirt refuses it too" eval ! virt "$file" ;;
    *) try "$guest: libvirt takes it too" virt "$file" ;;
    esac
done
tried
