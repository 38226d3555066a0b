#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A person's way into the machine: shell.sh [TOPOLOGY [STAGEDIR...]] boots it
# and leaves dom0's console on this terminal.  "exit" there, or Ctrl-a x here,
# ends it.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
topology=${1:-2node}
[ $# -eq 0 ] || shift

tmp=$(mktemp -d "${TMPDIR:-/tmp}/xen-shell.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 3' HUP INT TERM

"$here/mkdom0.sh" "$tmp/initrd" "$@"
"$here/boot.sh" --shell --topology "$topology" --out "$tmp" "$tmp/initrd"
