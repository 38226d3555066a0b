#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Each vnode's policy and pages, as export writes them of a document, are what
# the kernel then has of QEMU's memory, and what show says.
# packages: numactl
# files: usr/bin/numactl usr/bin/qemu-system-x86_64
# files: usr/lib/x86_64-linux-gnu/qemu/accel-tcg-*|usr/bin/qemu-system-x86_64
# files: usr/share/seabios/*.bin usr/share/qemu/*.bin

# shellcheck source=tests/kvm/scenarios/lib.sh
. /rig/scenarios/lib.sh

cat >guest.xml <<'EOF_'
<domain type='kvm'>
  <name>guest</name>
  <memory unit='MiB'>288</memory>
  <memoryBacking>
    <hugepages><page size='2' unit='MiB' nodeset='3'/></hugepages>
    <allocation mode='immediate'/>
  </memoryBacking>
  <vcpu>4</vcpu>
  <numatune>
    <memnode cellid='0' mode='strict' nodeset='4'/>
    <memnode cellid='1' mode='preferred' nodeset='5'/>
    <memnode cellid='2' mode='interleave' nodeset='2,6'/>
    <memnode cellid='3' mode='strict' nodeset='1'/>
  </numatune>
  <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
  <cpu>
    <topology sockets='4' cores='1' threads='1'/>
    <numa>
      <cell id='0' cpus='0' memory='48' unit='MiB'/>
      <cell id='1' cpus='1' memory='64' unit='MiB'/>
      <cell id='2' cpus='2' memory='80' unit='MiB'/>
      <cell id='3' cpus='3' memory='96' unit='MiB'/>
    </numa>
  </cpu>
</domain>
EOF_
run xl-vnuma --host host check guest.xml
says "check has nothing to say" 0 'guest.xml: ok'
before=$(free_pages 1)
run xl-vnuma --host host export -o guest.line guest.xml
ok "export writes a line" grep -q -e '-numa node' guest.line
starts guest
and is "QEMU takes it" "$status" 0
and is "strict: all pages are on the node" \
    "$(pages_of_policy guest bind:4)" "4=12288 of 4 KiB"
and is "preferred: the same, as there is room" \
    "$(pages_of_policy guest prefer:5)" "5=16384 of 4 KiB"
and is "interleave: the same number on each" \
    "$(pages_of_policy guest interleave:2,6)" "2=10240 6=10240 of 4 KiB"
and is "huge pages: they are of the node's pool" \
    "$(pages_of_policy guest bind:1)" "1=48 of 2048 KiB"
and is "and are gone from there" "$((before - $(free_pages 1)))" 48

pid=$(cat guest.pid)
run xl-vnuma show --pid "$pid"
says "show: strict" 0 '0 +48 +bind:4 +bind:4 +48 on 4, pages of 4 KiB'
says "show: preferred" 0 '1 +64 +prefer( .many.)?:5 +prefer( .many.)?:5 +64 on 5, pages of 4 KiB'
says "show: interleave" 0 \
    '2 +80 +interleave:2,6 +interleave:2,6 +40 on 2,? 40 on 6, pages of 4 KiB'
says "show: huge pages" 0 '3 +96 +bind:1 +bind:1 +96 on 1, pages of 2048 KiB|2 MiB'
run xl-vnuma import --json --pid "$pid"
is "the line of the process is read" "$status" 0
# What QEMU has no word for is not compared.
printf '%s\n' "$out" | grep -v '"name"' >by-line
xl-vnuma import --json guest.xml | grep -v '"name"' >by-document
ok "as the same guest" diff by-document by-line
stop guest

# What is preferred goes elsewhere when there is no room; the line that promised
# it is still the same.
cat >spills.line <<'EOF_'
-m 480M -smp 1
-object memory-backend-ram,id=m0,size=352M,policy=preferred,host-nodes=4,prealloc=on
-object memory-backend-memfd,id=m1,size=128M,hugetlb=on,policy=preferred,host-nodes=2,prealloc=on
-numa node,cpus=0,memdev=m0 -numa node,memdev=m1
EOF_
before=$(free_pages 2)
starts spills
is "QEMU starts what does not fit on the preferred node" "$status" 0
and like "QEMU has it there and elsewhere" "$(pages_of_policy spills prefer:4)" \
    '4=[0-9]+ .*of 4 KiB'
and like "QEMU has huge pages there and elsewhere" "$(pages_of_policy spills prefer:2)" \
    "2=$before .*of 2048 KiB"
run xl-vnuma show --pid "$(cat spills.pid)"
says "show has both nodes" 0 '0 +352 +prefer( .many.)?:4 +prefer( .many.)?:4 .*[0-9]+ on 4'
says "show has huge pages elsewhere" 0 "1 +128 .*$((before * 2)) on 2"
stop spills

# As guides have it: huge pages that are bound to no node are taken from all.
cat >guide.line <<'EOF_'
-m 256 -mem-path /dev/hugepages -mem-prealloc
EOF_
mkdir -p /dev/hugepages
mount -t hugetlbfs hugetlbfs /dev/hugepages
starts guide
is "QEMU starts a guest of the guides" "$status" 0
and like "QEMU has its pages on several nodes" \
    "$(grep -w huge "/proc/$(cat guide.pid)/numa_maps")" 'N[0-9]+=.* N[0-9]+='
stop guide

# Pages of 1 GiB, of which node 0 has one.
cat >large.xml <<'EOF_'
<domain type='kvm'>
  <name>large</name>
  <memoryBacking><hugepages><page size='1' unit='GiB'/></hugepages></memoryBacking>
  <vcpu>1</vcpu>
  <numatune><memory mode='strict' nodeset='0'/></numatune>
  <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
  <cpu><numa><cell cpus='0' memory='1' unit='GiB'/></numa></cpu>
</domain>
EOF_
run xl-vnuma --host host export -o large.line large.xml
starts large
ok "export writes a page of 1 GiB" grep -q 1024M large.line
and is "QEMU takes it" "$status" 0
and is "it is where it should be" "$(pages_of_policy large bind:0)" \
    "0=1 of 1048576 KiB"
run xl-vnuma show --pid "$(cat large.pid)"
says "show" 0 '0 +1024 +bind:0 +bind:0 +1024 on 0, pages of (1048576 KiB|1 GiB)'
stop large
done_testing
