#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The hook that leaves an instance's tags for the xl that starts it, in a folder
# of the test's, called as Ganeti calls hooks: by variables, with no others.
set -u
cd "${top_srcdir:?}" || exit 99
tmp=$(mktemp -d "${TMPDIR:-/tmp}/ganeti-tags.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/try.sh
dir=$tmp/run/ganeti
sed -e "s|^allocator=.*|allocator=${top_builddir:?}/tools/ganeti/vnuma|" \
    -e "s|^dir=.*|dir=$dir|" tools/ganeti/xl-vnuma-tags >"$tmp/hook"

# hook NAME TAGS [HYPERVISOR]: in an empty folder; its words are in $tmp/said.
hook()
{
    (
        mkdir -p "$tmp/empty"
        cd "$tmp/empty" && touch vnuma:1 &&
            env -i GANETI_INSTANCE_NAME="$1" GANETI_INSTANCE_TAGS="$2" \
                GANETI_INSTANCE_HYPERVISOR="${3-xen-hvm}" sh "$tmp/hook"
    ) >"$tmp/said" 2>&1
}

# leaves NAME TAGS TEXT: that is in its file, which only its owner reads.
leaves()
{
    hook "$1" "$2" || { cat "$tmp/said"; return 1; }
    [ ! -s "$tmp/said" ] && printf '%b' "$3" | cmp - "$dir/$1" &&
        [ "$(stat -c '%a %u' "$dir/$1" "$dir")" = "600 $(id -u)
700 $(id -u)" ] && [ -z "$(find "$dir" -name '.*' -type f)" ]
}

# leaves_none NAME TAGS [HYPERVISOR]: and it is no mistake.
leaves_none()
{
    hook "$@" && [ ! -s "$tmp/said" ] && [ ! -e "$dir/$1" ]
}

# stops WORDS NAME TAGS [HYPERVISOR]: one line, and what was there stays.
stops()
{
    words=$1
    shift
    find "$tmp/run" -type f -exec cat {} + >"$tmp/before" 2>&1
    hook "$@" && return 1
    cat "$tmp/said"
    find "$tmp/run" -type f -exec cat {} + 2>&1 | cmp - "$tmp/before" &&
        [ "$(wc -l <"$tmp/said")" = 1 ] && grep -q "^vnuma: .*$words" "$tmp/said"
}

try "without a tag there is nothing" leaves_none vm1 "blue vnumax vnuma"
try "  not even a folder" test ! -e "$tmp/run"
try "auto" leaves vm1 "blue vnuma:auto red" 'vnuma="auto"\n'
try "a number, and it replaces what was there" leaves vm1 "vnuma:2" \
    'vnuma=[["pnode=auto"],["pnode=auto"]]\n'
try "a policy" leaves vm1 "vnuma:1 vnuma:policy:preferred" \
    'vnuma=[["pnode=auto"]]\nxl_vnuma_policy="preferred"\n'
try "a policy alone" leaves vm1.example.com "vnuma:policy:strict" \
    'vnuma="auto"\n'
try "signs that a shell knows" leaves vm2 'vnuma:2 vnuma* */* a?c' \
    'vnuma=[["pnode=auto"],["pnode=auto"]]\n'
try "tags that are gone" leaves_none vm1 "blue"
try "no tag with another hypervisor" leaves_none vm3 "" kvm
try "a tag with another hypervisor" stops "for the hypervisor xen-hvm" \
    vm3 vnuma:2 xen-pvm
for tag in vnuma:33 vnuma:0 vnuma: vnuma:policy:interleave vnuma:2x \
    'vnuma:1 vnuma:2' 'vnuma:*'; do
    try "the tag $tag" stops "none of vnuma:auto" vm2 "$tag"
done
for name in ../vm2 . .. .vm2 a/b 'a b' "a
b" ''; do
    try "the name $(printf %s "$name" | tr '\n' ' ')" \
        stops "of this name" "$name" vnuma:2
    try "  without a tag" hook "$name" blue
done
mkdir "$dir/vm4"
try "something in its place" hook vm2 vnuma:2
stays()
{
    ! hook vm4 vnuma:2 && [ -d "$dir/vm4" ] && [ -s "$tmp/said" ]
}
try "  of its own" stays
mv "$dir" "$tmp/elsewhere"
ln -s "$tmp/elsewhere" "$dir"
try "a link in the folder's place" stops "is not a folder of root's" \
    vm2 vnuma:auto
tried
