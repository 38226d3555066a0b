#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Fetches Debian's own Xen of a release, dom0 kernel, device model and the shared
# libraries they need, and unpacks them (installs nothing) into a cache outside
# the source tree: packages.sh RELEASE.  Prints the directory on stdout: root/ is
# the unpacked tree, xen the hypervisor, vmlinuz and vmlinux the kernel as
# packaged and unpacked, versions what all of it was made from.  "packages.sh
# RELEASE kernel" fetches no more than that Debian's kernel, and "packages.sh
# RELEASE more PACKAGE..." what some scenario has in dom0: root/ and versions.
# Once filled, the cache is used as it is, without a network; remove it to renew
# it.  What goes into dom0 is mkdom0.sh's business.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/xen/cache.sh
. "$here/cache.sh"

case $#${2-} in
1 | 2kernel | [3-9]more | [1-9][0-9]more) ;;
*) echo "usage: packages.sh RELEASE [kernel | more PACKAGE...]" >&2; exit 2 ;;
esac
release=$1 what=${2-xen}
case $1$what in
/*xen) exec "$here/installed.sh" "$1" ;;
/*) release=$(unset XEN_RELEASE && release_here) ;;
esac
shift $(($# < 2 ? $# : 2))
suite=$(suite_of "$release")
cache=$cache/xen-$release
# Only this name below the cache is ever made, and it appears complete; what
# another version of this script made is not what this one makes.
dir=$cache/debian-$what-$({ cat "$0"; echo "$@"; } | sha256sum | cut -c 1-8)

if [ -d "$dir" ]; then
    printf '%s\n' "$dir"
    exit 0
fi

for tool in apt-get apt-cache dpkg-deb flock xz zstd; do
    command -v "$tool" >/dev/null || die "$tool is missing"
done

mkdir -p "$cache"
lock "$cache/lock"
if [ -d "$dir" ]; then
    printf '%s\n' "$dir"
    exit 0
fi

# With the lock held, what an earlier run left behind is not in use.
rm -rf "$cache"/filling.*
tmp=$(mktemp -d "$cache/filling.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 3' HUP INT TERM
mkdir "$tmp/deb" "$tmp/root"

# An apt of its own that knows this Debian and no other, so it does not matter
# what this machine runs, how old its lists are, and who asks.
apt=$tmp/apt
mkdir -p "$apt/lists/partial" "$apt/archives/partial"
: >"$apt/status"
keys=$(ls /usr/share/keyrings/debian-archive-keyring.[gp]* | head -n 1)
archives "$suite" | sed "s|.*|deb [signed-by=$keys] & main|" \
    >"$apt/sources.list"
cat >"$apt/conf" <<EOF
Dir::State "$apt";
Dir::State::status "$apt/status";
Dir::Cache "$apt";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "-";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Sandbox::User "root";
EOF
export APT_CONFIG="$apt/conf"

# apt_get COMMAND...: what it says is shown when it fails.
apt_get()
{
    apt-get -q "$@" >"$tmp/apt.log" 2>&1 || {
        tail -n 5 "$tmp/apt.log" >&2
        die "apt-get $1 of Debian $suite failed"
    }
}

# xen-utils and its like pull in perl, python and udev; dom0 here needs
# none of them, so of what they depend on only libraries are taken.
main="xen-hypervisor-$release-amd64 xen-utils-$release xen-utils-common
      xenstore-utils qemu-system-xen seabios qemu-system-data"

# needs PACKAGE...: all that they depend on.
needs()
{
    apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
        --no-breaks --no-replaces --no-enhances "$@" |
        grep -E '^[a-z0-9.+-]+$'
}

# list_more PACKAGE...: they, of what they depend on those that have a part of
# their name (python3.11 of python3), and libraries.
list_more()
{
    printf '%s\n' "$@"
    for package; do
        needs "$package" | grep -E "^(lib|$package)" || :
    done
}

list_packages()
{
    if [ "$what" = more ]; then
        list_more "$@"
        return
    fi
    apt-cache depends --no-recommends --no-suggests linux-image-amd64 |
        sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p' | head -n 1
    [ "$what" = xen ] || return 0
    # shellcheck disable=SC2086 # $main is a list
    printf '%s\n' $main zlib1g
    # shellcheck disable=SC2086
    needs $main | grep ^lib |
        grep -Ev '^lib(perl|python|pam-|semanage|debian|newt|sasl2-mod)'
}

apt_get update
list_packages "$@" 2>"$tmp/apt.log" | sort -u >"$tmp/packages"
say "downloading $(wc -l <"$tmp/packages") packages of Debian $suite"
# shellcheck disable=SC2046 # a list of words
(cd "$tmp/deb" && apt_get download $(cat "$tmp/packages"))

say "unpacking"
# As on Debian: packages of one release still use the old names, others do not.
for name in bin sbin lib lib64; do
    mkdir -p "$tmp/root/usr/$name"
    ln -s "usr/$name" "$tmp/root/$name"
done
for deb in "$tmp"/deb/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" |
        tar -x --keep-directory-symlink -C "$tmp/root"
    # shellcheck disable=SC2016 # dpkg-deb's own variables
    dpkg-deb -W --showformat '${Package} ${Version}\n' "$deb"
done >"$tmp/versions"

if [ "$what" = xen ]; then
    [ -f "$tmp/root/boot/xen-$release-amd64.gz" ] ||
        die "the packages hold no /boot/xen-$release-amd64.gz"
    gzip -dc "$tmp/root/boot/xen-$release-amd64.gz" >"$tmp/xen"
fi
# A bzImage says in its header where its compressed ELF image is; the image's
# last four bytes are its size, not the compressor's.  Unpacked here once, no emulated
# processor has to do it at each boot.
word()
{
    od -An -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '
}

unpack_kernel()
{
    cp "$tmp"/root/boot/vmlinuz-* "$tmp/vmlinuz"
    setup=$(word "$tmp/vmlinuz" 497 1)
    offset=$(word "$tmp/vmlinuz" 584 4)
    length=$(word "$tmp/vmlinuz" 588 4)
    tail -c +$(((setup + 1) * 512 + offset + 1)) "$tmp/vmlinuz" |
        head -c $((length - 4)) >"$tmp/payload"
    case $(od -An -t x1 -N 4 "$tmp/payload" | tr -d ' ') in
    fd377a58) unpack=xz ;;
    28b52ffd) unpack=zstd ;;
    *) die "the kernel is compressed in a way that is not known here" ;;
    esac
    "$unpack" -dc <"$tmp/payload" >"$tmp/vmlinux" ||
        die "cannot unpack the kernel"
    rm "$tmp/payload"
}
[ "$what" = more ] || unpack_kernel

# Two thirds of the space, none of it ever used here.
for unused in usr/share/doc usr/share/man usr/share/locale boot \
    'lib/modules/*/kernel/drivers/[!bnvx]*' \
    'lib/modules/*/kernel/drivers/net/[!ntvx]*' \
    'lib/modules/*/kernel/[!cdfln]*' 'lib/modules/*/kernel/crypto/[!c]*' \
    'lib/modules/*/kernel/fs/[!efjmn]*' \
    'lib/modules/*/kernel/net/[!8bcl]*'; do
    # shellcheck disable=SC2086 # a pattern
    rm -rf "$tmp"/root/$unused
done

rm -rf "$tmp/deb" "$apt" "$tmp/packages" "$tmp/apt.log"
chmod 755 "$tmp"
mv "$tmp" "$dir"
trap - EXIT
say "done: $(du -sh "$dir" | cut -f 1) in $dir"
printf '%s\n' "$dir"
