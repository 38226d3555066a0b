#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the tests run of the sources: coverage.sh [--renew] BUILD [COUNTERS...].
# BUILD is one that was configured with --enable-coverage, after its tests;
# COUNTERS are what runs on the real Xen left (coverage.tar.gz of tests/xen).
# Prints a line for each folder below tools/, and for some files, and leaves
# below BUILD/report lines.txt and branches.txt, which name what was not run.
# Fails when a figure is below that of tests/coverage.txt, by more than one per
# cent where that is not 100; its columns are without and with the real Xen.
# With --renew the figures are written there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
renew=no
if [ "${1-}" = --renew ]; then
    renew=yes
    shift
fi
[ $# -gt 0 ] || { sed -n '4,12s/^# \{0,1\}//p' "$0" >&2; exit 2; }
build=$(cd "$1" && pwd)
shift
for tool in gcov-tool gcovr; do
    command -v $tool >/dev/null ||
        { echo "coverage: no $tool here" >&2; exit 3; }
done

report=$build/report
rm -rf "$report"
mkdir "$report" "$report/sum"
# What is of no object of ours is configure's.
(
    cd "$build"
    find tools tests fuzz -name '*.gcno' | cpio -pdl --quiet "$report/sum"
    find tools tests fuzz -name '*.gcda' | cpio -pd --quiet "$report/sum"
)
# add FOLDER: what ran elsewhere.
add()
{
    gcov-tool merge -o "$report/more" "$report/sum" "$1" >/dev/null ||
        { echo "coverage: no tests were run in $build" >&2; exit 1; }
    cp -R "$report/more/." "$report/sum/"
    rm -rf "$report/more"
}
# tests/faults.sh has its own.
[ ! -d "$build/counters$build" ] || add "$build/counters$build"
for counters; do
    mkdir "$report/one"
    tar -C "$report/one" -xzf "$counters"
    add "$report/one"
    rm -rf "$report/one"
done

cd "$here/.."
# gcovr FORMAT OPTION...: from what was read once.
with_gcovr()
{
    gcovr --root . --filter tools/ "$@"
}
with_gcovr --object-directory "$report/sum" --json "$report/all.json" -j 2 \
    "$report/sum"
with_gcovr -a "$report/all.json" --txt "$report/lines.txt" \
    --csv "$report/files.csv"
with_gcovr -a "$report/all.json" --branches --txt "$report/branches.txt"

# A file, a folder: lines and branches, of how many.
awk -F, 'NR > 1 {
        sub("^tools/", "", $1)
        name = $1
        for (i = 3; i; i--) {
            all[name] += $2; run[name] += $3
            branches[name] += $5; taken[name] += $6
            if (i == 3)
                sub("/[^/]*$", "", name)
            else
                name = "all"
        }
    }
    END { for (name in all)
        print name, run[name], all[name], taken[name], branches[name] }' \
    "$report/files.csv" | sort >"$report/folders"

# The columns of the table that these tests are held against.
[ $# -gt 0 ] && column=4 || column=2
awk -v column=$column -v renew=$renew -v new="$report/coverage.txt" '
    function percent(some, of) { return of ? int(100 * some / of) : 100 }
    # Which of several at once comes first is not the same each time.
    function judge(figure, wanted) {
        if (figure >= wanted - (wanted < 100))
            return ""
        bad = 1
        return sprintf("  below %d", wanted)
    }
    NR == FNR {
        lines[$1] = percent($2, $3)
        branches[$1] = percent($4, $5)
        row[$1] = sprintf("%-34s %6d %6d %4d %%  %6d %6d %4d %%", $1,
            $2, $3, lines[$1], $4, $5, branches[$1])
        next
    }
    /^#/ || !NF { print >new; next }
    {
        if (!($1 in row)) { print "nothing is " $1; bad = 1; next }
        print row[$1] judge(lines[$1], $column) \
            judge(branches[$1], $(column + 1))
        seen[$1] = 1
        figure[column] = lines[$1]; figure[column + 1] = branches[$1]
        for (i = 2; i <= 5; i++)
            if (i != column && i != column + 1)
                figure[i] = $i
        rest = $0
        sub(/^[^ ]+( +[0-9]+)( +[0-9]+)( +[0-9]+)( +[0-9]+) */, "", rest)
        form = "%-22s %4d %4d %5d %4d  %s"
        if ($1 ~ /[.]c$/)
            form = "%-34s %3d %4d %4d %4d  %s"
        line = sprintf(form, $1, figure[2], figure[3], figure[4], figure[5],
            rest)
        sub(/ +$/, "", line)
        print line >new
    }
    END {
        for (name in row)
            if (!(name in seen) && name !~ /[.][ch]$/) {
                print row[name] "  not in the table"
                bad = 1
            }
        exit renew == "no" && bad
    }' "$report/folders" "$here/coverage.txt" || {
    echo "coverage: fell; $report/lines.txt and branches.txt say where" >&2
    exit 1
}
[ $renew = no ] || cp "$report/coverage.txt" "$here/coverage.txt"
