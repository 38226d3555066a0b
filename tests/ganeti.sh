#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The iallocator "vnuma" with Ganeti's own hail (Debian: ganeti-htools), by the
# files and the answers of iallocator protocol 2; where hail is not there, or
# is to fail, with a program in its place.
set -u
cd "${top_srcdir:?}" || exit 99
tmp=$(mktemp -d "${TMPDIR:-/tmp}/ganeti.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC1091 # shellcheck reads them by itself
. ./tests/try.sh
# shellcheck disable=SC1091
. ./tests/ganeti-lib.sh
export XL_VNUMA_KEPT="$tmp/kept"
mkdir "$tmp/bin"
cp "${top_builddir:?}/tools/ganeti/vnuma" "$tmp/bin/vnuma" || exit 99
real=/usr/lib/ganeti/iallocators/hail

# ask: into $tmp/answer and $tmp/said; its exit status.
ask()
{
    "$tmp/bin/vnuma" "$tmp/input" --no-capacity-checks >"$tmp/answer" \
        2>"$tmp/said"
}

# answers WORDS...: each is in the answer.
answers()
{
    ask || return
    cat "$tmp/answer"
    for words; do
        grep -qF -- "$words" "$tmp/answer" || { echo "no: $words"; return 1; }
    done
}

# refuses WORDS...: exit status 1, the words on stderr, and no answer.
refuses()
{
    ask && { echo "exit 0"; return 1; }
    cat "$tmp/answer" "$tmp/said"
    test ! -s "$tmp/answer" || return
    for words; do
        grep -qF -- "$words" "$tmp/said" || { echo "no: $words"; return 1; }
    done
}

same_as_hail()
{
    ask
    status=$?
    "$tmp/bin/hail" "$tmp/input" --no-capacity-checks >"$tmp/hails" \
        2>"$tmp/hail-said"
    test "$status" = $? && cmp "$tmp/answer" "$tmp/hails" &&
        cmp "$tmp/said" "$tmp/hail-said"
}

# 6000 MiB free on each; 4 GiB on one node only on n2 and n3.
three="$(node n1 6000)$(node n2 6000 ,)$(node n3 6500 ,)"
hosts()
{
    rm -rf "$tmp/kept"
    report n1 3000 3000
    report n2 1000 5000
    report n3 2000 4500
}

# ---- with a program in hail's place -----------------------------------------

# hail_is COMMANDS: it has its input in $1.
hail_is()
{
    rm -f "$tmp/bin/hail"
    printf '#!/bin/sh\n%s\n' "$1" >"$tmp/bin/hail"
    chmod +x "$tmp/bin/hail"
}

hosts
cluster "$three" "" "$(allocate new '"vnuma:1"' 4096 2)"
# The one that is asked early, and stopped, may still be in its cat.
hail_is "! grep -q restrict-to-nodes \"\$1\" || cat \"\$1\" >$tmp/asked
cat <<END
{\"success\":true,\"info\":\"I \\\\\"say\\\\\"\",\"result\":[\"n2\"]}
END"
try "hail's answer is passed on" answers \
    '"info":"vnuma: 2 of 3 hosts fit; I \"say\""' '"result":["n2"]}'
restricts()
{
    sed 's/"restrict-to-nodes": \["n2","n3"\], //' "$tmp/asked" |
        cmp - "$tmp/input" && ! cmp -s "$tmp/asked" "$tmp/input"
}
try "  and it was asked the same, for those that fit" restricts
report n1 1000 5000
hail_is "cat \"\$1\" >$tmp/asked
echo >>$tmp/times
echo '{\"success\":true,\"info\":\"\",\"result\":[\"n1\"]}'"
unchanged()
{
    answers "3 of 3 hosts fit" '["n1"]' && cmp "$tmp/asked" "$tmp/input" &&
        test "$(wc -l <"$tmp/times")" = 1
}
try "when all fit it is asked once, and for nothing else" unchanged
hosts
hail_is 'echo its words >&2; exit 5'
fails_with_5()
{
    ask
    test $? = 5 && grep -q "^its words$" "$tmp/said" && test ! -s "$tmp/answer"
}
try "hail fails: its words and its status" fails_with_5
hail_is 'kill -9 $$'
try "hail is killed: nothing is placed" refuses "ended by signal 9"
for answer in "" "{}" '{"success":true,"info":7,"result":[]}' "[" \
    '{"success":true,"info":"x"}'; do
    hail_is "echo '$answer'"
    try "hail answers '$answer': nothing is placed" refuses "nothing is placed"
done
hail_is 'while :; do echo 0123456789012345678901234567890123456789; done'
try "hail does not end: nothing is placed" refuses "nothing is placed"
printf '#!/nowhere\n' >"$tmp/bin/hail"
try "hail cannot be run: nothing is placed" refuses "cannot run" "No such file"
once()
{
    test "$(grep -c . "$tmp/said")" = 1
}
try "  which is said once" once
rm "$tmp/bin/hail"
if [ ! -x $real ]; then
    try "hail is missing: nothing is placed" \
        refuses "cannot run" "No such file"
fi

# ---- what is no request -----------------------------------------------------

hail_is 'echo asked; exit 9'
for text in "" "{" "[]" "{\"version\":1}" '{"version":2}' \
    '{"version":2,"request":{"type":"allocate","type":"relocate"}}' \
    '{"version":2,"request":{"type":"allocate"}}' \
    '{"version":2,"request":{"type":"allocate"},"nodes":{},"instances":{}}' \
    '{"version":2,"request":{"type":"relocate","name":"x"},"nodes":{},"instances":{}}' \
    '{"version":2,"request":{"type":"allocate","name":"x"},"nodes":{"a":{},"a":{}},"instances":{}}' \
    '{"version":2,"request":{"type":"node-evacuate"},"nodes":{},"instances":{}}'; do
    echo "$text" >"$tmp/input"
    try "no request: $text" refuses "vnuma: cannot read the request"
done
{
    printf '{"version":2,"request":{},"nodes":{},"instances":{"a":{"tags":['
    yes 0 | head -n 1050000 | paste -sd,
    echo ']}}}'
} >"$tmp/input"
try "too much of one" refuses "vnuma: cannot read the request" "too many values"
rm "$tmp/input"
try "no file" refuses "cannot read the request" "No such file"

if [ ! -x $real ]; then
    result ok "with hail itself # SKIP it is not there (Debian: ganeti-htools)"
    tried
    exit
fi
rm -f "$tmp/bin/hail"
ln -s $real "$tmp/bin/hail"

# ---- allocate ---------------------------------------------------------------

cluster "$three" "" "$(allocate new '' 4096 2)"
try "a guest without a tag is hail's, byte for byte" same_as_hail
cluster "$three" "" "$(allocate new '' 99999 2)"
try "  also when it fits nowhere" same_as_hail
cluster "$three" "" '"type":"allocate-secondary","name":"x"'
try "  and what is not known here" same_as_hail
cluster "$three" "" "$(allocate new '"x","vnuma:1"' 4096 2)"
try "one vnode: on a host with a node for it" answers \
    "vnuma: 2 of 3 hosts fit; Request successful" '"result":["n3"]'
cluster "$three" "" "$(allocate new '"vnuma:2"' 4096 2)"
try "two vnodes" answers "vnuma: 3 of 3 hosts fit"
cluster "$three" "" "$(allocate new '"vnuma:1"' 5500 2)"
try "none fits: refused, without asking hail" answers '"success":false' \
    '"info":"vnuma: 0 of 3 hosts fit","result":[]'
cluster "$three" "" "$(allocate new '"vnuma:auto"' 5500 2)"
try "  vnuma:auto splits it" answers "vnuma: 3 of 3 hosts fit"
cluster "$three" "" "$(allocate new '"vnuma:1","vnuma:policy:preferred"' 5500 2)"
try "  and vnuma:policy:preferred lets it spill over" answers \
    "vnuma: 3 of 3 hosts fit"
cluster "$three" "" "$(allocate new '"vnuma:1"' 4096 2 ',"restrict-to-nodes":["n1","n2"]')"
try "hosts that the user named" answers "vnuma: 1 of 2 hosts fit" '["n2"]'
for tags in '"vnuma:0"' '"vnuma:33"' '"vnuma:x"' '"vnuma:"' '"vnuma:1","vnuma:2"' \
    '"vnuma:policy:x"'; do
    cluster "$three" "" "$(allocate new "$tags" 4096 2)"
    try "tags $tags are refused" answers '"success":false' "the tag vnuma:"
done
cluster "$three" "" "$(allocate new '"vnuma:1"' 4096 2 | sed s/xen-hvm/xen-pvm/)"
try "a PV guest is refused" answers '"success":false' "xen-hvm"
cluster "$three" "" "$(allocate new '"vnuma:4"' 4096 0)"
try "a guest that cannot be is refused" answers '"success":false'

# ---- reports that are not as they should be ---------------------------------

cluster "$three" "" "$(allocate new '"vnuma:1"' 4096 2)"
rm "$tmp/kept/reports/n3.json"
try "no report: named, and not used" answers '["n2"]' \
    "1 of 3 hosts fit; not used, as there is no report: n3;"
echo '{"report":1' >"$tmp/kept/reports/n3.json"
try "a broken one: named, and why" answers '["n2"]' \
    "not used, as the report is broken: n3 ("
head -c 3000000 /dev/zero | tr '\0' '[' >"$tmp/kept/reports/n3.json"
try "a hostile one" answers '["n2"]' "the report is broken: n3 ("
report n3 2000 4300
try "a stale one: named" answers '["n2"]' \
    "not used, as the report is stale: n3 (6500 MiB are free"
rm "$tmp/kept/reports/n2.json"
try "  and used when nothing else fits" answers '"result":["n3"]' \
    "1 of 3 hosts fit; used as no other fits, although the report is stale:"
hosts
# shellcheck disable=SC2154 # of ganeti-lib.sh
report n3 2000 4500 "" "" $((now - 3600))
report n2 1000 1000
try "an old one is used when nothing else fits" answers '["n3"]' "older than"
hosts
cluster "$(node n1 6000)$(node n2 6000 , | sed s/drained.:false/drained\":true/)$(
    node n3 6500 ,)$(node ../n4 6500 ,)" "" "$(allocate new '"vnuma:1"' 4096 2)"
try "a drained host; one whose name is no file's" answers \
    "1 of 3 hosts fit; not used, as there is no report: ../n4;"

# ---- what the reports lack --------------------------------------------------

hosts
cluster "$(node n1 1904)$(node n2 6000 ,)$(node n3 2404 ,)" \
    "$(instance a '"vnuma:1"' 4096 2 '"n3"'),$(instance b '' 4096 2 '"n1"')" \
    "$(allocate new '"vnuma:1"' 4096 2)"
try "guests that are not started yet are counted" answers \
    "1 of 3 hosts fit; Request" '["n2"]'
cluster "$three" "$(instance a '"vnuma:1"' 4096 2 '"n3"' down)" \
    "$(allocate new '"vnuma:1"' 4096 2)"
try "one that is down keeps its place" answers "1 of 3 hosts fit; Request"
cluster "$(echo "$three" | sed 's/"free_memory"/"i_pri_up_memory":0,&/')" \
    "$(instance a '"vnuma:1"' 4096 2 '"n3"')" "$(allocate new '"vnuma:1"' 4096 2)"
try "one that is being added keeps its place" answers "1 of 3 hosts fit; Request"
report n3 2000 400 "$(domain 3 a 1 4096)"
cluster "$(node n1 6000)$(node n2 1904 ,)$(node n3 6500 ,)" \
    "$(instance a '"vnuma:1"' 4096 2 '"n2"')" "$(allocate new '"vnuma:1"' 4096 2)"
try "one that moved away left its place" answers "1 of 3 hosts fit; Request" \
    '["n3"]'
cluster "$three" "" "$(allocate new '"vnuma:1"' 4096 2)"
try "one that was removed too" answers "2 of 3 hosts fit; Request"
cluster "$(node n1 6000)$(node n2 6000 ,)$(node n3 2400 ,)" "" \
    "$(allocate new '"vnuma:1"' 4096 2)"
try "an administrator's own stays" answers "1 of 3 hosts fit; Request" '["n2"]'

# ---- several ----------------------------------------------------------------

hosts
one()
{
    echo "{$(allocate "$1" "$2" "$3" 2)}"
}
cluster "$three" "" "\"type\":\"multi-allocate\",\"instances\":[$(one a '"vnuma:1"' 4096),$(
    one plain '' 100),$(one b '"vnuma:1"' 4096),$(one c '"vnuma:1"' 4096)]"
try "multi-allocate: each next to those before" answers \
    '"success":true,"info":"vnuma: a: 2 of 3 hosts fit; ' \
    '; b: 1 of 3 hosts fit; ' '; c: 0 of 3 hosts fit; ' \
    '"result":[[["a",["n3"]],["b",["n2"]],["plain",["n1"]]],["c"]]}'
cluster "$three" "" "\"type\":\"multi-allocate\",\"instances\":[$(one plain '' 100)]"
try "  without tags it is hail's" same_as_hail

# ---- moving -----------------------------------------------------------------

report n1 3000 3000 "$(domain 5 g1 0 4096),$(domain 6 g2 0 4096)"
two="$(instance g1 '"vnuma:1"' 4096 2 '"n1"'),$(instance g2 '"vnuma:1"' 4096 2 '"n1"')"
relocate='"type":"relocate","name":"g1","required_nodes":1,"disk_space_total":1024'
cluster "$three" "$two" "$relocate,\"relocate_from\":[\"n1\"]"
try "relocate" answers "vnuma: 2 of 3 hosts fit; Request" '"result":["n3"]'
report n3 3000 3500
try "  to a host that fits" answers "vnuma: 1 of 3 hosts fit; Request" '["n2"]'
hosts
report n1 3000 3000 "$(domain 5 g1 0 4096),$(domain 6 g2 0 4096)"
evacuate='"type":"node-evacuate","evac_mode":"primary-only","instances"'
cluster "$three" "$two" "$evacuate:[\"g1\",\"g2\"]"
try "node-evacuate: each next to those before" answers \
    '"result":[[["g1","default",["n3"]],["g2","default",["n2"]]],[],[[{' \
    '"target_node":"n2"' '"target_node":"n3"' '}],[{'
report n2 3000 3000
try "  and the one that fits nowhere stays" answers '[["g1","default",["n3"]]]' \
    '[["g2","vnuma: no host fits"]]'
cluster "$three" "$(instance g1 '' 4096 2 '"n1"')" "$evacuate:[\"g1\"]"
try "  without tags it is hail's" same_as_hail
hosts
report n1 3000 3000 "$(domain 5 g1 0 4096)"
report n2 3000 3000
group=other
cluster "$three" "$(instance g1 '"vnuma:1"' 4096 2 '"n1"')" \
    '"type":"change-group","instances":["g1"],"target_groups":["h"]'
try "change-group: to the one host that fits there" answers \
    'vnuma: g1: 1 of 3 hosts fit' '"result":[[["g1","other",["n3"]]],[],[['
group=
hosts
drbd="$(instance g1 '"vnuma:1"' 4096 2 '"n1","n2"' up drbd)"
report n1 3000 3000 "$(domain 5 g1 0 4096)"
cluster "$three" "$drbd" "$relocate,\"relocate_from\":[\"n2\"]"
try "a new secondary is a host that fits" answers '"result":["n3"]'
cluster "$three" "$drbd" "$evacuate:[\"g1\"]"
try "a failover to a secondary that fits" answers '["g1","default",["n2","n1"]]'
report n2 3000 3000
try "  and none to one that does not" answers "; hail has only n2 for it" \
    '"result":[[],[["g1",'
tried
