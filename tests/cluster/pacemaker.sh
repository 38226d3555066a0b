#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The agents for Pacemaker by its own tester, and crm_simulate, which decides
# by what they publish.  cluster/run.sh starts it, as the root of a machine of
# its own.  TAP on stdout.
set -u
export PATH=/first:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
export OCF_ROOT=/usr/lib/ocf HA_LOGFILE=/dev/null
cd /
tmp=/tmp
# shellcheck source=tests/try.sh
. /try.sh
agents=/usr/lib/ocf/resource.d/xl-vnuma

# program PATH COMMANDS
program()
{
    mkdir -p "${1%/*}"
    printf '#!/bin/sh\n%s\n' "$2" >"$1"
    chmod 755 "$1"
}

# guest NAME MIB VNODES
guest()
{
    vnodes=$(yes '["pnode=auto"]' | head -n "$3" | paste -sd,)
    cat >"/guests/$1.cfg" <<END2
name = '$1'
type = 'hvm'
memory = $2
vcpus = 2
vnuma = [$vnodes]
END2
}

# host FREE0 FREE1: the one that xl-vnuma sees now, of two pnodes; MiB.
host()
{
    cat >/hosts/now <<END2
{"nodes":[{"node":0,"memkb":8388608,"free_memkb":$(($1 * 1024)),
"cpus":[0,1,2,3],"distances":[10,21]},
{"node":1,"memkb":8388608,"free_memkb":$(($2 * 1024)),
"cpus":[4,5,6,7],"distances":[21,10]}]}
END2
}

# shellcheck disable=SC2016 # those programs' own
{
    program /first/xl-vnuma 'exec /usr/sbin/xl-vnuma --host /hosts/now "$@"'
    program /first/xl 'GANETI_ROOTDIR=/host exec /host.sh xl "$@"'
    program /usr/lib/xl-vnuma/front/xl \
        'echo "$@" >>/fronted; GANETI_ROOTDIR=/host exec /host.sh xl "$@"'
    # attrd_updater -n NAME -U SCORE -d SECONDS, or -n NAME -D.
    program /first/attrd_updater '
grep -v "^$2 " /attributes >/attributes.new
[ "$3" = -D ] || echo "$2 $4" >>/attributes.new
mv /attributes.new /attributes'
}
mkdir -p /guests /run/resource-agents
: >/attributes
export HA_RSCTMP=/run/resource-agents
host 3000 3000

# published TEXT: that, and no more.
published()
{
    sort /attributes | tee /dev/stderr | paste -sd, | grep -qxF "$1"
}
placement()
{
    OCF_RESOURCE_INSTANCE=place OCF_RESKEY_directory=/guests \
        "$agents/Placement" "$@"
}
# ends STATUS COMMAND...
ends()
{
    want=$1
    shift
    "$@"
    got=$?
    echo "status $got"
    [ $got = "$want" ]
}

guest one 2000 1
guest two 4000 2
guest large 5000 1
try "ocf-tester: Placement" \
    ocf-tester -n place -o directory=/guests $agents/Placement
try "  left nothing" test ! -s /attributes
try "it does not run" ends 7 placement monitor
try "it is started" ends 0 placement start
try "  and says what fits" published \
    "vnuma-large -INFINITY,vnuma-one 1000,vnuma-two 997"
host 1000 5500
try "it is asked again" ends 0 placement monitor
try "  and two on one node are worse" published \
    "vnuma-large 1000,vnuma-one 1000,vnuma-two 899"
echo ')' >/guests/two.cfg
rm /guests/one.cfg
echo "memory = 512" >/guests/plain
try "files that have no answer" ends 0 placement monitor
try "  have no score" published "vnuma-large 1000"
mkdir -p /host/domains
echo "1 5000 2" >/host/domains/large
host 0 0
try "a guest that runs here" ends 0 placement monitor
try "  fits here" published "vnuma-large 1000"
guest large 5000 1
sed -i "s/^name.*/ name=\"other\" # not that of its file/" /guests/large.cfg
mv /host/domains/large /host/domains/other
try "  by its name too" ends 0 placement monitor
try "  if that is not its file's" published "vnuma-large 1000"
mkdir /run/resource-agents/xl-vnuma-place.new
try "what cannot be written may be tried again" ends 1 placement monitor
rmdir /run/resource-agents/xl-vnuma-place.new
rm /host/domains/other /guests/*
try "it is stopped" ends 0 placement stop
try "  and takes all back" test ! -s /attributes
mv /guests /away
try "without the directory it cannot start" ends 5 placement start
mv /away /guests

# ---- the guests' own agent ----

guest vm 2000 2
host 3000 3000
sed -i '/^vnuma/d' /guests/vm.cfg
try "ocf-tester: Xen" ocf-tester -n vm -o xmfile=/guests/vm.cfg $agents/Xen
try "  by the front" grep -q '^create /guests/vm.cfg name="vm"' /fronted
xen()
{
    OCF_RESOURCE_INSTANCE=vm OCF_RESKEY_xmfile=/guests/vm.cfg \
        "$agents/Xen" "$@"
}
guest vm 9000 1
try "a guest that does not fit is refused for this host" ends 2 xen start
sed -i '/^vnuma/d' /guests/vm.cfg
try "another one that fails may be tried again" ends 1 xen start
rm /guests/*

# ---- crm_simulate ----

# cib HOSTS GUESTS: with what each host has published in /scores/HOST.
cib()
{
    cat <<END2
<cib validate-with="pacemaker-3.0" epoch="1" num_updates="0" admin_epoch="0"
 crm_feature_set="3.0.14" have-quorum="1" dc-uuid="1">
<configuration><crm_config><cluster_property_set id="o">
<nvpair id="o1" name="stonith-enabled" value="false"/>
</cluster_property_set></crm_config><rsc_defaults><meta_attributes id="d">
<nvpair id="d1" name="resource-stickiness" value="20000"/>
</meta_attributes></rsc_defaults><nodes>
END2
    for h in $(seq "$1"); do echo "<node id=\"$h\" uname=\"n$h\"/>"; done
    echo "</nodes><resources>"
    for g in $(seq "$2"); do
        echo "<primitive id=\"vm$g\" class=\"ocf\" provider=\"xl-vnuma\"" \
            "type=\"Xen\"/>"
    done
    echo "</resources><constraints>"
    for g in $(seq "$2"); do
        cat <<END2
<rsc_location id="l$g" rsc="vm$g"><rule id="r$g" score-attribute="vnuma-vm$g">
<expression id="e$g" attribute="vnuma-vm$g" operation="defined"/>
</rule></rsc_location>
<rsc_location id="m$g" rsc="vm$g"><rule id="s$g" score="-10000">
<expression id="f$g" attribute="vnuma-vm$g" operation="not_defined"/>
</rule></rsc_location>
END2
    done
    echo "</constraints></configuration><status>"
    for h in $(seq "$1"); do
        cat <<END2
<node_state id="$h" uname="n$h" in_ccm="true" crmd="online" join="member"
 expected="member"><lrm id="$h"><lrm_resources/></lrm>
<transient_attributes id="$h"><instance_attributes id="i$h">
END2
        awk -v h="$h" '{
            printf "<nvpair id=\"i%s-%s\" name=\"%s\" value=\"%s\"/>\n",
                h, $1, $1, $2 }' "/scores/n$h"
        echo "</instance_attributes></transient_attributes></node_state>"
    done
    echo "</status></cib>"
}

# Each guest starts on a host with the best score of it, or nowhere.
decides_by_scores()
{
    rm -rf /scores && mkdir /scores
    for h in $(seq "$1"); do
        # From hosts with hardly anything to some with two large pnodes.
        host $((h * 7919 % 5000)) $((h * 104729 % 6000))
        : >/attributes
        [ "$h" = "$1" ] || placement start || return
        mv /attributes "/scores/n$h"
        rm -f /run/resource-agents/xl-vnuma-place
        : >/attributes
    done
    cib "$1" "$2" >/cib.xml
    crm_simulate -S -x /cib.xml >/simulated || return
    for g in $(seq "$2"); do
        best=$(cat /scores/* | awk -v vm="vnuma-vm$g" '
            $1 == vm && $2 > most { most = $2 } END { print most + 0 }')
        on=$(awk -v vm="vm$g" '
            $2 == "Start" && $3 == vm { print $5 }' /simulated)
        echo "vm$g: best $best, on ${on:-none}"
        if [ "$best" = 0 ]; then
            [ -z "$on" ] || return
        else
            grep -qx "vnuma-vm$g $best" "/scores/$on" || return
        fi
    done
}
# The last host publishes nothing, so nothing is there.
unheard()
{
    grep -c Start /simulated
    ! grep -q "Start.* n$1 " /simulated
}
for hosts in 4 16; do
    rm -f /guests/*
    for g in $(seq $((hosts / 2))); do
        guest "vm$g" $((500 * g + 1000)) $((g % 2 + 1))
    done
    guest "vm$((hosts / 2 + 1))" 15000 2
    try "crm_simulate with $hosts hosts decides by the scores" \
        decides_by_scores $hosts $((hosts / 2 + 1))
    try "  and not for a host without" unheard $hosts
done

# The agent does not run on n1, where the guest runs.
stays()
{
    echo "vnuma-vm1 1000" >/scores/n2
    : >/scores/n1
    cib 2 1 |
        sed '0,/<lrm_resources\/>/s||<lrm_resources><lrm_resource id="vm1"\
        class="ocf" provider="xl-vnuma" type="Xen"><lrm_rsc_op id="vm1_last_0"\
        operation_key="vm1_start_0" operation="start" call-id="7" rc-code="0"\
        crm_feature_set="3.0.14" transition-key="5:1:0:1" op-status="0"\
        transition-magic="0:0;5:1:0:1" interval="0"/></lrm_resource>\
        </lrm_resources>|' >/cib.xml
    crm_simulate -S -x /cib.xml >/simulated || return
    cat /simulated
    sed -n '/^Revised/,$p' /simulated | grep -q 'vm1.*Started n1'
}
try "a guest stays where the agent is stopped" stays
tried
