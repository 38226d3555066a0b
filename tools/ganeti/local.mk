# The iallocator of Ganeti, next to hail.
iallocatorsdir = $(prefix)/lib/ganeti/iallocators
iallocators_PROGRAMS = tools/ganeti/vnuma
tools_ganeti_vnuma_SOURCES = $(ganeti_sources)
tools_ganeti_vnuma_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tools
tools_ganeti_vnuma_CFLAGS = $(AM_CFLAGS) $(YAJL_CFLAGS) -pthread
tools_ganeti_vnuma_LDADD = libvnuma-core.la $(EXPAT_LIBS) $(YAJL_LIBS)

# The reports of hosts: what Ganeti runs on each, and what pulls them.
dist_sbin_SCRIPTS = tools/ganeti/xl-vnuma-pull
restrictedcmdsdir = $(sysconfdir)/ganeti/restricted-commands
dist_restrictedcmds_SCRIPTS = tools/ganeti/vnuma-report

# A hook, which is linked from the folders of /etc/ganeti/hooks.
hooksdir = $(prefix)/lib/$(PACKAGE)/ganeti
dist_hooks_SCRIPTS = tools/ganeti/xl-vnuma-tags
