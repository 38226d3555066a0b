#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Guests that Debian's libvirtd starts, with its driver alone and with
# vnuma-libvirt enabled: started, rebooted, two at once, destroyed while they
# are built, saved and restored, with the daemon killed in between, one that
# does not fit, one without cells, one that is to migrate.  Each page is counted
# by the hypervisor.
#
# packages: libvirt-daemon libvirt-daemon-driver-xen libvirt-clients libvirt0
# files: usr/sbin/libvirtd usr/bin/virsh usr/share/libvirt/cpu_map
# files: usr/lib/x86_64-linux-gnu/libvirt/connection-driver/*_libxl.so

# shellcheck source=tests/xen/scenarios/libvirt-lib.sh
. /rig/scenarios/libvirt-lib.sh

case $RIG_TOPOLOGY in
2node) ;;
*) echo "1..0 # SKIP needs two nodes"; exit 0 ;;
esac

two=$(cells 256)
node_free >free.before

# ---- the driver alone ----

ok "stock libvirtd starts" daemon_starts
diag "$(v version | xargs)"
define pvh stock 256 "$two"
starts stock
is "stock libvirt: a PVH guest with cells does not start" "$status" 1
define hvm alone 256 "$two"
starts alone --paused
is "stock libvirt: an HVM guest with cells does" "$status" 0
count alone
strays_of alone >alone.strays
v resume alone
run virsh -q -c xen:///system save alone alone.save
says "stock libvirt: and is not saved" 1 libxenlight
ends alone
define pvh plain 192
starts plain
is "stock libvirt: a guest without cells starts" "$status" 0
ok "stock libvirt: and boots" guest_wait plain 240
where plain >plain.alone
ends plain
daemon_ends

# ---- with us ----

ok "it is switched on" vnuma-libvirt enable
ok "libvirtd starts with the object" daemon_starts_with_us
run vnuma-libvirt status
says "and that is shown" 0 "daemon: +$daemon has it"

guest_forget plain
starts plain
is "a guest without cells starts" "$status" 0
ok "and boots" guest_wait plain 240
is "its memory is where it was without us" "$(where plain)" \
    "$(cat plain.alone)"
ends plain

guest_forget alone
starts alone --paused
is "the HVM guest starts" "$status" 0
count alone
ok "every page of it is where it was promised ($(cat alone.strays) were not)" \
    strays alone 0
ends alone

define pvh g 256 "$two"
starts g
is "a guest with cells starts" "$status" 0
ok "every page is where it was promised" strays g 0
ok "it boots" guest_wait g 240
count g
is "it has two nodes" "$(guest_saw g online)" 0-1
where g >g.first
domid=$(domid_of g)
run virsh -q -c xen:///system reboot g
ok "it boots again" guest_wait g 240
unlike "as another domain" "$(domid_of g)" "^$domid\$"
is "where it was" "$(where g)" "$(cat g.first)"
ok "exactly" strays g 0

daemon_ends KILL
ok "the daemon is killed, and starts" daemon_starts_with_us
ok "the guest counts on" \
    guest_counts_on g "$(guest_boot g)" "$(guest_ticks g)" 60
domid=$(domid_of g)
run virsh -q -c xen:///system reboot g
ok "it boots again, by another process" guest_wait g 240
unlike "as another domain" "$(domid_of g)" "^$domid\$"
is "where it was" "$(where g)" "$(cat g.first)"
ok "exactly" strays g 0

ok "it counts" guest_counts_on g "$(sleep 3; guest_boot g)" 0 60
boot=$(guest_boot g) ticks=$(guest_ticks g)
run virsh -q -c xen:///system save g /var/lib/libvirt/g.save
is "it is saved" "$status" 0
wait_gone g 20
run virsh -q -c xen:///system restore /var/lib/libvirt/g.save
is "it is restored" "$status" 0
ok "exactly" strays g 0
is "where it was" "$(where g)" "$(cat g.first)"
ok "it counts on" guest_counts_on g "$boot" "$ticks" 60
rm -f /var/lib/libvirt/g.save
boot=$(guest_boot g) ticks=$(guest_ticks g)
run virsh -q -c xen:///system managedsave g
is "it is saved by managedsave" "$status" 0
daemon_ends
ok "the daemon ends, and starts" daemon_starts_with_us
starts g
is "the guest comes back" "$status" 0
ok "exactly" strays g 0
is "where it was" "$(where g)" "$(cat g.first)"
ok "it counts on" guest_counts_on g "$boot" "$ticks" 60
ends g

# The other host is a second daemon, which knows none of these guests; NAME=VALUE
# as for daemon_starts.
other_host()
{
    mkdir -p /second
    echo 'unix_sock_dir = "/second"' >/second/libvirtd.conf
    ip link set lo up
    unshare -m env "$@" sh -c '
        for dir in /run/libvirt /etc/libvirt /var/lib/libvirt; do
            mount -t tmpfs tmpfs $dir || exit
        done
        exec libvirtd --config /second/libvirtd.conf --pid-file /second/pid' \
        >>second.log 2>&1 &
    second=$!
    daemon_answers "$second" "$other" second.log
}

# migrates NAME
migrates()
{
    boot=$(guest_boot "$1") ticks=$(guest_ticks "$1")
    run virsh -q -c xen:///system migrate --live "$1" "$other" \
        tcp://127.0.0.1 --dname there
    is "a migration is refused" "$status" 1
    and ok "the guest counts on" guest_counts_on "$1" "$boot" "$ticks" 60
}

other='xen+unix:///system?socket=/second/libvirt-sock'
guest_forget g
starts g
ok "it boots" guest_wait g 240
ok "it counts" guest_counts_on g "$(sleep 3; guest_boot g)" 0 60
# shellcheck disable=SC2046 # a list of words
ok "another host is there" other_host $(sed -n 's/^Environment=//p' "$drop_in")
migrates g
like "with a sentence in the log" "$(cat libvirtd.log)" \
    'a migration by libvirt cannot keep'
like "and in the other's" "$(cat second.log)" \
    'there: error: a migration by libvirt cannot keep'
ok "nothing of it is left there" wait_gone there 20
ok "the other daemon lives" virsh -c "$other" version
kill "$second"
wait "$second"
ok "another host is there, without us" other_host
migrates g
virsh -c "$other" version >/dev/null 2>&1 ||
    diag "stock libvirt: the other daemon has died"
kill "$second" 2>/dev/null
wait "$second"
xl destroy there 2>/dev/null
ends g

define pvh a 256 "$two"
define pvh b 256 "$two"
v start a >a.log 2>&1 &
first=$!
starts b
is "two start at once: the second" "$status" 0
wait $first
is "and the first" $? 0
ok "every page of a is where it was promised" strays a 0
ok "every page of b is" strays b 0
ok "a boots" guest_wait a 300
ok "b boots" guest_wait b 300
count a
count b
ends a
ends b

define pvh tuned 320 "$(cells 320)" "<numatune>
    <memnode cellid='0' mode='strict' nodeset='1'/>
    <memnode cellid='1' mode='interleave' nodeset='0-1'/></numatune>"
starts tuned --paused
is "numatune counts" "$status" 0
count tuned
is "cell 0 on node 1, cell 1 on both" "$(where tuned)" "0 80 1 240"
ok "exactly" strays tuned 0
ends tuned

define pvh split 256 '' '' '<vnuma:settings xmlns:vnuma="urn:xl-vnuma:1">
    vnuma = [ [ "size=128", "vcpus=0-1", "pnode=1" ], [ "size=128" ] ]
    </vnuma:settings>'
starts split
is "a guest whose vnodes are metadata starts" "$status" 0
ok "exactly" strays split 0
ok "it boots" guest_wait split 240
like "one of its nodes has no CPUs" "$(guest_report split)" '^has_cpu: 0$'
ends split

define pvh huge 100000 "$(cells 100000)"
starts huge
says "one that does not fit is refused, with what is needed and what is free" \
    1 'MiB'
unlike "and not by libxl" "$err" libxenlight
ok "the daemon lives" daemon_lives

# virsh waits for the build; xl does not.
xml=$(cells 1600)
define pvh big 1600 "$xml"
v start big >big.log 2>&1 &
first=$!
until domid_of big >/dev/null; do sleep 0.05; done
xl destroy big
wait $first
is "one that is destroyed while it is built does not start" $? 1
sed "s/^/$RIG_PREFIX/" big.log
ok "the daemon lives" daemon_lives
ok "nothing of it is left" wait_gone big 30
v start big >big.log 2>&1 &
first=$!
until domid_of big >/dev/null; do sleep 0.05; done
ok "virsh destroys one as soon as it is built" v destroy big
wait $first
ok "the daemon lives" daemon_lives
ok "nothing of it is left" wait_gone big 30

daemon_ends
is "no build is left in the ledger" \
    "$(find /run/xl-vnuma/builds -type f 2>/dev/null)" ""
ok "it is switched off" vnuma-libvirt disable
and ok "and nothing is left of that" test ! -e "$drop_in"
sed -n 's/^xl-vnuma: /# &/p' libvirtd.log
ok "only dom0 is left" only_dom0
ok "all memory is back" memory_is_back free.before
emit libvirtd.log
emit /var/log/libvirt/libxl/libxl-driver.log
done_testing
