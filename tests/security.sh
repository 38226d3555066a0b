#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# SECURITY.md: each promise names a test, and each test that it names is there
# and is run.  What it says of xenstore is held against the sources.
set -u
cd "${top_srcdir:?}" || exit 99
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/try.sh

# is_run FILE: it is in what "make check" runs, in what ./test runs on Xen, or
# a command of its own that takes hours.
is_run()
{
    case $1 in
    tests/xen/scenarios/*.sh)
        name=${1##*/}
        grep -Eqw -e "${name%.sh}" tests/xen/t/*.t tests/xen/t-full/*.t \
            tests/xen/README
        ;;
    tests/*.sh) grep -q "^check_SCRIPTS" tests/local.mk &&
        grep -qF "$1" tests/local.mk ;;
    *.c) grep -Eq "(^|[[:space:]])${1%.c}([[:space:]]|\$)" tests/local.mk \
        fuzz/local.mk ;;
    *) false ;;
    esac
}
# judge FILE: what is wrong in it, a line each.
judge()
{
    # shellcheck disable=SC2016 # a regular expression
    grep -o '`\(tests\|fuzz\)/[^`]*`' "$1" | tr -d '`' | sort -u |
        while read -r file; do
            [ -f "$file" ] || { echo "$file is not there"; continue; }
            is_run "$file" || echo "$file is not run"
        done
    # An item begins with "* **" and ends where the next or a blank line is.
    awk 'function end() {
             if (item != "" && item !~ /`(tests|fuzz)\//)
                 print "no test: " item
             item = ""
         }
         /^\* / || /^$/ || /^#/ { end() }
         /^\* \*\*/ { item = $0; next }
         item != "" { item = item " " $0 }
         END { end() }' "$1"
}
says_nothing()
{
    judge "$1" >"$tmp/said"
    cat "$tmp/said"
    [ ! -s "$tmp/said" ]
}
try "each promise names tests that are there and are run" \
    says_nothing SECURITY.md
try "  and there are promises" \
    test "$(grep -c '^\* \*\*' SECURITY.md)" -gt 12
# shellcheck disable=SC2016 # text
printf '%s\n' '* **One.**  `tests/absent.sh`' '* **Two.**  As it is.' '' \
    '* **Three.**  `tests/security.sh`' '* Four.' >"$tmp/bad.md"
finds_both()
{
    judge "$tmp/bad.md" >"$tmp/said"
    cat "$tmp/said"
    [ "$(wc -l <"$tmp/said")" = 2 ] && grep -q '^tests/absent' "$tmp/said" &&
        grep -q '^no test: .*Two' "$tmp/said"
}
try "one without a test, or whose test is gone, is found" finds_both

# What a guest may write is below its own folder, except these; dom0's is 0.
only_dom0s()
{
    grep -rnE '"[^"]*/local/domain/[^"]*"|xenstore_read\([^)]*"' tools \
        --include='*.[ch]' >"$tmp/reads"
    grep -v -e '/local/domain/0/' -e '/local/domain/%u/%s"' \
        -e '/local/domain/%" PRIu32 "/vm"' -e ', "name"' -e ', "vm"' \
        "$tmp/reads" >"$tmp/said"
    cat "$tmp/said"
    [ "$(wc -l <"$tmp/reads")" -gt 4 ] && [ ! -s "$tmp/said" ]
}
try "of a guest only what dom0 alone writes is read in xenstore" only_dom0s
tried
