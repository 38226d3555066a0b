#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What show says of three guests at once, one of ours, one of stock xl's and
# one without vNUMA: its numbers are the hypervisor's own, and what is changed
# behind its back is seen.  Placement only: no guest runs.

. /rig/lib.sh

case $RIG_TOPOLOGY in
2node) ours=0,1 stock=1,0 away=2-3 ;;
8node) ours=0,3 stock=1,2 away=4-5 ;;
*) echo "1..0 # SKIP no guests for topology $RIG_TOPOLOGY"; exit 0 ;;
esac

# two_vnodes TYPE NAME PNODE,PNODE
two_vnodes()
{
    guest_config "$1" "$2" <<EOT
memory = 256
vcpus = 2
maxvcpus = 3
vnuma = [ [ "pnode=${3%,*}", "size=128", "vcpus=0-1", "vdistances=10,21" ],
          [ "pnode=${3#*,}", "size=128", "vcpus=2", "vdistances=21,10" ] ]
EOT
}

# "NODE PAGES" of a domain, where there are any: from the metrics in show.prom,
# and the hypervisor's own.
shown()
{
    sed -n "s/^xen_vnuma_domain_resident_pages{domid=\"$1\",.*pnode=\"\([0-9]*\)\"} /\1 /p" \
        show.prom | awk '$2 > 0' | sort -n
}

counted()
{
    pages_of "$1" | awk '$2 > 0 { print $1, $2 }' | sort -n
}

# Of show.prom: a domain's value of a metric without a pnode.
metric()
{
    sed -n "s/^$1{domid=\"$2\",domain=\"[^\"]*\"} //p" show.prom
}

# The table of one guest.
told()
{
    xl-vnuma show "$@"
}

about show
node_free >free.before
two_vnodes hvm ours "$ours"
two_vnodes hvm stock "$stock"
guest_config pvh plain <<'EOT'
memory = 200
vcpus = 1
maxvcpus = 2
EOT
run xl-vnuma create -p -q ours.cfg
is "ours is created" "$status" 0
run xl create -p stock.cfg
is "stock xl creates its own" "$status" 0
run xl create -p plain.cfg
is "stock xl creates the one without vNUMA" "$status" 0

# ---- numbers ----

run xl-vnuma show --verify=hypervisor
is "show succeeds" "$status" 0
ok "and its metrics" sh -c 'xl-vnuma show --prometheus --verify=hypervisor >show.prom'
for name in Domain-0 ours stock plain; do
    domid=$(domid_of "$name")
    counted "$domid" >want
    shown "$domid" >got
    ok "$name: there are numbers" test -s got
    # dom0 breathes.
    if [ "$name" != Domain-0 ]; then
        and is "$name: every number is the hypervisor's" \
            "$(cat got)" "$(cat want)"
    fi
done
is "ours has no page elsewhere" \
    "$(metric xen_vnuma_domain_stray_pages "$(domid_of ours)")" 0
is "the strays of stock xl's guest are those that are on other nodes, or too many on one" \
    "$(metric xen_vnuma_domain_stray_pages "$(domid_of stock)")" \
    "$(counted "$(domid_of stock)" | awk -v a="${stock%,*}" -v b="${stock#*,}" '
        $1 == a || $1 == b { d = $2 - 32768
            if (d > 0) more += d; else less -= d; next }
        { n += $2 }
        END { print n + (more < less ? more : less) }')"

# ---- JSON ----

ok "show --json succeeds" sh -c 'xl-vnuma show --json --verify=hypervisor >show.json'
emit show.json "show-$RIG_TOPOLOGY.json"
xl-vnuma topology --json >host.json
emit host.json "host-$RIG_TOPOLOGY.json"
ok "topology --json has the pools" grep -q '"pool": "Pool-0"' host.json
# Each pcpu's load is rounded to a thousandth.
xl vcpu-list | awk 'NR > 1 && $4 != "-"' >online
sed -n 's/.*"load": \([0-9]*\).*/\1/p' host.json >loads
is "and the load of each online vcpu" "$(awk -v vcpus="$(wc -l <online)" '
    { sum += $1 }
    END {
        d = sum - 1000 * vcpus
        print NR && d <= NR && -d <= NR ? "all" : sum " of " vcpus
    }' loads)" all
# What it printed, it reads: the same again, but for what only time changes.
ok "show reads its own JSON" sh -c '
    xl-vnuma --host host.json show --domains show.json --json >again.json &&
    diff show.json again.json'
like "not counted is null" "$(xl-vnuma show --json ours)" '"pages_on_node": null'

# ---- vcpus, and what is changed ----

like "ours: nothing is wrong" "$(told ours)" "^ +0 +${ours%,*} +128 +0-1\$"
and unlike "ours: no drift" "$(told ours)" 'drift'
like "a vcpu that is not there yet is offline" "$(told ours)" \
    '^ +2 +1 .* offline$'
like "the one without vNUMA has no promise" "$(told plain)" 'no vNUMA'
like "and is PVH, which Xen does not tell from HVM" "$(told plain)" \
    '^plain .*, PVH, paused'
like "neither has dom0" "$(told 0)" '^Domain-0 .*PV'
run xl vcpu-pin ours 1 "$away" all
like "a vcpu pinned away is drift" "$(told ours)" \
    "drift: vcpu 1 cannot run near its memory on pnode ${ours%,*}"
run xl vcpu-pin ours 1 all all
like "and so is one that is free to go" "$(told ours)" \
    "drift: vcpu 1 may run away from its memory on pnode ${ours%,*}"

# Another toolstack's: Xen describes its vnodes, libxl knows nothing.
mkdir kept
mv /var/lib/xen/userdata-d."$(domid_of stock)".*.libxl-json kept/
like "a promise that libxl does not know is not made up" "$(told stock)" \
    'xl does not know what was promised'
like "its vnodes are there all the same" "$(told stock)" '^ +0 +\? +128 +0-1$'
like "its JSON has no pnode" "$(xl-vnuma show --json stock)" '"pnode": null'
mv kept/* /var/lib/xen/

run xl-vnuma show nobody
says "a domain that is not there is said so, by name" 3 \
    'there is no domain "nobody"'

# ---- drawn, and again and again ----

run xl-vnuma show --draw
like "show draws" "$out" 'node 0 '
timeout 4 xl-vnuma show --watch --interval 0.5 >watched
ok "show --watch prints more than once" \
    test "$(grep -c '^Domain-0 ' watched)" -ge 2
and unlike "and no control characters where nobody looks" \
    "$(cat watched)" "$(printf '\033')"
and is "and ends with a whole answer" "$(tail -n 1 watched)" \
    "$(xl-vnuma show | tail -n 1)"

about
run xl list -n ours
like "stock xl tells no more of nodes than the affinity" "$out" \
    '^Name +ID +Mem +VCPUs[[:space:]]+State[[:space:]]+Time\(s\) +NODE Affinity$'
stock_xl show "node affinity, no pages"

for name in ours stock plain; do
    xl destroy "$name"
    wait_gone "$name" 20
done
finally ok "only dom0 is left" only_dom0
finally ok "its memory is free again" memory_is_back free.before

done_testing
