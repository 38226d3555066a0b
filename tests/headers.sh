#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The public headers as others include them: each alone, in strict C99 and in
# C++; vnuma.h without Xen's headers; and each library exports what its header
# declares, no less and no more.
set -u
cd "${top_srcdir:?}" || exit 99
build=${top_builddir:?}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/headers.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/try.sh

refuses()
{
    ! "$@"
}

with_xen=no
[ ! -f "$build/libvnuma-xen.la" ] || with_xen=yes

pure="vnuma.h vnuma_base.h vnuma_bitmap.h vnuma_diag.h vnuma_dom0.h
    vnuma_fleet.h vnuma_guest.h vnuma_host.h vnuma_plan.h vnuma_record.h vnuma_show.h"
of_xen="vnuma_xen.h vnuma_xen_built.h vnuma_xen_dom0.h"
headers=$pure
[ "$with_xen" = no ] || headers="$headers $of_xen"
warnings="-Wall -Wextra -Werror -fsyntax-only"
include="-Itools/libvnuma/include"
cc=${CC:-cc} cxx=${CXX:-c++}

for header in $headers; do
    # Xen's own headers are GNU C.
    case $header in
    vnuma_xen*) pedantic= ;;
    *) pedantic=-pedantic ;;
    esac
    printf '#include <%s>\nint nothing(void);\n' "$header" >"$tmp/a.c"
    cp "$tmp/a.c" "$tmp/a.cc"
    # shellcheck disable=SC2086 # lists of words
    {
        try "$header is C99" $cc -std=c99 $pedantic $warnings $include "$tmp/a.c"
        if ! command -v "$cxx" >/dev/null; then
            result ok "$header is C++ # SKIP no C++ compiler"
        elif [ -n "$pedantic" ]; then
            try "$header is C++" $cxx -std=c++98 $warnings $include "$tmp/a.cc"
        else
            try "$header is C++" $cxx $warnings $include "$tmp/a.cc"
        fi
    }
done

printf '#include <vnuma.h>\nint nothing(void);\n' >"$tmp/version.c"
# shellcheck disable=SC2086 # lists of words
{
    try "LIBVNUMA_API_VERSION 0x000100 is known" \
        $cc $warnings $include -DLIBVNUMA_API_VERSION=0x000100 "$tmp/version.c"
    try "LIBVNUMA_API_VERSION 0x7f0000 is refused" refuses \
        $cc $warnings $include -DLIBVNUMA_API_VERSION=0x7f0000 "$tmp/version.c"
}

# What vnuma.h pulls in is libc's and its own.
# shellcheck disable=SC2086 # lists of words
printf '#include <vnuma.h>\n' | $cc -E -M $include -x c - |
    tr ' ' '\n' | grep '\.h$' | grep -i 'xen\|libxl' >"$tmp/xen"
try "vnuma.h includes nothing of Xen's" test ! -s "$tmp/xen"

# names PREFIX HEADER...: the functions that headers declare.
names()
{
    prefix=$1
    shift
    # shellcheck disable=SC2086 # lists of words
    printf '#include <%s>\n' "$@" | $cc -E -P $include -x c - | tr '\n' ' ' |
        sed 's/[;{}]/\n/g' | grep -v typedef |
        sed -n 's/^[^(]*[ *]\('"$prefix"'[a-z0-9_]*\)(.*$/\1/p' | sort -u
}

# exported LIBRARY
exported()
{
    nm -D --defined-only "$1" | awk '$2 == "T" { print $3 }' | sort -u
}

# shellcheck disable=SC2086 # a list of words
names vnuma_ $pure >"$tmp/declared"
exported "$build/.libs/libvnuma.so" >"$tmp/all"
sed 's/@@VERS_1\.0$//' "$tmp/all" >"$tmp/exported"
try "libvnuma exports as VERS_1.0 what its headers declare, and nothing else" \
    diff -u "$tmp/declared" "$tmp/exported"
for library in "$build"/.libs/*.so "$build"/.libs/libvnuma*.so.*; do
    exported "$library" | sed "s|^|${library##*/} |"
done | grep ' vnuma__' >"$tmp/private"
try "no shared library exports a private name" diff /dev/null "$tmp/private"
try "there are functions to compare" test -s "$tmp/declared"

# Each is an item of libvnuma(3) with a line of text below it.
all=$pure
[ "$with_xen" = no ] || all="$pure $of_xen"
# shellcheck disable=SC2086 # a list of words
names vnuma_ $all >"$tmp/public"
awk '/^=item/ { items = $0; next }
     NF && !/^=/ { gsub(/=item|\(\),?/, "", items); print items }
     NF { items = "" }' docs/man/libvnuma.3.pod | xargs -n 1 | sort -u >"$tmp/told"
comm -23 "$tmp/public" "$tmp/told" >"$tmp/untold"
try "libvnuma(3) says what each of them is for" \
    diff /dev/null "$tmp/untold"

# Which functions have no memory to run out of.
cat >"$tmp/no-memory" <<'EOF'
vnuma_bitmap_count
vnuma_bitmap_equal
vnuma_bitmap_next
vnuma_bitmap_test
vnuma_check_list
vnuma_config_is_full
vnuma_config_max_vcpus
vnuma_config_name
vnuma_config_set_pnode
vnuma_config_total_memkb
vnuma_config_type
vnuma_config_vnuma_span
vnuma_dom0_avail_memkb
vnuma_dom0_check_list
vnuma_dom0_num_vcpus
vnuma_dom0_resolve
vnuma_dom0_shift
vnuma_dom0_srat_parse
vnuma_domain_domid
vnuma_domain_memkb
vnuma_domain_name
vnuma_domain_pages
vnuma_domain_promise
vnuma_domain_stray_pages
vnuma_domains_keep
vnuma_domains_num
vnuma_fleet_host_domains
vnuma_fleet_host_knows
vnuma_fleet_host_topology
vnuma_membind_parse
vnuma_plan_bound_of
vnuma_plan_cost_compare
vnuma_plan_cost_of
vnuma_plan_gave_up
vnuma_plan_guest_diags
vnuma_plan_guest_plan
vnuma_plan_is_feasible
vnuma_plan_is_optimal
vnuma_plan_options_check
vnuma_plan_options_prefer
vnuma_policy_name
vnuma_record_is_text
vnuma_record_membind
vnuma_record_pnode
vnuma_record_set_plan
vnuma_span_locate
vnuma_topology_distance
vnuma_topology_fact
vnuma_topology_find
vnuma_topology_knows_load
vnuma_topology_set_free
vnuma_topology_take
EOF
grep -v '_init$\|_dispose$\|_free$\|_at$\|_num_[a-z]*$' "$tmp/declared" | grep -vxF -f "$tmp/no-memory" |
    while read -r name; do
        grep -qw "$name" tests/unit/test-nomem*.c tests/unit/test-memory.c ||
            echo "$name is in neither tests/unit/test-nomem*.c nor this list"
    done >"$tmp/untested"
try "each of its functions has a test without memory" \
    diff /dev/null "$tmp/untested"

if [ "$with_xen" = yes ]; then
    # shellcheck disable=SC2086 # a list of words
    names vnuma_xen_ $of_xen >"$tmp/declared"
    exported "$build"/.libs/libvnuma-xen.so.* | sed 's/@@VERS_1\.0$//' \
        >"$tmp/exported"
    try "libvnuma-xen exports what its headers declare" \
        diff -u "$tmp/declared" "$tmp/exported"
fi

tried
