# Fuzz targets: each replays its corpus in "make check"; "make fuzzers" builds
# them with clang's libFuzzer.  See fuzz/README.
fuzz_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/fuzz -I$(top_srcdir)/tools
EXTRA_DIST += fuzz/README fuzz/dict fuzz/corpus
noinst_HEADERS += fuzz/fuzz.h fuzz/compare.h fuzz/generate.h

check_PROGRAMS += fuzz/fuzz-check fuzz/fuzz-read
fuzz_fuzz_check_CPPFLAGS = $(fuzz_cppflags)
fuzz_fuzz_read_CPPFLAGS = $(fuzz_cppflags)

check_PROGRAMS += fuzz/fuzz-dom0 fuzz/fuzz-host
fuzz_fuzz_dom0_CPPFLAGS = $(fuzz_cppflags)
fuzz_fuzz_host_CPPFLAGS = $(fuzz_cppflags)

check_PROGRAMS += fuzz/fuzz-fleet
fuzz_fuzz_fleet_CPPFLAGS = $(fuzz_cppflags)

check_PROGRAMS += fuzz/fuzz-ganeti
fuzz_fuzz_ganeti_SOURCES = fuzz/fuzz-ganeti.c tools/ganeti/edit.c \
	tools/ganeti/request.c tools/ganeti/tags.c
fuzz_fuzz_ganeti_CPPFLAGS = $(fuzz_cppflags)
fuzz_fuzz_ganeti_CFLAGS = $(AM_CFLAGS) $(YAJL_CFLAGS)

check_PROGRAMS += fuzz/fuzz-hmat
fuzz_fuzz_hmat_CPPFLAGS = $(fuzz_cppflags)

check_PROGRAMS += fuzz/fuzz-kvm
fuzz_fuzz_kvm_CPPFLAGS = $(fuzz_cppflags)

check_PROGRAMS += fuzz/fuzz-plan
fuzz_fuzz_plan_CPPFLAGS = $(fuzz_cppflags)

check_PROGRAMS += fuzz/fuzz-save
fuzz_fuzz_save_CPPFLAGS = $(fuzz_cppflags)

if HAVE_XEN
noinst_PROGRAMS += fuzz/fuzz-read-xlu
fuzz_fuzz_read_xlu_SOURCES = fuzz/fuzz-read-xlu.c fuzz/compare.c fuzz/generate.c
fuzz_fuzz_read_xlu_CPPFLAGS = $(fuzz_cppflags)
fuzz_fuzz_read_xlu_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
fuzz_fuzz_read_xlu_LDADD = $(LDADD) $(XEN_LIBS)
endif

# The library is compiled into each fuzzer, so that it too is instrumented.
FUZZERS = fuzz/fuzz-check.fuzzer fuzz/fuzz-dom0.fuzzer \
	fuzz/fuzz-fleet.fuzzer fuzz/fuzz-ganeti.fuzzer \
	fuzz/fuzz-hmat.fuzzer fuzz/fuzz-host.fuzzer fuzz/fuzz-kvm.fuzzer \
	fuzz/fuzz-plan.fuzzer \
	fuzz/fuzz-read.fuzzer fuzz/fuzz-save.fuzzer
SUFFIXES += .fuzzer
.c.fuzzer:
	$(AM_V_CC)$(MKDIR_P) fuzz && clang -std=gnu11 -g -O1 -DLIBFUZZER \
	-fsanitize=fuzzer,address,undefined -I. $(fuzz_cppflags) \
	$(EXPAT_CFLAGS) $(YAJL_CFLAGS) -o $@ $< \
	$(addprefix $(top_srcdir)/,$(FUZZ_MORE) \
	    $(filter %.c,$(libvnuma_core_la_SOURCES))) \
	$(EXPAT_LIBS) $(YAJL_LIBS)
fuzz/fuzz-ganeti.fuzzer: FUZZ_MORE = tools/ganeti/edit.c \
	tools/ganeti/request.c tools/ganeti/tags.c
$(FUZZERS): libvnuma-core.la
fuzzers: $(FUZZERS)
CLEANFILES += $(FUZZERS)
.PHONY: fuzzers
