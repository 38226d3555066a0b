#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Not a test but a measurement, of a guest with vNUMA by xl-vnuma against the
# same guest without by xl, in turn, PAIRS times: saving, restoring, and a live
# migration to the same host.  Medians in seconds on a machine that emulates
# another; only their ratios mean something.
#
#     tests/xen/run.sh 2node save-numbers

. /rig/lib.sh

[ "$RIG_TOPOLOGY" = 2node ] || { echo "1..0 # SKIP needs 2node"; exit 0; }
pairs=11

mkdir -p /saved
mount -t tmpfs -o size=1200m tmpfs /saved

guest()
{
    guest_config pvh "$1" <<EOC
memory = 192
vcpus = 2
extra = "$rig_extra_ rig.tick"
$2
EOC
}

guest ours 'vnuma = [ [ "pnode=0", "size=96", "vcpus=0", "vdistances=10,21" ],
    [ "pnode=1", "size=96", "vcpus=1", "vdistances=21,10" ] ]'
guest stock ''

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
ok "one boots" guest_wait ours 120
ok "the other boots" guest_wait stock 120
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
    timed migrate.stock xl migrate -s '' stock 'xl migrate-receive'
    xl pause stock
    xl unpause ours
    timed migrate.ours xl-vnuma migrate -s '' ours 'xl-vnuma migrate-receive'
    xl pause ours
    xl unpause stock
done

for what in save restore migrate; do
    report "$what"
done
pages_of "$(domid_of ours)" | sed 's/^/# measured: node and pages: /'
xl destroy ours
xl destroy stock
wait_gone ours 20
wait_gone stock 20
umount /saved
pass "measured"
done_testing
