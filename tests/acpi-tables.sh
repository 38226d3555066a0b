#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The SRAT and SLIT that PVH guests get, and HMATs, read by ACPICA's iasl: it
# finds no fault, understands what was meant, and makes the same bytes of what
# it understood.
#
#   acpi-tables.sh                 those of tests/unit/write-acpi
#   acpi-tables.sh [DIR EXPECT]... those of DIR/srat.dat, slit.dat and hmat.dat
#                                  that are there, from a guest; EXPECT holds
#                                  what is understood, as understood() prints
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
    touch "$dir/srat.dsl" "$dir/slit.dsl" "$dir/hmat.dsl"
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
    awk -F ' : ' '
        /Attached Initiator/ { from = $2 }
        /Proximity Domain Valid/ { valid = $2 }
        / Memory Proximity Domain / { memory = $2 }
        /Reserved4/ { print "memory", memory, valid ? "near " from : "alone" }
        /Memory Hierarchy/ { level = $2 }
        /Data Type/ { type = $2 }
        /Entry Base Unit/ { printf "level %s type %s unit %s:", level, type, $2
            num = 0 }
        /Initiator Proximity Domain List/ { printf " from %s", $2 }
        /Target Proximity Domain List/ { printf " to %s", $2; entries = 1 }
        / Entry : / { printf " %s", $2 }
        /Structure Type/ && entries { print ""; entries = 0 }
        /Memory Side Cache Size/ { size = $2 }
        /Total Cache Levels/ { levels = $2 }
        / Cache Level / { level = $2 }
        /Cache Associativity/ { ways = $2 }
        /Write Policy/ { policy = $2 }
        /Cache Line Size/ { print "cache of", memory, size, level "/" levels,
            ways, policy, $2 }
        END { if (entries) print "" }
    ' "$dir/hmat.dsl"
}

# Bytes that iasl itself sets: checksum, creator's id and revision.
masked()
{
    od -An -v -t x1 -w1 "$1" |
        sed -e '10s/.*/checksum/' -e '29,36s/.*/creator/'
}

# judge NAME: the tables in $dir, by $dir/expect.
judge()
{
    for table in srat slit hmat; do
        [ -f "$dir/$table.dat" ] || continue
        # In the directory: iasl writes what it makes beside what it reads.
        if (cd "$dir" && iasl -d $table.dat) >"$dir/log" 2>&1 &&
            ! grep -Eiq 'error|warning|invalid|incorrect|unknown' "$dir/log" \
                "$dir/$table.dsl"; then
            result ok "iasl finds no fault in the $table$1"
        else
            result "not ok" "iasl finds no fault in the $table$1"
            shown "$dir/log"
            [ ! -f "$dir/$table.dsl" ] || shown "$dir/$table.dsl"
        fi
        masked "$dir/$table.dat" >"$dir/written"
        (cd "$dir" && iasl $table.dsl) >"$dir/log" 2>&1
        if masked "$dir/$table.aml" 2>&1 | diff "$dir/written" - >"$dir/diff"
        then
            result ok "iasl makes the same $table$1 of its disassembly"
        else
            result "not ok" "iasl makes the same $table$1 of its disassembly"
            shown "$dir/diff"
        fi
    done
    if understood | diff "$dir/expect" - >"$dir/diff"; then
        result ok "they say what was meant${1:+:$1}"
    else
        result "not ok" "they say what was meant${1:+:$1}"
        shown "$dir/diff"
    fi
}

if [ $# = 0 ]; then
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
memory 00000000 near 00000000
memory 00000001 near 00000001
memory 00000002 near 00000000
level 0 type 01 unit 0000000000000DAC: from 00000000 from 00000001 to 00000000 to 00000001 to 00000002 0017 0028 0028 0028 0017 FFFF
level 0 type 03 unit 0000000000002800: from 00000000 from 00000001 to 00000000 to 00000001 to 00000002 0002 0001 0001 0001 0002 0001
level 1 type 00 unit 0000000000003039: from 00000000 from 00000001 to 00000000 to 00000001 to 00000002 0000 0000 0001 0000 0000 0000
cache of 00000002 0000000400000000 1/1 1 2 0040
EOT
    judge ''
fi
while [ $# -ge 2 ]; do
    rm -f "$dir"/*
    cp "$1"/*.dat "$dir" && cp "$2" "$dir/expect" || exit 99
    judge " of ${1##*/}"
    shift 2
done
tried
