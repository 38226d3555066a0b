#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Two builds at once where there is memory for one, by ours and by stock xl,
# and a build while dom0 grows: each guest of ours is wholly as planned or
# refused with the reason, and afterwards the host is as it was.

. /rig/lib.sh

rig=/usr/libexec/rig
size=100 # MiB of each vnode

# contender NAME PNODE PNODE
contender()
{
    cat >"$1.cfg" <<EOF
name = "$1"
type = "hvm"
vga = "none"
memory = $((2 * size))
vcpus = 2
vnuma = [ [ "pnode=$2", "size=$size", "vcpus=0", "vdistances=10,21" ],
          [ "pnode=$3", "size=$size", "vcpus=1", "vdistances=21,10" ] ]
EOF
}

free_on()
{
    node_free | awk -v node="$1" '$1 == node { print $2 }'
}

# Leaves room for one contender and a quarter of another.
fill()
{
    size1=$(($(free_on 1) - size * 5 / 4))
    size2=$(($(free_on 2) - size * 5 / 4))
    cat >filler.cfg <<EOF
name = "filler"
type = "pvh"
kernel = "$rig/tiny"
memory = $((size1 + size2))
vcpus = 2
vnuma = [ [ "pnode=1", "size=$size1", "vcpus=0", "vdistances=10,21" ],
          [ "pnode=2", "size=$size2", "vcpus=1", "vdistances=21,10" ] ]
EOF
    run xl-vnuma create -p -q filler.cfg
}

# Who comes first is another matter in each round.
head_start()
{
    sleep "0.$(((round - 1) * 15 % 60 + 10))"
}

# begin COMMAND NAME: creates it meanwhile.
begin()
{
    "$1" create -p -q "$2.cfg" >"$2.out" 2>"$2.err" </dev/null &
    eval "pid_$2=\$!"
}

# end NAME: sets $status.
end()
{
    eval "wait \$pid_$1"
    status=$?
}

# All of its RAM on its nodes and nowhere else, less the VGA hole of vnode 0.
is_whole()
{
    pages_of "$(domid_of "$1")" >pages
    awk -v pages=$((size * 256)) '
        ($1 == 1 || $1 == 2) && $2 >= pages - 32 { good++; next }
        { good -= 9 }
        END { exit good != 2 }' pages
}

bad()
{
    num_bad=$((num_bad + 1))
    diag "round $round, $1: $2 (exit $status)"
    sed "s/^/$RIG_PREFIX    /" "$1.err" pages
}

# judge NAME: after a create of ours.
judge()
{
    end "$1"
    if [ "$status" = 0 ]; then
        num_built=$((num_built + 1))
        is_whole "$1" || bad "$1" "it is not as planned"
    else
        num_refused=$((num_refused + 1))
        diag "$1: $(grep -m 1 -o 'error: .*' "$1.err")"
        no_domain "$1" >/dev/null || bad "$1" "it was refused and is there"
        grep -q 'error: ' "$1.err" || bad "$1" "no reason was given"
    fi
}

# rounds NUMBER SLACK FUNCTION NAME
rounds()
{
    phase "$4"
    round=0 num_bad=0 num_built=0 num_refused=0
    while [ "$round" -lt "$1" ]; do
        round=$((round + 1))
        "$3"
        for name in one two; do
            xl destroy "$name" >/dev/null 2>&1
        done
        # A destroyed guest's last pages come a moment later.
        if ! $rig/host-state before 10 "$2" >after; then
            num_bad=$((num_bad + 1))
            diag "round $round: the host is not as it was"
            diff before after | sed "s/^/$RIG_PREFIX    /"
        fi
    done
    is "$4: each guest is whole or refused, nothing is left" "$num_bad" 0
    diag "$1 rounds: $num_built guests built, $num_refused refused"
}

two_of_ours()
{
    begin xl-vnuma one
    [ "$round" = 1 ] || head_start
    begin xl-vnuma two
    judge one
    judge two
}

against_stock_xl()
{
    begin xl-vnuma one
    [ "$round" = 1 ] || head_start
    begin xl two
    judge one
    end two
    diag "stock xl: exit $status"
}

# dom0 takes back what it gave, from all nodes in turn; what it gives back
# afterwards lies elsewhere, so others make the memory tight anew.
against_ballooning()
{
    xl destroy filler
    wait_gone filler 20
    sleep 1
    fill >/dev/null
    $rig/host-state >before
    begin xl-vnuma one
    [ "$round" = 1 ] || head_start
    xl mem-set 0 1500
    judge one
    xl destroy one >/dev/null 2>&1
    xl mem-set 0 1200
}

contender one 1 2
contender two 2 1
xl mem-set 0 1200
sleep 2
fill
is "other guests leave room for one and a quarter" "$status" 0
$rig/host-state >before

rounds 4 16 two_of_ours "two creates at once"
ok "there was a collision" test "$num_refused" -gt 0
rounds 3 16 against_stock_xl "a create beside stock xl's"
# dom0 gives back what it likes: so no node's memory is compared.
rounds 3 $((300 << 8)) against_ballooning "a create while dom0 grows"

xl destroy filler
wait_gone filler 20
xl mem-set 0 1536
finally ok "only dom0 is left" only_dom0
done_testing
