#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# xl-vnuma and xl are killed at once, at hypercalls of a build and in the
# middle of saving, restoring and moving; "recover" finds what stayed and puts
# it right, finds nothing the second time, and the next create does it by
# itself for what is half built.  xl-vnuma killed alone: xl ends what it began.

# recover POINT: once for what is there, and once more for nothing.
recover()
{
    xl-vnuma recover >recover.out 2>&1 || bad "$1" "recover: exit $?"
    cat recover.out >>create.err
    [ "$(xl-vnuma recover 2>&1)" = "nothing was left half done" ] ||
        bad "$1" "recover found something twice"
    ! grep -q "half built" recover.out || num_half=$((num_half + 1))
    [ -z "$(ls -A /run/xl-vnuma/builds)" ] ||
        bad "$1" "the ledger is not empty"
}

# An xl that was killed needs a moment to be gone; one that goes on alone marks
# its entry when the guest is whole, and stays with it.  The other guest's has
# nothing to do with it.
wait_for_xl()
{
    tries=60
    while pidof xl | tr ' ' '\n' | grep -qvx "$witness_xl" &&
        ! [ -e "$(echo /run/xl-vnuma/builds/*+)" ] && [ "$tries" -gt 0 ]; do
        tries=$((tries - 1))
        sleep 0.3
    done
}

killed_at()
{
    create xl-vnuma "$guest" "$1"
    num_points=$((num_points + 1))
    [ "$status" = 137 ] || bad "$1" "xl-vnuma was not killed"
    wait_for_xl
    case $1 in
    *parent*) xl list "$guest" >/dev/null 2>&1 && status=0 ;;
    esac
    recover "$1"
    judge "$1"
}

# killed_each STEP ACTION...
killed_each()
{
    step=$1 call=1 num_half=0
    shift
    while [ "$call" -le "$last" ]; do
        killed_at "$call:$1"
        set -- "$@" "$1"
        shift
        call=$((call + step))
    done
    diag "recover destroyed $num_half half-built guests"
}

# The next create does it by itself, and has the room.
next_create()
{
    num_points=1
    create xl-vnuma "$guest" "$((last / 2)):all-SIGKILL"
    wait_for_xl
    xl list
    create xl-vnuma "$guest"
    [ "$status" = 0 ] || bad next "the next create"
    grep -q "half built: it was destroyed" create.err ||
        bad next "it did not say what it found"
    judge next
}

kill_all()
{
    for pid in $(pidof xl-vnuma xl libxl-save-helper); do
        [ "$pid" = "$witness_xl" ] || kill -9 "$pid" 2>/dev/null
    done
    wait_for_xl
}

# in_the_middle POINT SECONDS COMMAND...: is killed then, and recovered.
in_the_middle()
{
    point=$1 seconds=$2
    shift 2
    killed_after "sleep $seconds" "$point" "$@"
}

# killed_after WHEN POINT COMMAND...
killed_after()
{
    num_points=$((num_points + 1)) when=$1 point=$2
    shift 2
    "$@" >create.out 2>create.err </dev/null &
    $when
    kill_all
    wait $! 2>/dev/null
    ! is_logged || num_logged=$((num_logged + 1))
    recover "$point"
}

# All of the guest is in the file then, and xl has begun to destroy it.
device_model_ends()
{
    while [ -e "/proc/$device_model" ]; do
        :
    done
}

# device_model_of DOMID: its process.
device_model_of()
{
    for dir in /proc/[0-9]*; do
        ! { tr '\0' ' ' <"$dir/cmdline"; } 2>/dev/null |
            grep -q -- "-xen-domid $1 " || echo "${dir#/proc/}"
    done
}

half_destroyed()
{
    new_guest
    rm -f /saved/g
    device_model=$(device_model_of "$(domid_of "$guest")")
    killed_after device_model_ends "$1" xl-vnuma save "$guest" /saved/g
    ! grep -q "not yet removed here: it was destroyed" recover.out ||
        num_destroyed=$((num_destroyed + 1))
    is_one_guest "$1" /saved/g
}

# The xl that a guest arrives at.
receiving_xl()
{
    for pid in $(pidof xl); do
        ! tr '\0' ' ' <"/proc/$pid/cmdline" |
            grep -q '^[^ ]*xl migrate-receive' || echo "$pid"
    done
}

# Its copy is whole, and its sender has given it away, but it does not know
# that yet: it runs between looks only, for less time than its sender needs.
# Or PID, the move, has ended.
is_given_unheard()
{
    away=/local/domain/$(domid_of "$guest")/name
    until there=$(receiving_xl) && [ -n "$there" ]; do
        kill -0 "$1" || return
    done
    until set -- /run/xl-vnuma/builds/*+ && [ -e "$1" ]; do
        [ -e "/proc/$there" ] || return
    done
    while kill -STOP "$there" 2>/dev/null; do
        case $(xenstore-read "$away") in *--migratedaway) break ;; esac
        kill -CONT "$there"
    done
}

# The copy of a guest that moves is destroyed when its xl is killed then, and
# the guest goes on by itself.
given_away()
{
    num_points=$((num_points + 1))
    new_guest
    xl-vnuma move --yes --pnodes=1,0 "$guest" >create.out 2>create.err \
        </dev/null &
    there=
    is_given_unheard $!
    [ -z "$there" ] || kill -9 "$there"
    wait $! 2>/dev/null
    recover "$1"
    ! grep -q "its copy is gone" create.err ||
        num_back=$((num_back + 1))
    is_one_guest "$1"
}

has_one_guest()
{
    [ "$(xl list | grep -c "^$guest")" = 1 ] &&
        xl list | grep -q "^$guest "
}

new_guest()
{
    xl destroy "$guest" 2>/dev/null
    wait_gone "$guest" 20
    xl-vnuma create -q big.cfg >create.out 2>create.err </dev/null ||
        bad "$seconds" "it is not built"
}

# Whether Xen logs what the guest writes, says debug key q of the domain; of
# its vcpus it says less.
is_logged()
{
    xl debug-keys q
    xl dmesg | awk -v id="$(domid_of "$guest"):" '
        /General information for domain/ {
            is_it = $NF == id
            logged = logged && !is_it
        }
        is_it && /paging assistance:.*log_dirty/ { logged = 1 }
        END { exit !logged }'
}

# It runs, once, or it is in the file.
is_one_guest()
{
    if xl list "$guest" >/dev/null 2>&1; then
        has_one_guest || bad "$1" "there is more than the guest"
        xl list | awk -v g="$guest" '$1 == g && $5 ~ /s/ { exit 1 }' ||
            bad "$1" "it was left suspended"
        ! is_logged || bad "$1" "its writes are logged"
    else
        num_gone=$((num_gone + 1))
        [ -s "${2-}" ] || bad "$1" "it is gone"
    fi
}

# A guest of some size: saving it takes more than a second.  HVM, which Xen
# suspends by itself where no driver answers.
saved_and_moved()
{
    mkdir -p /saved
    mount -t tmpfs -o size=90% tmpfs /saved
    sed "s/^memory.*/memory = 256/; s/size=32/size=128/" \
        "$guest.cfg" >big.cfg
    num_half=0 num_gone=0 num_logged=0 num_destroyed=0 num_back=0
    seconds=first
    new_guest
    xl-vnuma save "$guest" /saved/whole >create.out 2>create.err </dev/null ||
        bad first "it is not saved"
    for seconds in 0.2 0.4 0.6 0.8 1.1 1.5 2 3 4.5 6 9 13; do
        new_guest
        rm -f /saved/g
        in_the_middle "save $seconds" "$seconds" xl-vnuma save "$guest" /saved/g
        is_one_guest "save $seconds" /saved/g
        xl list "$guest" >/dev/null 2>&1 || new_guest
        in_the_middle "move $seconds" "$seconds" \
            xl-vnuma move --yes --pnodes=1,0 "$guest"
        is_one_guest "move $seconds"
        xl destroy "$guest" 2>/dev/null
        wait_gone "$guest" 20
        in_the_middle "restore $seconds" "$seconds" xl-vnuma restore /saved/whole
        ! xl list | grep "^$guest" || has_one_guest ||
            bad "restore $seconds" "there is more than the guest"
    done
    for seconds in first second third; do
        half_destroyed "destroy $seconds"
        given_away "give $seconds"
    done
    [ "$num_back" -gt 0 ] || bad give "no guest came back"
    diag "recover destroyed $num_half half-built guests, $num_destroyed" \
        "half-destroyed ones; $num_gone were saved; of $num_logged what they" \
        "wrote was logged; $num_back were given away and came back"
    rm -f /saved/*
    xl destroy "$guest" 2>/dev/null
    wait_gone "$guest" 20
    status=137
    judge end
}

killed()
{
    witness_xl=$(pidof xl)
    for guest in pvh hvm; do
        small_guest "$guest"
        find_calls "$guest"
        class "all killed" killed_each "${step_of:-7}" all-SIGKILL \
            after-all-SIGKILL
        end_class "all killed"
        class "xl-vnuma killed" killed_each "${step_of:-29}" parent-SIGKILL
        end_class "xl-vnuma killed"
        class "the next create" next_create
        end_class "the next create"
    done
    guest=hvm
    class "in the middle" saved_and_moved
    end_class "in the middle"
}

# shellcheck disable=SC2034 # for failures.sh
failures_of=killed
. /rig/scenarios/failures.sh
