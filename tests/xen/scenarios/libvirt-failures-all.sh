#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# libvirt-failures.sh with every call of a start.
#
#     XEN_SECONDS=2400 tests/xen/run.sh 2node libvirt-failures-all
#
# packages: libvirt-daemon libvirt-daemon-driver-xen libvirt-clients libvirt0
# files: usr/sbin/libvirtd usr/bin/virsh usr/share/libvirt/cpu_map
# files: usr/lib/x86_64-linux-gnu/libvirt/connection-driver/*_libxl.so

# shellcheck disable=SC2034 # for libvirt-failures.sh
RIG_STEP=1
. /rig/scenarios/libvirt-failures.sh
