. /rig/lib.sh
up() { cut -d ' ' -f 1 /proc/uptime; }
guest_config hvm a <<X
memory = 512
vcpus = 4
vnuma = [ [ "pnode=0","size=256","vcpus=0-1","vdistances=10,20" ], [ "pnode=1","size=256","vcpus=2-3","vdistances=20,10" ] ]
extra="console=hvc0 loglevel=8"
X
up
run xl create a.cfg
up
ok "boots" guest_wait a 60
up
guest_log_ a
pages_of $(domid_of a)
xl vcpu-list
xl destroy a
sed -i 's/loglevel=8/quiet/' a.cfg
guest_forget a
up
run xl create a.cfg
up
ok "boots" guest_wait a 60
up
done_testing
