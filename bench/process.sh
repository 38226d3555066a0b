#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What one "xl-vnuma check" costs as a process, from fork to exit: process.sh
# BUILD-DIRECTORY.  In the form of bench.h's lines; wall-clock time.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=$1
runs=200
export LD_LIBRARY_PATH=$build/.libs
host=$here/../tests/hosts/xl-info-n-8node-snc4-cpuless.txt
cfg=$here/../examples/two-nodes.cfg

for ((i = 0; i < runs; i++)); do
    start=${EPOCHREALTIME/./}
    "$build/.libs/xl-vnuma" --host "$host" check "$cfg" >/dev/null
    echo $((${EPOCHREALTIME/./} - start))
done | sort -n | awk -v runs="$runs" '
    { us[NR] = $1 }
    END {
        printf "%-44s %6u  %10.1f  %10.1f\n", "process: check with --host",
            runs, us[int(NR / 2) + 1], us[int((NR * 99 + 99) / 100)]
    }'
