#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/xen/run.sh, with boots that are none: one that stops is tried again and
# named with its reason, one that stops twice in a scenario is a failure.
set -u
top=${top_srcdir:?}
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/try.sh
. "$top/tests/try.sh"

mkdir "$tmp/rig"
cp "$top/tests/xen/run.sh" "$top/tests/xen/again.sh" "$tmp/rig"
printf '#!/bin/sh\n' >"$tmp/rig/mkdom0.sh"
# Each boot does the next line of $tmp/boots: "ok", "fails", or the scenario in
# which it stops, "-" for none.
cat >"$tmp/rig/boot.sh" <<'EOF'
#!/bin/sh
cd "$RIG" || exit 99
read -r does <boots
sed -i 1d boots
case $does in
ok) echo "# scenario: save" && echo "ok 1 - save: it works" && exit ;;
fails) echo "not ok 1 - save: it works" && exit 1 ;;
-) ;;
*) echo "# scenario: $does" ;;
esac
echo "not ok 1 - 2node: the machine runs to its end"
echo "# no sign of life for 60 seconds"
echo "1..1"
exit 3
EOF
chmod +x "$tmp/rig/"*

# boots STATUS DOES...: run.sh ends so, and all of these were booted.
boots()
{
    wanted=$1
    shift
    printf '%s\n' "$@" >"$tmp/boots"
    RIG=$tmp XEN_AGAIN=$tmp/again XEN_OUT='' \
        "$tmp/rig/run.sh" 2node save move 2>"$tmp/err"
    status=$?
    echo "exit status $status, not booted: $(cat "$tmp/boots")"
    [ "$status" = "$wanted" ] && [ ! -s "$tmp/boots" ]
}

# says WHERE...: the last lines of ./test name these.
says()
{
    : >"$tmp/want"
    [ $# = 0 ] ||
        echo "boots that stopped, and were tried again unless it was the second time:" \
            >"$tmp/want"
    for where; do
        echo "    $where: no sign of life for 60 seconds" >>"$tmp/want"
    done
    "$tmp/rig/again.sh" "$tmp/again" | diff "$tmp/want" -
}

: >"$tmp/again"
try "a boot that works is not tried again" boots 0 ok
try "one that fails neither" boots 1 fails
try "of these nothing is said" says
try "one that stops is tried again" boots 0 save ok
try "and named with its reason" says "2node, save"
try "so is one that stops in another scenario" boots 0 move ok
try "but not for the second time in one, in another boot" boots 3 save
: >"$tmp/again"
try "nor in the same" boots 3 move move
try "both are named" says "2node, move" "2node, move"
: >"$tmp/again"
try "before the first scenario it is tried three times" boots 3 - - -
try "and named so" says "2node, no scenario yet" "2node, no scenario yet" \
    "2node, no scenario yet"
tried
