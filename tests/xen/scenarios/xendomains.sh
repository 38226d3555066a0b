#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The scripts that start and stop all guests with the host, Debian's and
# upstream's, as they are: with stock xl, and with the front in its place as
# the package xl-vnuma-front puts it there.  Guests of all kinds are created,
# saved and restored, each page where it was promised; one that does not fit is
# refused, and the others come up.
#
# packages: bash procps python3 sysvinit-utils
# files: usr/bin/bash usr/bin/ps usr/bin/python3* usr/lib/python3*
# files: usr/lib/init usr/lib/lsb etc/init.d/xendomains

. /rig/lib.sh

case $RIG_TOPOLOGY in
2node) ;;
*) echo "1..0 # SKIP needs two nodes"; exit 0 ;;
esac

auto=/etc/xen/auto saved=/var/lib/xen/save
debian=/etc/init.d/xendomains
upstream=$(echo /usr/lib/xen-[0-9]*/bin/xendomains)
mkdir -p $auto $saved
mount -t tmpfs -o size=1000m tmpfs $saved
cp /etc/default/xendomains xendomains.before
sed -i 's/^\(XENDOMAINS_STOP_MAXWAIT\)=.*/\1=120/' /etc/default/xendomains
# Debian's file does not have it, and upstream's script wants it.
echo XENDOMAINS_CREATE_USLEEP=1000 >>/etc/default/xendomains

# guest TYPE NAME [LINE...]: in the folder of those that start with the host.
guest()
{
    type=$1 name=$2 num=$((${num-0} + 1))
    shift 2
    {
        printf '%s\n' "$@"
        # Else it is another one in each dry run.
        echo "uuid = \"01234567-89ab-cdef-0123-$(printf '%012d' "$num")\""
        echo "memory = ${memory:-160}"
        echo "extra = \"$rig_extra_ rig.tick\""
        echo "vcpus = 2"
    } | guest_config "$type" "$name"
    mv "$name.cfg" "$auto/$name"
}

# vnodes MIB: two of that size.
vnodes()
{
    echo "vnuma = [ [ \"pnode=0\", \"size=$1\", \"vcpus=0\", \"vdistances=10,21\" ],"
    echo "          [ \"pnode=1\", \"size=$1\", \"vcpus=1\", \"vdistances=21,10\" ] ]"
}

guest pvh auto 'vnuma = "auto"'
memory=1000000 guest hvm huge "$(vnodes 500000)"
guest hvm hvm "$(vnodes 80)"
guest pvh plain
guest pvh policy "$(vnodes 80)" 'xl_vnuma_policy = [ "interleave=0-1", "strict" ]'
guest pvh pvh "$(vnodes 80)"
ours="auto hvm policy pvh" all="auto hvm plain policy pvh"

# Names, in the order in which they came.
running()
{
    xl list | awk 'NR > 2 { print $2, $1 }' | sort -n | cut -d ' ' -f 2 | xargs
}

# The files of saved guests.
files()
(
    cd $saved && echo *
)

destroy_all()
{
    for name in $(running); do
        xl destroy "$name"
    done
    rm -f $saved/*
    for name in $all; do
        guest_forget "$name"
    done
}

# dry_runs FILE: what the scripts learn a guest's name from.
dry_runs()
{
    for name in huge hvm plain pvh; do
        xl create --quiet --dryrun --defconfig $auto/$name
        echo "exit $?"
    done >"$1" 2>&1
}

# ---- stock xl ----

node_free >free.before
dry_runs dry.stock
run "$debian" start
ok "stock xl: these are started" test "$(running)" != ''
diag "stock xl runs: $(running)"
is "stock xl: no PVH guest with vnuma= is among them" \
    "$(running)" "auto hvm plain"
for name in $(running); do
    ok "stock xl: $name boots" guest_wait "$name" 240
done
pages_of "$(domid_of hvm)" | sed 's/^/# hvm: node and pages: /'
sleep 3
run "$debian" stop
like "stock xl: the guest with vnuma= is not saved" "$out" \
    'Cannot save a guest with vNUMA configured'
run "$debian" start
like "stock xl: what was left of its file is not restored" "$out" \
    'Restoring Xen domain hvm .*failed'
like "stock xl: others are" "$out" 'Restoring Xen domain plain .*done'
destroy_all

# ---- the front, where the package puts it ----

mv /usr/sbin/xl /usr/sbin/xl.xen
ln -s ../lib/xl-vnuma/front/xl /usr/sbin/xl
run xl-vnuma front status
dry_runs dry.front
ok "a dry run says what stock xl says, also of a guest without room" \
    diff dry.stock dry.front
run xl create --quiet --dryrun --defconfig $auto/auto
is "a dry run of vnuma = \"auto\" ends well" "$status" 0
and like "with the name" "$out" '^ *"name": "auto",$'

# strays NAME MOST: pages that are not where they were promised.
few_strays()
{
    strays_of "$1"
    [ "$(strays_of "$1")" -le "$2" ]
}

# where NAME: how many MiB of it each node has.
where()
{
    pages_of "$(domid_of "$1")" | awk '{ print $1, int($2 / 256 + 0.5) }' |
        xargs
}

# all_exact WHAT
all_exact()
{
    for name in $ours; do
        most=0
        # What an HVM guest asks for when it boots goes anywhere.
        [ "$name" != hvm ] || most=32
        ok "$1: every page of $name is where it was promised" \
            few_strays "$name" "$most"
        run xl-vnuma show --verify=hypervisor "$name"
        is "$1: show answers for $name" "$status" 0
        [ "$name" = hvm ] ||
            and unlike "$1: no page of $name has drifted" "$out" 'drift: .*page'
    done
    is "$1: pvh is on both nodes" "$(where pvh)" "0 80 1 80"
    is "$1: policy is spread as it says" "$(where policy)" "0 40 1 120"
}

# all_remembered: where they are and how far they are.
remember_all()
{
    for name in $all; do
        guest_boot "$name" >"boot.$name"
        guest_ticks "$name" >"ticks.$name"
        where "$name" >"where.$name"
    done
}

# all_go_on WHAT
all_go_on()
{
    is "$1: all are there again" \
        "$(running | tr ' ' '\n' | sort | xargs)" "$all"
    for name in $all; do
        ok "$1: $name counts on where it was" guest_counts_on "$name" \
            "$(cat "boot.$name")" "$(cat "ticks.$name")" 120
        [ "$name" = plain ] ||
            is "$1: $name is on the nodes it was on" \
                "$(where "$name")" "$(cat "where.$name")"
    done
    all_exact "$1"
}

# stop_all WHAT SCRIPT
stop_all()
{
    remember_all
    run "$2" stop
    is "$1: all are saved" "$(files)" "$all"
    and ok "$1: none is left" only_dom0
}

run "$debian" start
is "Debian's start ends well" "$status" 0
like "the guest that does not fit is refused, with the reason" "$out" \
    '^ */etc/xen/auto/huge.* missing .*no-fit'
is "the others are created, in the script's order" "$(running)" "$all"
for name in $all; do
    ok "$name boots" guest_wait "$name" 240
    ok "$name counts" guest_counts_on "$name" "$(sleep 3; guest_boot "$name")" 0 120
done
all_exact create

stop_all "Debian's stop" "$debian"
run "$upstream" start
unlike "upstream's start restores them" "$out$err" 'error occurred while restoring'
is "and leaves no file" "$(files)" '*'
all_go_on "upstream's start"

stop_all "upstream's stop" "$upstream"
run "$debian" start
like "Debian's start restores them" "$out" 'Restoring Xen domain hvm'
is "and leaves no file" "$(files)" '*'
all_go_on "Debian's start"

destroy_all
rm -f /var/lock/xendomains
run "$upstream" start
like "upstream's start refuses what does not fit" "$out$err" \
    'error occurred while creating domain huge'
is "and creates the others, in its order" "$(running)" "$all"
all_exact "upstream's create"

# ---- as it was ----

destroy_all
rm -f /var/lock/xendomains /usr/sbin/xl
mv /usr/sbin/xl.xen /usr/sbin/xl
mv xendomains.before /etc/default/xendomains
rm -r $auto
umount $saved
finally ok "only dom0 is left" only_dom0
finally ok "its memory is free again" memory_is_back free.before
done_testing
