# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034 # the caller's
#
# For scripts that keep things in the cache, outside the tree: where it is,
# which Debian ships which release of Xen, and where its packages are.
# Sourced; $here is the caller's directory, tests/xen.

cache=${XL_VNUMA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xl-vnuma}

say()
{
    me=${0##*/}
    printf '%s: %s\n' "${me%.sh}" "$*" >&2
}

die()
{
    say "$@"
    exit 3
}

# suite_of RELEASE: the Debian that ships it.
suite_of()
{
    suite=$(awk -v release="$1" '$1 == release { print $2 }' "$here/releases")
    [ -n "$suite" ] ||
        die "Xen $1: not in $here/releases," \
            "which has $(awk '/^[0-9]/ { print $1 }' "$here/releases" | xargs)"
    echo "$suite"
}

# libxenctrl_of DIRECTORY: the file, in an installed Xen; nothing: there is none.
libxenctrl_of()
{
    find "$1/usr" -name 'libxenctrl.so.[0-9]*' 2>/dev/null | head -n 1
}

# number_of RELEASE: as in 4.17; a directory is an installed Xen (installed.sh).
number_of()
{
    case $1 in
    /*)
        number=$(libxenctrl_of "$1" |
            sed -n 's/.*\.so\.\([0-9]*\.[0-9]*\).*/\1/p')
        [ -n "$number" ] || die "$1 has no libxenctrl: it is no installed Xen"
        echo "$number"
        ;;
    *) echo "$1" ;;
    esac
}

# libraries_of DIRECTORY: where an installed Xen has them.
libraries_of()
{
    libxenctrl_of "$1" | sed 's|/[^/]*$||'
}

# The release that $XEN_RELEASE names, else the one of this machine's Debian.
release_here()
{
    [ -z "${XEN_RELEASE-}" ] || { echo "$XEN_RELEASE"; return; }
    # shellcheck disable=SC1091
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
    release=$(awk -v codename="$codename" \
        '$2 == codename { print $1; exit }' "$here/releases")
    [ -n "$release" ] ||
        die "no Xen of ${codename:-this system} is known here: set" \
            "XEN_RELEASE to one that $here/releases has"
    echo "$release"
}

# archives SUITE: lines "ADDRESS RELEASE" of where this machine takes Debian's
# packages from, for another Debian: its own archive, updates, security.
archives()
{
    # shellcheck disable=SC2016 # apt's own variables
    rows=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(CODENAME)' \
        'Origin: Debian' 'Component: main' 'Created-By: Packages' 2>/dev/null |
        awk -v suite="$1" '
            { base = $3; sub(/-.*/, "", base); sub("^" base, suite, $2)
              print $1, $2 }' | sort -u)
    [ -n "$rows" ] ||
        die "apt knows no archive of Debian's: run apt-get update as root"
    echo "$rows"
}

# is_roots PATH: it is there, and root's: a root of a machine whose files are a
# user's is none, as ssh says of its settings.
is_roots()
{
    [ "$(stat -c %u "$1" 2>/dev/null)" = 0 ]
}

# lock FILE: until this script ends; one at a time fills a part of the cache.
lock()
{
    exec 9>"$1"
    flock -n 9 || { say "another run is doing the same, waiting"; flock 9; }
}
