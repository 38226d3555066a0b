#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What t/ has on eight nodes, on two; where guests are planned; a guest's
# console; a killed "dom0 set"; guests with policies that are saved and moved;
# strings for cpus= and vcpus=; the front in the place of xl; where guests lived;
# what is left when xl-vnuma and xl are killed at once.

exec "$(dirname "$0")/../run.sh" 2node create plan console dom0-killed \
    save-policies cpu-strings front lived killed
