#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The Xen of a virtual node of Ganeti's: two pnodes of 4 GiB, of which dom0 has
# 512 MiB on the first.  A domain is a file: its ID, MiB and vcpus, then a
# pnode and the MiB on it, and so on.  host.sh xl ... is stock xl, host.sh
# xl-vnuma ... has the planner of xl-vnuma itself and builds with that xl; both
# write down how they were called.  host.sh front ... is the front.
set -u
node=${GANETI_ROOTDIR:?}
domains=$node/domains
me=$1
shift
mkdir -p "$domains"

# free_on PNODE: MiB.
free_on()
{
    cat "$domains"/* 2>/dev/null | awk -v pnode="$1" '
        { for (i = 4; i < NF; i += 2) if ($i == pnode) used += $(i + 1) }
        END { print 4096 - (pnode ? 0 : 512) - used }'
}

report()
{
    printf '{"report":1,"host":"%s","time":%s,"domains":[' \
        "${node##*/}" "$(date +%s)"
    comma=
    for file in "$domains"/*; do
        [ -f "$file" ] || continue
        awk -v name="${file##*/}" -v comma="$comma" '{
            printf "%s{\"domid\":%s,\"name\":\"%s\",\"memkb\":%d,\"vnodes\":[",
                comma, $1, name, $2 * 1024
            for (i = 4; i < NF; i += 2)
                printf "%s{\"pnode\":%d,\"memkb\":%d}", (i > 4 ? "," : ""), $i,
                    $(i + 1) * 1024
            printf "],\"vcpus\":[{\"vcpu\":0}]}" }' "$file"
        comma=,
    done
    printf '],"topology":{"nodes":['
    printf '{"node":0,"memkb":4194304,"free_memkb":%s,"cpus":[0,1,2,3],' \
        $(($(free_on 0) * 1024))
    printf '"distances":[10,21]},'
    printf '{"node":1,"memkb":4194304,"free_memkb":%s,"cpus":[4,5,6,7],' \
        $(($(free_on 1) * 1024))
    printf '"distances":[21,10]}]},"builds":[]}\n'
}

# setting KEY FILE: a number or a word of a guest's file.
setting()
{
    sed -n "s/^$1 *= *'\\{0,1\\}\\([^']*\\)'\\{0,1\\}\$/\\1/p" "$2"
}

# build FILE: where its vnuma= says, or else where most is free.
build()
{
    name=$(setting name "$1") mib=$(setting memory "$1")
    places=$(tr -d '\n' <"$1" | grep -o '"pnode=[0-9]*", "size=[0-9]*"' |
        tr -c '0-9\n' ' ')
    if [ -z "$places" ]; then
        [ "$(free_on 0)" -gt "$(free_on 1)" ] && first=0 || first=1
        most=$(free_on "$first")
        [ "$mib" -le "$most" ] && most=$mib
        places="$first $most $((1 - first)) $((mib - most))"
    fi
    # shellcheck disable=SC2046,SC2086 # lists of words
    set -- $(setting vcpus "$1") $places
    for pnode in 0 1; do
        [ "$(echo "$*" | awk -v p=$pnode '{
            for (i = 2; i < NF; i += 2) if ($i == p) sum += $(i + 1)
            print sum + 0 }')" -le "$(free_on $pnode)" ] ||
            { echo "libxl: error: no memory on node $pnode" >&2; return 1; }
    done
    id=$(cat "$node/last" 2>/dev/null || echo 0)
    echo $((id + 1)) >"$node/last"
    echo "$((id + 1)) $mib $*" >"$domains/$name"
}

# plan FILE SETTING...: as xl-vnuma create has it, on this node as it is now.
plan()
{
    cfg=$1
    shift
    report >"$node/now.json"
    { grep -v '^vnuma' "$cfg"; printf '%s\n' "$@"; } >"$node/now.cfg"
    xl-vnuma --host "$node/now.json" plan -o "$cfg" "$node/now.cfg" >&2
}

# send FILE: like xl it keeps the connection open until there is an answer, as
# socat waits for half a second only after that.
send()
{
    cat "$1"
    echo "# end"
    for _ in $(seq 200); do
        [ ! -s "$node/answer" ] || break
        sleep 0.1
    done
}

stock_xl()
{
    for last; do :; done
    case $1 in
    info)
        echo "nr_cpus                : 8"
        echo "nr_nodes               : 2"
        echo "cores_per_socket       : 4"
        echo "threads_per_core       : 1"
        echo "total_memory           : 8192"
        echo "free_memory            : $(($(free_on 0) + $(free_on 1)))"
        echo "xen_major              : 4"
        echo "xen_minor              : 17"
        ;;
    list)
        [ $# = 1 ] || [ -f "$domains/$2" ] || return
        echo "Name ID Mem VCPUs State Time(s)"
        echo "Domain-0 0 512 2 r----- 1.0"
        cd "$domains" && awk '
            { print substr(FILENAME, 3), $1, $2, $3, "-b----", "1.0" }
            ' ./* 2>/dev/null
        return 0 # there may be none
        ;;
    create)
        for word; do
            case $word in
            create | -* | *=*) ;;
            *) build "$word" || return ;;
            esac
        done
        ;;
    shutdown | destroy) rm -f "$domains/${2#-w}" "$domains/$last" ;;
    migrate)
        shift
        while getopts s:C: option; do
            case $option in
            s) rsh=$OPTARG ;;
            C) cfg=$OPTARG ;;
            *) return 2 ;;
            esac
        done
        shift $((OPTIND - 1))
        [ -f "$domains/$1" ] || return
        rm -f "$node/answer"
        send "$cfg" | sh -c "$rsh $2" >"$node/answer" &&
            grep -q arrived "$node/answer" && rm "$domains/$1"
        ;;
    migrate-receive) ;;
    esac
}

our_xl()
{
    case $1 in
    create)
        cfg=${2#--output=}
        while [ "$1" != -- ]; do shift; done
        shift
        for word; do
            shift
            [ "$word" = "$cfg" ] || set -- "$@" "$word"
        done
        plan "$cfg" "$@" && build "$cfg"
        ;;
    migrate-receive)
        sed '/^# end$/q' >"$node/incoming"
        if grep -q vnuma "$node/incoming"; then
            plan "$node/incoming" 'vnuma="auto"' || return
        fi
        build "$node/incoming" && echo arrived
        ;;
    esac
}

case $me in
report) report ;;
free) free_on "$1" ;;
xl) echo "stock $*" >>"$node/log" && stock_xl "$@" ;;
xl-vnuma) echo "ours $*" >>"$node/log" && our_xl "$@" ;;
front)
    # Its paths are below "root", a link to this node.
    cd "$node/front" || exit 3
    n=$#
    while [ "$n" -gt 0 ]; do
        case $1 in
        "$node"/*) set -- "$@" "root/${1#"$node/"}" ;;
        *) set -- "$@" "$1" ;;
        esac
        shift
        n=$((n - 1))
    done
    exec /front/xl "$@"
    ;;
esac
