#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Prints a directory in the cache with the sources of yajl and expat as this
# machine's Debian has them: the fuzzers are linked with them instead of its
# libraries, since MemorySanitizer has to see every write.  They are taken from
# Debian's archive at the first call.
set -eu

here=$(cd "$(dirname "$0")/../tests/xen" && pwd)
# shellcheck source=tests/xen/cache.sh
. "$here/cache.sh"

# shellcheck disable=SC1091
codename=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
made=$cache/fuzz-sources-$codename
mkdir -p "$cache"
lock "$cache/fuzz-sources.lock"
if [ ! -d "$made" ]; then
    tmp=$(mktemp -d "$cache/filling.XXXXXX")
    trap 'rm -rf "$tmp"' EXIT
    mkdir -p "$tmp/lists/partial" "$tmp/cache" "$tmp/made"
    archives "$codename" | sed '/security/d; s/.*/deb-src & main/' \
        >"$tmp/list"
    say "fetching the sources of yajl and expat"
    # A user's own state: no root is needed, and the machine's stays as it is.
    (
        cd "$tmp/made"
        set -- -qq -o Dir::Etc::SourceList="$tmp/list" \
            -o Dir::Etc::SourceParts=/dev/null \
            -o Dir::State::Lists="$tmp/lists" -o Dir::Cache="$tmp/cache" \
            -o APT::Sandbox::User=
        apt-get "$@" update
        apt-get "$@" source yajl expat
        # Names without a version, for the rule that compiles them.
        mv yajl-*/ yajl
        mv expat-*/expat expat
        find . -mindepth 1 -maxdepth 1 ! -name yajl ! -name expat \
            -exec rm -rf {} +
    ) >&2
    mv "$tmp/made" "$made"
fi
echo "$made"
