#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The blocks of README.md that are for a Xen host, in their order, word for
# word (tests/readme-inside.sh puts them there).  In the current directory are
# the examples; what these leave to the user (kernel, devices) is the rig's.

. /rig/lib.sh

cp /usr/share/doc/xl-vnuma/examples/*.cfg .
grep -v '^name\|^type\|^#' knl.cfg >knl.in
guest_config hvm knl <knl.in
guest_config pvh guest <<'EOF'
memory = 256
vcpus = 2
vnuma = "auto"
EOF

# agrees WANTED GOT: line by line; a line of three dots stands for any.
agrees()
{
    awk '
        { sub(/ +$/, "") }
        FNR == NR { wanted[++n] = $0; next }
        { got[++m] = $0 }
        END {
            for (i = j = 1; i <= n; i++) {
                if (wanted[i] == "...") {
                    if (i == n) exit 0
                    while (j <= m && got[j] != wanted[i + 1]) j++
                } else if (j > m || got[j++] != wanted[i]) {
                    print "not there: " wanted[i]
                    exit 1
                }
            }
            exit j <= m
        }' "$1" "$2" || { echo "it says:"; cat "$2"; return 1; }
}

# shows BLOCK: commands after "# ", and what they print.
shows()
{
    awk '/^# / { n++; print substr($0, 3) >("command." n); next }
        { print >("wanted." n) }' "$1"
    for command in command.*; do
        sh "$command" >said 2>&1 </dev/null
        ok "$(cat "$command"): it says what README.md shows" \
            agrees "wanted.${command#*.}" said
    done
    rm command.* wanted.*
}

# types BLOCK: each command, which has to succeed and to say something.
types()
{
    sed 's/ *#.*//; /^$/d' "$1" >commands
    while read -r command <&3; do
        run sh -c "$command"
        is "$command: it succeeds" "$status" 0
        case $command in
        *'>'*) ;;
        *) ok "$command: and says something" test -n "$out$err" ;;
        esac
    done 3<commands
}

for block in /rig/readme/*; do
    case $block in
    *:console.dom0) shows "$block" ;;
    *:sh.dom0) types "$block" ;;
    esac
    xl destroy knl 2>/dev/null
done
ok "xl info -n fills host.txt" grep -q '^numa_info' host.txt
emit host.txt
ok "the guest boots" guest_wait guest 240
is "it has the memory that it is shown with" \
    "$(xl list guest | awk 'NR == 2 { print $3 }')" 256
xl destroy guest
wait_gone guest 20

finally ok "only dom0 is left" only_dom0

done_testing
