# One list, two readers: "make check" (automake's TAP driver) and "make prove".
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) \
	$(top_srcdir)/build-aux/tap-driver.sh
TEST_EXTENSIONS = .sh
SH_LOG_DRIVER = $(LOG_DRIVER)
AM_TESTS_ENVIRONMENT = top_srcdir='$(abs_top_srcdir)' \
	top_builddir='$(abs_top_builddir)'; \
	export top_srcdir top_builddir;
TESTS = $(check_PROGRAMS) $(check_SCRIPTS)
LDADD = libvnuma-core.la $(EXPAT_LIBS)
noinst_HEADERS = tests/cpu-strings-ours.h tests/cpu-strings.h tests/heap.h tests/inside.h tests/tap.h tests/unit/check-tables.h tests/unit/dom0-case.h tests/unit/draw.h \
	tests/unit/every-host.h \
	tests/unit/hmat-case.h tests/unit/host-case.h tests/unit/image-case.h tests/unit/left-case.h tests/unit/made-up-dom0.h tests/unit/made-up-xen.h tests/unit/nomem.h tests/unit/plan-case.h \
	tests/unit/plan-group.h tests/unit/ledger-case.h tests/unit/record-case.h tests/unit/run-case.h tests/unit/said.h \
	tests/unit/tables-case.h tests/unit/virt-case.h tests/unit/xen-case.h \
	tests/unit/xl-case.h

prove: $(check_PROGRAMS) $(bin_PROGRAMS) $(sbin_PROGRAMS)
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' \
	$(PROVE) -j 2 --exec '' $(check_PROGRAMS) \
	$(addprefix $(top_srcdir)/,$(check_SCRIPTS))

# For ./test, which reads them together with the real Xen's.
print-programs:
	@echo $(check_PROGRAMS)
print-scripts:
	@echo $(addprefix $(top_srcdir)/,$(check_SCRIPTS))
print-release:
	@echo $(XEN_RELEASE)
.PHONY: prove print-programs print-release print-scripts

# Unit tests: one for each module, linked with the convenience library.
check_PROGRAMS += \
	tests/unit/test-acpi \
	tests/unit/test-auto-folder \
	tests/unit/test-base \
	tests/unit/test-bitmap \
	tests/unit/test-calls \
	tests/unit/test-check \
	tests/unit/test-config \
	tests/unit/test-cpu-strings \
	tests/unit/test-diag \
	tests/unit/test-dom0 \
	tests/unit/test-dom0-autoballoon \
	tests/unit/test-dom0-change \
	tests/unit/test-dom0-check \
	tests/unit/test-dom0-grub \
	tests/unit/test-dom0-srat \
	tests/unit/test-dom0-suggest \
	tests/unit/test-dom0-undo \
	tests/unit/test-fill \
	tests/unit/test-fix \
	tests/unit/test-fleet \
	tests/unit/test-gather \
	tests/unit/test-guest-files \
	tests/unit/test-hmat \
	tests/unit/test-hmat-text \
	tests/unit/test-json \
	tests/unit/test-kept \
	tests/unit/test-kvm tests/unit/test-kvm-host \
	tests/unit/test-layout \
	tests/unit/test-ledger tests/unit/test-ledger-at-once \
	tests/unit/test-ledger-files \
	tests/unit/test-left tests/unit/test-left-found \
	tests/unit/test-lived \
	tests/unit/test-memory \
	tests/unit/test-metrics \
	tests/unit/test-nomem \
	tests/unit/test-nomem-dom0 \
	tests/unit/test-nomem-inside \
	tests/unit/test-nul \
	tests/unit/test-pasted \
	tests/unit/test-plan \
	tests/unit/test-plan-model \
	tests/unit/test-plan-most \
	tests/unit/test-plan-policy \
	tests/unit/test-plan-advice \
	tests/unit/test-plan-several \
	tests/unit/test-plan-written \
	tests/unit/test-pools \
	tests/unit/test-populate \
	tests/unit/test-read \
	tests/unit/test-recover \
	tests/unit/test-landing \
	tests/unit/test-refill \
	tests/unit/test-report \
	tests/unit/test-round-trip \
	tests/unit/test-run-xl \
	tests/unit/test-said \
	tests/unit/test-show \
	tests/unit/test-table-files \
	tests/unit/test-port-hmat \
	tests/unit/test-promise \
	tests/unit/test-savefile \
	tests/unit/test-search \
	tests/unit/test-source \
	tests/unit/test-store \
	tests/unit/test-task \
	tests/unit/test-topology \
	tests/unit/test-watch

tests_unit_test_nomem_inside_CFLAGS = $(AM_CFLAGS) $(YAJL_CFLAGS)
tests_unit_test_base_CFLAGS = $(AM_CFLAGS) $(YAJL_CFLAGS)
tests_unit_test_fix_SOURCES = tests/unit/test-fix.c fuzz/generate.c
tests_unit_test_fix_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fuzz
tests_unit_test_diag_CFLAGS = $(AM_CFLAGS) $(YAJL_CFLAGS)
tests_unit_test_diag_LDADD = $(LDADD) $(YAJL_LIBS)
tests_unit_test_calls_LDADD = libvnuma-mem.la libvnuma-build.la $(LDADD)
tests_unit_test_dom0_change_LDADD = libvnuma-build.la $(LDADD)
tests_unit_test_dom0_undo_LDADD = libvnuma-build.la $(LDADD)
tests_unit_test_populate_LDADD = libvnuma-mem.la libvnuma-build.la $(LDADD)
tests_unit_test_landing_SOURCES = tests/unit/test-landing.c \
	tools/xl-vnuma/cli/cli.h \
	tools/xl-vnuma/run/landing.c \
	tools/xl-vnuma/run/landing.h
tests_unit_test_landing_CPPFLAGS = $(AM_CPPFLAGS) \
	-I$(top_srcdir)/tools/xl-vnuma
tests_unit_test_recover_SOURCES = tests/unit/test-recover.c \
	tools/xl-vnuma/run/recover.c
tests_unit_test_recover_CPPFLAGS = $(AM_CPPFLAGS) \
	-I$(top_srcdir)/tools/xl-vnuma
tests_unit_test_run_xl_SOURCES = tests/unit/test-run-xl.c \
	tools/xl-vnuma/cli/cli.h \
	tools/xl-vnuma/run/hear.c \
	tools/xl-vnuma/run/hear.h \
	tools/xl-vnuma/run/run_xl.c \
	tools/xl-vnuma/run/run_xl.h
tests_unit_test_run_xl_CPPFLAGS = $(AM_CPPFLAGS) \
	-I$(top_srcdir)/tools/xl-vnuma -I$(top_srcdir)/tools
tests_unit_test_watch_SOURCES = tests/unit/test-watch.c \
	tools/xl-vnuma/cli/watch.c
tests_unit_test_watch_CPPFLAGS = $(AM_CPPFLAGS) \
	-I$(top_srcdir)/tools/xl-vnuma
tests_unit_test_auto_folder_SOURCES = tests/unit/test-auto-folder.c \
	tools/xl-vnuma/cli/auto_folder.c \
	tools/xl-vnuma/cli/guest_files.c \
	tools/xl-vnuma/cli/guest_files.h \
	tools/xl-vnuma/cli/kept.c
tests_unit_test_auto_folder_CPPFLAGS = $(AM_CPPFLAGS) \
	-I$(top_srcdir)/tools/xl-vnuma
tests_unit_test_lived_SOURCES = tests/unit/test-lived.c \
	tools/xl-vnuma/cli/cli.h \
	tools/xl-vnuma/cli/guest_files.h \
	tools/xl-vnuma/cli/kept.c
tests_unit_test_lived_CPPFLAGS = $(AM_CPPFLAGS) \
	-I$(top_srcdir)/tools/xl-vnuma
tests_unit_test_refill_LDADD = libvnuma-mem.la libvnuma-build.la $(LDADD)
tests_unit_test_task_LDADD = libvnuma-mem.la libvnuma-build.la $(LDADD)

if HAVE_XEN
check_PROGRAMS += tests/unit/test-loan
tests_unit_test_loan_SOURCES = tests/unit/test-loan.c \
	tools/xl-vnuma/commands/live/dom0_loan.c
tests_unit_test_loan_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tools/xl-vnuma
check_PROGRAMS += tests/unit/test-move
tests_unit_test_move_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
tests_unit_test_move_CPPFLAGS = $(AM_CPPFLAGS) \
	-I$(top_srcdir)/tools/xl-vnuma -I$(top_srcdir)/tools

check_PROGRAMS += tests/unit/test-destroy
tests_unit_test_destroy_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
tests_unit_test_destroy_LDADD = libvnuma-xen-core.la $(LDADD) $(XEN_LIBS)

check_PROGRAMS += tests/unit/test-residency
tests_unit_test_residency_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
tests_unit_test_residency_LDADD = libvnuma-xen-core.la $(LDADD) $(XEN_LIBS)

check_PROGRAMS += tests/unit/test-more-tables
tests_unit_test_more_tables_SOURCES = tests/unit/test-more-tables.c \
	tools/libvnuma/xen/build/more_tables.c
tests_unit_test_more_tables_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)

# Xen, libxl and libxenguest are made up, on the in-memory Xen.
XEN_CASE_LIBS = libvnuma-mem.la libvnuma-xen-core.la $(LDADD) $(XEN_LIBS)
check_PROGRAMS += tests/unit/test-hooks tests/unit/test-restore \
	tests/unit/test-settle tests/unit/test-taken
tests_unit_test_taken_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
tests_unit_test_taken_LDADD = $(XEN_CASE_LIBS)
tests_unit_test_hooks_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
tests_unit_test_hooks_LDADD = $(XEN_CASE_LIBS)
tests_unit_test_restore_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
tests_unit_test_restore_LDADD = $(XEN_CASE_LIBS)
tests_unit_test_settle_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
tests_unit_test_settle_LDADD = $(XEN_CASE_LIBS)

check_PROGRAMS += tests/unit/test-pvh
tests_unit_test_pvh_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
tests_unit_test_pvh_LDADD = libvnuma-xen-core.la $(LDADD) $(XEN_LIBS)

# What asks the running Xen, of one that is made up.
check_PROGRAMS += tests/unit/test-live
tests_unit_test_live_SOURCES = tests/unit/test-live.c \
	tools/libvnuma/xen/dom0/dom0_xen.c
tests_unit_test_live_CPPFLAGS = $(AM_CPPFLAGS) -DRECORD_DIR='"run"'
tests_unit_test_live_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
tests_unit_test_live_LDADD = libvnuma-xen-core.la $(LDADD) $(XEN_LIBS)
check_PROGRAMS += tests/unit/test-dom0-xen
tests_unit_test_dom0_xen_SOURCES = tests/unit/test-dom0-xen.c \
	tools/libvnuma/xen/dom0/dom0_xen.c
tests_unit_test_dom0_xen_CPPFLAGS = $(tests_unit_test_live_CPPFLAGS)
tests_unit_test_dom0_xen_CFLAGS = $(tests_unit_test_live_CFLAGS)
tests_unit_test_dom0_xen_LDADD = $(tests_unit_test_live_LDADD)

# What Xen answers is the test's to say.
check_PROGRAMS += tests/unit/test-host
tests_unit_test_host_SOURCES = tests/unit/test-host.c \
	tools/libvnuma/xen/host/host_tables.c
tests_unit_test_host_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)

check_PROGRAMS += tests/unit/test-toolstack
tests_unit_test_toolstack_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
tests_unit_test_toolstack_LDADD = libvnuma-xen-core.la $(LDADD) $(XEN_LIBS)

# What stands before libxc inside xl, and what the library asks libxc for.
check_PROGRAMS += tests/unit/test-strict
tests_unit_test_strict_SOURCES = tests/unit/test-strict.c \
	tools/inside/arrive.c tools/inside/build.c tools/inside/helper_env.c \
	tools/inside/xc.c \
	tools/libvnuma/xen/build/more_tables.c \
	tools/libvnuma/xen/host/stored_tables.c \
	tools/libvnuma/xen/hv/hv_xen.c \
	tools/xl-vnuma/hooks/helper.c \
	tools/xl-vnuma/hooks/hooks.c \
	tools/xl-vnuma/hooks/move.c \
	tools/xl-vnuma/hooks/process.c \
	tools/xl-vnuma/hooks/tell.c
tests_unit_test_strict_CPPFLAGS = $(AM_CPPFLAGS) \
	-I$(top_srcdir)/tools/xl-vnuma -I$(top_srcdir)/tools
tests_unit_test_strict_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
tests_unit_test_strict_LDADD = libvnuma-build.la $(LDADD) libvnuma-xen.la \
	$(XEN_LIBS)

# Around an xl that is run; that and Xen are made up.
check_PROGRAMS += tests/unit/test-build tests/unit/test-leave \
	tests/unit/test-live-ledger
RUN_CASE_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tools/xl-vnuma \
	-I$(top_srcdir)/tools -DVNUMA__LEDGER_DIR='"run/builds"'
tests_unit_test_build_SOURCES = tests/unit/test-build.c \
	tools/xl-vnuma/run/build.c
tests_unit_test_build_CPPFLAGS = $(RUN_CASE_CPPFLAGS)
tests_unit_test_build_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
tests_unit_test_leave_SOURCES = tests/unit/test-leave.c \
	tools/xl-vnuma/run/leave.c
tests_unit_test_leave_CPPFLAGS = $(RUN_CASE_CPPFLAGS)
tests_unit_test_leave_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
tests_unit_test_live_ledger_SOURCES = tests/unit/test-live-ledger.c \
	tools/xl-vnuma/commands/live/cmd_recover.c \
	tools/xl-vnuma/run/ledger_live.c
tests_unit_test_live_ledger_CPPFLAGS = $(RUN_CASE_CPPFLAGS)
tests_unit_test_live_ledger_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)

# xenstore is made up.
check_PROGRAMS += tests/unit/test-vm-entry
tests_unit_test_vm_entry_SOURCES = tests/unit/test-vm-entry.c \
	tools/xl-vnuma/run/vm_entry.c
tests_unit_test_vm_entry_CPPFLAGS = $(AM_CPPFLAGS) \
	-I$(top_srcdir)/tools/xl-vnuma
tests_unit_test_vm_entry_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)

# What is loaded into xl and libxl-save-helper; libxl and Xen are made up.
check_PROGRAMS += tests/unit/test-xl-fails tests/unit/test-xl-guests
XL_CASE_SOURCES = \
	tools/inside/arrive.c tools/inside/build.c tools/inside/helper_env.c \
	tools/inside/xc.c \
	tools/xl-vnuma/hooks/helper.c \
	tools/xl-vnuma/hooks/hooks.c \
	tools/xl-vnuma/hooks/move.c \
	tools/xl-vnuma/hooks/process.c \
	tools/xl-vnuma/hooks/tell.c
tests_unit_test_xl_fails_SOURCES = tests/unit/test-xl-fails.c \
	$(XL_CASE_SOURCES)
tests_unit_test_xl_fails_CPPFLAGS = $(AM_CPPFLAGS) \
	-I$(top_srcdir)/tools/xl-vnuma -I$(top_srcdir)/tools
tests_unit_test_xl_fails_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
tests_unit_test_xl_fails_LDADD = libvnuma-build.la $(LDADD) $(XEN_LIBS)
tests_unit_test_xl_guests_SOURCES = tests/unit/test-xl-guests.c \
	$(XL_CASE_SOURCES)
tests_unit_test_xl_guests_CPPFLAGS = $(tests_unit_test_xl_fails_CPPFLAGS)
tests_unit_test_xl_guests_CFLAGS = $(tests_unit_test_xl_fails_CFLAGS)
tests_unit_test_xl_guests_LDADD = $(tests_unit_test_xl_fails_LDADD)

check_PROGRAMS += tests/unit/test-next
tests_unit_test_next_SOURCES = tests/unit/test-next.c tools/inside/next.c \
	tools/xl-vnuma/hooks/next.c
tests_unit_test_next_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tools
tests_unit_test_next_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)

# What is loaded into libvirtd; libxl and Xen are made up.
check_PROGRAMS += tests/unit/test-libvirt
tests_unit_test_libvirt_SOURCES = tests/unit/test-libvirt.c \
	$(libvirt_core_sources) tools/inside/xc.c \
	tools/libvnuma/xen/build/taken.c tools/libvnuma/xen/build/toolstack.c
tests_unit_test_libvirt_CPPFLAGS = $(LIBVIRT_CPPFLAGS) \
	-DVNUMA__LEDGER_DIR='"run/builds"' -DVIRT_WISHES='"run/wishes"'
tests_unit_test_libvirt_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS) -pthread
tests_unit_test_libvirt_LDADD = libvnuma-build.la $(LDADD) $(XEN_LIBS)

# What libvirtd is started with; ld.so is made up too.
check_PROGRAMS += tests/unit/test-before
tests_unit_test_before_SOURCES = tests/unit/test-before.c \
	tools/inside/helper_env.c tools/inside/xc.c tools/libvirt/before.c
tests_unit_test_before_CPPFLAGS = $(LIBVIRT_CPPFLAGS) \
	-DVIRT_WISHES='"wishes"'
tests_unit_test_before_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS) -pthread
tests_unit_test_before_LDADD = libvnuma-build.la $(LDADD) $(XEN_LIBS)

# The same for many at once, on the in-memory Xen.
check_PROGRAMS += tests/unit/test-threads
tests_unit_test_threads_SOURCES = tests/unit/test-threads.c \
	$(libvirt_core_sources) tools/inside/xc.c \
	tools/libvnuma/xen/build/taken.c tools/libvnuma/xen/build/toolstack.c
tests_unit_test_threads_CPPFLAGS = $(tests_unit_test_libvirt_CPPFLAGS)
tests_unit_test_threads_CFLAGS = $(tests_unit_test_libvirt_CFLAGS)
tests_unit_test_threads_LDADD = libvnuma-mem.la libvnuma-build.la $(LDADD) \
	$(XEN_LIBS)

# The judge is libxlutil.
check_PROGRAMS += tests/unit/test-rewrite
tests_unit_test_rewrite_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
tests_unit_test_rewrite_LDADD = $(LDADD) $(XEN_LIBS)
check_PROGRAMS += tests/unit/test-read-xlu
tests_unit_test_read_xlu_SOURCES = tests/unit/test-read-xlu.c \
	fuzz/compare.c fuzz/generate.c tools/libvnuma/xen/xlu.c
tests_unit_test_read_xlu_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fuzz
tests_unit_test_read_xlu_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
tests_unit_test_read_xlu_LDADD = $(LDADD) $(XEN_LIBS)
endif

# Not tests, but what tests/front.sh runs: the same programs with their paths
# below a folder "root" of where they are run.
if HAVE_XEN
noinst_PROGRAMS += tests/front/xl tests/front/status
FRONT_TEST_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tools/xl-vnuma \
	$(FRONT_CPPFLAGS) -DROOT='"root"'
tests_front_xl_SOURCES = $(front_sources)
tests_front_xl_CPPFLAGS = $(FRONT_TEST_CPPFLAGS)
tests_front_xl_LDADD = libvnuma-core.la
tests_front_status_SOURCES = tests/front/status.c \
	tools/xl-vnuma/front/conf.c \
	tools/xl-vnuma/front/status.c \
	tools/xl-vnuma/front/stock.c
tests_front_status_CPPFLAGS = $(FRONT_TEST_CPPFLAGS)
endif

# Nor are these: tests/descriptors.sh has xl-vnuma create a guest with them.  A
# sanitizer does not let itself be preloaded.
if HAVE_XEN
if !SANITIZERS
noinst_PROGRAMS += tests/world/xl
WORLD_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tools \
	-I$(top_srcdir)/tools/xl-vnuma -I$(top_srcdir)/tests
tests_world_xl_SOURCES = tests/world/xl.c tests/world/state.c \
	tests/world/state.h tests/world/stream.h \
	tools/inside/arrive.c tools/inside/helper_env.c \
	tools/xl-vnuma/hooks/process.c tools/xl-vnuma/hooks/tell.c
tests_world_xl_CPPFLAGS = $(WORLD_CPPFLAGS)
tests_world_xl_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
tests_world_xl_LDADD = libvnuma-build.la $(LDADD)
noinst_LTLIBRARIES += world.la
world_la_SOURCES = tests/world/dom0.c tests/world/state.c tests/world/world.c \
	tools/libvnuma/xen/dom0/dom0_xen.c
world_la_CPPFLAGS = $(WORLD_CPPFLAGS)
world_la_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
world_la_LIBADD = libvnuma-build.la $(LDADD)
world_la_LDFLAGS = $(SHARED_LDFLAGS) -module -avoid-version -shared \
	-export-symbols-regex '^(access|mkdir|open|posix_spawn|rename|stat|(ledger|vm_entry|vnuma_xen|world)_.*)$$' \
	-rpath /nowhere
endif
endif

# Preloaded by tests/live.sh.
if HAVE_XEN
if !SANITIZERS
noinst_LTLIBRARIES += live.la
live_la_SOURCES = tests/world/live.c
live_la_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
live_la_LIBADD = $(XEN_LIBS)
live_la_LDFLAGS = $(SHARED_LDFLAGS) -module -avoid-version -shared \
	-rpath /nowhere
endif
endif

# Preloaded by tests/no-memory.sh.
if !SANITIZERS
noinst_LTLIBRARIES += no-memory.la
no_memory_la_SOURCES = tests/world/no_memory.c
no_memory_la_LDFLAGS = $(SHARED_LDFLAGS) -module -avoid-version -shared \
	-rpath /nowhere
endif

# Not tests: tests/acpi-tables.sh has iasl read what the first writes, and
# tests/hmat-formats.sh compares what the second writes with QEMU's.
noinst_PROGRAMS += tests/unit/write-acpi tests/unit/hmat-bytes

EXTRA_DIST += tests/checks tests/domains tests/hosts

check_SCRIPTS += tests/acpi-tables.sh tests/bad-hosts.sh tests/boots-again.sh \
	tests/commands.sh \
	tests/descriptors.sh tests/faults.sh tests/modules.sh \
	tests/security.sh tests/terminal.sh \
	tests/front-broken.sh tests/front-package.sh tests/front.sh \
	tests/ganeti-pull.sh tests/ganeti-tags.sh tests/ganeti.sh \
	tests/golden-fails.sh tests/hardening.sh tests/hmat-formats.sh \
	tests/interface.sh tests/kvm-formats.sh tests/libvirt-loads.sh \
	tests/vnuma-libvirt.sh \
	tests/linux-host.sh tests/live.sh tests/man-pages.sh \
	tests/metrics.sh tests/no-memory.sh tests/other-release.sh tests/picture.sh tests/plan-output.sh \
	tests/rig-lib.sh tests/run-golden.sh tests/table.sh tests/vnuma.sh
EXTRA_DIST += tests/acpi-tables.sh tests/bad-hosts.sh tests/boots-again.sh \
	tests/commands.sh \
	tests/descriptors.sh tests/modules.sh tests/security.sh tests/terminal.sh \
	tests/faults.sh tests/world.sh tests/world/README \
	tests/world/commands.py tests/world/faults.py tests/world/world.py \
	tests/front-broken.sh tests/front-host.sh tests/front-package.sh \
	tests/front.sh tests/cluster tests/ganeti-cluster.sh \
	tests/ganeti-lib.sh tests/ganeti-pull.sh tests/ganeti-tags.sh \
	tests/ganeti.sh tests/golden-fails.sh tests/hardening.sh \
	tests/pacemaker.sh \
	tests/xl-commands \
	tests/libvirt-loads.sh tests/vnuma-libvirt.sh tests/hmat-formats.sh \
	tests/interface.sh tests/kvm-formats.sh tests/linux-host.sh tests/xen/again.sh tests/xen/run.sh tests/live.sh tests/man-pages.sh \
	tests/metrics.sh tests/no-memory.sh \
	tests/other-release.sh tests/picture.sh tests/plan-output.sh tests/run-golden.sh \
	tests/golden tests/hosts-bad tests/rig-lib tests/rig-lib.sh \
	tests/table tests/table.sh tests/vnuma.sh \
	tests/xen/releases tests/xen/table.sh

# The libraries and their headers, as another project sees them.
check_SCRIPTS += tests/abi.sh tests/completion.sh tests/examples.sh tests/help.sh \
	tests/headers.sh tests/includes.sh
EXTRA_DIST += tests/try.sh tests/includes.sh tests/abi.sh tests/build-examples.sh tests/completion.sh \
	tests/examples.sh tests/headers.sh tests/help.sh tests/abi/libvnuma.abi \
	tests/abi/libvnuma-xen.4.17.abi \
	tests/abi/suppressions

# The ABI as it is now becomes the one that tests/abi.sh compares with.
renew-abi: $(lib_LTLIBRARIES)
	$(top_srcdir)/tests/abi.sh renew $(abs_top_builddir)
.PHONY: renew-abi

# Each file call of commands that fails, each process of them that is killed.
faults: all
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' \
	$(top_srcdir)/tests/faults.sh fail
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' \
	$(top_srcdir)/tests/faults.sh kill
.PHONY: faults

# The races of 1,000 rounds, by a build of its own below this one.  The test has
# the standard error of what it tests for itself, so what TSan says goes to a
# file.
threads:
	$(MKDIR_P) threads
	cd threads && $(abs_srcdir)/configure --enable-werror \
		--enable-sanitizers=thread --with-xen
	$(MAKE) -C threads tests/unit/test-threads
	cd threads && rm -f tsan.* && \
		TSAN_OPTIONS=log_path=tsan VNUMA_ROUNDS=1000 \
		tests/unit/test-threads || { cat tsan.*; exit 1; }

# 100,000 guests, and as many where there is not room for all.
soak: tests/unit/test-threads
	VNUMA_ROUNDS=3200 tests/unit/test-threads
.PHONY: threads soak

# For the rig's dom0: "make install-rig DESTDIR=..." puts it beside the rest.
noinst_PROGRAMS += tests/xen/compare-json tests/xen/cpu-strings
tests_xen_compare_json_CFLAGS = $(AM_CFLAGS) $(YAJL_CFLAGS)
tests_xen_compare_json_LDADD = $(LDADD) $(YAJL_LIBS)
tests_xen_cpu_strings_CFLAGS = $(AM_CFLAGS) $(YAJL_CFLAGS)
tests_xen_cpu_strings_LDADD = $(LDADD) $(YAJL_LIBS)
if HAVE_XEN
noinst_PROGRAMS += tests/xen/host-state tests/xen/on-tty tests/xen/took \
	tests/xen/wire
tests_xen_host_state_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
tests_xen_host_state_LDADD = $(XEN_LIBS)
# -rpath makes a shared object of what is not installed.
noinst_LTLIBRARIES += hypercalls.la
hypercalls_la_SOURCES = tests/xen/hypercalls.c
hypercalls_la_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
hypercalls_la_LDFLAGS = $(SHARED_LDFLAGS) -module -avoid-version \
	-shared -rpath /nowhere
endif

# "make mutate": whether tests tell when the library is changed.  MUTATE has
# its options; tests/mutate/README says more.
mutate: all $(check_PROGRAMS)
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' \
	PYTHONDONTWRITEBYTECODE=1 \
	python3 $(top_srcdir)/tests/mutate/mutate.py $(MUTATE)
.PHONY: mutate
clean-local: clean-mutate
clean-mutate:
	rm -rf mutate
.PHONY: clean-mutate
EXTRA_DIST += tests/mutate tests/mutate.sh
check_SCRIPTS += tests/mutate.sh

# What the tests run of the sources, in a build with --enable-coverage; make
# COUNTERS="FILE..." adds what the real Xen left.
coverage:
	find . -name '*.gcda' -delete
	$(MAKE) prove
	$(top_srcdir)/tests/coverage.sh . $(COUNTERS)
.PHONY: coverage
EXTRA_DIST += tests/coverage.h tests/coverage.sh tests/coverage.txt

# QEMU and libvirt as judges: "make agree" tries 2,000 of each.
noinst_LTLIBRARIES += invented-host.la
invented_host_la_SOURCES = tests/kvm/invented-host.c
invented_host_la_LDFLAGS = $(SHARED_LDFLAGS) -module -avoid-version \
	-shared -rpath /nowhere
agree: all
	top_builddir='$(abs_top_builddir)' \
	$(top_srcdir)/tests/kvm/agree.sh 2000 2000
.PHONY: agree
tests/xen/tiny: tests/xen/tiny.S
	$(MKDIR_P) tests/xen
	$(CC) -nostdlib -static -no-pie -Wl,-Ttext=0x100000 \
		-Wl,--build-id=none -o $@ $(srcdir)/tests/xen/tiny.S
CLEANFILES += tests/xen/tiny
EXTRA_DIST += tests/xen/tiny.S
rig_tools = tests/xen/compare-json tests/xen/cpu-strings \
	tests/xen/host-state tests/xen/on-tty tests/xen/took tests/xen/wire
install-rig: $(rig_tools) hypercalls.la tests/xen/tiny
	$(MKDIR_P) '$(DESTDIR)/usr/libexec/rig/hosts'
	$(INSTALL_PROGRAM) $(rig_tools) .libs/hypercalls.so \
		'$(DESTDIR)/usr/libexec/rig'
	$(INSTALL_DATA) tests/xen/tiny '$(DESTDIR)/usr/libexec/rig'
	$(INSTALL_DATA) $(top_srcdir)/tests/checks/*.txt \
		'$(DESTDIR)/usr/libexec/rig'
	$(INSTALL_DATA) $(top_srcdir)/tests/hosts/* \
		'$(DESTDIR)/usr/libexec/rig/hosts'
.PHONY: install-rig

# Static analysis, with what is installed of cppcheck, clang and shellcheck.
lint:
	$(top_srcdir)/tests/lint.sh $(abs_top_builddir)
.PHONY: lint
EXTRA_DIST += tests/lint.sh

# What ./demo and ./test need besides.
EXTRA_DIST += .ci tests/begin.sh tests/dist.sh tests/fresh-machine.sh \
	tests/install-packages.sh tests/newer-release.sh tests/packages \
	tests/readme-inside.sh tests/readme.sh tests/xen/README \
	tests/xen/boot.sh tests/xen/cache.sh tests/xen/dom0 tests/xen/guest \
	tests/xen/inside.sh tests/xen/lib.sh tests/xen/mkdom0.sh \
	tests/xen/nothing-works.sh tests/xen/packages.sh tests/xen/root.sh \
	tests/xen/run.sh tests/xen/scenarios tests/xen/shell.sh \
	tests/xen/stage.sh tests/xen/t tests/xen/t-full tests/xen/topologies

# Real QEMU and libvirt.
EXTRA_DIST += tests/kvm/README tests/kvm/agree.py tests/kvm/agree.sh \
	tests/kvm/conversions.py tests/kvm/document_mistakes.py tests/kvm/documents.py \
	tests/kvm/hmat_judge.py \
	tests/kvm/libvirt_judge.py tests/kvm/line_mistakes.py \
	tests/kvm/qemu_judge.py tests/kvm/qemu_lines.py tests/kvm/scenarios \
	tests/kvm/t tests/kvm/topologies

# It runs "make install", which takes libraries away for a moment to link them
# anew: no other test may be using them.
tests/examples.log: $(check_PROGRAMS:=.log) \
	$(patsubst %.sh,%.log,$(filter-out tests/examples.sh,$(check_SCRIPTS)))
