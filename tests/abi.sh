#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# libvnuma.so.1 against the ABI that is stored in tests/abi/libvnuma.abi.  Any
# difference fails: one that breaks programs needs another soname, and one that
# adds has to be meant.  After an addition:
#
#   make renew-abi
#
# and the new dump, and the names in debian/libvnuma1.symbols, go into the same
# commit.
set -u

library()
{
    echo "$1/.libs/libvnuma.so.1"
}

# The symbols of VERS_1.0, one a line.
symbols()
{
    nm -D --defined-only "$(library "$1")" |
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

if [ "${1-}" = renew ]; then
    cd "$(dirname "$0")/abi" || exit 99
    renew_symbols "$2"
    abidw --suppressions suppressions --drop-undefined-syms \
        --no-show-locs --no-corpus-path --no-comp-dir-path \
        --exported-interfaces-only \
        --out-file libvnuma.new "$(library "$2")" || exit 1
    # Where somebody built it is nobody's business.
    sed "s|path='[^']*/tools/|path='tools/|" libvnuma.new >libvnuma.abi
    rm libvnuma.new
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
echo 1..2
status=0
listed=$(sed -n 's/^ \(vnuma_.*\)@VERS_1\.0 .*/\1/p' \
    ../../debian/libvnuma1.symbols | LC_ALL=C sort)
if [ "$listed" = "$(symbols "$build")" ]; then
    echo "ok 1 - debian/libvnuma1.symbols has its symbols"
else
    echo "# make renew-abi"
    echo "not ok 1 - debian/libvnuma1.symbols has its symbols"
    status=1
fi
if differences=$(abidiff --suppressions suppressions --no-show-locs \
    --no-corpus-path libvnuma.abi "$(library "$build")" 2>&1); then
    echo "ok 2 - the ABI is the stored one"
else
    echo "$differences" | sed 's/^/# /'
    echo "# meant, and compatible?  make renew-abi"
    echo "not ok 2 - the ABI is the stored one"
    status=1
fi
exit $status
