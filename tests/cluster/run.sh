#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Engines of clusters, of this machine's Debian: run.sh SCRIPT runs a script of
# this folder in a copy of root.sh's root.  Needs root.
set -eu
top=${top_srcdir:?} build=${top_builddir:?}
here=$top/tests/xen
# shellcheck source=tests/xen/cache.sh
. "$here/cache.sh"
if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || { echo "1..0 # SKIP it needs root"; exit 0; }
    exec sudo -n XL_VNUMA_CACHE="$cache" top_srcdir="$top" \
        top_builddir="$build" "$0" "$@"
fi
[ -x "$build/tests/front/xl" ] ||
    { echo "1..0 # SKIP built without Xen"; exit 0; }

root=$("$top/tests/cluster/root.sh" "$(release_here)")
script=$1

# The shell that follows runs in a machine below $1.
# shellcheck disable=SC2016 # the inner shell's
enter='
    mount --rbind /dev "$1/dev" && mount -t proc proc "$1/proc" && cd "$1" &&
        exec chroot . '

export root top build script
# shellcheck disable=SC2016 # the inner shell's
exec unshare --mount --net --uts --pid --ipc --fork --kill-child sh -ec '
    at=/run
    mount -t tmpfs tmpfs "$at"
    mkdir "$at/upper" "$at/work" "$at/root"
    mount -t overlay -o "lowerdir=$root,upperdir=$at/upper,workdir=$at/work" \
        overlay "$at/root"
    at=$at/root
    mount -t tmpfs tmpfs "$at/run"
    mount -t sysfs sysfs "$at/sys"
    cp "$top/tests/try.sh" "$top"/tests/cluster/*.sh \
        "$top/tools/ganeti/vnuma-report" "$top/tools/ganeti/xl-vnuma-tags" \
        "$at"
    mkdir -p "$at/usr/lib/ocf/resource.d/xl-vnuma" "$at/hosts"
    cp "$top/tools/pacemaker/Placement" "$top/tools/pacemaker/Xen" \
        "$at/usr/lib/ocf/resource.d/xl-vnuma"
    cp "$build/tools/ganeti/vnuma" "$at/usr/lib/ganeti/iallocators"
    cp "$build/xl-vnuma" "$top/tools/ganeti/xl-vnuma-pull" "$at/usr/sbin"
    mkdir "$at/front"
    cp "$build/tests/front/xl" "$at/front"
    set -- "$at"
    '"$enter"'/usr/bin/env -i sh "/$script"'
