# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # the caller's, and cache.sh's
#
# How ./demo and ./test begin: options, packages, the build.  Sourced, in the
# directory of the tree; everything made is in ./_build.

# libtool is a script for each file that is compiled: half of the time with bash.
export CONFIG_SHELL=/bin/sh

# The cache, and die().
here=tests/xen
# shellcheck source=tests/xen/cache.sh
. tests/xen/cache.sh

top=$PWD
build=$top/_build
install=yes
if [ "${1-}" = --no-install ]; then
    install=no
    shift
fi

# quietly COMMAND...: what it says is shown when it fails.
quietly()
{
    "$@" >"$build/step.log" 2>&1 || {
        tail -n 40 "$build/step.log" >&2
        die "failed: $*"
    }
}

# room DIRECTORY MB: there has to be so much.
room()
{
    local free

    free=$(($(df -Pk "$1" | awk 'NR == 2 { print $4 }') / 1000))
    [ "$free" -gt "$2" ] ||
        die "no room in $1: about $2 MB are needed, $free MB are free"
}

# packages PART...: they are there afterwards (tests/packages).
packages()
{
    [ "$install" = no ] || tests/install-packages.sh "$@"
    case " $* " in
    *' rig '*)
        mkdir -p "$cache"
        room "$cache" 700
        ;;
    esac
}

# built OPTION...: the tree is built, and the shell is in ./_build.
built()
{
    [ ! -f config.status ] ||
        die "this clone was configured in place: run make distclean in it first"
    lacking=
    for tool in autoreconf automake gcc libtoolize make perl pkg-config; do
        command -v "$tool" >/dev/null || lacking="$lacking $tool"
    done
    [ -z "$lacking" ] || die "missing here:$lacking"
    room . 600
    mkdir -p "$build"
    quietly ./autogen.sh
    cd "$build" || exit 3
    quietly "$top/configure" --prefix=/usr --sysconfdir=/etc "$@"
    quietly make -j2 all
}
