qemu-system-x86_64 -m 512M -smp 4,sockets=2,cores=2 \
  -object memory-backend-ram,id=m0,size=256M,host-nodes=0,policy=bind \
  -object memory-backend-ram,id=m1,size=256M,host-nodes=4,policy=bind \
  -numa node,cpus=0-1,memdev=m0 -numa node,cpus=2-3,memdev=m1
