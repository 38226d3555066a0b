# The pure library.  What uses private functions links libvnuma-core: the
# command, the object in xl, libvnuma-xen and tests.  libvnuma exports none.
include_HEADERS += \
	tools/libvnuma/include/vnuma.h \
	tools/libvnuma/include/vnuma_base.h \
	tools/libvnuma/include/vnuma_bitmap.h \
	tools/libvnuma/include/vnuma_diag.h \
	tools/libvnuma/include/vnuma_dom0.h \
	tools/libvnuma/include/vnuma_fleet.h \
	tools/libvnuma/include/vnuma_guest.h \
	tools/libvnuma/include/vnuma_host.h \
	tools/libvnuma/include/vnuma_plan.h \
	tools/libvnuma/include/vnuma_record.h \
	tools/libvnuma/include/vnuma_show.h

noinst_LTLIBRARIES += libvnuma-core.la
libvnuma_core_la_CFLAGS = $(AM_CFLAGS) $(EXPAT_CFLAGS) $(YAJL_CFLAGS)
# Not expat: what reads no guests of KVM does not load it, see LDADD.  With
# sanitizers the linker leaves nothing out, and all need it.
libvnuma_core_la_LIBADD = $(YAJL_LIBS)
if SANITIZERS
libvnuma_core_la_LIBADD += $(EXPAT_LIBS)
endif
libvnuma_core_la_SOURCES = $(libvnuma_sources)

lib_LTLIBRARIES += libvnuma.la
libvnuma_la_SOURCES =
libvnuma_la_LIBADD = libvnuma-core.la $(EXPAT_LIBS)
libvnuma_la_LDFLAGS = $(SHARED_LDFLAGS) -version-info 1:0:0 -Wl,-z,defs \
	-Wl,--version-script=$(srcdir)/tools/libvnuma/libvnuma.map
libvnuma_la_DEPENDENCIES = libvnuma-core.la tools/libvnuma/libvnuma.map
EXTRA_DIST += tools/libvnuma/libvnuma.map
pkgconfig_DATA += tools/libvnuma/libvnuma.pc
