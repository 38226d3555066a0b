#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Fetches Debian's own Xen of the release $XEN_RELEASE (4.17), dom0 kernel,
# device model and the shared libraries they need, and unpacks them (installs
# nothing) into a cache outside the source tree.  Prints the directory on
# stdout: root/ is the unpacked tree, xen the hypervisor, vmlinuz and vmlinux the kernel as
# packaged and unpacked, versions what all of it was made from.  Once filled,
# the cache is used as it is, without a network; remove it to renew it.  What
# goes into dom0 is mkdom0.sh's business.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
release=${XEN_RELEASE:-4.17}
cache=${XL_VNUMA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xl-vnuma}/xen-$release
# Only this name below the cache is ever made, and it appears complete; what
# another version of this script made is not what this one makes.
dir=$cache/debian-$(sha256sum <"$0" | cut -c 1-8)

say()
{
    printf 'packages: %s\n' "$*" >&2
}

die()
{
    say "$@"
    exit 3
}

if [ -d "$dir" ]; then
    printf '%s\n' "$dir"
    exit 0
fi

for tool in apt-get apt-cache dpkg-deb flock xz; do
    command -v "$tool" >/dev/null || die "$tool is missing"
done

# Where apt is that knows the packages: here, or in a root of another Debian.
apt_root=$("$here/root.sh" "$release") || exit 3

# apt COMMAND...: there.
apt()
{
    if [ "$apt_root" = / ]; then
        "$@"
    else
        chroot "$apt_root" "$@"
    fi
}

mkdir -p "$cache"
exec 9>"$cache/lock"
flock -n 9 || { say "another run is filling the cache, waiting"; flock 9; }
if [ -d "$dir" ]; then
    printf '%s\n' "$dir"
    exit 0
fi

# With the lock held, what an earlier run left behind is nobody's.
rm -rf "$cache"/filling.*
tmp=$(mktemp -d "$cache/filling.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 3' HUP INT TERM
mkdir "$tmp/deb" "$tmp/root"

# xen-utils and its like pull in perl, python and udev; dom0 here needs
# none of them, so of what they depend on only libraries are taken.
main="xen-hypervisor-$release-amd64 xen-utils-$release xen-utils-common
      xenstore-utils qemu-system-xen seabios qemu-system-data"

list_packages()
{
    kernel=$(apt apt-cache depends --no-recommends --no-suggests \
        linux-image-amd64 2>/dev/null |
        sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p' | head -n 1)
    [ -n "$kernel" ] || return 1
    # shellcheck disable=SC2086 # $main is a list
    apt apt-cache depends --recurse --no-recommends --no-suggests \
        --no-conflicts --no-breaks --no-replaces --no-enhances $main \
        >"$tmp/depends" 2>/dev/null || return 1
    # shellcheck disable=SC2086
    {
        printf '%s\n' $main "$kernel" zlib1g
        grep -E '^lib[a-z0-9.+-]+$' "$tmp/depends" |
            grep -Ev '^lib(perl|python|pam-|semanage|debian|newt|sasl2-mod)'
    } | sort -u >"$tmp/packages"
}

# As root apt would drop to the user _apt, who cannot write here.
download()
{
    # shellcheck disable=SC2046
    apt env --chdir="$1" apt-get -q -o APT::Sandbox::User=root \
        download $(cat "$tmp/packages") >"$tmp/apt.log" 2>&1
}

fetch()
{
    list_packages || return 1
    say "downloading $(wc -l <"$tmp/packages") packages"
    if [ "$apt_root" = / ]; then
        download "$tmp/deb"
    else
        rm -rf "$apt_root/deb"
        mkdir "$apt_root/deb"
        download /deb && mv "$apt_root"/deb/*.deb "$tmp/deb/"
    fi
}

if ! fetch; then
    [ ! -f "$tmp/apt.log" ] || tail -n 5 "$tmp/apt.log" >&2
    # Lists that are missing or older than the archive: renewing them is the
    # one thing that helps, and needs root.
    [ "$(id -u)" = 0 ] ||
        die "apt does not find Xen $release: run apt-get update as root"
    say "renewing apt's package lists"
    apt apt-get -q update >"$tmp/apt.log" 2>&1 || tail -n 5 "$tmp/apt.log" >&2
    fetch || die "apt cannot provide Xen $release"
fi

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

[ -f "$tmp/root/boot/xen-$release-amd64.gz" ] ||
    die "the packages hold no /boot/xen-$release-amd64.gz"
gzip -dc "$tmp/root/boot/xen-$release-amd64.gz" >"$tmp/xen"
cp "$tmp"/root/boot/vmlinuz-* "$tmp/vmlinuz"

# A bzImage says in its header where its compressed ELF image is; the image's
# last four bytes are its size, not the compressor's.  Unpacked here once, no emulated
# processor has to do it at each boot.
word()
{
    od -An -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '
}
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
command -v "$unpack" >/dev/null || die "$unpack is missing"
"$unpack" -dc <"$tmp/payload" >"$tmp/vmlinux" ||
    die "cannot unpack the kernel"
rm "$tmp/payload"

# Two thirds of the space, none of it ever used here.
for unused in usr/share/doc usr/share/man usr/share/locale boot \
    'lib/modules/*/kernel/drivers/[!bx]*' 'lib/modules/*/kernel/[!d]*'; do
    # shellcheck disable=SC2086 # a pattern
    rm -rf "$tmp"/root/$unused
done

rm -rf "$tmp/deb" "$tmp/depends" "$tmp/packages" "$tmp/apt.log"
chmod 755 "$tmp"
mv "$tmp" "$dir"
trap - EXIT
say "done: $(du -sh "$dir" | cut -f 1) in $dir"
printf '%s\n' "$dir"
