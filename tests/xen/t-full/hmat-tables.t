#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The SRAT, SLIT and HMAT that a PVH guest found in its own firmware tables, read
# by iasl: hmat.sh, run by hmat-2node.t, leaves them under XEN_OUT.

here=$(cd "$(dirname "$0")" && pwd)
files=${XEN_OUT:-}/2node-hmat/files
if [ ! -f "$files/hmat-pvh.dat" ]; then
    echo "1..0 # SKIP hmat-2node.t leaves the tables, with XEN_OUT set"
    exit 0
fi

tables=$(mktemp -d)
trap 'rm -rf "$tables"' EXIT
cp "$files/hmat-pvh-srat.dat" "$tables/srat.dat"
cp "$files/hmat-pvh-slit.dat" "$tables/slit.dat"
cp "$files/hmat-pvh.dat" "$tables/hmat.dat"
cat >"$tables/expect" <<'EOT'
apic 00 in 00 enabled 1
apic 02 in 00 enabled 1
apic 04 in 01 enabled 1
apic 06 in 01 enabled 1
0000000000000000 0000000006000000 in 00000000 enabled 1
0000000006000000 0000000006000000 in 00000001 enabled 1
distances 0A 15
distances 15 0A
memory 00000000 near 00000000
memory 00000001 near 00000001
level 0 type 00 unit 0000000000004E20: from 00000000 from 00000001 to 00000000 to 00000001 0004 0007 0007 0004
level 0 type 03 unit 0000000000002800: from 00000000 from 00000001 to 00000000 to 00000001 0002 0001 0001 0002
cache of 00000000 0000000040000000 1/1 1 1 0040
EOT
"$here/../../acpi-tables.sh" "$tables" "$tables/expect"
