#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What t/ has on eight nodes, on two; and a killed "dom0 set".

exec "$(dirname "$0")/../run.sh" 2node create dom0-killed
