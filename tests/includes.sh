#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Includes run down: a file includes what is in its own folder or in a lower
# layer of ARCHITECTURE.md's table, which this reads.  Every folder of source
# is in that table, and includes are written with their folder.
set -u
cd "${top_srcdir:?}" || exit 99
tmp=$(mktemp -d "${TMPDIR:-/tmp}/includes.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/try.sh

cat >"$tmp/judge.awk" <<'EOF'
# Where the table puts a file: by its own name or by its folder's.
function place(file) {
    sub(/^tools\//, "", file)
    if (!(file in layer))
        sub(/\/[^\/]*$/, "", file)
    return file
}
function find(name,    i) {
    for (i = 1; i <= num_roots; i++)
        if (roots[i] name in known)
            return roots[i] name
    return ""
}
BEGIN {
    num_roots = split("tools/libvnuma/include/ tools/libvnuma/ tools/xl-vnuma/ " \
                      "tools/", roots, " ")
}
FILENAME ~ /layers$/ { layer[$2] = $1; next }
FILENAME ~ /files$/ {
    known[$1] = 1
    used[place($1)] = 1
    if (!(place($1) in layer))
        print "folder " $1 ": " place($1) " is not in the table"
    next
}
{
    file = find($3)
    if (file == "") {
        print "spelling " $1 ":" $2 ": \"" $3 "\" is not written with its folder"
        next
    }
    from = place($1)
    to = place(file)
    if (from != to && layer[from] + 0 <= layer[to] + 0)
        print "up " $1 ":" $2 ": \"" $3 "\": " from " (" layer[from] \
            ") includes " to " (" layer[to] ")"
}
END {
    for (name in layer)
        if (!(name in used))
            print "row " name ": the table has it, the tree has not"
}
EOF

# judge TREE: what is wrong there, a line each, into $tmp/said.
judge()
{
    # "LAYER PLACE" for each row "| LAYER | PLACE | ... |".
    sed -n 's/^| *\([0-9]\{1,\}\) *| *\([^ |]*\) *|.*/\1 \2/p' \
        "$1/ARCHITECTURE.md" >"$tmp/layers"
    (cd "$1" && find tools -name '*.[ch]') | LC_ALL=C sort >"$tmp/files"
    # "FILE LINE NAME" for each include of ours.
    # shellcheck disable=SC2046 # a list of words
    (cd "$1" && grep -n '^ *# *include *"' $(cat "$tmp/files") /dev/null) |
        sed 's/^\([^:]*\):\([0-9]*\):[^"]*"\([^"]*\)".*/\1 \2 \3/' |
        grep -v ' config\.h$' >"$tmp/includes"
    awk -f "$tmp/judge.awk" "$tmp/layers" "$tmp/files" "$tmp/includes" \
        >"$tmp/said"
}

# none KIND: nothing of that kind was found.
none()
{
    ! grep "^$1 " "$tmp/said"
}

judge .
try "ARCHITECTURE.md has a table of layers" test -s "$tmp/layers"
try "there are includes to look at" test -s "$tmp/includes"
try "every folder of source is in the table" none folder
try "every row of the table is in the tree" none row
try "every include is written with its folder" none spelling
try "no include runs up" none up

# A tree with mistakes of each kind.
mkdir -p "$tmp/tree/tools/libvnuma/low" "$tmp/tree/tools/libvnuma/high" \
    "$tmp/tree/tools/libvnuma/next" "$tmp/tree/tools/libvnuma/new"
cat >"$tmp/tree/ARCHITECTURE.md" <<'EOF'
| 1 | libvnuma/low | x |
| 2 | libvnuma/high | x |
| 2 | libvnuma/next | x |
| 3 | libvnuma/gone | x |
EOF
(
    cd "$tmp/tree/tools/libvnuma" || exit
    echo '#include "high/high.h"' >low/low.h
    printf '#include "%s"\n' low/low.h high/other.h next/next.h >high/high.h
    printf '#include "config.h"\n' >high/other.h
    echo '#include "low.h"' >next/next.h
    echo >new/new.h
)
judge "$tmp/tree"
cat >"$tmp/wanted" <<'EOF'
folder tools/libvnuma/new/new.h: libvnuma/new is not in the table
row libvnuma/gone: the table has it, the tree has not
spelling tools/libvnuma/next/next.h:1: "low.h" is not written with its folder
up tools/libvnuma/high/high.h:3: "next/next.h": libvnuma/high (2) includes libvnuma/next (2)
up tools/libvnuma/low/low.h:1: "high/high.h": libvnuma/low (1) includes libvnuma/high (2)
EOF
LC_ALL=C sort "$tmp/said" >"$tmp/sorted"
try "each kind of mistake is found" diff -u "$tmp/wanted" "$tmp/sorted"
tried
