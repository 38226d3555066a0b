# The pure library.  Tests link libvnuma-core, so they reach the vnuma__
# functions that the shared library hides.
include_HEADERS += tools/libvnuma/vnuma.h

noinst_LTLIBRARIES += libvnuma-core.la
libvnuma_core_la_CFLAGS = $(AM_CFLAGS) $(YAJL_CFLAGS)
libvnuma_core_la_LIBADD = $(YAJL_LIBS)
libvnuma_core_la_SOURCES = \
	tools/libvnuma/bitmap.c \
	tools/libvnuma/diag.h \
	tools/libvnuma/json_gen.c \
	tools/libvnuma/json_gen.h \
	tools/libvnuma/json_tree.c \
	tools/libvnuma/json_tree.h \
	tools/libvnuma/read.h \
	tools/libvnuma/topology.c \
	tools/libvnuma/topology_draft.c \
	tools/libvnuma/topology_draft.h \
	tools/libvnuma/topology_finish.c \
	tools/libvnuma/topology_json.c \
	tools/libvnuma/topology_numactl.c \
	tools/libvnuma/topology_xl.c
