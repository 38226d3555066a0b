#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Where a guest lived: it is created on pnodes that no plan would choose,
# destroyed, and created again from a file that names none.

. /rig/lib.sh

case $RIG_TOPOLOGY in
2node) ;;
*) echo "1..0 # SKIP no guest for topology $RIG_TOPOLOGY"; exit 0 ;;
esac
places=/var/lib/xl-vnuma/places

# vnodes NAME PNODE0 PNODE1: "" leaves one open.
vnodes()
{
    cp start.cfg "$1.cfg"
    {
        echo "name = \"$1\""
        echo "memory = 256"
        echo "vnuma = [ [ \"pnode=${2:-auto}\", \"size=128\" ],"
        echo "          [ \"pnode=${3:-auto}\", \"size=128\" ] ]"
    } >>"$1.cfg"
}

# lives NAME PNODE0 PNODE1: all of its pages are there.
lives()
{
    pages_of "$(domid_of "$1")" >pages
    cat pages
    xl-vnuma show "$1"
    xl-vnuma show --json "$1" | tr -d ' \n' >shown
    [ "$(strays_of "$1")" = 0 ] &&
        grep -q "vnode.:0,.pnode.:$2,.*vnode.:1,.pnode.:$3," shown
}

gone()
{
    xl destroy "$1"
    wait_gone "$1" 20
}

guest_config pvh start <<EOC
memory = 256
vcpus = 2
EOC
sed -i '/^name = /d; /^memory = /d' start.cfg

about HVM
vnodes new '' ''
run xl-vnuma plan --json new.cfg
unlike "nothing is known of a guest that never lived" "$out" 'where it lived'

# Both on one pnode, which no plan chooses.
vnodes web 1 1
run xl-vnuma create -p web.cfg
is "a guest on pnodes that its file names" "$status" 0
ok "its place is kept" grep -q '"name":"web".*"pnodes":\[1,1\]' "$places"
is "for root alone" "$(stat -c %a /var/lib/xl-vnuma)" 700
ok "it is destroyed" gone web

vnodes web '' ''
again='where it lived: pnodes 1,1; every vnode is there again'
run xl-vnuma plan web.cfg
like "plan says where it goes" "$out" "$again"
run xl-vnuma plan --json web.cfg
like "and in JSON" "$out" "\"$again\""
run xl-vnuma plan --forget web.cfg
unlike "--forget: not" "$out" 'where it lived'
xl-vnuma topology >host.txt
run xl-vnuma --host host.txt plan web.cfg
unlike "on a host in a file: not" "$out" 'where it lived'

run xl-vnuma create -p web.cfg
says "create says so" 0 "$again"
ok "and its pages are there" lives web 1 1
ok "it is destroyed again" gone web

guest_forget web
run xl-vnuma create -p --forget web.cfg
unlike "create --forget does not" "$out$err" 'where it lived'
ok "it lives elsewhere" lives web 0 1
ok "and that is kept" grep -q '"name":"web".*"pnodes":\[0,1\]' "$places"

# By a move, and by save and restore.
run xl unpause web
ok "it boots" guest_wait web 240
run xl-vnuma move --yes --pnodes=1,0 web
is "it moves" "$status" 0
ok "that is kept too" grep -q '"name":"web".*"pnodes":\[1,0\]' "$places"
run xl-vnuma save web web.save
run xl-vnuma restore -p --pnodes=0,1 web.save
is "it is restored elsewhere" "$status" 0
rm -f web.save
ok "and that is kept" grep -q '"name":"web".*"pnodes":\[0,1\]' "$places"
ok "the last time" gone web

# A guest that comes first to a folder leaves the places of the others: the
# large one lived where the small one goes when it is planned alone.

# one NAME MIB PNODE: with a single vnode.
one()
{
    {
        cat start.cfg
        echo "name = \"$1\""
        echo "memory = $2"
        echo "vnuma = [ [ \"pnode=$3\" ] ]"
    } >"$1.cfg"
}

mkdir -p /etc/xen/auto
one small 160 auto
run xl-vnuma plan --json small.cfg
best=$(echo "$out" | tr -d ' \n' |
    sed -n 's/.*"vnode":0,"pnode":\([01]\),.*/\1/p')
one large "$(node_free | awk -v n="$best" '$1 == n { print $2 - 128 }')" "$best"
run xl-vnuma create -p large.cfg
is "a guest with nearly all of a node" "$status" 0
ok "which goes" gone large
sed -i 's/pnode=[01]/pnode=auto/' large.cfg
cp large.cfg small.cfg /etc/xen/auto/
run xl-vnuma create -p --forget small.cfg
is "a guest of no folder" "$status" 0
ok "takes that node" \
    grep -q '"name":"small".*"pnodes":\['"$best"'\]' "$places"
ok "it goes too" gone small
sed -i '/"name":"small"/d' "$places"
run xl-vnuma create -p /etc/xen/auto/small.cfg
is "one of /etc/xen/auto" "$status" 0
ok "does not" \
    grep -q '"name":"small".*"pnodes":\['"$((1 - best))"'\]' "$places"
run xl-vnuma create -p /etc/xen/auto/large.cfg
says "and the other comes back" 0 "where it lived: pnode $best; every vnode"
ok "one goes" gone small
ok "and the other" gone large
rm -f /etc/xen/auto/large.cfg /etc/xen/auto/small.cfg

# Nothing that is wrong with the file harms a guest.
echo 'not a place' >>"$places"
run xl-vnuma create -p web.cfg
says "a broken line is warned of, at its place" 0 \
    "^$places:[0-9]+:1: warning: "
and like "and the guest is where it lived" "$err" 'every vnode is there again'
ok "it goes" gone web
rm -f "$places" && mkdir "$places"
run xl-vnuma create -p web.cfg
says "a directory in its place costs a warning" 0 \
    "$places: where the guest lives"
ok "the guest goes" gone web
rmdir "$places"
mount -t tmpfs -o size=4k,nr_inodes=4 none /var/lib/xl-vnuma
dd if=/dev/zero of=/var/lib/xl-vnuma/full bs=4k count=1 2>/dev/null
run xl-vnuma create -p web.cfg
says "a full disk costs a warning" 0 'No space left'
ok "and that guest goes" gone web
mount -o remount,ro /var/lib/xl-vnuma
run xl-vnuma create -p web.cfg
says "and so does a read-only one" 0 'Read-only file system'
ok "and the last guest goes" gone web
umount /var/lib/xl-vnuma
finally ok "nothing is left" only_dom0

done_testing
