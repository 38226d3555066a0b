#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The front in the place of xl.  Whatever has nothing to do with vNUMA is as
# with stock xl: each command line below is run with both, and what they say,
# how they end and what they leave in xenstore and in libxl's files is compared
# (domids, times and the numbers of channels replaced).  A guest with vnuma= is
# then ours: created, rebooted, saved, restored, migrated, by "xl" in PATH.

. /rig/lib.sh

case $RIG_TOPOLOGY in
2node) ;;
*) echo "1..0 # SKIP no guest for topology $RIG_TOPOLOGY"; exit 0 ;;
esac
front=/usr/lib/xl-vnuma/front
uuid=01234567-89ab-cdef-0123-456789abcdef

# as stock|front COMMAND...: with that xl first in PATH.
as()
{
    as_who=$1
    shift
    if [ "$as_who" = front ]; then
        PATH=$front:$PATH "$@"
    else
        "$@"
    fi
}

# What differs from one run to the next: the domain's number, times, and what
# Xen and the kernel number as they like.
steady()
{
    sed -E -e "s/\\b(domain|dom|Domain|domid|d|v|n|r|b|backend\/[a-z]+)([ \/:=\"]*)${1:-none}\\b/\\1\\2DOMID/g" \
        -e 's/ *[0-9]+\.[0-9]+/ TIME/g' -e 's/[0-9]+:[0-9][0-9]:[0-9][0-9]/TIME/g' \
        -e 's/(port|ring-ref|tty|start_time|event-channel) = .*/\1 = N/' \
        -e 's/^(free_memory|free_cpus|outstanding_claims|xen_commandline) .*/\1/' \
        -e 's/(Domain |domain |domid=|libxl\/)[0-9]+/\1DOMID/g' \
        -e 's/^((plain|other) +)[0-9]+( .*)[-a-z]{6} /\1DOMID\3STATE /' \
        -e 's/[0-9]+%//g' -e "s/userdata-d\\.${1:-none}\\./userdata-d.DOMID./g"
}

# said WHO LINE: LINE is run by a shell; its words and its end are in WHO.said.
said()
{
    as "$1" sh -c "$2" >"$1.out" 2>"$1.err" </dev/null
    echo "exit $?" >"$1.end"
    cat "$1.out" "$1.err" "$1.end" | steady >"$1.said"
}

alike()
{
    cat front.said
    diff -a stock.said front.said
}

# ---- what changes nothing ----

guest_config pvh plain <<EOC
uuid = "$uuid"
memory = 160
vcpus = 2
EOC
guest_config hvm full <<EOC
uuid = "$uuid"
memory = 256
vcpus = 2
vnuma = [ [ "pnode=0", "size=128", "vcpus=0", "vdistances=10,21" ],
          [ "pnode=1", "size=128", "vcpus=1", "vdistances=21,10" ] ]
EOC
guest_config hvm huge <<EOC
uuid = "$uuid"
memory = 1000000
vcpus = 2
vnuma = [ [ "pnode=0", "size=500000", "vcpus=0", "vdistances=10,21" ],
          [ "pnode=1", "size=500000", "vcpus=1", "vdistances=21,10" ] ]
EOC
guest_config hvm auto <<EOC
uuid = "$uuid"
memory = 256
vcpus = 2
vnuma = "auto"
EOC
echo 'memory = )' >syntax.cfg
mkdir -p directory

cat >lines <<'EOC'
xl
xl -h
xl -z list
xl -v
xl list
xl -v list
xl -vvtT list
xl -N list
xl li
xl l
xl info -n
xl inf
xl domid Domain-0
xl domid none
xl domname 0
xl uptime
xl claims
xl cpupool-list
xl sched-credit2
xl help
xl help create
xl help nothing
xl nothing
xl ''
xl create
xl create -h
xl create --help
xl c plain.cfg
xl cr absent.cfg
xl create absent.cfg
xl create directory
xl create syntax.cfg
xl create -z full.cfg
xl create --verify=count full.cfg
xl create --vnc full.cfg
xl create full.cfg plain.cfg
xl create -f
xl create -f full.cfg plain.cfg
xl create name=1
xl create -n plain.cfg
xl -N create plain.cfg
xl create --quiet --dryrun --defconfig full.cfg
xl create -n huge.cfg
xl create -n auto.cfg
xl create -n syntax.cfg
xl create plain.cfg -n memory=200 'name="other"'
xl save
xl save none
xl save none file
xl save -z none file
xl -N save none file
xl restore
xl restore absent
xl restore plain.cfg
xl restore directory
xl restore a b c
xl res
xl migrate
xl migrate none host
xl mig none host
xl migrate-receive x
xl migrate-receive -z
xl destroy none
xl pause none
xl vcpu-list none
xl console none
xl block-list none
xl mem-set none 1
EOC
num=0
while IFS= read -r line; do
    said stock "$line"
    said front "$line"
    ok "\"$line\" is as with stock xl" alike
    num=$((num + 1))
done <lines
ok "stock xl: these are many" test "$num" -ge 40

said front 'xl create -n huge.cfg'
is "a dry run of a guest that does not fit ends well" "$(cat front.end)" "exit 0"
and like "and has its vnodes" "$(cat front.out)" vnuma_nodes

# ---- a guest without vnuma= ----

# life WHO: what it leaves at each step of its life.
life()
{
    rm -f saved
    for step in 'xl create -p plain.cfg' 'xl unpause plain' \
        'xl save -c plain saved' 'xl list plain' 'xl rename plain other' \
        'xl rename other plain' \
        "xl migrate -s '' plain 'xl migrate-receive'" 'xl destroy plain' \
        'xl restore -p saved' 'xl destroy plain' 'xl create -p -q plain.cfg' \
        'xl create -p plain.cfg' 'xl destroy plain' 'xl destroy plain'; do
        said "$1" "$step"
        id=$(domid_of plain || domid_of other)
        {
            echo "== $step"
            # Two processes speak at once when it migrates.
            case $step in
            *migrate*) sort "$1.out" "$1.err" "$1.end" ;;
            *) cat "$1.out" "$1.err" "$1.end" ;;
            esac
            [ -z "$id" ] || xenstore-ls -f -p "/local/domain/$id" 2>&1
            # With both ends on one host stock xl loses it, and we do not.
            case $step in
            *migrate*) ;;
            *) xenstore-ls -f -p "/vm/$uuid" 2>&1 ;;
            esac
            for kept in /var/lib/xen/userdata-d.*."$uuid".*; do
                echo "$kept"
                cat "$kept" 2>&1
            done
        } | steady "$id"
        # It must be able to answer before it is saved.
        [ "$step" != 'xl unpause plain' ] || guest_wait plain 240 >/dev/null
    done
    rm -f saved
    guest_forget plain
}
life stock >stock.life
life front >front.life
sed 's/^/# /' stock.life | grep '^# \(==\|exit\)'
ok "stock xl: its life has all steps" test "$(grep -c '^exit' stock.life)" -ge 14
ok "a guest without vnuma= lives as with stock xl" \
    diff -a stock.life front.life
finally ok "nothing is left of it" only_dom0

# ---- a guest with it ----

# What an HVM guest asks for when it boots goes anywhere: a few pages.
strays()
{
    strays_of full
    [ "$(strays_of full)" -le 32 ]
}
run as front xl create full.cfg
says "a guest with vnuma=, by xl" 0 'pages on their nodes'
ok "it boots" guest_wait full 240
and ok "its pages are where they should be" strays
run as front xl reboot full
ok "it reboots" guest_wait full 240
and ok "and they are there again" strays
run as front xl save full saved
says "it is saved by xl" 0 'saved with its placement'
run as front xl restore saved
says "and restored" 0 'pages on their nodes'
rm -f saved
and ok "to the same places" strays
run as front xl migrate -s '' full 'xl migrate-receive'
is "it is migrated by xl" "$status" 0
and ok "to the same places" strays
run xl destroy full
run as front xl create -p huge.cfg
says "one that does not fit is refused" 1 'does not fit|missing'
run as front xl-vnuma front status
says "status: what is in force" 0 "^xl in PATH: *$front/xl, the front"

# ---- one of Ganeti's, with what its hook left of its tags ----

mkdir -p /etc/xen /run/xl-vnuma/ganeti
guest_config hvm tagged <<EOC
memory = 256
vcpus = 2
EOC
mv tagged.cfg /etc/xen/tagged
echo 'vnuma=[["pnode=auto"],["pnode=auto"]]' >/run/xl-vnuma/ganeti/tagged
for time in first second; do
    run as front xl create -p /etc/xen/tagged
    says "a guest with tags is created, the $time time" 0 'pages on their nodes'
    is "and its file says where it is, once" \
        "$(grep -c '"pnode=[0-9]*", "size=128"' /etc/xen/tagged)" 2
    run xl destroy tagged
done
rm -r /etc/xen/tagged /run/xl-vnuma/ganeti

# ---- without xl-vnuma ----

mv /usr/sbin/xl-vnuma /usr/sbin/xl-vnuma.away
run as front xl create -p full.cfg
says "without xl-vnuma it is refused" 3 'xl-vnuma cannot be used: .*No such file'
run as front xl create -p plain.cfg
is "and one without vnuma= is not" "$status" 0
run xl destroy plain
mkdir -p /etc/xen
echo 'fallback = "stock"' >/etc/xen/xl-vnuma.conf
run as front xl create -p full.cfg
says "or it is stock xl's, where the administrator says so" 0 'warning: .*stock xl'
run xl destroy full
rm -f /etc/xen/xl-vnuma.conf
mv /usr/sbin/xl-vnuma.away /usr/sbin/xl-vnuma

# ---- what it adds ----

# of WHO: milliseconds of "xl list", a column.
of()
{
    as "$1" /usr/libexec/rig/took xl list 2>took.err >/dev/null </dev/null
    tail -n 1 took.err
}
i=0
while [ "$i" -lt 21 ]; do
    i=$((i + 1))
    of stock >>list.stock
    of front >>list.front
done
for who in stock front; do
    sort -n list.$who | awk -v who=$who '{ v[NR] = $1 }
        END { printf "# xl list, %s: median %.1f ms (%.1f to %.1f)\n", who,
            v[int((NR + 1) / 2)], v[1], v[NR] }'
done

finally ok "only dom0 is left" only_dom0
done_testing
