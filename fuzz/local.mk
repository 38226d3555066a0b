# Fuzz targets: each replays its corpus in "make check"; "make fuzzers" builds
# them with clang's libFuzzer.  See fuzz/README.
EXTRA_DIST += fuzz/README fuzz/campaign.sh fuzz/corpus fuzz/dict \
	fuzz/msan.c fuzz/sources.sh
noinst_HEADERS += fuzz/compare.h fuzz/decode.h fuzz/fuzz.h fuzz/generate.h

fuzz_programs = fuzz/fuzz-check fuzz/fuzz-dom0 fuzz/fuzz-domains \
	fuzz/fuzz-fleet fuzz/fuzz-ganeti fuzz/fuzz-hail fuzz/fuzz-hmat \
	fuzz/fuzz-host fuzz/fuzz-kept fuzz/fuzz-kvm fuzz/fuzz-landing \
	fuzz/fuzz-libvirt fuzz/fuzz-message fuzz/fuzz-plan fuzz/fuzz-proc \
	fuzz/fuzz-read fuzz/fuzz-refill fuzz/fuzz-save fuzz/fuzz-xen \
	fuzz/fuzz-xenstore
if HAVE_XEN
fuzz_programs += fuzz/fuzz-arrive fuzz/fuzz-console fuzz/fuzz-move
endif
FUZZERS = $(notdir $(fuzz_programs))
check_PROGRAMS += $(fuzz_programs)
# Those that are outside of the library include what they are about.
fuzz_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tools \
	-I$(top_srcdir)/tools/xl-vnuma -DPKGLIBDIR='"$(pkglibdir)"'
fuzz_fuzz_arrive_CPPFLAGS = $(fuzz_cppflags)
fuzz_fuzz_arrive_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
fuzz_fuzz_arrive_LDADD = libvnuma-build.la $(LDADD)
fuzz_fuzz_console_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
fuzz_fuzz_ganeti_SOURCES = fuzz/fuzz-ganeti.c tools/ganeti/edit.c \
	tools/ganeti/request.c tools/ganeti/tags.c
fuzz_fuzz_ganeti_CPPFLAGS = $(fuzz_cppflags)
fuzz_fuzz_ganeti_CFLAGS = $(AM_CFLAGS) $(YAJL_CFLAGS)
fuzz_fuzz_hail_SOURCES = fuzz/fuzz-hail.c tools/ganeti/answer.c \
	tools/ganeti/edit.c tools/ganeti/request.c tools/ganeti/tags.c
fuzz_fuzz_hail_CPPFLAGS = $(fuzz_cppflags)
fuzz_fuzz_hail_CFLAGS = $(AM_CFLAGS) $(YAJL_CFLAGS)
fuzz_fuzz_hail_LDADD = $(LDADD) $(YAJL_LIBS)
fuzz_fuzz_kept_LDADD = libvnuma-build.la $(LDADD)
fuzz_fuzz_libvirt_CPPFLAGS = $(fuzz_cppflags)
fuzz_fuzz_message_CPPFLAGS = $(fuzz_cppflags)
fuzz_fuzz_move_CPPFLAGS = $(fuzz_cppflags)
fuzz_fuzz_move_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
fuzz_fuzz_proc_CFLAGS = $(AM_CFLAGS) $(YAJL_CFLAGS)
fuzz_fuzz_proc_LDADD = $(LDADD) $(YAJL_LIBS)
fuzz_fuzz_refill_LDADD = libvnuma-mem.la libvnuma-build.la $(LDADD)
fuzz_fuzz_xen_LDADD = libvnuma-build.la $(LDADD)
fuzz_fuzz_xenstore_CPPFLAGS = $(fuzz_cppflags) $(FRONT_CPPFLAGS)

if HAVE_XEN
noinst_PROGRAMS += fuzz/fuzz-read-xlu
fuzz_fuzz_read_xlu_SOURCES = fuzz/fuzz-read-xlu.c fuzz/compare.c fuzz/generate.c
fuzz_fuzz_read_xlu_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
fuzz_fuzz_read_xlu_LDADD = $(LDADD) $(XEN_LIBS)
endif

# "make fuzzers" and "make fuzzers FUZZ_WITH=msan": each with the library, yajl
# and expat compiled in, so that a sanitizer sees all of it.
FUZZ_WITH = asan
FUZZ_SANITIZE_asan = -fsanitize=address,undefined
FUZZ_SANITIZE_msan = -fsanitize=memory -Dfopencookie=fuzz_fopencookie
# Without comparisons, which cost a third of the time: fuzz/dict has the words.
FUZZ_COVER = -fsanitize=fuzzer-no-link \
	-fno-sanitize-coverage=trace-cmp,indirect-calls
FUZZ_CC = clang -std=gnu11 -g -O2 -DLIBFUZZER -MMD -MP \
	$(FUZZ_SANITIZE_$(FUZZ_WITH)) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
fuzz_dir = fuzz/$(FUZZ_WITH)
fuzz_library = $(patsubst %.c,$(fuzz_dir)/%.o,$(filter %.c, \
	$(libvnuma_core_la_SOURCES) $(libvnuma_build_la_SOURCES) \
	$(libvnuma_mem_la_SOURCES) fuzz/msan.c \
	$(filter tools/%,$(fuzz_fuzz_hail_SOURCES))))
fuzz_theirs = $(addprefix $(fuzz_dir)/theirs/, \
	yajl/src/yajl.o yajl/src/yajl_alloc.o yajl/src/yajl_buf.o \
	yajl/src/yajl_encode.o yajl/src/yajl_gen.o yajl/src/yajl_lex.o \
	yajl/src/yajl_parser.o expat/lib/xmlparse.o expat/lib/xmlrole.o \
	expat/lib/xmltok.o)
fuzz_includes = -I. $(fuzz_cppflags) $(FRONT_CPPFLAGS) $(XEN_CFLAGS) \
	$(EXPAT_CFLAGS) $(YAJL_CFLAGS)

$(fuzz_dir)/%.o: $(top_srcdir)/%.c
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(FUZZ_CC) $(FUZZ_COVER) \
	$(fuzz_includes) -c -o $@ $<
# fuzz/sources.sh says where they are.  No entropy: each run is as the last.
$(fuzz_dir)/theirs/%.o: fuzz/sources.dir
	$(AM_V_CC)$(MKDIR_P) $(@D) && : >$(fuzz_dir)/theirs/expat_config.h && \
	$(FUZZ_CC) -w -I$(fuzz_dir)/theirs -DBYTEORDER=1234 -DXML_NS -DXML_DTD \
	-DXML_CONTEXT_BYTES=1024 -DXML_POOR_ENTROPY -c -o $@ \
	$$(cat $<)/$*.c
fuzz/sources.dir:
	$(AM_V_GEN)$(MKDIR_P) fuzz && $(top_srcdir)/fuzz/sources.sh >$@.part && \
	mv $@.part $@
$(fuzz_dir)/library.a: $(fuzz_library) $(fuzz_theirs)
	$(AM_V_GEN)rm -f $@ && $(AR) rc $@ $^
$(fuzz_dir)/fuzz-%: $(fuzz_dir)/fuzz/fuzz-%.o $(fuzz_dir)/library.a
	$(AM_V_CCLD)$(FUZZ_CC) -fsanitize=fuzzer -o $@ $^
-include $(wildcard $(fuzz_dir)/*/*.d $(fuzz_dir)/*/*/*.d \
	$(fuzz_dir)/*/*/*/*.d)
fuzzers: $(addprefix $(fuzz_dir)/,$(FUZZERS))
print-fuzzers:
	@echo $(FUZZERS)
.PHONY: fuzzers print-fuzzers clean-fuzz
.SECONDARY:
clean-local: clean-fuzz
clean-fuzz:
	rm -rf fuzz/asan fuzz/msan fuzz/sources.dir
