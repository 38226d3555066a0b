#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The first steps, on a machine without Xen: host.txt is what "xl info -n"
# printed on the host in question.
set -ex

xl-vnuma --host host.txt topology
xl-vnuma --host host.txt check two-nodes.cfg
xl-vnuma --host host.txt plan left-out.cfg
xl-vnuma --host host.txt plan -o full.cfg left-out.cfg
xl-vnuma --host host.txt check full.cfg
xl-vnuma --host host.txt plan --reserve 256 memory-only.cfg
xl-vnuma --host host.txt plan --json auto.cfg
xl-vnuma --host host.txt plan two-nodes.cfg auto.cfg
