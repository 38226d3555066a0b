#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The package xl-vnuma-front in a root of its own, with a package that has a
# /usr/sbin/xl as Xen's has: install, upgrade of either, remove, purge.  The
# packages have the maintainer scripts and the link of debian/, and no program.
set -u
cd "${top_srcdir:?}" || exit 99
# Earlier ones would divert the file of this machine.
have=$(dpkg-query --show --showformat '${Version}' dpkg 2>/dev/null)
if ! dpkg --compare-versions "${have:-0}" ge 1.21.0 2>/dev/null; then
    echo "1..0 # SKIP no dpkg that can work in a root without a chroot"
    exit 0
fi
tmp=$(mktemp -d "${TMPDIR:-/tmp}/front-package.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/try.sh
export PATH="$PATH:/usr/sbin:/sbin"

root=$tmp/root
mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates" "$tmp/logs"
: >"$root/var/lib/dpkg/status"

# packed NAME VERSION FOLDER: FOLDER becomes NAME_VERSION.deb.
packed()
{
    mkdir -p "$3/DEBIAN"
    printf '%s: %s\n' Package "$1" Version "$2" Architecture all \
        Maintainer x Description x >"$3/DEBIAN/control"
    dpkg-deb --root-owner-group -b "$3" "$tmp/$1_$2.deb" >"$tmp/logs/pack"
}
for version in 1 2; do
    xen=$tmp/xen-$version front=$tmp/front-$version
    mkdir -p "$xen/usr/sbin" "$xen/usr/lib/xen-common/bin" "$front/DEBIAN" \
        "$front/usr/sbin" "$front/usr/lib/xl-vnuma/front"
    echo "wrapper $version" >"$xen/usr/lib/xen-common/bin/xen-utils-wrapper"
    ln -s ../lib/xen-common/bin/xen-utils-wrapper "$xen/usr/sbin/xl"
    packed xen $version "$xen"
    # The program is in another package; here it is in this one.
    echo front >"$front/usr/lib/xl-vnuma/front/xl"
    read -r from to <debian/xl-vnuma-front.links
    ln -s "../../$from" "$front/$to"
    for script in preinst postrm; do
        sed '/^#DEBHELPER#/d' "debian/xl-vnuma-front.$script" \
            >"$front/DEBIAN/$script"
        chmod 755 "$front/DEBIAN/$script"
    done
    packed xl-vnuma-front $version "$front"
done

in_root()
{
    dpkg --root="$root" --log="$tmp/logs/dpkg" --force-script-chrootless \
        --force-not-root "$@"
}
# is_xl WORDS: what /usr/sbin/xl leads to; own WORDS: and Xen's own.
is_xl()
{
    ls -l "$root/usr/sbin"
    [ "$(cat "$root/usr/sbin/xl")" = "$1" ]
}
own()
{
    [ "$(cat "$root/usr/sbin/xl.xen")" = "$1" ]
}
undone()
{
    ls -l "$root/usr/sbin"
    cat "$root/var/lib/dpkg/diversions"
    [ ! -e "$root/usr/sbin/xl.xen" ] && [ ! -L "$root/usr/sbin/xl.xen" ] &&
        [ ! -s "$root/var/lib/dpkg/diversions" ]
}

try "Xen is installed" in_root -i "$tmp/xen_1.deb"
try "  and has /usr/sbin/xl" is_xl "wrapper 1"
try "the front is installed" in_root -i "$tmp/xl-vnuma-front_1.deb"
try "  /usr/sbin/xl is the front" is_xl front
try "  and Xen's own is kept, whole" own "wrapper 1"
try "Xen is upgraded" in_root -i "$tmp/xen_2.deb"
try "  /usr/sbin/xl is the front" is_xl front
try "  and Xen's own is the new one" own "wrapper 2"
try "the front is upgraded" in_root -i "$tmp/xl-vnuma-front_2.deb"
try "  /usr/sbin/xl is the front" is_xl front
try "  and Xen's own is kept" own "wrapper 2"
try "the front is installed again" in_root -i "$tmp/xl-vnuma-front_2.deb"
try "  Xen's own is kept" own "wrapper 2"
try "the front is removed" in_root -r xl-vnuma-front
try "  /usr/sbin/xl is Xen's" is_xl "wrapper 2"
try "  and nothing is diverted" undone
try "the front is installed after that" in_root -i "$tmp/xl-vnuma-front_1.deb"
try "  /usr/sbin/xl is the front" is_xl front
try "Xen is removed" in_root -r xen
try "  /usr/sbin/xl is the front" is_xl front
try "Xen is installed again" in_root -i "$tmp/xen_1.deb"
try "the front is purged" in_root -P xl-vnuma-front
try "  /usr/sbin/xl is Xen's" is_xl "wrapper 1"
try "  and nothing is diverted" undone
tried
