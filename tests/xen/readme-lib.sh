# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
#
# Blocks of README.md in a machine of the rig; sourced after lib.sh.

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
        sed 's/^/#   /' said
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
