#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Drives the completion function as bash does: what is typed so far goes in,
# what bash would offer comes out.
set -u
top=${top_srcdir:?} program=${top_builddir:?}/xl-vnuma
# shellcheck disable=SC1091 # shellcheck reads it by itself
. "${top_srcdir:?}/tests/try.sh"

# shellcheck disable=SC1091 # shellcheck reads it by itself
. "$top/tools/xl-vnuma/completion/xl-vnuma"

# offers LINE: what is offered behind LINE, in one line.
offers()
{
    local words
    # Bash cuts words at blanks and at "=", and keeps the "=" as a word.
    read -ra words <<<"${1//=/ = }"
    [[ $1 != *' ' ]] || words+=('')
    COMP_WORDS=("$program" "${words[@]:1}")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    COMP_LINE=$1 COMP_POINT=${#1}
    _xl_vnuma
    printf '%s\n' "${COMPREPLY[@]}" | sort | xargs
}

# is LINE WANTED
is()
{
    local got
    got=$(offers "$1")
    if [ "$got" = "$2" ]; then
        result ok "\"$1\" offers \"$2\""
    else
        echo "# offered: \"$got\""
        result "not ok" "\"$1\" offers \"$2\""
    fi
}

# has LINE WANTED: it is one of those that are offered.
has()
{
    if [[ " $(offers "$1") " == *" $2 "* ]]; then
        result ok "\"$1\" offers \"$2\""
    else
        result "not ok" "\"$1\" offers \"$2\""
    fi
}

# Every command, as --help lists them.
all=$("$program" --help | sed -n 's/^  \([a-z][a-z0-9-]*\)  *.*/\1/p' |
    sort | xargs)
is "xl-vnuma " "$all"
is "xl-vnuma to" topology
is "xl-vnuma -v to" topology
is "xl-vnuma --host h.txt to" topology
is "xl-vnuma --h" "--help --host"
is "xl-vnuma --host " ""
has "xl-vnuma check --" --strict
has "xl-vnuma check --" --help
is "xl-vnuma plan --j" --json
is "xl-vnuma --host h plan --j" --json
is "xl-vnuma plan -o " ""
is "xl-vnuma plan gu" ""
is "xl-vnuma nonsense --j" ""

# What is written after a command's name in its usage is offered.
for command in $all; do
    for option in $("$program" "$command" --help | head -n 1 |
        grep -oE -e '\[--[a-z-]+' | tr -d '['); do
        has "xl-vnuma $command $option" "$option"
    done
done

if [[ $all == *create* ]] && "$program" create --help | grep -q verify; then
    is "xl-vnuma create --verify=" \
        "$("$program" create --help | sed -n '1s/.*--verify=\([a-z|]*\).*/\1/p' |
            tr '|' '\n' | sort | xargs)"
    is "xl-vnuma create --verify=hyp" hypervisor
fi
# A guest has the name that its file gives it: nothing in it runs, now or when
# the line does.
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
xl()
{
    # shellcheck disable=SC2016 # as it is written
    printf '%s\n' 'Name ID' 'Domain-0 0' 'web 1' 'w$(touch${IFS}$tmp/ran) 2' \
        'w`touch${IFS}$tmp/ran` 3' 'w;touch${IFS}$tmp/ran 4' 'w*' \
        $'w\033[2J 5'
}
if [[ $all == *create* ]]; then
    is "xl-vnuma show we" web
    COMP_WORDS=("$program" show w) COMP_CWORD=2 COMP_LINE="$program show w"
    COMP_POINT=${#COMP_LINE}
    _xl_vnuma
    eval "true ${COMPREPLY[*]}"
    try "each name is offered" [ "${#COMPREPLY[@]}" = 6 ]
    try "as a word in which nothing runs" [ ! -e "$tmp/ran" ]
    try "and without control characters" \
        [ "${COMPREPLY[*]}" = "${COMPREPLY[*]//[[:cntrl:]]/}" ]
fi
tried
