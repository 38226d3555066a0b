#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A test of the tests: the scenarios of ./test with a program, and an object in
# xl, that end at once with status 1.  No assertion may pass but those about
# stock xl, whose names begin so.  XEN_STAGE is the tree that works; ten minutes.
# TAP on stdout: an assertion for each boot.
set -u
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/try.sh
. "$here/../try.sh"

cp -a "${XEN_STAGE:?}" "$tmp/stage"
printf '#!/bin/sh\nexit 1\n' >"$tmp/exit"
printf '%s\n' '#include <unistd.h>' 'void end(void);' \
    '__attribute__((constructor)) void end(void) { _exit(1); }' >"$tmp/exit.c"
"${CC:-cc}" -shared -fPIC -o "$tmp/exit.so" "$tmp/exit.c" || exit 99
for program in "$tmp/stage/usr/sbin/xl-vnuma" \
    "$tmp/stage/usr/lib/xl-vnuma/front/xl" \
    "$tmp/stage/usr/libexec/rig/compare-json" \
    "$tmp/stage/usr/libexec/rig/cpu-strings"; do
    install -m 755 "$tmp/exit" "$program"
done
cp "$tmp/exit.so" "$(find "$tmp/stage" -name xl-vnuma-hooks.so)" || exit 99

# What passed in a boot, of what is ours.
passed()
{
    sed -n 's/^ok [0-9]* - //p' "$1" | grep -v '^[^:]*: \(# SKIP \)\{0,1\}\(stock xl\|QEMU\)'
}

none_passes()
{
    XEN_STAGE=$tmp/stage XEN_OUT='' "$1" >"$tmp/tap" 2>/dev/null
    grep -c '^not ok' "$tmp/tap"
    grep -q '^not ok' "$tmp/tap" && ! passed "$tmp/tap"
}

for boot in "$here"/t/*.t "$here"/../kvm/t/8node.t; do
    try "${boot##*/}: no assertion about ours passes when ours does not start" \
        none_passes "$boot"
done
tried
