#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Installs Debian packages that are missing: install-packages.sh LIST-FILE...
# A list has one package a line.  Does nothing, and needs no root, when all are
# there.
set -eu

missing=
# shellcheck disable=SC2013 # a word a line
for package in $(cat "$@"); do
    case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
    *' installed') ;;
    *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
    as_root=$(command -v sudo) || {
        echo "install-packages: run as root, or install:$missing" >&2
        exit 3
    }
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Lists that are a day old are good enough; a fresh machine has none.
if ! find /var/lib/apt/lists -name '*_Packages*' -mtime -1 2>/dev/null |
    grep -q .; then
    $as_root apt-get update >"$log" 2>&1 || {
        cat "$log" >&2
        exit 3
    }
fi
# shellcheck disable=SC2086 # a list of words
$as_root apt-get install -y --no-install-recommends $missing >"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    echo "install-packages: apt-get could not install:$missing" >&2
    exit 3
}
