# Above the seam: builds and is tested without Xen.
noinst_LTLIBRARIES += libvnuma-build.la
libvnuma_build_la_SOURCES = \
	tools/libvnuma/include/vnuma_xen_built.h \
	tools/libvnuma/xen/build/counts.c \
	tools/libvnuma/xen/build/populate.c \
	tools/libvnuma/xen/build/populate.h \
	tools/libvnuma/xen/build/refill.c \
	tools/libvnuma/xen/build/refill.h \
	tools/libvnuma/xen/build/task.c \
	tools/libvnuma/xen/build/task.h \
	tools/libvnuma/xen/dom0/dom0_change.c \
	tools/libvnuma/xen/dom0/dom0_change.h \
	tools/libvnuma/xen/dom0/dom0_state.c \
	tools/libvnuma/xen/hv/hv.c \
	tools/libvnuma/xen/hv/hv.h

# The in-memory Xen.
noinst_LTLIBRARIES += libvnuma-mem.la
libvnuma_mem_la_SOURCES = \
	tools/libvnuma/xen/hv/hv_mem.c \
	tools/libvnuma/xen/hv/hv_mem.h

# The only users of Xen's libraries.  The command and the object in xl link this
# rather than libvnuma-xen: there is one library less to load, and only what is
# used of this one.
if HAVE_XEN
include_HEADERS += tools/libvnuma/include/vnuma_xen.h \
	tools/libvnuma/include/vnuma_xen_built.h \
	tools/libvnuma/include/vnuma_xen_dom0.h
noinst_LTLIBRARIES += libvnuma-xen-core.la
libvnuma_xen_core_la_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
libvnuma_xen_core_la_SOURCES = \
	tools/libvnuma/xen/build/affinity.c \
	tools/libvnuma/xen/build/built.h \
	tools/libvnuma/xen/build/hooks.c \
	tools/libvnuma/xen/build/more_tables.c \
	tools/libvnuma/xen/build/pvh.c \
	tools/libvnuma/xen/build/restore.c \
	tools/libvnuma/xen/build/settle.c \
	tools/libvnuma/xen/build/taken.c \
	tools/libvnuma/xen/build/taken.h \
	tools/libvnuma/xen/build/toolstack.c \
	tools/libvnuma/xen/dom0/dom0_xen.c \
	tools/libvnuma/xen/host/domains.c \
	tools/libvnuma/xen/host/flights.c \
	tools/libvnuma/xen/host/flights.h \
	tools/libvnuma/xen/host/handle.c \
	tools/libvnuma/xen/host/handle.h \
	tools/libvnuma/xen/host/host.c \
	tools/libvnuma/xen/host/host_tables.c \
	tools/libvnuma/xen/host/stored.c \
	tools/libvnuma/xen/host/stored_tables.c \
	tools/libvnuma/xen/host/residency.c \
	tools/libvnuma/xen/hv/hv_xen.c \
	tools/libvnuma/xen/hv/hv_xen.h
libvnuma_xen_core_la_LIBADD = libvnuma-build.la libvnuma-core.la $(XEN_LIBS)

lib_LTLIBRARIES += libvnuma-xen.la
# What needs libxlutil is not in the half that xl-vnuma loads: fewer to link.
libvnuma_xen_la_SOURCES = tools/libvnuma/xen/xlu.c
libvnuma_xen_la_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
libvnuma_xen_la_LIBADD = libvnuma-xen-core.la
# The soname is the release of Xen, as libxenlight's is: libvnuma-xen.so.4.17.
libvnuma_xen_la_LDFLAGS = $(SHARED_LDFLAGS) -avoid-version -shrext .so.$(XEN_RELEASE) \
	-Wl,-z,defs \
	-Wl,--version-script=$(srcdir)/tools/libvnuma/xen/libvnuma-xen.map
libvnuma_xen_la_DEPENDENCIES = libvnuma-xen-core.la \
	tools/libvnuma/xen/libvnuma-xen.map
pkgconfig_DATA += tools/libvnuma/xen/libvnuma-xen.pc

# For the linker, which looks for a name without a release.
install-exec-hook:
	cd '$(DESTDIR)$(libdir)' && \
	ln -sf libvnuma-xen.so.$(XEN_RELEASE) libvnuma-xen.so
endif
EXTRA_DIST += tools/libvnuma/xen/check-interface.sh \
	tools/libvnuma/xen/interface \
	tools/libvnuma/xen/libvnuma-xen.map
