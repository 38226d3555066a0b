#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A running guest goes to other nodes of its host and to other hosts, which are
# this one behind a command or a stand-in for ssh.  It counts on, and its pages
# are where they were planned.  With RIG_BREAK, as move-breaks.sh sets it: when
# something breaks, it goes on where it was.

. /rig/lib.sh

[ "$RIG_TOPOLOGY" = 2node ] || { echo "1..0 # SKIP needs 2node"; exit 0; }

guest()
{
    guest_config "$1" "$2" <<EOC
memory = 320
vcpus = 4
extra = "$rig_extra_ rig.tick"
vnuma = [ [ "pnode=0", "size=160", "vcpus=0-1", "vdistances=10,21" ],
          [ "pnode=1", "size=160", "vcpus=2-3", "vdistances=21,10" ] ]
EOC
}

# check_place WHAT NAME PNODE0 PNODE1
check_place()
{
    pages_of "$(domid_of "$2")" >pages
    sed 's/^/# node and pages: /' pages
    ok "$1: vnode 0 is on pnode $3" test "$(pages_on "$3")" -ge "$pages0"
    ok "$1: vnode 1 is on pnode $4" test "$(pages_on "$4")" -ge 40960
    is "$1: the guest is all there is of it" \
        "$(xl list | grep -c "^$2")" 1
    is "$1: show knows where it should be" \
        "$(strays_of "$2")" 0
}

# counting NAME: remembers how far it is.
counting()
{
    boot=$(guest_boot "$1")
    ticks=$(guest_ticks "$1")
}

# counts_on WHAT NAME
counts_on()
{
    ok "$1: it counts on" guest_counts_on "$2" "$boot" "$ticks" 120
}

# As ssh does it: host, then words that make one command for its shell.
cat >/usr/bin/to-host <<'EOC'
#!/bin/sh
shift
exec sh -c "$*"
EOC
chmod +x /usr/bin/to-host

# A receiver to which only a part of the memory comes in, until /root/held is
# removed: what is done meanwhile is done in the middle.
cat >/usr/bin/receive-held <<'EOC'
#!/bin/sh
{
    dd bs=4096 count=15000 2>/dev/null
    touch /root/held
    while [ -e /root/held ]; do sleep 0.3; done
    exec cat
} | xl-vnuma migrate-receive
EOC

# kill-held PATTERN: those with such a command line, in the middle.
cat >/usr/bin/kill-held <<'EOC'
#!/bin/sh
while [ ! -e /root/held ]; do sleep 0.3; done
for dir in /proc/[0-9]*; do
    [ "$dir" = /proc/$$ ] ||
        ! tr '\0' ' ' <"$dir/cmdline" 2>/dev/null | grep -q "$1" ||
        kill -9 "${dir#/proc/}"
done
rm /root/held
EOC

# One of whose processes is killed then.
cat >/usr/bin/receive-and-kill <<'EOC'
#!/bin/sh
kill-held "$1" </dev/null >/dev/null 2>&1 &
exec receive-held
EOC
chmod +x /usr/bin/receive-held /usr/bin/kill-held /usr/bin/receive-and-kill

# The way back is cut in the middle of a message.
cat >/usr/bin/receive-and-cut <<'EOC'
#!/bin/sh
exec 3<&0
rm -f /root/back
mkfifo /root/back
xl-vnuma migrate-receive <&3 3<&- >/root/back &
exec dd bs=1 count="$1" </root/back 3<&-
EOC
chmod +x /usr/bin/receive-and-cut

node_free >free.before

about move

# ---- what works ----

# In this order, each with the guest that the one before it left.
moves()
{
pages0=40959
guest pvh p
run xl-vnuma create p.cfg
ok "the guest boots" guest_wait p 240
ok "it counts" guest_counts_on p "$(sleep 3; guest_boot p)" 0 120

run xl-vnuma move p
is "a guest that lives well stays" "$status" 0
like "it says so" "$out" 'nothing to gain'
run xl-vnuma move --pnodes=1,0 p
says "without a terminal to ask on it is not moved" 2 '^xl-vnuma: '

counting p
run xl-vnuma move --yes --pnodes=1,0 p
is "it is moved" "$status" 0
like "it says where to" "$out" 'from pnodes 0,1 to 1,0|from pnodes 0,1 to pnodes 1,0'
check_place move p 1 0
counts_on move p
like "its vcpus follow" "$(xl vcpu-list p | awk '$3 == 0 { print $NF }')" '^2-3$'
run xl reboot p
ok "it boots there" guest_wait p 240
check_place "reboot behind a move" p 1 0
ok "it counts there" guest_counts_on p "$(sleep 3; guest_boot p)" 0 120

run xl-vnuma move --yes --pnodes=1,7 p
says "a pnode that is not there is refused" 1 'pnode 7'
run xl-vnuma move --yes --pnodes=1 p
says "so is a pnode too few" 2 '^xl-vnuma: .*pnodes'

run xl-vnuma move --yes --pnodes=1,1 p
is "both vnodes may be on one pnode when that is asked for" "$status" 0
run xl-vnuma move --yes p
is "without --pnodes a better place is found" "$status" 0
like "by what is gained" "$out" 'vnodes on a pnode with another: 1 -> 0'
xl-vnuma move --yes --pnodes=1,0 p >/dev/null 2>&1
check_place "moved on" p 1 0
}

migrates()
{
counting p
run xl-vnuma migrate -s to-host --pnodes=0,1 p other-host
is "it is migrated as over ssh" "$status" 0
check_place migrate p 0 1
counts_on migrate p

counting p
run xl-vnuma migrate -s '' p 'xl-vnuma migrate-receive --pnodes=1,0'
is "it is migrated through a command" "$status" 0
check_place "through a command" p 1 0
counts_on "through a command" p
}

# To a host that has only xl; the guest ends there.
migrates_to_xl()
{
mkdir -p only-xl
for name in sh xl xenstore-read; do
    ln -sf "$(command -v $name)" only-xl/$name
done
cat >/usr/bin/to-xl <<'EOC'
#!/bin/sh
shift
PATH=/root/only-xl exec /bin/sh -c "$*"
EOC
chmod +x /usr/bin/to-xl
counting p
run xl-vnuma migrate --strict -s to-xl p other-host
says "to a host with only xl it does not go with --strict" 1 'only xl on that host: the guest is not sent'
counts_on "strict" p
counting p
run xl-vnuma migrate -s to-xl p other-host
is "without it does" "$status" 0
like "it says what is lost" "$err" 'arrives without its placement'
counts_on "only xl there" p
run xl destroy p
wait_gone p 20
}

moves_hvm()
{
pages0=40927
guest hvm h
run xl-vnuma create -p h.cfg
run xl-vnuma move --yes --pnodes=1,0 h
is "a paused HVM guest is moved" "$status" 0
check_place "paused" h 1 0
like "it stays paused" "$(xl list h)" ' --p--- '
run xl unpause h
ok "it boots there" guest_wait h 240
ok "it counts as well" guest_counts_on h "$(sleep 3; guest_boot h)" 0 120
counting h
run xl-vnuma move --yes --pnodes=0,1 h
is "it is moved while it runs" "$status" 0
check_place "HVM" h 0 1
counts_on "HVM" h
run xl destroy h
wait_gone h 20
}

# ---- what breaks ----

breaks_on_the_way()
{
pages0=40959
guest pvh p
run xl-vnuma create p.cfg
ok "another guest boots" guest_wait p 240
ok "it counts too" guest_counts_on p "$(sleep 3; guest_boot p)" 0 120
for command in 'head -c 90000000 | xl-vnuma migrate-receive' \
    'head -c 500 | xl-vnuma migrate-receive' false \
    'receive-and-cut 60' \
    "receive-and-kill '^[^ ]*libxl-save-helper --restore-domain'" \
    "receive-and-kill '^[^ ]*bin/xl migrate-receive'"; do
    counting p
    run xl-vnuma migrate -s '' p "$command"
    ok "broken: $command" test "$status" != 0 -a -n "$err"
    counts_on "it is still here" p
    sleep 1
    check_place "nothing is left of the other" p 0 1
done
counting p
run xl-vnuma migrate -s '' p "receive-and-kill '^xl-vnuma migrate-receive'"
is "without us xl brings it to its end" "$status" 0
counts_on "us killed" p
check_place "us killed" p 0 1
}

# The sender's xl, and its helper, in the middle.
breaks_at_the_sender()
{
for victim in '^[^ ]*bin/xl migrate -s' '^[^ ]*libxl-save-helper --save-domain'; do
    counting p
    xl-vnuma migrate -s '' p receive-held >sender 2>&1 </dev/null &
    kill-held "$victim"
    wait $!
    ok "killed: $victim" test $? != 0 -a -s sender
    sed 's/^/# /' sender
    counts_on "it is still here" p
    sleep 1
    check_place "nothing is left of the other" p 0 1
done
}

# A sender that adds what this receiver does not know.
refuses_another_form()
{
counting p
run xl-vnuma migrate -s '' p \
    "sed 's/^xl-vnuma [0-9]*\$/xl-vnuma 99/' | xl-vnuma migrate-receive"
like "another form of what travels is refused, by its number" "$err" 'in form 99; this one reads form.*save-form'
counts_on "it is still here" p
check_place "nothing is left of the other" p 0 1
run xl destroy p
wait_gone p 20
}

does_not_fit_twice()
{
guest_config pvh big <<'EOC'
memory = 2400
vcpus = 2
vnuma = [ [ "pnode=0", "size=1200", "vcpus=0" ],
          [ "pnode=1", "size=1200", "vcpus=1" ] ]
EOC
run xl-vnuma create -p big.cfg
run xl-vnuma move --yes --pnodes=1,0 big
says "a guest that does not fit twice is not moved" 1 'MiB'
run xl destroy big
wait_gone big 20
}

if [ "${RIG_BREAK-}" ]; then
    breaks_on_the_way
    breaks_at_the_sender
    refuses_another_form
    does_not_fit_twice
else
    moves
    migrates
    migrates_to_xl
    moves_hvm
fi

finally ok "only dom0 is left" only_dom0
finally ok "its memory is free again" memory_is_back free.before

done_testing
