#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What Linux tells of a host: below a folder as in a text, and of this machine.
set -u
cd "${top_srcdir:?}" || exit 99
program=${top_builddir:?}/xl-vnuma
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/try.sh

text=tests/hosts/invented-linux-4node.txt

# A folder of any name, also one that is a pattern.
root="$tmp/a [copy]*"
while IFS= read -r line; do
    path=$root${line%%:*}
    mkdir -p "${path%/*}"
    printf '%s\n' "${line#*:}" >>"$path"
done <$text

kvm()
{
    "$program" --host "$1" topology --kvm --json
}

same()
{
    kvm "$1" >"$tmp/one" && kvm "$2" >"$tmp/two" && diff "$tmp/one" "$tmp/two"
}
try "a folder is the same host as its text" same "$root" $text
again()
{
    "$program" --host "$root" topology --json >"$tmp/json" &&
        same "$root" "$tmp/json"
}
try "JSON is the same host again" again

# What is no file, cannot be read, or never ends, is not there.
rm "$root/sys/kernel/mm/ksm/run" "$root/proc/cpuinfo"
mkfifo "$root/sys/kernel/mm/ksm/run"
ln -s /dev/zero "$root/proc/cpuinfo"
try "pipes and devices are not read" kvm "$root"
kvm "$root" >"$tmp/one"
for file in ksm/run proc/cpuinfo; do
    try "$file says nothing" eval ! grep -q "$file" "$tmp/one"
done
try "while others do" grep ksm/merge_across_nodes "$tmp/one"

# So are those of a copy of a process: the error says so, and comes at once.
cp -R tests/golden/kvm-show-vcpus/proc "$tmp/process"
rm "$tmp/process/maps"
mkfifo "$tmp/process/maps"
of_process()
{
    ! timeout 120 "$program" --host $text show --pid "$tmp/process" \
        >"$tmp/said" 2>&1 </dev/null &&
        grep "$tmp/process/maps: this is not a regular file" "$tmp/said"
}
try "nor is a pipe in a copy of a process" of_process

# A process may be named by its folder in /proc too, where no file has a size.
perl -e '$0 = "qemu-system-x86_64"; sleep 600' >"$tmp/out" 2>&1 &
process=$!
while ! grep -q '^qemu' /proc/$process/cmdline; do sleep 0.1; done
by_folder()
{
    "$program" --host $text show --pid "/proc/$process" | grep "128  default"
}
try "a folder of /proc is of a process that lives" by_folder
kill $process

# A file without end is cut, and its line is one.
head -c 3000000 /dev/zero | tr '\0' 9 >"$root/sys/kernel/mm/ksm/pages_sharing"
try "a long file is cut" kvm "$root"

# refuses WORDS HOST
refuses()
{
    "$program" --host "$2" topology --kvm >"$tmp/out" 2>"$tmp/err"
    [ $? = 3 ] && ! [ -s "$tmp/out" ] && grep "$1" "$tmp/err"
}
mkdir -p "$tmp/empty/proc"
echo "MemTotal: 1024 kB" >"$tmp/empty/proc/meminfo"
try "a folder without nodes is no host" refuses "no sys/devices/system/node" \
    "$tmp/empty"
rm "$root/proc/version"
try "nor is a copy that is not whole" refuses host-truncated "$root"

# Free memory changes all the time.
still()
{
    sed 's/"free[a-z_]*": [0-9]*/"free": 0/' "$1" | grep -v pages_sharing |
        grep -v '"ksm_pages"\|"value"'
}
if [ -e /sys/devices/system/node/node0 ] && ! [ -e /proc/xen ]; then
    "$program" topology --kvm --json >"$tmp/one"
    kvm / >"$tmp/two"
    still "$tmp/one" >"$tmp/a"
    still "$tmp/two" >"$tmp/b"
    try "this machine is read where Xen does not run" diff "$tmp/a" "$tmp/b"
    try "and it has a node" grep -q '"node": 0' "$tmp/a"
fi
tried
