# Above the seam: builds and is tested without Xen.
noinst_LTLIBRARIES += libvnuma-build.la
libvnuma_build_la_SOURCES = \
	tools/libvnuma/xen/dom0_change.c \
	tools/libvnuma/xen/dom0_change.h \
	tools/libvnuma/xen/dom0_state.c \
	tools/libvnuma/xen/hv.c \
	tools/libvnuma/xen/hv.h \
	tools/libvnuma/xen/populate.c \
	tools/libvnuma/xen/populate.h \
	tools/libvnuma/xen/refill.c \
	tools/libvnuma/xen/refill.h

# The in-memory Xen.
noinst_LTLIBRARIES += libvnuma-mem.la
libvnuma_mem_la_SOURCES = \
	tools/libvnuma/xen/hv_mem.c \
	tools/libvnuma/xen/hv_mem.h

# The only users of Xen's libraries.
if HAVE_XEN
include_HEADERS += tools/libvnuma/include/vnuma_xen.h \
	tools/libvnuma/include/vnuma_xen_dom0.h
lib_LTLIBRARIES += libvnuma-xen.la
libvnuma_xen_la_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
libvnuma_xen_la_SOURCES = \
	tools/libvnuma/xen/affinity.c \
	tools/libvnuma/xen/affinity.h \
	tools/libvnuma/xen/built.h \
	tools/libvnuma/xen/dom0_xen.c \
	tools/libvnuma/xen/domains_xen.c \
	tools/libvnuma/xen/handle.c \
	tools/libvnuma/xen/handle.h \
	tools/libvnuma/xen/hooks.c \
	tools/libvnuma/xen/host.c \
	tools/libvnuma/xen/host_tables.c \
	tools/libvnuma/xen/host_tables.h \
	tools/libvnuma/xen/hv_xen.c \
	tools/libvnuma/xen/hv_xen.h \
	tools/libvnuma/xen/kept.c \
	tools/libvnuma/xen/kept.h \
	tools/libvnuma/xen/pvh.c \
	tools/libvnuma/xen/pvh.h \
	tools/libvnuma/xen/residency.c \
	tools/libvnuma/xen/residency.h \
	tools/libvnuma/xen/residency_text.c \
	tools/libvnuma/xen/restore.c \
	tools/libvnuma/xen/settle.c \
	tools/libvnuma/xen/toolstack.c \
	tools/libvnuma/xen/xlu.c
libvnuma_xen_la_LIBADD = libvnuma-build.la libvnuma.la $(XEN_LIBS)
# The soname is the release of Xen, as libxenlight's is: libvnuma-xen.so.4.17.
libvnuma_xen_la_LDFLAGS = -avoid-version -shrext .so.$(XEN_RELEASE) \
	-Wl,-z,defs \
	-Wl,--version-script=$(srcdir)/tools/libvnuma/xen/libvnuma-xen.map
libvnuma_xen_la_DEPENDENCIES = libvnuma-build.la libvnuma.la \
	tools/libvnuma/xen/libvnuma-xen.map
pkgconfig_DATA += tools/libvnuma/xen/libvnuma-xen.pc

# For the linker, which looks for a name without a release.
install-exec-hook:
	cd '$(DESTDIR)$(libdir)' && \
	ln -sf libvnuma-xen.so.$(XEN_RELEASE) libvnuma-xen.so
endif
EXTRA_DIST += tools/libvnuma/xen/libvnuma-xen.map
