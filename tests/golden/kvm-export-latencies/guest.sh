qemu-system-x86_64 -M q35,hmat=on -m 2G -smp 2,sockets=2 \
    -object memory-backend-ram,id=m0,size=1G \
    -object memory-backend-ram,id=m1,size=1G \
    -numa node,cpus=0,memdev=m0,initiator=0 \
    -numa node,cpus=1,memdev=m1,initiator=1 \
    -numa hmat-lb,initiator=0,target=0,hierarchy=memory,data-type=access-latency,latency=5 \
    -numa hmat-lb,initiator=0,target=0,hierarchy=memory,data-type=access-bandwidth,bandwidth=200M \
    -numa hmat-lb,initiator=0,target=1,hierarchy=memory,data-type=read-latency,latency=10 \
    -numa hmat-lb,initiator=1,target=0,hierarchy=memory,data-type=write-bandwidth,bandwidth=1G \
    -numa hmat-cache,node-id=0,size=10M,level=1,associativity=complex,policy=write-through,line=64
