#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The first guest, on a Xen host, as root: guest.cfg is a guest's file.
set -ex

xl info -n > host.txt
xl-vnuma topology
xl-vnuma check guest.cfg
xl-vnuma plan guest.cfg
xl-vnuma create guest.cfg
xl-vnuma show guest
xl list
