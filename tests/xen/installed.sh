#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What packages.sh makes of Debian's packages, made of an installed Xen:
# installed.sh DIR, where DIR is what "make install DESTDIR=DIR" of a Xen
# filled.  Dom0's kernel is Debian's of this machine, and so is the device model
# unless DIR has one.  Prints the directory; it lies in the cache until DIR
# changes.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/xen/cache.sh
. "$here/cache.sh"

[ $# -eq 1 ] || { echo "usage: installed.sh DIR" >&2; exit 2; }
dir=$(cd "$1" 2>/dev/null && pwd) || die "there is no directory $1"

# only WHAT PATH...: the one file that is there.
only()
{
    what=$1
    shift
    for path; do
        [ ! -f "$path" ] || [ -L "$path" ] || { echo "$path"; return; }
    done
    die "$dir has no $what: is it what make install DESTDIR= of a Xen filled?"
}

hypervisor=$(only "hypervisor (boot/xen-*.gz)" "$dir"/boot/xen-*.gz)
xl=$(only "usr/sbin/xl" "$dir"/usr/sbin/xl "$dir"/usr/local/sbin/xl)
[ "${xl#"$dir"/usr/sbin}" != "$xl" ] ||
    die "$dir was built for ${xl%/sbin/xl}: configure Xen with --prefix=/usr"
helper=$(find "$dir/usr" -name libxl-save-helper -type f | head -n 1)
[ -n "$helper" ] || die "$dir has no libxl-save-helper"
bin=$(dirname "$helper")
number=$(number_of "$dir")
libraries=$(libraries_of "$dir")

# Another machine's libraries may want another libc.
wants=$(LD_LIBRARY_PATH=$libraries ldd "$xl" "$libraries"/*.so.* 2>&1 |
    sed -n 's/.*version .\(GLIBC_[0-9.]*\). not found.*/\1/p' | sort -u |
    paste -sd' ')
[ -z "$wants" ] ||
    die "$dir does not run here: it wants $wants, and this machine has" \
        "$(getconf GNU_LIBC_VERSION)"

debian=$(unset XEN_RELEASE && "$here/packages.sh" "$(release_here)") || exit 3
cache=$cache/xen-installed
key=$({
    cat "$0" "$debian/versions"
    cd "$dir" && find . -type f -printf '%p %s %T@\n' | LC_ALL=C sort
} | sha256sum | cut -c 1-16)
made=$cache/$number-$key
if [ -d "$made" ]; then
    printf '%s\n' "$made"
    exit 0
fi

mkdir -p "$cache"
lock "$cache/lock"
# What is held now is of no other run; of other installations too.
find "$cache" -maxdepth 1 -name 'filling.*' -exec rm -rf {} +
tmp=$(mktemp -d "$cache/filling.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 3' HUP INT TERM
say "Xen $number of $dir"

cp -a "$debian/root" "$debian/vmlinux" "$debian/vmlinuz" "$tmp/"
root=$tmp/root
rm -rf "$root"/usr/lib/xen-[0-9]* "$root"/usr/sbin/xen* "$root"/usr/sbin/xl \
    "$root"/usr/bin/xenstore*
(cd "$dir" && find usr etc ! -type d ! -name '*.a' ! -path 'usr/include/*' \
    ! -path 'usr/lib/debug/*' ! -path '*/man/*' ! -path '*/doc/*' -print0 \
    2>/dev/null) >"$tmp/files"
tar -c -C "$dir" --null -T "$tmp/files" |
    tar -x --keep-directory-symlink -C "$root"
# Where Debian's are found first.
cp -a "$libraries"/*.so.* "$root/usr/lib/x86_64-linux-gnu/"
# As on Debian: all programs of this release in one place.
mkdir -p "$root/usr/lib/xen-$number"
ln -s "$(realpath -m --relative-to "/usr/lib/xen-$number" "${bin#"$dir"}")" \
    "$root/usr/lib/xen-$number/bin"
rm -f "$tmp/files"

# The device model where this Xen looks for it.
model=$(grep -aoh '/[a-zA-Z0-9/._-]*qemu-system-[a-z0-9_]*' \
    "$libraries/libxenlight.so.$number" | head -n 1)
if [ -n "$model" ] && [ ! -e "$root$model" ]; then
    mkdir -p "$root$(dirname "$model")"
    ln -sf /usr/libexec/xen-qemu-system-i386 "$root$model"
    echo "$model" >"$tmp/model"
fi

gzip -dc "$hypervisor" >"$tmp/xen"
{
    echo "xen $number $dir"
    echo "$key"
    cat "$debian/versions"
} >"$tmp/versions"
chmod 755 "$tmp"
mv "$tmp" "$made"
trap - EXIT
printf '%s\n' "$made"
