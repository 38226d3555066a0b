#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The object that create loads into xl, in an xl of another release: one line,
# and xl does not go on.
set -u
builddir=${top_builddir:?}

hooks=$builddir/.libs/xl-vnuma-hooks.so
if [ ! -f "$hooks" ]; then
    echo "1..0 # SKIP built without Xen"
    exit 0
fi

dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 99

# make_xl RELEASE: a program named xl that uses "Xen's" libxenguest of it.
make_xl()
{
    echo 'int guest(void); int guest(void) { return 0; }' >guest.c
    echo 'int guest(void); int main(void) { return guest(); }' >xl.c
    rm -f libxenguest.so*
    "${CC:-cc}" -shared -fPIC -Wl,-soname,"libxenguest.so.$1" \
        -o "libxenguest.so.$1" guest.c &&
        ln -s "libxenguest.so.$1" libxenguest.so &&
        "${CC:-cc}" -o xl xl.c -L. -lxenguest -Wl,-rpath,"$dir"
}

# is NUMBER NAME GOT WANT
is()
{
    if [ "$3" = "$4" ]; then
        echo "ok $1 - $2"
    else
        echo "not ok $1 - $2"
        printf '%s\n' "$3" | sed 's/^/# got: /'
    fi
}

echo 1..4
make_xl 9.99 || exit 99
text=$(LD_LIBRARY_PATH="$builddir/.libs" LD_PRELOAD="$hooks" ./xl 2>&1)
is 1 "another release is refused" "$?" 3
is 2 "in one line that names it" "$(printf '%s\n' "$text" |
    grep -c '^xl-vnuma: built for Xen .*this xl is of Xen 9\.99')" 1
is 3 "and no other" "$(printf '%s\n' "$text" | wc -l)" 1

# A program of any other name is left alone.
cp xl other
LD_LIBRARY_PATH="$builddir/.libs" LD_PRELOAD="$hooks" ./other >/dev/null 2>&1
is 4 "what is not xl is left alone" "$?" 0
