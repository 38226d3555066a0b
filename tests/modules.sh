#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What is loaded into xl and into xl-vnuma, only from where no one but root and
# who runs this could have put it: else one sentence, and xl is not started.
set -u
build=${top_builddir:?}
cd "${top_srcdir:?}" || exit 99
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/try.sh
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/world.sh

good=$modules
need "a guest is created" created

# refused NAME PATTERN: in one sentence, which also says what to do.
refused()
{
    what=$1 want=$2
    try "$what" is_refused
}
is_refused()
{
    ! created || return 1
    [ ! -e "$WORLD/inherited" ] || { echo "xl was started"; return 1; }
    # Where it is Xen's half, there is a hint for commands that can do without.
    sed -i -e '/^hint: /d' -e 's/ \[no-xen\]$//' "$tmp/err"
    [ "$status" = 3 ] && [ "$(wc -l <"$tmp/err")" = 1 ] &&
        grep -Eq -e "$want" "$tmp/err"
}
hooks=$modules/xl-vnuma-hooks.so
chmod g+w "$hooks"
refused "not what its group may write" \
    "create: $hooks is not loaded, because other users may write to $hooks .*\(chmod go-w $hooks\)\$"
chmod g-w,o+w "$hooks"
refused "nor what others may write" "may write to $hooks "
chmod o-w "$hooks"
for mode in 775 757 777 1777; do
    chmod "$mode" "$modules"
    case $mode,$(id -u) in
    # root's with the sticky bit, as /tmp is.
    1777,0) try "but from a folder as /tmp is" created ;;
    *) refused "nor from a folder of mode $mode" "may write to $modules " ;;
    esac
done
chmod 755 "$modules"
chmod 770 "$WORLD"
refused "nor when a folder above is" "may write to $WORLD "
chmod 755 "$WORLD"

mkdir "$tmp/open"
cp "$good"/* "$tmp/open"
chmod 777 "$tmp/open"
ln -s "$tmp/open" "$tmp/link"
modules=$tmp/link
refused "nor through a link to such a folder" \
    "$tmp/open/xl-vnuma-.* may write to $tmp/open "
ln -s "$good" "$tmp/fine"
modules=$tmp/fine
try "but through one to another" created
# ld.so would take the name for two.
for name in 'a:b' 'a b'; do
    mkdir "$tmp/$name"
    cp "$good"/* "$tmp/$name"
    modules=$tmp/$name
    refused "nor from \"$name\", which LD_PRELOAD cannot have" \
        "create: .*colon or a space.*move it"
done
modules=$tmp/absent
refused "what is not there is named" \
    "$tmp/absent/xl-vnuma-xen.so: cannot open.*No such file"
modules=$good

if [ "$(id -u)" = 0 ]; then
    chown 65534 "$hooks"
    refused "nor what another user owns" \
        "because $hooks belongs to user 65534.*\(chown root $hooks\)\$"
    chown 0 "$hooks"
    chown 65534 "$modules"
    refused "nor from that one's folder" \
        "because $modules belongs to user 65534"
    chown 0 "$modules"
    # Another user's folder is right for that user.
    as_other()
    {
        setpriv --reuid=65534 --clear-groups "$@"
    }
    chmod 1777 "$tmp"
    chown -R 65534 "$WORLD"
    rm -f "$tmp/planned.cfg"
    if as_other test -x "$build/xl-vnuma" 2>/dev/null; then
        try "but for that user itself" created as_other
    fi
fi
tried
