#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Builds the Debian packages from a copy of the tree, asks lintian, and unpacks
# them into a stage for the rig's dom0: package.sh STAGE.  TAP on stdout.
set -eu
stage=${1:?}
top=$(cd "$(dirname "$0")/.." && pwd)
tmp=$(mktemp -d "${TMPDIR:-/tmp}/package.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
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

# The working tree, without what is built in it.
mkdir "$tmp/xl-vnuma"
(cd "$top" && git ls-files -z --cached --others --exclude-standard | tar -c --null -T - -f -) |
    tar -x -C "$tmp/xl-vnuma" -f -
cd "$tmp/xl-vnuma"
# ./test has run the tests by then.
export DEB_BUILD_OPTIONS="nocheck parallel=2"
try "dpkg-buildpackage builds" dpkg-buildpackage -b -uc -us
for package in xl-vnuma libvnuma1 libvnuma-dev libvnuma-xen; do
    try "$package is there" ls "$tmp/${package}_"*.deb
done
try "lintian finds no error" lintian --fail-on error "$tmp"/*.changes
sed 's/^/# /' "$tmp/log"

rm -rf "$stage"
for deb in "$tmp"/*.deb; do
    case $deb in
    *-dbgsym_*) ;;
    *) try "${deb##*/} unpacks" dpkg-deb -x "$deb" "$stage" ;;
    esac
done
try "the command is there" test -x "$stage/usr/sbin/xl-vnuma"
echo "1..$n"
