#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Guests as people have them: a disk by qdisk and one by phy, through Debian's
# own script, a vif on a bridge, and for HVM a VGA with VNC.  Each is created,
# saved, restored, moved and rebooted; its pages are where they should be, and
# its devices work.  Stock xl is asked for the same.
#
# packages: bash ipxe-qemu iproute2 mount ovmf util-linux
# files: usr/share/ovmf/OVMF.fd
# files: usr/bin/bash usr/bin/flock usr/bin/ip usr/sbin/ip usr/sbin/losetup
# files: usr/lib/ipxe/qemu/efi-rtl8139.rom|usr/share/qemu/efi-rtl8139.rom
# modules: llc stp bridge tun loop xen-blkback xen-netback

. /rig/lib.sh

case $RIG_TOPOLOGY in
2node) ;;
*) echo "1..0 # SKIP needs two nodes"; exit 0 ;;
esac

for module in llc stp bridge tun loop xen-blkback xen-netback; do
    insmod /lib/modules/$module.ko
done
brctl addbr xenbr0
ifconfig xenbr0 10.0.0.1 up
mkdir -p /saved /disks
mount -t tmpfs -o size=600m tmpfs /saved
for disk in q p; do
    dd if=/dev/zero of=/disks/$disk bs=1M count=8 2>/dev/null
done
loop=$(losetup -f)
losetup "$loop" /disks/p

# guest TYPE NAME [LINE...]
guest()
{
    type=$1 name=$2
    shift 2
    guest_config "$type" "$name" <<EOC
memory = 256
vcpus = 2
vnuma = [ [ "pnode=0", "size=128", "vcpus=0", "vdistances=10,21" ],
          [ "pnode=1", "size=128", "vcpus=1", "vdistances=21,10" ] ]
extra = "$rig_extra_ rig.tick rig.disks=xvda,xvdb rig.net=10.0.0.2"
disk = [ "format=raw,vdev=xvda,access=rw,backendtype=qdisk,target=/disks/q",
         "format=raw,vdev=xvdb,access=rw,backendtype=phy,target=$loop" ]
vif = [ "bridge=xenbr0,mac=00:16:3e:00:00:02" ]
$(printf '%s\n' "$@")
EOC
}

# remembers FILE BOOT TICK: dom0's side of a disk was written to after that.
remembers()
{
    read -r rem_boot rem_tick <"$1"
    echo "$1: $rem_boot $rem_tick"
    [ "$rem_boot" = "$2" ] && [ "$rem_tick" -gt "$3" ]
}

# vnc_answers NAME
vnc_answers()
{
    port=$(xenstore-read "/local/domain/$(domid_of "$1")/console/vnc-port")
    timeout 10 nc 127.0.0.1 "$port" </dev/null | head -c 4 | grep RFB
}

few_strays()
{
    strays_of "$1"
    [ "$(strays_of "$1")" -le "$most" ]
}

# lives WHAT NAME: on from $boot and $ticks, with its devices.
lives()
{
    ok "$1: it counts on, and its memory and disks are right" \
        guest_counts_on "$2" "$boot" "$ticks" 120
    ok "$1: qdisk: its disk is dom0's file" remembers /disks/q "$boot" "$ticks"
    ok "$1: phy: its disk is dom0's device" remembers /disks/p "$boot" "$ticks"
    ok "$1: its vif answers" ping -c 1 -w 30 10.0.0.2
    [ "$2" = p ] || ok "$1: VNC answers" vnc_answers "$2"
    pages_of "$(domid_of "$2")" | sed 's/^/# node and pages: /'
    ok "$1: every page is where it was promised" few_strays "$2"
    boot=$(guest_boot "$2") ticks=$(guest_ticks "$2")
}

# begins WHAT NAME: it has booted and counts from now on.
begins()
{
    boot=$(sleep 3; guest_boot "$2") ticks=0
    lives "$1" "$2"
}

# life WHAT NAME
life()
{
    run xl-vnuma create "$2.cfg"
    says "$1: it is created" 0 'pages on their nodes' || {
        tail -n 5 "/var/log/xen/qemu-dm-$2.log" /var/log/xen/xen-hotplug.log |
            sed 's/^/# /'
        return
    }
    ok "$1: it boots" guest_wait "$2" 240
    begins "$1 created" "$2"
    run xl-vnuma save "$2" /saved/"$2"
    says "$1: it is saved" 0 'saved with its placement'
    run xl-vnuma restore /saved/"$2"
    says "$1: it is restored" 0 'pages on their nodes'
    rm -f /saved/"$2"
    lives "$1 restored" "$2"
    run xl-vnuma move --yes --pnodes=1,0 "$2"
    is "$1: it is moved" "$status" 0
    lives "$1 moved" "$2"
    run xl reboot "$2"
    ok "$1: it reboots" guest_wait "$2" 240
    begins "$1 rebooted" "$2"
    run xl destroy "$2"
    wait_gone "$2" 30
}

node_free >free.before

# ---- HVM ----

guest hvm h 'vnc = 1' 'vnclisten = "127.0.0.1"'
sed -i 's/^vga = .*/vga = "stdvga"/' h.cfg
run xl create -p h.cfg
is "stock xl: HVM: it is created" "$status" 0
pages_of "$(domid_of h)" | sed 's/^/# stock xl: node and pages: /'
run xl save h /saved/h
says "stock xl: HVM: it is not saved" 1 'Cannot save a guest with vNUMA'
run xl destroy h
wait_gone h 30
most=32
life HVM h

# ---- PVH ----

guest pvh p
run xl create -p p.cfg
ok "stock xl: PVH: it is not created" test "$status" != 0
run xl destroy p
most=0
life PVH p

# ---- UEFI ----

# Never to run, so it is not moved, after which xl would let it: no Debian's
# firmware has Xen's drivers, and QEMU 7.2 ends where it runs (README).
guest hvm u 'bios = "ovmf"'
run xl create -p u.cfg
is "stock xl: UEFI: it is created" "$status" 0
pages_of "$(domid_of u)" | sed 's/^/# stock xl: node and pages: /'
run xl destroy u
wait_gone u 30
most=32
run xl-vnuma create -p u.cfg
says "UEFI: it is created" 0 'pages on their nodes'
ok "UEFI: every page is where it was promised" few_strays u
run xl-vnuma save u /saved/u
says "UEFI: it is saved" 0 'saved with its placement'
run xl-vnuma restore -p /saved/u
says "UEFI: it is restored" 0 'pages on their nodes'
ok "UEFI: and every page is where it was promised" few_strays u
run xl destroy u
wait_gone u 30
rm -f /saved/u

losetup -d "$loop"
umount /saved
rm -r /disks
ifconfig xenbr0 down
brctl delbr xenbr0
finally ok "only dom0 is left" only_dom0
finally ok "its memory is free again" memory_is_back free.before
done_testing
