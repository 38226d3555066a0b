#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs a script, which is read from stdin, in a copy of this tree in a root of
# the Debian that ships a release of Xen: inside.sh RELEASE OUT.  What the
# script leaves in $OUT becomes the directory OUT.  When it fails, the end of
# what it said is on stderr.  Needs root, unless this machine runs that Debian.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)

[ $# -eq 2 ] || { echo "usage: inside.sh RELEASE OUT <SCRIPT" >&2; exit 2; }
release=$1
mkdir -p "$2"
out=$(cd "$2" && pwd)

root=$("$here/root.sh" "$release") || exit 3
tmp=$(mktemp -d "${root%/}/tmp/xl-vnuma.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 3' HUP INT TERM
inside=/${tmp#"${root%/}"/}
mkdir "$tmp/tree" "$tmp/out"
cat >"$tmp/script"

# What is in the tree, changed or not; nothing that was built.
(
    cd "$top"
    git ls-files -z --cached --others --exclude-standard |
        tar -c --null --ignore-failed-read -T -
) | tar -x -C "$tmp/tree"

# Bash wants /dev/fd, which is in /proc; the mount ends with its namespace.
in_root()
{
    if [ "$root" = / ]; then
        sh -c "$1"
    else
        # shellcheck disable=SC2016 # the inner shell's
        unshare --mount sh -c 'mount -t proc proc "$1/proc" &&
            exec chroot "$1" sh -c "$2"' sh "$root" "$1"
    fi
}

in_root "cd '$inside/tree' && OUT='$inside/out' exec sh -eu ../script" \
    >"$tmp/log" 2>&1 </dev/null || {
    grep -E '^(FAIL|ERROR):' "$tmp/log" >&2 || tail -n 40 "$tmp/log" >&2
    exit 1
}
rm -rf "$out"
mv "$tmp/out" "$out"
