qemu-system-x86_64 -m 64 -smp 1 \
    -object "memory-backend-file,id=m0,size=64M,mem-path=/a,,b c's" \
    -numa node,memdev=m0
