#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Three virtual nodes of a real Ganeti, in one network namespace, whose Xen is
# host.sh: guests with tags are added, refused, rebooted, migrated, evacuated,
# next to guests without.  cluster/run.sh starts it, as the root of a
# machine of its own.  TAP on stdout.
set -u
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
unset top_srcdir top_builddir
cd /
tmp=/tmp
# shellcheck source=tests/try.sh
. /try.sh

# program PATH COMMANDS
program()
{
    mkdir -p "${1%/*}"
    printf '#!/bin/sh\n%s\n' "$2" >"$1"
    chmod 755 "$1"
}

# ---- the cluster ----

machine()
{
    ip link set lo up
    for i in 10 11 12; do ip addr add 192.0.2.$i/32 dev lo; done
    hostname node1
    mkdir -p /vc /run/sshd /run/lock /root/.ssh /usr/lib/xen-4.17/boot /etc/xen
    : >/usr/lib/xen-4.17/boot/hvmloader
    ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
    cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys
    ssh-keygen -A
    /usr/sbin/sshd
    # shellcheck disable=SC2016 # that program's own
    program /first/xl 'exec /host.sh front "$@"'
    for script in create import export rename; do
        program "/usr/share/ganeti/os/none/$script" :
    done
    echo 10 >/usr/share/ganeti/os/none/ganeti_api_version
    /usr/lib/ganeti/tools/vcluster-setup -N -c 3 -i 9 -p 192.0.2 /vc
}

# node NAME: its Xen, the front and what is ours, below its folder.
node()
{
    node=/vc/$1
    etc=$node/etc/ganeti
    mkdir -p "$node/front" "$node/etc/xen/scripts" "$etc/restricted-commands"
    : >"$node/etc/xen/scripts/vif-bridge"
    echo secret >"$etc/vnc-cluster-password"
    ln -s .. "$node/front/root"
    # shellcheck disable=SC2016 # those programs' own
    {
        program "$node/usr/sbin/xl" 'exec /host.sh xl "$@"'
        program "$node$ours" 'exec /host.sh xl-vnuma "$@"'
        echo 'export PATH=/first:$PATH' >>"$node/etc/default/ganeti"
    }
    program "$node/bin/xl-vnuma" "GANETI_ROOTDIR=$node exec /host.sh report"
    program "$etc/restricted-commands/vnuma-report" \
        "$(sed "s|^PATH=|&$node/bin:|" /vnuma-report)"
    for when in start reboot migrate failover move add; do
        program "$etc/hooks/instance-$when-pre.d/xl-vnuma-tags" \
            "$(sed "s|^dir=|&$node|" /xl-vnuma-tags)"
    done
}

gnt()
{
    program=$1
    shift
    GANETI_ROOTDIR=/vc/node1 GANETI_HOSTNAME=node1 "$program" "$@"
}

cluster()
{
    least=disk-size=0,cpu-count=1,disk-count=0,memory-size=1
    least=$least,nic-count=0,spindle-use=0
    most=disk-size=1048576,cpu-count=8,disk-count=16,memory-size=32768
    most=$most,nic-count=8,spindle-use=12
    kernel=/usr/lib/xen-4.17/boot/hvmloader
    # Before 3.1 it has to be told.
    xen_cmd=
    ! grep -qs HV_XEN_CMD /usr/share/ganeti/3.*/ganeti/_constants.py ||
        xen_cmd=xen_cmd=xl,
    gnt gnt-cluster init --no-etc-hosts --no-ssh-init --master-netdev=lo \
        --nic-parameters=mode=routed --enabled-disk-templates=diskless \
        --enabled-hypervisors=xen-hvm --hypervisor-parameters \
        "xen-hvm:${xen_cmd}kernel_path=$kernel,device_model=$kernel" \
        --ipolicy-bounds-specs "min:$least/max:$most" \
        --default-iallocator=vnuma cluster
}

# A node's daemon is given ten seconds by Ganeti, which a loaded machine may
# need more than once.
join()
{
    gnt gnt-node add --no-ssh-key-check "$1" && return
    readd=
    for again in 1 2 3; do
        sleep "$again"
        ! gnt gnt-node list "$1" || readd=--readd
        gnt gnt-node add $readd --no-ssh-key-check "$1" && return
    done
    return 1
}

# ---- what is asked of it ----

# add NAME TAGS MIB [OPTION...]
add()
{
    guest=$1 tags=$2 mib=$3
    shift 3
    gnt gnt-instance add -t diskless --no-nics -o none --no-name-check \
        --no-ip-check -B "memory=$mib,vcpus=2" ${tags:+"--tags=$tags"} "$@" \
        "$guest"
}

# says WORDS COMMAND...: they are in what it says, however it ends.
says()
{
    words=$1
    shift
    "$@" >/tmp/said 2>&1
    cat /tmp/said
    grep -qF -e "$words" /tmp/said
}

# fails WORDS COMMAND...
fails()
{
    words=$1
    shift
    "$@" >/tmp/said 2>&1 && { cat /tmp/said; return 1; }
    cat /tmp/said
    tr '\n' ' ' </tmp/said | grep -qF -e "$words"
}

# Where it runs.
node_of()
{
    for domain in /vc/*/domains/"$1"; do
        domain=${domain%/domains/*}
        echo "${domain#/vc/}"
    done
}

# has_vnodes NAME NUM: on its node, in its file and in memory; NUM 0: by stock
# xl.
has_vnodes()
{
    at=/vc/$(node_of "$1")
    cat "$at/etc/xen/$1" "$at/domains/$1" "$at/log"
    [ "$(grep -c '"pnode=[0-9]*", "size=' "$at/etc/xen/$1")" = "$2" ] &&
        [ -f "$at/domains/$1" ] || return
    if [ "$2" = 0 ]; then
        grep '/etc/xen/'"$1"'\b' "$at/log" | tail -n 1 |
            grep -q '^stock create'
    else
        [ "$(awk '{ print (NF - 3) / 2 }' "$at/domains/$1")" = "$2" ]
    fi
}

everything_fits()
{
    for node in 1 2 3; do
        cat /dev/null /vc/node$node/domains/[a-z]* 2>/dev/null | awk '
            { for (i = 4; i < NF; i += 2) sum[$i] += $(i + 1) }
            END { print sum[0] + 0, sum[1] + 0
                  exit sum[0] > 3584 || sum[1] > 4096 }' || return
    done
}

# fill NODE: a domain that Ganeti does not know leaves 100 MiB on each pnode.
fill()
{
    zero=$(GANETI_ROOTDIR=$1 /host.sh free 0)
    one=$(GANETI_ROOTDIR=$1 /host.sh free 1)
    echo "98 $((zero + one - 200)) 2 0 $((zero - 100)) 1 $((one - 100))" \
        >"$1/domains/known"
}

pull()
{
    gnt xl-vnuma-pull
}

verify()
{
    # Not every kernel has that file, which Ganeti wants to reboot a node.
    [ -e /proc/sysrq-trigger ] || set -- --ignore-errors ENODESETUP
    gnt gnt-cluster verify "$@" >/tmp/said 2>&1
    status=$?
    cat /tmp/said
    [ $status = 0 ] && ! grep -e ERROR /tmp/said | grep -v sysrq-trigger
}

ours=$(grep -ao '/[-a-zA-Z0-9/._]*/sbin/xl-vnuma' /front/xl | head -n 1)
need "a machine" machine
for node in node1 node2 node3; do node $node; done
need "a cluster" cluster
need "  of two nodes" join node2
need "  and of three" join node3
try "the reports are pulled" pull
try "  of all" test "$(find /var/lib/xl-vnuma/reports -type f | wc -l)" = 3

try "a guest with a tag is added" \
    says "iallocator vnuma" add instance1 vnuma:2 2000
try "  with its vnodes" has_vnodes instance1 2
try "one without" add instance2 '' 1000
try "  as Ganeti writes it, by stock xl" has_vnodes instance2 0
try "  and nothing was left for it" \
    test -z "$(find /vc -path '*run/xl-vnuma*' -name instance2)"
try "one that fits in sum, and on no node" \
    fails "vnuma: 0 of 3 hosts fit" add instance3 vnuma:1 5000
try "  is not there" fails "not known" gnt gnt-instance info instance3
try "a tag that cannot be" \
    fails "none of vnuma:auto" add instance3 vnuma:99 500
try "  and with a node that the user names" \
    fails "none of vnuma:auto" add instance3 vnuma:99 500 -n node1

cat >/tmp/batch <<'END2'
[{"instance_name": "instance3", "tags": ["vnuma:1"],
  "beparams": {"memory": 3000, "vcpus": 2},
  "disk_template": "diskless", "disks": [], "nics": [], "os_type": "none",
  "hypervisor": "xen-hvm", "mode": "create", "name_check": false,
  "ip_check": false},
 {"instance_name": "instance4", "beparams": {"memory": 500, "vcpus": 1},
  "disk_template": "diskless", "disks": [], "nics": [], "os_type": "none",
  "hypervisor": "xen-hvm", "mode": "create", "name_check": false,
  "ip_check": false},
 {"instance_name": "instance5", "tags": ["vnuma:auto"],
  "beparams": {"memory": 3000, "vcpus": 2},
  "disk_template": "diskless", "disks": [], "nics": [], "os_type": "none",
  "hypervisor": "xen-hvm", "mode": "create", "name_check": false,
  "ip_check": false}]
END2
try "a batch" gnt gnt-instance batch-create /tmp/batch
try "  with vnodes" has_vnodes instance3 1
try "  without" has_vnodes instance4 0
try "  and as many as it needs" has_vnodes instance5 1
try "nowhere is more than there is" everything_fits

try "a reboot" gnt gnt-instance reboot instance1
try "  plans it again" has_vnodes instance1 2
try "its tag is gone" gnt gnt-instance remove-tags instance1 vnuma:2
try "  and it is rebooted" gnt gnt-instance reboot instance1
try "  without vnodes" has_vnodes instance1 0
try "and is there again" gnt gnt-instance add-tags instance1 vnuma:2
try "  in the next reboot" gnt gnt-instance reboot instance1
try "  with them" has_vnodes instance1 2

pull
before=$(node_of instance3)
try "a guest is migrated" gnt gnt-instance migrate -f instance3
try "  to another node" test "$before" != "$(node_of instance3)"
try "  with its vnodes" has_vnodes instance3 1
received()
{
    grep 'migrate-receive' /vc/*/log | tee /tmp/said
    grep -q 'ours migrate-receive' /tmp/said && ! grep -q stock /tmp/said
}
try "  received by the front" received
try "nowhere is more than there is" everything_fits

pull
evacuated=$(node_of instance3)
try "a node is evacuated" gnt gnt-node evacuate -f -p "$evacuated"
try "  and is empty" test -z "$(ls "/vc/$evacuated/domains")"
try "  where they went they have their vnodes" has_vnodes instance3 1
try "nowhere is more than there is" everything_fits

# ---- at once, and with reports that are not as they should be ----

pull
at_once()
{
    add instance6 vnuma:1 1200 >/tmp/six 2>&1 &
    six=$!
    add instance7 vnuma:1 1200
    status=$?
    if ! wait $six || [ $status != 0 ]; then
        cat /tmp/six
        return 1
    fi
    has_vnodes instance6 1 && has_vnodes instance7 1
}
try "two are added at once" at_once
try "nowhere is more than there is" everything_fits

for i in 3 5 6 7; do
    gnt gnt-instance remove --shutdown-timeout=0 -f instance$i &
done >/tmp/removed 2>&1
wait
pull
rm /var/lib/xl-vnuma/reports/node2.json
try "a report is missing" says "iallocator vnuma" add instance3 vnuma:1 3000
info()
{
    gnt gnt-debug iallocator -I vnuma -m allocate --dir=out --memory=1000 \
        -p 2 -o none -t diskless --tags="$1" new
}
try "  and it is named" \
    says "not used, as there is no report: node2" info vnuma:1
try "  the guest is elsewhere" test "$(node_of instance3)" != node2
for node in node1 node3; do
    fill /vc/$node
done
pull
echo "99 500 2 1 500" >/vc/node2/domains/unknown
try "a report is stale" \
    says "although the report is stale: node2 (" info vnuma:1
try "  and is used, as no other host fits" says "1 of 3 hosts fit" info vnuma:1
rm /vc/*/domains/known
try "  and not when the others are free again, by what Ganeti sees" \
    says "not used, as the report is stale: node2 (" info vnuma:1
rm /vc/node2/domains/unknown
pull
echo '{"report":1' >/var/lib/xl-vnuma/reports/node2.json
try "a report is broken" \
    says "not used, as the report is broken: node2 (" info vnuma:1

# ---- a node's daemon is gone ----

pull
kill "$(cat /vc/node3/var/run/ganeti/ganeti-noded.pid)"
try "a daemon is gone" fails "node3" add instance8 vnuma:1 1000
try "  and its report cannot be pulled" fails node3 pull
try "the node is set offline" gnt gnt-node modify -O yes node3
try "  and a guest is added" add instance8 vnuma:1 1000
try "  with its vnodes" has_vnodes instance8 1
/vc/node3/cmd /etc/init.d/ganeti start >/dev/null 2>&1
try "it is there again" gnt gnt-node modify -f -O no node3
try "  and its report" pull
try "gnt-cluster verify is clean" verify
tried
