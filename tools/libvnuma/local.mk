# The pure library.  What uses private functions links libvnuma-core: the
# command, the object in xl, libvnuma-xen and tests.  libvnuma exports none.
include_HEADERS += \
	tools/libvnuma/include/vnuma.h \
	tools/libvnuma/include/vnuma_base.h \
	tools/libvnuma/include/vnuma_bitmap.h \
	tools/libvnuma/include/vnuma_diag.h \
	tools/libvnuma/include/vnuma_dom0.h \
	tools/libvnuma/include/vnuma_guest.h \
	tools/libvnuma/include/vnuma_host.h \
	tools/libvnuma/include/vnuma_plan.h \
	tools/libvnuma/include/vnuma_record.h \
	tools/libvnuma/include/vnuma_show.h

noinst_LTLIBRARIES += libvnuma-core.la
libvnuma_core_la_CFLAGS = $(AM_CFLAGS) $(YAJL_CFLAGS)
libvnuma_core_la_LIBADD = $(YAJL_LIBS)
libvnuma_core_la_SOURCES = \
	tools/libvnuma/base/arena.c \
	tools/libvnuma/base/access.h \
	tools/libvnuma/base/arena.h \
	tools/libvnuma/base/bitmap.c \
	tools/libvnuma/base/diag.c \
	tools/libvnuma/base/diag.h \
	tools/libvnuma/base/diag_json.c \
	tools/libvnuma/base/diag_json.h \
	tools/libvnuma/base/grow.c \
	tools/libvnuma/base/grow.h \
	tools/libvnuma/base/objects.h \
	tools/libvnuma/base/json_members.c \
	tools/libvnuma/base/json_members.h \
	tools/libvnuma/base/json_reader.c \
	tools/libvnuma/base/json_reader.h \
	tools/libvnuma/base/json_writer.c \
	tools/libvnuma/base/json_writer.h \
	tools/libvnuma/base/print.c \
	tools/libvnuma/base/print.h \
	tools/libvnuma/base/render.c \
	tools/libvnuma/base/source.c \
	tools/libvnuma/base/store.c \
	tools/libvnuma/base/store.h \
	tools/libvnuma/base/text.c \
	tools/libvnuma/base/text.h \
	tools/libvnuma/base/utf8.c \
	tools/libvnuma/base/utf8.h \
	tools/libvnuma/cfg/escape.c \
	tools/libvnuma/cfg/escape.h \
	tools/libvnuma/cfg/lex.c \
	tools/libvnuma/cfg/lex.h \
	tools/libvnuma/cfg/list.c \
	tools/libvnuma/cfg/read.c \
	tools/libvnuma/cfg/read.h \
	tools/libvnuma/cfg/reader.h \
	tools/libvnuma/cfg/tree.c \
	tools/libvnuma/cfg/tree.h \
	tools/libvnuma/check/check.c \
	tools/libvnuma/check/check.h \
	tools/libvnuma/check/checks.h \
	tools/libvnuma/check/check_affinity.c \
	tools/libvnuma/check/check_distances.c \
	tools/libvnuma/check/check_guest.c \
	tools/libvnuma/check/check_host.c \
	tools/libvnuma/check/check_policy.c \
	tools/libvnuma/check/check_vcpus.c \
	tools/libvnuma/dom0/dom0.h \
	tools/libvnuma/dom0/dom0_autoballoon.c \
	tools/libvnuma/dom0/dom0_check.c \
	tools/libvnuma/dom0/dom0_cmdline.c \
	tools/libvnuma/dom0/dom0_grub.c \
	tools/libvnuma/dom0/dom0_mem.c \
	tools/libvnuma/dom0/dom0_srat.c \
	tools/libvnuma/dom0/dom0_suggest.c \
	tools/libvnuma/dom0/dom0_vcpus.c \
	tools/libvnuma/guest/affinity.c \
	tools/libvnuma/guest/affinity.h \
	tools/libvnuma/guest/build_cost.c \
	tools/libvnuma/guest/build_cost.h \
	tools/libvnuma/guest/config.c \
	tools/libvnuma/guest/config_affinity.c \
	tools/libvnuma/guest/config_list.c \
	tools/libvnuma/guest/config_number.c \
	tools/libvnuma/guest/config_policy.c \
	tools/libvnuma/guest/config_vnode.c \
	tools/libvnuma/guest/guess.c \
	tools/libvnuma/guest/guest.c \
	tools/libvnuma/guest/guest.h \
	tools/libvnuma/guest/membind.c \
	tools/libvnuma/host/pasted.c \
	tools/libvnuma/host/topology.c \
	tools/libvnuma/host/topology.h \
	tools/libvnuma/host/topology_draft.c \
	tools/libvnuma/host/topology_draft.h \
	tools/libvnuma/host/topology_finish.c \
	tools/libvnuma/host/topology_json.c \
	tools/libvnuma/host/topology_numactl.c \
	tools/libvnuma/host/topology_parse.c \
	tools/libvnuma/host/topology_xl.c \
	tools/libvnuma/layout/acpi.c \
	tools/libvnuma/layout/acpi.h \
	tools/libvnuma/layout/extent_plan.c \
	tools/libvnuma/layout/extent_plan.h \
	tools/libvnuma/layout/layout.c \
	tools/libvnuma/layout/layout.h \
	tools/libvnuma/layout/layout_gather.c \
	tools/libvnuma/plan/fill.c \
	tools/libvnuma/plan/model.c \
	tools/libvnuma/plan/plan.c \
	tools/libvnuma/plan/plan_inside.h \
	tools/libvnuma/plan/plan_object.c \
	tools/libvnuma/plan/plan_refuse.c \
	tools/libvnuma/plan/plan_several.c \
	tools/libvnuma/plan/plan_text.c \
	tools/libvnuma/plan/rewrite.c \
	tools/libvnuma/record/flight.c \
	tools/libvnuma/record/flight.h \
	tools/libvnuma/record/lived.c \
	tools/libvnuma/record/lived.h \
	tools/libvnuma/record/parts.c \
	tools/libvnuma/record/parts.h \
	tools/libvnuma/record/promise.c \
	tools/libvnuma/record/promise.h \
	tools/libvnuma/record/record.c \
	tools/libvnuma/record/record.h \
	tools/libvnuma/record/record_plan.c \
	tools/libvnuma/record/saved.c \
	tools/libvnuma/record/saved.h \
	tools/libvnuma/record/savefile.c \
	tools/libvnuma/record/savefile.h \
	tools/libvnuma/search/problem.c \
	tools/libvnuma/search/search.c \
	tools/libvnuma/search/search.h \
	tools/libvnuma/show/domains.c \
	tools/libvnuma/show/domains.h \
	tools/libvnuma/show/domains_json.c \
	tools/libvnuma/show/domains_text.c \
	tools/libvnuma/show/draw.c \
	tools/libvnuma/show/metrics.c \
	tools/libvnuma/show/report.c \
	tools/libvnuma/show/report.h \
	tools/libvnuma/show/scene.c \
	tools/libvnuma/show/scene.h \
	tools/libvnuma/show/scene_host.c

lib_LTLIBRARIES += libvnuma.la
libvnuma_la_SOURCES =
libvnuma_la_LIBADD = libvnuma-core.la
libvnuma_la_LDFLAGS = $(AM_LDFLAGS) -version-info 1:0:0 -Wl,-z,defs \
	-Wl,--version-script=$(srcdir)/tools/libvnuma/libvnuma.map
libvnuma_la_DEPENDENCIES = libvnuma-core.la tools/libvnuma/libvnuma.map
EXTRA_DIST += tools/libvnuma/libvnuma.map
pkgconfig_DATA += tools/libvnuma/libvnuma.pc
