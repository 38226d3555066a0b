#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A root of the Debian that ships a release of Xen, to build in and to ask for
# packages: root.sh RELEASE.  Prints its directory; "/" when this machine runs
# that Debian already.  Made once, with debootstrap, in the cache; needs root
# and a network only then.

set -eu

here=$(cd "$(dirname "$0")" && pwd)

say()
{
    printf 'root: %s\n' "$*" >&2
}

die()
{
    say "$@"
    exit 3
}

[ $# -eq 1 ] || { echo "usage: root.sh RELEASE" >&2; exit 2; }
release=$1
suite=$(awk -v release="$release" '$1 == release { print $2 }' \
    "$here/releases")
[ -n "$suite" ] ||
    die "Xen $release: not in $here/releases," \
        "which has $(awk '/^[0-9]/ { print $1 }' "$here/releases" | xargs)"

# shellcheck disable=SC1091
if [ "$(. /etc/os-release && echo "${VERSION_CODENAME-}")" = "$suite" ]; then
    echo /
    exit 0
fi

cache=${XL_VNUMA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xl-vnuma}/xen-$release
# Another list of what to build with is another root.
packages=$(cat "$here/../packages.build" "$here/../packages.package" | xargs)
dir=$cache/root-$(echo "$packages" | sha256sum | cut -c 1-8)
if [ -d "$dir" ]; then
    printf '%s\n' "$dir"
    exit 0
fi

[ "$(id -u)" = 0 ] || die "making a root of Debian $suite needs root"
command -v debootstrap >/dev/null || die "debootstrap is missing"
# The archive that this machine itself uses.
# shellcheck disable=SC2016 # apt's own variable
mirror=$(apt-get indextargets --format '$(REPO_URI)' \
    'Component: main' 'Created-By: Packages' | grep -v security |
    sort | uniq -c | sort -rn | awk 'NR == 1 { print $2 }')
[ -n "$mirror" ] || die "apt knows no archive to take Debian $suite from"

mkdir -p "$cache"
exec 9>"$cache/root.lock"
flock -n 9 || { say "another run is making it, waiting"; flock 9; }
if [ -d "$dir" ]; then
    printf '%s\n' "$dir"
    exit 0
fi

# With the lock held, what an earlier run left behind is nobody's.
rm -rf "$cache"/making-root.*
tmp=$(mktemp -d "$cache/making-root.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 3' HUP INT TERM
say "Debian $suite, about 2 minutes"

# step WHAT COMMAND...
step()
{
    what=$1
    shift
    "$@" >"$tmp/log" 2>&1 || {
        tail -n 5 "$tmp/log" >&2
        die "Debian $suite: $what failed"
    }
}

step "debootstrap" \
    debootstrap --variant=minbase "$suite" "$tmp/root" "$mirror"
step "apt-get update" chroot "$tmp/root" apt-get -q update
# debootstrap itself takes too simple a view of dependences for lintian's.
# shellcheck disable=SC2086 # a list of words
step "apt-get install" chroot "$tmp/root" env DEBIAN_FRONTEND=noninteractive \
    apt-get -q -y install --no-install-recommends $packages
rm -rf "$tmp"/root/var/cache/apt/archives/*.deb
rm -rf "$cache"/root-*
mv "$tmp/root" "$dir"
say "done: $(du -sh "$dir" | cut -f 1) in $dir"
printf '%s\n' "$dir"
