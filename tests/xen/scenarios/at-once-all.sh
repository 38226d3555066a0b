#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# at-once.sh for twenty rounds, while stock xl works and creates are killed.
#
#     XEN_SECONDS=2400 tests/xen/run.sh 8node at-once-all

# shellcheck disable=SC2034 # for at-once.sh
at_once_rounds=20
. /rig/scenarios/at-once.sh
