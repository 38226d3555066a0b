qemu-system-x86_64 -M microvm -name a -m 1G,slots=2,maxmem=4G -smp 2
