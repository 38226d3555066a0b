#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A guest is migrated, and at the other end each hypercall of xl and of its
# helper fails once, or a signal comes; or the conversation is cut, each way,
# at each of its messages.  Afterwards there is one guest, whole: the old one
# as it was, or, when it got through all the same, the new one as planned.
# Here some of the calls; move-failures-all.sh has every one.
#
#     XEN_SECONDS=1200 tests/xen/run.sh 2node move-failures

. /rig/lib.sh

[ "$RIG_TOPOLOGY" = 2node ] || { echo "1..0 # SKIP needs 2node"; exit 0; }

rig=/usr/libexec/rig
actions="ENOMEM EBUSY EINVAL EPERM ESRCH after-SIGKILL SIGTERM short"
: "${move_failures=sample}"
# As in failures.sh: what Xen's own heap takes by itself.
slack=8

# Never runs: what is moved is its memory.  HVM, which Xen suspends by itself
# where no driver answers.
cat >t.cfg <<EOF
name = "t"
type = "hvm"
vga = "none"
memory = 32
vcpus = 2
vnuma = [ [ "pnode=0", "size=16", "vcpus=0", "vdistances=10,21" ],
          [ "pnode=1", "size=16", "vcpus=1", "vdistances=21,10" ] ]
EOF

# Between our receiver and the sender: keeps what goes either way.
cat >/usr/bin/receive-and-keep <<'EOF'
#!/bin/sh
tee /root/there | xl-vnuma migrate-receive -p | tee /root/back
EOF
# The way there is cut after so many bytes.  Nothing may wait in a buffer, as in
# head's, while the sender waits for an answer: the end goes byte by byte.
cat >/usr/bin/cut-and-receive <<'EOF'
#!/bin/sh
blocks=0
[ "$1" -lt 70000 ] || blocks=$((($1 - 4096) / 65536))
{
    dd bs=65536 iflag=fullblock count="$blocks"
    dd bs=1 count=$(($1 - blocks * 65536))
} 2>/dev/null | xl-vnuma migrate-receive -p
EOF
# The way back is cut after so many bytes.
cat >/usr/bin/receive-and-cut <<'EOF'
#!/bin/sh
exec 3<&0
rm -f /root/fifo
mkfifo /root/fifo
xl-vnuma migrate-receive -p <&3 3<&- >/root/fifo &
exec dd bs=1 count="$1" 2>/dev/null </root/fifo 3<&-
EOF
chmod +x /usr/bin/receive-and-keep /usr/bin/cut-and-receive \
    /usr/bin/receive-and-cut

# migrate RECEIVER...: a command for xl's shell
migrate()
{
    rm -f calls
    xl-vnuma migrate -s '' t "$*" >migrate.out 2>&1 </dev/null
    status=$?
}

# with_shim PROGRAM [POINT]: the receiver, its calls counted, one failing
with_shim()
{
    migrate "env LD_PRELOAD=$rig/hypercalls.so RIG_CALLS=/root/calls" \
        "RIG_PROGRAM=$1 ${2:+RIG_FAIL=$2} xl-vnuma migrate-receive -p"
}

is_whole()
{
    pages_of "$(domid_of t)" >pages
    awk '$1 == 0 && $2 >= 4096 - 32 || $1 == 1 && $2 == 4096 { good++ }
        END { exit good != 2 }' pages
}

# Paused, and not suspended: nothing would go on by itself.
is_alive()
{
    [ "$(xl list t 2>/dev/null | awk 'NR == 2 { print $5 }')" = --p--- ]
}

bad()
{
    num_bad=$((num_bad + 1))
    diag "$1, exit $status: $2"
    sed "s/^/$RIG_PREFIX    /" migrate.out
}

anew()
{
    xl list | awk 'NR > 1 && $1 != "Domain-0" { print $(NF - 4) }' |
        xargs -r -n 1 xl destroy 2>/dev/null
    sleep 1
    xl-vnuma create -p -q t.cfg >/dev/null 2>&1
    $rig/host-state >before
    old=$(domid_of t)
}

# judge POINT
judge()
{
    num_points=$((num_points + 1))
    phase "$num_points: $1"
    if ! is_alive; then
        bad "$1" "there is no guest, or one that is suspended"
        anew
    elif [ "$(domid_of t)" != "$old" ]; then
        num_through=$((num_through + 1))
        through="$through $1"
        is_whole || bad "$1" "the new guest is not as planned"
        [ "$(xl list | wc -l)" = 3 ] || bad "$1" "there are two"
        anew
    elif [ "$status" = 0 ]; then
        bad "$1" "it says that it was moved"
        anew
    elif ! $rig/host-state before 10 "$slack" >after; then
        bad "$1" "the host is not as it was"
        diff before after | sed "s/^/$RIG_PREFIX    /"
        anew
    fi
}

class()
{
    phase "$1"
    start=$(now_)
    num_points=0 num_bad=0 through='' num_through=0
}

end_class()
{
    is "$1: $num_points points, one guest each time, whole" "$num_bad" 0
    diag "$num_points points in $(($(now_) - start)) s; at $num_through it" \
        "got through all the same:$through"
}

# calls_of PROGRAM STEP: every STEP-th call of it, with the actions in turn
calls_of()
{
    with_shim "$1"
    is "$1: it is migrated when nothing fails" "$status" 0
    [ "$status" = 0 ] || sed "s/^/$RIG_PREFIX    /" migrate.out
    cp calls "calls.$1"
    anew
    last=$(awk '$2 > last { last = $2 } END { print last }' "calls.$1")
    diag "$1: $last hypercalls"
    class "$1"
    # shellcheck disable=SC2086 # a list of words
    set -- "$1" "$2" $actions
    program=$1 step=$2 call=1
    shift 2
    while [ "$call" -le "$last" ]; do
        with_shim "$program" "$call:$1"
        judge "$call:$1($(awk -v k="$call" '$2 == k { print $3; exit }' \
            "calls.$program"))"
        set -- "$@" "$1"
        shift
        call=$((call + step))
    done
    end_class "$program"
}

# Behind the sender's "go" the guest is the receiver's: an xl that is ended
# there, before it lets the guest run or behind that, must not leave two halves.
# With a guest that runs.
given_away()
{
    guest_config pvh t <<EOC
memory = 128
vcpus = 2
extra = "$rig_extra_ rig.tick"
vnuma = [ [ "pnode=0", "size=64", "vcpus=0", "vdistances=10,21" ],
          [ "pnode=1", "size=64", "vcpus=1", "vdistances=21,10" ] ]
EOC
    anew
    xl unpause t
    ok "a guest boots" guest_wait t 240
    class "xl is ended when it has been given the guest"
    for action in SIGTERM after-SIGKILL SIGKILL after-SIGTERM; do
        num_points=$((num_points + 1))
        phase "$num_points: $action"
        migrate "env LD_PRELOAD=$rig/hypercalls.so RIG_PROGRAM=xl" \
            "RIG_ONLY=domctl.unpausedomain RIG_FAIL=1:$action" \
            "xl-vnuma migrate-receive"
        new=$(domid_of t)
        if [ "$status" != 0 ] || [ "$new" = "$old" ] ||
            ! grep -q 'what it had left to do is done' migrate.out ||
            [ "$(xl list | wc -l)" != 3 ]; then
            bad "$action" "the guest is not there, or not alone"
        fi
        old=$new
    done
    end_class "xl is ended when it has been given the guest"
    ok "and the guest counts on" guest_counts_on t \
        "$(guest_boot t)" "$(guest_ticks t)" 120
}

# Each message of ours and of xl's is shorter than 64 bytes, but for the
# stream's records.
cuts()
{
    migrate receive-and-keep
    is "it is migrated through a pipe" "$status" 0
    there=$(wc -c </root/there) back=$(wc -c </root/back)
    diag "$there bytes go there, $back come back"
    anew

    class "cut on the way there"
    for at in 0 1 31 41 60 100 200 400 800 1200 1600 2000 2500 3000 \
        $((there / 4)) $((there / 2)) $((there * 3 / 4)) \
        $((there - 2000)) $((there - 200)) $((there - 64)) $((there - 40)) \
        $((there - 20)) $((there - 1)); do
        migrate cut-and-receive "$at"
        judge "$at"
    done
    end_class "cut on the way there"

    class "cut on the way back"
    at=0
    while [ "$at" -lt "$back" ]; do
        migrate "receive-and-cut $at"
        # xl cannot know what became of it, and says so.
        if grep -q 'CHECK AT BOTH ENDS' migrate.out; then
            num_points=$((num_points + 1))
            unknown=$((${unknown-0} + 1))
            [ "$(xl list | awk 'NR > 1 && $1 != "Domain-0" &&
                $(NF - 1) !~ /s/ { n++ } END { print n + 0 }')" -le 1 ] ||
                bad "$at" "two of it run"
            anew
        else
            judge "$at"
        fi
        at=$((at + ($1)))
    done
    diag "at ${unknown-0} points xl itself does not know what became of it"
    end_class "cut on the way back"
}

xl mem-set 0 1400
anew
case $move_failures in
all)
    cuts 4
    calls_of libxl-save-helper 1
    calls_of xl 1
    given_away
    ;;
sample)
    cuts 16
    calls_of libxl-save-helper 8
    calls_of xl 16
    given_away
    ;;
esac
xl destroy t
wait_gone t 20
finally ok "only dom0 is left" only_dom0
done_testing
