#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# All of save.sh:
#
#     tests/xen/run.sh 2node save-all

# shellcheck disable=SC2034 # for save.sh
RIG_FULL=yes
. /rig/scenarios/save.sh
