#!/bin/sh
# One run names all of it; QEMU stops at the first.
exec taskset -c 0-7 qemu-system-x86_64 -enable-kvm -name 'guest=g 1' \
    -m 1GB -smp 6,cors=2 \
    -object memory-backend-ram,id=m0,size=256M,host-nodes=0,2,policy=strict \
    -object '{"qom-type":"memory-backend-ram","id":"m1","size":268435456,"host-nodes":[1]}' \
    -object memory-backend-memfd,id=m2,size=256M,hugetlbsize=2M \
    -numa node,nodeid=0,cpus=0-1,memdev=m0 \
    -numa node,nodeid=1,cpus=1-6,memdev=m1 \
    -numa node,nodeid=3,memdev=mx \
    -numa dist,src=0,dst=1,val=9 \ 
    -device pc-dimm,id=d0,memdev=m2 -append "-m 1GB" -nographic >log 2>&1
