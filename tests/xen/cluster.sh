#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Two machines with a real Xen as a cluster of Ganeti's, which starts guests
# with vNUMA: cluster.sh [STAGE].  Boots both, connected by a network card each.
# Prints the TAP of the first, and of the second what it failed in.  The disk
# with Ganeti is made as root (tests/cluster/root.sh).  XEN_OUT as of run.sh.

set -eu

dir=$(cd "$(dirname "$0")" && pwd)
here=$dir
# shellcheck source=tests/xen/cache.sh
. "$dir/cache.sh"

stage=${1-${XEN_STAGE:?}}
if [ "$(id -u)" = 0 ]; then sudo=; else sudo="sudo -n"; fi
tmp=$(mktemp -d "${TMPDIR:-/tmp}/cluster.XXXXXX")
boots=
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC2086 # a list
trap 'kill $boots 2>/dev/null; wait; exit 3' HUP INT TERM

$sudo env XL_VNUMA_CACHE="$cache" "$dir/../cluster/root.sh" \
    "$(release_here)" image >"$tmp/disk"
mkdir -p "$tmp/more/rig"
ssh-keygen -q -t ed25519 -N '' -f "$tmp/more/rig/key"
# What guests boot: sti, hlt, and that again; without it the BIOS begins anew
# each minute.
mkdir "$tmp/iso"
printf '\373\364\353\375' >"$tmp/iso/boot"
genisoimage -quiet -b boot -no-emul-boot -c catalog \
    -o "$tmp/more/rig/idle.iso" "$tmp/iso"
"$dir/mkdom0.sh" -n cluster -n cluster-there "$tmp/initrd" "$stage" "$tmp/more"

# boot NAME SOCKETS
boot()
{
    exec "$dir/boot.sh" --topology 2node --disk "$(cat "$tmp/disk")" \
        --net "$2" --each 2700 --timeout 2800 --out "${XEN_OUT-$tmp}/$1" \
        --scenario "$1" "$tmp/initrd"
}
boot cluster-there "$tmp/2,$tmp/1" >"$tmp/there" 2>/dev/null &
there=$!
boot cluster "$tmp/1,$tmp/2" &
first=$!
boots="$there $first"
status=0
wait "$first" || status=$?
# What waits for the other machine would wait for ever.
[ "$status" = 0 ] || kill "$there" 2>/dev/null || :
wait "$there" || [ "$status" != 0 ] || status=$?
[ "$status" = 0 ] || sed 's/^/# there: /' "$tmp/there"
exit "$status"
