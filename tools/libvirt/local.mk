# What is loaded into libvirtd.  The first needs nothing but libc, and loads
# the other, which needs Xen's libraries, when a guest needs it.
if HAVE_XEN
pkglib_LTLIBRARIES += vnuma-libvirt.la vnuma-libvirt-xen.la
LIBVIRT_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tools \
	-DPKGLIBDIR='"$(pkglibdir)"'
vnuma_libvirt_la_SOURCES = \
	tools/inside/helper_env.c \
	tools/inside/inside.h \
	tools/inside/next.c \
	tools/inside/xc.c \
	tools/libvirt/before.c \
	tools/libvirt/core.h \
	tools/libvnuma/xen/build/counts.c \
	tools/libvnuma/xen/build/task.c \
	tools/libvnuma/xen/build/task.h
vnuma_libvirt_la_CPPFLAGS = $(LIBVIRT_CPPFLAGS)
vnuma_libvirt_la_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
vnuma_libvirt_la_LIBADD =
vnuma_libvirt_la_LDFLAGS = $(SHARED_LDFLAGS) -module -avoid-version -shared \
	-Wl,--version-script=tools/libvirt/before.map
vnuma_libvirt_la_DEPENDENCIES = tools/libvirt/before.map

# Not before what only xl calls.
tools/libvirt/before.map: tools/libvnuma/xen/interface
	$(AM_V_GEN)$(MKDIR_P) tools/libvirt && { \
	echo '{ global: execvp;' && \
	sed -n '/^before .*[ *]\(libxl_domain_\(create\|suspend\)[a-z_]*\|xc_[a-z_]*\)(/s/.*[ *]\([a-z0-9_]*\)(.*/\1;/p' \
	    $(srcdir)/tools/libvnuma/xen/interface | sort -u && \
	echo 'local: *; };'; } >$@.tmp && mv $@.tmp $@
CLEANFILES += tools/libvirt/before.map

libvirt_core_sources = \
	tools/inside/arrive.c \
	tools/inside/build.c \
	tools/inside/environment.h \
	tools/inside/inside.h \
	tools/libvirt/core.h \
	tools/libvirt/guest.c \
	tools/libvirt/move.c \
	tools/libvirt/plan.c \
	tools/libvirt/start.c \
	tools/libvirt/virt.h \
	tools/libvirt/wish.c
vnuma_libvirt_xen_la_SOURCES = $(libvirt_core_sources)
vnuma_libvirt_xen_la_CPPFLAGS = $(LIBVIRT_CPPFLAGS)
vnuma_libvirt_xen_la_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
vnuma_libvirt_xen_la_LIBADD = libvnuma-xen-core.la
vnuma_libvirt_xen_la_LDFLAGS = $(SHARED_LDFLAGS) -module -avoid-version -shared \
	-export-symbols-regex '^virt_core_begin$$'

# What is installed next to them; paths are filled in when it is made.  [@]:
# configure would fill them into this file.
libvirtdir = $(prefix)/lib/$(PACKAGE)/libvirt
nodist_libvirt_DATA = tools/libvirt/xl-vnuma.conf
nodist_libvirt_SCRIPTS = tools/libvirt/hook
nodist_sbin_SCRIPTS = tools/libvirt/vnuma-libvirt \
	tools/libvirt/xl-vnuma-save-helper
LIBVIRT_FILES = $(nodist_libvirt_DATA) $(nodist_libvirt_SCRIPTS) \
	$(nodist_sbin_SCRIPTS)
$(LIBVIRT_FILES): %: $(srcdir)/%.in Makefile
	$(AM_V_GEN)$(MKDIR_P) tools/libvirt && \
	sed 's|[@]pkglibdir@|$(pkglibdir)|; s|[@]sbindir@|$(sbindir)|; s|[@]libvirtdir@|$(libvirtdir)|; s|[@]XEN_RELEASE@|$(XEN_RELEASE)|' \
	    '$(srcdir)/$@.in' >$@.tmp && chmod +x $@.tmp && mv $@.tmp $@
CLEANFILES += $(LIBVIRT_FILES)
endif
EXTRA_DIST += tools/libvirt/hook.in tools/libvirt/vnuma-libvirt.in \
	tools/libvirt/xl-vnuma-save-helper.in tools/libvirt/xl-vnuma.conf.in
