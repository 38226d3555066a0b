#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The blocks of README.md that are for a host of KVM, in their order, word for
# word (tests/readme-inside.sh puts them there), and the examples' guests, of
# which one runs.
# packages: numactl
# files: usr/bin/numactl usr/bin/qemu-system-x86_64
# files: usr/lib/x86_64-linux-gnu/qemu/accel-tcg-*|usr/bin/qemu-system-x86_64
# files: usr/share/seabios/*.bin usr/share/qemu/*.bin

# shellcheck source=tests/kvm/scenarios/lib.sh
. /rig/scenarios/lib.sh
# shellcheck source=tests/xen/readme-lib.sh
. /rig/readme-lib.sh

cp /usr/share/doc/xl-vnuma/examples/web.sh .
# As the example says, in the background and never run.
sed 's/-accel kvm/-accel tcg,thread=multi -S -display none -nodefaults/' web.sh |
    grep -v -e '-drive' >start.sh
timeout 300 sh start.sh &
web=$!
threads=0
for _ in 1 2 3 4 5 6 7 8 9 10; do
    threads=$(cat /proc/[0-9]*/task/*/comm 2>/dev/null | grep -c '^CPU ')
    [ "$threads" = 0 ] || break
    sleep 1
done
sleep 1

for block in /rig/readme/*; do
    case $block in
    *:console.kvm) shows "$block" ;;
    *:sh.kvm) types "$block" ;;
    esac
done
kill $web
done_testing
