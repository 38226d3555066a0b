#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The SRAT and SLIT that PVH guests get, read by ACPICA's iasl: it finds no
# fault, understands what was meant, and makes the same bytes of what it
# understood.
#
#   acpi-tables.sh             those of tests/unit/write-acpi
#   acpi-tables.sh DIR EXPECT  DIR/srat.dat and slit.dat, from a guest; EXPECT
#                              holds what is understood, as understood() prints
set -u
# shellcheck disable=SC1091 # shellcheck reads it by itself
. "$(dirname "$0")/try.sh"

shown()
{
    sed 's/^/# /' "$1"
}

if ! command -v iasl >/dev/null; then
    echo "1..0 # SKIP no iasl (acpica-tools)"
    exit 0
fi

dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT

# What iasl makes of the fields, a line for each entry.
understood()
{
    awk -F ' : ' '
        /Proximity Domain Low|Proximity Domain :/ { domain = $2 }
        /Apic ID/ { apic = $2 }
        /Base Address/ { base = $2 }
        /Address Length/ { size = $2 }
        / Enabled :/ && apic != "" {
            print "apic", apic, "in", domain, "enabled", $2; apic = "" }
        / Enabled :/ && base != "" {
            print base, size, "in", domain, "enabled", $2; base = "" }
        /Locality  / { print "distances", $2 }
    ' "$dir/srat.dsl" "$dir/slit.dsl"
}

if [ $# = 2 ]; then
    cp "$1/srat.dat" "$1/slit.dat" "$dir" || exit 99
    cp "$2" "$dir/expect" || exit 99
else
    "${top_builddir:?}/tests/unit/write-acpi" "$dir" || exit 99
    cat >"$dir/expect" <<'EOT'
apic 00 in 00 enabled 1
apic 02 in 00 enabled 1
apic 04 in 01 enabled 1
apic 06 in 01 enabled 1
apic 08 in 00 enabled 1
0000000000000000 00000000C0000000 in 00000000 enabled 1
00000000C0000000 0000000030000000 in 00000001 enabled 1
0000000100000000 0000000010000000 in 00000001 enabled 1
0000000110000000 0000000040100000 in 00000002 enabled 1
distances 0A 15 1F
distances 15 0A 29
distances 1F 29 0A
EOT
fi

# Bytes that iasl itself sets: checksum, creator's id and revision.
masked()
{
    od -An -v -t x1 -w1 "$1" |
        sed -e '10s/.*/checksum/' -e '29,36s/.*/creator/'
}

for table in srat slit; do
    # In the directory: iasl writes what it makes beside what it reads.
    if (cd "$dir" && iasl -d $table.dat) >"$dir/log" 2>&1 &&
        ! grep -Eiq 'error|warning|invalid|incorrect|unknown' "$dir/log" \
            "$dir/$table.dsl"; then
        result ok "iasl finds no fault in the $table"
    else
        result "not ok" "iasl finds no fault in the $table"
        shown "$dir/log"
        [ ! -f "$dir/$table.dsl" ] || shown "$dir/$table.dsl"
    fi
    masked "$dir/$table.dat" >"$dir/written"
    (cd "$dir" && iasl $table.dsl) >"$dir/log" 2>&1
    if masked "$dir/$table.aml" 2>&1 | diff "$dir/written" - >"$dir/diff"; then
        result ok "iasl makes the same $table of its disassembly"
    else
        result "not ok" "iasl makes the same $table of its disassembly"
        shown "$dir/diff"
    fi
done
if understood | diff "$dir/expect" - >"$dir/diff"; then
    result ok "they say what was meant"
else
    result "not ok" "they say what was meant"
    shown "$dir/diff"
fi
tried
