#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What ./demo shows: the host, the published example and its mistakes, the
# corrected file created, what the guest sees, where its pages are, and what
# stock xl makes of the same.

. /rig/lib.sh

title()
{
    diag ""
    diag "== $*"
}

cp /rig/examples/*.cfg .
cat /rig/guest/hvm.cfg >rig.part
# The examples say nothing of kernels and disks; these are the rig's.
for example in knl knl-published; do
    {
        cat "$example.cfg"
        sed '/^memory\|^vcpus\|^vnuma/d' rig.part
        echo "extra = \"$rig_extra_\""
    } >"$example.tmp" && mv "$example.tmp" "$example.cfg"
done

title "a host of eight nodes; 4 to 7 have memory and no CPUs"
run xl-vnuma topology
ok "the host is read" test "$status" = 0

title "an example as it can be found published"
run sed -n '/^vnuma/,/\] \]/p' knl-published.cfg
run xl-vnuma check knl-published.cfg
ok "check names its mistakes" test "$status" = 1
diag ""
diag "and what stock xl says:"
run xl create knl-published.cfg
ok "stock xl refuses it too, with less to say" test "$status" != 0

title "with plain quotes stock xl builds it, and it is wrong"
sed 's/[“”]/"/g; s/vdistance31/vdistance=31/' knl-published.cfg >plain.cfg
run xl create -p plain.cfg
domid=$(domid_of knl)
diag "the vNUMA that Xen was told, and where its pages are:"
vnodes_of "$domid" | sed "s/^/$RIG_PREFIX  /"
pages_of "$domid" | sed "s/^/$RIG_PREFIX  pages on node /"
strays=$(pages_of "$domid" | awk '$1 != 0 && $1 != 4 { n += $2 } END { print n + 0 }')
diag "$strays pages are on nodes that nobody asked for, all distances are 0"
xl destroy knl
run xl-vnuma check plain.cfg
ok "check says what is wrong" test "$status" = 1

title "the corrected file"
run sed -n '/^vnuma/,/\] \]/p' knl.cfg
run xl-vnuma plan knl.cfg
ok "it is planned" test "$status" = 0
guest_forget knl
run xl-vnuma create --verify=hypervisor knl.cfg
ok "it is created, every page on its node" test "$status" = 0
pages_of "$(domid_of knl)" | sed "s/^/$RIG_PREFIX  pages on node /"
diag "waiting for its Linux to boot ..."
ok "it boots" guest_wait knl 240

title "what the guest sees"
guest_report knl | sed "s/^/$RIG_PREFIX  /"
ok "two nodes, one without CPUs, 31 apart" \
    test "$(guest_saw knl online)$(guest_saw knl node1/distance)" = "0-131 10"
run xl list
run xl destroy knl

title "a guest that does not fit"
sed 's/size=256/size=1200/; s/^memory.*/memory = 2400/' knl.cfg >big.cfg
run xl-vnuma create big.cfg
ok "it is refused before a domain exists, and told why" test "$status" = 1
diag ""
diag "stock xl, after loading the kernel and starting a domain:"
run xl create big.cfg

done_testing
