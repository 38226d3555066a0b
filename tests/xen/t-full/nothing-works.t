#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A test of the tests: what passes when nothing of ours starts.

exec "$(dirname "$0")/../nothing-works.sh"
