#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The scenarios that run on two alike nodes, in one boot.  "rig" tests the rig
# itself: run.sh 2node rig.

exec "$(dirname "$0")/../run.sh" 2node show dom0 failures save
