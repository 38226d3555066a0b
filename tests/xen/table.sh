#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The table in README.md: table.sh DIRECTORY...  Each directory is what XEN_OUT
# named in runs of one release of Xen; the TAP of every boot is kept there
# (run.sh).  Scenarios say which of their tests belong in which column, and what
# they saw of stock xl (about and stock_xl in lib.sh).  Exit status 1 when a
# test failed or a column has none.

set -eu

[ $# -ge 1 ] || { echo "usage: table.sh DIRECTORY..." >&2; exit 2; }

rows()
{
    cat "$1"/*/*.tap | awk '
        BEGIN { n = split("HVM PVH save restore move dom0 show", columns) }
        /^# scenario: / { column = "" }
        /^# about: / { column = $3 }
        /^# stock xl: / {
            sub(/^# stock xl: /, "")
            name = $0
            sub(/:.*/, "", name)
            sub(/^[^:]*: /, "")
            stock[name] = $0
        }
        /^# Xen version / { version = $4 }
        /^ok .*# SKIP/ { next }
        /^(not )?ok / { total[column]++ }
        /^ok / { passed[column]++ }
        /^not ok / { bad = 1 }
        END {
            ours = "| " version ", xl-vnuma |"
            xl = "| " version ", stock xl |"
            for (i = 1; i <= n; i++) {
                name = columns[i]
                if (!total[name] || stock[name] == "")
                    bad = 1
                ours = ours " " passed[name] + 0 " of " total[name] + 0 " |"
                xl = xl " " (stock[name] == "" ? "?" : stock[name]) " |"
            }
            print ours
            print xl
            exit bad + 0
        }'
}

echo "| Xen | HVM | PVH | save | restore | move | dom0 | show |"
echo "| --- | --- | --- | --- | --- | --- | --- | --- |"
status=0
for dir; do
    rows "$dir" || status=1
done
exit "$status"
