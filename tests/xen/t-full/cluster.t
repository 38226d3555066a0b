#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Two machines as a cluster of Ganeti's.

exec "$(dirname "$0")/../cluster.sh"
