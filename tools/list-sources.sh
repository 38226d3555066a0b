#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What is in these folders is built: writes tools/sources.mk, a list of sources
# for each library or program that has folders of its own.  autogen.sh runs
# this, and "make" when a folder has changed.
set -eu
export LC_ALL=C
cd "$(dirname "$0")/.."

# list NAME FOLDER...: a variable of that name.
list()
{
    printf '%s =' "$1"
    shift
    for folder; do
        printf ' %s' "$folder"/*.[ch]
    done
    echo
}

lists=$(
    echo '# Written by tools/list-sources.sh.'
    list libvnuma_sources tools/libvnuma/base tools/libvnuma/cfg \
        tools/libvnuma/check tools/libvnuma/dom0 tools/libvnuma/fleet \
        tools/libvnuma/forms tools/libvnuma/guest tools/libvnuma/host \
        tools/libvnuma/kvm tools/libvnuma/layout tools/libvnuma/plan \
        tools/libvnuma/record tools/libvnuma/search tools/libvnuma/show \
        tools/libvnuma/tables
    list commands_sources tools/xl-vnuma/commands
    list ganeti_sources tools/ganeti
    list live_commands_sources tools/xl-vnuma/commands/live
)
# Lists that are right are left alone, so that nothing is made again; those of a
# tarball are, and its tree need not be writable.
[ "$lists" = "$(cat tools/sources.mk 2>/dev/null)" ] ||
    echo "$lists" >tools/sources.mk
