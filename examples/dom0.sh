#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What dom0 has, and less for a while, on a Xen host, as root.
set -ex

xl-vnuma dom0 check
xl-vnuma dom0 set --mem 1024
xl-vnuma dom0 show
xl-vnuma dom0 reset
