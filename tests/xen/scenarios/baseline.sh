#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What stock xl makes of mistakes in vnuma=, measured on the machine with four
# CPU-less nodes, and what it costs: the other half of every comparison.  An
# assertion that fails here means that xl has changed, not that we are wrong.
# The mistakes themselves when RIG_FULL is set, as baseline-all.sh does.

. /rig/lib.sh

# try NAME [LINE...]: creates, paused, an HVM guest of 512 MiB and 4 vCPUs with
# these lines of xl.cfg; output and status as run leaves them.
try()
{
    guest_config hvm "$1" <<EOF
memory = 512
vcpus = 4
$2
EOF
    [ -z "${2-}" ] || diag "$2"
    run xl create -q -p "$1.cfg"
}

drop()
{
    xl destroy "$1" >/dev/null 2>&1
    wait_gone "$1" 20
}

try good 'vnuma = [ ["pnode=0","size=256","vcpus=0-3","vdistances=10,31"],
          ["pnode=4","size=256","vdistances=31,10"] ]'
is "stock xl builds the good case" "$status" 0
pages_of "$(domid_of good)" >pages
sed 's/^/# node and pages: /' pages
stray=$(awk '$1 != 0 && $1 != 4 { n += $2 } END { print n + 0 }' pages)
diag "pages on nodes that nobody asked for: $stray"
ok "stock xl leaves pages of it on foreign nodes" test "$stray" -gt 0
run xl save good /tmp/save
ok "stock xl refuses to save it" test "$status" -ne 0 -a -n "$err"
stock_xl save "saved" "refused"
run timeout 60 xl migrate -s '' good 'xl migrate-receive'
ok "stock xl refuses to migrate it, to the same host too" \
    test "$status" -ne 0 -a -n "$err"
stock_xl move "\`xl migrate\` moves it" "\`xl migrate\` refuses"
is "stock xl: it is still here" "$(xl list | grep -c "^good ")" 1
# The sender may end the receiver before that has taken its domain away.
sleep 2
diag "stock xl leaves $(xl list | grep -c "^good--incoming") domains behind"
drop good--incoming
drop good

# ---- mistakes ----

mistakes()
{
    try unknown-key 'vnuma = [ ["pnode=0","size=256","vcpus=0-3","vdistance=10, 31"],
              ["pnode=4","size=256","vdistance=31, 10"] ]'
    is "an unknown key builds" "$status" 0
    drop unknown-key
    xl create -n unknown-key.cfg >json 2>/dev/null
    distances=$(awk '/"distances"/ { inside = 1; next } /\]/ { inside = 0 }
        inside { gsub("[ ,]", ""); print }' json | paste -sd ' ' -)
    is "and all distances are 0" "${distances:-0 0 0 0}" "0 0 0 0"

    try cpuless 'vnuma = [ ["pnode=0","size=256","vcpus=0-1","vdistances=10,31"],
              ["pnode=4","size=256","vcpus=2-3","vdistances=31,10"] ]'
    is "vCPUs on a CPU-less pnode build" "$status" 0
    xl vcpu-list cpuless | sed 's/^/# /'
    like "with no pCPU in their soft affinity" "$(xl vcpu-list cpuless)" \
        ' 3 .*all / none'
    drop cpuless

    try sise 'vnuma = [ ["pnode=0","sise=256","vcpus=0-3","vdistances=10,31"],
              ["pnode=4","size=256","vdistances=31,10"] ]'
    like "sise= is a mismatch of two numbers" "$err" \
        'Amount of memory mismatch \(0x[0-9a-f]+ != 0x[0-9a-f]+\)'
    ok "no domain is left" no_domain sise

    try unassigned 'maxvcpus = 4
    vnuma = [ ["pnode=0","size=256","vcpus=0-1,1","vdistances=10,31"],
              ["pnode=4","size=256","vcpus=2","vdistances=31,10"] ]'
    like "a vCPU in no vnode is refused after a domain was started" "$err" \
        'Vcpu [0-9] is not assigned to any vnode'

    guest_config hvm toolarge <<'EOF'
memory = 1280
vcpus = 4
vnuma = [ ["pnode=0","size=1024","vcpus=0-3","vdistances=10,31"],
          ["pnode=4","size=256","vdistances=31,10"] ]
EOF
    run xl create -q -p toolarge.cfg
    like "a vnode larger than its pnode is out of memory, no node named" "$err" \
        "can't allocate low memory for domain: Out of memory"

    try sum 'vnuma = [ ["pnode=0","size=512","vcpus=0-3","vdistances=10,31"],
              ["pnode=4","size=256","vdistances=31,10"] ]'
    like "a wrong sum is called populate on demand" "$err" \
        'Cannot enable PoD and vNUMA at the same time'
}
[ -z "${RIG_FULL-}" ] || mistakes

guest_config pvh pvh <<'EOF'
memory = 512
vcpus = 4
vnuma = [ ["pnode=0","size=256","vcpus=0-3","vdistances=10,31"],
          ["pnode=4","size=256","vdistances=31,10"] ]
EOF
run xl create -q -p pvh.cfg
like "stock xl fails with each PVH guest with vnuma=" "$err" 'xc_domain_getvnuma failed'

# ---- populate calls, both tools counted alike ----

# counted_build COMMAND NAME: the good case once more; its populate calls, of which
# two are libxenguest's for special pages.
counted_build()
{
    counted calls "$1" create -q -p good.cfg
    is "$2 builds the good case" "$status" 0
    populates=$(calls_in calls memory.populate_physmap)
    drop good
}

counted_build xl "stock xl"
diag "measured: stock xl makes $populates populate calls, 2 vnodes of 256 MiB"
is "stock xl asks as the replay in test-calls does" $((populates - 2)) 66
counted_build xl-vnuma xl-vnuma
diag "measured: xl-vnuma makes $populates populate calls for the same guest"
is "we ask once for each order on each node" $((populates - 2)) 3

finally ok "only dom0 is left" only_dom0
done_testing
