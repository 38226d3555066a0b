#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Guests that start and stop with the host, and guests with devices, in a boot
# with what Debian's own scripts for them need.

exec "$(dirname "$0")/../run.sh" 2node xendomains devices
