qemu-system-x86_64 -M q35 -name a -m 1G -smp 8,sockets=2,dies=2,cores=2,threads=1
