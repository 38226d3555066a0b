#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The tarball is the same whenever it is made, and by whom: dist.sh BUILD.
set -eu
cd "${1:?}"
one=$(mktemp)
trap 'rm -f "$one"' EXIT
echo 1..1
make -s dist >/dev/null
tarball=$(echo xl-vnuma-*.tar.xz)
mv "$tarball" "$one"
sleep 1 # another second, another umask
umask 077
make -s dist >/dev/null
if cmp "$one" "$tarball"; then
    echo "ok 1 - two tarballs have the same bytes"
else
    echo "not ok 1 - two tarballs have the same bytes"
    exit 1
fi
