#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What users are told of commands and of forms of a host is what their tables
# say: commands/commands.h and host/topology_draft.h.  Nothing here is a copy
# that a new row would have to renew.
set -u
program=${top_builddir:?}/xl-vnuma
tools=${top_srcdir:?}/tools
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC1091 # shellcheck reads it by itself
. "$top_srcdir/tests/try.sh"

"$program" --help >"$tmp/help" 2>"$tmp/errors"
try "--help succeeds" test "$?" = 0
try "--help prints no error" diff /dev/null "$tmp/errors"
"$program" >"$tmp/output" 2>"$tmp/usage"
try "without arguments it is a mistake" test "$?" = 2
try "which prints nothing on standard output" diff /dev/null "$tmp/output"
try "but the help as an error" diff "$tmp/help" "$tmp/usage"

# "    COMMAND("name", function," begins a row.
sed -n 's/^ *\(COMMAND\|XEN\|LIVE\)("\([a-z0-9-]*\)", .*/\2/p' \
    "$tools/xl-vnuma/commands/commands.h" >"$tmp/rows"
sed -n 's/^  \([a-z][a-z0-9-]*\)  *[A-Z].*/\1/p' "$tmp/help" >"$tmp/commands"
try "there are rows" test -s "$tmp/rows"
try "every command is named, in the table's order" \
    diff "$tmp/rows" "$tmp/commands"
while read -r command; do
    "$program" "$command" --help >"$tmp/own"
    try "$command --help says how it is called" \
        grep -q "^Usage: xl-vnuma $command" "$tmp/own"
    summary=$(sed -n "s/^  $command  *//p" "$tmp/help")
    try "$command --help says the same of it" \
        grep -qxF "$summary." "$tmp/own"
done <"$tmp/commands"

# The words of VNUMA__HOST_FORMS_ARE, in one line.
sed -n '/define VNUMA__HOST_FORMS_ARE/,/^$/s/^ *"\(.*\)".*/\1/p' \
    "$tools/libvnuma/host/topology_draft.h" | tr -d '\\\n' >"$tmp/forms"
try "there are forms" test -s "$tmp/forms"
grep -v "^  [a-z]" "$tmp/help" >"$tmp/frame"
cat >"$tmp/wanted" <<END
Usage: xl-vnuma [-vftT] [--host FILE] COMMAND [OPTIONS] [ARGS]

Virtual NUMA for Xen guests: check, plan, create, show.


  --host FILE  read the host from FILE, not this one; "-" is standard input;
               $(cat "$tmp/forms")
  -v           print more; passed on to xl, as -f, -t and -T are
  --version, --help

For more, see xl-vnuma COMMAND --help and xl-vnuma(1).
END
try "the help is whole" diff "$tmp/wanted" "$tmp/frame"

echo 'no host' >"$tmp/host"
(cd "$tmp" && "$program" --host host topology) >"$tmp/output" 2>"$tmp/errors"
try "a text of no known form is refused" test "$?" = 3
try "and nothing is printed of it" diff /dev/null "$tmp/output"
cat >"$tmp/wanted" <<END
host:1:1: error: this is not the text of a host [host-form]
 no host
 ^
hint: $(cat "$tmp/forms")
END
try "it is said what would be known" diff "$tmp/wanted" "$tmp/errors"
tried
