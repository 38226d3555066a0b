#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every man page is sound POD, and every command and option that the command
# knows is in xl-vnuma(1).
set -u
cd "${top_srcdir:?}" || exit 99
program=${top_builddir:?}/xl-vnuma
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/try.sh

for pod in docs/man/*.pod; do
    if podchecker "$pod" >/dev/null 2>&1; then
        result ok "$pod is sound"
    else
        podchecker "$pod" 2>&1 | sed 's/^/# /'
        result "not ok" "$pod is sound"
    fi
done

for command in $("$program" --help | sed -n 's/^  \([a-z][a-z0-9-]*\)  .*/\1/p'); do
    if grep -q "^=head2 $command" docs/man/xl-vnuma.1.pod; then
        result ok "$command is documented"
    else
        result "not ok" "$command is documented"
    fi
    # On stdout, and well: it is what was asked for.
    "$program" "$command" --help >"$tmp/help" 2>"$tmp/errors"
    try "$command --help succeeds" test "$?" = 0
    try "$command --help prints no error" diff /dev/null "$tmp/errors"
    for option in $("$program" "$command" --help |
        grep -o -e '--[a-z]*' | sort -u); do
        if grep -q -e "$option" docs/man/xl-vnuma.1.pod; then
            result ok "$command $option is documented"
        else
            result "not ok" "$command $option is documented"
        fi
    done
done
# And every setting of the front in its page.
for key in $(sed -n 's/.*strcmp(setting->name, "\([a-z_]*\)").*/\1/p' \
    tools/xl-vnuma/front/conf.c); do
    if grep -q "^=item B<$key>" docs/man/xl-vnuma.conf.5.pod; then
        result ok "$key= is documented"
    else
        result "not ok" "$key= is documented"
    fi
done

# And every check, with nothing else among them.
{
    "$program" check --list
    "$program" dom0 check --list
} | cut -d ' ' -f 1 | sort >"$tmp/checks"
cat docs/man/*-checks.7.pod |
    sed -n 's/^=item B<\([a-z0-9-]*\)>$/\1/p' | sort >"$tmp/items"
try "the checks are documented, each once" diff "$tmp/checks" "$tmp/items"
try "there are some" test -s "$tmp/checks"
tried
