#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Builds this tree for a release of Xen and installs it, with what the tests
# need, below STAGE: stage.sh RELEASE STAGE.  The build happens in a root of the
# Debian that ships this release, with its own compiler and libxen-dev; the
# unit tests run there too.  Needs root unless this machine runs that Debian.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)

[ $# -eq 2 ] || { echo "usage: stage.sh RELEASE STAGE" >&2; exit 2; }
release=$1
mkdir -p "$2"
stage=$(cd "$2" && pwd)

root=$("$here/root.sh" "$release") || exit 3
tmp=$(mktemp -d "${root%/}/tmp/xl-vnuma.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 3' HUP INT TERM
inside=/${tmp#"${root%/}"/}

# What is in the tree, changed or not; nothing that was built.
(
    cd "$top"
    git ls-files -z --cached --others --exclude-standard |
        tar -c --null --ignore-failed-read -T -
) | tar -x -C "$tmp"

log=$tmp/build.log
cat >"$tmp/build.sh" <<'END'
set -eu
./autogen.sh
./configure --enable-werror --prefix=/usr --sysconfdir=/etc
make -j2 all
make -j2 check
make install install-rig DESTDIR="$PWD/stage"
tests/build-examples.sh "$PWD/stage" "$PWD/stage/usr/libexec/rig/examples"
END
build="cd '$inside' && exec sh build.sh"
if [ "$root" = / ]; then
    sh -c "$build"
else
    chroot "$root" sh -c "$build"
fi >"$log" 2>&1 </dev/null || {
    grep -E '^(FAIL|ERROR):' "$log" >&2 || tail -n 40 "$log" >&2
    echo "stage: the build for Xen $release failed" >&2
    exit 1
}
rm -rf "$stage"
mv "$tmp/stage" "$stage"
