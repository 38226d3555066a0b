#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What scenarios are written with (tests/xen/lib.sh): its reading of Xen's
# console, with an xl whose console is tests/rig-lib/, where others print between
# the lines; and that a program which does not start passes nothing.
set -u
top=${top_srcdir:?}
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/try.sh
. "$top/tests/try.sh"

cat >"$tmp/xl" <<'EOF'
#!/bin/sh
[ "$1" != dmesg ] || cat "$RIG_CONSOLE"
EOF
chmod +x "$tmp/xl"

# says CONSOLE FUNCTION: what a function of the library says of domain 2.
says()
{
    RIG_CONSOLE=$top/tests/rig-lib/$1 RIG_DIR=$tmp/rig PATH=$tmp:$PATH \
        sh -c '. "$1"; "$2" 2' sh "$top/tests/xen/lib.sh" "$2"
}

is()
{
    [ "$1" = "$2" ] || {
        printf 'got:\n%s\nwant:\n%s\n' "$1" "$2"
        return 1
    }
}

for console in 4.17-quiet 4.17-guest-boots 4.20-guest-boots; do
    try "$console: the pages of a domain" is "$(says "$console" pages_of)" \
        "0 65807
4 65280"
    try "$console: and its vnodes" is "$(says "$console" vnodes_of)" \
        "     2 vnodes, 2 vcpus, guest physical layout:
         0: pnode  0, vcpus 0
           0000000000000000 - 0000000010100000
         1: pnode  4, vcpus 1
           0000000010100000 - 0000000020000000"
done

# asserts SCENARIO: its assertions, without numbers.
asserts()
{
    RIG_DIR=$tmp/rig PATH=$tmp:$PATH \
        sh -c '. "$1"; eval "$2"' sh "$top/tests/xen/lib.sh" "$1" |
        grep -v '^#' | sed 's/^\(.*ok\) [0-9]* - /\1 /'
}

try "a refusal is a status and words" is "$(asserts '
    run sh -c "echo no room >&2; exit 1"
    says one 1 "no room"
    says two 3 "no room"
    says three 1 "room for"
    run sh -c "exit 1"
    says four 1 "no room"')" "ok one
not ok two
not ok three
not ok four"
try "what follows from nothing counts for nothing" is "$(asserts '
    is one 1 1
    and is two 1 1
    is three 1 2
    and is four 1 1
    and ok five true
    is six 1 1
    finally ok seven true')" "ok one
ok two
not ok three
not ok four
not ok five
ok six
not ok seven"
try "and the end counts when all before it passed" is "$(asserts '
    is one 1 1
    finally ok two true')" "ok one
ok two"
tried
