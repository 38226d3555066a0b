#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What one "xl-vnuma check" costs as a process, from fork to exit, and "xl list"
# with and without the front before an xl that does nothing: process.sh
# BUILD-DIRECTORY.  In the form of bench.h's lines; wall-clock time.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=$(readlink -f "$1")
runs=200
host=$here/../tests/hosts/xl-info-n-8node-snc4-cpuless.txt
cfg=$here/../examples/two-nodes.cfg

# timed NAME COMMAND...
timed()
{
    local name=$1 start i
    shift
    for ((i = 0; i < runs; i++)); do
        start=${EPOCHREALTIME/./}
        "$@" >/dev/null
        echo $((${EPOCHREALTIME/./} - start))
    done | sort -n | awk -v runs="$runs" -v name="process: $name" '
        { us[NR] = $1 }
        END {
            printf "%-44s %6u  %10.1f  %10.1f\n", name, runs,
                us[int(NR / 2) + 1], us[int((NR * 99 + 99) / 100)]
        }'
}

timed "check with --host" "$build/xl-vnuma" --host "$host" check "$cfg"

# The one of the tests, whose paths are below a folder "root".
front=$build/tests/front/xl
[ -x "$front" ] || exit 0
where=$(mktemp -d)
trap 'rm -rf "$where"' EXIT
root=$where/root
stock=$root/usr/lib/xen-4.17/bin/xl
mkdir -p "$root/sys/hypervisor/version" "${stock%/*}"
echo 4 >"$root/sys/hypervisor/version/major"
echo 17 >"$root/sys/hypervisor/version/minor"
cp "$(type -P true)" "$stock"
cd "$where"
timed "xl list" "$stock" list
timed "xl list, through the front" "$front" list
