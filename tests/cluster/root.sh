#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A root with Ganeti and Pacemaker of the Debian that ships a release of Xen,
# made once and kept in the cache: root.sh RELEASE prints where it is, root.sh
# RELEASE image where it is as a disk.  Needs root, and a network to make it.
set -eu
here=$(cd "$(dirname "$0")/../xen" && pwd)
# shellcheck source=tests/xen/cache.sh
. "$here/cache.sh"

release=$1
suite=$(suite_of "$release")
root=$cache/engines-$suite

make_root()
{
    machine=$("$here/root.sh" "$release") || exit 3
    say "Ganeti and Pacemaker on Debian $suite, about a minute"
    mkdir -p "$cache/debs-$suite/partial"
    cp -a --reflink=auto "$machine/." "$tmp/"
    cp /etc/resolv.conf "$tmp/etc/"
    # No daemon is started.
    printf '#!/bin/sh\nexit 101\n' >"$tmp/usr/sbin/policy-rc.d"
    chmod 755 "$tmp/usr/sbin/policy-rc.d" "$tmp"
    # shellcheck disable=SC2016 # the inner shell's
    unshare --mount --pid --fork --kill-child env -i TMPDIR=/tmp \
        PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive \
        sh -c 'mount --bind "$2" "$1/var/cache/apt/archives" &&
            mount --rbind /dev "$1/dev" && mount -t proc proc "$1/proc" &&
            cd "$1" && exec chroot . sh -c "
                apt-get update && apt-get -y --no-install-recommends install \
                    ganeti iproute2 libxml2-utils libyajl2 openssh-server \
                    pacemaker pacemaker-cli-utils resource-agents socat"' \
        sh "$tmp" "$cache/debs-$suite" >"$tmp/log" 2>&1 || {
        tail -n 5 "$tmp/log" >&2
        die "the engines cannot be installed"
    }
    rm -rf --one-file-system "$root" "$root.img"
    mv "$tmp" "$root"
}

make_image()
{
    truncate -s 2G "$tmp/image"
    mke2fs -q -t ext4 -d "$root" "$tmp/image" || die "no disk can be made"
    mv "$tmp/image" "$root.img"
}

# once FUNCTION PATH: unless it is there, and root's.
once()
{
    ! is_roots "$2" || return 0
    mkdir -p "$cache"
    lock "$cache/engines.lock"
    ! is_roots "$2" || return 0
    tmp=$(mktemp -d "$cache/making-engines.XXXXXX")
    trap 'rm -rf --one-file-system "$tmp"' EXIT
    "$1"
}

once make_root "$root"
case ${2-} in
image)
    once make_image "$root.img"
    echo "$root.img"
    ;;
*) echo "$root" ;;
esac
