#!/bin/sh
# A guest of KVM with two nodes, each on one of the host's, as somebody starts
# it by hand.  Each of its vcpus may run on all CPUs of the host: see what
# "vnuma show" says of that.
exec qemu-system-x86_64 -accel kvm -name web,debug-threads=on \
    -m 192 -smp 4,sockets=2,cores=2 \
    -object memory-backend-ram,id=m0,size=128M,host-nodes=0,policy=bind,prealloc=on \
    -object memory-backend-ram,id=m1,size=64M,host-nodes=1,policy=bind,prealloc=on \
    -numa node,cpus=0-1,memdev=m0 -numa node,cpus=2-3,memdev=m1 \
    -drive file=web.img,format=raw,if=virtio
