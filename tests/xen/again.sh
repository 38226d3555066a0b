#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# again.sh FILE: what run.sh kept of boots that could not be run to their end,
# for the last lines of ./test.

[ -s "${1:?}" ] || exit 0
echo "boots that stopped, and were tried again unless it was the second time:"
while read -r scenario topology why; do
    [ "$scenario" != - ] || scenario="no scenario yet"
    echo "    ${topology%:}, $scenario: $why"
done <"$1"
