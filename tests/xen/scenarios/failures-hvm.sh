#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# failures.sh with every call of the build of an HVM guest.  Takes minutes; its
# figures are in tests/xen/README.

# shellcheck disable=SC2034 # for failures.sh
failures_of=hvm
. /rig/scenarios/failures.sh
