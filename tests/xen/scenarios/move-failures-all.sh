#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# move-failures.sh with every call of the receiver.  Half an hour and more:
#
#     XEN_SECONDS=5000 tests/xen/run.sh 2node move-failures-all

# shellcheck disable=SC2034 # for move-failures.sh
move_failures=all
. /rig/scenarios/move-failures.sh
