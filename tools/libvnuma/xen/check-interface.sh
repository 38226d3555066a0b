#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Holds what the tree knows of Xen's interface against the headers of a Xen:
# check-interface.sh TABLE CC [FLAG...].  Prints "lacks NAME" or "differs NAME" for
# what cannot be built with, and "has SHAPE" for the shapes that are there.

set -u

table=$1
shift
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

printf '#include <%s>\n' stdbool.h stddef.h xenctrl.h xenguest.h libxl.h \
    libxl_utils.h libxlutil.h xenstore.h xentoollog.h xenforeignmemory.h \
    >"$tmp/headers"

# compiles FLAG...: what stdin has after the headers.
compiles()
{
    cat "$tmp/headers" - >"$tmp/try.c"
    "$@" -fsyntax-only -w "$tmp/try.c" 2>/dev/null
}

# Of "int f(void)" or "struct s.member".
name_of()
{
    name=${1%%(*}
    name=${name##*[ *]}
}

# code KIND DECLARATION: what compiles if the headers have it like that.
code()
{
    case $1 in
    member)
        echo "char has_${2##*.}[sizeof(((${2%.*} *)0)->${2##*.})];"
        ;;
    *)
        name_of "$2"
        echo "void *has_$name(void);"
        echo "void *has_$name(void) { return (void *)$name; }"
        echo "$2;"
        ;;
    esac
}

# tell CC [FLAG...]: why what has $name does not compile.
tell()
{
    if echo "void *has(void) { return (void *)$name; }" | compiles "$@"; then
        echo "differs $name"
    else
        echo "lacks $name"
    fi
}

# lines KIND...
lines()
{
    while read -r kind declaration; do
        case " $* " in *" $kind "*) echo "$kind $declaration" ;; esac
    done <"$table"
}

# Nearly always all of it compiles, so all of it is tried at once first.
lines before call member | while read -r kind declaration; do
    code "$kind" "$declaration"
done | compiles "$@" || lines before call member |
    while read -r kind declaration; do
        code "$kind" "$declaration" | compiles "$@" && continue
        name_of "$declaration"
        if [ "$kind" = member ]; then
            echo "lacks $declaration"
        else
            tell "$@"
        fi
    done

# Of the shapes of a function one must be there.
sed -n 's/^\([A-Z][A-Z_0-9]*\) \(.*\)/\1 \2/p' "$table" >"$tmp/shapes"
while read -r shape declaration; do
    name_of "$declaration"
    echo "$name" >>"$tmp/wanted"
    code call "$declaration" | compiles "$@" || continue
    echo "has $shape"
    echo "$name" >>"$tmp/found"
done <"$tmp/shapes"
touch "$tmp/wanted" "$tmp/found"
for name in $(sort -u "$tmp/wanted"); do
    grep -qx "$name" "$tmp/found" || tell "$@"
done
