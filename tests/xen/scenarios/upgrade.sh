#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Hosts are upgraded with their guests: what is saved here is restored on another
# machine with another release of Xen, and guests migrate there while they run;
# upgrade.sh of this directory's parent boots both, and upgrade-there.sh does
# there what is asked for here.  Towards an older release it is refused, as stock
# xl refuses a guest without vNUMA beside it, and the guest goes on here.

. /rig/lib.sh

[ "$RIG_TOPOLOGY" = 2node ] || { echo "1..0 # SKIP needs 2node"; exit 0; }

# Of each vnode, in MiB.
size=96

mkdir -p /saved
mount -t tmpfs -o size=600m tmpfs /saved

# What xl takes for ssh: host, then the words of a command.
cat >/usr/bin/there <<'EOC'
#!/bin/sh
shift
wire=/usr/libexec/rig/wire
$wire receive 1 &
receiver=$!
exec 3<&0
$wire send 0 "$*" <&3 &
sender=$!
exec 3<&- <&-
wait "$receiver"
kill "$sender" 2>/dev/null
wait "$sender"
EOC
chmod +x /usr/bin/there

# there COMMAND: what it prints, and its status.
there()
{
    /usr/bin/there host "{ $1; } 2>&1; echo \"status \$?\"" \
        <"${2-/dev/null}" >there.out
    sed '$d; s/^/# there: /' there.out
    out=$(sed '$d' there.out)
    status=$(sed -n '$s/^status //p' there.out)
}

ok_there()
{
    there "$2"
    is "$1" "$status" 0
}

finish_there()
{
    echo | /usr/bin/there host 'done'
}

release()
{
    echo "$1" | awk '{ print $1 * 1000 + $2 }' FS=.
}

guest()
{
    guest_config "$1" "$1" <<EOC
memory = $((2 * size))
vcpus = 4
extra = "$rig_extra_ rig.tick"
vnuma = [ [ "pnode=1", "size=$size", "vcpus=0-1", "vdistances=10,21" ],
          [ "pnode=0", "size=$size", "vcpus=2-3", "vdistances=21,10" ] ]
EOC
}

# is_placed_there WHAT NAME: on the same pnodes, described as before.
is_placed_there()
{
    there "vnodes_of \"\$(domid_of $2)\" | sed 1d"
    is "$1: Xen holds the same description" "$out" "$(cat "$2.vnodes")"
    there "pages_of \"\$(domid_of $2)\""
    echo "$out" >pages
    # An HVM guest has 32 MiB less in vnode 0, for the VGA.
    ok "$1: vnode 0 is on pnode 1" \
        test "$(pages_on 1)" -ge $(((size - 32) * 256 - 1))
    ok "$1: vnode 1 is on pnode 0" test "$(pages_on 0)" -ge $((size * 256 - 1))
    there "strays_of $2"
    is "$1: no page is astray" "$out" 0
}

# lives_there WHAT NAME: it is looked at, and then ended.
lives_there()
{
    [ "$2" = plain ] || is_placed_there "$1" "$2"
    ok_there "$1: it counts on" "guest_counts_on $2 $boot $ticks 240"
    there "xl destroy $2; wait_gone $2 20"
}

# counting NAME: remembers how far it is.
counting()
{
    boot=$(guest_boot "$1")
    ticks=$(guest_ticks "$1")
}

# started TYPE NAME: by us if it has vNUMA, else by stock xl.
started()
{
    phase "$2 boots"
    run "$1" create "$2.cfg"
    is "$2: it is created by $1" "$status" 0
    ok "$2: it boots" guest_wait "$2" 400
    ok "$2: it counts" guest_counts_on "$2" "$(sleep 3; guest_boot "$2")" 0 120
    vnodes_of "$(domid_of "$2")" | sed 1d >"$2.vnodes"
}

# saved PROGRAM NAME, and its file is there.
saved()
{
    counting "$2"
    run "$1" save "$2" "/saved/$2"
    is "$2: it is saved" "$status" 0
    phase "$2 is carried"
    there "cat >/root/$2" "/saved/$2"
    there "wc -c </root/$2"
    is "$2: the whole file is there" "$out" "$(wc -c <"/saved/$2")"
}

# is_refused NAME TEXT: what was said; and nothing is left of it there.  Stock xl
# finds it out in the middle.
is_refused()
{
    case $1 in
    plain*) like "$1: stock xl fails" "$2" 'HVM context|[Rr]estor|Migration failed' ;;
    *) like "$1: it is refused by name" "$2" 'comes from Xen 4.*, this host' ;;
    esac
    and ok "$1: with a status" test "$status" != 0
    there 'xl list | tail -n +3'
    is "$1: nothing is left there" "$out" ''
}

# migrated PROGRAM NAME: xl gives a guest a minute to suspend itself, of which an
# HVM guest next to a second emulator may need more; then it is tried again.
migrated()
{
    run "$1" migrate -s there "$2" other-host
    case $err in
    *"didn't acknowledge suspend"*)
        ok "$2: it counts on, and is tried again" \
            guest_counts_on "$2" "$boot" "$ticks" 240
        run "$1" migrate -s there "$2" other-host
        ;;
    esac
}

# to_newer PROGRAM NAME
to_newer()
{
    saved "$1" "$2"
    ok_there "$2: it is restored there" "$1 restore /root/$2"
    lives_there "$2 restored" "$2"
    there "rm /root/$2"
    run "$1" restore "/saved/$2"
    ok "$2: it is restored here too" guest_counts_on "$2" "$boot" "$ticks" 240
    counting "$2"
    phase "$2 migrates"
    migrated "$1" "$2"
    is "$2: it migrates" "$status" 0
    and ok "$2: it is here no more" no_domain "$2"
    lives_there "$2 migrated" "$2"
    rm "/saved/$2"
}

# to_older PROGRAM NAME
to_older()
{
    saved "$1" "$2"
    there "$1 restore /root/$2"
    is_refused "$2 restored" "$out"
    there "rm /root/$2"
    run "$1" restore "/saved/$2"
    ok "$2: it is restored here" guest_counts_on "$2" "$boot" "$ticks" 240
    counting "$2"
    there 'rm said'
    migrated "$1" "$2"
    code=$status
    there 'cat said'
    status=$code
    is_refused "$2 migrated" "$err$out"
    ok "$2: it counts on here" guest_counts_on "$2" "$boot" "$ticks" 240
    run xl destroy "$2"
    wait_gone "$2" 20
    rm "/saved/$2"
}

here=$(xl info xen_version)
there 'xl info xen_version'
other=$out
diag "from Xen $here to $other"
to=to_newer
[ "$(release "$other")" -ge "$(release "$here")" ] || to=to_older

node_free >free.before
there 'node_free >free.before'

guest_config pvh plain <<EOC
memory = $((2 * size))
vcpus = 2
extra = "$rig_extra_ rig.tick"
EOC
started xl plain
$to xl plain
for type in pvh hvm; do
    guest "$type"
    started xl-vnuma "$type"
    $to xl-vnuma "$type"
done

umount /saved
finally ok "nothing is left here" only_dom0
finally ok "memory is as before here" memory_is_back free.before
there 'only_dom0 && memory_is_back free.before'
finally is "nothing is left there, and memory is as before" "$status" 0
finish_there
done_testing
