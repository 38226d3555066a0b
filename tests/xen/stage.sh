#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Builds this tree for a release of Xen and installs it, with what the tests
# need, below STAGE: stage.sh RELEASE STAGE.  The build happens in a root of the
# Debian that ships this release, with its own compiler and libxen-dev; the
# unit tests run there too.  Needs root.

set -eu

[ $# -eq 2 ] || { echo "usage: stage.sh RELEASE STAGE" >&2; exit 2; }
"$(dirname "$0")/inside.sh" "$1" "$2" <<'END' || {
tests/install-packages.sh build test
./autogen.sh
./configure --enable-werror --prefix=/usr --sysconfdir=/etc
make -j2 all
make -j2 check
make install install-rig DESTDIR="$OUT"
tests/build-examples.sh "$OUT" "$OUT/usr/libexec/rig/examples"
END
    echo "stage: the build for Xen $1 failed" >&2
    exit 1
}
