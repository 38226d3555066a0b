#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# killed.sh at every hypercall of a build.
#
#     XEN_SECONDS=3600 tests/xen/run.sh 2node killed-all

# shellcheck disable=SC2034 # for killed.sh
step_of=1
. /rig/scenarios/killed.sh
