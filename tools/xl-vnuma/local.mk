# The command, one file for each of its commands.
sbin_PROGRAMS += xl-vnuma
xl_vnuma_SOURCES = \
	tools/xl-vnuma/cli.c \
	tools/xl-vnuma/cli.h \
	tools/xl-vnuma/cmd_check.c \
	tools/xl-vnuma/cmd_plan.c \
	tools/xl-vnuma/cmd_topology.c \
	tools/xl-vnuma/guest.c \
	tools/xl-vnuma/guest.h \
	tools/xl-vnuma/main.c
xl_vnuma_CFLAGS = $(AM_CFLAGS)
xl_vnuma_CPPFLAGS = $(AM_CPPFLAGS) -DPKGLIBDIR='"$(pkglibdir)"'
xl_vnuma_LDADD = libvnuma.la

if HAVE_XEN
xl_vnuma_CFLAGS += $(XEN_CFLAGS)
xl_vnuma_SOURCES += \
	tools/xl-vnuma/cmd_create.c \
	tools/xl-vnuma/create_args.c \
	tools/xl-vnuma/create_args.h \
	tools/xl-vnuma/live.c \
	tools/xl-vnuma/report.h \
	tools/xl-vnuma/run_xl.c \
	tools/xl-vnuma/run_xl.h
xl_vnuma_LDADD += libvnuma-xen.la

# What create loads into xl.
pkglib_LTLIBRARIES += xl-vnuma-hooks.la
xl_vnuma_hooks_la_SOURCES = tools/xl-vnuma/preload.c tools/xl-vnuma/report.h
xl_vnuma_hooks_la_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
xl_vnuma_hooks_la_LIBADD = libvnuma-xen.la libvnuma.la $(XEN_LIBS)
xl_vnuma_hooks_la_LDFLAGS = -module -avoid-version -shared \
	-Wl,--version-script=$(srcdir)/tools/xl-vnuma/hooks.map
xl_vnuma_hooks_la_DEPENDENCIES = libvnuma-xen.la libvnuma.la \
	tools/xl-vnuma/hooks.map
else
xl_vnuma_SOURCES += tools/xl-vnuma/live_none.c
endif
EXTRA_DIST += tools/xl-vnuma/hooks.map
