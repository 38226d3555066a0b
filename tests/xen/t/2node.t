#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The scenarios that run on two alike nodes, in one boot.

exec "$(dirname "$0")/../run.sh" 2node rig create
