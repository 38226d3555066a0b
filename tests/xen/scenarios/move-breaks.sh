#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The second half of move.sh:
#
#     tests/xen/run.sh 2node move-breaks

# shellcheck disable=SC2034 # for move.sh
RIG_BREAK=yes
. /rig/scenarios/move.sh
