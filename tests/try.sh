# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154 # the caller's
#
# For tests in sh: a command is a test, and what it says is shown when it
# fails: all of it in the TAP, what counts on stderr too, which prove does not
# keep to itself.  Sourced; $tmp is the caller's directory for what nobody keeps.
n=0
# Where programs that are not installed find what they load.
[ -z "${top_builddir-}" ] || export XL_VNUMA_MODULES="$top_builddir/.libs"

result()
{
    n=$((n + 1))
    echo "$1 $n - $2"
}

# What failed in a log, which may be far from its end, and its end.
what_counts()
{
    awk '{ line[NR % 13] = $0 }
        /^(not ok|FAIL|ERROR)/ && !/# TODO/ {
            for (i = NR - 12; i <= NR; i++)
                if (i > shown)
                    print line[i % 13]
            shown = NR
        }' "$1" | head -n 100
    echo "..."
    tail -n 40 "$1"
}

# try NAME COMMAND...
try()
{
    name=$1
    shift
    failed=
    if "$@" >"$tmp/log" 2>&1; then
        result ok "$name"
    else
        failed=1
        sed 's/^/# /' "$tmp/log"
        result "not ok" "$name"
        { echo "not ok: $name"; what_counts "$tmp/log"; } >&2
    fi
}

# need NAME COMMAND...: without it nothing that follows says anything.
need()
{
    try "$@"
    [ -z "$failed" ] || { echo "Bail out!  $1"; exit 1; }
}

# The last line: how many there were.
tried()
{
    echo "1..$n"
}
