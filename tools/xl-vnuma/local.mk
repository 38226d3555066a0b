# The command, one file for each of its commands.
sbin_PROGRAMS += xl-vnuma
# And the same without Xen, for hosts of KVM.
bin_PROGRAMS += vnuma
frontdir = $(prefix)/lib/$(PACKAGE)/front
FRONT_CPPFLAGS = -DFRONT_PATH='"$(frontdir)/xl"' -DSBINDIR='"$(sbindir)"' \
	-DSYSCONFDIR='"$(sysconfdir)"'
vnuma_SOURCES = $(commands_sources) \
	tools/xl-vnuma/cli/cli.c \
	tools/xl-vnuma/cli/cli.h \
	tools/xl-vnuma/cli/guest_files.c \
	tools/xl-vnuma/cli/guest_files.h \
	tools/xl-vnuma/cli/kept.c \
	tools/xl-vnuma/cli/linux_host.c \
	tools/xl-vnuma/cli/module.c \
	tools/xl-vnuma/cli/options.c \
	tools/xl-vnuma/cli/output.c \
	tools/xl-vnuma/cli/picture_out.c \
	tools/xl-vnuma/cli/show.h \
	tools/xl-vnuma/cli/tables.c \
	tools/xl-vnuma/cli/tables.h \
	tools/xl-vnuma/cli/watch.c \
	tools/xl-vnuma/picture/picture.h
vnuma_CPPFLAGS = $(xl_vnuma_CPPFLAGS) -DONLY_KVM
vnuma_LDADD = libvnuma-core.la $(EXPAT_LIBS)
xl_vnuma_SOURCES = $(vnuma_SOURCES)
xl_vnuma_CFLAGS = $(AM_CFLAGS) $(YAJL_CFLAGS)
xl_vnuma_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tools/xl-vnuma \
	-I$(top_srcdir)/tools \
	-DPKGLIBDIR='"$(pkglibdir)"' $(FRONT_CPPFLAGS)
xl_vnuma_LDADD = $(vnuma_LDADD)

if HAVE_XEN
xl_vnuma_CFLAGS += $(XEN_CFLAGS)
xl_vnuma_SOURCES += $(live_commands_sources) \
	tools/xl-vnuma/cli/auto_folder.c \
	tools/xl-vnuma/cli/live.c \
	tools/xl-vnuma/cli/xen_calls.c \
	tools/xl-vnuma/cli/xen_calls.h \
	tools/xl-vnuma/front/conf.c \
	tools/xl-vnuma/front/front.h \
	tools/xl-vnuma/front/status.c \
	tools/xl-vnuma/front/stock.c \
	tools/xl-vnuma/front/stock.h \
	tools/xl-vnuma/hooks/message.h \
	tools/xl-vnuma/run/build.c \
	tools/xl-vnuma/run/build.h \
	tools/xl-vnuma/run/hear.c \
	tools/xl-vnuma/run/hear.h \
	tools/xl-vnuma/run/landing.c \
	tools/xl-vnuma/run/landing.h \
	tools/xl-vnuma/run/leave.c \
	tools/xl-vnuma/run/ledger.h \
	tools/xl-vnuma/run/ledger_live.c \
	tools/xl-vnuma/run/recover.c \
	tools/xl-vnuma/run/recover.h \
	tools/xl-vnuma/run/run_xl.c \
	tools/xl-vnuma/run/run_xl.h \
	tools/xl-vnuma/run/vm_entry.h

# What needs Xen's libraries; loaded only then.
pkglib_LTLIBRARIES += xl-vnuma-xen.la
xl_vnuma_xen_la_SOURCES = \
	tools/xl-vnuma/run/ledger.h \
	tools/xl-vnuma/run/ledger_ask.c \
	tools/xl-vnuma/run/vm_entry.c \
	tools/xl-vnuma/run/vm_entry.h
xl_vnuma_xen_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tools/xl-vnuma
xl_vnuma_xen_la_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
xl_vnuma_xen_la_LIBADD = libvnuma-xen-core.la $(XENSTORE_LIBS)
xl_vnuma_xen_la_LDFLAGS = $(SHARED_LDFLAGS) -module -avoid-version -shared \
	-export-symbols-regex '^(vnuma_xen_|vm_entry_|ledger_)'

# A program named xl that stands before xl.  It must start whatever became of
# our libraries, so it links none of them.
front_PROGRAMS += tools/xl-vnuma/front/xl
tools_xl_vnuma_front_xl_SOURCES = $(front_sources)
front_sources = \
	tools/xl-vnuma/front/conf.c \
	tools/xl-vnuma/front/front.c \
	tools/xl-vnuma/front/front.h \
	tools/xl-vnuma/front/guest.c \
	tools/xl-vnuma/front/incoming.c \
	tools/xl-vnuma/front/stock.c \
	tools/xl-vnuma/front/stock.h \
	tools/xl-vnuma/front/tags.c
tools_xl_vnuma_front_xl_CPPFLAGS = $(AM_CPPFLAGS) \
	-I$(top_srcdir)/tools/xl-vnuma $(FRONT_CPPFLAGS)
tools_xl_vnuma_front_xl_LDADD = libvnuma-core.la

# What create loads into xl.
pkglib_LTLIBRARIES += xl-vnuma-hooks.la
xl_vnuma_hooks_la_SOURCES = \
	tools/inside/arrive.c \
	tools/inside/build.c \
	tools/inside/environment.h \
	tools/inside/helper_env.c \
	tools/inside/inside.h \
	tools/inside/next.c \
	tools/inside/xc.c \
	tools/libvnuma/xen/xlu.c \
	tools/xl-vnuma/hooks/helper.c \
	tools/xl-vnuma/hooks/hooks.c \
	tools/xl-vnuma/hooks/hooks.h \
	tools/xl-vnuma/hooks/message.h \
	tools/xl-vnuma/hooks/move.c \
	tools/xl-vnuma/hooks/next.c \
	tools/xl-vnuma/hooks/process.c \
	tools/xl-vnuma/hooks/process.h \
	tools/xl-vnuma/hooks/tell.c \
	tools/xl-vnuma/hooks/tell.h
xl_vnuma_hooks_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tools/xl-vnuma \
	-I$(top_srcdir)/tools
xl_vnuma_hooks_la_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
xl_vnuma_hooks_la_LIBADD = libvnuma-xen-core.la
xl_vnuma_hooks_la_LDFLAGS = $(SHARED_LDFLAGS) -module -avoid-version -shared \
	-Wl,--version-script=tools/xl-vnuma/hooks/hooks.map
xl_vnuma_hooks_la_DEPENDENCIES = libvnuma-xen-core.la \
	tools/xl-vnuma/hooks/hooks.map

# Unversioned, so that they stand in for any version that xl asks for.
tools/xl-vnuma/hooks/hooks.map: tools/libvnuma/xen/interface
	$(AM_V_GEN)$(MKDIR_P) tools/xl-vnuma/hooks && { \
	echo '{ global: execvp;' && \
	sed -n 's/^\(before\|[A-Z][A-Z_0-9]*\) .*[ *]\([a-z0-9_]*\)(.*/\2;/p' \
	    $(srcdir)/tools/libvnuma/xen/interface | sort -u && \
	echo 'local: *; };'; } >$@.tmp && mv $@.tmp $@
CLEANFILES += tools/xl-vnuma/hooks/hooks.map
endif

if HAVE_CAIRO
# What writes pictures; loaded only then.
pkglib_LTLIBRARIES += xl-vnuma-picture.la
xl_vnuma_picture_la_SOURCES = tools/xl-vnuma/picture/picture.c tools/xl-vnuma/picture/picture.h
xl_vnuma_picture_la_CPPFLAGS = $(AM_CPPFLAGS) \
	-I$(top_srcdir)/tools/xl-vnuma
xl_vnuma_picture_la_CFLAGS = $(AM_CFLAGS) $(CAIRO_CFLAGS)
xl_vnuma_picture_la_LIBADD = libvnuma-core.la $(CAIRO_LIBS) -lm
xl_vnuma_picture_la_LDFLAGS = $(SHARED_LDFLAGS) -module -avoid-version -shared \
	-export-symbols-regex '^xl_vnuma_'
endif

# Completion for bash, where bash-completion looks for it.
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = tools/xl-vnuma/completion/xl-vnuma
