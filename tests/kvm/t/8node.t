#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A Linux of eight nodes with huge pages, and real guests of QEMU on it.

exec "$(dirname "$0")/../../xen/run.sh" -k 8node policies refusals
