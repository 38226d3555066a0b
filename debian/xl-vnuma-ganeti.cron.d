# The reports of hosts, for the allocator "vnuma": xl-vnuma-ganeti(7).
* * * * * root [ ! -x /usr/sbin/xl-vnuma-pull ] || /usr/sbin/xl-vnuma-pull >/dev/null 2>&1
