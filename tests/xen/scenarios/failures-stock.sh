#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What stock xl leaves behind at some of failures.sh's points, and what Xen's
# heap takes when nothing fails.

# shellcheck disable=SC2034 # for failures.sh
failures_of=stock
. /rig/scenarios/failures.sh
