#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What scenarios of KVM hosts have in addition to tests/xen/lib.sh: guests of
# QEMU that never run, whose memory is real.

# shellcheck source=tests/xen/lib.sh
. /rig/lib.sh

# What this host is, by a program that is not ours.
numactl -H >host || fail "numactl reads the host"

# words FILE: the words of a line that export wrote, for eval.
words()
{
    sed 's/\\$//' "$1" | tr '\n' ' '
}

# starts NAME: QEMU has taken NAME.line and made its memory; it then goes on
# until stop NAME.
starts()
{
    eval "set -- $1 $(words "$1.line")"
    guest_=$1
    shift
    rm -f "$guest_.pid"
    run timeout 60 qemu-system-x86_64 -S -display none -nodefaults \
        -daemonize -pidfile "$guest_.pid" "$@"
}

stop()
{
    [ ! -f "$1.pid" ] || kill "$(cat "$1.pid")"
    rm -f "$1.pid"
}

# pages_of_policy NAME POLICY: "NODE=PAGES ..., SIZE" of the memory of a guest
# that has it, as numa_maps says.
pages_of_policy()
{
    awk -v policy="$2" '
        { sub(/ \(many\)/, "") } # newer QEMUs with newer kernels
        $2 == policy {
            text = ""
            for (i = 3; i <= NF; i++)
                if ($i ~ /^N[0-9]+=/)
                    text = text substr($i, 2) " "
            sub(/.*=/, "", $NF)
            print text "of " $NF " KiB"
        }' "/proc/$(cat "$1.pid")/numa_maps"
}

# free_pages NODE: huge pages of 2 MiB.
free_pages()
{
    cat "/sys/devices/system/node/node$1/hugepages/hugepages-2048kB/free_hugepages"
}
