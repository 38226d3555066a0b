#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Builds the programs of examples/ as a stranger would: build-examples.sh STAGE
# OUT.  STAGE is what "make install DESTDIR=" filled, the sysroot that
# pkg-config looks into; nothing of the source tree is used but the examples
# themselves, and the compiler runs in another directory.
set -eu

case ${1:?}${2:?} in
/*) ;;
*) echo "build-examples: absolute paths, please" >&2; exit 2 ;;
esac
stage=$1 out=$2
examples=$(cd "$(dirname "$0")/../examples" && pwd)
PKG_CONFIG_PATH=$(find "$stage" -type d -name pkgconfig)
export PKG_CONFIG_SYSROOT_DIR="$stage" PKG_CONFIG_PATH
warnings="-Wall -Wextra -Werror"

mkdir -p "$out"
cd "$out"

# build NAME STANDARD MODULE...
build()
{
    name=$1 standard=$2
    shift 2
    # shellcheck disable=SC2046,SC2086 # lists of words
    ${CC:-cc} -std=$standard $warnings -o "$name" "$examples/$name.c" \
        $(pkg-config --cflags --libs "$@")
}

build plan c99 libvnuma
if pkg-config --exists libvnuma-xen; then
    build toolstack-libxl gnu99 libvnuma-xen xentoollog
    build toolstack-libxc gnu99 libvnuma-xen xencontrol xenguest \
        xenforeignmemory xenstore
fi
