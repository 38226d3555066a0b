#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Draws the pictures of the documentation again: docs/pictures.sh BUILD-DIR
set -eu
build=${1:?usage: docs/pictures.sh BUILD-DIR}
XL_VNUMA_MODULES=$build/.libs
export XL_VNUMA_MODULES
cd "$(dirname "$0")/.."
for theme in light dark; do
    "$build/xl-vnuma" --host tests/domains/8node-host.json show \
        --domains tests/domains/8node.json --theme "$theme" \
        -o "docs/show-$theme.svg"
done
