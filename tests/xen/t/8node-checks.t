#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The tables of guest files in front of a real xl, in a boot of its own.

exec "$(dirname "$0")/../run.sh" 8node checks
