#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Does what README.md says on this machine, a fresh one (tests/xen/inside.sh),
# in this clone: readme-inside.sh [SECTION].  Each code block says after its
# language where it is run: "sh machine" here; "sh dom0" and "console dom0" in
# the dom0 of a real Xen, "sh kvm" and "console kvm" on a Linux of eight nodes,
# with the packages that "Install" has built; "cfg" is a setting, not a command.
# A block that says nothing of the kind is a failure.  TAP on stdout; logs and
# the boots' TAP are left in $OUT.
set -u
cd "$(dirname "$0")/.." || exit 99
from=${1-}
: "${OUT:?}"
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/try.sh
. tests/try.sh
clone=$PWD

# sudo, where it is needed, for what README.md says is done as root.
as_root()
{
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo env HOME="$HOME" "$@"
    fi
}

# Each block of README.md is a file: NN, its section, where and in which
# language; the order of their names is the README's.
split_readme()
{
    mkdir "$tmp/blocks"
    awk -v dir="$tmp/blocks" '
        /^## / { section = substr($0, 4); gsub(/ /, "-", section) }
        /^```/ && !inside {
            inside = 1
            kind = substr($0, 4)
            gsub(/ /, ".", kind)
            path = sprintf("%s/%02d:%s:%s", dir, ++n, \
                section == "" ? "Begin" : section, kind == "" ? "?" : kind)
            printf "" >path
            next
        }
        /^```/ { inside = 0; close(path); next }
        inside { print >path; next }
        /^    / { print "not in a code block: " $0 >(dir "/99:?:?") }' README.md
}

# section_of BLOCK, kind_of BLOCK
section_of()
{
    expr "$1" : '.*/[0-9]*:\(.*\):'
}

kind_of()
{
    echo "${1##*:}"
}

# here BLOCK: as somebody types it, in a shell of its own.
here()
{
    local shell=(bash -ex "$1")

    case $(section_of "$1") in
    Begin) "${shell[@]}" ;;
    *) as_root "${shell[@]}" ;;
    esac
}

# What lintian said, and whether it was satisfied.
lintian_is_satisfied()
{
    as_root apt-get install --no-install-recommends lintian >"$tmp/apt" 2>&1 ||
        { cat "$tmp/apt"; return 1; }
    lintian --fail-on error ../*.changes
}

# What is linked with a release of Xen is of that release.
is_for_release()
{
    dpkg-deb -c ../libvnuma-xen_*.deb
    dpkg-deb -f ../libvnuma-xen_*.deb Depends
    dpkg-deb -c ../libvnuma-xen_*.deb |
        grep -q "/libvnuma-xen\.so\.$release\$" &&
        dpkg-deb -f ../libvnuma-xen_*.deb Depends |
        grep -q "libxenmisc$release\b"
}

# Dom0 gets the packages, the programs of examples/ built against them, and the
# README's blocks that belong there.
fill_stage()
{
    stage=$tmp/stage
    mkdir -p "$stage/rig/readme"
    for deb in ../*.deb; do
        case $deb in
        # Of the diverted file dpkg keeps the other one; here nothing would.
        *-dbgsym_* | */xl-vnuma-front_*) ;;
        *) dpkg-deb -x "$deb" "$stage" || return 1 ;;
        esac
    done
    tests/build-examples.sh "$stage" "$stage/usr/libexec/rig/examples" || return 1
    cp "$tmp"/blocks/*.dom0 "$tmp"/blocks/*.kvm "$stage/rig/readme/"
    # The rig is run by the one who runs the test.
    chmod -R a+rX "$stage"
}

# with_own_numbers NAME COMMAND...: its assertions go on here, with this test's
# numbers; so does that it made some.
with_own_numbers()
{
    local name=$1 line before=$n

    shift
    "$@" >"$tmp/tap"
    while IFS= read -r line; do
        case $line in
        'ok '*) result ok "$name: ${line#ok * - }" ;;
        'not ok '*) result "not ok" "$name: ${line#not ok * - }" ;;
        1..*) ;;
        *) printf '%s\n' "$line" ;;
        esac
    done <"$tmp/tap"
    try "$name: it was looked at" test "$n" -gt "$before"
}

in_dom0()
{
    tests/install-packages.sh build rig
    with_own_numbers dom0 env XEN_STAGE="$stage" XEN_OUT="$OUT/packages" \
        tests/xen/run.sh 8node readme api
    cp "$OUT/packages/8node/files/host.txt" "$HOME/host.txt"
}

# What has to be true once a section's blocks were run here.
after_Begin()
{
    mkdir -p "$OUT"
    cp -R "_build/xen/$release/." "$OUT/"
    try "./test left the TAP of its boots" ls "$OUT"/*/*.tap
}

after_Install()
{
    for package in vnuma xl-vnuma xl-vnuma-front xl-vnuma-ganeti \
        xl-vnuma-pacemaker libvirt-vnuma-xen libvnuma1 libvnuma-dev \
        libvnuma-xen; do
        try "$package is built" ls "../${package}_"*.deb
    done
    try "libvnuma-xen is for Xen $release, and depends on it" is_for_release
    try "lintian finds no error" lintian_is_satisfied
    sed 's/^/# /' "$tmp/log"
    try "the command is installed" test -x /usr/sbin/xl-vnuma
    try "dom0 is made of the packages" fill_stage
    in_dom0
}

in_kvm()
{
    with_own_numbers kvm env XEN_STAGE="$stage" XEN_OUT="$OUT/kvm" \
        tests/xen/run.sh -k 8node readme
}

# Of a machine that has no Xen it asks nothing.
needs_no_xen()
{
    dpkg-deb -f ../vnuma_*.deb Depends
    ! dpkg-deb -f ../vnuma_*.deb Depends | grep -i -e xen -e libvnuma
}

after_On_a_host_of_KVM()
{
    try "vnuma needs neither Xen nor another package of ours" needs_no_xen
    try "vnuma is installed" test -x /usr/bin/vnuma
    in_kvm
}

after_First_guest()
{
    try "/usr/sbin/xl is the front" test /usr/sbin/xl -ef \
        /usr/lib/xl-vnuma/front/xl
}

after_Uninstall()
{
    try "the command is gone" test ! -e /usr/sbin/xl-vnuma
    try "/usr/sbin/xl is Xen's" test /usr/sbin/xl -ef \
        /usr/lib/xen-common/bin/xen-utils-wrapper
}

after_Without_packages()
{
    try "the command is gone" test ! -e /usr/sbin/xl-vnuma
    find /usr /etc -name '*vnuma*' >"$tmp/left"
    try "nothing else is left" diff /dev/null "$tmp/left"
}

# shellcheck disable=SC2034 # cache.sh's
release=$(here=tests/xen && . tests/xen/cache.sh && release_here) || exit 99
split_readme
if [ -z "$from" ] && [ "$(id -u)" = 0 ]; then
    with_own_numbers "fresh machine" tests/fresh-machine.sh
fi
section='' skip=$from
for block in "$tmp"/blocks/*; do
    is_in=$(section_of "$block")
    [ -z "$from" ] || [ "$is_in" != "$from" ] || skip=
    [ -z "$skip" ] || continue
    if [ "$is_in" != "$section" ]; then
        after=after_${section//-/_}
        [ "$(type -t "$after")" != function ] || "$after"
        section=$is_in
    fi
    case $(kind_of "$block") in
    sh.machine)
        echo "== README.md, $section: $(head -n 1 "$block") ($SECONDS s)" >&2
        before=$SECONDS
        # What follows an install that failed says nothing of itself.
        [ "$section" = Install ] && how=need || how=try
        $how "$section: $(sed 's/ *#.*//' "$block" | paste -sd ';' -)" here "$block"
        cp "$tmp/log" "$OUT/$(basename "$block").log"
        echo "# $((SECONDS - before)) s"
        cd "$clone" || exit 99
        ;;
    *.dom0 | *.kvm | cfg) ;;
    *)
        result "not ok" "$section: where is this block run?"
        sed 's/^/# /' "$block"
        ;;
    esac
done
after=after_${section//-/_}
[ "$(type -t "$after")" != function ] || "$after"
tried
