#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Makes configure from a clone.  automake does not install its TAP driver by
# itself, so that is fetched from automake's own directory here; and the lists of
# sources are made of what is in the tree.
set -e
cd "$(dirname "$0")"
mkdir -p build-aux m4
cp "$(automake --print-libdir)/tap-driver.sh" build-aux/
tools/list-sources.sh
exec autoreconf --install --force "$@"
