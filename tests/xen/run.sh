#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# One boot, as the tests in t/ make it: run.sh [-k] TOPOLOGY SCENARIO...
# With -k it is Linux alone that is booted, for tests/kvm.
# A boot that could not be run to its end (status 3: it hung, or QEMU died) is
# tried twice more; one in which an assertion failed is not, nor one that stops
# in a scenario in which a boot has stopped before: that is ours, not QEMU's.
# XEN_AGAIN names a file that keeps them for all boots of one ./test, a line
# each, "SCENARIO TOPOLOGY: WHY"; again.sh prints it.
# XEN_STAGE names the tree that "make install DESTDIR=" filled, XEN_OUT where
# logs, emitted files and the TAP (for table.sh) are kept (a directory per
# topology); without XEN_OUT logs are gone afterwards, but the end of the
# console of a failed boot is in the output.  XEN_SECONDS is what one scenario
# may take, for the long ones.  Prints TAP, and on stderr what failed; exit
# status as boot.sh's.

set -eu

here=$(cd "$(dirname "$0")" && pwd)

kind='' linux='' place=
if [ "${1-}" = -k ]; then
    kind=-k linux=--linux place=$here/../kvm/topologies/
    shift
fi
if [ $# -lt 2 ]; then
    echo "usage: run.sh [-k] TOPOLOGY SCENARIO..." >&2
    exit 2
fi
topology=$1
shift

tmp=$(mktemp -d "${TMPDIR:-/tmp}/xen-run.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 3' HUP INT TERM

out=$tmp/out
[ -z "${XEN_OUT-}" ] || out=$XEN_OUT/${kind:+kvm-}$topology

# shellcheck disable=SC2046,SC2086 # words; no stage, no argument
if ! "$here/mkdom0.sh" $kind $(printf -- '-n %s ' "$@") "$tmp/initrd" \
    ${XEN_STAGE:+"$XEN_STAGE"}; then
    echo "1..1"
    echo "not ok 1 - dom0's initramfs is made"
    exit 3
fi

# In the background and waited for, so that a signal ends both.
attempt()
{
    # shellcheck disable=SC2086 # no seconds, no argument
    "$here/boot.sh" $linux --topology "$place$topology" --out "$out" \
        ${XEN_SECONDS:+--each $XEN_SECONDS --timeout $((XEN_SECONDS + 300))} \
        --scenario "$(echo "$*" | tr ' ' ,)" "$tmp/initrd" &
    boot=$!
    trap 'kill -TERM "$boot"; wait "$boot"; exit 3' HUP INT TERM
    status=0
    wait "$boot" || status=$?
}

again=${XEN_AGAIN:-$tmp/again}
touch "$again"

# stopped TAP: the scenario in which a boot stopped, "-" before the first.
stopped()
{
    awk '/^# scenario: / { scenario = $3 }
         END { print scenario == "" ? "-" : scenario }' "$1"
}

# why TAP: what boot.sh says of it.
why()
{
    awk 'found { sub(/^# /, ""); why = $0; found = 0 }
         /^not ok .*: the machine runs to its end$/ { found = 1 }
         END { print why == "" ? "it ended without a word" : why }' "$1"
}

for n in 1 2 3; do
    attempt "$@" >"$tmp/tap"
    [ "$status" = 3 ] || break
    scenario=$(stopped "$tmp/tap")
    before=$(grep -c "^$scenario " "$again") || :
    echo "$scenario $topology: $(why "$tmp/tap")" >>"$again"
    if [ "$scenario" != - ] && [ "$before" != 0 ]; then
        echo "# not for the first time in $scenario: it is not tried again"
        break
    fi
    [ "$n" != 3 ] || break
    echo "# attempt $n could not be run to its end; it said:"
    tail -n 40 "$tmp/tap" | sed 's/^/#   /'
done
cat "$tmp/tap"
# prove keeps what it reads to itself: what failed is said to the one who looks
# at a log, with what was found instead.
awk '
    /^(not )?ok / { lines = /^not ok/ ? 30 : 0 }
    lines-- > 0' "$tmp/tap" >&2
[ -z "${XEN_OUT-}" ] ||
    cp "$tmp/tap" "$out/$(echo "$*" | tr ' ' -).tap"
exit "$status"
