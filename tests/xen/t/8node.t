#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The scenarios that need nodes without CPUs, or little memory on each, in one
# boot.

exec "$(dirname "$0")/../run.sh" 8node create refuse checks baseline
