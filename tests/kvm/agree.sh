#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# QEMU and libvirt against our readers: agree.sh LINES DOCUMENTS [OPTION]...
# makes so many of each and asks both; the options are agree.py's.  See README.
set -u
here=$(cd "$(dirname "$0")" && pwd)
: "${top_builddir:?}"

driver=/usr/lib/x86_64-linux-gnu/libvirt/connection-driver
for tool in python3 qemu-system-x86_64 setpriv virsh xmllint; do
    command -v $tool >/dev/null || { echo "1..0 # SKIP no $tool here"; exit; }
done
[ -f $driver/libvirt_driver_qemu.so ] ||
    { echo "1..0 # SKIP no libvirt-daemon-driver-qemu here"; exit; }
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
trap 'exit 3' HUP INT TERM
# Another user runs virsh, when it is root who tests.
chmod 755 "$tmp"
# Python would write its own files next to its sources.
TMPDIR=$tmp PYTHONDONTWRITEBYTECODE=1 python3 "$here/agree.py" "$@"
