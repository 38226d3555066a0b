#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Switching xl-vnuma on and off for libvirtd: what is put there, and that all
# of it goes and nothing else.
set -u
command=${top_builddir:?}/tools/libvirt/vnuma-libvirt
: "${top_srcdir:?}"

if [ ! -f "$command" ]; then
    echo "1..0 # SKIP built without Xen"
    exit 0
fi
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/try.sh
. "$top_srcdir/tests/try.sh"
VNUMA_LIBVIRT_ROOT=$tmp
export VNUMA_LIBVIRT_ROOT

# says WORDS COMMAND...
says()
{
    words=$1
    shift
    "$@" 2>&1 | grep "$words"
}

link=$tmp/etc/systemd/system/libvirtd.service.d/xl-vnuma.conf
hook=$tmp/etc/libvirt/hooks/libxl.d/50-xl-vnuma
try "it is off" says "enabled: *no" "$command" status
try "enable says when it counts" says "restart libvirtd" "$command" enable
try "there is a drop-in" test -L "$link"
try "and a hook, which is no link" \
    sh -c 'test -x "$1" && test ! -L "$1"' sh "$hook"
try "twice is fine" "$command" enable
"$command" disable >/dev/null
try "with any umask" sh -c 'umask 0; "$1" enable' sh "$command"
try "  others may not write there" \
    sh -c '! find "$1" ! -type l -perm /022 | grep .' sh "$tmp/etc"
echo '#!/bin/sh' >"${hook%/*}/10-mine"
try "disable" "$command" disable
try "takes the drop-in away, with its folder" test ! -e "${link%/*}"
try "and the hook, and no other" \
    sh -c '[ "$(ls "$1")" = 10-mine ]' sh "${hook%/*}"
try "twice is fine" "$command" disable
try "anything else is refused" sh -c '! "$1" on 2>/dev/null' sh "$command"

# What make has filled in.
for file in hook vnuma-libvirt xl-vnuma-save-helper xl-vnuma.conf; do
    try "$file: no name is left without its value" \
        sh -c '! grep "@[A-Za-z_]*@" "$1"' sh \
        "$top_builddir/tools/libvirt/$file"
done

# What else libvirt calls the hook for must not fail.
for operation in prepare started stopped release reconnect migrate; do
    try "the hook has nothing to say to $operation" \
        sh -c 'echo "<domain/>" | sh "$1" vm "$2" begin -' sh \
        "$top_builddir/tools/libvirt/hook" "$operation"
done

# The package, with its maintainer scripts and this command, in a root of its
# own.  Earlier ones of dpkg would look at this machine.
in_root()
{
    PATH=$PATH:/usr/sbin:/sbin dpkg --root="$tmp/root" --log="$tmp/log" \
        --force-script-chrootless --force-not-root "$@"
}

package()
{
    mkdir -p "$tmp/deb/DEBIAN" "$tmp/deb/usr/sbin" \
        "$tmp/root/var/lib/dpkg/info" "$tmp/root/var/lib/dpkg/updates"
    : >"$tmp/root/var/lib/dpkg/status"
    printf '%s: %s\n' Package libvirt-vnuma-xen Version 1 Architecture all \
        Maintainer x Description x >"$tmp/deb/DEBIAN/control"
    cp "$command" "$tmp/deb/usr/sbin/"
    for script in prerm postrm; do
        sed '/^#DEBHELPER#/d' \
            "$top_srcdir/debian/libvirt-vnuma-xen.$script" \
            >"$tmp/deb/DEBIAN/$script"
        chmod 755 "$tmp/deb/DEBIAN/$script"
    done
    dpkg-deb --root-owner-group -b "$tmp/deb" "$tmp/package.deb"
}

# left: files of the host's that are there for us.
left()
{
    (cd "$tmp/root" && find etc run -name '*vnuma*' 2>/dev/null)
}

have=$(dpkg-query --show --showformat '${Version}' dpkg 2>/dev/null)
if dpkg --compare-versions "${have:-0}" ge 1.21.0 2>/dev/null; then
    export VNUMA_LIBVIRT_ROOT="$tmp/root"
    # prerm calls it by its name.
    PATH=$(dirname "$command"):$PATH
    mkdir -p "$tmp/root/run/xl-vnuma/libvirt"
    try "the package is made" package
    try "and installed" in_root -i "$tmp/package.deb"
    try "it is off" says "enabled: *no" "$command" status
    try "it is enabled" "$command" enable
    try "and removed" in_root -r libvirt-vnuma-xen
    try "with what enable wrote" sh -c '[ "$1" = run/xl-vnuma ]' sh "$(left)"
    try "and what was left of guests" \
        test ! -e "$tmp/root/run/xl-vnuma/libvirt"
fi
tried
