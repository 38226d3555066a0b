#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The SRAT and SLIT that a PVH guest found in its own firmware tables, read by
# iasl: create.sh, run by 2node.t, leaves them under XEN_OUT.

here=$(cd "$(dirname "$0")" && pwd)
files=${XEN_OUT:-}/2node/files
if [ ! -f "$files/srat.dat" ]; then
    echo "1..0 # SKIP 2node.t leaves the tables, with XEN_OUT set"
    exit 0
fi

expect=$(mktemp)
trap 'rm -f "$expect"' EXIT
cat >"$expect" <<'EOF'
apic 00 in 00 enabled 1
apic 02 in 00 enabled 1
apic 04 in 01 enabled 1
apic 06 in 01 enabled 1
0000000000000000 0000000010100000 in 00000000 enabled 1
0000000010100000 000000000FF00000 in 00000001 enabled 1
distances 0A 15
distances 15 0A
EOF
"$here/../../acpi-tables.sh" "$files" "$expect"
