#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# save-numbers.sh of an HVM guest, which has a device model:
#
#     XEN_SECONDS=2400 tests/xen/run.sh 2node save-numbers-hvm

# shellcheck disable=SC2034 # for save-numbers.sh
numbers_type=hvm numbers_memory=256
. /rig/scenarios/save-numbers.sh
