#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A fresh machine: the smallest root of the Debian that ships a release of Xen,
# with git, as "debootstrap --variant=minbase --include=git" makes it: root.sh
# RELEASE.  Prints its directory, which nothing ever changes; inside.sh works in
# copies of it.  Made once, in the cache; needs root and a network only then.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/xen/cache.sh
. "$here/cache.sh"

[ $# -eq 1 ] || { echo "usage: root.sh RELEASE" >&2; exit 2; }
suite=$(suite_of "$1")
dir=$cache/machine-$suite
if ! is_roots "$dir"; then
    [ "$(id -u)" = 0 ] || die "making a root of Debian $suite needs root"
    command -v debootstrap >/dev/null || die "debootstrap is missing"
    archive=$(archives "$suite" |
        awk -v suite="$suite" '$2 == suite { print $1; exit }')
    mkdir -p "$cache"
    lock "$cache/machine.lock"
fi
if ! is_roots "$dir"; then
    # With the lock held, what an earlier run left behind is not in use.
    rm -rf "$cache"/making-machine.*
    tmp=$(mktemp -d "$cache/making-machine.XXXXXX")
    trap 'rm -rf "$tmp"' EXIT
    trap 'exit 3' HUP INT TERM
    say "Debian $suite, about a minute"
    debootstrap --variant=minbase --include=git "$suite" "$tmp/root" \
        "$archive" >"$tmp/log" 2>&1 || {
        tail -n 5 "$tmp/log" >&2
        die "debootstrap of Debian $suite failed"
    }
    rm -f "$tmp"/root/var/cache/apt/archives/*.deb
    rm -rf --one-file-system "$dir"
    mv "$tmp/root" "$dir"
    say "done: $(du -sh "$dir" | cut -f 1) in $dir"
fi
printf '%s\n' "$dir"
