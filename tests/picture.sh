#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# -o FILE: a PNG of the size that it says, an SVG that is XML, light and dark,
# and a word about a file that cannot be written.
set -u
cd "${top_srcdir:?}" || exit 99
program=${top_builddir:?}/xl-vnuma
if [ ! -f "$top_builddir/.libs/xl-vnuma-picture.so" ]; then
    echo "1..0 # SKIP built without cairo"
    exit 0
fi
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
dir=$tmp
# fontconfig keeps what it has read until the end; that is not ours to free.
echo "leak:libfontconfig" >"$dir/leaks"
LSAN_OPTIONS=suppressions=$dir/leaks:print_suppressions=0
export LSAN_OPTIONS
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/try.sh

draw()
{
    "$program" --host tests/domains/8node-host.json show \
        --domains tests/domains/8node.json "$@"
}

# Signature, and the width and height of the first chunk.
is_png()
{
    [ "$(od -An -t x1 -N 16 "$1" | tr -d ' \n')" = \
        89504e470d0a1a0a0000000d49484452 ] &&
        [ "$(od -An -t u1 -j 18 -N 2 "$1" |
            awk '{ print $1 * 256 + $2 }')" -gt 800 ]
}

is_svg()
{
    if command -v xmllint >/dev/null; then
        xmllint --noout "$1" || return
    fi
    head -c 200 "$1" | grep -q '<svg' && tail -n 1 "$1" | grep -q '</svg>'
}

differ()
{
    ! cmp -s "$1" "$2"
}


try "a PNG is written" draw -o "$dir/light.png"
try "it is one" is_png "$dir/light.png"
try "a dark PNG is written" draw --theme dark -o "$dir/dark.png"
try "it is one too" is_png "$dir/dark.png"
try "and another" differ "$dir/light.png" "$dir/dark.png"
try "an SVG is written" draw -o "$dir/light.svg"
try "it is one" is_svg "$dir/light.svg"
try "an SVG is written again" draw -o "$dir/again.svg"
try "and is the same file" cmp "$dir/light.svg" "$dir/again.svg"
try "a host alone is drawn" "$program" \
    --host tests/hosts/numactl-epyc-nps4-64cpu.txt topology -o "$dir/host.svg"
try "as XML" is_svg "$dir/host.svg"

draw -o "$dir/none/x.png" 2>"$dir/err"
try "a directory that is not there is exit 3" test $? = 3
try "and named" grep -q 'none/x.png: ' "$dir/err"
tried
