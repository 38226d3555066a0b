#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What scenarios are written with; sourced inside dom0, by busybox's sh.
# Assertions in TAP on stdout, commands shown with what they print, nested
# guests, and the hypervisor's own counts.  boot.sh gives the assertions of all
# scenarios of a boot one numbering.  Names ending in an underscore are for
# this file only.

rig_dir_=${RIG_DIR:-/run/rig}
rig_tests_=0
rig_failed_=0
rig_last_=0
mkdir -p "$rig_dir_"
: "${RIG_PREFIX=# }"

# ---- assertions ----

diag()
{
    printf '%s\n' "$*" | sed "s/^/$RIG_PREFIX/"
}

pass()
{
    rig_tests_=$((rig_tests_ + 1))
    rig_last_=0
    printf 'ok %d - %s\n' "$rig_tests_" "$*"
}

fail()
{
    rig_tests_=$((rig_tests_ + 1))
    rig_failed_=$((rig_failed_ + 1))
    rig_last_=1
    printf 'not ok %d - %s\n' "$rig_tests_" "$*"
    return 1
}

skip()
{
    rig_tests_=$((rig_tests_ + 1))
    printf 'ok %d - # SKIP %s\n' "$rig_tests_" "$*"
}

# ok NAME COMMAND...: what COMMAND printed is shown when it fails.
ok()
{
    rig_name_=$1
    shift
    if "$@" >"$rig_dir_/ok" 2>&1; then
        pass "$rig_name_"
    else
        rig_status_=$?
        fail "$rig_name_"
        diag "status $rig_status_ from: $*"
        sed "s/^/$RIG_PREFIX/" "$rig_dir_/ok"
        return 1
    fi
}

# is NAME GOT WANT
is()
{
    if [ "$2" = "$3" ]; then
        pass "$1"
    else
        fail "$1"
        diag "got:  $2"
        diag "want: $3"
        return 1
    fi
}

# like NAME TEXT REGEX (extended, of some line)
like()
{
    if printf '%s\n' "$2" | grep -Eq -e "$3"; then
        pass "$1"
    else
        fail "$1"
        diag "got:  $2"
        diag "want: /$3/"
        return 1
    fi
}

unlike()
{
    if printf '%s\n' "$2" | grep -Eq -e "$3"; then
        fail "$1"
        diag "got:      $2"
        diag "want not: /$3/"
        return 1
    else
        pass "$1"
    fi
}

# says NAME STATUS REGEX: the last run ended so, and a line that it printed is
# of that form.  A refusal is told by its words: a program that cannot even start
# has a status too.
says()
{
    if [ "$status" = "$2" ] &&
        printf '%s\n%s\n' "$out" "$err" | grep -Eq -e "$3"; then
        pass "$1"
    else
        fail "$1"
        diag "got:  status $status, $out $err"
        diag "want: status $2, /$3/"
        return 1
    fi
}

# and ASSERTION NAME ...: what is true of a program that did nothing too, so it
# counts only when the assertion before it passed.
and()
{
    if [ "$rig_last_" = 0 ]; then
        "$@"
    else
        fail "$2"
        diag "not looked at: the assertion before failed"
        return 1
    fi
}

# finally ASSERTION NAME ...: at the end, what counts only when every assertion
# before it passed.
finally()
{
    if [ "$rig_failed_" = 0 ]; then
        "$@"
    else
        fail "$2"
        diag "not looked at: $rig_failed_ assertions before failed"
        return 1
    fi
}

# about [COLUMN]: where table.sh counts the assertions from here to the end of
# the scenario: HVM, PVH, save, restore, move, dom0, show, or nowhere.
about()
{
    printf '# about: %s\n' "${1-}"
}

# stock_xl COLUMN TEXT [TEXT]: what table.sh says there of stock xl, as it was
# seen: the second text when the last run failed.
stock_xl()
{
    rig_text_=$2
    [ "$status" = 0 ] || rig_text_=${3-$2}
    printf '# stock xl: %s: %s\n' "$1" "$rig_text_"
}

# Of a build for coverage, whose directory this file has: what processes left of
# their counters, those of earlier scenarios too.
rig_counters_=/usr/libexec/rig/coverage
counters_()
{
    [ -d "$(cat $rig_counters_)" ] &&
        tar -C "$(cat $rig_counters_)" -czf "$rig_dir_/coverage.tar.gz" . &&
        emit "$rig_dir_/coverage.tar.gz"
}

# The last line of every scenario.
done_testing()
{
    [ ! -f $rig_counters_ ] || counters_
    printf '1..%d\n' "$rig_tests_"
    [ "$rig_failed_" = 0 ]
    exit
}

# ---- commands ----

# run COMMAND...: shows the command and what it printed; leaves its exit status
# in $status and its output in $out and $err.  Files, not pipes, take the
# output: xl leaves a monitor behind that keeps them open.
run()
{
    diag "\$ $*"
    "$@" >"$rig_dir_/out" 2>"$rig_dir_/err" </dev/null
    status=$?
    # shellcheck disable=SC2034 # for the caller
    out=$(cat "$rig_dir_/out")
    # shellcheck disable=SC2034
    err=$(cat "$rig_dir_/err")
    sed "s/^/$RIG_PREFIX  /" "$rig_dir_/out" "$rig_dir_/err"
    [ "$status" = 0 ] || diag "  (exit $status)"
    return "$status"
}

# emit FILE [NAME]: hands a file to the host, where it becomes OUT/files/NAME.
emit()
{
    {
        printf '@@rig file %s\n' "${2:-${1##*/}}"
        base64 "$1"
        printf '@@rig file-end %s\n' "$(wc -c <"$1")"
    } >"$rig_dir_/emit"
    cat "$rig_dir_/emit" >"${RIG_CHANNEL:-/dev/stdout}"
}

# A line for the person who watches.
phase()
{
    printf '@@rig phase %s\n' "$*" >"${RIG_CHANNEL:-/dev/stdout}"
}

# ---- domains ----

domid_of()
{
    xl domid "$1" 2>/dev/null
}

no_domain()
{
    ! xl domid "$1" 2>/dev/null
}

# Nothing but dom0, not even a dying or nameless domain.
only_dom0()
{
    xl list
    [ "$(xl list | wc -l)" = 2 ]
}

# wait_gone NAME SECONDS
wait_gone()
{
    rig_end_=$(($(now_) + $2))
    until no_domain "$1" >/dev/null; do
        [ "$(now_)" -lt "$rig_end_" ] || return 1
        sleep 0.3
    done
}

now_()
{
    cut -d . -f 1 /proc/uptime
}

# ---- nested guests ----

# guest_config hvm|pvh NAME: the parts of a guest that are the rig's; what is
# on stdin (memory, vcpus, vnuma) follows.  Makes NAME.cfg here, of a guest that
# never lived anywhere.
guest_config()
{
    {
        echo "name = \"$2\""
        echo "type = \"$1\""
        echo "extra = \"$rig_extra_\""
        echo "tsc_mode = \"native\""
        if [ "$1" = hvm ]; then
            cat /rig/guest/hvm.cfg
        else
            cat /rig/guest/pvh.cfg
        fi
        cat
    } >"$2.cfg"
    guest_forget "$2"
    rm -f /var/lib/xl-vnuma/places
}
# pci=noearly: looking for an AGP aperture, with an exit to the device model for
# each of all possible PCI functions, takes a nested guest half a minute.
rig_extra_='console=hvc0 quiet mitigations=off pci=noearly cryptomgr.notests'

# small_guest TYPE: a file of one that costs little beside its building.
small_guest()
{
    {
        cat <<END
name = "$1"
type = "$1"
memory = 64
vcpus = 2
vnuma = [ [ "pnode=0", "size=32", "vcpus=0", "vdistances=10,21" ],
          [ "pnode=1", "size=32", "vcpus=1", "vdistances=21,10" ] ]
END
        case $1 in
        pvh) echo 'kernel = "/usr/libexec/rig/tiny"' ;;
        hvm) echo 'vga = "none"' ;;
        esac
    } >"$1.cfg"
}

# Boots seen so far do not count: before a new guest of an old name.
guest_forget()
{
    rm -f "/var/log/xen/console/guest-$1.log" \
        "/var/log/xen/console/guest-$1--incoming.log" "$rig_dir_/boots.$1"
}

guest_log_()
{
    tr -d '\r' 2>/dev/null <"/var/log/xen/console/guest-$1.log"
}

# begin_watch_, then stands_still_ NAME again and again: whether none of its
# vcpus has run for half a minute, which no guest does that boots or counts.
# QEMU loses an interrupt now and then; boot.sh tries such a boot again.  One
# that is paused, suspended or crashed is our business.
begin_watch_()
{
    rig_looked_=$(now_) rig_time_='' rig_still_=0
}

stands_still_()
{
    [ $(($(now_) - rig_looked_)) -ge 10 ] || return 1
    rig_looked_=$(now_)
    rig_before_=$rig_time_
    rig_time_=$(xl list "$1" 2>/dev/null |
        awk 'NR == 2 && $5 !~ /[psc]/ { print $2, $NF }')
    if [ -z "$rig_time_" ] || [ "$rig_time_" != "$rig_before_" ]; then
        rig_still_=0
        return 1
    fi
    rig_still_=$((rig_still_ + 1))
    [ "$rig_still_" -ge 3 ] || return 1
    printf '@@rig fault no vcpu of guest %s runs any more\n' "$1" \
        >"${RIG_CHANNEL:-/dev/stdout}"
    echo "no vcpu of it runs any more; the end of its console:"
}

# is_absent_ NAME, again and again from $rig_absent_=0: there is no such domain,
# and not only for the moment between two boots.
is_absent_()
{
    if no_domain "$1" >/dev/null; then
        rig_absent_=$((rig_absent_ + 1))
    else
        rig_absent_=0
    fi
    [ "$rig_absent_" -ge 20 ] && echo "no domain $1"
}

# guest_wait NAME SECONDS: until the guest has booted once more than at the
# last guest_wait; so the one after "xl reboot" waits for the second boot.
guest_wait()
{
    rig_end_=$(($(now_) + $2))
    rig_seen_=$(cat "$rig_dir_/boots.$1" 2>/dev/null)
    rig_absent_=0
    begin_watch_
    while :; do
        rig_boots_=$(guest_log_ "$1" | grep -c '^guest-ready ')
        if [ "$rig_boots_" -gt "${rig_seen_:-0}" ]; then
            echo "$rig_boots_" >"$rig_dir_/boots.$1"
            return 0
        fi
        is_absent_ "$1" && break
        stands_still_ "$1" && break
        if [ "$(now_)" -ge "$rig_end_" ]; then
            echo "not ready after $2 seconds; the end of its console:"
            break
        fi
        sleep 0.5
    done
    guest_log_ "$1" | tail -n 15
    return 1
}

# guest_report NAME: what the guest saw at its last boot, as guest/init
# prints it: "online: 0-1", "node0/cpulist: 0-1", "node0/distance: 10 20",
# "node0/meminfo: KIB", "cpus: 0-3", "dmesg: SRAT: ...".
guest_report()
{
    guest_log_ "$1" | awk '
        /^guest-report / { text = ""; inside = 1; next }
        /^guest-ready / { inside = 0; last = text }
        inside { text = text $0 "\n" }
        END { printf "%s", last }'
}

# guest_saw NAME KEY: one value of the report.
guest_saw()
{
    guest_report "$1" | sed -n "s,^$2: ,,p"
}

# A migrated guest came with another name, and so did its console's log: the
# one that was written to last.
guest_tick_log_()
{
    rig_log_=/var/log/xen/console/guest-$1
    # shellcheck disable=SC3013 # busybox has it
    if [ "$rig_log_--incoming.log" -nt "$rig_log_.log" ]; then
        guest_log_ "$1--incoming"
    else
        guest_log_ "$1"
    fi
}

# guest_ticks NAME: the number of the last tick of a guest that has rig.tick in
# extra=; 0: none.
guest_ticks()
{
    guest_tick_log_ "$1" | awk '/^guest-tick / { tick = $3 } END { print tick + 0 }'
}

# guest_counts_on NAME BOOT TICK SECONDS: until the guest counts once more, in
# the same boot, beyond TICK, with the same memory.  What it said before does
# not count.
guest_counts_on()
{
    rig_end_=$(($(now_) + $4))
    rig_seen_=$(guest_log_ "$1" | wc -l)
    rig_seen_in_=$(guest_log_ "$1--incoming" | wc -l)
    rig_absent_=0
    begin_watch_
    until {
        guest_log_ "$1" | tail -n +$((rig_seen_ + 1))
        guest_log_ "$1--incoming" | tail -n +$((rig_seen_in_ + 1))
    } | awk -v boot="$2" -v tick="$3" '
        /^guest-tick / && $2 == boot && $3 > tick + 0 && $7 == "same" { ok = 1 }
        END { exit !ok }'; do
        if is_absent_ "$1" || stands_still_ "$1" ||
            [ "$(now_)" -ge "$rig_end_" ]; then
            guest_tick_log_ "$1" | tail -n 5
            return 1
        fi
        sleep 0.5
    done
}

# guest_boot NAME: the id of the boot that ticks.
guest_boot()
{
    guest_tick_log_ "$1" | awk '/^guest-tick / { boot = $2 } END { print boot }'
}

# ---- the hypervisor's own account ----

# The newest answer to debug key u; the ring buffer may hold older ones.
key_u_()
{
    xl debug-keys u
    xl dmesg | sed -n 's/^(XEN) //p' | awk '
        /pressed -> dumping numa info/ { text = "" }
        { text = text $0 "\n" }
        END { printf "%s", text }'
}

# Of that, the part about one domain: "Domain 2 (total: ...):" in Xen 4.17,
# "d2 (total: ...):" in 4.20.  Others may print in between: a guest that boots,
# and Xen about it.
key_u_domain_()
{
    key_u_ | awk -v domid="$1" '
        /^(Domain |d)[0-9]+ \(total: / {
            sub(/^Domain /, "d")
            inside = $1 == "d" domid
            next
        }
        inside && /^ /'
}

# pages_of DOMID: "NODE PAGES" for every node that holds pages of it.
pages_of()
{
    key_u_domain_ "$1" | sed -n 's/^ *Node \([0-9]*\): \([0-9]*\)$/\1 \2/p' |
        awk '$2 != 0'
}

# pages_on NODE: of the file "pages" that pages_of filled.
pages_on()
{
    awk -v node="$1" '$1 == node { n = $2 } END { print n + 0 }' pages
}

# strays_of NAME: pages that are not where they were promised, says show.
strays_of()
{
    xl-vnuma show --prometheus --verify=hypervisor "$1" |
        sed -n 's/^xen_vnuma_domain_stray_pages{.*} //p'
}

# vnodes_of DOMID: what the hypervisor was told: the lines of key u.
vnodes_of()
{
    key_u_domain_ "$1" | grep -v '^ *Node '
}

# node_free: "NODE MIB" for every node.
node_free()
{
    xl info -n | awk '
        /^numa_info/ { inside = 1; next }
        /^[^ 0-9]/ && !/^node:/ { inside = 0 }
        inside && $1 ~ /^[0-9]+:$/ { sub(":", "", $1); print $1, $3 }'
}

# memory_is_back FILE: each node has as much free as when FILE was written by
# node_free, within 8 MiB; names those that have not.
memory_is_back()
{
    node_free >"$rig_dir_/free"
    awk '
        NR == FNR { before[$1] = $2; next }
        before[$1] - $2 > 8 {
            print "node", $1, before[$1], "->", $2, "MiB"
            bad = 1
        }
        END { exit bad }' "$1" "$rig_dir_/free"
}

# ---- hypercalls ----

# counted FILE COMMAND...: as run; each hypercall of its xl is a line of FILE
# (hypercalls.c), and the environment may make one fail.
counted()
{
    rm -f "$1"
    rig_calls_=$1
    shift
    run env LD_PRELOAD=/usr/libexec/rig/hypercalls.so \
        RIG_CALLS="$rig_calls_" "$@"
}

# calls_in FILE NAME: how many of them between the domain's creation and the
# end.
calls_in()
{
    awk -v name="$2" '$2 > 0 && $3 == name { n++ } END { print n + 0 }' "$1"
}
