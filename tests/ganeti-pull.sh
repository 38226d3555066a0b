#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What carries the reports of hosts to Ganeti's master, with programs in the
# place of Ganeti's that print what these print.
set -u
cd "${top_srcdir:?}" || exit 99
tmp=$(mktemp -d "${TMPDIR:-/tmp}/ganeti-pull.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/try.sh
export XL_VNUMA_KEPT="$tmp/kept"
reports=$tmp/kept/reports
mkdir "$tmp/bin"
PATH=$tmp/bin:$PATH

# program NAME: of its commands on stdin.
program()
{
    { echo '#!/bin/sh'; cat; } >"$tmp/bin/$1"
    chmod +x "$tmp/bin/$1"
}

# status N: how the pull ended.
status()
{
    tools/ganeti/xl-vnuma-pull >"$tmp/said" 2>&1
    got=$?
    cat "$tmp/said"
    test "$got" = "$1"
}

# has NAME TEXT: that is its report, and nothing else is left there.
has()
{
    test "$(cat "$reports/$1.json")" = "$2" &&
        test -z "$(find "$reports" -name '.*' -type f)"
}

echo 'echo here' | program hostname
echo 'echo elsewhere' | program gnt-cluster
program gnt-node <<'END'
case $1 in
list) printf '%s\n' n1 n2 n3 ;;
*)
    echo "$*" >"$XL_VNUMA_KEPT/../asked"
    cat "$XL_VNUMA_KEPT/../answer"
    ;;
esac
END
line=------------------------------------------------
cat >"$tmp/answer" <<END
$line
n1: {"report":1,"x":"a: b"}
$line
n2: {"report":1}
$line
n3: {"report":3}
END
try "nothing is done on a host that is not the master" status 0
try "  and nothing is there" test ! -e "$reports"
echo 'echo here' | program gnt-cluster
try "the reports of all hosts are pulled" status 0
try "  by the restricted command" grep -qx \
    "restricted-command -M vnuma-report n1 n2 n3" "$tmp/asked"
try "  each to its file" has n1 '{"report":1,"x":"a: b"}'
try "  and only root may read them" \
    test "$(stat -c %a "$reports/n1.json")" = 600
cat >"$tmp/answer" <<END
$line
n1: xl-vnuma: no Xen is running
$line
Restricted command 'vnuma-report' failed
$line
n3: {"report":4
n2: \033[2J$(printf '\033[2J\302\233')
../n3: {"report":5}
n3: {"report":6}
END
try "hosts that do not answer are told of" status 3
try "  with what they say" grep -q "no Xen is running" "$tmp/said"
try "  which no terminal acts on" grep -qxF 'n2: \033[2J?[2J??' "$tmp/said"
try "  and what they said before stays" has n1 '{"report":1,"x":"a: b"}'
try "  half a report is none; nothing is written elsewhere" \
    has n3 '{"report":6}'
{
    echo $line
    sed 's/^/n1: /' tests/hosts/report-8node.json
} >"$tmp/answer"
status 0 >/dev/null
is_the_same_host()
{
    for file in tests/hosts/report-8node.json "$reports/n1.json"; do
        "$top_builddir/xl-vnuma" --host "$file" topology --json || return
    done >"$tmp/both"
    half=$(($(wc -l <"$tmp/both") / 2))
    head -n $half "$tmp/both" >"$tmp/first"
    tail -n +$((half + 1)) "$tmp/both" | diff "$tmp/first" - &&
        "$top_builddir/xl-vnuma" --host "$reports/n1.json" show --json \
            --domains "$reports/n1.json" |
        grep -q '"name": "foreign"'
}
try "a real report is the same host, without vcpus" is_the_same_host
try "  and shorter" test "$(wc -c <"$reports/n1.json")" -lt 5000
touch -d '2 hours ago' "$reports/gone.json"
echo '{"report":1}' >"$reports/new.json"
status 0 >/dev/null
try "a host that left the cluster loses its report in an hour" \
    test ! -e "$reports/gone.json" -a -e "$reports/new.json"
echo "touch $tmp/begun; until [ -e $tmp/go ]; do sleep 0.1; done" |
    program gnt-node
tools/ganeti/xl-vnuma-pull &
until [ -e "$tmp/begun" ]; do sleep 0.1; done
: >"$reports/.n1.new"
# It would wait for the same.
(sleep 5; touch "$tmp/go") &
try "two at once: the second does nothing" status 3
try "  and says so" grep -q "another one has not ended" "$tmp/said"
try "  nor takes away what the first writes" test -e "$reports/.n1.new"
touch "$tmp/go"
wait
rm -f "$reports/.n1.new"
echo 'exit 1' | program gnt-node
try "Ganeti does not answer" status 3
# As cron starts it, with what is in its /usr/sbin.
echo "hostname -f" | program gnt-cluster
sed "s|:/usr/sbin:|:$tmp/bin:|" tools/ganeti/xl-vnuma-pull >"$tmp/pull"
by_cron()
{
    env -i PATH=/usr/bin:/bin XL_VNUMA_KEPT="$XL_VNUMA_KEPT" sh "$tmp/pull" \
        >"$tmp/said" 2>&1
    [ $? = 3 ] && grep -q "Ganeti does not answer" "$tmp/said"
}
try "cron finds Ganeti's programs" by_cron
program xl-vnuma <<'END'
echo "$* $PATH"
END
sed "s|^PATH=.*|PATH=$tmp/bin:/usr/bin:/bin|" tools/ganeti/vnuma-report \
    >"$tmp/report"
reports_itself()
{
    env -i sh "$tmp/report" | grep -q '^report '
}
try "the restricted command needs no environment" reports_itself
echo 'exec sleep 20' | program xl-vnuma
sed -i 's/ 30 / 0.1 /' "$tmp/report"
gives_up()
{
    env -i sh "$tmp/report"
    [ $? = 124 ]
}
try "  and does not wait for ever" gives_up
tried
