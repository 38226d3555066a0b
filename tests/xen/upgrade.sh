#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Guests go from one release of Xen to another: upgrade.sh RELEASE STAGE RELEASE
# STAGE, from the first to the second.  Boots both, connected by memory of the
# host.  A release is one of "releases", or a directory with an installed Xen;
# its stage is what "make install install-rig DESTDIR=" of the tree built for it
# filled.  Prints the TAP of the first, and of the second what it failed in.

set -eu

dir=$(cd "$(dirname "$0")" && pwd)

[ $# -eq 4 ] || {
    echo "usage: upgrade.sh RELEASE STAGE RELEASE STAGE" >&2
    exit 2
}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/upgrade.XXXXXX")
boots=
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC2086 # a list
trap 'kill $boots 2>/dev/null; wait; exit 3' HUP INT TERM
truncate -s 16M "$tmp/wire"

XEN_RELEASE=$1 "$dir/mkdom0.sh" "$tmp/from" "$2"
XEN_RELEASE=$3 "$dir/mkdom0.sh" "$tmp/to" "$4"

# boot RELEASE INITRD SCENARIO
boot()
{
    XEN_RELEASE=$1 exec "$dir/boot.sh" --topology 2node --wire "$tmp/wire" \
        --each 1700 --timeout 1800 --scenario "$3" "$2"
}
boot "$3" "$tmp/to" upgrade-there >"$tmp/there" 2>/dev/null &
there=$!
boot "$1" "$tmp/from" upgrade &
here=$!
boots="$there $here"
status=0
wait "$here" || status=$?
# What waits for the other machine would wait for ever.
[ "$status" = 0 ] || kill "$there" 2>/dev/null || :
wait "$there" || [ "$status" != 0 ] || status=$?
[ "$status" = 0 ] || sed 's/^/# there: /' "$tmp/there"
exit "$status"
