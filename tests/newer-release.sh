#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A release of Xen that nobody has tried yet, which is this machine's under
# another number: configure warns and all is built, and what is built refuses
# an xl of another release; and one that lacks a function is not built for.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/try.sh
. "$top/tests/try.sh"
cd "$tmp" || exit 99

modules="xenlight xlutil xencontrol xenguest xenstore xentoollog
    xenforeignmemory"
real=$(pkg-config --modversion xencontrol) || exit 99
real=$(echo "$real" | cut -d . -f 1,2)

# What pkg-config says of Xen, as of release 9.99.
mkdir pc
dir=$(pkg-config --variable=pcfiledir xencontrol)
for file in "$dir"/xen*.pc "$dir"/xlutil.pc; do
    sed "s/$real\.0/9.99.0/g" "$file" >"pc/${file##*/}"
done
export PKG_CONFIG_PATH="$tmp/pc"
# shellcheck disable=SC2086 # a list of words
try "pkg-config has it" pkg-config --exact-version=9.99.0 $modules

try "it is configured for" "$top/configure" --with-xen --without-cairo
cp log configured
try "with a warning" grep 'WARNING: Xen 9\.99 has not been tested' configured
try "it is built for" make -j2 libvnuma-xen.la xl-vnuma xl-vnuma-hooks.la \
    xl-vnuma-xen.la
try "the soname is its number" test -f .libs/libvnuma-xen.so.9.99

# Its libraries are those of the real release.
echo 'int main(void) { return 0; }' >xl.c
"${CC:-cc}" -o xl xl.c || exit 99
LD_LIBRARY_PATH=$tmp/.libs LD_PRELOAD=$tmp/.libs/xl-vnuma-hooks.so \
    ./xl >refused 2>&1
status=$?
try "an xl of another release is refused" test "$status" = 3
try "in a line that names both" \
    grep "^xl-vnuma: built for Xen 9\.99.*this xl is of Xen $real" refused
try "and in no other" test "$(wc -l <refused)" = 1

# Functions and their shapes are looked for, not numbers: with Xen's headers in
# which one thing was changed configure says that, in one line.
# with_changed NAME SED-SCRIPT [CONFIGURE-OPTION]
with_changed()
{
    mkdir -p "$1/include" && cd "$1" || exit 99
    sed "$2" /usr/include/xenctrl.h >include/xenctrl.h
    sed "$2" /usr/include/xenguest.h >include/xenguest.h
    ! cmp -s include/xenctrl.h /usr/include/xenctrl.h ||
        ! cmp -s include/xenguest.h /usr/include/xenguest.h || exit 99
    "$top/configure" --without-cairo CPPFLAGS="-I$PWD/include" \
        ${3:+"$3"} >configured 2>&1
    status=$?
    cd "$tmp" || exit 99
    return "$status"
}

with_changed lacking 's/xc_dom_register_arch_hooks/xc_of_another_name/' \
    --with-xen
try "a Xen without builder hooks is refused" test "$?" != 0
try "which are named" grep \
    'this Xen cannot be used; it has no xc_dom_register_arch_hooks$' \
    lacking/configured
try "a Xen whose function has one argument more is not built for" \
    with_changed other \
    's/^int xc_domain_claim_pages(/&int more, /'
try "which is named" grep \
    'of another shape than known: xc_domain_claim_pages$' other/configured
try "in one line" \
    test "$(grep -c xc_domain_claim_pages other/configured)" = 1
try "and nothing else is said of it" \
    grep 'this Xen cannot be used: building without create' other/configured
tried
