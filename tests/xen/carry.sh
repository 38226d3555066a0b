#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Guests that are saved on one release of Xen are restored on another:
# carry.sh RELEASE STAGE RELEASE STAGE, from the first to the second.  A release
# is one of "releases", or a directory with an installed Xen; its stage is what
# "make install install-rig DESTDIR=" of the tree built for it filled.  Prints the
# TAP of both boots.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/xen/cache.sh
. "$here/cache.sh"

[ $# -eq 4 ] ||
    { echo "usage: carry.sh RELEASE STAGE RELEASE STAGE" >&2; exit 2; }
tmp=$(mktemp -d "${TMPDIR:-/tmp}/carry.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 3' HUP INT TERM

XEN_RELEASE=$1 XEN_STAGE=$2 XEN_OUT=$tmp "$here/run.sh" 2node carry-out
cp -a "$4" "$tmp/stage"
mkdir -p "$tmp/stage/rig/carry"
cp "$tmp"/2node/files/* "$tmp/stage/rig/carry/"
say "from Xen $(number_of "$1") to $(number_of "$3"):" \
    "$(du -sh "$tmp/stage/rig/carry" | cut -f 1)"
XEN_RELEASE=$3 XEN_STAGE=$tmp/stage "$here/run.sh" 2node carry-in
