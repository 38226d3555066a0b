#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A guest's HMAT in other formats.  What QEMU builds of the line that export
# writes says the same as the table that the guest gets on Xen; what import
# writes of that line, and of libvirt's document, is the text that it came from.
set -u
cd "${top_srcdir:?}" || exit 99
program=${top_builddir:?}/xl-vnuma
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/try.sh

has_qemu=false
if command -v qemu-system-x86_64 >/dev/null && command -v python3 >/dev/null
then
    has_qemu=true
fi

# guest NODES VNODE...: one of so many vnodes, of which these have two vcpus.
guest()
{
    num=$1
    shift
    cat <<EOC
type = "hvm"
memory = $((64 * num))
vcpus = $((2 * $#))
EOC
    vcpu=0
    for v in $(seq 0 $((num - 1))); do
        printf '%s "pnode=0", "size=64"' "${comma:-vnuma = [ [}"
        comma=' ], ['
        case " $* " in
        *" $v "*)
            printf ', "vcpus=%d-%d"' $vcpu $((vcpu + 1))
            vcpu=$((vcpu + 2)) ;;
        esac
    done
    echo ' ] ]'
}

# same FILE: as the text that import wrote.
same()
{
    "$program" import --hmat="$tmp/imported" "$1" >"$tmp/imported.cfg" &&
        diff "$tmp/wanted" "$tmp/imported" &&
        grep -F "xl_vnuma_hmat = \"$tmp/imported\"" "$tmp/imported.cfg"
}

# Any host has memory that it does not bind.
unbound()
{
    sed 's/,host-nodes=0,policy=bind//'
}

# of NAME LOST NODES VNODE...: an HMAT on stdin, of such a guest; LOST is a
# pattern of what libvirt cannot say of it, "" nothing.
of()
{
    of_name=$1
    of_lost=$2
    shift 2
    cat >"$tmp/text"
    {
        comma='' guest "$@"
        echo "xl_vnuma_hmat = \"$tmp/text\""
    } >"$tmp/guest.cfg"
    # As it is printed, with what QEMU says by itself.
    {
        cat "$tmp/text"
        shift
        for v; do echo "nearest $v $v"; done
    } >"$tmp/full"
    "$program" --host tests/hosts/invented-hmat.json plan \
        --hmat="$tmp/full" "$tmp/guest.cfg" >"$tmp/wanted" 2>"$tmp/log"
    "$program" export --args "$tmp/guest.cfg" >"$tmp/args" 2>"$tmp/said"
    try "$of_name: QEMU can say all of it" eval ! grep export-lost "$tmp/said"
    unbound <"$tmp/args" >"$tmp/line"
    try "$of_name: import reads it in QEMU's line" same "$tmp/line"
    "$top_builddir/tests/unit/hmat-bytes" "$tmp/text" >"$tmp/table"
    if $has_qemu; then
        TMPDIR=$tmp PYTHONDONTWRITEBYTECODE=1 python3 \
            tests/kvm/hmat_judge.py "$tmp/line" "$tmp/table" \
            >"$tmp/judged" 2>&1
        case $? in
        0) result ok "$of_name: QEMU's table says what ours says" ;;
        77) result ok "$of_name: # SKIP $(cat "$tmp/judged")" ;;
        *) try "$of_name: QEMU's table says what ours says" \
            eval ! cat "$tmp/judged" ;;
        esac
    fi
    "$program" export --format=libvirt "$tmp/guest.cfg" >"$tmp/guest.xml" \
        2>"$tmp/lost"
    if [ "$of_lost" ]; then
        try "$of_name: what libvirt cannot say is named" grep -E "$of_lost" "$tmp/lost"
    else
        try "$of_name: import reads it in libvirt's document" same "$tmp/guest.xml"
    fi
}

of 'two kinds of memory' 'both ways' 3 0 1 <<'EOT'
latency 0 0 80
latency 1 1 80
latency 0 1 140
latency 1 0 150
latency 0-1 2 110
bandwidth 0-1 0-1 20480
bandwidth 0-1 2 81920
nearest 2 0
cache 2 size=1G associativity=direct policy=write-back line=64
EOT

of 'one way' '' 3 0 1 <<'EOT'
latency 0 0 80
latency 1 1 81
read-latency 0 2 110
write-latency 0 2 120
bandwidth 0 0 20480
bandwidth 0 1 10240
nearest 2 0
EOT

of 'all kinds and levels' 'both ways' 4 0 1 <<'EOT'
read-latency 0-1 0-3 100
write-latency 0-1 0-3 130
latency 0-1 3 90
read-bandwidth 0-1 0-3 3
write-bandwidth 0-1 0-3 40960
latency 0-1 3 12 level=1
bandwidth 0-1 3 65533 level=1
bandwidth 0 3 1 level=2
latency 1 2 65533
nearest 2 1
nearest 3 0
cache 3 size=64M level=1 levels=2 associativity=complex policy=write-through line=128
cache 3 size=1G level=2 levels=2
EOT

of 'memory before vcpus' 'which vcpus memory is nearest to' 4 1 3 <<'EOT'
latency 1 0-2 110
latency 3 0 170
latency 3 3 80
bandwidth 1 0 81920
bandwidth 3 0 10240
bandwidth 1 2 14
nearest 0 3
nearest 2 1
cache 2 size=3M line=64
EOT

# Huge numbers have units of their own.
of 'large numbers' 'both ways' 2 0 1 <<'EOT'
latency 0-1 0 700000
latency 0-1 1 100
bandwidth 0-1 0 1048576
bandwidth 0-1 1 32
EOT

tried
