#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Where the planner puts guests on a live host: next to a guest whose pinned
# vcpus fill a node, by cpus=, by pool=, and on memory-only nodes.  One vnode
# has few places, so what is best is found by trying all of them, from xl's own
# numbers.

. /rig/lib.sh

nodes=$(sed -n 's/^node \([0-9]*\) memory=.* cpus=[0-9].*/\1/p' \
    "/rig/topologies/$RIG_TOPOLOGY")
pcpus=$(xl info nr_cpus)

# auto NAME MIB VCPUS [SETTING...]
auto()
{
    auto_name=$1 auto_mib=$2 auto_vcpus=$3
    shift 3
    {
        echo "memory = $auto_mib"
        echo "vcpus = $auto_vcpus"
        echo 'vnuma = "auto"'
        for setting; do
            echo "$setting"
        done
    } | guest_config pvh "$auto_name"
}

# best MIB VCPUS NODE...: of these nodes the one with the fewest vcpus too many,
# those that run there counted in, and then with most memory left.
best()
{
    best_mib=$1 best_vcpus=$2
    shift 2
    {
        xl info -n | awk '/^cpu_topology/ { part = "cpu" }
            /^device/ { part = "" } /^numa_info/ { part = "node" }
            $1 ~ /^[0-9]+:$/ && part { sub(":", "", $1); print part, $1, $4, $3 }'
        xl vcpu-list | awk -v all="0-$((pcpus - 1))" \
            'NR > 1 && $4 ~ /^[0-9]/ { print "vcpu", $7 == "all" ? all : $7 }'
    } | awk -v mib="$best_mib" -v vcpus="$best_vcpus" -v nodes="$*" '
        $1 == "cpu" { node[$2] = $3; cpus[$3]++ }
        $1 == "node" { free[$2] = $4 }
        $1 == "vcpu" {
            num = split($2, part, ","); count = 0
            for (i = 1; i <= num; i++) {
                last = first = part[i]
                sub("-.*", "", first); sub(".*-", "", last)
                for (c = first + 0; c <= last + 0; c++) set[count++] = c
            }
            for (i = 0; i < count; i++) load[node[set[i]]] += 1000 / count
        }
        END {
            num = split(nodes, n, " ")
            for (i = 1; i <= num; i++) {
                over = load[n[i]] + 1000 * vcpus - 1000 * cpus[n[i]]
                if (over < 0.5) over = 0
                if (free[n[i]] < mib + 30) continue
                if (best == "" || over < least - 0.5 ||
                    (over < least + 0.5 && free[n[i]] > most)) {
                    best = n[i]; least = over; most = free[n[i]]
                }
            }
            print best
        }'
}

# is_placed NAME "PNODE ...": it is created there, and show finds nothing amiss.
is_placed()
{
    run xl-vnuma create -p --verify=hypervisor "$1.cfg"
    says "$1: every page is where it was promised" 0 \
        "^$1: ([0-9]+) of \\1 pages on their nodes"
    run xl-vnuma show "$1"
    and is "$1: it is where it is best" \
        "$(printf '%s\n' "$out" |
            awk '$1 ~ /^[0-9]+$/ && NF == 4 { print $2 }' | paste -sd ' ' -)" "$2"
    and unlike "$1: and show finds no drift" "$out" drift
}

gone()
{
    xl destroy "$1"
    wait_gone "$1" 20
}

about nowhere
last=$(echo "$nodes" | tail -n 1)

# ---- cpus= ----

auto bound 100 2 "cpus = \"node:$last\""
is_placed bound "$(best 100 2 "$last")"
gone bound

# ---- next to a guest that fills a node ----

# Where it would go if nobody ran there.
auto beside 100 2
# shellcheck disable=SC2086 # a list
alone=$(best 100 2 $nodes)
is_placed beside "$alone"
gone beside
guest_config pvh fill <<EOT
memory = 96
vcpus = 2
cpus = "node:$alone"
vnuma = [ [ "pnode=$alone", "size=96", "vcpus=0-1", "vdistances=10" ] ]
EOT
run xl-vnuma create fill.cfg
is "a guest is pinned to node $alone" "$status" 0
ok "and it runs" guest_wait fill 240
# shellcheck disable=SC2086 # a list
now=$(best 100 2 $nodes)
unlike "that node is not the best any more" "$now" "^$alone\$"
is_placed beside "$now"
gone beside
gone fill

# ---- memory-only nodes ----

if [ "$RIG_TOPOLOGY" = 8node ]; then
    free=$(xl info -n | awk '/^numa_info/ { inside = 1 }
        inside && $1 ~ /^[0-3]:$/ { sum += $3 } END { print int(sum / 2) * 2 }')
    auto large $((free + 100)) 4
    run xl-vnuma create -p --verify=hypervisor large.cfg
    says "large: memory-only vnodes take what nodes with CPUs do not hold" 0 \
        'memory-only vnodes take the rest'
    like "large: every page is where it was promised" "$out" \
        '^large: ([0-9]+) of \1 pages on their nodes'
    run xl-vnuma show large
    and unlike "large: and show finds no drift" "$out" drift
    gone large
fi

# ---- pools ----

run xl cpupool-numa-split
is "a pool for each node" "$status" 0
auto pooled 100 2 "pool = \"Pool-node$last\""
is_placed pooled "$last"
gone pooled
# Without pool= it is dom0's, which has one node now.
own=$(xl cpupool-list -c | awk '$1 ~ /^Pool-node/ { print $1, $2 }' |
    sed -n '1s/^Pool-node\([0-9]*\).*/\1/p')
auto unpooled 100 2
is_placed unpooled "$own"
gone unpooled

ok "only dom0 is left" only_dom0
done_testing
