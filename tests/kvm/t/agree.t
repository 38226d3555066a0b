#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The same 50 of each in every run; README says how to try more.

exec "$(dirname "$0")/../agree.sh" 50 50
