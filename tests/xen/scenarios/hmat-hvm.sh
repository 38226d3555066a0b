#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What hmat.sh does with HVM guests.

# shellcheck disable=SC2034 # for hmat.sh
hmat_of=hvm
. /rig/scenarios/hmat.sh
