#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Guests of libvirt: their lives, and calls of its daemon that fail.

exec "$(dirname "$0")/../run.sh" 2node libvirt libvirt-failures
