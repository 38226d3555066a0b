# One list, two readers: "make check" (automake's TAP driver) and "make prove".
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) \
	$(top_srcdir)/build-aux/tap-driver.sh
TEST_EXTENSIONS = .sh
SH_LOG_DRIVER = $(LOG_DRIVER)
AM_TESTS_ENVIRONMENT = top_srcdir='$(abs_top_srcdir)' \
	top_builddir='$(abs_top_builddir)'; \
	export top_srcdir top_builddir;
TESTS = $(check_PROGRAMS) $(check_SCRIPTS)
LDADD = libvnuma-core.la
noinst_HEADERS = tests/heap.h tests/tap.h tests/unit/plan-case.h

prove: $(check_PROGRAMS) $(bin_PROGRAMS) $(sbin_PROGRAMS)
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' \
	$(PROVE) --exec '' $(check_PROGRAMS) \
	$(addprefix $(top_srcdir)/,$(check_SCRIPTS))

# For ./test, which reads them together with the real Xen's.
print-programs:
	@echo $(check_PROGRAMS)
print-tests:
	@echo $(check_PROGRAMS) $(addprefix $(top_srcdir)/,$(check_SCRIPTS))
.PHONY: prove print-programs print-tests

# Unit tests: one for each module, linked with the convenience library.
check_PROGRAMS += \
	tests/unit/test-acpi \
	tests/unit/test-bitmap \
	tests/unit/test-check \
	tests/unit/test-config \
	tests/unit/test-diag \
	tests/unit/test-fill \
	tests/unit/test-layout \
	tests/unit/test-memory \
	tests/unit/test-plan \
	tests/unit/test-plan-search \
	tests/unit/test-populate \
	tests/unit/test-read \
	tests/unit/test-source \
	tests/unit/test-topology

tests_unit_test_diag_CFLAGS = $(AM_CFLAGS) $(YAJL_CFLAGS)
tests_unit_test_diag_LDADD = $(LDADD) $(YAJL_LIBS)
tests_unit_test_populate_LDADD = libvnuma-mem.la libvnuma-build.la $(LDADD)

if HAVE_XEN
check_PROGRAMS += tests/unit/test-residency
tests_unit_test_residency_SOURCES = tests/unit/test-residency.c \
	tools/libvnuma/xen/residency_text.c
tests_unit_test_residency_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)

# The judge is libxlutil.
check_PROGRAMS += tests/unit/test-read-xlu
tests_unit_test_read_xlu_SOURCES = tests/unit/test-read-xlu.c \
	fuzz/compare.c fuzz/generate.c
tests_unit_test_read_xlu_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fuzz
tests_unit_test_read_xlu_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
tests_unit_test_read_xlu_LDADD = $(LDADD) $(XEN_LIBS)
endif

EXTRA_DIST += \
	tests/checks/bad.txt \
	tests/checks/good.txt \
	tests/checks/remarks.txt \
	tests/hosts/invented-crlf.txt \
	tests/hosts/invented-gaps.txt \
	tests/hosts/invented-no-distances.txt \
	tests/hosts/invented-numactl-compressed.txt \
	tests/hosts/invented-numactl-one-node.txt \
	tests/hosts/invented-one-node.txt \
	tests/hosts/numactl-epyc-mem-on-2-of-8.txt \
	tests/hosts/numactl-epyc-nps4-64cpu.txt \
	tests/hosts/xl-info-n-2node.txt \
	tests/hosts/xl-info-n-8node-snc4-cpuless.txt

check_SCRIPTS += tests/man-pages.sh tests/plan-output.sh tests/run-golden.sh
EXTRA_DIST += tests/man-pages.sh tests/plan-output.sh tests/run-golden.sh \
	tests/golden

# For the rig's dom0: "make install-rig DESTDIR=..." puts it beside the rest.
noinst_PROGRAMS += tests/xen/compare-json
tests_xen_compare_json_CFLAGS = $(AM_CFLAGS) $(YAJL_CFLAGS)
tests_xen_compare_json_LDADD = $(LDADD) $(YAJL_LIBS)
install-rig: tests/xen/compare-json
	$(MKDIR_P) '$(DESTDIR)/usr/libexec/rig/hosts'
	$(INSTALL_PROGRAM) tests/xen/compare-json '$(DESTDIR)/usr/libexec/rig'
	$(INSTALL_DATA) $(top_srcdir)/tests/checks/*.txt \
		'$(DESTDIR)/usr/libexec/rig'
	$(INSTALL_DATA) $(top_srcdir)/tests/hosts/* \
		'$(DESTDIR)/usr/libexec/rig/hosts'
.PHONY: install-rig
