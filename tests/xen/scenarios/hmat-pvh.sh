#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What hmat.sh does with PVH guests.

# shellcheck disable=SC2034 # for hmat.sh
hmat_of=pvh
. /rig/scenarios/hmat.sh
