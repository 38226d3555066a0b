#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The tables of guests in tests/checks/, in front of a real xl: what we call
# good xl reads ("xl create -n"), and what we read from it is what xl prints;
# of what we call bad, how much xl would have built.  Then what both cost.
# xl reads every twentieth here, and all of them in checks-all.sh.

. /rig/lib.sh

rig=/usr/libexec/rig
every=${checks_every:-20}
[ "$RIG_TOPOLOGY" = 8node ] || {
    echo "1..0 # SKIP the tables are for the host of eight nodes"
    exit 0
}

# split TABLE: each record becomes NAME.cfg, as xl needs it.
split()
{
    mkdir -p "$1"
    awk -v dir="$1" '
        function end() {
            if (!path) return
            if (!typed) print "type = \"hvm\"" >path
            if (!named) print "name = \"g\"" >path
            close(path)
        }
        /^== / {
            end()
            path = dir "/" $2 ".cfg"
            if ($4 != "-") print $4 >(dir "/" $2 ".host")
            close(dir "/" $2 ".host")
            typed = named = 0
            next
        }
        !path || /^\? / { next }
        /(^|;)[ \t]*(type|builder)[ \t]*=/ { typed = 1 }
        /(^|;)[ \t]*name[ \t]*=/ { named = 1 }
        { gsub("@", ""); print >path }
        END { end() }' "$rig/$1.txt"
}

split good
accepted=0 refused=0 same=0 n=0
for cfg in good/*.cfg; do
    n=$((n + 1))
    [ $((n % every)) = 0 ] || continue
    # An end of file inside a setting is part of some; ours comes behind it.
    if timeout 20 xl create -n "$cfg" >json 2>err; then
        accepted=$((accepted + 1))
        if "$rig/compare-json" "$cfg" json >differences; then
            same=$((same + 1))
        else
            diag "$cfg:"
            sed 's/^/#   /' differences
        fi
    else
        refused=$((refused + 1))
        diag "$cfg: xl: $(grep -v '^Parsing' err | head -n 1)"
    fi
done
ok "stock xl accepts at least 7 good guests of 10 ($accepted of $((accepted + refused)))" \
    test $((accepted * 10)) -ge $(((accepted + refused) * 7))
is "what we read from them is what xl prints" "$same" "$accepted"

split bad
xl_accepts=0 total=0 asked=0
for cfg in bad/*.cfg; do
    total=$((total + 1))
    if [ $((total % every)) = 0 ]; then
        asked=$((asked + 1))
        timeout 5 xl create -n "$cfg" >/dev/null 2>&1 &&
            xl_accepts=$((xl_accepts + 1))
    fi
    # By host, so that many are checked in one call.
    host=none
    [ ! -f "${cfg%.cfg}.host" ] || host=$(cat "${cfg%.cfg}.host")
    echo "$cfg" >>"of.$host"
done
for list in of.*; do
    host=${list#of.}
    if [ "$host" = none ]; then
        xargs xl-vnuma check <"$list"
    else
        xargs xl-vnuma --host "$rig/hosts/$host" check <"$list"
    fi
done >accepted 2>said
sed "s/^/$RIG_PREFIX/" accepted
we_accept=$(grep -c ': ok$' accepted)
we_refuse=$(sed -n 's/^\(bad\/[^:]*\.cfg\):.* error: .*/\1/p' said | sort -u | wc -l)
diag "measured: of $asked bad guests xl create -n accepts $xl_accepts," \
    "of $total xl-vnuma check $we_accept"
is "each bad guest has an error in check" "$we_refuse" "$total"
and is "no bad guest is accepted by check" "$we_accept" 0

# each COMMAND...: milliseconds a run, of 20.
each()
{
    each_start=$(cut -d ' ' -f 1 /proc/uptime)
    for _ in $(seq 20); do
        "$@" >/dev/null 2>&1
    done
    awk -v start="$each_start" '{ printf "%.1f\n", ($1 - start) * 1000 / 20 }' \
        /proc/uptime
}

cfg=good/on-0-1-2-3-of-64.cfg
diag "measured: a file of four vnodes, each of 20 runs: xl create -n" \
    "$(each xl create -n $cfg) ms, xl-vnuma check $(each xl-vnuma check $cfg) ms"

finally ok "only dom0 is left" only_dom0
done_testing
