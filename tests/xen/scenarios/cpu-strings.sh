#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Strings for cpus= and for a vnode's vcpus=, some thousand with white space,
# signs and numbers of all sizes (tests/cpu-strings.h): what "xl create -n"
# makes of each, held against what is said there of xl, and against what we make
# of it.  Strings of which xl dies or at which it does not end are listed.

. /rig/lib.sh

rig=/usr/libexec/rig
[ "$RIG_TOPOLOGY" = 2node ] || {
    echo "1..0 # SKIP the strings are for the host of two nodes"
    exit 0
}

mkdir -p strings
cd strings || exit 1
ok "the files are made" "$rig/cpu-strings" write
asked=0
for cfg in *.cfg; do
    name=${cfg%.cfg}
    seconds=20
    [ "$name" = "${name#dies}" ] || seconds=2
    timeout -s KILL "$seconds" xl create -n "$cfg" >"$name.json" 2>/dev/null
    echo $? >"$name.status"
    asked=$((asked + 1))
    [ $((asked % 100)) != 0 ] || phase "$asked files read by xl"
done
"$rig/cpu-strings" judge >judged
judged=$?
sed "s/^/$RIG_PREFIX/" judged
and is "xl and we make of every string what is expected" "$judged" 0
is "at least 2,000 strings were held against xl" \
    "$(awk '/^[0-9]+ strings:/ && $1 >= 2000 { print "yes" }' judged)" yes
finally ok "only dom0 is left" only_dom0
done_testing
