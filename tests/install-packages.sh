#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Installs Debian packages that are missing: install-packages.sh PART...  The
# parts are those of tests/packages.  Does nothing, and needs no root, when all
# are there.  What cannot be installed is said in one line, before anything is.
# Exit status: 0 they are there; 2 usage; 3 they are not.
set -eu
list=$(dirname "$0")/packages

die()
{
    echo "packages: $*" >&2
    exit 3
}

# chosen FORMAT: of the parts that were asked for, each package once.
chosen()
{
    awk -v parts=" $parts " -v format="$1" '
        index(parts, " " $1 " ") && !seen[$2]++ {
            package = $2
            sub(/^[^ ]+ +[^ ]+ +/, "")
            printf format "\n", package, $0
        }' "$list"
}

parts=$*
for part; do
    grep -q "^$part " "$list" ||
        { echo "install-packages: no part $part in $list" >&2; exit 2; }
done

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "packages: this is not Debian; install what has the following there," \
        "then say --no-install:" >&2
    chosen '  %-16s %s' >&2
    exit 3
fi

missing=
for package in $(chosen %s); do
    case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
    *' installed') ;;
    *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
    as_root=$(command -v sudo) && { sudo -n true 2>/dev/null || [ -t 0 ]; } ||
        die "neither root nor sudo here; as root: apt-get install$missing"
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# apt COMMAND...: what it says is kept in $log.
apt()
{
    # shellcheck disable=SC2086 # nothing, or sudo
    $as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C \
        apt-get -y --no-install-recommends "$@" >"$log" 2>&1
}

# The line in which apt says why.
reason()
{
    sed -n 's/^E: //p' "$log" | head -n 1
}

echo "installing:$missing"
# Lists that are a day old are good enough; a fresh machine has none.
if ! find /var/lib/apt/lists -name '*_Packages*' -mtime -1 2>/dev/null |
    grep -qv debootstrap; then
    apt -o APT::Update::Error-Mode=any update ||
        die "cannot reach Debian's archive for$missing: $(reason)"
fi
# shellcheck disable=SC2086 # a list of words
apt install --download-only $missing ||
    die "cannot download$missing: $(reason)"
# MB that they take, as apt says it.
size=$(sed -n 's/^After this operation, \([0-9,.]*\) \([kMG]\)B of .* used\.$/\1 \2/p' \
    "$log" | awk '{
        gsub(",", "", $1)
        print int($1 * ($2 == "G" ? 1000 : $2 == "M" ? 1 : 0.001)) + 1 }')
free=$(($(df -Pk /usr | awk 'NR == 2 { print $4 }') / 1000))
[ "$free" -gt $((${size:-0} + 50)) ] ||
    die "no room for$missing: they take $size MB, $free MB are free"
# shellcheck disable=SC2086 # a list of words
apt install $missing || die "cannot install$missing: $(reason)"
