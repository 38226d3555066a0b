# The command, one file for each of its commands.
sbin_PROGRAMS += xl-vnuma
xl_vnuma_SOURCES = \
	tools/xl-vnuma/cli.c \
	tools/xl-vnuma/cli.h \
	tools/xl-vnuma/cmd_check.c \
	tools/xl-vnuma/cmd_dom0.c \
	tools/xl-vnuma/cmd_plan.c \
	tools/xl-vnuma/cmd_show.c \
	tools/xl-vnuma/cmd_topology.c \
	tools/xl-vnuma/dom0.h \
	tools/xl-vnuma/dom0_line.c \
	tools/xl-vnuma/guest.c \
	tools/xl-vnuma/guest.h \
	tools/xl-vnuma/main.c \
	tools/xl-vnuma/output.c \
	tools/xl-vnuma/output.h \
	tools/xl-vnuma/picture.h \
	tools/xl-vnuma/picture_out.c \
	tools/xl-vnuma/show.h \
	tools/xl-vnuma/watch.c \
	tools/xl-vnuma/watch.h
xl_vnuma_CFLAGS = $(AM_CFLAGS) $(YAJL_CFLAGS)
xl_vnuma_CPPFLAGS = $(AM_CPPFLAGS) -DPKGLIBDIR='"$(pkglibdir)"'
xl_vnuma_LDADD = libvnuma.la

if HAVE_XEN
xl_vnuma_CFLAGS += $(XEN_CFLAGS)
xl_vnuma_SOURCES += \
	tools/xl-vnuma/build.c \
	tools/xl-vnuma/build.h \
	tools/xl-vnuma/cmd_create.c \
	tools/xl-vnuma/cmd_dom0_set.c \
	tools/xl-vnuma/cmd_dom0_show.c \
	tools/xl-vnuma/cmd_migrate.c \
	tools/xl-vnuma/cmd_move.c \
	tools/xl-vnuma/cmd_restore.c \
	tools/xl-vnuma/cmd_save.c \
	tools/xl-vnuma/create_args.c \
	tools/xl-vnuma/create_args.h \
	tools/xl-vnuma/landing.c \
	tools/xl-vnuma/landing.h \
	tools/xl-vnuma/landing_pnodes.c \
	tools/xl-vnuma/landing_spread.c \
	tools/xl-vnuma/leave.c \
	tools/xl-vnuma/leave.h \
	tools/xl-vnuma/live.c \
	tools/xl-vnuma/make_room.c \
	tools/xl-vnuma/make_room.h \
	tools/xl-vnuma/report.h \
	tools/xl-vnuma/run_xl.c \
	tools/xl-vnuma/run_xl.h \
	tools/xl-vnuma/saved.c \
	tools/xl-vnuma/saved.h \
	tools/xl-vnuma/shell.c \
	tools/xl-vnuma/shell.h \
	tools/xl-vnuma/vm_entry.c \
	tools/xl-vnuma/vm_entry.h \
	tools/xl-vnuma/xl_args.c \
	tools/xl-vnuma/xl_args.h
xl_vnuma_LDADD += libvnuma-xen.la $(XENSTORE_LIBS)

# What create loads into xl.
pkglib_LTLIBRARIES += xl-vnuma-hooks.la
xl_vnuma_hooks_la_SOURCES = \
	tools/xl-vnuma/preload.c \
	tools/xl-vnuma/preload.h \
	tools/xl-vnuma/preload_helper.c \
	tools/xl-vnuma/preload_move.c \
	tools/xl-vnuma/preload_next.c \
	tools/xl-vnuma/preload_next.h \
	tools/xl-vnuma/preload_release.c \
	tools/xl-vnuma/preload_release.h \
	tools/xl-vnuma/report.h \
	tools/xl-vnuma/tell.c \
	tools/xl-vnuma/tell.h
xl_vnuma_hooks_la_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
# By its full name: while it is installed there is no libvnuma-xen.so yet that
# libtool could link it with again.
xl_vnuma_hooks_la_LIBADD = -L.libs -l:libvnuma-xen.so.$(XEN_RELEASE) -lvnuma \
	$(XEN_LIBS)
xl_vnuma_hooks_la_LDFLAGS = -module -avoid-version -shared \
	-Wl,--version-script=$(srcdir)/tools/xl-vnuma/hooks.map
xl_vnuma_hooks_la_DEPENDENCIES = libvnuma-xen.la libvnuma.la \
	tools/xl-vnuma/hooks.map
else
xl_vnuma_SOURCES += tools/xl-vnuma/live_none.c
endif

if HAVE_CAIRO
# What writes pictures; loaded only then.
pkglib_LTLIBRARIES += xl-vnuma-picture.la
xl_vnuma_picture_la_SOURCES = tools/xl-vnuma/picture.c tools/xl-vnuma/picture.h
xl_vnuma_picture_la_CFLAGS = $(AM_CFLAGS) $(CAIRO_CFLAGS)
xl_vnuma_picture_la_LIBADD = libvnuma.la $(CAIRO_LIBS) -lm
xl_vnuma_picture_la_LDFLAGS = -module -avoid-version -shared
endif
EXTRA_DIST += tools/xl-vnuma/hooks.map

# Completion for bash, where bash-completion looks for it.
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = tools/xl-vnuma/completion/xl-vnuma
