#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# How long the same guest takes with stock xl and with ours, in turns in one
# boot: figures, not assertions ("make bench-xen"; README).  Everything is
# emulated here, so ratios mean more than times.  Here the memory step, and a
# refusal; timing-whole.sh is the whole of create and of save.

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

# whole COMMAND...: the same without the counter, when what was before has come
# to its end: a guest's device model, and the scrubbing of its memory.
whole()
{
    sleep 2
    $rig/took "$@" >/dev/null 2>took.err </dev/null
    tail -n 1 took.err
}

# median, least and most of a column of numbers
spread()
{
    sort -n | awk '{ v[NR] = $1 }
        END { printf "median %.1f (%.1f to %.1f)", v[int((NR + 1) / 2)],
                  v[1], v[NR] }'
}

median()
{
    sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# compare NAME FILES TOOL...: files FILES.xl and FILES.TOOL, in milliseconds
compare()
{
    compare_name=$1
    compare_files=$2
    shift 2
    diag "$compare_name: stock xl $(spread <"$compare_files.xl") ms"
    for tool; do
        diag "    $tool $(spread <"$compare_files.$tool") ms, ratio" \
            "$(echo "$(median "$compare_files.$tool")" \
                "$(median "$compare_files.xl")" |
                awk '{ printf "%.3f", $1 / $2 }')"
    done
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
            took "$tool" create -p -q "$1.cfg" >>all
            memory_stage calls >>"$1.memory.$tool"
            xl destroy "$1"
        done
    done
    compare "$((2 * $2)) MiB in 2 vnodes: the memory step" "$1.memory" xl-vnuma
}

memory_steps()
{
    pairs_of small 256
    pairs_of large 1024
}

refusals()
{
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
    compare "a guest that does not fit: until it is refused" big.refused \
        xl-vnuma
    diag "of which xl-vnuma takes $(spread <nothing) ms to be started and" \
        "linked"
}

# The whole of create, and of save, which stock xl does of a guest without
# vnuma= only.  The guests never run; Xen itself suspends those.
wholes()
{
    mkdir -p /saved
    mount -t tmpfs -o size=900m tmpfs /saved
    guest whole 256
    sed 's/"whole"/"plain"/; /vnuma/,$d' whole.cfg >plain.cfg
    rm -f create.* save.*
    i=0
    while [ "$i" -lt "$pairs" ]; do
        i=$((i + 1))
        phase "create and save $i"
        whole xl create -p -q whole.cfg >>create.xl
        xl destroy whole
        xl create -p -q plain.cfg
        whole xl save plain /saved/guest >>save.xl
        rm /saved/guest
        for tool in xl-vnuma front; do
            case $tool in
            front) command=/usr/lib/xl-vnuma/front/xl ;;
            *) command=$tool ;;
            esac
            whole $command create -p -q whole.cfg >>create.$tool
            whole $command save whole /saved/guest >>save.$tool
            ok "$tool, $i: created and saved" no_domain whole
            rm /saved/guest # overwriting it would take as long as ten programs
        done
    done
    umount /saved
    compare "512 MiB in 2 vnodes, HVM: create -p" create xl-vnuma front
    compare "it, for stock xl without vnuma=: save" save xl-vnuma front
}

for what in ${timing_what-memory_steps refusals}; do
    $what
done
finally ok "only dom0 is left" only_dom0
done_testing
