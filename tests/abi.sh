#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Both libraries against the ABI that is stored in tests/abi: libvnuma.abi, and
# of libvnuma-xen, whose soname is the release of Xen, one for each release,
# libvnuma-xen.4.17.abi.  Any difference fails: one that breaks programs needs
# another soname, and one that adds has to be meant.  After an addition:
#
#   make renew-abi
#
# and the new dumps, and the names in debian/libvnuma1.symbols, go into the
# same commit.  A release without a dump is skipped; this makes one for it.
set -u

# libraries BUILD: "NAME FILE" of each that was built, NAME as of its dump.
libraries()
{
    for file in "$1"/.libs/libvnuma.so.1 "$1"/.libs/libvnuma-xen.so.*; do
        [ -f "$file" ] || continue
        case $file in
        *.so.1) echo "libvnuma $file" ;;
        *) echo "libvnuma-xen.${file##*.so.} $file" ;;
        esac
    done
}

# The symbols of VERS_1.0, one a line.
symbols()
{
    nm -D --defined-only "$1/.libs/libvnuma.so.1" |
        sed -n 's/.* T \(.*\)@@VERS_1\.0$/\1/p' | LC_ALL=C sort
}

# Debian's list says in which version each symbol came.
renew_symbols()
{
    file=../../debian/libvnuma1.symbols
    version=$(sed -n 's/^PACKAGE_VERSION = //p' "$1/Makefile")
    symbols "$1" | while read -r name; do
        grep "^ $name@VERS_1\.0 " $file || echo " $name@VERS_1.0 $version"
    done >symbols.new
    {
        grep -v '^ vnuma_.*@VERS_1\.0 ' $file
        cat symbols.new
    } >symbols.all
    mv symbols.all $file
    rm symbols.new
}

# Only what our headers define, and no path of the machine that it is made on.
dump()
{
    abidw --headers-dir ../../tools/libvnuma/include --drop-private-types \
        --suppressions suppressions --drop-undefined-syms --no-show-locs \
        --no-corpus-path --no-comp-dir-path --exported-interfaces-only --out-file "$1.new" "$2" || exit 1
    sed "s|path='[^']*/tools/|path='tools/|; s|path='/[^']*/|path='|" \
        "$1.new" >"$1.abi"
    rm "$1.new"
}

if [ "${1-}" = renew ]; then
    cd "$(dirname "$0")/abi" || exit 99
    renew_symbols "$2"
    libraries "$2" | while read -r name file; do
        dump "$name" "$file"
    done
    exit
fi

cd "${top_srcdir:?}/tests/abi" || exit 99
build=${top_builddir:?}
if ! command -v abidiff >/dev/null; then
    echo "1..0 # SKIP no abidiff (Debian: abigail-tools)"
    exit 0
fi
if grep -q '^WARN_CFLAGS.*sanitize' "$build/Makefile"; then
    echo "1..0 # SKIP sanitizers"
    exit 0
fi
tmp=$(mktemp -d "${TMPDIR:-/tmp}/abi.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ../try.sh

lists_symbols()
{
    [ "$(sed -n 's/^ \(vnuma_.*\)@VERS_1\.0 .*/\1/p' \
        ../../debian/libvnuma1.symbols | LC_ALL=C sort)" = \
        "$(symbols "$build")" ]
}

# same NAME FILE: "make renew-abi" if the difference is meant and compatible.
same()
{
    abidiff --headers-dir2 ../../tools/libvnuma/include --drop-private-types \
        --suppressions suppressions --no-show-locs --no-corpus-path "$1.abi" "$2"
}

names_no_path()
{
    ! grep -n "='/" ./*.abi
}

try "debian/libvnuma1.symbols has its symbols" lists_symbols
try "the dumps have no path of a machine" names_no_path
for each in $(libraries "$build" | tr ' ' ':'); do
    name=${each%%:*}
    if [ -f "$name.abi" ]; then
        try "$name: the ABI is the stored one" same "$name" "${each#*:}"
    else
        result ok "$name # SKIP no dump of it is stored"
    fi
done
tried
