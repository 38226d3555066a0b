# Benchmarks: "make bench" builds and runs them, "make check" does neither.
BENCHES = bench/bench-check bench/bench-plan
EXTRA_PROGRAMS = $(BENCHES)
noinst_HEADERS += bench/bench.h
bench_bench_check_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bench
bench_bench_plan_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bench
CLEANFILES += $(BENCHES)
EXTRA_DIST += bench/process.sh
bench: $(BENCHES) xl-vnuma
	@for bench in $(BENCHES); do ./$$bench || exit 1; done
	@$(top_srcdir)/bench/process.sh .
.PHONY: bench
