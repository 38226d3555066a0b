#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Shows what dom0 has, and shrinks it for a while; on a Xen host, as root.
set -ex

xl-vnuma dom0 check
xl-vnuma dom0 set --mem 1024
xl-vnuma dom0 show
xl-vnuma dom0 reset
