# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
#
# A node of the cluster of cluster.sh: Ganeti runs in a root of its own, a disk
# of this machine, and asks the Xen of dom0's root, in which every process can
# look by /proc/1/root.  Sourced by both machines; $node is 1 or 2.

engine=/engine
# shellcheck disable=SC2034 # the scenarios'
other=$((3 - node))
address=192.0.2

# program PATH COMMANDS: in the engine's root.
program()
{
    mkdir -p "$engine${1%/*}"
    printf '#!/bin/sh\n%s\n' "$2" >"$engine$1"
    chmod 755 "$engine$1"
}

# engine COMMAND...: in its root.
engine()
{
    chroot $engine /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        LC_ALL=C HOME=/root "$@"
}

node_hardware()
{
    for module in crc16 crc32c_generic mbcache jbd2 ext4 failover net_failover \
        virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev \
        virtio_pci virtio_blk virtio_net; do
        insmod /lib/modules/$module.ko || return
    done
    mkdir -p $engine
    # It is looked for while other things are done.
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        [ ! -b /dev/vda ] || break
        sleep 1
    done
    mount -t ext4 /dev/vda $engine &&
        ifconfig eth0 "$address.$node" netmask 255.255.255.0 up
}

node_root()
{
    for dir in dev run; do
        mount --rbind /$dir $engine/$dir || return
    done
    # Ganeti renames files from there to others of its root.
    mkdir -p $engine/etc/xen
    cp -a /etc/xen/. $engine/etc/xen &&
        rm -r /etc/xen && ln -s $engine/etc/xen /etc/xen || return
    cp /rig/idle.iso / && cp /rig/idle.iso $engine/ || return
    mount -t proc proc $engine/proc && mount -t sysfs sys $engine/sys || return
    mkdir -p /run/sshd $engine/root/.ssh
    hostname "node$node"
    {
        echo "127.0.0.1 localhost"
        echo "$address.1 node1"
        echo "$address.2 node2"
        echo "$address.9 cluster"
    } >$engine/etc/hosts
    echo "node$node" >$engine/etc/hostname
    cp /rig/key $engine/root/.ssh/id_ed25519
    cp /rig/key.pub $engine/root/.ssh/id_ed25519.pub
    cp /rig/key.pub $engine/root/.ssh/authorized_keys
    echo "StrictHostKeyChecking no" >$engine/root/.ssh/config
    chmod -R go= $engine/root/.ssh
}

# What the packages xl-vnuma-front and xl-vnuma-ganeti put there.
node_packages()
{
    # shellcheck disable=SC2016 # those programs' own
    for name in /usr/sbin/xl /usr/sbin/xl-vnuma /usr/lib/xl-vnuma/front/xl; do
        program $name 'exec chroot /proc/1/root "$0" "$@"'
    done
    for name in /usr/lib/ganeti/iallocators/vnuma /usr/sbin/xl-vnuma-pull \
        /usr/lib/xl-vnuma/ganeti/xl-vnuma-tags \
        /etc/ganeti/restricted-commands/vnuma-report; do
        mkdir -p $engine${name%/*}
        cp $name $engine$name || return
    done
    for when in start reboot migrate failover move add; do
        mkdir -p $engine/etc/ganeti/hooks/instance-$when-pre.d
        ln -s /usr/lib/xl-vnuma/ganeti/xl-vnuma-tags \
            $engine/etc/ganeti/hooks/instance-$when-pre.d/
    done
    # shellcheck disable=SC2016 # that shell's
    echo 'export PATH=/usr/lib/xl-vnuma/front:$PATH' \
        >>$engine/etc/default/ganeti
    # Files that Ganeti wants to see.
    for name in boot/hvmloader bin/qemu-system-i386; do
        mkdir -p "$engine$(release_dir)/${name%/*}"
        : >"$engine$(release_dir)/$name"
    done
    mkdir -p /etc/xen/scripts
    : >/etc/xen/scripts/vif-bridge
    for script in create import export rename; do
        program /usr/share/ganeti/os/none/$script :
    done
    echo 10 >$engine/usr/share/ganeti/os/none/ganeti_api_version
    # An emulated node takes longer to answer than the 5 seconds it is given.
    sed -i 's/^RPC_CONNECT_TIMEOUT = .*/RPC_CONNECT_TIMEOUT = 60/' \
        $engine/usr/share/ganeti/3.*/ganeti/_constants.py
}

release_dir()
{
    ls -d /usr/lib/xen-[0-9]*
}

ok "node$node: disk and network" node_hardware || exit
ok "node$node: Ganeti's root" node_root || exit
ok "node$node: what packages put there" node_packages
ok "node$node: keys" engine ssh-keygen -A
ok "node$node: sshd" engine /usr/sbin/sshd
