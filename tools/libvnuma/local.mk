# The pure library.  Tests link libvnuma-core, so they need no exported names.
include_HEADERS += tools/libvnuma/vnuma.h tools/libvnuma/vnuma_dom0.h \
	tools/libvnuma/vnuma_show.h

noinst_LTLIBRARIES += libvnuma-core.la
libvnuma_core_la_CFLAGS = $(AM_CFLAGS) $(YAJL_CFLAGS)
libvnuma_core_la_LIBADD = $(YAJL_LIBS)
libvnuma_core_la_SOURCES = \
	tools/libvnuma/acpi.c \
	tools/libvnuma/acpi.h \
	tools/libvnuma/arena.c \
	tools/libvnuma/arena.h \
	tools/libvnuma/bitmap.c \
	tools/libvnuma/build_cost.c \
	tools/libvnuma/build_cost.h \
	tools/libvnuma/check.c \
	tools/libvnuma/check.h \
	tools/libvnuma/check_affinity.c \
	tools/libvnuma/check_distances.c \
	tools/libvnuma/check_guest.c \
	tools/libvnuma/check_host.c \
	tools/libvnuma/check_policy.c \
	tools/libvnuma/check_vcpus.c \
	tools/libvnuma/config.c \
	tools/libvnuma/config_affinity.c \
	tools/libvnuma/config_list.c \
	tools/libvnuma/config_number.c \
	tools/libvnuma/config_policy.c \
	tools/libvnuma/config_vnode.c \
	tools/libvnuma/diag.c \
	tools/libvnuma/diag.h \
	tools/libvnuma/diag_json.c \
	tools/libvnuma/diag_json.h \
	tools/libvnuma/dom0.h \
	tools/libvnuma/dom0_autoballoon.c \
	tools/libvnuma/dom0_check.c \
	tools/libvnuma/dom0_cmdline.c \
	tools/libvnuma/dom0_grub.c \
	tools/libvnuma/dom0_mem.c \
	tools/libvnuma/dom0_srat.c \
	tools/libvnuma/dom0_vcpus.c \
	tools/libvnuma/domains.c \
	tools/libvnuma/domains.h \
	tools/libvnuma/domains_json.c \
	tools/libvnuma/domains_text.c \
	tools/libvnuma/draw.c \
	tools/libvnuma/escape.c \
	tools/libvnuma/escape.h \
	tools/libvnuma/extent_plan.c \
	tools/libvnuma/extent_plan.h \
	tools/libvnuma/extents.c \
	tools/libvnuma/extents.h \
	tools/libvnuma/fill.c \
	tools/libvnuma/grow.c \
	tools/libvnuma/grow.h \
	tools/libvnuma/guess.c \
	tools/libvnuma/guest.c \
	tools/libvnuma/guest.h \
	tools/libvnuma/json_reader.c \
	tools/libvnuma/json_reader.h \
	tools/libvnuma/json_writer.c \
	tools/libvnuma/json_writer.h \
	tools/libvnuma/layout.c \
	tools/libvnuma/layout.h \
	tools/libvnuma/layout_gather.c \
	tools/libvnuma/layout_plan.c \
	tools/libvnuma/layout_share.c \
	tools/libvnuma/lex.c \
	tools/libvnuma/lex.h \
	tools/libvnuma/list.c \
	tools/libvnuma/merge.c \
	tools/libvnuma/merge.h \
	tools/libvnuma/parse.c \
	tools/libvnuma/parse.h \
	tools/libvnuma/place.c \
	tools/libvnuma/place.h \
	tools/libvnuma/plan.c \
	tools/libvnuma/plan_advice.c \
	tools/libvnuma/plan_advice.h \
	tools/libvnuma/plan_assign.c \
	tools/libvnuma/plan_assign.h \
	tools/libvnuma/plan_assign_bound.c \
	tools/libvnuma/plan_assign_few.c \
	tools/libvnuma/plan_assign_order.c \
	tools/libvnuma/plan_assign_start.c \
	tools/libvnuma/plan_beside.c \
	tools/libvnuma/plan_beside.h \
	tools/libvnuma/plan_explain.c \
	tools/libvnuma/plan_improve.c \
	tools/libvnuma/plan_inside.h \
	tools/libvnuma/plan_joint.c \
	tools/libvnuma/plan_joint.h \
	tools/libvnuma/plan_map.c \
	tools/libvnuma/plan_map.h \
	tools/libvnuma/plan_match.c \
	tools/libvnuma/plan_pairs.c \
	tools/libvnuma/plan_place.c \
	tools/libvnuma/plan_print.h \
	tools/libvnuma/plan_problem.c \
	tools/libvnuma/plan_problem.h \
	tools/libvnuma/plan_refuse.c \
	tools/libvnuma/plan_relax.c \
	tools/libvnuma/plan_search.c \
	tools/libvnuma/plan_search.h \
	tools/libvnuma/plan_set.c \
	tools/libvnuma/plan_several.c \
	tools/libvnuma/plan_several_text.c \
	tools/libvnuma/plan_text.c \
	tools/libvnuma/promise.c \
	tools/libvnuma/promise.h \
	tools/libvnuma/read.c \
	tools/libvnuma/read.h \
	tools/libvnuma/record.c \
	tools/libvnuma/record.h \
	tools/libvnuma/record_plan.c \
	tools/libvnuma/render.c \
	tools/libvnuma/rewrite.c \
	tools/libvnuma/savefile.c \
	tools/libvnuma/savefile.h \
	tools/libvnuma/scene.c \
	tools/libvnuma/scene.h \
	tools/libvnuma/scene_host.c \
	tools/libvnuma/source.c \
	tools/libvnuma/text.c \
	tools/libvnuma/text.h \
	tools/libvnuma/topology.c \
	tools/libvnuma/topology.h \
	tools/libvnuma/topology_draft.c \
	tools/libvnuma/topology_draft.h \
	tools/libvnuma/topology_finish.c \
	tools/libvnuma/topology_json.c \
	tools/libvnuma/topology_numactl.c \
	tools/libvnuma/topology_parse.c \
	tools/libvnuma/topology_xl.c \
	tools/libvnuma/tree.c \
	tools/libvnuma/tree.h \
	tools/libvnuma/utf8.c \
	tools/libvnuma/utf8.h

lib_LTLIBRARIES += libvnuma.la
libvnuma_la_SOURCES =
libvnuma_la_LIBADD = libvnuma-core.la
libvnuma_la_LDFLAGS = -version-info 1:0:0 -Wl,-z,defs \
	-Wl,--version-script=$(srcdir)/tools/libvnuma/libvnuma.map
libvnuma_la_DEPENDENCIES = libvnuma-core.la tools/libvnuma/libvnuma.map
EXTRA_DIST += tools/libvnuma/libvnuma.map
pkgconfig_DATA += tools/libvnuma/libvnuma.pc
