#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The other machine of cluster.sh: there until that says that all is done.
#
# modules: crc16 crc32c_generic mbcache jbd2 ext4 failover net_failover virtio
# modules: virtio_ring virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci
# modules: virtio_blk virtio_net

. /rig/lib.sh

# shellcheck disable=SC2034 # for that
node=2
. /rig/scenarios/cluster-node.sh

phase "waits for what node1 wants"
until [ -e /run/done ]; do sleep 1; done
pass "everything that was asked for was done"
done_testing
