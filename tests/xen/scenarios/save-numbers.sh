#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Not a test but a measurement, of a guest with vNUMA by xl-vnuma against the
# same guest without by xl, in turn, PAIRS times: saving, restoring, a live
# migration to the same host and what of it the guest stands still.  Medians in
# seconds on a machine that emulates another; only their ratios mean something.
# Then the populate calls of a restore and the large pages that they ask for.
# save-numbers-hvm.sh is the same of an HVM guest.  A quarter of an hour each:
#
#     XEN_SECONDS=2400 tests/xen/run.sh 2node save-numbers

. /rig/lib.sh

[ "$RIG_TOPOLOGY" = 2node ] || { echo "1..0 # SKIP needs 2node"; exit 0; }
pairs=11
: "${numbers_type=pvh}" "${numbers_memory=512}"
half=$((numbers_memory / 2))

mkdir -p /saved
mount -t tmpfs -o size=1200m tmpfs /saved

# guest TYPE NAME LINE
guest()
{
    guest_config "$1" "$2" <<EOC
memory = $numbers_memory
vcpus = 2
extra = "$rig_extra_ rig.tick"
$3
EOC
}
vnodes="vnuma = [ [ \"pnode=0\", \"size=$half\", \"vcpus=0\", \"vdistances=10,21\" ],
    [ \"pnode=1\", \"size=$half\", \"vcpus=1\", \"vdistances=21,10\" ] ]"

guest "$numbers_type" ours "$vnodes"
guest "$numbers_type" stock ''

# timed NAME COMMAND...: seconds, to the file times.NAME
timed()
{
    timed_name=$1
    shift
    timed_start=$(cut -d ' ' -f 1 /proc/uptime)
    "$@" >log 2>&1 </dev/null
    timed_status=$?
    echo "$timed_start $(cut -d ' ' -f 1 /proc/uptime)" |
        awk '{ print $2 - $1 }' >>"times.$timed_name"
    [ "$timed_status" = 0 ] || { fail "$timed_name: $*"; sed 's/^/# /' log; }
}

shim="LD_PRELOAD=/usr/libexec/rig/hypercalls.so"

# migrated NAME COMMAND GUEST RECEIVER: timed, and how long the guest stood
# still: from the dirty pages that are asked for when it is suspended (behind
# them only tracking is turned off) to its first run over there.
migrated()
{
    rm -f calls.there calls.here
    timed "migrate.$1" env "$shim" RIG_PROGRAM=libxl-save-helper \
        RIG_ONLY=domctl.shadow_op RIG_CALLS=/root/calls.here \
        "$2" migrate -s '' "$3" "env RIG_PROGRAM=xl \
            RIG_ONLY=domctl.unpausedomain RIG_CALLS=/root/calls.there $4"
    awk 'FILENAME == "calls.here" { before = asked; asked = $5 }
        FILENAME == "calls.there" { runs = $5 }
        END { printf "%.3f\n", (runs - before) / 1000000 }' \
        calls.here calls.there >>"times.downtime.$1"
}

median()
{
    sort -n "times.$1" | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'
}

report()
{
    ours=$(median "$1.ours")
    stock=$(median "$1.stock")
    diag "measured: $1: xl-vnuma $ours s, xl $stock s, ratio" \
        "$(echo "$ours $stock" | awk '{ printf "%.2f", $1 / $2 }')," \
        "median of $(wc -l <"times.$1.ours")"
}

rm -f times.*
xl-vnuma create ours.cfg >/dev/null 2>&1
xl create stock.cfg >/dev/null 2>&1
ok "one boots" guest_wait ours 240
ok "the other boots" guest_wait stock 240
sleep 5
xl pause stock

pair=0
while [ "$pair" -lt "$pairs" ]; do
    pair=$((pair + 1))
    timed save.ours xl-vnuma save ours /saved/ours
    timed restore.ours xl-vnuma restore -p /saved/ours
    rm /saved/ours
    xl unpause stock
    timed save.stock xl save stock /saved/stock
    timed restore.stock xl restore -p /saved/stock
    rm /saved/stock
    xl unpause ours
done
xl unpause stock
xl pause ours
pair=0
while [ "$pair" -lt "$pairs" ]; do
    pair=$((pair + 1))
    migrated stock xl stock 'xl migrate-receive'
    xl pause stock
    xl unpause ours
    migrated ours xl-vnuma ours 'xl-vnuma migrate-receive'
    xl pause ours
    xl unpause stock
done

for what in save restore migrate downtime; do
    report "$what"
done
pages_of "$(domid_of ours)" | sed 's/^/# measured: node and pages: /'
xl destroy ours
xl destroy stock
wait_gone ours 20
wait_gone stock 20

# ---- populate calls ----

# populates FILE: calls, extents of 1 GiB, of 2 MiB, of 4 KiB
populates()
{
    awk '$3 == "memory.populate_physmap" && $4 > 0 {
            n++
            sub("order=", "", $6)
            extents[$6] += $4
        }
        END {
            printf "%d calls for %d x 1G, %d x 2M, %d x 4K", n,
                extents[18], extents[9], extents[0]
        }' "$1"
}

# restore_counted NAME TOOL: a guest is created, boots, is saved and restored.
restore_counted()
{
    rm -f calls.*
    env "$shim" RIG_CALLS=calls.create "$2" create -p -q "$1.cfg" >log 2>&1
    xl unpause "$1"
    ok "$1 boots" guest_wait "$1" 240
    sleep 2
    timed counted "$2" save "$1" "/saved/$1"
    env "$shim" RIG_PROGRAM=libxl-save-helper RIG_CALLS=calls.restore \
        "$2" restore -p "/saved/$1" >log 2>&1
    is "$1 is restored" $? 0
    diag "measured: $1 by $2: create: $(populates calls.create);" \
        "restore: $(populates calls.restore)"
    xl destroy "$1"
    wait_gone "$1" 20
    rm "/saved/$1"
}

restore_counted ours xl-vnuma
restore_counted stock xl

umount /saved
pass "measured"
done_testing
