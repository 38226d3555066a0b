#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# baseline.sh with what stock xl makes of mistakes.

# shellcheck disable=SC2034 # for baseline.sh
RIG_FULL=1
. /rig/scenarios/baseline.sh
