#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The blocks of README.md that are for a Xen host, in their order, word for
# word (tests/readme-inside.sh puts them there).  In the current directory are
# the examples; what these leave to the user (kernel, devices) is the rig's.

. /rig/lib.sh
# shellcheck source=tests/xen/readme-lib.sh
. /rig/readme-lib.sh

cp /usr/share/doc/xl-vnuma/examples/*.cfg .
grep -v '^name\|^type\|^#' knl.cfg >knl.in
guest_config hvm knl <knl.in
guest_config pvh guest <<'EOF'
memory = 256
vcpus = 2
vnuma = "auto"
EOF

for block in /rig/readme/*; do
    case $block in
    *:console.dom0) shows "$block" ;;
    *:sh.dom0) types "$block" ;;
    esac
    xl destroy knl 2>/dev/null
done
ok "xl info -n fills host.txt" grep -q '^numa_info' host.txt
emit host.txt
ok "the guest boots" guest_wait guest 240
is "it has the memory that it is shown with" \
    "$(xl list guest | awk 'NR == 2 { print $3 }')" 256
xl destroy guest
wait_gone guest 20

finally ok "only dom0 is left" only_dom0

done_testing
