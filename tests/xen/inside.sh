#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs a script, which is read from stdin, on a fresh machine (root.sh) of the
# Debian that ships a release of Xen, in a clone of this tree, changes included:
# inside.sh [--user] RELEASE OUT.  The script is bash's and runs as root, or as
# a user who may use sudo; what it leaves in $OUT becomes the directory OUT.  The
# machine is gone afterwards; packages that apt downloads are kept in the cache,
# and so is the rig's own cache.  All its processes end with it.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=tests/xen/cache.sh
. "$here/cache.sh"

user=root
if [ "${1-}" = --user ]; then
    user=user
    shift
fi
[ $# -eq 2 ] ||
    { echo "usage: inside.sh [--user] RELEASE OUT <SCRIPT" >&2; exit 2; }
mkdir -p "$2" # here, so that it is the caller's
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "a root of another Debian needs root"
    [ "$user" = root ] || set -- --user "$@"
    exec sudo XL_VNUMA_CACHE="$cache" "$0" "$@"
fi
release=$1
suite=$(suite_of "$release")
out=$(cd "$2" && pwd)

machine=$("$here/root.sh" "$release") || exit 3
# What a run that was killed left behind: after a day it is in use no more.
find "$cache" -maxdepth 1 -name 'in-use.*' -mtime +0 \
    -exec rm -rf --one-file-system {} +
root=$(mktemp -d "$cache/in-use.XXXXXX")
trap 'rm -rf --one-file-system "$root"' EXIT
trap 'exit 3' HUP INT TERM
cp -a --reflink=auto "$machine/." "$root/"
cp /etc/resolv.conf "$root/etc/"
cat >"$root/script"

# Who types the README's commands says yes to apt.
echo 'APT::Get::Assume-Yes "true";' >"$root/etc/apt/apt.conf.d/assume-yes"

# What is in the tree, changed or not, as a commit of its own; nothing that was
# built.
git clone -q --no-hardlinks --depth 1 "file://$top" "$root/tree"
(
    cd "$top"
    git diff --binary HEAD | git -C "$root/tree" apply --allow-empty
    git ls-files -z --others --exclude-standard |
        tar -c --null --ignore-failed-read -T - | tar -x -C "$root/tree"
)
git -C "$root/tree" add -A
git -C "$root/tree" -c user.name=test -c user.email=test@xl-vnuma.invalid \
    commit -q --allow-empty -m "as it is here"

# root's cache of the rig is the one here; a user's is one of their own.
home=/root its_cache=$cache
[ "$user" = root ] || home=/home/$user its_cache=$cache/of-$user
mkdir -p "$cache/debs-$suite/partial" "$its_cache" "$root/out" \
    "$root$home/.cache/xl-vnuma"
cat >"$root/start" <<EOF
set -eu
mount -t proc proc /proc
export HOME=$home OUT=/out PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mv /tree $home/xl-vnuma
cd $home/xl-vnuma
if [ $user != root ]; then
    { apt-get update && apt-get install --no-install-recommends sudo; } \
        >/sudo.log 2>&1
    useradd $user
    echo '$user ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/$user
    # Not what is in the cache: there are roots of machines in it.
    chown -R $user: $home/xl-vnuma /out
    chown $user: $home $home/.cache $home/.cache/xl-vnuma
    exec setpriv --reuid=$user --regid=$user --init-groups \
        env USER=$user bash /script
fi
exec bash /script
EOF
# shellcheck disable=SC2016 # the inner shell's
set -- sh -c '
    mount --bind "$1" "$1" && mount --rbind /dev "$1/dev" &&
        mount --bind "$2" "$1/var/cache/apt/archives" &&
        mount --bind "$3" "$1$4/.cache/xl-vnuma" &&
        exec chroot "$1" sh /start' sh \
    "$root" "$cache/debs-$suite" "$its_cache" "$home"
status=0
unshare --mount --pid --fork --kill-child env -i \
    TERM="${TERM-dumb}" LANG=C.UTF-8 \
    PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@" </dev/null || status=$?
rm -rf "$out"
mv "$root/out" "$out"
[ -z "${SUDO_UID-}" ] || chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" "$out"
exit "$status"
