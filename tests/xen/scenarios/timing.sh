#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# How long the same guest takes with stock xl and with ours, in turns in one
# boot: figures, not assertions ("make bench-xen"; README).  Everything is
# emulated here, so ratios mean more than times.

. /rig/lib.sh

pairs=11
rig=/usr/libexec/rig

# guest NAME MIB: two vnodes of as much each.
guest()
{
    cat >"$1.cfg" <<EOF
name = "$1"
type = "hvm"
vga = "none"
memory = $((2 * $2))
vcpus = 4
vnuma = [ [ "pnode=0", "size=$2", "vcpus=0-1", "vdistances=10,21" ],
          [ "pnode=1", "size=$2", "vcpus=2-3", "vdistances=21,10" ] ]
EOF
}

# Milliseconds that a command takes; the counter is in it for both tools, and
# looks at two calls only.
took()
{
    rm -f calls
    LD_PRELOAD=$rig/hypercalls.so RIG_CALLS=calls \
        RIG_ONLY=memory.claim_pages \
        $rig/took "$@" >/dev/null 2>took.err </dev/null
    tail -n 1 took.err
}

# median, least and most of a column of numbers
spread()
{
    sort -n | awk '{ v[NR] = $1 }
        END { printf "median %.1f (%.1f to %.1f)", v[int((NR + 1) / 2)], v[1], v[NR] }'
}

median()
{
    sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# compare NAME: files NAME.xl and NAME.xl-vnuma, in milliseconds
compare()
{
    diag "$1: stock xl $(spread <"$2.xl") ms," \
        "xl-vnuma $(spread <"$2.xl-vnuma") ms," \
        "ratio $(echo "$(median "$2.xl-vnuma") $(median "$2.xl")" |
            awk '{ printf "%.2f", $1 / $2 }')"
}

# The memory step: from the claim to its end.
memory_stage()
{
    awk '$3 == "memory.claim_pages" { at[++n] = $5 }
        END { printf "%.1f\n", (at[n] - at[1]) / 1000 }' "$1"
}

# pairs_of NAME MIB
pairs_of()
{
    guest "$1" "$2"
    rm -f "$1".*.xl "$1".*.xl-vnuma
    i=0
    while [ "$i" -lt "$pairs" ]; do
        i=$((i + 1))
        phase "$1, pair $i"
        for tool in xl xl-vnuma; do
            took "$tool" create -p -q "$1.cfg" >>"$1.whole.$tool"
            memory_stage calls >>"$1.memory.$tool"
            xl destroy "$1"
        done
    done
    compare "$1, $((2 * $2)) MiB in 2 vnodes: the memory step" "$1.memory"
    compare "$1, $((2 * $2)) MiB in 2 vnodes: create -p" "$1.whole"
}

pairs_of small 256
pairs_of large 1024

guest big 4096
i=0
while [ "$i" -lt "$pairs" ]; do
    i=$((i + 1))
    phase "refusal $i"
    for tool in xl xl-vnuma; do
        took "$tool" create -p -q big.cfg >>"big.refused.$tool"
    done
    took xl-vnuma create -h >>nothing
done
compare "a guest that does not fit: until it is refused" big.refused
diag "of which xl-vnuma takes $(spread <nothing) ms to be started and linked"

finally ok "only dom0 is left" only_dom0
done_testing
