#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The scenarios that run on eight nodes of which four have no CPUs, in one
# boot.

exec "$(dirname "$0")/../run.sh" 8node rig baseline
