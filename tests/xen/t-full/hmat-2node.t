#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Guests that are told how fast their memory is, on a machine that knows it.

exec "$(dirname "$0")/../run.sh" 2node-hmat hmat-hvm hmat-pvh \
    hmat-files
