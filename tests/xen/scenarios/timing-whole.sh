#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# timing.sh of a whole create and a whole save, of an HVM guest of 512 MiB, with
# xl-vnuma and with the front:
#
#     XEN_SECONDS=2400 tests/xen/run.sh 2node timing-whole

# shellcheck disable=SC2034 # for timing.sh
timing_what=wholes
. /rig/scenarios/timing.sh
