#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Builds the Debian packages for a release of Xen, on the Debian that ships it,
# asks its lintian, and unpacks them into a stage for the rig's dom0, with the
# rig's tools: package.sh STAGE RELEASE.  TAP on stdout.
set -eu
stage=${1:?} release=${2:?}
top=$(cd "$(dirname "$0")/.." && pwd)
tmp=$(mktemp -d "${TMPDIR:-/tmp}/package.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
made=$tmp/made
n=0

try()
{
    name=$1 n=$((n + 1))
    shift
    if "$@" >"$tmp/log" 2>&1; then
        echo "ok $n - $name"
    else
        tail -n 60 "$tmp/log" | sed 's/^/# /'
        echo "not ok $n - $name"
        echo "1..$n"
        exit 1
    fi
}

# What lintian said, and whether it was satisfied.
lintian_said()
{
    cat "$made"/lintian*
    test -f "$made/lintian"
}

# What is linked with a release of Xen is of that release.
is_for_release()
{
    dpkg-deb -c "$made"/libvnuma-xen_*.deb
    dpkg-deb -f "$made"/libvnuma-xen_*.deb Depends
    dpkg-deb -c "$made"/libvnuma-xen_*.deb |
        grep -q "/libvnuma-xen\.so\.$release\$" &&
        dpkg-deb -f "$made"/libvnuma-xen_*.deb Depends |
        grep -q "libxenmisc$release\b"
}

# The unit tests have run by then; examples are built from libvnuma-dev.
try "dpkg-buildpackage builds for Xen $release" \
    "$top/tests/xen/inside.sh" "$release" "$made" <<'END'
DEB_BUILD_OPTIONS="nocheck parallel=2" dpkg-buildpackage -b -uc -us
lintian --fail-on error ../*.changes >"$OUT/lintian" 2>&1 ||
    mv "$OUT/lintian" "$OUT/lintian.failed"
for deb in ../*.deb; do
    case $deb in
    *-dbgsym_*) ;;
    *) dpkg-deb -x "$deb" "$OUT/stage" ;;
    esac
done
mv ../*.deb "$OUT"
make install-rig DESTDIR="$OUT/stage"
tests/build-examples.sh "$OUT/stage" "$OUT/stage/usr/libexec/rig/examples"
END
for package in xl-vnuma libvnuma1 libvnuma-dev libvnuma-xen; do
    try "$package is there" ls "$made/${package}_"*.deb
done
try "libvnuma-xen is for Xen $release, and depends on it" is_for_release
try "lintian finds no error" lintian_said
sed 's/^/# /' "$tmp/log"
try "the command is there" test -x "$made/stage/usr/sbin/xl-vnuma"
rm -rf "$stage"
mv "$made/stage" "$stage"
echo "1..$n"
