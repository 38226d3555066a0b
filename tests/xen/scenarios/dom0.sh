#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# dom0's limits: shown, checked, set and put back, value by value; a change
# that is killed is repaired by the next; a guest that fits only when dom0 gives
# memory on the right node.  The boot begins with 1536 MiB, most of it on the
# last node.

. /rig/lib.sh

memory()
{
    xenstore-read "/local/domain/0/memory/$1"
}

# All that can be set, as Xen and xenstore have it.
values()
{
    memory target
    memory static-max
    xl list -l 0 | sed -n 's/.*"max_memkb": *//p'
    xl vcpu-list 0 | awk 'NR > 1 { print $3, ($4 == "-" ? "off" : "on") }'
    xl vcpu-list 0 | sed -n 's/.*[0-9][0-9]*\.[0-9] *//p'
    xl-vnuma dom0 show --json | grep -e memkb -e '"online"'
}

record=/run/xl-vnuma/dom0

# ---- show, check ----

about dom0
run xl-vnuma dom0 show
is "show works" "$status" 0
like "what Xen's command line says" "$out" 'at most 1536 MiB'
like "what dom0 has" "$out" 'memory: 1536 MiB; target 1536 MiB, maximum 1536 MiB'
like "xl's autoballoon" "$out" 'autoballoon: off \(auto, and dom0_mem= is given'
run xl-vnuma dom0 show --json --verify=hypervisor
is "JSON too" "$status" 0
pages_of 0 >pages
is "its pages on each node are the hypervisor's count" \
    "$(printf '%s\n' "$out" | awk '
        /"node":/ { node = $2 + 0 }
        /"memkb":/ && node != "" { print node, ($2 + 0) / 4; node = "" }')" \
    "$(cat pages)"
# What libxl fills in by itself is there from here on.
values >before

run xl-vnuma dom0 check
is "check of the running Xen's own line" "$status" 0
like "says that dom0 is on any node" "$err" 'dom0-spread'
like "ends with the line to put there" "$out" '^dom0_mem=1536M,max:1536M dom0_max_vcpus=2'
run xl-vnuma dom0 check --cmdline 'dom0_mem=1G dom0_nodes=7'
says "a node that the ACPI SRAT does not have is named" 1 '<command line>:1:24: error: .*no proximity domain 7'

# ---- room that dom0 does not have where it is needed ----

# guest NAME PNODE MORE: wants MORE MiB than are free on PNODE
guest()
{
    free=$(node_free | awk -v node="$2" '$1 == node { print $2 }')
    size=$((free + $3))
    guest_config pvh "$1" <<END
memory = $size
vcpus = 1
vnuma = [ [ "pnode=$2", "size=$size", "vcpus=0", "vdistances=10" ] ]
END
}

# dom0's kernel gives back what it got last, which is on node 1.
guest wrong 0 100
run xl-vnuma create -p --make-room wrong.cfg
says "memory that comes back on another node does not help" 1 'dom0 gave [0-9]+ MiB, but not on the node'
and is "dom0 is as before" "$(values)" "$(cat before)"
and ok "nothing is left to put back" test ! -e "$record"

# ---- set, reset ----

run xl-vnuma dom0 set --mem 100
says "what would starve dom0 is refused, with what it needs" 1 'would starve dom0.*dom0-floor'
and is "nothing is touched" "$(values)" "$(cat before)"
and ok "nothing is written down" test ! -e "$record"
run xl-vnuma dom0 set --mem 2000
says "more than the maximum is refused" 1 'error: .*1536'

run xl-vnuma dom0 set --mem 1000 --max 1200 --nodes 1 --vcpus 1 --pin
is "set" "$status" 0
like "it is there" "$out" '^dom0: 1000 MiB, at most 1200 MiB; 1 vcpus'
is "its memory by xl" "$(xl list 0 | awk 'NR == 2 { print $3 }')" 1000
is "its maximum" "$(memory static-max)" 1228800
like "its vcpu by xl" "$(xl vcpu-list 0)" 'Domain-0 +0 +0 +2 .* 2 / all'
ok "what was is written down" test -s "$record"
run xl-vnuma dom0 set --mem 1100
is "set again" "$status" 0
run xl-vnuma dom0 reset
is "reset" "$status" 0
and is "every value is as it was" "$(values)" "$(cat before)"
and ok "nothing is left to put back" test ! -e "$record"
run xl-vnuma dom0 reset
is "reset of nothing" "$status" 0

# ---- killed ----

at_once()
{
    true
}

on_its_way()
{
    [ "$(memory target)" != 1572864 ]
}

# killed WHEN OPTIONS...: a "set" that is killed as soon as WHEN is true
killed()
{
    killed_when=$1
    shift
    xl-vnuma dom0 set "$@" >/dev/null 2>&1 &
    set_pid=$!
    rig_end_=$(($(now_) + 20))
    until grep -q previous "$record" 2>/dev/null && "$killed_when"; do
        [ "$(now_)" -lt "$rig_end_" ] || break
    done
    kill -9 "$set_pid"
    wait "$set_pid"
}

killed at_once --mem 900 --vcpus 1
like "killed at its first step: show says so" "$(xl-vnuma dom0 show)" interrupted
run xl-vnuma dom0 reset
is "reset repairs it" "$status" 0
and is "every value is as it was" "$(values)" "$(cat before)"

killed on_its_way --mem 900 --pin
run xl-vnuma dom0 set --mem 1400
is "killed on its way: another set" "$status" 0
like "takes it back" "$err" dom0-interrupted
unlike "all of it" "$(xl vcpu-list 0)" ' 0 / all'
run xl-vnuma dom0 reset
and is "and reset goes to the beginning" "$(values)" "$(cat before)"

# ---- room for a guest ----

pages_of 0 >pages
diag "dom0 is on: $(tr '\n' ' ' <pages)"
on0=$(awk '$1 == 0 { print int($2 / 256) }' pages)

guest far 0 $((on0 + 100))
run xl-vnuma create -p --make-room far.cfg
says "what dom0 does not have on that node is refused: where it is" 1 'dom0 cannot make room.* pnode 1'
and is "dom0 is as it was" "$(values)" "$(cat before)"

guest near 1 100
run xl-vnuma create -p near.cfg
says "a guest does not fit next to dom0" 1 'pnode 1.* missing'
run xl-vnuma create -p --make-room near.cfg
is "is created when dom0 makes room" "$status" 0
like "which it says" "$err" 'dom0 gave [0-9]+ MiB'
near_pages=$(pages_of "$(domid_of near)" | awk '$1 == 1 { print $2 }')
ok "all of it is on its node" test "${near_pages:-0}" -ge $((size * 256 - 1))
# What building takes is estimated, from above.
ok "dom0 gave no more there than was needed" test \
    "$(node_free | awk '$1 == 1 { print $2 }')" -le 40
xl destroy near
run xl-vnuma dom0 reset
and is "reset gives it back" "$(values)" "$(cat before)"

guest none 1 100
echo 'kernel = "/nonexistent"' >>none.cfg
run xl-vnuma create -p --make-room none.cfg
like "a guest cannot be built: dom0 gets its memory back" "$err" 'dom0 is as it was before'
and is "dom0 is as before" "$(values)" "$(cat before)"
and ok "nothing is left to put back" test ! -e "$record"

about

# ---- stock xl ----

run xl help mem-set
unlike "stock xl takes no node for dom0's memory" "$out$err" '[Nn]ode|NUMA'
stock_xl dom0 "no command for nodes"

done_testing
