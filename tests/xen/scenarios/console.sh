#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# "create -c": the guest's console, as xl attaches it.

. /rig/lib.sh

# A terminal, or xl has no console to attach.
guest_config pvh console <<'EOF'
memory = 256
vcpus = 2
vnuma = [ [ "pnode=0", "size=128", "vcpus=0", "vdistances=10,21" ],
          [ "pnode=1", "size=128", "vcpus=1", "vdistances=21,10" ] ]
EOF
xl-vnuma create -c console.cfg >console.out 2>console.err </dev/ptmx &
console=$!
ok "-c: the guest boots" guest_wait console 240
sleep 1
sed 's/^/# /' console.err
like "-c shows its console" "$(cat console.out)" 'guest-ready'
ok "-c stays attached" kill -0 "$console"
xl destroy console
wait "$console"
is "-c ends well when the guest is gone" $? 0

finally ok "only dom0 is left" only_dom0
done_testing
