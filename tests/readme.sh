#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Does what README.md says, word for word and in its order, on a fresh machine
# of the Debian that ships a release of Xen: readme.sh [--user] RELEASE
# [SECTION].  With a SECTION, from that one on.  TAP on stdout; what is kept of
# it, the boots' TAP among it, is in _build/readme/xen-RELEASE.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
user=
if [ "${1-}" = --user ]; then
    user=--user
    shift
fi
release=${1:?} section=${2-}
out=$top/_build/readme/xen-$release
# shellcheck disable=SC2086 # an option, or none
"$top/tests/xen/inside.sh" $user "$release" "$out" <<END
exec tests/readme-inside.sh '$section'
END
