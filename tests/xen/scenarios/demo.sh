#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What ./demo shows: the host, the published example and its mistakes, the
# corrected file created, what the guest sees, where its pages are, and what
# stock xl makes of the same.

. /rig/lib.sh

examples=/usr/share/doc/xl-vnuma/examples

title()
{
    diag ""
    diag "== $*"
}

# A guest of an example; what is not said there (kernel, devices) is the rig's.
example()
{
    grep -v '^name\|^type\|^#' "$1" | guest_config hvm "$2"
}

show_vnuma()
{
    sed -n "/^vnuma/,/\] \]/p" "$1" | sed "s/^/$RIG_PREFIX    /"
}

show_pages()
{
    pages_of "$(domid_of "$1")" |
        sed "s/\(.*\) \(.*\)/$RIG_PREFIX    pnode \1: \2 pages/"
}

cp "$examples/knl-published.cfg" .
sed 's/“/"/g; s/”/"/g; s/vdistance31/vdistance=31/' knl-published.cfg >unquoted.cfg
example unquoted.cfg plain
example "$examples/knl.cfg" knl
sed 's/size=256/size=1200/; s/^memory.*/memory = 2400/' "$examples/knl.cfg" >big.in
example big.in big

title "a host of eight nodes; 4 to 7 have memory and no CPUs"
xl-vnuma topology >host
ok "xl-vnuma topology reads it" grep -q '^nr_nodes *: 8$' host
sed -n '/^numa_info/,/^ *7:/p' host | sed "s/^/$RIG_PREFIX    /"

title "an example as it can be found published"
run xl-vnuma check knl-published.cfg
like "check names each mistake at its place" "$err" \
    '^knl-published\.cfg:9:61: error: a vnode has no option vdistance='
diag ""
diag "stock xl says of it:"
run xl create knl-published.cfg
like "stock xl refuses it too, with less to say" "$err" 'config parsing error'

title "with plain quotes stock xl builds it"
show_vnuma plain.cfg
run xl create -q -p plain.cfg
ok "stock xl builds it without a word of that" \
    test "$status$(printf '%s\n' "$err" | grep -ci 'vnuma\|vnode\|dist')" = 00
diag "where its pages are:"
show_pages plain
strays=$(pages_of "$(domid_of plain)" |
    awk '$1 != 0 && $1 != 4 { n += $2 } END { print n + 0 }')
diag "$strays pages are on nodes that nobody asked for; the guest is told"
diag "that all its nodes are 0 apart"
xl destroy plain
run xl-vnuma check plain.cfg
like "check says what is wrong with it" "$err" '^plain\.cfg:.*\[unknown-key\]'

title "the corrected file: check, plan, create"
show_vnuma knl.cfg
run xl-vnuma plan knl.cfg
like "it is planned, vnode 1 on a node without CPUs" "$out" '^ +1 +4 +256 '
run xl-vnuma create --verify=hypervisor knl.cfg
like "it is created, every page on its node" "$out" \
    '^knl: 131040 of 131040 pages on their nodes'
diag "waiting for its Linux to boot ..."
ok "it boots" guest_wait knl 240

title "what the guest sees"
guest_report knl | sed "s/^/$RIG_PREFIX    /"
ok "two nodes, one without CPUs, 31 apart" \
    test "$(guest_saw knl online) $(guest_saw knl node1/distance)" = "0-1 31 10"
run xl list
xl destroy knl

title "a guest that does not fit"
run xl-vnuma create big.cfg
like "it is refused before a domain exists, and told why" "$err" \
    'vnode [01].*1200 MiB.*pnode [04].* missing'
diag ""
diag "stock xl, after it has started a domain and loaded the kernel:"
run xl create -q big.cfg
like "stock xl fails without naming a node" "$err" 'Out of memory'

done_testing
