#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# More shapes of guests, builds that race, and show where nodes have no CPUs.

exec "$(dirname "$0")/../run.sh" 8node exact show races
