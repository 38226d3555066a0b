#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Toolstacks other than xl: the programs of examples/, built with nothing but
# pkg-config, create guests with libxl and with libxenguest.

. /rig/lib.sh

examples=/usr/libexec/rig/examples
cmdline=$(sed -n "s/^rig_extra_='\(.*\)'$/\1/p" /rig/lib.sh)
release=$(xl info xen_version)

mkdir -p /tmp/elsewhere
cd /tmp/elsewhere || exit
node_free >free.before

# guest NAME TYPE: in a file of its own; devices are the toolstacks' business.
guest()
{
    cat >"$1.cfg" <<EOF
name = "$1"
type = "$2"
memory = 384
vcpus = 4
vnuma = [ [ "pnode=1", "size=160", "vcpus=0,2", "vdistances=10,25" ],
          [ "pnode=0", "size=224", "vcpus=1,3", "vdistances=25,10" ] ]
EOF
    guest_forget "$1"
}

# Paused, so that what the guest prints on Xen's console is not in between.
check_guest()
{
    xl pause "$1"
    pages_of "$(domid_of "$1")" >pages
    vnodes_of "$(domid_of "$1")" >vnodes
    xl unpause "$1"
    sed 's/^/# node and pages: /' pages
    ok "$1: vnode 0's pages are on pnode 1" test "$(pages_on 1)" -ge "$2"
    ok "$1: vnode 1's pages are on pnode 0" test "$(pages_on 0)" -ge 57344
    ok "$1: and few others" \
        test $(($(pages_on 0) + $(pages_on 1))) -lt $((384 * 256 + 128))
    is "$1: the affinity of vcpu 0 is pnode 1's" \
        "$(xl vcpu-list "$1" | awk '$3 == 0 { print $NF }')" 2-3
    is "$1: the affinity of vcpu 3 is pnode 0's" \
        "$(xl vcpu-list "$1" | awk '$3 == 3 { print $NF }')" 0-1
    like "$1: the hypervisor knows its vnodes" "$(cat vnodes)" \
        '2 vnodes, 4 vcpus'
}

check_view()
{
    is "$1: the guest sees vnode 0's vcpus" "$(guest_saw "$1" node0/cpulist)" 0,2
    is "$1: and vnode 1's distances" "$(guest_saw "$1" node1/distance)" "25 10"
}

# ---- libxl ----

guest libxl pvh
run "$examples/toolstack-libxl" libxl.cfg /rig/guest/vmlinux \
    /rig/guest/initrd "$cmdline"
is "a program that uses libxl creates a guest" "$status" 0
like "and knows where its pages are" "$out" '98304 pages on their nodes'
check_guest libxl 40960
ok "libxl: it boots" guest_wait libxl 240
check_view libxl
xl destroy libxl
wait_gone libxl 20

sed 's/size=224/size=240/' libxl.cfg >wrong.cfg
run "$examples/toolstack-libxl" wrong.cfg /rig/guest/vmlinux \
    /rig/guest/initrd ""
says "a mistake in its file is refused with libvnuma's words" 1 '^wrong\.cfg:[0-9]+:[0-9]+: error: '
and ok "and no domain is left" only_dom0

# ---- libxenguest ----

guest libxc hvm
set -- -kernel /rig/guest/boot -append "$cmdline"
# shellcheck disable=SC2013 # words are what is wanted
for word in $(sed -n 's/^device_model_args_hvm = \[ "\(.*\)" \]$/\1/p' \
    /rig/guest/hvm.cfg | sed 's/", "/ /g'); do
    set -- "$@" "$word"
done
run "$examples/toolstack-libxc" libxc.cfg \
    "/usr/lib/xen-${release%.*}/boot/hvmloader" \
    /usr/share/seabios/bios-256k.bin /usr/libexec/xen-qemu-system-i386 "$@"
is "a program that uses libxenguest creates a guest" "$status" 0
check_guest libxc 40928
ok "libxc: it boots" guest_wait libxc 240
check_view libxc
xl destroy libxc
wait_gone libxc 20

finally ok "only dom0 is left" only_dom0
finally ok "its memory is free again" memory_is_back free.before

done_testing
