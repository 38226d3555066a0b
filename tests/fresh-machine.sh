#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What ./demo and ./test say on a machine that lacks what they need, in a clone
# on a fresh Debian (tests/readme-inside.sh): one line that says what is needed,
# status 3, and nothing installed.  Needs root.  TAP on stdout.
set -u
cd "$(dirname "$0")/.." || exit 99
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
chmod 755 "$tmp"
# shellcheck source=tests/try.sh
. tests/try.sh

installed()
{
    dpkg-query -W -f '${Package} ${Status}\n'
}

# says_only REGEX COMMAND...: status 3, one line on stderr, which is that; and
# neither a package nor a directory more than before.
says_only()
{
    local regex=$1 status

    shift
    "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
    status=$?
    cat "$tmp/out" "$tmp/err"
    echo "status $status"
    [ "$status" = 3 ] && [ "$(wc -l <"$tmp/err")" = 1 ] &&
        grep -Eq "$regex" "$tmp/err" && installed | diff "$tmp/installed" - &&
        [ ! -e _build ]
}

# downloads_have SIZE COMMAND...: room for them, and none of an earlier day.
downloads_have()
{
    # shellcheck disable=SC2016 # the inner shell's
    unshare --mount sh -c '
        mount -t tmpfs -o "size=$1" tmpfs /var/cache/apt/archives &&
        shift && exec "$@"' sh "$@"
}

# without COMMAND COMMAND...: the second, on a machine that lacks the first.
without()
{
    local lacking=$1

    shift
    mkdir -p "$tmp/bin"
    ln -sf /usr/bin/* "$tmp/bin/"
    rm "$tmp/bin/$lacking"
    PATH=$tmp/bin "$@"
}

elsewhere()
{
    without apt-get ./demo >"$tmp/out" 2>"$tmp/err"
    [ $? = 3 ] && cat "$tmp/err" && [ ! -e _build ] &&
        head -n 1 "$tmp/err" | grep -q 'not Debian.*--no-install' &&
        grep -q '^  libxen-dev  *Xen.s libraries' "$tmp/err" &&
        grep -q '^  qemu-system-x86  *the machine' "$tmp/err"
}

installed >"$tmp/installed"
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
chmod o+x "$HOME"
for command in ./demo './test quick' ./test './test matrix' './test package'; do
    # shellcheck disable=SC2086 # a list of words
    try "$command: without root and sudo" \
        says_only '^packages: neither root nor sudo here; as root: apt-get install .*gcc' \
        "${nobody[@]}" $command
done
chmod o-x "$HOME"
try "without a network" \
    says_only "^packages: cannot (reach Debian's archive for|download) autoconf.*: " \
    downloads_have 500m unshare --net ./demo
try "with a full disk for what is downloaded" \
    says_only '^packages: cannot download autoconf.*: .*enough free space' \
    downloads_have 1m ./demo
mkdir "$tmp/full"
printf '#!/bin/sh\necho\necho disk 9 9 9000 9 /\n' >"$tmp/full/df"
chmod +x "$tmp/full/df"
try "with a full disk for the packages" \
    says_only '^packages: no room for autoconf.*: they take [0-9]+ MB, 9 MB are free$' \
    env PATH="$tmp/full:$PATH" ./demo
try "on another distribution: the list, by name and purpose" elsewhere
try "--no-install looks at no packages" \
    says_only '^demo: missing here: .*automake.*gcc' ./demo --no-install
tried
