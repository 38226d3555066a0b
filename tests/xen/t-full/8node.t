#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# More shapes of guests, where they are planned, builds that race or come at
# once, show where nodes have no CPUs, and what stock xl makes of mistakes.

exec "$(dirname "$0")/../run.sh" 8node exact plan show races at-once \
    baseline-all
